//! What API Gateway's REST APIs send to a function and expect of it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>), as far as it
//! counts here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scrip_http::{RawCall, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A request. Without path parameters, query or headers their maps are `null`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestEvent {
    /// Without the stage; behind a domain of one's own it begins with the domain's base path.
    path: String,
    /// As they stand in the path. No id needs an encoding, so none that is encoded is found.
    path_parameters: Option<BTreeMap<String, String>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    /// Of a header that is sent twice, the last value.
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: String,
    /// The authorizer's context, and members of API Gateway's own.
    authorizer: Option<BTreeMap<String, Value>>,
}

impl RestEvent {
    pub(crate) fn read(event: &str) -> Result<Self, String> {
        serde_json::from_str(event).map_err(|error| format!("the event is not a REST API's: {error}"))
    }

    pub(crate) fn into_call(self) -> Result<RawCall, String> {
        let body = self.body.unwrap_or_default();
        let body = if self.is_base64_encoded {
            STANDARD.decode(body).map_err(|error| format!("the event's body is not base64: {error}"))?
        } else {
            body.into_bytes()
        };
        let query = self.multi_value_query_string_parameters.into_iter().flatten();
        let headers = self.headers.into_iter().flatten();
        let context = self.request_context.authorizer.into_iter().flatten();
        Ok(RawCall {
            path: self.path,
            path_parameters: self.path_parameters.unwrap_or_default(),
            query: query.filter_map(|(name, mut values)| Some((name, values.pop()?))).collect(),
            headers: headers.map(|(name, value)| (lower_case(name), value)).collect(),
            body: body.into(),
            context: context.filter_map(|(name, value)| Some((name, text(value)?))).collect(),
            request_id: self.request_context.request_id,
        })
    }
}

/// An authorizer's context holds strings, numbers and booleans, and comes as strings.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn lower_case(mut name: String) -> String {
    name.make_ascii_lowercase();
    name
}

/// The answer for API Gateway.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestAnswer {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Response> for RestAnswer {
    fn from(response: Response) -> Self {
        Self {
            status_code: response.status,
            headers: response.headers.into_iter().collect(),
            body: String::from_utf8_lossy(&response.body).into_owned(),
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(changes: &[(&str, Value)]) -> String {
        let mut event = json!({
            "resource": "/bills", "path": "/bills", "httpMethod": "POST", "headers": null, "multiValueHeaders": null,
            "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
            "stageVariables": null, "body": null, "isBase64Encoded": false,
            "requestContext": { "requestId": "r1", "stage": "v1", "path": "/v1/bills", "identity": {"sourceIp": "::1"} },
        });
        for (name, value) in changes {
            event[name] = value.clone();
        }
        event.to_string()
    }

    fn call(changes: &[(&str, Value)]) -> RawCall {
        RestEvent::read(&event(changes)).unwrap().into_call().unwrap()
    }

    #[test]
    fn a_bare_request_is_an_empty_call() {
        let call = call(&[]);
        assert_eq!((call.path.as_str(), call.request_id.as_str()), ("/bills", "r1"));
        assert!(call.path_parameters.is_empty() && call.query.is_empty() && call.headers.is_empty());
        assert!(call.body.is_empty() && call.context.is_empty());
    }

    #[test]
    fn names_of_headers_have_no_case_and_the_last_value_counts() {
        let call = call(&[
            ("headers", json!({"Idempotency-Key": "Äpfel"})),
            ("multiValueQueryStringParameters", json!({"limit": ["1", "2"], "after": []})),
            ("pathParameters", json!({"bill": "bill_1"})),
        ]);
        assert_eq!(call.headers["idempotency-key"], "Äpfel");
        assert_eq!(call.query, BTreeMap::from([("limit".to_owned(), "2".to_owned())]));
        assert_eq!(call.path_parameters["bill"], "bill_1");
    }

    #[test]
    fn bodies_come_as_text_or_as_base64() {
        assert_eq!(call(&[("body", json!("{\"ä\":1}"))]).body, "{\"ä\":1}".as_bytes());
        let encoded = [("body", json!("eyLDpCI6MX0=")), ("isBase64Encoded", json!(true))];
        assert_eq!(call(&encoded).body, "{\"ä\":1}".as_bytes());
        let bad = event(&[("body", json!("{}")), ("isBase64Encoded", json!(true))]);
        assert!(RestEvent::read(&bad).unwrap().into_call().unwrap_err().contains("base64"));
    }

    #[test]
    fn the_authorizers_context_is_flat_text() {
        let authorizer =
            json!({"kind": "user", "until": 7, "new": true, "principalId": "alice", "claims": null});
        let context = json!({"requestId": "r1", "authorizer": authorizer});
        let context = call(&[("requestContext", context)]).context;
        assert_eq!(context["kind"], "user");
        assert_eq!((context["until"].as_str(), context["new"].as_str()), ("7", "true"));
        assert!(!context.contains_key("claims"));
    }

    #[test]
    fn other_events_are_refused() {
        assert!(RestEvent::read(r#"{"Records":[]}"#).is_err());
    }
}
