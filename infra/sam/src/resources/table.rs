//! `AWS::DynamoDB::Table`.

use super::Reader;
use crate::TemplateError;
use crate::error::Place;
use crate::identity::Identity;
use crate::model::{IndexSpec, Key, KeyType, Projection, StreamView, TableSpec};
use crate::sections::truth;
use serde::Deserialize;

/// What the table costs, and how it is kept from loss, is AWS's matter.
const IRRELEVANT: &[&str] = &[
    "BillingMode",
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "Tags",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Table {
    #[serde(rename = "TableName")]
    _table_name: Option<String>,
    attribute_definitions: Vec<AttributeDefinition>,
    key_schema: Vec<KeyElement>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    stream_specification: Option<StreamSpecification>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct AttributeDefinition {
    attribute_name: String,
    attribute_type: KeyType,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct KeyElement {
    attribute_name: String,
    key_type: Role,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Role {
    Hash,
    Range,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Index {
    #[serde(rename = "IndexName")]
    name: String,
    key_schema: Vec<KeyElement>,
    projection: IndexProjection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct IndexProjection {
    projection_type: ProjectionType,
    #[serde(default)]
    non_key_attributes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ProjectionType {
    All,
    KeysOnly,
    Include,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct StreamSpecification {
    stream_view_type: StreamView,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
    #[serde(deserialize_with = "truth")]
    enabled: bool,
}

impl Reader {
    pub(super) fn read_table(&mut self, identity: &Identity) -> Result<(), TemplateError> {
        let table: Table = self.properties(identity, IRRELEVANT)?;
        let place = Place::new(&identity.logical_id).at("Properties");
        let attributes = &table.attribute_definitions;
        let (hash, range) = keys(&table.key_schema, attributes, &place.at("KeySchema"))?;
        let index = |(position, index): (usize, Index)| {
            let place = place.at("GlobalSecondaryIndexes").at(position);
            let (hash, range) = keys(&index.key_schema, attributes, &place.at("KeySchema"))?;
            let projection = match index.projection.projection_type {
                ProjectionType::All => Projection::All,
                ProjectionType::KeysOnly => Projection::KeysOnly,
                ProjectionType::Include => Projection::Include(index.projection.non_key_attributes),
            };
            Ok(IndexSpec { name: index.name, hash, range, projection })
        };
        self.application.tables.push(TableSpec {
            logical_id: identity.logical_id.clone(),
            name: identity.name.clone(),
            arn: identity.arn.clone(),
            hash,
            range,
            indexes: table
                .global_secondary_indexes
                .into_iter()
                .enumerate()
                .map(index)
                .collect::<Result<_, _>>()?,
            stream: table.stream_specification.map(|stream| stream.stream_view_type),
            ttl_attribute: table
                .time_to_live_specification
                .filter(|ttl| ttl.enabled)
                .map(|ttl| ttl.attribute_name),
        });
        Ok(())
    }
}

fn keys(
    schema: &[KeyElement],
    attributes: &[AttributeDefinition],
    place: &Place,
) -> Result<(Key, Option<Key>), TemplateError> {
    let key = |element: &KeyElement| {
        let attribute =
            attributes.iter().find(|attribute| attribute.attribute_name == element.attribute_name);
        let key = |attribute: &AttributeDefinition| Key {
            attribute: attribute.attribute_name.clone(),
            key_type: attribute.attribute_type,
        };
        let missing = || place.refuse(format!("{} is not in AttributeDefinitions", element.attribute_name));
        attribute.map(key).ok_or_else(missing)
    };
    match schema {
        [hash] if hash.key_type == Role::Hash => Ok((key(hash)?, None)),
        [hash, range] if hash.key_type == Role::Hash && range.key_type == Role::Range => {
            Ok((key(hash)?, Some(key(range)?)))
        }
        _ => Err(place.refuse("a HASH key and at most a RANGE key after it are expected")),
    }
}
