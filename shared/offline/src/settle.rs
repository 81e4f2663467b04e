//! What the workflow does with a transaction whose time for reversals is over: the merchant is paid, or the payer gets
//! the money back.

use crate::judge::changed;
use crate::offline::Offline;
use crate::transaction::{Reversal, TransactionRecord, TransactionStatus, no_capture, time};
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_ledger::{AccountId, NewTransfer, TransferKind};
use scrip_refusal::{Code, Failure};
use scrip_store::{Commit, Fingerprint, IdempotencyKey, Origin, Transaction, Write, decode, derive_id};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What became of a transaction that was to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementOutcome {
    /// The merchant has the money.
    Settled,
    /// The merchant's account takes none: the payer is to get it back.
    AccountClosed,
    /// It was reversed before.
    Ended,
}

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
pub struct Followed<T> {
    /// What became of it.
    pub outcome: T,
    /// Where the transaction stands.
    pub status: Option<TransactionStatus>,
}

impl Offline {
    /// Moves what was captured from clearing to the merchant. Merchant and payer are told in the same write.
    pub async fn settle(&self, id: &str) -> Result<Followed<SettlementOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_settle(id)).await
    }

    async fn try_settle(&self, id: &str) -> Result<Followed<SettlementOutcome>, Failure> {
        let answer = |outcome, status| Ok(Followed { outcome, status });
        let Some(record) = self.transaction(id).await? else { return answer(SettlementOutcome::Ended, None) };
        match record.status {
            TransactionStatus::Approved => {}
            TransactionStatus::Settled => return answer(SettlementOutcome::Settled, Some(record.status)),
            status => return answer(SettlementOutcome::Ended, Some(status)),
        }
        let now = self.now();
        if now < time(record.capture.as_ref().ok_or_else(no_capture)?.settles_at)? {
            return Err(Failure::Busy("this clock has not reached the end of the reversal window".into()));
        }
        match self.pay_merchant(&record, now).await {
            Ok(()) => answer(SettlementOutcome::Settled, Some(TransactionStatus::Settled)),
            Err(failure) if failure.code() == Some(Code::AccountClosed) => {
                answer(SettlementOutcome::AccountClosed, Some(record.status))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn pay_merchant(&self, record: &TransactionRecord, now: Timestamp) -> Result<(), Failure> {
        let write = Write::update(
            &self.table,
            TransactionRecord::key(&record.id),
            "SET #status = :settled, settled_at = :now",
        );
        let write = write
            .when("#status = :approved")
            .name("#status", "status")
            .value(":settled", TransactionStatus::Settled.as_str())
            .value(":approved", TransactionStatus::Approved.as_str())
            .value(":now", now.as_millisecond());
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        let debit = record.clearing_debit()?;
        let transfer = NewTransfer {
            id: derive_id("txn_", &["settlement", &record.id]),
            kind: TransferKind::Settlement,
            from: debit.account.clone(),
            to: AccountId::of_merchant(&record.merchant),
            amount: debit.amount,
            reference: Some(record.order_reference.clone()),
            reverses: None,
        };
        let origin = follow_up("settle-pos-transaction", &record.id);
        self.ledger.add(&mut transaction, &transfer, &[debit], &origin, now)?;
        for note in self.notes(record, "pos-transaction-settled", now)? {
            transaction.require(note, |_| changed());
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(()),
            Commit::Exists(_) => Err(Failure::broken("a transaction that is not settled has its settlement")),
        }
    }

    /// Gives the payer back what the merchant can't take. Both are told in the same write.
    ///
    /// # Errors
    /// `account-closed` if the payer can't take it either.
    pub async fn compensate(&self, id: &str) -> Result<Followed<CompensationOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_compensate(id)).await
    }

    async fn try_compensate(&self, id: &str) -> Result<Followed<CompensationOutcome>, Failure> {
        let answer = |outcome, status| Ok(Followed { outcome, status });
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
        let notes = |record: &TransactionRecord| self.notes(record, "pos-transaction-reversed", now);
        self.take_back(&record, reversal, &origin, now, notes).await?;
        answer(CompensationOutcome::Compensated, Some(TransactionStatus::Reversed))
    }

    pub(crate) async fn transaction(&self, id: &str) -> Result<Option<TransactionRecord>, Failure> {
        self.store.get(&self.table, &TransactionRecord::key(id)).await?.map(decode).transpose()
    }

    /// The writes that tell payer and merchant. The order reference is the merchant's business alone.
    fn notes(&self, record: &TransactionRecord, kind: &str, now: Timestamp) -> Result<Vec<Write>, Failure> {
        let facts = |members: [(&str, Value); 3]| -> Map<String, Value> {
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let amount = json!(record.money().ok_or_else(no_capture)?);
        let payer = Recipient::User(record.user().ok_or_else(no_capture)?.to_owned());
        let to_payer = facts([
            ("transaction", json!(record.id)),
            ("merchant", json!(record.merchant)),
            ("amount", amount.clone()),
        ]);
        let merchant = Recipient::Merchant(record.merchant.clone());
        let to_merchant = facts([
            ("transaction", json!(record.id)),
            ("order_reference", json!(record.order_reference)),
            ("amount", amount),
        ]);
        Ok(vec![
            self.directory.notification(&payer, kind, to_payer, now, &record.id)?,
            self.directory.notification(&merchant, kind, to_merchant, now, &record.id)?,
        ])
    }
}

/// A workflow's step comes from the transaction alone: however often it is tried, it is the same.
fn follow_up(operation: &str, id: &str) -> Origin {
    Origin {
        principal: "system".to_owned(),
        operation: operation.to_owned(),
        key: IdempotencyKey::internal(id),
        fingerprint: Fingerprint::of(&[operation.as_bytes(), id.as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_step_that_is_tried_again_is_the_same_and_each_step_is_its_own() {
        let settle = follow_up("settle-pos-transaction", "pos_1");
        assert_eq!(follow_up("settle-pos-transaction", "pos_1"), settle);
        for other in
            [follow_up("settle-pos-transaction", "pos_2"), follow_up("compensate-pos-transaction", "pos_1")]
        {
            assert_ne!(other.fingerprint, settle.fingerprint);
            assert_ne!(other.id("txn_"), settle.id("txn_"));
        }
    }

    /// The machine chooses by these words.
    #[test]
    fn outcomes_are_told_in_the_machines_words() {
        let told = |outcome| serde_json::to_value(Followed { outcome, status: None }).unwrap();
        for (outcome, word) in [
            (SettlementOutcome::Settled, "settled"),
            (SettlementOutcome::AccountClosed, "account_closed"),
            (SettlementOutcome::Ended, "ended"),
        ] {
            assert_eq!(told(outcome), json!({ "outcome": word, "status": null }));
        }
        for (outcome, word) in
            [(CompensationOutcome::Compensated, "compensated"), (CompensationOutcome::Ended, "ended")]
        {
            assert_eq!(serde_json::to_value(outcome).unwrap(), word);
        }
    }
}
