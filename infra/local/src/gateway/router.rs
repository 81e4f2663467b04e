//! Finds the operation of a method and path.

use scrip_http::decode_segment;
use scrip_sam::Route;
use std::collections::BTreeMap;

pub(crate) struct Router(matchit::Router<Vec<Route>>);

/// What a method and path lead to.
pub(super) enum Found<'a> {
    /// An operation, and the values of its path parameters.
    Route(&'a Route, BTreeMap<String, String>),
    /// A path that has other methods.
    Methods(String),
    /// Nothing.
    Nothing,
}

impl Router {
    /// A router of these routes.
    ///
    /// # Errors
    /// Two paths that can't be told apart.
    pub(crate) fn new(routes: &[Route]) -> Result<Self, String> {
        let mut by_path: BTreeMap<&str, Vec<Route>> = BTreeMap::new();
        for route in routes {
            by_path.entry(&route.path).or_default().push(route.clone());
        }
        let mut paths = matchit::Router::new();
        for (path, routes) in by_path {
            paths.insert(path, routes).map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(Self(paths))
    }

    pub(super) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let Ok(found) = self.0.at(path) else { return Found::Nothing };
        let Some(route) = found.value.iter().find(|route| route.method == method) else {
            let methods: Vec<&str> = found.value.iter().map(|route| route.method.as_str()).collect();
            return Found::Methods(methods.join(", "));
        };
        let parameters = found.params.iter();
        let parameters = parameters.map(|(name, value)| Some((name.to_owned(), decode_segment(value)?)));
        match parameters.collect() {
            Some(parameters) => Found::Route(route, parameters),
            None => Found::Nothing,
        }
    }
}
