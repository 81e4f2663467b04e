//! `AWS::Serverless::Api`: the stage and its authorizer. The routes stand at the functions; the paths of
//! its `DefinitionBody` are made of these.

use super::Reader;
use crate::TemplateError;
use crate::error::Place;
use crate::identity::{Identity, Kind};
use crate::model::AuthorizerSpec;
use crate::sections::number;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The platform's own gateway answers, limits and logs do not come from the template.
const IRRELEVANT: &[&str] = &[
    "AccessLogSetting",
    "DefinitionBody",
    "Description",
    "EndpointConfiguration",
    "GatewayResponses",
    "MethodSettings",
    "Name",
    "OpenApiVersion",
    "Tags",
    "TracingEnabled",
];

/// What SAM takes if `ReauthorizeEvery` is missing.
const AUTHORIZER_TTL_DEFAULT_SECONDS: u32 = 300;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Api {
    stage_name: String,
    auth: Option<Auth>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Auth {
    default_authorizer: String,
    authorizers: BTreeMap<String, Authorizer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Authorizer {
    function_arn: String,
    #[serde(rename = "FunctionPayloadType")]
    _payload_type: PayloadType,
    identity: AuthorizerIdentity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PayloadType {
    Request,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct AuthorizerIdentity {
    headers: (String,),
    #[serde(default, deserialize_with = "number")]
    reauthorize_every: Option<u32>,
}

impl Reader {
    pub(super) fn read_api(&mut self, identity: &Identity) -> Result<(), TemplateError> {
        let place = Place::new(&identity.logical_id);
        if !self.application.stage.is_empty() {
            return Err(place.refuse("the embedded platform has one API alone"));
        }
        let api: Api = self.properties(identity, IRRELEVANT)?;
        self.application.stage = api.stage_name;
        let Some(auth) = api.auth else { return Ok(()) };

        let place = place.at("Properties.Auth");
        let mut authorizers = auth.authorizers.into_iter();
        let (Some((name, authorizer)), None) = (authorizers.next(), authorizers.next()) else {
            return Err(place.at("Authorizers").refuse("the embedded platform has one authorizer alone"));
        };
        if name != auth.default_authorizer {
            return Err(place
                .at("DefaultAuthorizer")
                .refuse(format!("there is no authorizer {}", auth.default_authorizer)));
        }
        let place = place.at("Authorizers").at(&name).at("FunctionArn");
        let function = self.scope.name_of(
            Kind::Function,
            &authorizer.function_arn,
            |function| Some(function.arn.clone()),
            &place,
        )?;
        self.application.authorizer = Some(AuthorizerSpec {
            name,
            function,
            identity_header: authorizer.identity.headers.0,
            ttl_seconds: authorizer.identity.reauthorize_every.unwrap_or(AUTHORIZER_TTL_DEFAULT_SECONDS),
        });
        Ok(())
    }
}
