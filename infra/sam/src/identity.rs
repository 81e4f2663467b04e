//! What the resources are called where the embedded platform runs them.

use crate::error::Place;
use crate::scope::Scope;
use crate::sections::Resource;
use crate::{Parameters, TemplateError};

pub(crate) const PARTITION: &str = "aws";
pub(crate) const REGION: &str = "local";
pub(crate) const ACCOUNT: &str = "000000000000";

/// The kinds of resource that the platform runs, and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Api,
    Table,
    Queue,
    Machine,
    /// What needs nothing of the platform: it holds logs, watches, grants or encrypts.
    Elsewhere,
}

impl Kind {
    pub(crate) fn of(resource_type: &str) -> Option<Self> {
        match resource_type {
            "AWS::Serverless::Function" => Some(Self::Function),
            "AWS::Serverless::Api" => Some(Self::Api),
            "AWS::Serverless::StateMachine" => Some(Self::Machine),
            "AWS::DynamoDB::Table" => Some(Self::Table),
            "AWS::SQS::Queue" => Some(Self::Queue),
            "AWS::ApiGateway::Account"
            | "AWS::CloudWatch::Alarm"
            | "AWS::CloudWatch::Dashboard"
            | "AWS::IAM::Role"
            | "AWS::KMS::Alias"
            | "AWS::KMS::Key"
            | "AWS::Logs::LogGroup"
            | "AWS::SNS::Topic"
            | "AWS::SQS::QueuePolicy"
            | "AWS::SecretsManager::Secret" => Some(Self::Elsewhere),
            _ => None,
        }
    }

    /// The property that holds a resource's name, if the template may give one.
    const fn name_property(self) -> Option<&'static str> {
        match self {
            Self::Function => Some("Handler"),
            Self::Machine => Some("Name"),
            Self::Table => Some("TableName"),
            Self::Queue => Some("QueueName"),
            Self::Api | Self::Elsewhere => None,
        }
    }
}

/// A resource under its local names.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) logical_id: String,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) arn: String,
    /// What `Ref` gives.
    pub(crate) reference: String,
    attributes: Vec<(&'static str, String)>,
}

impl Identity {
    pub(crate) fn new(
        logical_id: &str,
        kind: Kind,
        resource: &Resource,
        scope: &Scope,
        parameters: &Parameters,
    ) -> Result<Self, TemplateError> {
        let name = physical_name(logical_id, kind, resource, scope, &parameters.stack_name)?;
        let service = match kind {
            Kind::Function => "lambda:function:",
            Kind::Machine => "states:stateMachine:",
            Kind::Table => "dynamodb:table/",
            Kind::Queue => "sqs:",
            Kind::Api => "apigateway:",
            Kind::Elsewhere if resource.kind == "AWS::SecretsManager::Secret" => "secretsmanager:secret:",
            Kind::Elsewhere => "elsewhere:",
        };
        let (service, resource_prefix) = service.split_once(':').unwrap_or_default();
        let arn = format!("arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource_prefix}{name}");
        let (reference, attributes) = match kind {
            Kind::Machine => (arn.clone(), vec![("Name", name.clone())]),
            Kind::Table if resource.properties.contains_key("StreamSpecification") => {
                (name.clone(), vec![("StreamArn", format!("{arn}/stream/local"))])
            }
            Kind::Queue => {
                let url = format!("{}/{ACCOUNT}/{name}", parameters.queue_base_url);
                (url.clone(), vec![("QueueName", name.clone()), ("QueueUrl", url)])
            }
            Kind::Elsewhere if service == "secretsmanager" => (arn.clone(), vec![]),
            Kind::Function | Kind::Api | Kind::Table | Kind::Elsewhere => (name.clone(), vec![]),
        };
        Ok(Self { logical_id: logical_id.to_owned(), kind, name, arn, reference, attributes })
    }

    /// What `Fn::GetAtt` gives.
    pub(crate) fn attribute(&self, attribute: &str) -> Option<&str> {
        match attribute {
            "Arn" if self.kind != Kind::Api => Some(&self.arn),
            _ => self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value.as_str()),
        }
    }
}

/// The name that the template gives, or one made of the logical id: `BillExpiry` becomes `bill-expiry`.
fn physical_name(
    logical_id: &str,
    kind: Kind,
    resource: &Resource,
    scope: &Scope,
    stack: &str,
) -> Result<String, TemplateError> {
    let given =
        kind.name_property().and_then(|property| Some((property, resource.properties.get(property)?)));
    let place = Place::new(logical_id).at("Properties");
    match (given, kind) {
        (Some((property, name)), _) => scope.text(name, &place.at(property)),
        (None, Kind::Function) => Err(place.at("Handler").refuse("it is missing")),
        (None, Kind::Machine) => Ok(kebab(logical_id)),
        (None, Kind::Table) => {
            Ok(format!("{stack}-{}", kebab(logical_id.strip_suffix("Table").unwrap_or(logical_id))))
        }
        (None, Kind::Api | Kind::Queue | Kind::Elsewhere) => Ok(format!("{stack}-{}", kebab(logical_id))),
    }
}

fn kebab(logical_id: &str) -> String {
    let mut name = String::new();
    for letter in logical_id.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
