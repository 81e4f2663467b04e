//! What the `OpenAPI` document says of an operation. The route stands in the template alone.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use scrip_refusal::Code;

/// Makes a schema in the document's generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What proves who calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A token.
    Token,
    /// A signature over the body (Standard Webhooks).
    Signature,
    /// Nothing: it is for everybody.
    Public,
}

/// An operation's contract.
#[derive(Clone)]
pub struct Operation {
    /// The function's name.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The request's schema, if it has a body.
    pub request: Option<SchemaOf>,
    /// The status of success and the answer's schema, if it has a body.
    pub response: (u16, Option<SchemaOf>),
    /// The media type of the answer's body.
    pub media_type: &'static str,
    /// Whether the answer is a page of what the schema describes.
    pub is_list: bool,
    /// Query parameters beside those of a page: name and meaning.
    pub query: &'static [(&'static str, &'static str)],
    /// What proves who calls.
    pub proof: Proof,
    /// The codes it may refuse with, beside those that every operation has.
    pub refusals: &'static [Code],
}

impl Operation {
    /// An operation that takes no body and answers 204.
    pub const fn new(name: &'static str, summary: &'static str, refusals: &'static [Code]) -> Self {
        Self {
            name,
            summary,
            request: None,
            response: (204, None),
            media_type: "application/json",
            is_list: false,
            query: &[],
            proof: Proof::Token,
            refusals,
        }
    }

    /// The query parameters it takes beside those of a page.
    #[must_use]
    pub const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// The body it takes.
    #[must_use]
    pub fn request<T: JsonSchema>(mut self) -> Self {
        self.request = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// What it answers.
    #[must_use]
    pub fn response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.response = (status, Some(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// It answers a table as CSV.
    #[must_use]
    pub fn csv(mut self) -> Self {
        self.media_type = "text/csv";
        self.response::<String>(200)
    }

    /// It answers a file of whatever type.
    #[must_use]
    pub fn file(mut self) -> Self {
        self.media_type = "*/*";
        self.response::<serde_json::Value>(200)
    }

    /// The body's signature proves who calls, and its id takes the place of an idempotency key.
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.proof = Proof::Signature;
        self
    }

    /// Everybody may call it.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.proof = Proof::Public;
        self
    }

    /// It answers pages of what `T` describes.
    #[must_use]
    pub fn list<T: JsonSchema>(mut self) -> Self {
        self.response = (200, Some(SchemaGenerator::subschema_for::<T>));
        self.is_list = true;
        self
    }
}
