//! What paths name here.

use scrip_deduction_items::limits::MAX_ITEM_CHARACTERS;
use scrip_deduction_items::{TRANSFER_PREFIX, is_item};
use scrip_fields::word_pattern;
use scrip_http::{id, matching, path};
use scrip_refusal::{Code, Refusal};

path! {
    /// A merchant.
    pub(crate) OfMerchant { merchant: String = id("mch_") }
}
path! {
    /// A deduction item of a merchant's.
    pub(crate) OfItem { merchant: String = id("mch_"), item: String = matching(word_pattern(MAX_ITEM_CHARACTERS), item) }
}
path! {
    /// A transfer with deductions.
    pub(crate) OfTransfer { transfer: String = id(TRANSFER_PREFIX) }
}

fn item(text: &str) -> Result<String, Refusal> {
    if is_item(text) {
        return Ok(text.to_owned());
    }
    Err(Refusal::new(Code::NotFound, "No item can have this name."))
}
