//! Users whom a path names.

use crate::paths::OfUser;
use scrip_http::Problem;
use scrip_refusal::{Code, Refusal};

/// The other user that the path names.
///
/// # Errors
/// `not-found` for what can't be a user's id, and for oneself.
pub(crate) fn other_user(path: &OfUser, user: &str) -> Result<String, Problem> {
    let other = path.user()?;
    if other == user { Err(no_such_user().into()) } else { Ok(other) }
}

pub(crate) fn no_such_user() -> Refusal {
    Refusal::new(Code::NotFound, "No other user can have this id.")
}
