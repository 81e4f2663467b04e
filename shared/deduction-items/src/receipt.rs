//! A receipt: what was paid and how it came about. It answers a repeated request, and a question of a payer.

use crate::deductions::Deductions;
use crate::item::time;
use crate::key_use::KeyUse;
use crate::steps::{StepView, step_example};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_deduction::Consumed;
use scrip_ledger::{AccountId, TransferRecord, transfer_key};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Key, decode, derive_id};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The stored receipt. It has to be small: each kilobyte costs the write two more units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceiptRecord {
    /// The transfer, `txn_…`: derived from the terminal and its idempotency key.
    pub id: String,
    /// The terminal.
    pub terminal: String,
    /// The terminal's reference of the order.
    pub order_reference: String,
    /// The terminal's merchant.
    pub merchant: String,
    /// The payer.
    pub user: String,
    /// The partition of the payer's codes, to know a presentation of the same payer by.
    pub codes: String,
    /// The authorization that paid, `auth_…`.
    pub authorization: String,
    /// Minor units.
    pub first_value: i64,
    /// Minor units.
    pub second_value: i64,
    /// Of both values.
    pub currency: Currency,
    /// The steps as JSON.
    pub steps: String,
    /// What was used of the payer's balances: moved in the ledger with the payment, recorded here alone.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub consumed: Vec<ConsumedRecord>,
    /// In milliseconds since the epoch.
    pub at: i64,
    /// The hash of the order's terms.
    pub terms: String,
    /// The hash of the request.
    pub request_hash: String,
}

/// What was used of one balance: a movement of the ledger, from the payer's account to the item's source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConsumedRecord {
    /// The item.
    pub item: String,
    /// The payer's account of it.
    pub debit_account: String,
    /// The external account of it.
    pub credit_account: String,
    /// Pieces, points, or minor units.
    pub amount: i64,
    /// In what the accounts are kept; `XXX` where it is no money.
    #[serde(deserialize_with = "scrip_money::stored_currency")]
    pub currency: Currency,
}

/// What is used of one balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ConsumedUnits")]
pub struct ConsumedView {
    /// The item's name in the merchant's list of deductions.
    pub item: String,
    /// Pieces, points, or minor units of stored value.
    pub units: i64,
    /// The currency of stored value.
    pub currency: Option<Currency>,
}

/// A transfer with its deductions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeductionReceipt", example = json!({
    "id": "txn_0123456789abcdefghjkmnpqrs",
    "terminal": "dev_0123456789abcdefghjkmnpqrs",
    "order_reference": "table-8",
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "to": "acct_m0123456789abcdefghjkmnpqrs",
    "amount": { "amount": 900, "currency": "CNY" },
    "first_value": { "amount": 1_000, "currency": "CNY" },
    "second_value": { "amount": 900, "currency": "CNY" },
    "steps": [step_example()],
    "consumed": [],
    "at": "2026-11-30T12:00:00Z",
}))]
pub struct ReceiptView {
    /// The id of the transfer, `txn_…`.
    pub id: String,
    /// The terminal that asked for it, `dev_…`.
    pub terminal: String,
    /// The terminal's reference of the order.
    pub order_reference: String,
    /// The merchant, who was paid, `mch_…`.
    pub merchant: String,
    /// The merchant's account, `acct_m…`.
    pub to: String,
    /// What was paid: the second value.
    pub amount: Money,
    /// What was to be paid before all deductions.
    pub first_value: Money,
    /// What was to be paid after them.
    pub second_value: Money,
    /// One step for each item, in the order of application.
    pub steps: Vec<StepView>,
    /// What was used of the payer's balances.
    pub consumed: Vec<ConsumedView>,
    /// When it was paid.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
}

/// Who reads a receipt.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// The payer, or the merchant's owner.
    User(&'a str),
    /// A terminal of this merchant.
    Merchant(&'a str),
}

impl ConsumedView {
    pub(crate) fn of(consumed: &Consumed<'_>) -> Self {
        Self { item: consumed.item.to_string(), units: consumed.units, currency: consumed.currency }
    }
}

/// A receipt's own id: what a terminal calls an order is paid once.
pub(crate) fn receipt_id(terminal: &str, order_reference: &str) -> String {
    derive_id("rcpt_", &[terminal, order_reference])
}

pub(crate) fn receipt_key(id: &str) -> Key {
    Key::new(format!("RECEIPT#{id}"), "RECEIPT")
}

impl ReceiptRecord {
    pub(crate) fn view(&self) -> Result<ReceiptView, Failure> {
        let second_value = Money::new(self.second_value, self.currency);
        let consumed = self.consumed.iter().map(|used| ConsumedView {
            item: used.item.clone(),
            units: used.amount,
            currency: crate::grant::money_currency(used.currency),
        });
        Ok(ReceiptView {
            id: self.id.clone(),
            terminal: self.terminal.clone(),
            order_reference: self.order_reference.clone(),
            merchant: self.merchant.clone(),
            to: AccountId::of_merchant(&self.merchant).to_string(),
            amount: second_value,
            first_value: Money::new(self.first_value, self.currency),
            second_value,
            steps: serde_json::from_str(&self.steps).map_err(Failure::broken)?,
            consumed: consumed.collect(),
            at: time(self.at)?,
        })
    }
}

impl Deductions {
    /// The receipt of a transfer, for the merchant's terminals and owner and for the payer.
    pub async fn receipt(&self, reader: Reader<'_>, transfer: &str) -> Result<ReceiptView, Failure> {
        let place = self.receipt_place(transfer).await?.ok_or_else(no_such_receipt)?;
        let found = self.store.get(&self.table, &receipt_key(&place)).await?;
        let receipt: ReceiptRecord = decode(found.ok_or_else(no_such_receipt)?)?;
        let may_read = match reader {
            _ if receipt.id != transfer => false,
            Reader::Merchant(merchant) => receipt.merchant == merchant,
            Reader::User(user) => {
                receipt.user == user || self.directory.is_owner(&receipt.merchant, user).await?
            }
        };
        if may_read { receipt.view() } else { Err(no_such_receipt().into()) }
    }

    /// Where a transfer's receipt is: the ledger knows who asked for it and for which order, unless no money moved.
    async fn receipt_place(&self, transfer: &str) -> Result<Option<String>, Failure> {
        let asked = (transfer_key(transfer).at(self.ledger.table()), KeyUse::key(transfer).at(&self.table));
        let (paid, unpaid): (Option<TransferRecord>, Option<KeyUse>) = self.store.read(asked).await?;
        let of_paid = paid.and_then(|paid| {
            Some(receipt_id(paid.principal.strip_prefix("device:")?, paid.reference.as_deref()?))
        });
        Ok(of_paid.or(unpaid.and_then(|unpaid| unpaid.receipt)))
    }
}

pub(crate) fn no_such_receipt() -> Refusal {
    Refusal::new(Code::NotFound, "No transfer with deductions that you take part in has this id.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_of_each_terminal_has_its_own_receipt() {
        let id = receipt_id("dev_1", "table-8");
        assert!(scrip_store::is_id("rcpt_", &id));
        assert_eq!(receipt_id("dev_1", "table-8"), id);
        assert_ne!(receipt_id("dev_1", "table-9"), id);
        assert_ne!(receipt_id("dev_2", "table-8"), id);
    }
}
