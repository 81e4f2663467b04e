//! A transaction of a point of sale as it is stored and shown.

use crate::decline::DeclineCause;
use crate::judge::Consumed;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::MAX_ORDER_REFERENCE_CHARACTERS;
use scrip_ledger::{AccountId, Debit, DebitSource};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure};
use scrip_slots::Slot;
use scrip_store::{Key, derive_id, is_id};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What every transaction's id begins with.
pub const TRANSACTION_PREFIX: &str = "pos_";
/// How long an approved transaction can be reversed at least before its merchant is paid.
pub const SETTLEMENT_WINDOW_MINUTES: i64 = 30;
const MINUTE_MILLISECONDS: i64 = 60_000;
/// How long what moved no money is kept.
pub const DECLINED_KEPT_DAYS: i64 = 90;

/// Where a transaction stands: `approved → reversed | settled`, `declined`, or `reversed` before it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PosTransactionStatus")]
pub enum TransactionStatus {
    /// The payer's money waits for settlement.
    Approved,
    /// No money moved.
    Declined,
    /// The payer has the money back, or it never moved.
    Reversed,
    /// The merchant has the money.
    Settled,
}

impl TransactionStatus {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Reversed => "reversed",
            Self::Settled => "settled",
        }
    }
}

/// What was decided when the transaction arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PosDecision")]
pub enum Decision {
    /// It is paid.
    Approved,
    /// It is not.
    Declined,
}

/// The stored transaction. Times are milliseconds since the epoch, amounts minor units. It has to fit into a kilobyte:
/// what is larger costs each write one more unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TransactionRecord {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) merchant: String,
    pub(crate) order_reference: String,
    pub(crate) status: TransactionStatus,
    /// Absent while only its reversal has arrived.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) decided: Option<Decided>,
    /// With an approval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) capture: Option<Capture>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reversal: Option<Reversal>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) settled_at: Option<i64>,
    /// What paid the merchant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) settlement: Option<String>,
    /// Where an approved one waits for its settlement.
    #[serde(flatten)]
    pub(crate) slot: Option<Slot>,
    /// When one that moved no money is forgotten, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ttl: Option<i64>,
}

/// What was decided, for whom and on which terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// What the device is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reason: Option<String>,
    /// What the wallet's operator is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) cause_of_decline: Option<DeclineCause>,
    /// As presented: `user:…` or `alias:…`.
    pub(crate) payer: String,
    /// The user behind an alias, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) user: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) at: i64,
    /// When a stored one took place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) occurred_at: Option<i64>,
    /// The id of the transfer that this request makes, if it makes one: it stands for device and idempotency key.
    pub(crate) key: String,
    pub(crate) request_hash: String,
}

/// What an approval took, from where. The transfer is the decision's `key`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Capture {
    pub(crate) account: AccountId,
    pub(crate) consumed: Consumed,
    pub(crate) settles_at: i64,
}

/// What took a transaction back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) key: String,
    pub(crate) request_hash: String,
    pub(crate) at: i64,
    /// It came before its transaction.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) first: bool,
}

/// A transaction as its point of sale sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PosTransaction", example = json!({
    "id": "pos_0123456789abcdefghjkmnpqrs",
    "order_reference": "table-4",
    "status": "approved",
    "decision": "approved",
    "amount": { "amount": 1_250, "currency": "CNY" },
    "at": "2026-11-30T12:00:30Z",
    "settles_at": "2026-11-30T12:31:00Z",
}))]
pub struct TransactionView {
    /// The id, `pos_…`.
    pub id: String,
    /// The point of sale's own reference.
    pub order_reference: String,
    /// Where it stands.
    pub status: TransactionStatus,
    /// What was decided when it arrived.
    pub decision: Decision,
    /// Why it was declined, a problem code such as `insufficient-funds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is paid, in minor units; unknown while only its reversal has arrived.
    pub amount: Option<Money>,
    /// When it was decided.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// When the merchant is paid, at the end of a minute; until then it can be reversed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub settles_at: Option<Timestamp>,
    /// When a stored transaction took place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub occurred_at: Option<Timestamp>,
    /// When the payer got the money back, or that was made sure of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub reversed_at: Option<Timestamp>,
    /// When the merchant was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub settled_at: Option<Timestamp>,
}

/// When what is approved now settles: with all else whose window ends in the same minute, at that minute's end.
pub(crate) const fn settles_at(approved_at: i64) -> i64 {
    let window_ends = approved_at.saturating_add(SETTLEMENT_WINDOW_MINUTES * MINUTE_MILLISECONDS);
    let begun = window_ends.saturating_add(MINUTE_MILLISECONDS - 1) / MINUTE_MILLISECONDS;
    begun.saturating_mul(MINUTE_MILLISECONDS)
}

/// The id of a device's transaction with this order reference.
pub(crate) fn transaction_id(device: &str, order_reference: &str) -> String {
    derive_id(TRANSACTION_PREFIX, &[device, order_reference])
}

pub(crate) fn partition(id: &str) -> String {
    format!("POS#{id}")
}

impl TransactionRecord {
    /// The key of what is final, and the lock on an order reference.
    pub(crate) fn key(id: &str) -> Key {
        Key::new(partition(id), "TRANSACTION")
    }

    /// The key of a decline for want of a PIN, which another request may still turn into an approval. It stands beside,
    /// so that the approval is a new item.
    pub(crate) fn pin_required_key(id: &str) -> Key {
        Key::new(partition(id), "PIN_REQUIRED")
    }

    /// The payer, if known.
    pub(crate) fn user(&self) -> Option<&str> {
        let decided = self.decided.as_ref()?;
        decided.user.as_deref().or_else(|| decided.payer.strip_prefix("user:"))
    }

    /// How much, once it is decided.
    pub(crate) fn money(&self) -> Option<Money> {
        self.decided.as_ref().map(|decided| Money::new(decided.amount, decided.currency))
    }

    /// As it stands now.
    pub(crate) fn view(&self) -> Result<TransactionView, Failure> {
        let Some(decided) = &self.decided else { return self.view_of_reversal() };
        let reversed_at = self.reversal.as_ref().map(|reversal| time(reversal.at)).transpose()?;
        Ok(TransactionView {
            id: self.id.clone(),
            order_reference: self.order_reference.clone(),
            status: self.status,
            decision: decided.decision,
            reason: decided.reason.clone(),
            amount: self.money(),
            at: time(decided.at)?,
            settles_at: self.capture.as_ref().map(|capture| time(capture.settles_at)).transpose()?,
            occurred_at: decided.occurred_at.map(time).transpose()?,
            reversed_at,
            settled_at: self.settled_at.map(time).transpose()?,
        })
    }

    /// As it was when it was decided.
    pub(crate) fn first_view(&self) -> Result<TransactionView, Failure> {
        let now = self.view()?;
        Ok(match now.decision {
            Decision::Approved => TransactionView {
                status: TransactionStatus::Approved,
                reversed_at: None,
                settled_at: None,
                ..now
            },
            Decision::Declined => now,
        })
    }

    /// As it was when it was reversed.
    pub(crate) fn view_of_reversal(&self) -> Result<TransactionView, Failure> {
        match &self.reversal {
            Some(reversal) if reversal.first => Ok(TransactionView {
                id: self.id.clone(),
                order_reference: self.order_reference.clone(),
                status: TransactionStatus::Reversed,
                decision: Decision::Declined,
                reason: Some(Code::Reversed.to_string()),
                amount: None,
                at: time(reversal.at)?,
                settles_at: None,
                occurred_at: None,
                reversed_at: Some(time(reversal.at)?),
                settled_at: None,
            }),
            Some(_) if self.decided.is_some() => self.view(),
            _ => Err(Failure::broken("a transaction that was neither decided nor reversed")),
        }
    }

    /// Takes what was captured out of clearing again, from the item that the capture credited.
    pub(crate) fn clearing_debit(&self) -> Result<Debit, Failure> {
        let (Some(decided), Some(amount)) = (&self.decided, self.money()) else { return Err(no_capture()) };
        let account = AccountId::clearing(amount.currency);
        let shard = account.shard_for(&decided.key);
        Ok(Debit { account, shard, amount, holder: None, source: DebitSource::Available })
    }
}

pub(crate) fn no_capture() -> Failure {
    Failure::broken("an approved transaction without a capture")
}

pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(Failure::broken)
}

/// How a point of sale names a transaction: by its id, or by the order reference if it never learnt the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `pos_…`.
    Id(String),
    /// The point of sale's own.
    Order(String),
}

impl Reference {
    /// The regular expression of what [`Self::parse`] accepts: an id is no longer than an order reference.
    pub fn pattern() -> String {
        format!("^[A-Za-z0-9._:-]{{1,{MAX_ORDER_REFERENCE_CHARACTERS}}}$")
    }

    /// Reads either; `None` for what can be neither.
    pub fn parse(text: &str) -> Option<Self> {
        if is_id(TRANSACTION_PREFIX, text) {
            return Some(Self::Id(text.to_owned()));
        }
        is_order_reference(text).then(|| Self::Order(text.to_owned()))
    }

    /// The id of the transaction of this device.
    pub(crate) fn id(&self, device: &str) -> String {
        match self {
            Self::Id(id) => id.clone(),
            Self::Order(order_reference) => transaction_id(device, order_reference),
        }
    }
}

/// Whether a text can be the order reference of a transaction: it is never taken for an id.
pub fn is_order_reference(text: &str) -> bool {
    scrip_fields::is_order_reference(text) && !text.starts_with(TRANSACTION_PREFIX)
}

#[cfg(test)]
mod tests;
