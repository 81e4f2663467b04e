use std::fmt;

/// Why queues could not be opened, mapped or driven.
#[derive(Debug)]
pub enum Error {
    /// A queue or mapping is declared in a way that is not possible.
    Refused { subject: String, reason: String },
    /// The file can't be read or written.
    Store(rusqlite::Error),
    /// The runtime is shutting down.
    Interrupted,
}

impl Error {
    pub(crate) fn refused(subject: &str, reason: impl Into<String>) -> Self {
        Self::Refused { subject: subject.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { subject, reason } => write!(f, "{subject}: {reason}"),
            Self::Store(error) => write!(f, "the queues' store: {error}"),
            Self::Interrupted => f.write_str("the runtime is shutting down"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused { .. } | Self::Interrupted => None,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error)
    }
}
