//! Which keys of indexes a change writes to, by the item as it was and as it is afterwards.

use super::requests::{Change, Kind};
use super::units::Place;
use scrip_sam::{IndexSpec, Key, Projection, TableSpec};
use serde_json::Value;
use std::collections::HashMap;

/// The indexes of each table that has some.
pub(super) struct Indexes(HashMap<String, Vec<IndexSpec>>);

/// Items as they were read, by table, partition and sort key.
#[derive(Default)]
pub(crate) struct Images(HashMap<(String, String, String), Value>);

impl Images {
    /// Adds what a request that reads an item was answered with.
    pub(crate) fn add(&mut self, request: &Value, answer: &str) {
        let Ok(Value::Object(mut answer)) = serde_json::from_str(answer) else { return };
        let Some(item) = answer.remove("Item") else { return };
        let part = |name: &str| request["Key"][name]["S"].as_str().unwrap_or_default().to_owned();
        let table = request["TableName"].as_str().unwrap_or_default().to_owned();
        self.0.insert((table, part("pk"), part("sk")), item);
    }

    fn of(&self, change: &Change) -> Option<&Value> {
        let Place { table, key, sort_key, .. } = &change.place;
        self.0.get(&(table.clone(), key.clone(), sort_key.clone()))
    }
}

impl Indexes {
    pub(super) fn of(tables: &[TableSpec]) -> Self {
        let with_indexes = tables.iter().filter(|table| !table.indexes.is_empty());
        Self(with_indexes.map(|table| (table.name.clone(), table.indexes.clone())).collect())
    }

    fn of_table(&self, change: &Change) -> &[IndexSpec] {
        self.0.get(&change.place.table).map_or(&[], Vec::as_slice)
    }

    /// Whether the item may stand in an index.
    pub(super) fn may_have(&self, change: &Change) -> bool {
        !matches!(change.kind, Kind::Check) && !self.of_table(change).is_empty()
    }

    /// Whether an update may change its place in an index.
    pub(super) fn may_move(&self, change: &Change) -> bool {
        let Kind::Update(words) = &change.kind else { return false };
        let mut keys =
            self.of_table(change).iter().flat_map(|index| [Some(&index.hash), index.range.as_ref()]);
        keys.any(|key| key.is_some_and(|key| words.contains(&key.attribute)))
    }

    /// The keys that a change writes to, each once for each unit. An update is taken to leave the item in its place.
    pub(super) fn keys(&self, change: &Change, before: &Images) -> Vec<Place> {
        let before = before.of(change);
        let after = match &change.kind {
            Kind::Put(item) => Some(item),
            Kind::Update(_) => before,
            Kind::Delete => None,
            Kind::Check => return Vec::new(),
        };
        self.written(change, before, after)
    }

    /// The keys that an update has written to beyond those of [`Self::keys`].
    pub(super) fn moved_to(&self, change: &Change, before: &Images, after: &Images) -> Vec<Place> {
        let mut written = self.written(change, before.of(change), after.of(change));
        for foreseen in self.keys(change, before) {
            if let Some(place) = written.iter().position(|key| *key == foreseen) {
                written.swap_remove(place);
            }
        }
        written
    }

    fn written(&self, change: &Change, before: Option<&Value>, after: Option<&Value>) -> Vec<Place> {
        let mut written = Vec::new();
        for index in self.of_table(change) {
            let entry = |item: Option<&Value>| item.and_then(|item| entry(index, item));
            let keys = match (entry(before), entry(after)) {
                // The keys alone stay as they were; of what else the index holds something changes.
                (Some(before), Some(after)) if before == after => {
                    (index.projection != Projection::KeysOnly).then_some(after).into_iter().chain(None)
                }
                (before, after) => before.into_iter().chain(after),
            };
            written.extend(keys.map(|(key, _)| Place {
                table: change.place.table.clone(),
                index: Some(index.name.clone()),
                key,
                sort_key: String::new(),
            }));
        }
        written
    }
}

/// Where an index has an item, if it has all that the index's key is made of.
fn entry(index: &IndexSpec, item: &Value) -> Option<(String, String)> {
    let text = |key: &Key| {
        let value = item.get(&key.attribute)?.as_object()?.values().next()?;
        value.as_str().map(str::to_owned)
    };
    let range = match &index.range {
        Some(range) => text(range)?,
        None => String::new(),
    };
    Some((text(&index.hash)?, range))
}
