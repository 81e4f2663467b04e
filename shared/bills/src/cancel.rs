//! The user gives up a bill on which nothing is.

use crate::bill::{BillRecord, BillStatus, BillSummary, EndedBy};
use crate::bills::{Bills, judge_again};
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::leave;
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};

impl Bills {
    /// Cancels a bill that has no items.
    pub async fn cancel(
        &self,
        user: &str,
        bill: &str,
        origin: &Origin,
    ) -> Result<Created<BillSummary>, Failure> {
        self.store.until_unchanged(|| self.try_cancel(user, bill, origin)).await
    }

    async fn try_cancel(
        &self,
        user: &str,
        bill: &str,
        origin: &Origin,
    ) -> Result<Created<BillSummary>, Failure> {
        let mut record = self.bill_of(user, bill).await?;
        let this = origin.id_within(bill, "bcan_");
        if record.is_ended_by(&this) {
            return Ok(Created { value: record.summary()?, replayed: true });
        }
        let now = self.now();
        judge(&record, now)?;

        let hash = origin.fingerprint.as_str().to_owned();
        let ended_by = EndedBy { request: this.clone(), request_hash: hash, at: now.as_millisecond() };
        let ended: AttributeValue = serde_dynamo::to_attribute_value(&ended_by).map_err(Failure::broken)?;
        let write = Write::update(
            &self.table,
            BillRecord::key(bill),
            "SET #status = :cancelled, ended_by = :ended, version = version + :one",
        )
        .when("#status = :open AND item_count = :zero")
        .name("#status", "status")
        .value(":cancelled", BillStatus::Cancelled.as_str())
        .value(":ended", ended)
        .value(":one", 1)
        .value(":open", "open")
        .value(":zero", 0);
        let mut transaction = Transaction::new();
        // The same request may have come twice at once: what it did is no reason to refuse it.
        transaction.require(leave(write), |item| {
            judge_again(item, |bill| if bill.is_ended_by(&this) { Ok(()) } else { judge(&bill, now) })
        });
        self.store.commit(transaction).await?;

        record.status = BillStatus::Cancelled;
        record.version += 1;
        Ok(Created { value: record.summary()?, replayed: false })
    }
}

fn judge(bill: &BillRecord, now: Timestamp) -> Result<(), Refusal> {
    bill.require_open(now)?;
    if bill.item_count > 0 {
        let detail = "The bill has items. Ask for its verification, or let the terminals take them off.";
        return Err(Refusal::new(Code::BillNotEmpty, detail).with("current", bill.status.as_str()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, NOW_MS, bill};

    #[test]
    fn only_an_open_bill_with_nothing_on_it_is_cancelled() {
        let code = |bill: &BillRecord| judge(bill, NOW).map_err(|refusal| refusal.code);
        let empty = BillRecord { item_count: 0, ..bill() };
        assert_eq!(code(&empty), Ok(()));
        assert_eq!(code(&BillRecord { item_count: 1, ..bill() }), Err(Code::BillNotEmpty));
        assert_eq!(code(&BillRecord { effective_until: NOW_MS, ..empty }), Err(Code::Expired));
    }
}
