//! What payers and merchants are told. The order reference is the merchant's business alone.

use crate::offline::Offline;
use crate::settlement::Window;
use crate::transaction::{TransactionRecord, no_capture};
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::Write;
use serde_json::{Map, Value, json};

impl Offline {
    /// The write that tells who pays what became of a payment.
    pub(crate) fn payer_note(
        &self,
        record: &TransactionRecord,
        kind: &str,
        at: Timestamp,
    ) -> Result<Write, Failure> {
        let payer = Recipient::User(record.user().ok_or_else(no_capture)?.to_owned());
        let facts = facts([
            ("transaction", json!(record.id)),
            ("merchant", json!(record.merchant)),
            ("amount", json!(record.money().ok_or_else(no_capture)?)),
        ]);
        self.directory.notification(&payer, kind, facts, at, &record.id)
    }

    /// The write that tells who is paid what became of a payment.
    pub(crate) fn merchant_note(
        &self,
        record: &TransactionRecord,
        kind: &str,
        at: Timestamp,
    ) -> Result<Write, Failure> {
        let merchant = Recipient::Merchant(record.merchant.clone());
        let facts = facts([
            ("transaction", json!(record.id)),
            ("order_reference", json!(record.order_reference)),
            ("amount", json!(record.money().ok_or_else(no_capture)?)),
        ]);
        self.directory.notification(&merchant, kind, facts, at, &record.id)
    }

    /// The write that tells the merchant of a settlement: the same one however often it is written.
    pub(crate) fn settlement_note(
        &self,
        window: &Window,
        id: &str,
        (total, count): (Money, i64),
    ) -> Result<Write, Failure> {
        let merchant = Recipient::Merchant(window.merchant.clone());
        let facts = facts([("settlement", json!(id)), ("total", json!(total)), ("count", json!(count))]);
        self.directory.notification(&merchant, "settlement-paid", facts, window.window, id)
    }
}

fn facts(members: [(&str, Value); 3]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
