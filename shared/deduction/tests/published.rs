//! Worked examples that other promotion engines publish, as rules of ours: the figures are theirs.

#![allow(clippy::unwrap_used, reason = "a test")]

use scrip_deduction::{Context, Item, Kind, Order, Rule, calculate};
use scrip_money::Money;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const LEAST_EXAMPLES: usize = 100;
const LEAST_ENGINES: usize = 10;

/// What an engine publishes of one calculation, in minor units.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    /// The engine, and where its figures stand.
    source: String,
    /// What is special about it.
    what: String,
    order: Order,
    items: Vec<Named>,
    #[serde(default)]
    context: Context,
    second_value: Money,
    /// What each item deducts; zero for one that does not apply.
    deductions: Option<BTreeMap<String, i64>>,
    /// What is left of each line.
    lines: Option<Vec<i64>>,
    /// What is used of balances.
    consumed: Option<BTreeMap<String, i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    item: String,
    kind: Kind,
    rule: Rule,
}

fn examples() -> Vec<Example> {
    serde_json::from_str(include_str!("published.json")).unwrap()
}

#[test]
fn every_published_figure_is_ours_too() {
    for Example { source, what, order, items, context, second_value, deductions, lines, consumed } in
        examples()
    {
        let example = format!("{what} {source}");
        order.check(second_value.currency).unwrap();
        context.check().unwrap();
        for Named { item, kind, rule } in &items {
            rule.check(second_value.currency)
                .unwrap_or_else(|refusal| panic!("{example}: {item}: {refusal}"));
            rule.check_kind("", *kind).unwrap();
        }
        let items: Vec<Item<'_>> = items
            .iter()
            .map(|Named { item, kind, rule }| Item { item, kind: *kind, version: None, rule })
            .collect();

        let calculation = calculate(&order, &items, &context).unwrap();

        assert_eq!(calculation.second_value, second_value, "{example}: {calculation:#?}");
        if let Some(deductions) = deductions {
            let steps = calculation.steps.iter();
            let steps = steps.map(|step| (step.item.to_string(), step.deducted.amount)).collect();
            assert_eq!(deductions, steps, "{example}: {calculation:#?}");
        }
        if let Some(lines) = lines {
            let left: Vec<i64> = calculation.lines.iter().map(|line| line.amount).collect();
            assert_eq!(lines, left, "{example}: {calculation:#?}");
        }
        if let Some(consumed) = consumed {
            let used = calculation.consumed.iter();
            let used = used.map(|used| (used.item.to_string(), used.units)).collect();
            assert_eq!(consumed, used, "{example}: {calculation:#?}");
        }
    }
}

#[test]
fn the_examples_are_many_and_of_many_engines() {
    let examples = examples();
    let of: BTreeSet<&str> = examples
        .iter()
        .map(|example| example.source.split_once(", ").expect("an engine, and a place").0)
        .collect();
    assert!(of.len() >= LEAST_ENGINES, "{of:?}");
    assert!(examples.len() >= LEAST_EXAMPLES);
    let different: BTreeSet<(&str, &str)> =
        examples.iter().map(|example| (&*example.source, &*example.what)).collect();
    assert_eq!(different.len(), examples.len());
}
