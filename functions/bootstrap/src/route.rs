//! Functions behind a route: `lambda_http` makes a request of API Gateway's event, and of the answer what it expects.

use crate::invocation::{broken, deadline};
use data_encoding::BASE64;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, IntoResponse, RequestExt, Service};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use scrip_function::{Operation, World};
use scrip_http::{GatewayContext, Response, decode_segment};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

/// Serves requests until the process is ended.
pub(crate) async fn run(operation: &Operation, world: &Arc<World>) -> Result<(), lambda_runtime::Error> {
    let mut gateway = Adapter::from(service_fn(|request| answer(operation, world, request)));
    let service = service_fn(move |event: LambdaEvent<Event>| {
        let request = event.payload.into_request().map_err(|why| broken(operation, why));
        let answer = request.map(|request| gateway.call(LambdaEvent::new(request, event.context)));
        async move { answer?.await }
    });
    Runtime::new(service).run().await
}

async fn answer(
    operation: &Operation,
    world: &Arc<World>,
    request: lambda_http::Request,
) -> Result<Text, Diagnostic> {
    let milliseconds = request.lambda_context_ref().map_or(0, |context| context.deadline);
    let request = with_gateway_context(request).map_err(|why| broken(operation, why))?;
    Ok(Text(operation.serve(world, request, deadline(milliseconds)).await))
}

/// An event, or why it is none of a REST API.
struct Event(Result<ApiGatewayProxyRequest, String>);

impl<'de> Deserialize<'de> for Event {
    /// An event of another kind is read too, so that the function's log tells of it and not the runtime alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?;
        let event = serde_json::Deserializer::from_str(text.get()).deserialize_map(EventVisitor);
        Ok(Self(event.map_err(|error| format!("the event is not a REST API's: {error}"))))
    }
}

impl Event {
    /// The event in the form that `lambda_http` makes a request of without panicking.
    fn into_request(self) -> Result<LambdaRequest, String> {
        let mut event = self.0?;
        prepare(&mut event)?;
        Ok(LambdaRequest::ApiGatewayV1(event))
    }
}

/// Members that say again what others say, or that nothing needs.
const PASSED_OVER: [&str; 4] = ["multiValueHeaders", "queryStringParameters", "resource", "stageVariables"];

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = ApiGatewayProxyRequest;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Self::Value, M::Error> {
        Self::Value::deserialize(MapAccessDeserializer::new(Needed(members)))
    }
}

/// The members of an event without those that are passed over.
struct Needed<M>(M);

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Needed<M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, M::Error> {
        while let Some(name) = self.0.next_key::<String>()? {
            if !PASSED_OVER.contains(&name.as_str()) {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.0.next_value_seed(seed)
    }
}

/// Checks what `lambda_http` takes for granted. It makes a URL of what a client sends as `Host` and `X-Forwarded-Proto`,
/// and puts the stage before the path: nothing here needs either.
fn prepare(event: &mut ApiGatewayProxyRequest) -> Result<(), String> {
    if !event.path.as_deref().is_some_and(|path| path.starts_with('/')) {
        return Err("the event has no path".to_owned());
    }
    if event.is_base64_encoded {
        let body = event.body.as_deref().unwrap_or_default();
        BASE64.decode(body.as_bytes()).map_err(|error| format!("the event's body is not base64: {error}"))?;
    }
    for name in ["host", "x-forwarded-proto"] {
        event.headers.remove(name);
    }
    event.request_context.domain_name = None;
    event.request_context.stage = None;
    Ok(())
}

/// The request with what API Gateway told of it, in the form that every gateway has for it.
fn with_gateway_context(request: lambda_http::Request) -> Result<scrip_http::Request, String> {
    let (mut head, body) = request.into_parts();
    let Some(RequestContext::ApiGatewayV1(context)) = head.extensions.remove() else {
        return Err("the event has no context of a REST API".to_owned());
    };
    let parameters = head.path_parameters_ref().into_iter().flat_map(|parameters| parameters.iter());
    // A REST API hands on its path and the values in it as they were sent. What is no text is nobody's name.
    let decoded = |value: &str| decode_segment(value).unwrap_or_default();
    let gateway = GatewayContext {
        path: head.raw_http_path().to_owned(),
        path_parameters: parameters.map(|(name, value)| (name.to_owned(), decoded(value))).collect(),
        authorizer: flat(context.authorizer.fields),
        request_id: context.request_id.ok_or("the event has no request id")?,
    };
    head.extensions.insert(gateway);
    let body = match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => bytes::Bytes::new(),
    };
    Ok(scrip_http::Request::from_parts(head, body))
}

/// An authorizer's context holds strings, numbers and booleans, and comes as strings.
fn flat(context: HashMap<String, Value>) -> BTreeMap<String, String> {
    let text = |(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Number(_) | Value::Bool(_) => Some((name, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    context.into_iter().filter_map(text).collect()
}

/// An answer, which is text whatever its type: `lambda_http` would send types that it does not know as base64.
struct Text(Response);

impl IntoResponse for Text {
    fn into_response(self) -> Pin<Box<dyn Future<Output = lambda_http::Response<Body>> + Send>> {
        let text = |body: bytes::Bytes| match String::from_utf8(body.into()) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Text(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        };
        Box::pin(ready(lambda_http::Response::from(self.0).map(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(changes: &[(&str, Value)]) -> Value {
        let mut event = json!({
            "resource": "/bills", "path": "/bills", "httpMethod": "POST", "headers": null, "multiValueHeaders": null,
            "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
            "stageVariables": null, "body": null, "isBase64Encoded": false,
            "requestContext": context(&json!(null)),
        });
        for (name, value) in changes {
            event[name] = value.clone();
        }
        event
    }

    fn context(authorizer: &Value) -> Value {
        json!({
            "requestId": "r1", "stage": "v1", "path": "/v1/bills", "httpMethod": "POST",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com", "identity": {"sourceIp": "::1"},
            "authorizer": authorizer,
        })
    }

    fn read(event: &Value) -> Result<scrip_http::Request, String> {
        let text = event.to_string();
        let event: Event = serde_json::from_str(&text).unwrap();
        event.into_request().and_then(|request| with_gateway_context(request.into()))
    }

    fn request(changes: &[(&str, Value)]) -> scrip_http::Request {
        read(&event(changes)).unwrap()
    }

    fn told(request: &scrip_http::Request) -> &GatewayContext {
        GatewayContext::of(request).unwrap()
    }

    #[test]
    fn a_bare_request_has_a_path_and_an_id() {
        let request = request(&[]);
        assert_eq!((told(&request).path.as_str(), told(&request).request_id.as_str()), ("/bills", "r1"));
        assert_eq!(
            (request.method().as_str(), request.uri().path(), request.uri().query()),
            ("POST", "/bills", None)
        );
        assert!(told(&request).path_parameters.is_empty() && told(&request).authorizer.is_empty());
        assert!(request.body().is_empty() && request.headers().is_empty());
    }

    #[test]
    fn a_path_may_begin_with_the_name_of_the_stage() {
        let request = request(&[("path", json!("/v1/bills"))]);
        assert_eq!(told(&request).path, "/v1/bills");
    }

    #[test]
    fn values_of_the_query_come_decoded_and_those_of_the_path_are_decoded_once() {
        let request = request(&[
            ("path", json!("/contacts/auth0%7C1%2525")),
            ("multiValueQueryStringParameters", json!({"limit": ["1", "2"], "after": ["a=&%25+ä"]})),
            ("pathParameters", json!({"user": "auth0%7C1%2525", "bad": "%zz"})),
        ]);
        let query = scrip_http::query_parameters(request.uri().query());
        assert_eq!((query["limit"].as_str(), query["after"].as_str()), ("2", "a=&%25+ä"));
        let parameters = &told(&request).path_parameters;
        assert_eq!((parameters["user"].as_str(), parameters["bad"].as_str()), ("auth0|1%25", ""));
        assert_eq!(told(&request).path, "/contacts/auth0%7C1%2525");
    }

    #[test]
    fn of_a_header_that_is_sent_twice_the_last_value_counts() {
        let request = request(&[
            ("headers", json!({"Idempotency-Key": "Äpfel"})),
            ("multiValueHeaders", json!({"Idempotency-Key": ["Birnen", "Äpfel"]})),
        ]);
        let key = scrip_http::header_text(request.headers(), "idempotency-key");
        assert_eq!(key.as_deref(), Some("Äpfel"));
    }

    #[test]
    fn no_header_makes_it_panic() {
        for (name, value) in
            [("Host", "a b"), ("host", ""), ("X-Forwarded-Proto", "http, https"), ("Host", "[")]
        {
            let request =
                request(&[("headers", json!({name: value})), ("multiValueHeaders", json!({name: [value]}))]);
            assert_eq!(request.uri().path(), "/bills", "{name}: {value}");
        }
    }

    #[test]
    fn any_path_is_taken_as_it_stands() {
        for path in ["/", "//", "/a b/ä", "/a?b#c", "/..", "/%zz/%", "/\\", "/{x}|^`[]"] {
            assert_eq!(told(&request(&[("path", json!(path))])).path, path);
        }
    }

    #[test]
    fn bodies_come_as_text_or_as_base64() {
        assert_eq!(request(&[("body", json!("{\"ä\":1}"))]).body(), "{\"ä\":1}".as_bytes());
        let encoded = [("body", json!("eyLDpCI6MX0=")), ("isBase64Encoded", json!(true))];
        assert_eq!(request(&encoded).body(), "{\"ä\":1}".as_bytes());
        let bad = event(&[("body", json!("{}")), ("isBase64Encoded", json!(true))]);
        assert!(read(&bad).unwrap_err().contains("base64"));
    }

    #[test]
    fn the_authorizers_context_is_flat_text() {
        let authorizer =
            json!({"kind": "user", "until": 7, "new": true, "principalId": "alice", "claims": null});
        let request = request(&[("requestContext", context(&authorizer))]);
        let context = &told(&request).authorizer;
        assert_eq!(context["kind"], "user");
        assert_eq!((context["until"].as_str(), context["new"].as_str()), ("7", "true"));
        assert!(!context.contains_key("claims"));
    }

    #[test]
    fn other_events_are_refused() {
        let mut without_id = context(&json!(null));
        without_id["requestId"] = json!(null);
        let pathless = [("path", json!(null)), ("path", json!("bills"))];
        for change in pathless.into_iter().chain([("requestContext", without_id)]) {
            assert!(read(&event(&[change])).unwrap_err().starts_with("the event has no "));
        }
        assert!(read(&json!({ "Records": [] })).is_err());
    }
}
