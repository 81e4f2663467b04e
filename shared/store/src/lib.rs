//! DynamoDB, as every capability uses it: typed keys and items, conditional writes, transactions whose cancellation
//! comes back as a refusal, pages, derived ids, and a meter of what it all cost.
//!
//! Nothing here is generic over what is stored: the SDK's futures are compiled once, in this crate.

mod cursor;
mod deadline;
mod error;
mod expression;
mod id;
mod item;
mod merge;
mod meter;
mod plan;
mod query;
mod read;
mod retry;
mod single;
mod transaction;
mod write;

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use cursor::MAX_CURSOR_BYTES;
pub use deadline::Deadline;
pub use error::service_failure;
pub use id::{
    Created, Fingerprint, ID_CHARACTERS, IdempotencyKey, Origin, check_replay, derive_id, id_pattern, is_id,
};
pub use item::{Item, Key, decode, encode, number, text};
pub use merge::{Merge, MergedList, shard_of};
pub use meter::{Access, Meter, Usage};
pub use query::{Page, PageRequest, Query};
pub use read::{Address, Addresses, AtMostOne, FromItem, FromItems, Many, One, Raw};
pub use transaction::{Commit, Transaction};
pub use write::{Value, Write};

use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_sdk_dynamodb::{Client, Config};
use scrip_refusal::Failure;

/// Access to the tables for the length of one invocation.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    meter: Meter,
    deadline: Deadline,
}

impl Store {
    /// A store for one invocation: attempts and retries end in time before it does.
    pub fn new(client: Client, deadline: Deadline) -> Self {
        Self { client, meter: Meter::default(), deadline }
    }

    /// A store that reaches nothing, for what is decided or planned before anything is sent.
    pub fn unconnected(deadline: Deadline) -> Self {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        Self::new(Client::from_conf(config), deadline)
    }

    /// When the invocation ends.
    pub fn deadline(&self) -> std::time::Instant {
        self.deadline.end()
    }

    /// What this invocation has used and done so far.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Reads one item as it is now (strongly consistent).
    pub async fn get(&self, table: &str, key: &Key) -> Result<Option<Item>, Failure> {
        self.meter.access("GetItem", table, None);
        let answer = self
            .while_busy(|| {
                let request = self
                    .client
                    .get_item()
                    .table_name(table)
                    .set_key(Some(key.to_item()))
                    .consistent_read(true)
                    .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
                async move {
                    self.meter.round_trip();
                    request.send().await.map_err(error::from_sdk)
                }
            })
            .await?;
        self.meter.read(answer.consumed_capacity());
        Ok(answer.item)
    }

    /// Opens the connection before the first request needs it. What comes back does not matter.
    pub async fn warm(&self, table: &str) {
        let key = Key::new("WARM", "WARM");
        let _ = self.client.get_item().table_name(table).set_key(Some(key.to_item())).send().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A store that reaches nothing, for what is decided before anything is sent.
    pub(crate) fn store() -> Store {
        store_until(Duration::from_secs(30), Duration::from_secs(3))
    }

    /// The same for an invocation that ends so long from now, in tokio's time.
    pub(crate) fn store_until(end: Duration, attempt: Duration) -> Store {
        let end = (tokio::time::Instant::now() + end).into_std();
        Store::unconnected(Deadline::new(end, attempt))
    }
}
