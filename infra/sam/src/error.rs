use std::fmt;

/// Why a template is not read. It names what to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The text is not one YAML document.
    Syntax(String),
    /// Something in the template can't be honoured.
    Refused {
        /// The resource, parameter, condition or output, or the section if it is none of these.
        logical_id: String,
        /// The way from there, such as `Properties.Events.Call.Type`; empty for all of it.
        property: String,
        why: String,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "not YAML: {why}"),
            Self::Refused { logical_id, property, why } if property.is_empty() => {
                write!(f, "{logical_id}: {why}")
            }
            Self::Refused { logical_id, property, why } => write!(f, "{logical_id}, {property}: {why}"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Where in the template we are, for errors.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    logical_id: String,
    property: String,
}

impl Place {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned(), property: String::new() }
    }

    pub(crate) fn at(&self, key: impl fmt::Display) -> Self {
        let property = match self.property.as_str() {
            "" => key.to_string(),
            property => format!("{property}.{key}"),
        };
        Self { logical_id: self.logical_id.clone(), property }
    }

    pub(crate) fn refuse(&self, why: impl fmt::Display) -> TemplateError {
        let Self { logical_id, property } = self.clone();
        TemplateError::Refused { logical_id, property, why: why.to_string() }
    }
}
