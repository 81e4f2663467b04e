//! Why a machine is refused.

use std::fmt;

/// A machine that is refused: which, at which state, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub machine: String,
    /// The state that is wrong; `None` when it is the machine as a whole.
    pub state: Option<String>,
    pub reason: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            Some(state) => write!(f, "machine {}, state {state}: {}", self.machine, self.reason),
            None => write!(f, "machine {}: {}", self.machine, self.reason),
        }
    }
}

impl std::error::Error for Invalid {}
