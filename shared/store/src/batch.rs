//! Several items by their keys, from one table or several, in one round trip.

use crate::item::{Item, Key};
use crate::{Store, error, retry};
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use scrip_refusal::Failure;
use std::collections::{HashMap, HashSet};

/// What one request may name at most, by `DynamoDB`.
const MAX_KEYS: usize = 100;

impl Store {
    /// Reads items as they are now; the answer has the order of `keys`, with `None` for what does not exist.
    pub async fn get_many(&self, keys: &[(&str, Key)]) -> Result<Vec<Option<Item>>, Failure> {
        let mut found: HashMap<(String, Key), Item> = HashMap::new();
        for keys in keys.chunks(MAX_KEYS) {
            let mut missing = requests(keys)?;
            for table in missing.keys() {
                self.meter.access("BatchGetItem", table, None);
            }
            while !missing.is_empty() {
                let answer = retry::within(self.deadline, || {
                    let request = self
                        .client
                        .batch_get_item()
                        .set_request_items(Some(missing.clone()))
                        .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
                    async move {
                        self.meter.round_trip();
                        let answer = request.send().await.map_err(error::from_sdk)?;
                        self.meter.read(answer.consumed_capacity());
                        let empty = answer.responses().is_none_or(HashMap::is_empty);
                        let unprocessed = answer.unprocessed_keys().is_some_and(|keys| !keys.is_empty());
                        if empty && unprocessed {
                            return Err(Failure::Busy("no key of the batch was read".into()));
                        }
                        Ok(answer)
                    }
                })
                .await?;
                for (table, items) in answer.responses.unwrap_or_default() {
                    for item in items {
                        let key = Key::of(&item).ok_or_else(|| Failure::broken("an item without its key"))?;
                        found.insert((table.clone(), key), item);
                    }
                }
                missing = answer.unprocessed_keys.unwrap_or_default();
            }
        }
        Ok(keys.iter().map(|(table, key)| found.get(&((*table).to_owned(), key.clone())).cloned()).collect())
    }
}

fn requests(keys: &[(&str, Key)]) -> Result<HashMap<String, KeysAndAttributes>, Failure> {
    let mut tables: HashMap<String, HashSet<&Key>> = HashMap::new();
    for (table, key) in keys {
        tables.entry((*table).to_owned()).or_default().insert(key);
    }
    tables
        .into_iter()
        .map(|(table, keys)| {
            let keys = keys.into_iter().map(Key::to_item).collect();
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            Ok((table, request.map_err(Failure::broken)?))
        })
        .collect()
}
