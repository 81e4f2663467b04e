//! Transfers as they are stored and shown.

use crate::account::AccountId;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::{Currency, Money};
use scrip_refusal::Failure;
use scrip_store::{Key, is_id, shard_of};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum TransferKind {
    /// Money came in from outside.
    Deposit,
    /// A user sent it.
    Transfer,
    /// A bill was settled.
    Bill,
    /// All or a part of an earlier transfer went back.
    Reversal,
    /// A point of sale was paid: from the payer to clearing.
    Capture,
    /// What a point of sale was paid came to its merchant: from clearing.
    Settlement,
    /// A purchase with deductions was paid.
    Purchase,
    /// A share of a payment request in a group was paid.
    GroupPayment,
    /// A merchant gave a user units of a deduction item.
    Grant,
}

/// The stored transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRecord {
    /// The id, `txn_…`.
    pub id: String,
    /// Why money moved.
    pub kind: TransferKind,
    /// The payer.
    pub debit_account: String,
    /// The payee.
    pub credit_account: String,
    /// Minor units.
    pub amount: i64,
    /// The currency of both accounts; none (XXX) where units move that are no money.
    #[serde(deserialize_with = "scrip_money::stored_currency")]
    pub currency: Currency,
    /// What the payer wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The place in an account's list of entries: time, then id.
    pub posted: String,
    /// Under which key the index `by-debit` has it, if somebody lists the payer's entries: [`AccountId::entries_key`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub debit_shard: Option<String>,
    /// Under which key the index `by-credit` has it, if somebody lists the payee's entries.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit_shard: Option<String>,
    /// Minor units that went back so far.
    pub reversed: i64,
    /// The transfer that this one reverses.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reverses: Option<String>,
    /// Who asked for it.
    pub principal: String,
    /// The hash of the request.
    pub request_hash: String,
}

/// A transfer as its parties see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Transfer", example = json!({
    "id": "txn_0123456789abcdefghjkmnpqrs",
    "kind": "transfer",
    "from": "acct_u0123456789abcdefghjkmnpqrs",
    "to": "acct_m0123456789abcdefghjkmnpqrs",
    "amount": { "amount": 1_250, "currency": "CNY" },
    "reference": "Lunch",
    "at": "2026-11-30T12:00:00Z",
    "reversed": { "amount": 0, "currency": "CNY" },
    "reverses": null,
}))]
pub struct TransferView {
    /// The id, `txn_…`.
    pub id: String,
    /// Why money moved.
    pub kind: TransferKind,
    /// The payer's account, `acct_…`.
    pub from: String,
    /// The payee's account, `acct_…`.
    pub to: String,
    /// What moved, in minor units of the accounts' currency.
    pub amount: Money,
    /// What the payer wrote.
    pub reference: Option<String>,
    /// When it was booked.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// How much of it went back.
    pub reversed: Money,
    /// The transfer that this one reverses, `txn_…`.
    pub reverses: Option<String>,
}

impl TransferRecord {
    /// Has it listed with the entries of both accounts that somebody lists, spread as their balances are at first.
    #[must_use]
    pub fn listed(self, from: &AccountId, to: &AccountId) -> Self {
        self.listed_over(from, to, AccountId::shards)
    }

    /// The same for accounts whose balances are spread over so many items.
    pub(crate) fn listed_over(
        self,
        from: &AccountId,
        to: &AccountId,
        shards: impl Fn(&AccountId) -> u8,
    ) -> Self {
        let key = |account: &AccountId| account.entries_key(shard_of(&self.id, shards(account)));
        Self { debit_shard: key(from), credit_shard: key(to), ..self }
    }

    /// How much moved.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// As the parties see it.
    pub fn view(&self) -> Result<TransferView, Failure> {
        Ok(TransferView {
            id: self.id.clone(),
            kind: self.kind,
            from: self.debit_account.clone(),
            to: self.credit_account.clone(),
            amount: self.money(),
            reference: self.reference.clone(),
            at: Timestamp::from_millisecond(self.at).map_err(Failure::broken)?,
            reversed: Money::new(self.reversed, self.currency),
            reverses: self.reverses.clone(),
        })
    }
}

/// The place of a transfer in lists; milliseconds have 13 digits until the year 2286.
pub(crate) fn posted(at: Timestamp, id: &str) -> String {
    format!("{:013}#{id}", at.as_millisecond())
}

/// The key of a transfer's item.
pub fn transfer_key(id: &str) -> Key {
    Key::new(format!("TXN#{id}"), "TRANSFER")
}

/// Whether this can be a transfer's id.
pub fn is_transfer_id(text: &str) -> bool {
    is_id("txn_", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, clearing, ledger, merchant, origin, transfer, user};

    #[test]
    fn a_transfer_is_listed_under_the_items_of_the_accounts_that_somebody_lists() {
        let ledger = ledger();
        let listed = |from, to| {
            let record = transfer(from, to, 70).record(&origin(), NOW, &ledger.spread);
            (record.debit_shard, record.credit_shard)
        };
        let shard = merchant().shard_for("txn_1");
        let (user, merchant) = (user(), merchant());
        let key = Some(format!("{merchant}#{shard:02}"));
        assert_eq!(listed(&user, &merchant), (Some(user.to_string()), key.clone()));
        assert_eq!(listed(&merchant, &clearing()), (key, None));
    }

    #[test]
    fn transfers_stand_in_lists_by_time_and_then_by_id() {
        assert_eq!(posted(Timestamp::from_millisecond(7).unwrap(), "txn_1"), "0000000000007#txn_1");
        let later = Timestamp::from_millisecond(NOW.as_millisecond() + 1).unwrap();
        assert!(posted(NOW, "txn_z") < posted(later, "txn_a"));
    }

    #[test]
    fn the_id_of_a_transfer_is_no_other_id() {
        assert!(is_transfer_id(&scrip_store::derive_id("txn_", &["1"])));
        assert!(!is_transfer_id(&scrip_store::derive_id("acct_", &["1"])) && !is_transfer_id("txn_"));
    }
}
