//! Why the platform doesn't start.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the platform doesn't start. Each is told in one line, and nothing has been changed.
#[derive(Debug)]
pub enum StartError {
    /// The port can't be listened on.
    Port { port: u16, source: io::Error },
    /// Another process works with the data directory.
    DataInUse(PathBuf),
    /// The data directory was written by a version that knows more.
    DataNewer {
        directory: PathBuf,
        /// What its version file says.
        found: u64,
    },
    /// The data directory was written by a version whose data is not found any more.
    DataOlder {
        directory: PathBuf,
        /// What its version file says.
        found: u64,
    },
    /// The data directory, or a file in it, can't be used.
    Data { path: PathBuf, why: String },
    /// The template, a machine's definition and the catalog of functions don't go together.
    Wiring(String),
}

impl StartError {
    pub(crate) fn data(path: &Path, why: impl fmt::Display) -> Self {
        Self::Data { path: path.to_owned(), why: why.to_string() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { port, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "port {port} is in use; stop what listens there or choose another with --port")
            }
            Self::Port { port, source } => write!(f, "can't listen on port {port}: {source}"),
            Self::DataInUse(directory) => {
                let directory = directory.display();
                write!(f, "{directory} is in use by another process; stop it or choose another with --data")
            }
            Self::DataNewer { directory, found } => {
                write!(
                    f,
                    "{} was written by a newer Scrip (data version {found}); use that one",
                    directory.display()
                )
            }
            Self::DataOlder { directory, found } => write!(
                f,
                "{} was written by an older Scrip (data version {found}), whose data this one can't read: use that one, or \
                 another directory with --data",
                directory.display()
            ),
            Self::Data { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Wiring(why) => write!(f, "the application can't be wired: {why}"),
        }
    }
}

impl std::error::Error for StartError {}
