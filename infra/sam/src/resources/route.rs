//! `Metadata` of a function: the route that API Gateway invokes it for. Events of SAM do not reach from one stack into the
//! API of another, so the API's paths are generated from these.

use super::Reader;
use crate::TemplateError;
use crate::error::Place;
use crate::identity::Identity;
use crate::model::Route;
use crate::sections::typed;
use serde::Deserialize;
use serde_json::Value;

const METHODS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Metadata {
    /// Such as `GET /bills/{bill}`.
    route: String,
    /// `NONE` where everybody may call.
    authorizer: Option<Open>,
}

#[derive(Debug, Deserialize)]
enum Open {
    #[serde(rename = "NONE")]
    Everybody,
}

/// The route of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredRoute {
    /// In capitals.
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whether everybody may call.
    pub(crate) is_open: bool,
}

impl DeclaredRoute {
    /// The route that a resource declares, if it does.
    pub(crate) fn read(logical_id: &str, metadata: Option<&Value>) -> Result<Option<Self>, TemplateError> {
        let place = Place::new(logical_id).at("Metadata");
        let Some(metadata) = metadata.filter(|metadata| !metadata.is_null()) else { return Ok(None) };
        let Metadata { route, authorizer } = typed(metadata.clone(), &[], &place)?;
        let place = place.at("Route");
        let (method, path) = route.split_once(' ').unwrap_or((&route, ""));
        if !METHODS.contains(&method) {
            return Err(place.refuse(format!("{method} is not one of {}", METHODS.join(", "))));
        }
        let known = |segment: &str| match segment.strip_prefix('{') {
            Some(name) => name.strip_suffix('}').is_some_and(is_word),
            None => is_word(segment),
        };
        if !path.strip_prefix('/').is_some_and(|path| path.split('/').all(known)) {
            return Err(place.refuse(format!("{path} is not made of /word and /{{parameter}}")));
        }
        let is_open = matches!(authorizer, Some(Open::Everybody));
        Ok(Some(Self { method: method.to_owned(), path: path.to_owned(), is_open }))
    }
}

impl Reader {
    pub(super) fn read_route(&mut self, identity: &Identity, function: &str) -> Result<(), TemplateError> {
        let resource = self.sections.resources.get(&identity.logical_id);
        let metadata = resource.and_then(|resource| resource.metadata.as_ref());
        let Some(route) = DeclaredRoute::read(&identity.logical_id, metadata)? else { return Ok(()) };
        if self.application.stage.is_empty() {
            return Err(Place::new(&identity.logical_id).at("Metadata.Route").refuse("there is no API"));
        }
        let default = self.application.authorizer.as_ref().map(|authorizer| authorizer.name.clone());
        self.application.routes.push(Route {
            method: route.method,
            path: route.path,
            function: function.to_owned(),
            authorizer: if route.is_open { None } else { default },
        });
        Ok(())
    }
}

fn is_word(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
