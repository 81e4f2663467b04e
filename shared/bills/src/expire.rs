//! What the workflow does with a bill whose time is over.

use crate::bill::{BillRecord, BillStatus};
use crate::bills::{Bills, changed, facts};
use crate::verification::VerificationRecord;
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{Transaction, Write, derive_id};
use serde::Serialize;
use serde_json::json;

/// What became of a bill whose time was thought to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryOutcome {
    /// It is not over, since it was extended: the bill waits for its new time.
    Extended,
    /// It was empty and is expired.
    Expired,
    /// The user is asked for verification: the bill waits for the end of its grace.
    VerificationRequested,
    /// It had ended before.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expiry {
    /// What became of it.
    pub outcome: ExpiryOutcome,
    /// Where the bill stands.
    pub status: Option<BillStatus>,
}

impl Bills {
    /// Ends the time of a bill if it is over. Repeating it finds the work done.
    pub async fn expire(&self, bill: &str) -> Result<Expiry, Failure> {
        self.store.until_unchanged(|| self.try_expire(bill)).await
    }

    async fn try_expire(&self, bill: &str) -> Result<Expiry, Failure> {
        let Some(record) = self.bill(bill).await? else {
            return Ok(Expiry { outcome: ExpiryOutcome::Ended, status: None });
        };
        let now = self.now();
        let (outcome, status) = match record.status {
            BillStatus::Open if now.as_millisecond() < record.effective_until => {
                (ExpiryOutcome::Extended, BillStatus::Open)
            }
            BillStatus::Open if record.item_count == 0 => {
                self.expire_empty(&record, now).await?;
                (ExpiryOutcome::Expired, BillStatus::Expired)
            }
            BillStatus::Open => {
                self.ask_automatically(&record, now).await?;
                (ExpiryOutcome::VerificationRequested, BillStatus::AwaitingVerification)
            }
            BillStatus::AwaitingVerification => (ExpiryOutcome::VerificationRequested, record.status),
            BillStatus::Expired => (ExpiryOutcome::Expired, record.status),
            status => (ExpiryOutcome::Ended, status),
        };
        Ok(Expiry { outcome, status: Some(status) })
    }

    async fn expire_empty(&self, bill: &BillRecord, now: Timestamp) -> Result<(), Failure> {
        let write = Write::update(&self.table, BillRecord::key(&bill.id), "SET #status = :expired")
            .when("#status = :open AND item_count = :zero AND effective_until <= :now")
            .name("#status", "status")
            .value(":expired", BillStatus::Expired.as_str())
            .value(":open", BillStatus::Open.as_str())
            .value(":zero", 0)
            .value(":now", now.as_millisecond());
        let mut transaction = Transaction::new();
        transaction.require(leave(write), |_| changed());
        self.store.commit(transaction).await?;
        Ok(())
    }

    /// Closes a bill with items and asks its user, who is notified in the same write.
    async fn ask_automatically(&self, bill: &BillRecord, now: Timestamp) -> Result<(), Failure> {
        let id = derive_id("vreq_", &["bill-expiry", &bill.id, &bill.effective_until.to_string()]);
        let request = VerificationRecord::new(bill, id, now, "bill-expiry".to_owned())?;
        let mut transaction = Transaction::new();
        self.ask(&mut transaction, bill, &request, |_| changed())?;
        let facts = facts([
            ("bill", json!(bill.id)),
            ("verification_request", json!(request.id)),
            ("total", json!(bill.money())),
        ]);
        let user = Recipient::User(bill.user.clone());
        let note =
            self.directory.notification(&user, "bill-verification-requested", facts, now, &request.id)?;
        transaction.require(note, |_| changed());
        self.store.commit(transaction).await?;
        Ok(())
    }
}
