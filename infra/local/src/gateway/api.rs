//! A request to the API, in the order in which API Gateway looks at it: path, method, size, caller.

use super::authorizer::Asked;
use super::router::Found;
use super::{Gateway, Request, body, method_not_allowed, no_such_route, percent, refused_body};
use crate::aws::request_id;
use hyper::HeaderMap;
use scrip_function::{Level, Line};
use scrip_http::limits::MAX_BODY_BYTES;
use scrip_http::{RawCall, Response};
use scrip_refusal::Failure;
use std::collections::BTreeMap;

impl Gateway {
    /// Answers a request; `path` is its path without the stage.
    pub(super) async fn call(&self, request: Request, path: String) -> Response {
        let (route, path_parameters) = match self.router.find(request.method().as_str(), &path) {
            Found::Route(route, parameters) => (route, parameters),
            Found::Methods(allowed) => return method_not_allowed(&allowed),
            Found::Nothing => return no_such_route(),
        };
        let request_id = request_id();
        let (head, incoming) = request.into_parts();
        let body = match body::read(incoming, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(refusal) => return refused_body(refusal, &request_id),
        };
        let mut raw = RawCall {
            path,
            path_parameters,
            query: percent::query(head.uri.query()),
            headers: headers(&head.headers),
            body,
            context: BTreeMap::new(),
            request_id,
        };
        if route.authorizer.is_some() {
            let asked = Asked { method: &route.method, resource: &route.path, raw: &raw };
            let context = match &self.authorizer {
                Some(authorizer) => authorizer.authorize(&self.functions, asked).await,
                None => Err(Failure::broken("the route's authorizer is not there").into()),
            };
            match context {
                Ok(context) => raw.context = context,
                Err(problem) => {
                    return self.told(Response::of(Err(problem), &raw.request_id), &raw.request_id);
                }
            }
        }
        self.functions.serve(&route.function, raw).await
    }

    /// Logs the gateway's own faults; those of functions are logged with them.
    fn told(&self, response: Response, request_id: &str) -> Response {
        if response.status >= 500 {
            self.log.write(&Line {
                level: Level::Error,
                time: self.clock.now(),
                environment: crate::ENVIRONMENT,
                request_id,
                causes: &[],
                operation: "gateway",
                principal: "none",
                outcome: response.outcome,
                status: Some(response.status),
                measures: None,
                reason: response.reason,
                detail: response.log_detail.as_deref(),
            });
        }
        response
    }
}

/// Header fields by their names in lower case; the last of several counts.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(text).collect()
}
