//! What paths name here.

use scrip_http::{id, matching, path};
use scrip_offline::{AUTHORIZATION_PREFIX, BATCH_PREFIX, Reference, SETTLEMENT_PREFIX};
use scrip_refusal::{Code, Refusal};

path! {
    /// A user's offline authorization.
    pub(crate) OfAuthorization { authorization: String = id(AUTHORIZATION_PREFIX) }
}
path! {
    /// A batch of stored transactions.
    pub(crate) OfBatch { batch: String = id(BATCH_PREFIX) }
}
path! {
    /// A merchant.
    pub(crate) OfMerchant { merchant: String = id("mch_") }
}
path! {
    /// What was settled for a merchant.
    pub(crate) OfSettlement { merchant: String = id("mch_"), settlement: String = id(SETTLEMENT_PREFIX) }
}
path! {
    /// A transaction, by its id or order reference.
    pub(crate) OfTransaction { transaction: Reference = matching(Reference::pattern(), reference) }
}

fn reference(text: &str) -> Result<Reference, Refusal> {
    let nothing = || Refusal::new(Code::NotFound, "Nothing has this id or order reference.");
    Reference::parse(text).ok_or_else(nothing)
}
