//! Sales made without a network, and how they reach the server.

use super::{Pos, ReferenceInUse, Sale};
use crate::client::Client;
use crate::payment::OrderReference;
use crate::problem::CallError;
use crate::retries::Waiter;
use crate::segment::segment;
use crate::transport::Transport;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most sales of one batch.
const BATCH_MAX_SALES: usize = 100;
const BATCHES: &str = "/v1/pos/batches";

/// The longest time after which a sale that has to wait is sent again, whatever the server says.
const LONGEST_WAIT_SECONDS: u64 = 24 * 3_600;

/// A sale with the time when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    #[serde(flatten)]
    pub(super) sale: Sale,
    occurred_at: Timestamp,
    /// In how many batches it was before, none of which brought a final answer.
    #[serde(skip_serializing_if = "is_zero", default)]
    batches_before: u32,
    /// When it is sent again, if the server asked to wait.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    not_before: Option<Timestamp>,
}

/// What is sent of a stored sale.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(flatten)]
    sale: &'a Sale,
    occurred_at: Timestamp,
}

impl<'a> Sent<'a> {
    fn of(stored: &'a Stored) -> Self {
        Self { sale: &stored.sale, occurred_at: stored.occurred_at }
    }
}

/// Sales that are sent together, always the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Names the batch for the server, however often it is sent.
    key: String,
    order_references: Vec<OrderReference>,
    progress: Progress,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// It is to be sent, or was without an answer.
    Packed { transactions: Vec<Stored> },
    /// The server has it. The sales stay until each has its final answer: one may have to be sent again.
    Accepted {
        id: String,
        #[serde(default)]
        transactions: Vec<Stored>,
    },
    /// The server does not take it: a batch of one sale, with the reason. Its code is of no more use.
    Refused { problem: String },
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BatchReport {
    /// `accepted` or `completed`.
    pub status: String,
    /// One for each sale that is decided.
    #[serde(default)]
    pub results: Vec<BatchResult>,
}

/// What became of one stored sale.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BatchResult {
    /// The sale.
    pub order_reference: String,
    /// `approved` or `declined`.
    pub decision: Option<String>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// If this answer is not final: the seconds after which the sale can be sent again.
    pub retry_after_seconds: Option<u64>,
    /// The transaction, `pos_…`.
    pub transaction: Option<String>,
    /// Whether the server had it already.
    #[serde(default)]
    pub duplicate: bool,
}

/// No sale is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingToUpload;

#[derive(Serialize)]
struct Upload<'a> {
    transactions: Vec<Sent<'a>>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

impl Batch {
    /// Its id with the server, once that has it.
    pub fn id(&self) -> Option<&str> {
        match &self.progress {
            Progress::Accepted { id, .. } => Some(id),
            Progress::Packed { .. } | Progress::Refused { .. } => None,
        }
    }

    /// Why the server does not take it, if so; the batch is of this one sale then.
    pub fn refusal(&self) -> Option<(&OrderReference, &str)> {
        match &self.progress {
            Progress::Refused { problem } => Some((self.order_references.first()?, problem)),
            Progress::Packed { .. } | Progress::Accepted { .. } => None,
        }
    }

    fn of(transactions: Vec<Stored>) -> Option<Self> {
        let key = key(&transactions)?;
        let references = transactions.iter().map(|stored| stored.sale.order_reference.clone());
        let order_references = references.collect();
        Some(Self { key, order_references, progress: Progress::Packed { transactions } })
    }

    pub(super) fn holds(&self, reference: &OrderReference) -> bool {
        self.order_references.contains(reference)
    }
}

impl Stored {
    fn is_due(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|not_before| not_before <= now)
    }

    /// The same, to be sent in another batch.
    fn again(self, after_seconds: u64, now: Timestamp) -> Self {
        let seconds = i64::try_from(after_seconds.min(LONGEST_WAIT_SECONDS)).unwrap_or(i64::MAX);
        let not_before = now.checked_add(SignedDuration::from_secs(seconds)).ok();
        Self { batches_before: self.batches_before.saturating_add(1), not_before, ..self }
    }
}

impl BatchResult {
    /// Whether this is the last word on the sale.
    pub fn is_final(&self) -> bool {
        self.retry_after_seconds.is_none()
    }
}

impl BatchReport {
    /// Whether all sales are decided.
    pub fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}

impl Pos {
    /// Keeps a sale that is made without a network. The merchant bears the risk until it is uploaded: nobody has looked
    /// at the code. **Keep the state now.**
    ///
    /// # Errors
    /// The reference is that of a sale that is open or stored.
    pub fn store(&mut self, sale: Sale, occurred_at: Timestamp) -> Result<(), ReferenceInUse> {
        self.expect_free(&sale.order_reference)?;
        self.stored.push(Stored { sale, occurred_at, batches_before: 0, not_before: None });
        Ok(())
    }

    /// How many sales are stored and in no batch.
    pub fn stored_count(&self) -> usize {
        self.stored.len()
    }

    /// When the first of the stored sales may be sent; one that never was may at once.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.stored.iter().map(|stored| stored.not_before.unwrap_or(stored.occurred_at)).min()
    }

    /// The batches that are to be sent, or whose results are to be read.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Puts the oldest stored sales that need not wait into a batch that is always sent the same. **Keep the state before
    /// it is sent.**
    ///
    /// # Errors
    /// There is none.
    pub fn pack(&mut self, now: Timestamp) -> Result<(), NothingToUpload> {
        let (mut transactions, mut others) = (Vec::new(), Vec::new());
        for stored in self.stored.drain(..) {
            let fits = transactions.len() < BATCH_MAX_SALES && stored.is_due(now);
            if fits { transactions.push(stored) } else { others.push(stored) }
        }
        self.stored = others;
        self.batches.push(Batch::of(transactions).ok_or(NothingToUpload)?);
        Ok(())
    }

    /// Sends the batches that the server has not acknowledged, in their order. Their sales stay here until
    /// [`Self::report`] brings the final answers. A batch that the server does not take is halved, until the one sale is
    /// found that it refuses: that is kept with its [`Batch::refusal`], and holds up no other.
    ///
    /// # Errors
    /// One is not answered, or the device is refused; it and those after it stay.
    pub async fn upload<T: Transport, W: Waiter>(&mut self, client: &Client<T, W>) -> Result<(), CallError> {
        let mut at = 0;
        while let Some(batch) = self.batches.get_mut(at) {
            let Progress::Packed { transactions } = &mut batch.progress else {
                at += 1;
                continue;
            };
            let upload = Upload { transactions: transactions.iter().map(Sent::of).collect() };
            match client.post::<Taken>(BATCHES, &batch.key, &upload).await {
                Ok(answer) => {
                    let transactions = std::mem::take(transactions);
                    batch.progress = Progress::Accepted { id: answer.value.id, transactions };
                }
                // Another batch had this key, as after the state was restored from a copy: none of this one was looked at.
                Err(CallError::Refused(problem)) if problem.code == "idempotency-key-reused" => {
                    for stored in transactions.iter_mut() {
                        stored.batches_before = stored.batches_before.saturating_add(1);
                    }
                    batch.key = key(transactions).unwrap_or_default();
                    return Err(CallError::Refused(problem));
                }
                Err(CallError::Refused(problem)) if matches!(problem.status, 400 | 413 | 422) => {
                    let second = transactions.split_off(transactions.len() / 2);
                    let halves = [std::mem::take(transactions), second];
                    if halves[0].is_empty() {
                        batch.progress = Progress::Refused { problem: problem.to_string() };
                    } else {
                        let halves = halves.into_iter().filter_map(Batch::of);
                        self.batches.splice(at..=at, halves);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Forgets a sale that the server does not take.
    pub fn discard(&mut self, reference: &OrderReference) {
        self.batches.retain(|batch| batch.refusal().is_none_or(|(refused, _)| refused != reference));
    }

    /// What became of a batch so far. Once all its sales are decided it is forgotten here, but for those whose answer is
    /// not final: they are stored again, to be sent in another batch. **Keep the state then.**
    ///
    /// # Errors
    /// There is no answer. If the server does not know the batch any more, all its sales are stored again.
    pub async fn report<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        id: &str,
    ) -> Result<BatchReport, CallError> {
        let answer = client.get::<BatchReport>(&format!("{BATCHES}/{}", segment(id))).await;
        match &answer {
            Ok(report) if report.is_completed() => self.end(id, &report.results, client.now()),
            Err(CallError::Refused(problem)) if problem.status == 404 => self.end(id, &[], client.now()),
            _ => {}
        }
        answer
    }

    /// Takes out a batch; its sales without a final answer are stored again.
    fn end(&mut self, id: &str, results: &[BatchResult], now: Timestamp) {
        let Some(place) = self.batches.iter().position(|batch| batch.id() == Some(id)) else { return };
        let Progress::Accepted { transactions, .. } = self.batches.remove(place).progress else { return };
        let again = transactions.into_iter().filter_map(|stored| {
            let reference = stored.sale.order_reference.as_str();
            let result = results.iter().find(|result| result.order_reference == reference);
            let seconds = result.map_or(Some(0), |result| result.retry_after_seconds)?;
            Some(stored.again(seconds, now))
        });
        self.stored.extend(again.collect::<Vec<_>>());
    }
}

/// What names a batch for the server: with another number of sales, or another time, it is another batch.
fn key(transactions: &[Stored]) -> Option<String> {
    let first = transactions.first()?;
    let again = match first.batches_before {
        0 => String::new(),
        before => format!(".again-{before}"),
    };
    Some(format!("{}.batch-of-{}{again}", first.sale.order_reference, transactions.len()))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl fmt::Display for NothingToUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no sale is stored")
    }
}

impl std::error::Error for NothingToUpload {}
