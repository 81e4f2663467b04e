//! One list that lies in several partitions, since one would be written to too often: read by merging them.

use crate::item::{Item, text};
use crate::query::{Page, PageRequest, Query};
use crate::{AttributeValue, Store, cursor};
use futures::future::try_join_all;
use scrip_refusal::{Code, Failure, Refusal};
use std::collections::VecDeque;

/// The longest sort key, by `DynamoDB`.
const MAX_SORT_KEY_BYTES: usize = 1_024;
/// How many elements of one partition are read at once at most.
const MAX_CHUNK: u32 = 100;
/// How many elements more than its even share are read of each partition, so that most pages take one round.
const MARGIN: u32 = 4;
const LIST: &str = "list";
const AFTER: &str = "after";

/// In which of so many partitions an element with this id lies: always the same one.
pub fn shard_of(id: &str, shards: u8) -> u8 {
    let sum = id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % u32::from(shards.max(1))).unwrap_or(0)
}

/// A list, newest first, whose elements lie in several partitions. All have the same sort key, which no two elements
/// share: a time, and what tells apart what happened at the same time.
#[derive(Clone, Debug)]
pub struct MergedList {
    name: String,
    sort_key: String,
    parts: Vec<Query>,
    from: Option<String>,
    before: Option<String>,
}

impl MergedList {
    /// The list of this name, which its cursors hold: none leads into another list.
    pub fn new(name: impl Into<String>, sort_key: &str, parts: impl IntoIterator<Item = Query>) -> Self {
        let parts = parts.into_iter().map(Query::newest_first).collect();
        Self { name: name.into(), sort_key: sort_key.to_owned(), parts, from: None, before: None }
    }

    /// Only elements whose sort key is not below `from`, and below `before`.
    #[must_use]
    pub fn within(mut self, from: Option<String>, before: Option<String>) -> Self {
        (self.from, self.before) = (from, before);
        self
    }

    /// Only what comes after the page that gave this cursor.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for a cursor that is not of this list.
    pub fn after(mut self, cursor: Option<&str>) -> Result<Self, Refusal> {
        let Some(cursor) = cursor else { return Ok(self) };
        let place = cursor::decode(cursor, (LIST, &self.name))?;
        let after = text(&place, AFTER).filter(|after| place.len() == 2 && after.len() <= MAX_SORT_KEY_BYTES);
        let Some(after) = after.map(str::to_owned) else {
            let detail = "Send the value of next from this list's last page, or none.";
            return Err(Refusal::new(Code::InvalidCursor, detail));
        };
        self.before = Some(self.before.map_or_else(|| after.clone(), |before| before.min(after.clone())));
        Ok(self)
    }

    fn cursor(&self, last: &str) -> Result<String, Failure> {
        let texts = [(LIST, self.name.as_str()), (AFTER, last)];
        let place = texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
        cursor::encode(&Item::from(place)).ok_or_else(|| Failure::broken("a place of no text"))
    }

    /// What is to be read of a partition, and whether its first element may be the bound itself; `None` if nothing can be
    /// there.
    fn query(&self, part: &Query, before: Option<&str>) -> Option<(Query, bool)> {
        let (query, key) = (part.clone(), &self.sort_key);
        Some(match (self.from.as_deref(), before) {
            (None, None) => (query, false),
            (Some(from), None) => (query.range(&format!("{key} >= :from")).value(":from", from), false),
            (None, Some(before)) => {
                (query.range(&format!("{key} < :before")).value(":before", before), false)
            }
            (Some(from), Some(before)) if from >= before => return None,
            // A key has one condition, and the one that has two bounds includes both.
            (Some(from), Some(before)) => {
                let query = query.range(&format!("{key} BETWEEN :from AND :before"));
                (query.value(":from", from).value(":before", before), true)
            }
        })
    }
}

/// The elements of a merged list, one after the other.
#[derive(Debug)]
pub struct Merge<'a> {
    store: &'a Store,
    list: MergedList,
    parts: Vec<Part>,
    /// The sort key of the element that was given last.
    last: Option<String>,
}

/// What was read of one partition and not yet given.
#[derive(Debug)]
struct Part {
    read: VecDeque<(String, Item)>,
    before: Option<String>,
    chunk: u32,
    is_over: bool,
}

impl Merge<'_> {
    /// The newest element that was not given yet.
    pub async fn next(&mut self) -> Result<Option<Item>, Failure> {
        self.refill().await?;
        let parts = self.parts.iter_mut().filter(|part| !part.read.is_empty());
        let newest = parts.max_by(|one, other| one.newest().cmp(&other.newest()));
        let Some((place, item)) = newest.and_then(|part| part.read.pop_front()) else { return Ok(None) };
        self.last = Some(place);
        Ok(Some(item))
    }

    /// The cursor of what comes after the element that was given last, if something does.
    pub async fn cursor(&mut self) -> Result<Option<String>, Failure> {
        self.refill().await?;
        let last = self.last.as_deref().filter(|_| self.parts.iter().any(|part| !part.read.is_empty()));
        last.map(|last| self.list.cursor(last)).transpose()
    }

    /// Reads on in each partition of which nothing is left: the newest of all may be there.
    async fn refill(&mut self) -> Result<(), Failure> {
        loop {
            let mut reads = Vec::new();
            for (place, (part, query)) in self.parts.iter_mut().zip(&self.list.parts).enumerate() {
                if !part.read.is_empty() || part.is_over {
                    continue;
                }
                match self.list.query(query, part.before.as_deref()) {
                    Some((query, has_bound)) => reads.push((place, query, part.chunk + u32::from(has_bound))),
                    None => part.is_over = true,
                }
            }
            if reads.is_empty() {
                return Ok(());
            }
            let found = reads.iter().map(|(_, query, limit)| self.store.first(query, *limit));
            let found = try_join_all(found).await?;
            for ((place, _, limit), items) in reads.into_iter().zip(found) {
                self.parts[place].add(items, limit, &self.list.sort_key)?;
            }
        }
    }
}

impl Part {
    fn newest(&self) -> Option<&str> {
        self.read.front().map(|(place, _)| place.as_str())
    }

    fn add(&mut self, items: Vec<Item>, limit: u32, sort_key: &str) -> Result<(), Failure> {
        self.is_over = u32::try_from(items.len()).is_ok_and(|count| count < limit);
        for item in items {
            let place =
                text(&item, sort_key).ok_or_else(|| Failure::broken("an element without its place"))?;
            if self.before.as_deref() != Some(place) {
                self.read.push_back((place.to_owned(), item));
            }
        }
        if let Some((last, _)) = self.read.back() {
            self.before = Some(last.clone());
        }
        // Who comes back for more gets more at once.
        self.chunk = self.chunk.max((2 * self.chunk).min(MAX_CHUNK));
        Ok(())
    }
}

impl Store {
    /// The elements of a merged list, of which about `expected` will be asked for.
    pub fn merge(&self, list: MergedList, expected: u32) -> Merge<'_> {
        let count = u32::try_from(list.parts.len()).unwrap_or(u32::MAX).max(1);
        let share = (expected.saturating_mul(2) / count).saturating_add(MARGIN);
        let chunk = share.min(expected.saturating_add(1));
        let part =
            |_: &Query| Part { read: VecDeque::new(), before: list.before.clone(), chunk, is_over: false };
        let parts = list.parts.iter().map(part).collect();
        Merge { store: self, list, parts, last: None }
    }

    /// One page of a merged list. All its partitions are asked at once.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for a cursor that is not of this list.
    pub async fn merged_page(&self, list: MergedList, page: &PageRequest) -> Result<Page<Item>, Failure> {
        let mut merge = self.merge(list.after(page.after.as_deref())?, page.limit);
        let mut items = Vec::new();
        for _ in 0..page.limit {
            match merge.next().await? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(Page { next: merge.cursor().await?, items })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::store;
    use proptest::prelude::*;

    fn list(name: &str) -> MergedList {
        MergedList::new(name, "sk", (0..4).map(|part| Query::of("notes", &format!("NOTE#{part}"))))
    }

    fn element(place: &str) -> Item {
        Item::from([("sk".to_owned(), AttributeValue::S(place.to_owned()))])
    }

    fn refused(list: MergedList, cursor: &str) -> Option<Code> {
        list.after(Some(cursor)).err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_cursor_leads_into_its_own_list_alone() {
        let cursor = list("notes of bob").cursor("1764000000000#note_1").unwrap();
        let after = list("notes of bob").after(Some(&cursor)).unwrap();
        assert_eq!(after.before.as_deref(), Some("1764000000000#note_1"));
        assert_eq!(refused(list("notes of carol"), &cursor), Some(Code::InvalidCursor));
        let long = list("notes of bob").cursor(&"9".repeat(MAX_SORT_KEY_BYTES + 1)).unwrap();
        let key = cursor::encode(&element("1764000000000#note_1")).unwrap();
        for bad in ["", "x", "1764000000000.note_1", &long, &key] {
            assert_eq!(refused(list("notes of bob"), bad), Some(Code::InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn a_cursor_never_leads_out_of_what_is_asked_for() {
        let cursor = list("notes").cursor("7").unwrap();
        for (before, bound) in [(None, "7"), (Some("9"), "7"), (Some("5"), "5")] {
            let list = list("notes").within(Some("3".into()), before.map(str::to_owned));
            let after = list.after(Some(&cursor)).unwrap();
            assert_eq!(after.before.as_deref(), Some(bound));
            assert!(after.query(&after.parts[0], Some("3")).is_none(), "nothing is below the first");
        }
    }

    #[test]
    fn a_partition_is_asked_for_what_lies_between_the_bounds() {
        let query = |from: Option<&str>, before: Option<&str>| {
            let list = list("notes").within(from.map(str::to_owned), None);
            list.query(&list.parts[0], before).map(|(query, has_bound)| (format!("{query:?}"), has_bound))
        };
        for (from, before, condition, has_bound) in [
            (None, None, "range: None", false),
            (Some("3"), None, "sk >= :from", false),
            (None, Some("7"), "sk < :before", false),
            (Some("3"), Some("7"), "sk BETWEEN :from AND :before", true),
        ] {
            let (query, bound) = query(from, before).unwrap();
            assert!(query.contains(condition) && query.contains("newest_first: true"), "{query}");
            assert_eq!(bound, has_bound, "{query}");
        }
        assert!(query(Some("7"), Some("7")).is_none() && query(Some("8"), Some("7")).is_none());
    }

    #[test]
    fn of_each_partition_its_share_is_read_and_a_margin_and_more_each_time() {
        let store = store();
        let chunk = |expected| store.merge(list("notes"), expected).parts[0].chunk;
        assert_eq!((chunk(1), chunk(10), chunk(100)), (2, 9, 54));
        let mut part = Part { read: VecDeque::new(), before: None, chunk: 30, is_over: false };
        let chunks = [(); 3].map(|()| {
            part.add(Vec::new(), 30, "sk").unwrap();
            part.chunk
        });
        assert_eq!(chunks, [60, 100, 100]);
        let mut large = Part { chunk: 150, ..part };
        large.add(Vec::new(), 150, "sk").unwrap();
        assert_eq!(large.chunk, 150);
    }

    #[tokio::test]
    async fn a_cursor_is_given_while_more_is_to_come() {
        let store = store();
        let mut merge = store.merge(list("notes"), 10);
        for part in &mut merge.parts {
            part.is_over = true;
        }
        assert_eq!(merge.cursor().await.unwrap(), None);
        merge.parts[1].read.extend(["5", "4"].map(|place| (place.to_owned(), element(place))));
        merge.next().await.unwrap().unwrap();
        let cursor = merge.cursor().await.unwrap().unwrap();
        assert_eq!(list("notes").after(Some(&cursor)).unwrap().before.as_deref(), Some("5"));
        merge.next().await.unwrap().unwrap();
        assert_eq!((merge.cursor().await.unwrap(), merge.next().await.unwrap()), (None, None));
    }

    proptest! {
        /// Nothing is sent: each partition has been read.
        #[test]
        fn what_lies_in_many_partitions_comes_newest_first_and_each_once(
            places in prop::collection::btree_map("[0-9]{3}#[a-c]", 0_usize..4, 0..40),
        ) {
            let store = store();
            let mut merge = store.merge(list("notes"), 100);
            for part in &mut merge.parts {
                part.is_over = true;
            }
            for (place, part) in places.iter().rev() {
                merge.parts[*part].read.push_back((place.clone(), element(place)));
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let given: Vec<String> = runtime.block_on(async {
                let mut given = Vec::new();
                while let Some(item) = merge.next().await.unwrap() {
                    given.push(text(&item, "sk").unwrap().to_owned());
                }
                given
            });
            prop_assert_eq!(given, places.into_keys().rev().collect::<Vec<_>>());
        }

        #[test]
        fn a_partition_is_read_on_below_what_was_read(count in 0_u32..20, limit in 1_u32..20) {
            let items: Vec<Item> = (0..count.min(limit)).map(|n| element(&format!("{:03}", 500 - n))).collect();
            let mut part = Part { read: VecDeque::new(), before: Some("500".into()), chunk: limit, is_over: false };
            let read = items.len();
            part.add(items, limit, "sk").unwrap();
            // The first one is the bound itself, which was given before.
            prop_assert_eq!(part.read.len(), read.saturating_sub(1));
            prop_assert_eq!(part.is_over, count < limit);
            let last = part.read.back().map_or("500".to_owned(), |(place, _)| place.clone());
            prop_assert_eq!(part.before, Some(last));
        }

        #[test]
        fn ids_spread_over_all_shards(shards in 1_u8..=64) {
            let id = |n: u32| crate::derive_id("note_", &[&n.to_string()]);
            let used: std::collections::BTreeSet<u8> = (0..2_000).map(|n| shard_of(&id(n), shards)).collect();
            prop_assert_eq!(used, (0..shards).collect());
        }
    }
}
