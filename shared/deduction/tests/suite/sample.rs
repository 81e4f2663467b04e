//! Shorthand for the tests.

use scrip_deduction::{Calculation, Context, Item, Kind, Line, Order, Rule, calculate};
use scrip_money::{Currency, Money};

pub fn cny(amount: i64) -> Money {
    Money::new(amount, Currency::CNY)
}

/// Amounts in rules are written as `¥1000` for `{"amount": 1000, "currency": "CNY"}`.
pub fn rule(json: &str) -> Rule {
    let mut written = String::new();
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('¥') {
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        written.extend([before, r#"{"amount": "#, &after[..digits], r#", "currency": "CNY"}"#]);
        rest = &after[digits..];
    }
    written += rest;
    serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"))
}

pub fn line(sku: &str, category: &str, quantity: i64, unit_price: i64) -> Line {
    let category = Some(category.to_owned()).filter(|category| !category.is_empty());
    Line { sku: sku.to_owned(), name: None, category, quantity, unit_price: cny(unit_price) }
}

/// Promotions are named by their rules' places: `a`, `b` …
pub fn promotions(rules: &[Rule]) -> Vec<Item<'_>> {
    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let item = |(item, rule)| Item { item, kind: Kind::Promotion, version: None, rule };
    NAMES.into_iter().zip(rules).map(item).collect()
}

pub fn apply<'a>(order: &Order, rules: &'a [Rule]) -> Calculation<'a> {
    calculate(order, &promotions(rules), &Context::default()).unwrap()
}

/// `a -1000`, `b nth-order-not-met`, `c -200 cap`: one text for each step.
pub fn told(calculation: &Calculation<'_>) -> Vec<String> {
    let kebab = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let step = |step: &scrip_deduction::Step<'_>| match (step.reason, step.limited_by) {
        (Some(reason), _) => format!("{} {}", step.item, kebab(serde_json::to_value(reason).unwrap())),
        (None, Some(limit)) => {
            let limit = kebab(serde_json::to_value(limit).unwrap());
            format!("{} -{} {limit}", step.item, step.deducted.amount)
        }
        (None, None) => format!("{} -{}", step.item, step.deducted.amount),
    };
    calculation.steps.iter().map(step).collect()
}

pub fn amounts(values: &[Money]) -> Vec<i64> {
    values.iter().map(|value| value.amount).collect()
}
