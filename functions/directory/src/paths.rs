//! What paths name here.

use crate::word::no_such_user;
use scrip_directory::WEBHOOK_KEY_PREFIX;
use scrip_fields::{is_user, user_pattern};
use scrip_http::{id, matching, path};
use scrip_refusal::Refusal;

path! {
    /// A merchant.
    pub(crate) OfMerchant { merchant: String = id("mch_") }
}
path! {
    /// A key of a merchant's that confirmations are signed with.
    pub(crate) OfWebhookKey { merchant: String = id("mch_"), key: String = id(WEBHOOK_KEY_PREFIX) }
}
path! {
    /// A user.
    pub(crate) OfUser { user: String = matching(user_pattern(), user) }
}

fn user(text: &str) -> Result<String, Refusal> {
    if is_user(text) { Ok(text.to_owned()) } else { Err(no_such_user()) }
}
