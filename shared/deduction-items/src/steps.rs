//! A calculation over a merchant's items, and how it is told.

use crate::automatic::Automatic;
use crate::item::ItemRecord;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use scrip_clock::Timestamp;
use scrip_deduction::{Calculation, Context, Limit, Order, Reason, Rule, Step, calculate};
use scrip_money::Money;
use scrip_refusal::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeductionStep")]
pub struct StepView {
    /// The item's name in the merchant's list of deductions.
    pub item: String,
    /// The version of its rule.
    pub version: u32,
    /// The order's value before it.
    pub before: Money,
    /// The order's value after it.
    pub after: Money,
    /// How far its value was lowered, zero or more.
    pub deducted: Money,
    /// Why it was refused, if it was; nothing is deducted then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<WhyNot>,
    /// What kept the deduction smaller than the effect alone would have made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limited_by: Option<Limit>,
    /// What was deducted from each line, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<Money>,
}

/// Why an item deducts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WhyNot {
    /// Its rule says so.
    Rule(Reason),
    /// It does not count at this time.
    Validity(Validity),
}

/// Why an item does not count at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// Its time has not begun.
    NotYetValid,
    /// Its time is over.
    Expired,
}

/// One list of words: that they are two types here is nothing to a client.
impl JsonSchema for WhyNot {
    fn schema_name() -> Cow<'static, str> {
        "NotDeductedReason".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (rule, validity) = (Reason::json_schema(generator), Validity::json_schema(generator));
        let words = [rule, validity].map(|schema| schema.get("oneOf").cloned());
        let words: Vec<Value> =
            words.into_iter().filter_map(|words| words?.as_array().cloned()).flatten().collect();
        json_schema!({ "description": "Why an item deducts nothing.", "oneOf": words })
    }
}

/// A step as the API's description shows it.
pub(crate) fn step_example() -> Value {
    json!({
        "item": "spring",
        "version": 1,
        "before": { "amount": 1_000, "currency": "CNY" },
        "after": { "amount": 900, "currency": "CNY" },
        "deducted": { "amount": 100, "currency": "CNY" },
    })
}

/// Items by themselves: whatever a request says comes out the same.
pub(crate) struct Calculated {
    pub calculation: Calculation<'static>,
    pub steps: Vec<StepView>,
}

/// Calculates with the named items and those that apply unasked. A named item whose time is not now has a step at the
/// end.
pub(crate) fn calculated(
    named: &[ItemRecord],
    automatic: &Automatic,
    order: &Order,
    context: &Context,
    now: Timestamp,
) -> Result<Calculated, Failure> {
    let unasked = automatic.items.iter().filter(|item| named.iter().all(|named| named.item != item.item));
    let valid = named.iter().chain(unasked).filter(|item| item.validity(now).is_none());
    let rules = valid.map(|item| Ok((item, item.rule()?))).collect::<Result<Vec<(_, Rule)>, Failure>>()?;
    let items: Vec<_> = rules.iter().map(|(item, rule)| item.applied(rule)).collect();
    let calculation = calculate(order, &items, context)?.into_owned();

    let mut steps: Vec<_> = calculation.steps.iter().map(StepView::of).collect();
    let rest = calculation.second_value;
    steps.extend(named.iter().filter_map(|item| {
        Some(StepView {
            item: item.item.clone(),
            version: item.version,
            before: rest,
            after: rest,
            deducted: Money::zero(rest.currency),
            reason: Some(WhyNot::Validity(item.validity(now)?)),
            limited_by: None,
            lines: Vec::new(),
        })
    }));
    Ok(Calculated { calculation, steps })
}

impl StepView {
    fn of(step: &Step<'_>) -> Self {
        Self {
            item: step.item.to_string(),
            version: step.version.unwrap_or_default(),
            before: step.before,
            after: step.after,
            deducted: step.deducted,
            reason: step.reason.map(WhyNot::Rule),
            limited_by: step.limited_by,
            lines: step.lines.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::{off, record};
    use crate::item::time;
    use scrip_deduction::Kind;
    use scrip_money::Currency;

    fn run(named: &[ItemRecord], automatic: Vec<ItemRecord>) -> Calculated {
        let order = Order::of_value(Money::new(1_000, Currency::CNY));
        let automatic = Automatic { revision: 1, items: automatic };
        calculated(named, &automatic, &order, &Context::default(), time(100).unwrap()).unwrap()
    }

    fn items(calculated: &Calculated) -> Vec<&str> {
        calculated.steps.iter().map(|step| step.item.as_str()).collect()
    }

    #[test]
    fn automatic_items_apply_once_also_when_they_are_named() {
        let [a, b] = ["a", "b"].map(|name| record(name, Kind::Promotion, &off(100)));
        let unasked = run(&[], vec![a.clone(), b.clone()]);
        assert_eq!((items(&unasked), unasked.calculation.second_value.amount), (vec!["a", "b"], 800));
        let named = run(std::slice::from_ref(&b), vec![a, b.clone()]);
        assert_eq!((items(&named), named.calculation.second_value.amount), (vec!["a", "b"], 800));
    }

    #[test]
    fn what_does_not_count_now_is_told_if_it_was_named() {
        let late = ItemRecord { valid_until: Some(100), ..record("late", Kind::Coupon, &off(100)) };
        let early = ItemRecord { valid_from: Some(101), ..record("early", Kind::Promotion, &off(100)) };
        let calculated = run(&[late, record("now", Kind::Promotion, &off(50))], vec![early]);
        assert_eq!(
            (items(&calculated), calculated.calculation.second_value.amount),
            (vec!["now", "late"], 950)
        );
        assert_eq!(calculated.steps[1].reason, Some(WhyNot::Validity(Validity::Expired)));
        assert!(calculated.calculation.consumed.is_empty());
    }

    #[test]
    fn steps_are_read_as_they_are_written() {
        for why in [WhyNot::Rule(Reason::NothingLeft), WhyNot::Validity(Validity::NotYetValid)] {
            let text = serde_json::to_string(&why).unwrap();
            assert_eq!(serde_json::from_str::<WhyNot>(&text).unwrap(), why);
        }
        assert_eq!(serde_json::to_value(WhyNot::Validity(Validity::NotYetValid)).unwrap(), "not-yet-valid");
    }
}
