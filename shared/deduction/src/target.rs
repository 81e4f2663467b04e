//! From what a rule deducts, and how that is written.

use crate::Line;
use crate::limits::{MAX_CATEGORIES, MAX_CATEGORY_CHARACTERS, MAX_SKU_CHARACTERS, MAX_SKUS};
use crate::rule::is_default;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use scrip_fields::schema::Text;
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// From what a rule deducts: `"order"`, or `{"lines": {"skus", "categories"}, "spread"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The whole order.
    #[default]
    Order,
    /// Some of its lines.
    Lines(LinesTarget),
}

/// Some of an order's lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RuleLines")]
pub struct LinesTarget {
    /// By which lines the effect is measured and reduced.
    pub lines: Selection,
    /// Whether the effect is taken for each of them or once for all.
    #[serde(skip_serializing_if = "is_default", default)]
    pub spread: Spread,
}

/// A line is selected when its stock-keeping unit or its category is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "LineSelection")]
pub struct Selection {
    /// Stock-keeping units, each of 1 to 64 characters.
    #[schemars(with = "Vec<Text<MAX_SKU_CHARACTERS>>", length(max = MAX_SKUS))]
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skus: BTreeSet<String>,
    /// The merchant's own categories, each of 1 to 64 characters.
    #[schemars(with = "Vec<Text<MAX_CATEGORY_CHARACTERS>>", length(max = MAX_CATEGORIES))]
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<String>,
}

/// How an effect meets several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleSpread")]
pub enum Spread {
    /// For each: an amount or a fixed price for each piece, a percentage or free units for each line.
    #[default]
    Each,
    /// Once for all lines together, then allocated to them.
    Across,
}

impl Target {
    pub(crate) fn is_order(&self) -> bool {
        matches!(self, Self::Order)
    }

    /// How the effect is taken; an order is one whole.
    pub(crate) fn spread(&self) -> Spread {
        match self {
            Self::Order => Spread::Across,
            Self::Lines(target) => target.spread,
        }
    }

    /// Whether the rule deducts from this line.
    pub(crate) fn selects(&self, line: &Line) -> bool {
        match self {
            Self::Order => true,
            Self::Lines(LinesTarget { lines, .. }) => {
                lines.skus.contains(&line.sku)
                    || line.category.as_ref().is_some_and(|category| lines.categories.contains(category))
            }
        }
    }
}

const ORDER: &str = "order";

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Order => serializer.serialize_str(ORDER),
            Self::Lines(target) => target.serialize(serializer),
        }
    }
}

/// Written out, since an untagged enum would not say which field of the lines is wrong.
impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"order\" or an object with lines")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Target, E> {
                if text == ORDER { Ok(Target::Order) } else { Err(E::unknown_variant(text, &[ORDER])) }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                LinesTarget::deserialize(MapAccessDeserializer::new(map)).map(Target::Lines)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "RuleTarget".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lines = generator.subschema_for::<LinesTarget>();
        json_schema!({
            "description": "From what a rule deducts: the order, or some of its lines.",
            "oneOf": [{ "type": "string", "const": ORDER }, lines],
        })
    }
}
