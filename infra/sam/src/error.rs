use std::fmt;

/// Why a template is not read. It names what to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// A text is not one YAML document.
    Syntax {
        /// The template's path; empty for a template alone.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// Something in a template can't be honoured.
    Refused {
        /// The template's path; empty for a template alone.
        file: String,
        /// The resource, parameter, condition or output, or the section if it is none of these.
        logical_id: String,
        /// The way from there, such as `Properties.Events.Call.Type`; empty for all of it.
        property: String,
        why: String,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Syntax { file, .. } | Self::Refused { file, .. }) = self;
        if !file.is_empty() {
            write!(f, "{file}: ")?;
        }
        match self {
            Self::Syntax { why, .. } => write!(f, "not YAML: {why}"),
            Self::Refused { logical_id, property, why, .. } if property.is_empty() => {
                write!(f, "{logical_id}: {why}")
            }
            Self::Refused { logical_id, property, why, .. } => write!(f, "{logical_id}, {property}: {why}"),
        }
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    /// The same, in that file unless it is in another already.
    pub(crate) fn in_file(mut self, path: &str) -> Self {
        let (Self::Syntax { file, .. } | Self::Refused { file, .. }) = &mut self;
        if file.is_empty() {
            path.clone_into(file);
        }
        self
    }

    /// The resource, or what else it names.
    pub(crate) fn logical_id(&self) -> &str {
        match self {
            Self::Syntax { .. } => "",
            Self::Refused { logical_id, .. } => logical_id,
        }
    }
}

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
        TemplateError::Refused { file: String::new(), logical_id, property, why: why.to_string() }
    }
}
