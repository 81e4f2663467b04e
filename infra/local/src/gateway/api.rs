//! A request to the API, in the order in which API Gateway looks at it: path, method, size, caller.

use super::authorizer::Asked;
use super::router::Found;
use super::{Gateway, Request, body, method_not_allowed, no_such_route, refused_body};
use crate::aws::request_id;
use scrip_function::{Level, Line};
use scrip_http::limits::MAX_BODY_BYTES;
use scrip_http::{GatewayContext, Response};
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
        let (mut head, incoming) = request.into_parts();
        let body = match body::read(incoming, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(refusal) => return refused_body(refusal, &request_id),
        };
        let mut context = GatewayContext { path, path_parameters, authorizer: BTreeMap::new(), request_id };
        if route.authorizer.is_some() {
            let asked =
                Asked { method: &route.method, resource: &route.path, head: &head, context: &context };
            let found = match &self.authorizer {
                Some(authorizer) => authorizer.authorize(&self.functions, asked).await,
                None => Err(Failure::broken("the route's authorizer is not there").into()),
            };
            match found {
                Ok(found) => context.authorizer = found,
                Err(problem) => {
                    return self.told(Response::of(Err(problem), &context.request_id), &context.request_id);
                }
            }
        }
        head.extensions.insert(context);
        self.functions.serve(&route.function, hyper::Request::from_parts(head, body)).await
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
                counts: &[],
                reason: response.reason,
                detail: response.log_detail.as_deref(),
            });
        }
        response
    }
}
