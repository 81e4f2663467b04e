//! Verification requests: the total that the user is asked to agree to, and what a device signs for it.

use crate::bill::{BillRecord, BillStatus, CurrentVerification, MerchantTotal, partition, time};
use crate::bills::Bills;
use crate::limits::VERIFICATION_MINUTES;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_money::{Currency, Money};
use scrip_refusal::Failure;
use scrip_store::{Fingerprint, Key, Transaction, Write, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// A verification request as its receivers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VerificationRequest", example = json!({
    "id": "vreq_0123456789abcdefghjkmnpqrs",
    "bill": "bill_0123456789abcdefghjkmnpqrs",
    "status": "awaiting_verification",
    "total": { "amount": 2_500, "currency": "CNY" },
    "by_merchant": [{ "merchant": "mch_0123456789abcdefghjkmnpqrs", "total": { "amount": 2_500, "currency": "CNY" } }],
    "challenge": "0123456789abcdefghjkmnpqrszyxwvtsrqpnmkjhgfedcba9876",
    "expires_at": "2026-11-30T12:25:00Z",
}))]
pub struct VerificationRequestView {
    /// The id, `vreq_…`.
    pub id: String,
    /// The bill to be verified, `bill_…`.
    pub bill: String,
    /// The bill's status from now on.
    pub status: BillStatus,
    /// The sum of all items.
    pub total: Money,
    /// The sum of each merchant's items.
    pub by_merchant: Vec<MerchantTotal>,
    /// What the user's device signs: it stands for this request and this total.
    pub challenge: String,
    /// Until when it can be answered.
    #[schemars(with = "scrip_clock::DateTime")]
    pub expires_at: Timestamp,
}

/// The stored request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VerificationRecord {
    pub(crate) id: String,
    pub(crate) bill: String,
    pub(crate) total: i64,
    pub(crate) currency: Currency,
    pub(crate) by_merchant: BTreeMap<String, i64>,
    pub(crate) challenge: String,
    pub(crate) expires_at: i64,
    pub(crate) request_hash: String,
}

impl VerificationRecord {
    pub(crate) fn key(bill: &str, id: &str) -> Key {
        Key::new(partition(bill), format!("VREQ#{id}"))
    }

    /// A request for what is on the bill now.
    pub(crate) fn new(bill: &BillRecord, id: String, now: Timestamp, hash: String) -> Result<Self, Failure> {
        let answer_by =
            now.checked_add(SignedDuration::from_mins(VERIFICATION_MINUTES)).map_err(Failure::broken)?;
        let by_merchant: BTreeMap<String, i64> =
            bill.by_merchant.iter().filter(|(_, total)| **total > 0).map(|(m, t)| (m.clone(), *t)).collect();
        Ok(Self {
            challenge: challenge(&id, bill, &by_merchant),
            id,
            bill: bill.id.clone(),
            total: bill.total,
            currency: bill.currency,
            by_merchant,
            expires_at: answer_by.min(bill.lapses_at()?).as_millisecond(),
            request_hash: hash,
        })
    }

    pub(crate) fn view(&self) -> Result<VerificationRequestView, Failure> {
        let money = |amount: i64| Money::new(amount, self.currency);
        let totals = self.by_merchant.iter();
        Ok(VerificationRequestView {
            id: self.id.clone(),
            bill: self.bill.clone(),
            status: BillStatus::AwaitingVerification,
            total: money(self.total),
            by_merchant: totals
                .map(|(m, t)| MerchantTotal { merchant: m.clone(), total: money(*t) })
                .collect(),
            challenge: self.challenge.clone(),
            expires_at: time(self.expires_at)?,
        })
    }
}

/// A digest of all that the user agrees to, so that a signature over it can't serve another bill, request or total.
fn challenge(id: &str, bill: &BillRecord, by_merchant: &BTreeMap<String, i64>) -> String {
    let total = bill.total.to_string();
    let shares: Vec<String> =
        by_merchant.iter().map(|(merchant, total)| format!("{merchant}={total}")).collect();
    let mut parts: Vec<&[u8]> =
        vec![b"scrip bill verification", id.as_bytes(), bill.id.as_bytes(), bill.currency.code().as_bytes()];
    parts.push(total.as_bytes());
    parts.extend(shares.iter().map(String::as_bytes));
    Fingerprint::of(&parts).as_str().to_owned()
}

impl Bills {
    /// The writes that close a bill to items and ask for its verification: from then on it waits for the end of its grace.
    /// They hold only while the bill is as read.
    pub(crate) fn ask<'a>(
        &self,
        transaction: &mut Transaction<'a>,
        bill: &BillRecord,
        request: &VerificationRecord,
        explain: impl FnOnce(Option<scrip_store::Item>) -> Failure + Send + 'a,
    ) -> Result<(), Failure> {
        let current = CurrentVerification { id: request.id.clone(), expires_at: request.expires_at };
        let current: scrip_store::AttributeValue =
            serde_dynamo::to_attribute_value(&current).map_err(Failure::broken)?;
        transaction.create(&self.table, encode(&VerificationRecord::key(&bill.id, &request.id), request)?);
        let write = Write::update(
            &self.table,
            BillRecord::key(&bill.id),
            "SET #status = :awaiting, verification = :current, verification_requests = verification_requests + :one",
        )
        .when(
            "#status = :status AND #total = :total AND item_count = :count AND effective_until = :until \
             AND verification_requests = :requests",
        )
        .name("#status", "status")
        .name("#total", "total")
        .value(":awaiting", BillStatus::AwaitingVerification.as_str())
        .value(":current", current)
        .value(":one", 1)
        .value(":status", bill.status.as_str())
        .value(":total", bill.total)
        .value(":count", bill.item_count)
        .value(":until", bill.effective_until)
        .value(":requests", bill.verification_requests);
        transaction.require(self.grace_slot(bill)?.enter(write), explain);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bills::changed;
    use crate::tests::{NOW, NOW_MS, bill, bills, fen};

    fn request(bill: &BillRecord, id: &str) -> VerificationRecord {
        VerificationRecord::new(bill, id.to_owned(), NOW, "hash".to_owned()).unwrap()
    }

    #[test]
    fn a_request_can_be_answered_for_a_quarter_of_an_hour_but_not_beyond_the_grace() {
        assert_eq!(request(&bill(), "vreq_1").expires_at, NOW_MS + 900_000);
        let late = BillRecord { effective_until: NOW_MS - 600_000, ..bill() };
        assert_eq!(request(&late, "vreq_1").expires_at, NOW_MS + 300_000);
        let view = request(&bill(), "vreq_1").view().unwrap();
        assert_eq!((view.total, view.by_merchant), (fen(100), bill().merchant_totals()));
    }

    #[test]
    fn a_signature_serves_one_request_bill_total_and_split_alone() {
        let challenge = |bill: &BillRecord, id: &str| request(bill, id).challenge;
        let first = challenge(&bill(), "vreq_1");
        assert_eq!(challenge(&bill(), "vreq_1"), first);
        let split = [("mch_1".to_owned(), 60), ("mch_2".to_owned(), 40)].into();
        for other in [
            challenge(&bill(), "vreq_2"),
            challenge(&BillRecord { id: "bill_2".to_owned(), ..bill() }, "vreq_1"),
            challenge(&BillRecord { total: 101, ..bill() }, "vreq_1"),
            challenge(&BillRecord { currency: Currency::USD, ..bill() }, "vreq_1"),
            challenge(&BillRecord { by_merchant: split, ..bill() }, "vreq_1"),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn a_bill_is_closed_to_items_only_as_it_was_read() {
        let mut transaction = Transaction::new();
        let record = request(&bill(), "vreq_1");
        bills().ask(&mut transaction, &bill(), &record, |_| changed()).unwrap();
        let plan = transaction.plan();
        let [created, closed] = plan.as_slice() else { panic!("{plan:#?}") };
        assert!(
            created.starts_with("put bills {bill: \"bill_1\", by_merchant: {mch_1: 70, mch_2: 30}, "),
            "{created}"
        );
        assert!(
            created.contains("pk: \"BILL#bill_1\"") && created.contains("sk: \"VREQ#vreq_1\""),
            "{created}"
        );
        let (until, expires_at) = (bill().effective_until, NOW_MS + 900_000);
        let lapses = until + 900_000;
        assert_eq!(
            *closed,
            format!(
                "update bills BILL#bill_1 BILL: SET status = \"awaiting_verification\", \
                 verification = {{expires_at: {expires_at}, id: \"vreq_1\"}}, \
                 verification_requests = verification_requests + 1, \
                 slot = \"bill-expiry#0\", due = \"{lapses}#grace#bill_1\" REMOVE slot_tries \
                 IF status = \"open\" AND total = 100 AND item_count = 2 AND effective_until = {until} \
                 AND verification_requests = 0"
            )
        );
    }
}
