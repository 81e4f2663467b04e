//! The side of a point of sale: a sale is approved once or not at all, and sales without a network are kept and sent
//! later.
//!
//! [`Pos`] is what must survive a restart: keep it where it is said so, as safely as a key. A sale whose answer is lost
//! stays open in it until [`Pos::resolve`] has found out, or undone it.

mod batch;
mod transaction;

pub use batch::{Batch, BatchReport, BatchResult, NothingToUpload};
pub use transaction::{Status, Transaction};

use crate::client::Client;
use crate::payment::{OrderReference, Payer, Secret};
use crate::problem::CallError;
use crate::retries::Waiter;
use crate::segment::segment;
use crate::transport::Transport;
use jiff::Timestamp;
use scrip_money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

const TRANSACTIONS: &str = "/v1/pos/transactions";

/// An order to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// What the merchant calls it.
    pub order_reference: OrderReference,
    /// Who pays.
    #[serde(flatten)]
    pub payer: Payer,
    /// How much.
    pub amount: Money,
    /// The PIN, if it was typed: it is asked for with the reason `pin-required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
}

/// A sale that [`Pos::begin`] has remembered, so that it may be sent.
#[derive(Clone, Debug)]
pub struct Begun(Sale);

/// What a point of sale must not forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pos {
    open: BTreeMap<OrderReference, Open>,
    stored: Vec<batch::Stored>,
    batches: Vec<Batch>,
}

/// A sale whose outcome is not known. It holds no code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// How much.
    pub amount: Money,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Whether it may have reached the server.
    pub sent: bool,
}

/// Another sale with this reference has not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceInUse(pub OrderReference);

#[derive(Deserialize)]
struct Page {
    items: Vec<Transaction>,
}

#[derive(Serialize)]
struct Nothing {}

impl Pos {
    /// Remembers a sale before it is sent. **Keep the state now**; a crash afterwards leaves it among [`Self::open`].
    ///
    /// # Errors
    /// The reference is that of a sale that is open or stored.
    pub fn begin(&mut self, sale: Sale, now: Timestamp) -> Result<Begun, ReferenceInUse> {
        self.expect_free(&sale.order_reference)?;
        let open = Open { amount: sale.amount, begun_at: now, sent: false };
        self.open.insert(sale.order_reference.clone(), open);
        Ok(Begun(sale))
    }

    /// Sends a sale, the same request again while there is no answer. It stays open if the outcome is unknown: send it
    /// once more, or [`Self::resolve`] it.
    ///
    /// # Errors
    /// It is not sold, or nobody knows.
    pub async fn sell<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        begun: &Begun,
    ) -> Result<Transaction, CallError> {
        let Begun(sale) = begun;
        let reference = &sale.order_reference;
        // With a PIN it is another request, and a decision that asked for one is taken anew.
        let step = if sale.pin.is_some() { "sale-with-pin" } else { "sale" };
        let answered = client.post(TRANSACTIONS, &format!("{reference}.{step}"), sale).await;
        let unknown = matches!(answered, Err(CallError::OutcomeUnknown(_)));
        let sent_before = self.open.get(reference).is_some_and(|open| open.sent);
        if answered.is_ok() || !(unknown || sent_before) {
            self.open.remove(reference);
        } else if let Some(open) = self.open.get_mut(reference) {
            open.sent = true;
        }
        answered.map(|answer| answer.value)
    }

    /// What became of an order, if the server has heard of it.
    pub async fn query<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        reference: &OrderReference,
    ) -> Result<Option<Transaction>, CallError> {
        let path = format!("{TRANSACTIONS}?order_reference={}", segment(reference.as_str()));
        let page: Page = client.get(&path).await?;
        let found = page.items.into_iter().next();
        if found.is_some() {
            self.open.remove(reference);
        }
        Ok(found)
    }

    /// Takes an order back before it is settled. One that the server never heard of is declined if it still comes.
    ///
    /// # Errors
    /// It was declined, is settled, or nobody knows; sending the same again is safe.
    pub async fn reverse<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        reference: &OrderReference,
    ) -> Result<Transaction, CallError> {
        let path = format!("{TRANSACTIONS}/{}/reversals", segment(reference.as_str()));
        let answer = client.post(&path, &format!("{reference}.reversal"), &Nothing {}).await?;
        self.open.remove(reference);
        Ok(answer.value)
    }

    /// Ends the doubt about an order: asks what became of it, and takes back what the server has not heard of.
    ///
    /// # Errors
    /// The server can't be reached; it stays open.
    pub async fn resolve<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        reference: &OrderReference,
    ) -> Result<Transaction, CallError> {
        match self.query(client, reference).await? {
            Some(found) => Ok(found),
            // It may arrive between the two requests; then this takes it back.
            None => self.reverse(client, reference).await,
        }
    }

    /// The orders whose outcome is not known.
    pub fn open(&self) -> &BTreeMap<OrderReference, Open> {
        &self.open
    }

    fn expect_free(&self, reference: &OrderReference) -> Result<(), ReferenceInUse> {
        let packed = |batch: &Batch| batch.holds(reference);
        let stored = self.stored.iter().any(|stored| stored.sale.order_reference == *reference);
        if self.open.contains_key(reference) || stored || self.batches.iter().any(packed) {
            return Err(ReferenceInUse(reference.clone()));
        }
        Ok(())
    }
}

impl fmt::Display for ReferenceInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {} has not come to its end", self.0)
    }
}

impl std::error::Error for ReferenceInUse {}

#[cfg(test)]
mod tests;
