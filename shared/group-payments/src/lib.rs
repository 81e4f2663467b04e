//! Payment requests in groups: a member asks others for their shares of a sum, by a message of the group; each share is paid
//! once, whole or in parts, by whoever is asked or by another member who names them; what is not paid is closed when the
//! request is stopped, or its time is over.

mod amend;
mod create;
mod decline;
mod limits;
mod list;
mod mute;
mod pay;
mod payments;
mod preview;
mod read;
mod remind;
mod request;
mod settle;
mod share;
mod split;
mod stop;
mod tend;
mod view;

pub use amend::AmendRequest;
pub use create::AskForPayment;
pub use decline::DeclineShare;
pub use limits::{MAX_DECLINE_REASON_CHARACTERS, MAX_NOTE_CHARACTERS, MAX_SHARES};
pub use list::{Role, Wanted};
pub use pay::{PaidShare, PayShare};
pub use payments::Payments;
pub use preview::{PreviewPayment, PreviewedPayment};
pub use remind::{Remind, RemindedShares, SkipReason, Skipped};
pub use request::{Amounts, OwnPart, RequestRecord, RequestStatus, SplitKind};
pub use settle::{SettleShare, Settlement};
pub use share::{Decline, SharePayment, ShareRecord, ShareStatus};
pub use split::{Part, Split};
pub use tend::{Tended, TendedOutcome};
pub use view::{PaymentRequestView, ShareView};

/// What every payment request's id begins with.
pub const REQUEST_PREFIX: &str = "preq_";
