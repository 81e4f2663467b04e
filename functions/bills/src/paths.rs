//! What paths name here.

use scrip_bills::{BILL_PREFIX, item_pattern};
use scrip_http::{id, matching, path};

path! {
    /// A bill.
    pub(crate) OfBill { bill: String = id(BILL_PREFIX) }
}
path! {
    /// An item on a bill. What can't be one's id is not on it either.
    pub(crate) OfItem {
        bill: String = id(BILL_PREFIX),
        item: String = matching(item_pattern(), |text: &str| Ok(text.to_owned())),
    }
}
