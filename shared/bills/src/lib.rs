//! Virtual bills: opened for a device for a set period; terminals in proximity add items; verified and settled to all
//! merchants at once, or expired.

mod add_items;
mod addition;
mod amend;
mod bill;
mod bills;
mod cancel;
mod expire;
mod lapse;
pub mod limits;
mod open;
mod read;
mod remove_item;
mod request_verification;
mod settle;
mod verification;
mod verify;

pub use add_items::{AddItems, Added};
pub use addition::{ItemView, LineRequest, item_pattern};
pub use amend::Amendment;
pub use bill::{BillRecord, BillStatus, BillSummary, BillView, MerchantTotal};
pub use bills::Bills;
pub use expire::{Expiry, ExpiryOutcome};
pub use lapse::{Lapse, LapseOutcome};
pub use open::{OpenBill, OpenedBill};
pub use read::Reader;
pub use verification::VerificationRequestView;
pub use verify::{Answer, Proof, SettledBill};

/// What every bill's id begins with.
pub const BILL_PREFIX: &str = "bill_";
