//! What a request says of an order, and which items it names.

use crate::item::{is_item, unknown_item};
use crate::limits::MAX_NAMED_ITEMS;
use scrip_deduction::{Context, Line, Order};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Refusal};
use std::collections::BTreeSet;

/// An order and who is known to order, checked for a merchant's currency.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub order: Order,
    pub context: Context,
}

impl Checked {
    pub(crate) fn new(
        first_value: Option<Money>,
        lines: &[Line],
        context: Option<&Context>,
        currency: Currency,
    ) -> Result<Self, Refusal> {
        let order = Order { first_value, lines: lines.to_vec() };
        order.check(currency)?;
        let context = context.cloned().unwrap_or_default();
        context.check()?;
        Ok(Self { order, context })
    }
}

/// Requires few names that can be items', each once. `pointer` says where the name of a place stands.
pub(crate) fn check_names<'a>(
    names: impl ExactSizeIterator<Item = &'a str>,
    pointer: impl Fn(usize) -> String,
) -> Result<(), Refusal> {
    if names.len() > MAX_NAMED_ITEMS {
        return Err(Refusal::field("/items", Code::TooMany, format!("at most {MAX_NAMED_ITEMS} items")));
    }
    let mut seen = BTreeSet::new();
    for (place, name) in names.enumerate() {
        if !is_item(name) {
            return Err(unknown_item(pointer(place)));
        }
        if !seen.insert(name) {
            return Err(Refusal::field(pointer(place), Code::InvalidField, "each item once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(names: &[&str]) -> Option<(String, Code)> {
        let refusal = check_names(names.iter().copied(), |place| format!("/items/{place}")).err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn few_items_are_named_each_once() {
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(&["a", "b", "A"]), None);
        assert_eq!(refused(&["a", "b", "a"]), Some(("/items/2".into(), Code::InvalidField)));
        assert_eq!(refused(&["a", "b#"]), Some(("/items/1".into(), Code::NotFound)));
        let names: Vec<_> = (0..MAX_NAMED_ITEMS).map(|number| number.to_string()).collect();
        assert_eq!(refused(&names.iter().map(String::as_str).collect::<Vec<_>>()), None);
        assert_eq!(refused(&["a"; MAX_NAMED_ITEMS + 1]), Some(("/items".into(), Code::TooMany)));
    }
}
