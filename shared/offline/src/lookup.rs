//! A point of sale looks for a transaction, such as one whose answer was lost.

use crate::defer::DeferredRecord;
use crate::offline::Offline;
use crate::replay::no_such_transaction;
use crate::transaction::{Reference, TransactionRecord, TransactionView, partition};
use scrip_refusal::Failure;
use scrip_store::{Page, Query, decode, text};

/// What is final, a decline for want of a PIN, and that it had to wait.
const MAX_PARTITION_ITEMS: u32 = 3;

impl Offline {
    /// A transaction of this device.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn transaction_view(
        &self,
        device: &str,
        reference: &Reference,
    ) -> Result<TransactionView, Failure> {
        Ok(self.look_up(device, reference).await?.ok_or_else(no_such_transaction)?)
    }

    /// The transaction of this device with this order reference, if there is one.
    pub async fn transactions(
        &self,
        device: &str,
        order_reference: &str,
    ) -> Result<Page<TransactionView>, Failure> {
        let found = self.look_up(device, &Reference::Order(order_reference.to_owned())).await?;
        Ok(Page { items: found.into_iter().collect(), next: None })
    }

    async fn look_up(&self, device: &str, reference: &Reference) -> Result<Option<TransactionView>, Failure> {
        let query = Query::of(&self.table, &partition(&reference.id(device)));
        let mut items = self.store.all(&query, MAX_PARTITION_ITEMS).await?;
        items.retain(|item| text(item, "sk") != Some(DeferredRecord::SORT_KEY));
        items.sort_by_key(|item| text(item, "sk") != Some("TRANSACTION"));
        let Some(item) = items.into_iter().next() else { return Ok(None) };
        let record: TransactionRecord = decode(item)?;
        (record.device == device).then(|| record.view()).transpose()
    }
}
