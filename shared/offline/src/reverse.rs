//! A point of sale takes a transaction back, whether or not it ever learnt what became of it.

use crate::judge::changed;
use crate::offline::Offline;
use crate::payment::Pos;
use crate::replay::{Request, ReversalCourse, reversal_course};
use crate::transact::{Found, forgotten_at};
use crate::transaction::{
    Reference, Reversal, TransactionRecord, TransactionStatus, TransactionView, no_capture,
};
use scrip_clock::Timestamp;
use scrip_ledger::{CreditTarget, NewTransfer, TransferKind};
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{AttributeValue, Commit, Created, Origin, Transaction, Write, encode};
use std::sync::atomic::{AtomicBool, Ordering};

impl Offline {
    /// Gives a payer the money back, and the authorization what was used of it. A reversal that comes before its
    /// transaction closes the order reference to it.
    ///
    /// # Errors
    /// `not-found` for an id that this device has no transaction of, `idempotency-key-reused`, `account-closed`,
    /// `amount-too-large`, `transaction-declined`, `transaction-reversed`, `transaction-settled`.
    pub async fn reverse(
        &self,
        pos: Pos<'_>,
        reference: &Reference,
        origin: &Origin,
    ) -> Result<Created<TransactionView>, Failure> {
        self.store.until_unchanged(|| self.try_reverse(pos, reference, origin)).await
    }

    async fn try_reverse(
        &self,
        pos: Pos<'_>,
        reference: &Reference,
        origin: &Origin,
    ) -> Result<Created<TransactionView>, Failure> {
        let id = reference.id(pos.device);
        let request = Request::of(origin);
        let found: Found = self.store.read(self.known_addresses(&id, &request.key, None)).await?;
        let order_reference = match reference {
            Reference::Order(order_reference) => Some(order_reference.as_str()),
            Reference::Id(_) => None,
        };
        let now = self.now();
        let reversal = Reversal {
            key: request.key.clone(),
            request_hash: request.fingerprint.as_str().to_owned(),
            at: now.as_millisecond(),
            first: false,
        };
        let course = match reversal_course(found.known(), &request, pos.device, order_reference) {
            Ok(course) => course,
            Err(failure) => return Err(self.unless_own(&id, &request, failure).await),
        };
        let view = match course {
            ReversalCourse::Answer(view) => return Ok(Created { value: *view, replayed: true }),
            ReversalCourse::Close(order_reference) => {
                self.close(pos, id, order_reference, Reversal { first: true, ..reversal }, now).await?
            }
            ReversalCourse::Reverse(record) => {
                self.take_back(record, reversal, origin, now, |_| Ok(Vec::new())).await?
            }
        };
        Ok(Created { value: view, replayed: false })
    }

    /// Closes an order reference to a transaction that has not arrived.
    async fn close(
        &self,
        pos: Pos<'_>,
        id: String,
        order_reference: String,
        reversal: Reversal,
        now: Timestamp,
    ) -> Result<TransactionView, Failure> {
        let tombstone = TransactionRecord {
            id,
            device: pos.device.to_owned(),
            merchant: pos.merchant.to_owned(),
            order_reference,
            status: TransactionStatus::Reversed,
            decided: None,
            capture: None,
            reversal: Some(reversal),
            settled_at: None,
            settlement: None,
            slot: None,
            ttl: Some(forgotten_at(now)),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&TransactionRecord::key(&tombstone.id), &tombstone)?);
        match self.store.commit(transaction).await? {
            Commit::Done => tombstone.view(),
            Commit::Exists(_) => Err(changed()),
        }
    }

    /// Takes an approved transaction back, and tells the payer, who was told of it. `more` are writes that go with it.
    pub(crate) async fn take_back(
        &self,
        record: &TransactionRecord,
        reversal: Reversal,
        origin: &Origin,
        now: Timestamp,
        more: impl Fn(&TransactionRecord) -> Result<Vec<Write>, Failure>,
    ) -> Result<TransactionView, Failure> {
        let capture = record.capture.as_ref().ok_or_else(no_capture)?;
        let reversed = TransactionRecord {
            status: TransactionStatus::Reversed,
            reversal: Some(reversal.clone()),
            ..record.clone()
        };
        let mut restoration = self.restoration(&capture.consumed, now)?;
        loop {
            let has_ended = AtomicBool::new(false);
            let mut transaction = Transaction::new();
            transaction.require(self.reversed_write(&record.id, &reversal)?, |_| changed());
            let mut target = CreditTarget::Available;
            if let Some(restoration) = &restoration {
                if restoration.to_reserve {
                    target = CreditTarget::Held;
                }
                transaction.require(restoration.write.clone(), |_| {
                    has_ended.store(true, Ordering::Relaxed);
                    changed()
                });
            }
            let debit = record.clearing_debit()?;
            let transfer = NewTransfer {
                id: reversal.key.clone(),
                kind: TransferKind::Reversal,
                from: debit.account.clone(),
                to: capture.account.clone(),
                amount: debit.amount,
                reference: Some(record.order_reference.clone()),
                reverses: record.decided.as_ref().map(|decided| decided.key.clone()),
            };
            self.ledger.add_into(&mut transaction, &transfer, &[debit], target, origin, now)?;
            let note = self.payer_note(&reversed, "pos-transaction-reversed", now)?;
            transaction.require(note, |_| changed());
            for write in more(&reversed)? {
                transaction.require(write, |_| changed());
            }
            match self.store.commit(transaction).await {
                Ok(Commit::Done) => return reversed.view(),
                Ok(Commit::Exists(_)) => return Err(changed()),
                // The authorization has ended since: it needs nothing back.
                Err(_) if has_ended.load(Ordering::Relaxed) => restoration = None,
                Err(failure) => return Err(failure),
            }
        }
    }

    fn reversed_write(&self, id: &str, reversal: &Reversal) -> Result<Write, Failure> {
        let reversal: AttributeValue = serde_dynamo::to_attribute_value(reversal).map_err(Failure::broken)?;
        let write = Write::update(
            &self.table,
            TransactionRecord::key(id),
            "SET #status = :reversed, reversal = :reversal",
        );
        Ok(leave(write)
            .when("#status = :approved")
            .name("#status", "status")
            .value(":reversed", TransactionStatus::Reversed.as_str())
            .value(":approved", TransactionStatus::Approved.as_str())
            .value(":reversal", reversal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, offline, plan};

    #[test]
    fn only_what_is_approved_is_reversed() {
        let (key, request_hash) = ("txn_1".to_owned(), "hash".to_owned());
        let reversal = Reversal { key, request_hash, at: NOW, first: false };
        assert_eq!(
            plan(offline().reversed_write("pos_1", &reversal)),
            [format!(
                "update offline POS#pos_1 TRANSACTION: SET status = \"reversed\", \
                 reversal = {{at: {NOW}, key: \"txn_1\", request_hash: \"hash\"}} \
                 REMOVE slot, due, slot_tries IF status = \"approved\""
            )]
        );
    }
}
