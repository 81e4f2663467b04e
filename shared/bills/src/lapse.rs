//! What the workflow does with a bill that nobody verified in time.

use crate::bill::{BillRecord, BillStatus};
use crate::bills::{Bills, changed, facts};
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{Transaction, Write};
use serde::Serialize;
use serde_json::json;

/// What became of a bill whose grace was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LapseOutcome {
    /// It is unpaid, and all parties are told.
    Unpaid,
    /// It had ended before.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lapse {
    /// What became of it.
    pub outcome: LapseOutcome,
    /// Where the bill stands.
    pub status: Option<BillStatus>,
}

impl Bills {
    /// Gives up waiting for a bill's verification. User and merchants are notified in the same write.
    pub async fn lapse(&self, bill: &str) -> Result<Lapse, Failure> {
        self.store.until_unchanged(|| self.try_lapse(bill)).await
    }

    async fn try_lapse(&self, bill: &str) -> Result<Lapse, Failure> {
        let Some(record) = self.bill(bill).await? else {
            return Ok(Lapse { outcome: LapseOutcome::Ended, status: None });
        };
        let (outcome, status) = match record.status {
            BillStatus::AwaitingVerification => {
                let now = self.now();
                if now < record.lapses_at()? {
                    return Err(Failure::Busy(
                        "this clock has not reached the end of the bill's grace".into(),
                    ));
                }
                self.give_up(&record, now).await?;
                (LapseOutcome::Unpaid, BillStatus::Unpaid)
            }
            BillStatus::Unpaid => (LapseOutcome::Unpaid, BillStatus::Unpaid),
            status => (LapseOutcome::Ended, status),
        };
        Ok(Lapse { outcome, status: Some(status) })
    }

    async fn give_up(&self, bill: &BillRecord, now: Timestamp) -> Result<(), Failure> {
        let write = Write::update(&self.table, BillRecord::key(&bill.id), "SET #status = :unpaid")
            .when("#status = :awaiting")
            .name("#status", "status")
            .value(":unpaid", BillStatus::Unpaid.as_str())
            .value(":awaiting", BillStatus::AwaitingVerification.as_str());
        let mut transaction = Transaction::new();
        transaction.require(leave(write), |_| changed());
        let mut notes = vec![(Recipient::User(bill.user.clone()), bill.money())];
        notes.extend(
            bill.merchant_totals()
                .into_iter()
                .map(|share| (Recipient::Merchant(share.merchant), share.total)),
        );
        for (recipient, total) in notes {
            let facts = facts([("bill", json!(bill.id)), ("total", json!(total))]);
            let note = self.directory.notification(&recipient, "bill-unpaid", facts, now, &bill.id)?;
            transaction.require(note, |_| changed());
        }
        self.store.commit(transaction).await?;
        Ok(())
    }
}
