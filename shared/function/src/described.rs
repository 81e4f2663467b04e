//! What an operation says of itself for the API's description.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use scrip_store::id_pattern;

/// Makes a schema in the document's generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What operations of one capability have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What clients call it.
    pub name: &'static str,
    /// A sentence.
    pub description: &'static str,
}

/// The body of a successful answer.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// There is none.
    None,
    /// What the schema describes.
    Json(SchemaOf),
    /// A page of what the schema describes.
    Page(SchemaOf),
    /// A text of one of these media types.
    Text(&'static [&'static str]),
}

/// A parameter of a query.
#[derive(Clone, Copy, Debug)]
pub struct QueryParameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Whether the operation refuses to do without.
    pub is_required: bool,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Id(&'static str),
    Of(SchemaOf),
}

impl QueryParameter {
    /// An id with this prefix.
    pub const fn id(name: &'static str, prefix: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, is_required: false, form: Form::Id(prefix) }
    }

    /// What `T` describes.
    pub const fn of<T: JsonSchema>(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, is_required: false, form: Form::Of(SchemaGenerator::subschema_for::<T>) }
    }

    /// The operation refuses to do without it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// What it is like.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        match self.form {
            Form::Id(prefix) => json_schema!({ "type": "string", "pattern": id_pattern(prefix) }),
            Form::Of(schema) => schema(generator),
        }
    }
}
