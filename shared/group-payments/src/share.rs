//! One user's share of a payment request.

use crate::request::partition;
use schemars::JsonSchema;
use scrip_fields::user_in_key;
use scrip_refusal::{Code, Refusal};
use scrip_store::Key;
use serde::{Deserialize, Serialize};

/// What the keys of shares begin with.
pub(crate) const SHARE: &str = "SHR#";

/// Where a share stands: `due → paid | paid_outside | waived | declined | closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum ShareStatus {
    /// Something is to be paid, perhaps less than all.
    Due,
    /// All of it was paid.
    Paid,
    /// The requester says that the rest was paid in another way.
    PaidOutside,
    /// The requester gives up the rest.
    Waived,
    /// Who is asked will not pay; it can still be paid.
    Declined,
    /// The request ended before all of it was paid.
    Closed,
}

impl ShareStatus {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Paid => "paid",
            Self::PaidOutside => "paid_outside",
            Self::Waived => "waived",
            Self::Declined => "declined",
            Self::Closed => "closed",
        }
    }

    /// Whether it can be paid, as long as the request is open.
    pub const fn is_payable(self) -> bool {
        matches!(self, Self::Due | Self::Declined)
    }
}

/// The stored share. Times are milliseconds since the epoch, amounts minor units of the request's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRecord {
    /// The request.
    pub request: String,
    /// Who is asked.
    pub user: String,
    /// The place in the split, from 0 on.
    pub place: u32,
    /// The weight or percentage, if the split has such.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<String>,
    /// What is asked for.
    pub amount: i64,
    /// What of it is not paid, whether it is still to be or not. Under `due` the index of what is due has a text.
    #[serde(rename = "rest")]
    pub due: i64,
    /// Where it stands.
    pub status: ShareStatus,
    /// When it can no longer be paid: the request's, so that a payer needs to look nowhere else.
    pub expires_at: i64,
    /// What was paid, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub payments: Vec<SharePayment>,
    /// Why and by which request it was declined.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decline: Option<Decline>,
    /// Whether who is asked wants no reminders.
    #[serde(default)]
    pub muted: bool,
    /// Counts what the requester sets.
    pub version: i64,
    /// The request by which the requester set it last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub set_by: Option<String>,
    /// In which list of the user the index `by-debtor` has it: of what is due, or of what is not.
    pub debtor: String,
    /// Its place there.
    pub owed: String,
}

/// A payment of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePayment {
    /// The transfer, `txn_…`.
    pub id: String,
    /// Who paid.
    pub payer: String,
    /// How much.
    pub amount: i64,
    /// When.
    pub at: i64,
}

/// That a share was declined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The request, by which a repeated one is known.
    pub request: String,
    /// Its hash.
    pub request_hash: String,
    /// Why, for the requester alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What was due then.
    pub due: i64,
}

impl ShareRecord {
    /// The key of a user's share.
    pub fn key(request: &str, user: &str) -> Key {
        Key::new(partition(request), format!("{SHARE}{}", user_in_key(user)))
    }

    /// Requires that something is due.
    pub(crate) fn require_payable(&self) -> Result<(), Refusal> {
        if self.status.is_payable() {
            return Ok(());
        }
        let detail = "Nothing is due on this share.";
        Err(Refusal::new(Code::ShareSettled, detail).with("current", self.status.as_str()))
    }
}

/// The list of a user in which a share stands.
pub(crate) fn debtor(user: &str, status: ShareStatus) -> String {
    let list = if status.is_payable() { DUE } else { SETTLED };
    format!("{list}{user}")
}

/// What begins the names of the two lists.
pub(crate) const DUE: &str = "due#";
pub(crate) const SETTLED: &str = "settled#";
