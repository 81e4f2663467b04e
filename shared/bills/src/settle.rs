//! Paying all merchants of a bill, in one transaction with its status.

use crate::bill::{BillRecord, BillStatus, EndedBy, time};
use crate::bills::{Bills, changed};
use scrip_clock::Timestamp;
use scrip_ledger::{AccountId, Debit, DebitSource, NewTransfer, TransferKind, TransferView};
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_slots::leave;
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
        transaction.require(leave(close), |_| changed());

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::CurrentVerification;
    use crate::tests::{NOW, NOW_MS, bill, bills, fen, origin, payer};

    #[test]
    fn a_settlement_is_one_debit_of_the_total_and_a_credit_for_each_merchant() {
        let verification = Some(CurrentVerification { id: "vreq_1".to_owned(), expires_at: NOW_MS + 1 });
        let bill = BillRecord { status: BillStatus::AwaitingVerification, verification, ..bill() };
        let ended_by = EndedBy { request: "vans_1".to_owned(), request_hash: "hash".to_owned(), at: NOW_MS };
        let mut transaction = Transaction::new();
        let views = bills().settle(&mut transaction, &bill, &ended_by, &origin(b"answer")).unwrap();
        let plan = transaction.plan();
        let [close, first, debit, credit_of_first, second, credit_of_second] = plan.as_slice() else {
            panic!("{plan:#?}")
        };
        assert_eq!(
            *close,
            format!(
                "update bills BILL#bill_1 BILL: SET status = \"settled\", \
                 ended_by = {{at: {NOW_MS}, request: \"vans_1\", request_hash: \"hash\"}} REMOVE slot, due, slot_tries \
                 IF status = \"awaiting_verification\" AND verification.id = \"vreq_1\" AND attempts_left = 3"
            )
        );
        let whole = format!("update ledger ACCT#{} BALANCE: SET balance = balance - 100 ", payer());
        assert!(debit.starts_with(&whole) && debit.ends_with("holder = \"user:alice\""), "{debit}");
        for (record, credit, (merchant, amount)) in
            [(first, credit_of_first, ("mch_1", 70)), (second, credit_of_second, ("mch_2", 30))]
        {
            assert!(record.starts_with(&format!("put ledger {{amount: {amount}, ")), "{record}");
            let account = AccountId::of_merchant(merchant);
            let credited = format!("update ledger ACCT#{account}#");
            assert!(credit.starts_with(&credited), "{credit}");
            assert!(credit.contains(&format!("SET balance = balance + {amount} IF")), "{credit}");
        }
        let told: Vec<_> = views.iter().map(|view| (view.to.as_str(), view.amount, view.at)).collect();
        assert_eq!(told, [("acct_m1", fen(70), NOW), ("acct_m2", fen(30), NOW)]);
        assert_eq!(settled_transfers(&bill, NOW).unwrap(), views, "the same is told again");
    }
}
