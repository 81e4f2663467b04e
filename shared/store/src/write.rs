//! One conditional write.

use crate::item::{Item, Key};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// A put, update, delete or check of one item, with its condition. Expressions are `DynamoDB`'s own.
#[derive(Clone, Debug)]
pub struct Write {
    pub(crate) table: String,
    pub(crate) action: Action,
    pub(crate) condition: Option<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Put(Item),
    Update { key: Key, expression: String },
    Delete(Key),
    Check(Key),
}

impl Action {
    /// As a policy names it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Put(_) => "PutItem",
            Self::Update { .. } => "UpdateItem",
            Self::Delete(_) => "DeleteItem",
            Self::Check(_) => "ConditionCheckItem",
        }
    }
}

/// A value in an expression.
#[derive(Clone, Debug)]
pub struct Value(pub AttributeValue);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(AttributeValue::S(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(AttributeValue::S(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(AttributeValue::N(number.to_string()))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self(AttributeValue::Bool(truth))
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        Self(value)
    }
}

impl Write {
    fn new(table: &str, action: Action) -> Self {
        Self {
            table: table.to_owned(),
            action,
            condition: None,
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// Puts a whole item, over any that has its key unless a condition forbids it.
    pub fn put(table: &str, item: Item) -> Self {
        Self::new(table, Action::Put(item))
    }

    /// Puts an item whose key must be free.
    pub fn put_new(table: &str, item: Item) -> Self {
        Self::put(table, item).when("attribute_not_exists(pk)")
    }

    /// Changes attributes by an update expression. Without a condition it creates the item where there is none.
    pub fn update(table: &str, key: Key, expression: impl Into<String>) -> Self {
        Self::new(table, Action::Update { key, expression: expression.into() })
    }

    /// Deletes an item.
    pub fn delete(table: &str, key: Key) -> Self {
        Self::new(table, Action::Delete(key))
    }

    /// Changes nothing, but the transaction holds only if the condition does.
    pub fn check(table: &str, key: Key) -> Self {
        Self::new(table, Action::Check(key))
    }

    /// The condition under which the write takes place.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// Stands for an attribute's name (`#status`), where the name is a reserved word or has other signs than letters.
    #[must_use]
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        self
    }

    /// Stands for a value (`:amount`).
    #[must_use]
    pub fn value(mut self, placeholder: &str, value: impl Into<Value>) -> Self {
        self.values.insert(placeholder.to_owned(), value.into().0);
        self
    }

    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        some(self.names.clone())
    }

    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        some(self.values.clone())
    }
}

/// `DynamoDB` takes no empty maps.
pub(crate) fn some<V>(map: HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}
