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
    /// The writes that close a bill to items and ask for its verification. They hold only while the bill is as read.
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
        transaction.require(write, explain);
        Ok(())
    }
}
