//! A bill as it is stored and shown.

use crate::addition::{ItemView, item_example};
use schemars::{JsonSchema, Schema};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::Generation;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::Slot;
use scrip_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Where a bill stands: `open → awaiting_verification → settled | locked | unpaid`, `open → cancelled | expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillStatus {
    /// Terminals may add items.
    Open,
    /// It takes no more items; its user is asked to verify it.
    AwaitingVerification,
    /// All merchants are paid.
    Settled,
    /// Too many wrong answers.
    Locked,
    /// Not verified in time.
    Unpaid,
    /// Given up by its user while it had no items.
    Cancelled,
    /// Its time ended while it had no items.
    Expired,
}

impl BillStatus {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::AwaitingVerification => "awaiting_verification",
            Self::Settled => "settled",
            Self::Locked => "locked",
            Self::Unpaid => "unpaid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for BillStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The stored bill. Times are milliseconds since the epoch, amounts minor units of its currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BillRecord {
    /// The id, `bill_…`.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// The account that pays.
    pub account: String,
    /// The currency of the account, and so of all items.
    pub currency: Currency,
    /// Where it stands.
    pub status: BillStatus,
    /// Counts changes of its terms.
    pub version: i64,
    /// Its place in its user's list.
    pub opened: String,
    /// When it was opened.
    pub opened_at: i64,
    /// Until when terminals may add items.
    pub effective_until: i64,
    /// How long it waits for verification after that.
    pub grace_seconds: i64,
    /// The most that may be on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<i64>,
    /// The sum of its items.
    pub total: i64,
    /// How many items are on it.
    pub item_count: i64,
    /// The sum of each merchant's items.
    pub by_merchant: BTreeMap<String, i64>,
    /// Terminals that added items, with the step of the last presentation code that each used.
    pub terminals: BTreeMap<String, u64>,
    /// The verification request that counts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verification: Option<CurrentVerification>,
    /// How many verification requests there were.
    pub verification_requests: i64,
    /// How many wrong answers are left.
    pub attempts_left: i64,
    /// Wrong answers, by the request that gave them: repeated, each gets its first answer.
    pub wrong_answers: BTreeMap<String, WrongAnswer>,
    /// How many additions there were, whether or not they are still on it.
    #[serde(default)]
    pub additions: i64,
    /// The last changes of its terms, oldest first: repeated, each gets its first answer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amendments: Vec<Amended>,
    /// What ended it, if a request did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_by: Option<EndedBy>,
    /// Where it waits for the end of its time or its grace, until it has ended.
    #[serde(flatten)]
    pub slot: Option<Slot>,
    /// The hash of the request that opened it.
    pub request_hash: String,
    /// The keys that its codes are made with.
    #[serde(skip_serializing_if = "Generation::is_first", default)]
    pub generation: Generation,
}

/// The verification request that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentVerification {
    /// Its id, `vreq_…`.
    pub id: String,
    /// When it lapses.
    pub expires_at: i64,
}

/// A change of a bill's terms, and what they were after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended {
    /// Derived from who asked with which key and body.
    pub request: String,
    /// The version that it made.
    pub version: i64,
    /// The ceiling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<i64>,
    /// Until when terminals may add items.
    pub effective_until: i64,
}

/// The request that settled or cancelled a bill: repeated, it gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedBy {
    /// Derived from who asked with which key.
    pub request: String,
    /// The request's hash.
    pub request_hash: String,
    /// When it ended, in Unix milliseconds.
    pub at: i64,
}

/// A wrong answer to a verification request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongAnswer {
    /// The request's hash.
    pub request_hash: String,
    /// How many wrong answers were left after it.
    pub attempts_left: i64,
}

/// The sum of one merchant's items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MerchantTotal {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What is to be paid to it.
    pub total: Money,
}

/// A bill in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = summary_example())]
pub struct BillSummary {
    /// The id, `bill_…`.
    pub id: String,
    /// Where it stands.
    pub status: BillStatus,
    /// Counts changes of its terms; named when they are changed.
    pub version: i64,
    /// The account that pays; a terminal is not told.
    pub account: Option<String>,
    /// When it was opened.
    #[schemars(with = "scrip_clock::DateTime")]
    pub opened_at: Timestamp,
    /// Until when terminals may add items.
    #[schemars(with = "scrip_clock::DateTime")]
    pub effective_until: Timestamp,
    /// The most that may be on it.
    pub ceiling: Option<Money>,
    /// The sum of its items; for a terminal, of its own.
    pub total: Money,
    /// The sum of each merchant's items.
    pub by_merchant: Vec<MerchantTotal>,
    /// The verification request that counts.
    pub verification_request: Option<String>,
    /// How many wrong answers are left.
    pub attempts_left: i64,
}

/// A bill with its items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Bill", transform = with_items)]
pub struct BillView {
    /// The bill.
    #[serde(flatten)]
    pub summary: BillSummary,
    /// Its items in the order of their adding; for a terminal, its own.
    pub items: Vec<ItemView>,
}

/// A bill as the API's description shows it.
fn summary_example() -> Value {
    json!({
        "id": "bill_0123456789abcdefghjkmnpqrs",
        "status": "open",
        "version": 1,
        "account": "acct_u0123456789abcdefghjkmnpqrs",
        "opened_at": "2026-11-30T12:00:00Z",
        "effective_until": "2026-11-30T14:00:00Z",
        "ceiling": { "amount": 9_000, "currency": "CNY" },
        "total": { "amount": 2_500, "currency": "CNY" },
        "by_merchant": [{ "merchant": "mch_0123456789abcdefghjkmnpqrs", "total": { "amount": 2_500, "currency": "CNY" } }],
        "verification_request": null,
        "attempts_left": 3,
    })
}

/// The same with its items.
fn with_items(schema: &mut Schema) {
    let mut bill = summary_example();
    bill["items"] = json!([item_example()]);
    schema.insert("examples".to_owned(), json!([bill]));
}

impl BillRecord {
    /// The key of a bill.
    pub fn key(id: &str) -> Key {
        Key::new(partition(id), "BILL")
    }

    /// The sum of all items.
    pub fn money(&self) -> Money {
        Money::new(self.total, self.currency)
    }

    /// Merchants to whom something is owed.
    pub fn merchant_totals(&self) -> Vec<MerchantTotal> {
        let owed = self.by_merchant.iter().filter(|(_, total)| **total > 0);
        owed.map(|(merchant, total)| MerchantTotal {
            merchant: merchant.clone(),
            total: Money::new(*total, self.currency),
        })
        .collect()
    }

    /// Where it stands at this moment, whether or not the workflow has written it down.
    pub fn status_at(&self, now: Timestamp) -> Result<BillStatus, Failure> {
        let is_over = now.as_millisecond() >= self.effective_until;
        Ok(match self.status {
            BillStatus::Open if is_over && self.item_count == 0 => BillStatus::Expired,
            BillStatus::Open if !is_over => BillStatus::Open,
            BillStatus::Open | BillStatus::AwaitingVerification if now >= self.lapses_at()? => {
                BillStatus::Unpaid
            }
            BillStatus::Open => BillStatus::AwaitingVerification,
            status => status,
        })
    }

    /// The bill as it is shown at this moment.
    pub(crate) fn at(self, now: Timestamp) -> Result<Self, Failure> {
        Ok(Self { status: self.status_at(now)?, ..self })
    }

    /// When an unanswered bill becomes unpaid.
    pub fn lapses_at(&self) -> Result<Timestamp, Failure> {
        time(self.effective_until)?
            .checked_add(SignedDuration::from_secs(self.grace_seconds))
            .map_err(Failure::broken)
    }

    /// The bill without its items.
    pub fn summary(&self) -> Result<BillSummary, Failure> {
        Ok(BillSummary {
            id: self.id.clone(),
            status: self.status,
            version: self.version,
            account: Some(self.account.clone()),
            opened_at: time(self.opened_at)?,
            effective_until: time(self.effective_until)?,
            ceiling: self.ceiling.map(|ceiling| Money::new(ceiling, self.currency)),
            total: self.money(),
            by_merchant: self.merchant_totals(),
            verification_request: self.verification.as_ref().map(|verification| verification.id.clone()),
            attempts_left: self.attempts_left,
        })
    }

    /// Whether this request ended it.
    pub(crate) fn is_ended_by(&self, request: &str) -> bool {
        self.ended_by.as_ref().is_some_and(|ended| ended.request == request)
    }

    /// Requires that terminals may still add items and the user may still change the terms.
    pub(crate) fn require_open(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.status != BillStatus::Open {
            let detail = format!("The bill is {}.", self.status.as_str().replace('_', " "));
            return Err(Refusal::new(Code::BillNotOpen, detail).with("current", self.status.as_str()));
        }
        if now.as_millisecond() >= self.effective_until {
            return Err(Refusal::new(Code::Expired, "The time for which the bill was opened is over."));
        }
        Ok(())
    }
}

pub(crate) fn partition(bill: &str) -> String {
    format!("BILL#{bill}")
}

pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(Failure::broken)
}

pub(crate) fn no_such_bill() -> Refusal {
    Refusal::new(Code::NotFound, "No bill that you take part in has this id.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW_MS, bill, fen};

    #[test]
    fn only_merchants_to_whom_something_is_owed_are_told_of() {
        let totals: Vec<_> =
            bill().merchant_totals().into_iter().map(|share| (share.merchant, share.total)).collect();
        assert_eq!(totals, [("mch_1".to_owned(), fen(70)), ("mch_2".to_owned(), fen(30))]);
        let summary = BillRecord { ceiling: Some(500), ..bill() }.summary().unwrap();
        assert_eq!((summary.total, summary.ceiling), (fen(100), Some(fen(500))));
    }

    const ENDED_OR_WAITS: [BillStatus; 6] = [
        BillStatus::AwaitingVerification,
        BillStatus::Settled,
        BillStatus::Locked,
        BillStatus::Unpaid,
        BillStatus::Cancelled,
        BillStatus::Expired,
    ];

    #[test]
    fn a_bill_is_open_until_its_time_is_over_and_lapses_after_its_grace() {
        let at = |milliseconds: i64| time(NOW_MS + milliseconds).unwrap();
        let code = |bill: &BillRecord, now| bill.require_open(now).map_err(|refusal| refusal.code);
        assert_eq!(code(&bill(), at(3_599_999)), Ok(()));
        assert_eq!(code(&bill(), at(3_600_000)), Err(Code::Expired));
        for status in ENDED_OR_WAITS {
            assert_eq!(code(&BillRecord { status, ..bill() }, at(0)), Err(Code::BillNotOpen), "{status}");
        }
        assert_eq!(bill().lapses_at().unwrap(), at(4_500_000));
    }

    #[test]
    fn only_the_request_that_ended_a_bill_did() {
        let (request, request_hash) = ("bcan_1".to_owned(), "hash".to_owned());
        let ended = BillRecord { ended_by: Some(EndedBy { request, request_hash, at: NOW_MS }), ..bill() };
        assert!(ended.is_ended_by("bcan_1") && !ended.is_ended_by("bcan_2") && !bill().is_ended_by("bcan_1"));
    }

    #[test]
    fn statuses_are_stored_as_they_are_named_in_conditions() {
        for status in ENDED_OR_WAITS.into_iter().chain([BillStatus::Open]) {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
