//! Sales made without a network, and how they reach the server.

use super::{Pos, ReferenceInUse, Sale};
use crate::client::Client;
use crate::payment::OrderReference;
use crate::problem::CallError;
use crate::retries::Waiter;
use crate::segment::segment;
use crate::transport::Transport;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most sales of one batch.
const BATCH_MAX_SALES: usize = 100;
const BATCHES: &str = "/v1/pos/batches";

/// A sale with the time when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    #[serde(flatten)]
    pub(super) sale: Sale,
    occurred_at: Timestamp,
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
    /// The server has it, so that the codes are not needed any more.
    Accepted { id: String },
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
    transactions: &'a [Stored],
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

impl Batch {
    /// Its id with the server, once that has it.
    pub fn id(&self) -> Option<&str> {
        match &self.progress {
            Progress::Accepted { id } => Some(id),
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
        let references = transactions.iter().map(|stored| stored.sale.order_reference.clone());
        let order_references: Vec<_> = references.collect();
        let first = order_references.first()?;
        // With another number of sales it is another batch.
        let key = format!("{first}.batch-of-{}", order_references.len());
        Some(Self { key, order_references, progress: Progress::Packed { transactions } })
    }

    pub(super) fn holds(&self, reference: &OrderReference) -> bool {
        self.order_references.contains(reference)
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
        self.stored.push(Stored { sale, occurred_at });
        Ok(())
    }

    /// How many sales are stored and in no batch.
    pub fn stored_count(&self) -> usize {
        self.stored.len()
    }

    /// The batches that are to be sent, or whose results are to be read.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Puts the oldest stored sales into a batch that is always sent the same. **Keep the state before it is sent.**
    ///
    /// # Errors
    /// There is none.
    pub fn pack(&mut self) -> Result<(), NothingToUpload> {
        let count = self.stored.len().min(BATCH_MAX_SALES);
        let transactions: Vec<_> = self.stored.drain(..count).collect();
        self.batches.push(Batch::of(transactions).ok_or(NothingToUpload)?);
        Ok(())
    }

    /// Sends the batches that the server has not acknowledged, in their order. What is acknowledged is safe there, and
    /// its codes are forgotten here. A batch that the server does not take is halved, until the one sale is found that
    /// it refuses: that is kept with its [`Batch::refusal`], and holds up no other.
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
            let upload = Upload { transactions };
            match client.post::<Taken>(BATCHES, &batch.key, &upload).await {
                Ok(answer) => batch.progress = Progress::Accepted { id: answer.value.id },
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

    /// What became of a batch so far. Once all its sales are decided it is forgotten here.
    pub async fn report<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        id: &str,
    ) -> Result<BatchReport, CallError> {
        let report: BatchReport = client.get(&format!("{BATCHES}/{}", segment(id))).await?;
        if report.is_completed() {
            self.batches.retain(|batch| batch.id() != Some(id));
        }
        Ok(report)
    }
}

impl fmt::Display for NothingToUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no sale is stored")
    }
}

impl std::error::Error for NothingToUpload {}
