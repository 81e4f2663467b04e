//! Reads the SAM templates that are deployed, so that the embedded platform wires nothing a second time.
//!
//! What the platform can't honour is an error that names the place, never left out in silence. YAML comes from
//! `saphyr`, which keeps `CloudFormation`'s tags on every kind of node and refuses keys that stand twice.

mod error;
mod filter;
mod generate;
mod identity;
mod intrinsics;
mod model;
mod nesting;
mod resources;
mod scope;
mod sections;
mod templates;
mod yaml;

#[cfg(test)]
mod tests;

pub use error::TemplateError;
pub use filter::EventFilter;
pub use model::*;
pub use templates::Templates;

/// The templates; [`Template::read`] gives what they wire.
#[derive(Debug)]
pub enum Template {}

impl Template {
    /// The templates as one, in JSON: short tags in their long forms, `Globals` said at each function, parameters of
    /// nested stacks replaced by what they are given, their outputs by what they say.
    ///
    /// # Errors
    /// A text is not one YAML document, or has a key twice; nested stacks do not fit the root or each other.
    pub fn document(templates: &Templates) -> Result<serde_json::Value, TemplateError> {
        Ok(nesting::join(templates)?.document)
    }

    /// What stands in a template by hand.
    pub fn by_hand(text: &str) -> &str {
        generate::by_hand(text)
    }

    /// The templates with what is generated in them made anew, by their paths.
    ///
    /// # Errors
    /// A text is not one YAML document, or a route can't be read.
    pub fn generated(
        templates: &Templates,
    ) -> Result<std::collections::BTreeMap<String, String>, TemplateError> {
        generate::all(templates)
    }
}
