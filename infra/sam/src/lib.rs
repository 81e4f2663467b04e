//! Reads the SAM template that is deployed, so that the embedded platform wires nothing a second time.
//!
//! What the platform can't honour is an error that names the place, never left out in silence. YAML comes from
//! `saphyr`, which keeps `CloudFormation`'s tags on every kind of node and refuses keys that stand twice.

mod error;
mod filter;
mod identity;
mod intrinsics;
mod model;
mod resources;
mod scope;
mod sections;
mod yaml;

#[cfg(test)]
mod tests;

pub use error::TemplateError;
pub use filter::EventFilter;
pub use model::*;

/// The template; [`Template::read`] gives what it wires.
#[derive(Debug)]
pub enum Template {}

impl Template {
    /// The template as it stands, in JSON: short tags in their long forms, `Globals` said at each function.
    ///
    /// # Errors
    /// The text is not one YAML document, or has a key twice.
    pub fn document(text: &str) -> Result<serde_json::Value, TemplateError> {
        sections::document(text)
    }
}
