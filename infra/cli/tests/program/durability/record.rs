//! What a client knows for sure: what was acknowledged to it.

use super::coupons::CouponRecord;
use super::link::Request;
use serde_json::Value;
use std::collections::BTreeMap;

/// A client's own record.
#[derive(Default)]
pub(super) struct Record {
    pub(super) payments: Vec<Payment>,
    pub(super) bills: Vec<BillRecord>,
    pub(super) coupons: Vec<CouponRecord>,
    /// Payments that were sent and not answered; they are sent again at the end.
    pub(super) unknown: Vec<Request>,
    pub(super) refused: usize,
}

/// A transfer that was acknowledged.
pub(super) struct Payment {
    /// What it was asked for with.
    pub(super) request: Request,
    /// The answer: the transfer.
    pub(super) transfer: Value,
    /// How much of it was sent back by transfers acknowledged later.
    pub(super) reversed: i64,
}

/// A bill that was acknowledged.
pub(super) struct BillRecord {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) status: &'static str,
    /// Items by id: the merchant's account and the amount.
    pub(super) items: BTreeMap<String, (String, i64)>,
}

impl Record {
    /// Notes the answer to a payment, whether it was made or refused.
    pub(super) fn note(&mut self, request: Request, answer: &scrip_test_support::Answer) {
        match answer.status {
            201 => {
                let transfer = answer.body.clone();
                if let Some(original) = transfer["reverses"].as_str() {
                    let original =
                        self.payments.iter_mut().find(|payment| payment.transfer["id"] == original);
                    original.expect("what is reversed is on record").reversed += amount(&transfer);
                }
                self.payments.push(Payment { request, transfer, reversed: 0 });
            }
            422 => {
                let code = &answer.body["code"];
                assert!(
                    code == "insufficient-funds" || code == "reversal-exceeds-transfer",
                    "{}",
                    answer.body
                );
                self.refused += 1;
            }
            _ => panic!("{}: {}", request.path, answer.body),
        }
    }
}

impl BillRecord {
    pub(super) fn total(&self) -> i64 {
        self.items.values().map(|(_, amount)| amount).sum()
    }

    /// What each merchant's account is owed.
    pub(super) fn shares(&self) -> BTreeMap<&str, i64> {
        let mut shares = BTreeMap::new();
        self.items
            .values()
            .for_each(|(account, amount)| *shares.entry(account.as_str()).or_insert(0) += amount);
        shares
    }
}

/// The minor units of what has an `amount`.
pub(super) fn amount(value: &Value) -> i64 {
    value["amount"]["amount"].as_i64().unwrap_or_else(|| panic!("no amount: {value}"))
}
