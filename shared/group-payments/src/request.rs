//! A payment request as it is stored.

use crate::limits::MAX_REMINDERS;
use crate::split::Split;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::{Allocation, Currency};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::Slot;
use scrip_store::Key;
use serde::{Deserialize, Serialize};

/// Where a payment request stands: `open → completed | stopped | expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum RequestStatus {
    /// Shares can be paid.
    Open,
    /// Every share is paid, paid outside or waived.
    Completed,
    /// The requester ended it; what was paid stays paid.
    Stopped,
    /// Its time ended; what was paid stays paid.
    Expired,
}

/// Whether members see what others owe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Amounts {
    /// They do.
    #[default]
    Shown,
    /// They see whether others have paid, but not what.
    Hidden,
}

/// The stored request. Times are milliseconds since the epoch, amounts minor units of its currency. What payers condition on
/// stands with each share, so that no two of them meet here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The id, `preq_…`.
    pub id: String,
    /// The group.
    pub group: String,
    /// The number of its message.
    pub seq: i64,
    /// Its message, `msg_…`.
    pub message: String,
    /// Who asks: the index `by-requester` has it under this name.
    pub requester: String,
    /// Its place in the requester's list.
    pub requested: String,
    /// The account that is paid.
    pub account: String,
    /// The currency of the account, and so of all shares.
    pub currency: Currency,
    /// The whole sum.
    pub total: i64,
    /// What of it is the requester's own, and collected from nobody.
    pub own: i64,
    /// The place of the requester in the split, and the weight or percentage, if it names them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub own_part: Option<OwnPart>,
    /// How it is split.
    pub kind: SplitKind,
    /// Who gets what is left over.
    pub allocation: Allocation,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Whether members see what others owe.
    #[serde(default)]
    pub amounts: Amounts,
    /// Where it stands, as far as somebody has written it down.
    pub status: RequestStatus,
    /// When it was asked.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// After how many seconds who has not paid is reminded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remind_after: Option<i64>,
    /// How often the system has reminded.
    #[serde(default)]
    pub reminders: i64,
    /// Whether all who are asked have been told.
    #[serde(default)]
    pub announced: bool,
    /// Counts changes of its terms.
    pub version: i64,
    /// The requests that made the last of them, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amendments: Vec<String>,
    /// The last reminder by who asks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reminded: Option<Reminded>,
    /// The request that stopped it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped_by: Option<String>,
    /// Where it waits for what comes next, until it has ended.
    #[serde(flatten)]
    pub slot: Option<Slot>,
    /// The hash of the request that made it.
    pub request_hash: String,
}

/// A reminder by who asks: repeated, the same request gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// The request.
    pub request: String,
    /// Its hash.
    pub request_hash: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// What became of each share, a letter for each in the order of the split.
    pub outcomes: String,
}

/// How a sum is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// All pay the same.
    Equal,
    /// Each pays a given amount.
    Amounts,
    /// In proportion to weights.
    Weights,
    /// In proportion to percentages.
    Percentages,
}

/// Where the requester stands in the split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPart {
    /// The place, from 0 on.
    pub place: u32,
    /// The weight or percentage.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<String>,
}

impl RequestStatus {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
        }
    }
}

impl SplitKind {
    pub(crate) fn of(split: &Split) -> Self {
        if split.equal.is_some() {
            Self::Equal
        } else if split.amounts.is_some() {
            Self::Amounts
        } else if split.weights.is_some() {
            Self::Weights
        } else {
            Self::Percentages
        }
    }
}

impl RequestRecord {
    /// The key of a request.
    pub fn key(request: &str) -> Key {
        Key::new(partition(request), "HEAD")
    }

    /// Requires that shares can still be changed.
    pub(crate) fn require_open(&self, now: Timestamp) -> Result<(), Refusal> {
        let status = match self.status {
            RequestStatus::Open if now.as_millisecond() >= self.expires_at => RequestStatus::Expired,
            status => status,
        };
        if status == RequestStatus::Open {
            return Ok(());
        }
        let detail = format!("The payment request is {}.", status.as_str());
        Err(Refusal::new(Code::RequestNotOpen, detail).with("current", status.as_str()))
    }

    /// For which moment it waits next, and when that is.
    pub fn next_moment(&self) -> (&'static str, i64) {
        if !self.announced {
            return ("announcement", self.created_at);
        }
        match self.next_reminder() {
            Some(at) if at < self.expires_at => ("reminder", at),
            _ => ("expiry", self.expires_at),
        }
    }

    pub(crate) fn next_reminder(&self) -> Option<i64> {
        let after = self.remind_after.filter(|_| self.reminders < MAX_REMINDERS)?;
        let periods = self.reminders.saturating_add(1);
        Some(self.created_at.saturating_add(after.saturating_mul(1_000).saturating_mul(periods)))
    }
}

pub(crate) fn partition(request: &str) -> String {
    format!("REQ#{request}")
}

pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(Failure::broken)
}

pub(crate) fn no_such_request() -> Refusal {
    Refusal::new(Code::NotFound, "No payment request that concerns you has this id.")
}
