//! Keys and items.

use aws_sdk_dynamodb::types::AttributeValue;
use scrip_refusal::Failure;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// The attribute that names the single write which an item is of: a write whose answer was lost knows its effect by it.
pub(crate) const STAMP: &str = "stamp";

/// An item, as the SDK knows it.
pub type Item = HashMap<String, AttributeValue>;

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place within the partition.
    pub sk: String,
}

impl Key {
    /// The key of the item `sk` in the partition `pk`.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The two attributes.
    pub fn to_item(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The key of an item, if it has one.
    pub fn of(item: &Item) -> Option<Self> {
        Some(Self::new(text(item, "pk")?, text(item, "sk")?))
    }
}

/// Makes an item of a record, with its key.
pub fn encode<T: Serialize>(key: &Key, record: &T) -> Result<Item, Failure> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(Failure::broken)?;
    item.extend(key.to_item());
    Ok(item)
}

/// Reads a record from an item; attributes that the record does not name are passed over.
pub fn decode<T: DeserializeOwned>(mut item: Item) -> Result<T, Failure> {
    item.remove(STAMP);
    serde_dynamo::from_item(item).map_err(Failure::broken)
}

/// A string attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole-number attribute.
pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Record {
        pk: String,
        sk: String,
        total: i64,
    }

    #[test]
    fn a_record_comes_back_without_the_mark_of_the_write_that_it_is_of() {
        let key = Key::new("BILL#1", "BILL");
        let record = Record { pk: "BILL#1".to_owned(), sk: "BILL".to_owned(), total: -7 };
        let mut item = encode(&key, &record).unwrap();
        assert_eq!((Key::of(&item), text(&item, "pk")), (Some(key), Some("BILL#1")));
        assert_eq!(
            (number(&item, "total"), text(&item, "total"), number(&item, "pk")),
            (Some(-7), None, None)
        );
        item.insert(STAMP.to_owned(), AttributeValue::S("0123".to_owned()));
        assert_eq!(decode::<Record>(item).unwrap(), record);
        assert_eq!(Key::of(&Item::new()), None);
    }
}
