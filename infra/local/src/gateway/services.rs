//! Services of AWS over HTTP, for the SDKs and the command line; credentials are not looked at.

use super::local::is_for_loopback;
use super::{Request, Sent, Server, body, method_not_allowed, no_such_route, refused_body, sent};
use crate::aws::{self, Aws, request_id};
use crate::store::TableStore;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;

/// The largest request of the services: what `BatchWriteItem` of `DynamoDB` takes.
const BODY_MAX_BYTES: usize = 16 * 1_024 * 1_024;

/// Answers a request to the services.
pub(super) async fn answer(aws: &Aws, head: &Parts, body: Incoming) -> Sent {
    let body = match body::read(body, BODY_MAX_BYTES).await {
        Ok(body) if head.method == Method::POST => body,
        Ok(_) => return sent(method_not_allowed("POST")),
        Err(refusal) => return sent(refused_body(refusal, &request_id())),
    };
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let answer = aws.answer(target, &body).await;
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(aws::CONTENT_TYPE));
    let told = [("x-amzn-requestid", Some(answer.request_id)), ("x-amzn-query-error", answer.query_error)];
    for (name, value) in told {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// `DynamoDB` and its streams with a server to themselves.
pub(crate) struct Tables(Aws);

impl Tables {
    pub(crate) fn new(store: TableStore) -> Self {
        Self(Aws::of_tables(store))
    }
}

impl Server for Tables {
    async fn answer(&self, request: Request) -> Sent {
        let (head, body) = request.into_parts();
        if !is_for_loopback(&head) {
            return sent(no_such_route());
        }
        if head.method == Method::GET {
            // Whoever waits for the server asks this.
            return hyper::Response::new(Full::default());
        }
        answer(&self.0, &head, body).await
    }
}
