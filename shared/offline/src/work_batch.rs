//! Works through one message of a batch. Each transaction is decided under a key of its own, so that a message that
//! comes twice finds what it did before; the results are stored once, together.

use crate::batch::{
    BatchResult, Envelope, MAX_MESSAGE_TRANSACTIONS, Parcel, ResultsRecord, batch_forgotten_at, results_key,
};
use crate::defer::sent_again_after;
use crate::offline::Offline;
use crate::payment::{Pos, StoredPayment};
use crate::transact::Asking;
use crate::transaction::{Decision, time, transaction_id};
use scrip_clock::Timestamp;
use scrip_refusal::Failure;
use scrip_store::{Commit, Fingerprint, IdempotencyKey, Origin, Transaction, encode};

/// The operation that keys of stored transactions belong to.
const OPERATION: &str = "work-pos-batch";

impl Offline {
    /// Works through a message, and stores the results unless an earlier delivery of it did.
    ///
    /// # Errors
    /// Busy or broken: the message is to come again.
    pub async fn work_batch(&self, message: &str) -> Result<(), Failure> {
        let envelope = Envelope::read(message)?;
        let parcel = envelope.open(self.keyring()?)?;
        let accepted_at = time(parcel.accepted_at)?;
        let key = results_key(&envelope.batch, envelope.part);
        if self.store.get(&self.table, &key).await?.is_some() {
            return Ok(());
        }
        let mut results = Vec::with_capacity(parcel.transactions.len());
        for (index, stored) in parcel.transactions.iter().enumerate() {
            let place = envelope.part * MAX_MESSAGE_TRANSACTIONS + index;
            results.push(self.work(&envelope, &parcel, place, stored, accepted_at).await?);
        }
        let record = ResultsRecord { results, ttl: batch_forgotten_at(accepted_at) };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&key, &record)?);
        match self.store.commit(transaction).await? {
            // Another delivery was faster; it decided the same.
            Commit::Done | Commit::Exists(_) => Ok(()),
        }
    }

    async fn work(
        &self,
        envelope: &Envelope,
        parcel: &Parcel,
        place: usize,
        stored: &StoredPayment,
        arrived: Timestamp,
    ) -> Result<BatchResult, Failure> {
        let Parcel { device, merchant, currency, .. } = parcel;
        let pos = Pos { device, merchant, currency };
        let origin = self.origin_of(device, &envelope.batch, place, stored)?;
        let asking = Asking { pos, origin: &origin, cause: &envelope.cause, arrived };
        let decided = match stored.check(pos, "") {
            // Nobody waits for the answer, and the message would come again only after minutes: all the tries of a
            // request are repeated as often again.
            Ok(order) => self.store.until_unchanged(|| Box::pin(self.decide(asking, &order))).await,
            Err(refusal) => Err(refusal.into()),
        };
        let order_reference = stored.order_reference.clone();
        match decided {
            Ok(answered) => Ok(BatchResult {
                order_reference,
                transaction: Some(answered.view.id),
                decision: answered.view.decision,
                reason: answered.view.reason,
                retry_after_seconds: None,
                duplicate: answered.duplicate,
            }),
            Err(Failure::Refused(refusal)) => {
                let retry_after_seconds = sent_again_after(&refusal);
                if retry_after_seconds.is_some() {
                    let id = transaction_id(device, &order_reference);
                    self.defer(&id, &origin.fingerprint, arrived).await?;
                }
                Ok(BatchResult {
                    order_reference,
                    transaction: None,
                    decision: Decision::Declined,
                    reason: Some(refusal.code.to_string()),
                    retry_after_seconds,
                    duplicate: false,
                })
            }
            Err(failure) => Err(failure),
        }
    }

    /// Where a stored transaction comes from: its place in its batch.
    fn origin_of(
        &self,
        device: &str,
        batch: &str,
        place: usize,
        stored: &StoredPayment,
    ) -> Result<Origin, Failure> {
        let keys = self.keyring()?.request_keys(OPERATION);
        let body = serde_json::to_vec(stored).map_err(Failure::broken)?;
        Ok(Origin {
            principal: format!("device:{device}"),
            operation: OPERATION.to_owned(),
            key: IdempotencyKey::internal(format!("{batch}#{place}")),
            fingerprint: Fingerprint::keyed(&keys, &[&body]),
        })
    }
}
