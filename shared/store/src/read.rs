//! Several items by their keys, from one table or several, in one round trip, each as the record that it holds.

use crate::item::{Item, Key, decode};
use crate::{Store, error};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use scrip_refusal::{Failure, Refusal, SEND_AGAIN};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::vec;

/// What one request may name at most, by `DynamoDB`.
const MAX_KEYS: usize = 100;

/// Where an item stands: in which table, under which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    table: String,
    key: Key,
}

impl Key {
    /// The address of the item that has this key in `table`.
    pub fn at(self, table: &str) -> Address {
        Address { table: table.to_owned(), key: self }
    }
}

/// What can be read in one round trip: an [`Address`], one that may be missing, a list of them, or a tuple of these.
pub trait Addresses {
    /// How many items of which element the answer holds.
    type Shape;

    /// Adds the addresses in the order in which the answer is taken apart.
    fn add_to(self, addresses: &mut Vec<Address>) -> Self::Shape;
}

/// What comes back for [`Addresses`] of a shape: `None` for each item that does not exist.
pub trait FromItems<Shape>: Sized {
    /// Takes the items of this shape from those that were found.
    fn from_items(shape: Shape, found: &mut vec::IntoIter<Option<Item>>) -> Result<Self, Failure>;
}

/// What an item is read as: a record, or [`Raw`].
pub trait FromItem: Sized {
    /// Reads it from the item.
    fn from_item(item: Item) -> Result<Self, Failure>;
}

/// An item as it is stored, where more is asked of it than what its record holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Item);

/// The shape of one address.
#[derive(Clone, Copy, Debug)]
pub struct One;

/// The shape of an address that may be missing.
#[derive(Clone, Copy, Debug)]
pub struct AtMostOne(bool);

/// The shape of a list of addresses.
#[derive(Clone, Copy, Debug)]
pub struct Many(usize);

impl<T: DeserializeOwned> FromItem for T {
    fn from_item(item: Item) -> Result<Self, Failure> {
        decode(item)
    }
}

impl FromItem for Raw {
    fn from_item(item: Item) -> Result<Self, Failure> {
        Ok(Self(item))
    }
}

impl Addresses for Address {
    type Shape = One;

    fn add_to(self, addresses: &mut Vec<Address>) -> One {
        addresses.push(self);
        One
    }
}

impl Addresses for Option<Address> {
    type Shape = AtMostOne;

    fn add_to(self, addresses: &mut Vec<Address>) -> AtMostOne {
        let shape = AtMostOne(self.is_some());
        addresses.extend(self);
        shape
    }
}

impl Addresses for Vec<Address> {
    type Shape = Many;

    fn add_to(self, addresses: &mut Vec<Address>) -> Many {
        let shape = Many(self.len());
        addresses.extend(self);
        shape
    }
}

impl<T: FromItem> FromItems<One> for Option<T> {
    fn from_items(_: One, found: &mut vec::IntoIter<Option<Item>>) -> Result<Self, Failure> {
        found.next().flatten().map(T::from_item).transpose()
    }
}

impl<T: FromItem> FromItems<AtMostOne> for Option<T> {
    fn from_items(shape: AtMostOne, found: &mut vec::IntoIter<Option<Item>>) -> Result<Self, Failure> {
        if shape.0 { Self::from_items(One, found) } else { Ok(None) }
    }
}

impl<T: FromItem> FromItems<Many> for Vec<Option<T>> {
    fn from_items(shape: Many, found: &mut vec::IntoIter<Option<Item>>) -> Result<Self, Failure> {
        found.take(shape.0).map(|item| item.map(T::from_item).transpose()).collect()
    }
}

macro_rules! tuples {
    ($(($($element:ident $shape:ident $place:tt),+);)+) => {$(
        impl<$($element: Addresses),+> Addresses for ($($element,)+) {
            type Shape = ($($element::Shape,)+);

            fn add_to(self, addresses: &mut Vec<Address>) -> Self::Shape {
                ($(self.$place.add_to(addresses),)+)
            }
        }

        impl<$($shape,)+ $($element: FromItems<$shape>),+> FromItems<($($shape,)+)> for ($($element,)+) {
            fn from_items(shape: ($($shape,)+), found: &mut vec::IntoIter<Option<Item>>) -> Result<Self, Failure> {
                Ok(($($element::from_items(shape.$place, found)?,)+))
            }
        }
    )+};
}

tuples! {
    (A S0 0, B S1 1);
    (A S0 0, B S1 1, C S2 2);
    (A S0 0, B S1 1, C S2 2, D S3 3);
    (A S0 0, B S1 1, C S2 2, D S3 3, E S4 4);
    (A S0 0, B S1 1, C S2 2, D S3 3, E S4 4, F S5 5);
}

impl Store {
    /// Reads items as they are now. The answer has the form of what is asked for: for a tuple of addresses, a tuple of
    /// optional records in the same order.
    pub async fn read<A, R>(&self, addresses: A) -> Result<R, Failure>
    where
        A: Addresses,
        R: FromItems<A::Shape>,
    {
        let mut list = Vec::new();
        let shape = addresses.add_to(&mut list);
        R::from_items(shape, &mut self.read_items(&list).await?.into_iter())
    }

    /// A refusal; or, if what the same request makes is there by now, that it changed. Items that are read together are not
    /// read at one moment: what speaks against a request may be what the same request did, sent twice at once.
    pub async fn unless_made(&self, made: Address, refusal: Refusal) -> Failure {
        match self.read::<_, Option<Raw>>(made).await {
            Ok(Some(_)) => Failure::Changed(SEND_AGAIN),
            Ok(None) => refusal.into(),
            Err(failure) => failure,
        }
    }

    /// The answer has the order of the addresses.
    async fn read_items(&self, addresses: &[Address]) -> Result<Vec<Option<Item>>, Failure> {
        let mut found: HashMap<Address, Item> = HashMap::new();
        for addresses in addresses.chunks(MAX_KEYS) {
            let batch = Mutex::new(Batch { missing: requests(addresses)?, found: HashMap::new() });
            for table in batch.lock().unwrap_or_else(PoisonError::into_inner).missing.keys() {
                self.meter.access("BatchGetItem", table, None);
            }
            // What a throttled table leaves unread is asked for again, after a pause.
            self.while_busy(|| self.read_missing(&batch)).await?;
            found.extend(batch.into_inner().unwrap_or_else(PoisonError::into_inner).found);
        }
        Ok(addresses.iter().map(|address| found.get(address).cloned()).collect())
    }

    async fn read_missing(&self, batch: &Mutex<Batch>) -> Result<(), Failure> {
        let missing = batch.lock().unwrap_or_else(PoisonError::into_inner).missing.clone();
        let request = self
            .client
            .batch_get_item()
            .set_request_items(Some(missing))
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        self.meter.round_trip();
        let answer = request.send().await.map_err(error::from_sdk)?;
        self.meter.read(answer.consumed_capacity());
        batch.lock().unwrap_or_else(PoisonError::into_inner).take(answer)
    }
}

/// What one request reads, however many attempts it takes.
struct Batch {
    missing: HashMap<String, KeysAndAttributes>,
    found: HashMap<Address, Item>,
}

impl Batch {
    fn take(&mut self, answer: BatchGetItemOutput) -> Result<(), Failure> {
        for (table, items) in answer.responses.unwrap_or_default() {
            for item in items {
                let key = Key::of(&item).ok_or_else(|| Failure::broken("an item without its key"))?;
                self.found.insert(key.at(&table), item);
            }
        }
        self.missing = answer.unprocessed_keys.unwrap_or_default();
        if self.missing.is_empty() {
            return Ok(());
        }
        let left: usize = self.missing.values().map(|keys| keys.keys().len()).sum();
        Err(Failure::Busy(format!("{left} keys of a batch are not read yet")))
    }
}

fn requests(addresses: &[Address]) -> Result<HashMap<String, KeysAndAttributes>, Failure> {
    let mut tables: HashMap<String, HashSet<&Key>> = HashMap::new();
    for Address { table, key } in addresses {
        tables.entry(table.clone()).or_default().insert(key);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::encode;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Bill {
        total: i64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line {
        name: String,
    }

    type Answer = (Option<Bill>, (Vec<Option<Line>>, Option<Bill>), Option<Raw>, Option<Line>);

    fn key(name: &str) -> Key {
        Key::new(name, "ITEM")
    }

    /// What a store that holds these records answers to a read.
    fn answer<A: Addresses, R: FromItems<A::Shape>>(
        addresses: A,
        stored: &HashMap<Key, Item>,
    ) -> Result<R, Failure> {
        let mut list = Vec::new();
        let shape = addresses.add_to(&mut list);
        let found: Vec<_> = list.iter().map(|at| stored.get(&at.key).cloned()).collect();
        let mut found = found.into_iter();
        let taken = R::from_items(shape, &mut found);
        assert!(taken.is_err() || found.next().is_none(), "all that was read is taken");
        taken
    }

    fn stored(bills: &[i64], lines: &[Option<String>]) -> HashMap<Key, Item> {
        let bills = bills.iter().enumerate().map(|(place, total)| {
            let key = key(&format!("BILL#{place}"));
            (key.clone(), encode(&key, &Bill { total: *total }).unwrap())
        });
        let lines = lines.iter().enumerate().filter_map(|(place, name)| {
            let key = key(&format!("LINE#{place}"));
            Some((key.clone(), encode(&key, &Line { name: name.clone()? }).unwrap()))
        });
        bills.chain(lines).collect()
    }

    proptest! {
        #[test]
        fn each_address_gets_its_own_item_in_its_own_type(
            total in any::<i64>(),
            names in proptest::collection::vec(proptest::option::of("[a-z]{1,8}"), 0..8),
            is_asked in any::<bool>(),
        ) {
            let stored = stored(&[total], &names);
            let bill = || key("BILL#0").at("bills");
            let lines: Vec<_> =
                (0..names.len()).map(|place| key(&format!("LINE#{place}")).at("lines")).collect();
            let more = is_asked.then(bill);
            let asked = (bill(), (lines, more), bill(), key("LINE#none").at("lines"));
            let (one, (list, again), raw, none): Answer = answer(asked, &stored).unwrap();
            prop_assert_eq!(one, Some(Bill { total }));
            prop_assert_eq!(list, names.into_iter().map(|name| name.map(|name| Line { name })).collect::<Vec<_>>());
            prop_assert_eq!(again, is_asked.then_some(Bill { total }));
            prop_assert_eq!(raw.map(|Raw(item)| item), stored.get(&key("BILL#0")).cloned());
            prop_assert_eq!(none, None);
        }
    }

    #[test]
    fn an_item_of_another_form_is_broken() {
        let stored = stored(&[7], &[]);
        let read: Result<Option<Line>, _> = answer(key("BILL#0").at("bills"), &stored);
        assert!(matches!(read, Err(Failure::Broken(_))), "{read:?}");
    }

    #[test]
    fn keys_that_were_not_read_are_asked_for_until_none_is_left() {
        let at = |name: &str| key(name).at("bills");
        let asked = [at("A"), at("B"), at("C")];
        let mut batch = Batch { missing: requests(&asked).unwrap(), found: HashMap::new() };
        let answer = |read: &str, unread: &[&str]| {
            let unread: Vec<_> = unread.iter().map(|name| at(name)).collect();
            let items = HashMap::from([("bills".to_owned(), vec![key(read).to_item()])]);
            let answer = BatchGetItemOutput::builder().set_responses(Some(items));
            answer.set_unprocessed_keys(Some(requests(&unread).unwrap())).build()
        };
        for (read, unread) in [("B", ["A", "C"].as_slice()), ("A", &["C"])] {
            assert!(matches!(batch.take(answer(read, unread)), Err(Failure::Busy(_))));
            assert_eq!(batch.missing["bills"].keys().len(), unread.len());
        }
        assert!(batch.take(answer("C", &[])).is_ok());
        assert_eq!(batch.found.len(), 3);
    }

    #[test]
    fn a_request_names_each_key_once_in_its_table() {
        let at = |name: &str, table: &'static str| key(name).at(table);
        let asked = [at("A", "one"), at("B", "one"), at("A", "one"), at("A", "two")];
        let requests = requests(&asked).unwrap();
        assert_eq!((requests["one"].keys().len(), requests["two"].keys().len()), (2, 1));
    }
}
