//! What only this platform has: `/local`, and the description of the API.

use super::{Request, Sent, body, method_not_allowed, no_such_route, refused_body, sent, services};
use crate::aws::{Aws, request_id};
use crate::issuer::{self, Issuer};
use crate::sign_in::{self, Asked, Parameters, SignIn};
use crate::time::Time;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, LOCATION, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use scrip_clock::{Period, Timestamp};
use scrip_http::limits::MAX_BODY_BYTES;
use scrip_http::{Answer, Call, GatewayContext, Principal, Problem, Reply, Response, User, query_parameters};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_states_language::Filter;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far the clock can be advanced at once.
const ADVANCE_MAX_DAYS: i64 = 366;
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const LOOPBACK_NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// What answers below `/local`.
pub(crate) struct Local {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) sign_in: SignIn,
    pub(crate) time: Arc<Time>,
    pub(crate) aws: Aws,
    pub(crate) openapi: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    user: String,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    advance: Period,
}

impl Local {
    pub(super) async fn answer(&self, request: Request) -> Sent {
        let (head, incoming) = request.into_parts();
        let path = head.uri.path().to_owned();
        if !is_for_loopback(&head) {
            return sent(no_such_route());
        }
        if path == "/local/aws" || path.starts_with("/local/aws/") {
            return services::answer(&self.aws, &head, incoming).await;
        }
        let request_id = request_id();
        let body = match body::read(incoming, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(refusal) => return sent(refused_body(refusal, &request_id)),
        };
        let answer = match (head.method.as_str(), path.as_str()) {
            ("GET", "/local/health" | "/health") => self.health(),
            ("GET", "/openapi.json" | "/local/openapi.json") => return document(self.openapi.clone()),
            ("GET", issuer::KEYS_PATH) => return document(self.issuer.key_set()),
            ("GET" | "POST", sign_in::PATH) => return self.sign_in(&head, &body),
            ("POST", sign_in::TOKEN_PATH) => return self.exchange(&body),
            ("POST", "/local/tokens") => self.token(body),
            ("GET", "/local/clock") => Reply::ok(&json!({ "now": self.time.clock.now() })),
            ("POST", "/local/clock") => self.advance(body).await,
            ("GET", "/local/executions") => self.executions(&head).await,
            ("GET", "/local/queues") => self.queues().await,
            ("GET", "/local/due") => self.due(&head).await,
            (_, "/local/tokens" | sign_in::TOKEN_PATH) => return sent(method_not_allowed("POST")),
            (_, "/local/clock" | sign_in::PATH) => return sent(method_not_allowed("GET, POST")),
            (
                _,
                "/local/health"
                | "/health"
                | "/openapi.json"
                | "/local/openapi.json"
                | issuer::KEYS_PATH
                | "/local/executions"
                | "/local/queues"
                | "/local/due",
            ) => return sent(method_not_allowed("GET")),
            _ => return sent(no_such_route()),
        };
        sent(Response::of(answer, &request_id))
    }

    fn health(&self) -> Answer {
        Reply::ok(&json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "now": self.time.clock.now(),
        }))
    }

    fn token(&self, body: Bytes) -> Answer {
        let request: TokenRequest = parsed(body)?;
        let token = self.issuer.token(&request.user, request.scope.as_deref());
        let token = token.map_err(|(pointer, detail)| Refusal::field(pointer, Code::InvalidField, detail))?;
        Reply::ok(&json!({ "token": token }))
    }

    /// Asks who signs in, and sends them back to the page that asked for it.
    fn sign_in(&self, head: &Parts, body: &Bytes) -> Sent {
        let asked = match Asked::read(&query_parameters(head.uri.query())) {
            Ok(asked) => asked,
            Err(wrong) => return with_type(StatusCode::BAD_REQUEST, "text/plain", wrong),
        };
        if head.method == Method::GET {
            return with_type(StatusCode::OK, HTML, Asked::form(None));
        }
        match self.sign_in.sign_in(&asked, &parameters(body)) {
            Ok(location) => {
                let mut answer = with_type(StatusCode::SEE_OTHER, "text/plain", "Signed in.");
                // It holds a URL of this machine and what is percent-encoded.
                if let Ok(location) = HeaderValue::from_str(&location) {
                    answer.headers_mut().insert(LOCATION, location);
                }
                answer
            }
            Err(wrong) => with_type(StatusCode::BAD_REQUEST, HTML, Asked::form(Some(&wrong))),
        }
    }

    fn exchange(&self, body: &Bytes) -> Sent {
        match self.sign_in.token(&parameters(body)) {
            Ok(token) => with_type(StatusCode::OK, JSON, token.to_string()),
            Err(error) => with_type(StatusCode::BAD_REQUEST, JSON, json!({ "error": error }).to_string()),
        }
    }

    async fn advance(&self, body: Bytes) -> Answer {
        let request: ClockRequest = parsed(body)?;
        if request.advance.duration().as_hours() > ADVANCE_MAX_DAYS * 24 {
            let detail = format!("at most P{ADVANCE_MAX_DAYS}D");
            return Err(Refusal::field("/advance", Code::OutOfRange, detail).into());
        }
        let time = self.time.clone();
        // In a task of its own: what was begun is brought to its end, even if the caller goes away.
        let advanced = tokio::spawn(async move { time.advance(request.advance.duration()).await });
        let now = advanced.await.map_err(Failure::broken)?.map_err(Failure::Broken)?;
        Reply::ok(&json!({ "now": now }))
    }

    async fn executions(&self, head: &Parts) -> Answer {
        let mut query = query_parameters(head.uri.query());
        let filter =
            Filter { machine: query.remove("machine"), name: query.remove("name"), ..Filter::default() };
        if let Some(unknown) = query.keys().next() {
            let detail = "only machine and name select executions";
            return Err(Refusal::field(format!("/{unknown}"), Code::UnknownField, detail).into());
        }
        let engine = self.time.engine.clone();
        let executions = tokio::task::spawn_blocking(move || engine.executions(&filter)).await;
        let executions = executions.map_err(Failure::broken)?.map_err(Failure::broken)?;
        Reply::ok(&json!({ "items": executions }))
    }

    /// What will happen to an item, and when; or to all of them.
    async fn due(&self, head: &Parts) -> Answer {
        let mut query = query_parameters(head.uri.query());
        let item = query.remove("item");
        if let Some(unknown) = query.keys().next() {
            let detail = "only item selects what is due";
            return Err(Refusal::field(format!("/{unknown}"), Code::UnknownField, detail).into());
        }
        let due = self.time.schedules.due(item.as_deref()).await.map_err(Failure::Broken)?;
        Reply::ok(&json!({ "items": due }))
    }

    async fn queues(&self) -> Answer {
        let queues = self.time.queues.clone();
        let depths = tokio::task::spawn_blocking(move || queues.depths()).await;
        let depths = depths.map_err(Failure::broken)?.map_err(Failure::broken)?;
        Reply::ok(&json!({ "items": depths }))
    }
}

/// Whether the request was sent to this machine by a name of its own, and from no page of another. A web page that
/// has its own name resolved to 127.0.0.1, or that posts here, must not mint tokens or advance the clock.
pub(super) fn is_for_loopback(head: &Parts) -> bool {
    [HOST, ORIGIN].iter().filter_map(|header| head.headers.get(header)).all(|value| {
        let text = value.to_str().unwrap_or_default();
        let host = text.split_once("://").map_or(text, |(_, host)| host);
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        LOOPBACK_NAMES.contains(&name.to_ascii_lowercase().as_str())
    })
}

/// Reads a body as strictly as an operation does.
fn parsed<T: serde::de::DeserializeOwned>(body: Bytes) -> Result<T, Problem> {
    let nobody = Principal::User(User { id: "local".to_owned(), scopes: BTreeSet::new() });
    let mut request = hyper::Request::new(body);
    request
        .extensions_mut()
        .insert(GatewayContext { authorizer: nobody.to_context(), ..GatewayContext::default() });
    Call::accept("local", request, Timestamp::UNIX_EPOCH)?.body()
}

fn document(json: Bytes) -> Sent {
    with_type(StatusCode::OK, JSON, json)
}

fn with_type(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Sent {
    let mut response = hyper::Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The members of a form (WHATWG URL section 5.1).
fn parameters(body: &Bytes) -> Parameters {
    form_urlencoded::parse(body).into_owned().collect()
}
