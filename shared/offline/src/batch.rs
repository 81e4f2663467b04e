//! Batches: what a point of sale stored while it was not connected, accepted at once and worked on later.

use crate::offline::Offline;
use crate::payment::{Pos, StoredPayment, stored_example};
use crate::transaction::{DECLINED_KEPT_DAYS, Decision, time};
use schemars::JsonSchema;
use scrip_capability::not_opened;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::Keyring;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Key, Origin, Query, Transaction, check_replay, decode, encode, text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What every batch's id begins with.
pub const BATCH_PREFIX: &str = "btch_";
/// Transactions in one batch.
pub const MAX_BATCH_TRANSACTIONS: usize = 100;
/// Transactions in one message: a tenth of a batch, since a queue takes ten messages at once.
pub const MAX_MESSAGE_TRANSACTIONS: usize = 10;
/// A batch and the results of its messages.
const MAX_PARTITION_ITEMS: u32 = 11;
const SEALING_PURPOSE: &str = "pos-batch";

/// Stored transactions.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "transactions": [stored_example()] }))]
pub struct PosBatch {
    /// 1 to 100, each order reference once.
    #[schemars(length(min = 1, max = MAX_BATCH_TRANSACTIONS))]
    pub transactions: Vec<StoredPayment>,
}

/// How far the work on a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PosBatchStatus")]
pub enum BatchStatus {
    /// It is stored and queued.
    Accepted,
    /// Each transaction has its result.
    Completed,
}

/// What became of one stored transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PosBatchResult")]
pub struct BatchResult {
    /// The point of sale's own reference.
    pub order_reference: String,
    /// The transaction, `pos_…`; none where nothing was stored of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transaction: Option<String>,
    /// Whether it is paid.
    pub decision: Decision,
    /// Why it was declined, a problem code such as `insufficient-funds`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Only where this is not final: nothing was looked at or stored, and the same transaction is to be sent again after
    /// this time, in another batch. It does not become late by that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_seconds: Option<u64>,
    /// It had been answered before, to another request: this is the first answer.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub duplicate: bool,
}

/// A batch as its point of sale sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PosBatch", example = json!({
    "id": "btch_0123456789abcdefghjkmnpqrs",
    "status": "completed",
    "accepted_at": "2026-11-30T13:00:00Z",
    "count": 1,
    "results": [{ "order_reference": "table-7", "transaction": "pos_0123456789abcdefghjkmnpqrs", "decision": "approved" }],
}))]
pub struct BatchView {
    /// The id, `btch_…`.
    pub id: String,
    /// How far the work has come.
    pub status: BatchStatus,
    /// When it was accepted.
    #[schemars(with = "scrip_clock::DateTime")]
    pub accepted_at: Timestamp,
    /// How many transactions it has.
    pub count: usize,
    /// What became of them so far, in the batch's order.
    pub results: Vec<BatchResult>,
}

/// A batch that was stored, and the messages that have to be queued before it is acknowledged.
pub struct AcceptedBatch {
    /// The batch.
    pub batch: Created<BatchView>,
    /// Messages, sealed: codes and PINs are never stored or sent in the clear.
    pub messages: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct BatchRecord {
    id: String,
    device: String,
    count: usize,
    accepted_at: i64,
    request_hash: String,
    ttl: i64,
}

/// The results of one message.
#[derive(Serialize, Deserialize)]
pub(crate) struct ResultsRecord {
    pub(crate) results: Vec<BatchResult>,
    pub(crate) ttl: i64,
}

/// What a queue carries. The cause stands in the clear, for the log.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) batch: String,
    pub(crate) part: usize,
    pub(crate) cause: String,
    sealed: String,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Parcel {
    pub(crate) device: String,
    pub(crate) merchant: String,
    pub(crate) currency: String,
    /// When the batch was accepted, in milliseconds since the epoch.
    pub(crate) accepted_at: i64,
    pub(crate) transactions: Vec<StoredPayment>,
}

fn partition(batch: &str) -> String {
    format!("BATCH#{batch}")
}

pub(crate) fn results_key(batch: &str, part: usize) -> Key {
    Key::new(partition(batch), format!("RESULTS#{part:02}"))
}

/// When a batch and its results are forgotten, in seconds since the epoch.
pub(crate) fn batch_forgotten_at(accepted_at: Timestamp) -> i64 {
    (accepted_at + SignedDuration::from_hours(24 * DECLINED_KEPT_DAYS)).as_second()
}

impl PosBatch {
    /// Checks what can be known before any of it is judged.
    ///
    /// # Errors
    /// What is wrong with which field of which transaction; `currency-mismatch`.
    pub fn check(&self, pos: Pos<'_>) -> Result<(), Refusal> {
        let count = self.transactions.len();
        if count == 0 || count > MAX_BATCH_TRANSACTIONS {
            let code = if count == 0 { Code::OutOfRange } else { Code::TooMany };
            let detail = format!("1 to {MAX_BATCH_TRANSACTIONS} transactions");
            return Err(Refusal::field("/transactions", code, detail));
        }
        let mut seen = BTreeSet::new();
        for (index, stored) in self.transactions.iter().enumerate() {
            let at = format!("/transactions/{index}");
            stored.check(pos, &at)?;
            if !seen.insert(&stored.order_reference) {
                let pointer = format!("{at}/order_reference");
                return Err(Refusal::field(pointer, Code::InvalidField, "each order reference once"));
            }
        }
        Ok(())
    }
}

impl Offline {
    /// Stores a batch. It may be acknowledged once its messages are queued; if that fails, the same request again
    /// queues them again, and what is queued twice is done once.
    ///
    /// # Errors
    /// As [`PosBatch::check`]; `idempotency-key-reused`.
    pub async fn accept_batch(
        &self,
        pos: Pos<'_>,
        batch: &PosBatch,
        origin: &Origin,
        cause: &str,
    ) -> Result<AcceptedBatch, Failure> {
        batch.check(pos)?;
        let now = self.now();
        let id = origin.id(BATCH_PREFIX);
        let record = BatchRecord {
            id: id.clone(),
            device: pos.device.to_owned(),
            count: batch.transactions.len(),
            accepted_at: now.as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            ttl: batch_forgotten_at(now),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&batch_key(&id), &record)?);
        let (record, replayed) = match self.store.commit(transaction).await? {
            Commit::Done => (record, false),
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                (decode(item)?, true)
            }
        };
        let parts = batch.transactions.chunks(MAX_MESSAGE_TRANSACTIONS).enumerate();
        let messages = parts.map(|(part, transactions)| {
            let parcel = Parcel {
                device: pos.device.to_owned(),
                merchant: pos.merchant.to_owned(),
                currency: pos.currency.to_owned(),
                accepted_at: record.accepted_at,
                transactions: transactions.to_vec(),
            };
            Envelope::seal(self.keyring()?, &id, part, cause, &parcel)
        });
        let messages = messages.collect::<Result<_, _>>()?;
        Ok(AcceptedBatch { batch: Created { value: record.view(Vec::new())?, replayed }, messages })
    }

    /// A batch of this device.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn batch_view(&self, device: &str, id: &str) -> Result<BatchView, Failure> {
        let items = self.store.all(&Query::of(&self.table, &partition(id)), MAX_PARTITION_ITEMS).await?;
        let (mut record, mut results) = (None, Vec::new());
        // In the order of their sort keys: the batch, then the results of its parts.
        for item in items {
            match text(&item, "sk") {
                Some("BATCH") => record = Some(decode::<BatchRecord>(item)?),
                _ => results.extend(decode::<ResultsRecord>(item)?.results),
            }
        }
        let record = record.filter(|record| record.device == device).ok_or_else(no_such_batch)?;
        record.view(results)
    }
}

impl Envelope {
    /// A message that tells nobody who pays with which code.
    fn seal(
        keyring: &Keyring,
        batch: &str,
        part: usize,
        cause: &str,
        parcel: &Parcel,
    ) -> Result<String, Failure> {
        let parcel = Zeroizing::new(serde_json::to_vec(parcel).map_err(Failure::broken)?);
        let sealed = keyring.seal(SEALING_PURPOSE, &place(batch, part), &parcel);
        let envelope = Self { batch: batch.to_owned(), part, cause: cause.to_owned(), sealed };
        serde_json::to_string(&envelope).map_err(Failure::broken)
    }

    /// Reads what [`Self::seal`] wrote. Why it can't be read is told without what it says.
    pub(crate) fn read(message: &str) -> Result<Self, Failure> {
        serde_json::from_str(message)
            .map_err(|error| Failure::broken(format!("it is no part of a batch: {:?}", error.classify())))
    }

    /// Opens what it holds.
    pub(crate) fn open(&self, keyring: &Keyring) -> Result<Parcel, Failure> {
        let parcel = keyring.open(SEALING_PURPOSE, &place(&self.batch, self.part), &self.sealed);
        let parcel = parcel.map_err(|error| not_opened(error, "a part of a batch"))?;
        serde_json::from_slice(&parcel).map_err(|_| Failure::broken("it holds no stored transactions"))
    }
}

impl BatchRecord {
    fn view(&self, results: Vec<BatchResult>) -> Result<BatchView, Failure> {
        let is_completed = results.len() == self.count;
        Ok(BatchView {
            id: self.id.clone(),
            status: if is_completed { BatchStatus::Completed } else { BatchStatus::Accepted },
            accepted_at: time(self.accepted_at)?,
            count: self.count,
            results,
        })
    }
}

fn batch_key(batch: &str) -> Key {
    Key::new(partition(batch), "BATCH")
}

/// What a message is sealed for: it can't be opened as another part, or of another batch.
fn place(batch: &str, part: usize) -> String {
    format!("{batch}#{part}")
}

fn no_such_batch() -> Refusal {
    Refusal::new(Code::NotFound, "No batch of this point of sale has this id.")
}

#[cfg(test)]
mod tests;
