//! What the workflow does with a capture that its merchant can't take: the payer gets the money back.

use crate::offline::Offline;
use crate::settle::follow_up;
use crate::transaction::{Reversal, TransactionRecord, TransactionStatus};
use scrip_refusal::Failure;
use scrip_store::{decode, derive_id};
use serde::Serialize;

/// What became of a transaction that could not be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompensationOutcome {
    /// The payer has the money back.
    Compensated,
    /// It was reversed or settled meanwhile.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compensation {
    /// What became of it.
    pub outcome: CompensationOutcome,
    /// Where the transaction stands.
    pub status: Option<TransactionStatus>,
}

impl Offline {
    /// Gives the payer back what the merchant can't take. Both are told in the same write.
    ///
    /// # Errors
    /// `account-closed` if the payer can't take it either.
    pub async fn compensate(&self, id: &str) -> Result<Compensation, Failure> {
        self.store.until_unchanged(|| self.try_compensate(id)).await
    }

    async fn try_compensate(&self, id: &str) -> Result<Compensation, Failure> {
        let answer = |outcome, status| Ok(Compensation { outcome, status });
        let Some(record) = self.transaction(id).await? else {
            return answer(CompensationOutcome::Ended, None);
        };
        let key = derive_id("txn_", &["compensation", id]);
        let origin = follow_up("compensate-pos-transaction", id);
        match (record.status, &record.reversal) {
            (TransactionStatus::Approved, _) => {}
            (status, Some(reversal)) if reversal.key == key => {
                return answer(CompensationOutcome::Compensated, Some(status));
            }
            (status, _) => return answer(CompensationOutcome::Ended, Some(status)),
        }
        let now = self.now();
        let request_hash = origin.fingerprint.as_str().to_owned();
        let reversal = Reversal { key, request_hash, at: now.as_millisecond(), first: false };
        let merchant = |record: &TransactionRecord| {
            Ok(vec![self.merchant_note(record, "pos-transaction-reversed", now)?])
        };
        self.take_back(&record, reversal, &origin, now, merchant).await?;
        answer(CompensationOutcome::Compensated, Some(TransactionStatus::Reversed))
    }

    async fn transaction(&self, id: &str) -> Result<Option<TransactionRecord>, Failure> {
        self.store.get(&self.table, &TransactionRecord::key(id)).await?.map(decode).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The machine chooses by these words.
    #[test]
    fn outcomes_are_told_in_the_machines_words() {
        for (outcome, word) in
            [(CompensationOutcome::Compensated, "compensated"), (CompensationOutcome::Ended, "ended")]
        {
            assert_eq!(serde_json::to_value(outcome).unwrap(), word);
        }
    }
}
