//! What paths name here.

use scrip_fields::{is_user, user_pattern};
use scrip_group_payments::REQUEST_PREFIX;
use scrip_groups::GROUP_PREFIX;
use scrip_http::{id, matching, path};
use scrip_refusal::{Code, Refusal};

path! {
    /// A group.
    pub(crate) OfGroup { group: String = id(GROUP_PREFIX) }
}
path! {
    /// A member of a group, or who is to be one.
    pub(crate) OfMember { group: String = id(GROUP_PREFIX), user: String = matching(user_pattern(), user) }
}

path! {
    /// A payment request.
    pub(crate) OfRequest { payment_request: String = id(REQUEST_PREFIX) }
}
path! {
    /// The share of a user.
    pub(crate) OfShare {
        payment_request: String = id(REQUEST_PREFIX),
        user: String = matching(user_pattern(), user),
    }
}

fn user(text: &str) -> Result<String, Refusal> {
    if is_user(text) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new(Code::NotFound, "No user can have this id."))
    }
}
