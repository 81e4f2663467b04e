//! What paths name here.

use crate::word::no_such_user;
use scrip_directory::WEBHOOK_KEY_PREFIX;
use scrip_fields::{MAX_USER_CHARACTERS, check_word};
use scrip_http::{id, path};
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
    pub(crate) OfUser { user: String = user }
}

fn user(text: &str) -> Result<String, Refusal> {
    check_word(text, "/user", MAX_USER_CHARACTERS).map(|()| text.to_owned()).map_err(|_| no_such_user())
}
