//! Paying all merchants of a bill, in one transaction with its status.

use crate::bill::{BillRecord, BillStatus, EndedBy, time};
use crate::bills::{Bills, changed};
use scrip_clock::Timestamp;
use scrip_ledger::{AccountId, Debit, DebitSource, NewTransfer, TransferKind, TransferView};
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::{AttributeValue, Origin, Transaction, Write, derive_id};

impl Bills {
    /// The writes of a settlement, and the transfers that it makes. They hold only while the bill is as read.
    pub(crate) fn settle(
        &self,
        transaction: &mut Transaction<'_>,
        bill: &BillRecord,
        ended_by: &EndedBy,
        origin: &Origin,
    ) -> Result<Vec<TransferView>, Failure> {
        let ended: AttributeValue = serde_dynamo::to_attribute_value(ended_by).map_err(Failure::broken)?;
        let close = Write::update(
            &self.table,
            BillRecord::key(&bill.id),
            "SET #status = :settled, ended_by = :ended",
        )
        .when(AS_READ)
        .name("#status", "status")
        .value(":settled", BillStatus::Settled.as_str())
        .value(":ended", ended)
        .value(":awaiting", BillStatus::AwaitingVerification.as_str())
        .value(":request", verification_id(bill))
        .value(":attempts", bill.attempts_left);
        transaction.require(close, |_| changed());

        let mut views = Vec::new();
        let payer = account(&bill.account)?;
        // One time for all that is done, so that a repeated request is answered with the same.
        let now = time(ended_by.at)?;
        for (place, transfer) in transfers(bill)?.iter().enumerate() {
            // The payer gives the whole total once; each merchant is credited with its part.
            let whole = Debit {
                account: payer.clone(),
                shard: 0,
                amount: bill.money(),
                holder: Some(format!("user:{}", bill.user)),
                source: DebitSource::Available,
            };
            let debits = if place == 0 { vec![whole] } else { Vec::new() };
            views.push(self.ledger.add(transaction, transfer, &debits, origin, now)?.view()?);
        }
        Ok(views)
    }
}

/// The bill still awaits the answer to the same request, with the same number of attempts.
pub(crate) const AS_READ: &str =
    "#status = :awaiting AND verification.id = :request AND attempts_left = :attempts";

pub(crate) fn verification_id(bill: &BillRecord) -> String {
    bill.verification.as_ref().map(|verification| verification.id.clone()).unwrap_or_default()
}

/// One transfer for each merchant. Its id is made of the bill and the merchant, so that a bill can't be paid twice.
fn transfers(bill: &BillRecord) -> Result<Vec<NewTransfer>, Failure> {
    let from = account(&bill.account)?;
    Ok(bill
        .merchant_totals()
        .into_iter()
        .map(|share| NewTransfer {
            id: derive_id("txn_", &["bill", &bill.id, &share.merchant]),
            kind: TransferKind::Bill,
            from: from.clone(),
            to: AccountId::of_merchant(&share.merchant),
            amount: share.total,
            reference: Some(bill.id.clone()),
            reverses: None,
        })
        .collect())
}

/// The transfers that a settlement made, as they were then.
pub(crate) fn settled_transfers(bill: &BillRecord, at: Timestamp) -> Result<Vec<TransferView>, Failure> {
    let made = transfers(bill)?.into_iter();
    Ok(made
        .map(|transfer| TransferView {
            id: transfer.id,
            kind: transfer.kind,
            from: transfer.from.to_string(),
            to: transfer.to.to_string(),
            amount: transfer.amount,
            reference: transfer.reference,
            at,
            reversed: Money::zero(bill.currency),
            reverses: None,
        })
        .collect())
}

fn account(id: &str) -> Result<AccountId, Failure> {
    AccountId::parse(id).ok_or_else(|| Failure::broken("a bill with a bad account"))
}
