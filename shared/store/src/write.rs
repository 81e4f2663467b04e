//! One conditional write.

use crate::expression::check_placeholders;
use crate::item::{Item, Key, STAMP};
use aws_sdk_dynamodb::types::AttributeValue;
use scrip_refusal::Failure;
use std::collections::HashMap;

/// What parts an update's assignments from the attributes that it takes away.
const REMOVE: &str = " REMOVE ";

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

    /// A condition under which the write takes place; all that are given must hold. One that has an `OR` stands in
    /// parentheses.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        let condition = condition.into();
        self.condition = Some(match self.condition.take() {
            Some(before) => format!("{before} AND {condition}"),
            None => condition,
        });
        self
    }

    /// One more assignment of an update whose expression begins with those of `SET`.
    #[must_use]
    pub fn set(mut self, assignment: &str) -> Self {
        if let Action::Update { expression, .. } = &mut self.action {
            let end = expression.find(REMOVE).unwrap_or(expression.len());
            expression.insert_str(end, &format!(", {assignment}"));
        }
        self
    }

    /// One more attribute that an update takes away.
    #[must_use]
    pub fn remove(mut self, attribute: &str) -> Self {
        if let Action::Update { expression, .. } = &mut self.action {
            expression.push_str(if expression.contains(REMOVE) { ", " } else { REMOVE });
            expression.push_str(attribute);
        }
        self
    }

    /// What stands for a placeholder.
    pub fn value_of(&self, placeholder: &str) -> Option<&AttributeValue> {
        self.values.get(placeholder)
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

    /// The same, which leaves this mark on what it puts or changes.
    pub(crate) fn stamped(mut self, stamp: &str) -> Self {
        match &mut self.action {
            Action::Put(item) => {
                item.insert(STAMP.to_owned(), AttributeValue::S(stamp.to_owned()));
            }
            Action::Update { expression, .. } => {
                *expression = match expression.strip_prefix("SET ") {
                    Some(assignments) => format!("SET #stamp = :stamp, {assignments}"),
                    None => format!("SET #stamp = :stamp {expression}"),
                };
                return self.name("#stamp", STAMP).value(":stamp", stamp);
            }
            Action::Delete(_) | Action::Check(_) => {}
        }
        self
    }

    pub(crate) fn check_placeholders(&self) -> Result<(), Failure> {
        let update = match &self.action {
            Action::Update { expression, .. } => Some(expression.as_str()),
            Action::Put(_) | Action::Delete(_) | Action::Check(_) => None,
        };
        check_placeholders(update.into_iter().chain(self.condition.as_deref()), &self.names, &self.values)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transaction;
    use crate::tests::store;
    use scrip_refusal::{Code, Refusal};

    fn write() -> Write {
        Write::update("bills", Key::new("BILL#1", "BILL"), "SET #total = #total + :sum")
            .when("#total <= :room")
            .name("#total", "total")
            .value(":sum", 1)
            .value(":room", 2)
    }

    #[test]
    fn what_stands_for_names_and_values_is_sent_where_there_is_any() {
        let write = write();
        assert_eq!(write.names(), Some([("#total".to_owned(), "total".to_owned())].into()));
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let values = [(":sum".to_owned(), number("1")), (":room".to_owned(), number("2"))];
        assert_eq!(write.values(), Some(values.into()));
        let bare = Write::delete("bills", Key::new("BILL#1", "BILL"));
        assert_eq!((bare.names(), bare.values()), (None, None));
    }

    #[test]
    fn conditions_and_assignments_add_up() {
        let write = write().set("version = :version").when("(version < :version OR version = :none)");
        assert_eq!(
            write.condition.as_deref(),
            Some("#total <= :room AND (version < :version OR version = :none)")
        );
        let Action::Update { expression, .. } = write.action else { panic!("it is an update") };
        assert_eq!(expression, "SET #total = #total + :sum, version = :version");
    }

    #[test]
    fn assignments_come_before_what_is_taken_away() {
        let write = write().remove("slot").set("version = :version").remove("due");
        let Action::Update { expression, .. } = write.action else { panic!("it is an update") };
        assert_eq!(expression, "SET #total = #total + :sum, version = :version REMOVE slot, due");
    }

    #[test]
    fn what_is_put_or_changed_is_marked() {
        let expression = |write: Write| match write.stamped("x") {
            write @ Write { action: Action::Update { .. }, .. } => {
                assert!(write.names.get("#stamp").is_some_and(|name| name == STAMP));
                assert!(write.check_placeholders().is_ok(), "{write:?}");
                let Action::Update { expression, .. } = write.action else { unreachable!() };
                expression
            }
            write => panic!("{write:?}"),
        };
        let key = || Key::new("BILL#1", "BILL");
        assert_eq!(expression(write()), "SET #stamp = :stamp, #total = #total + :sum");
        let removal = Write::update("bills", key(), "REMOVE workflow");
        assert_eq!(expression(removal), "SET #stamp = :stamp REMOVE workflow");
        let Action::Put(item) = Write::put("bills", key().to_item()).stamped("x").action else {
            panic!("a put")
        };
        assert_eq!(crate::text(&item, STAMP), Some("x"));
        let deletion = Write::delete("bills", key()).stamped("x");
        assert!(deletion.names.is_empty() && deletion.values.is_empty());
    }

    #[test]
    fn each_kind_of_write_is_checked() {
        let key = || Key::new("BILL#1", "BILL");
        assert!(write().check_placeholders().is_ok());
        assert!(Write::put_new("bills", key().to_item()).check_placeholders().is_ok());
        for wrong in [
            Write::put("bills", key().to_item()).when("version = :before"),
            Write::delete("bills", key()).when("version = :before"),
            Write::check("bills", key()).when("version = :before"),
            write().value(":unused", 1),
            write().set("version = :version"),
        ] {
            assert!(matches!(wrong.check_placeholders(), Err(Failure::Broken(_))), "{wrong:?}");
        }
    }

    /// The store reaches nothing, so what is told comes before anything is sent.
    #[tokio::test]
    async fn a_write_that_does_not_fit_its_values_is_not_sent() {
        let mut transaction = Transaction::new();
        transaction.require(write().value(":unused", 1), |_| Refusal::new(Code::NotFound, "No."));
        let store = store();
        let failure = store.commit(transaction).await.unwrap_err();
        assert!(matches!(&failure, Failure::Broken(why) if why.contains(":unused")), "{failure}");
        let query = crate::Query::of("bills", "BILL#1").range("begins_with(sk, :prefix)");
        let failure = store.all(&query, 1).await.unwrap_err();
        assert!(matches!(&failure, Failure::Broken(why) if why.contains(":prefix")), "{failure}");
        assert_eq!(store.meter().usage().round_trips, 0);
    }
}
