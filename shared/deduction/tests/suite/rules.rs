//! Rules as JSON.

use crate::sample::rule;
use proptest::prelude::*;
use scrip_deduction::{Base, Rule, Spread, Target};
use scrip_money::{Allocation, Rounding};

/// The rule of the API's description, with all its fields.
const FULL: &str = concat!(
    r#"{"effect":{"percentage":"10"},"#,
    r#""target":{"lines":{"skus":["a","b"],"categories":["food"]},"spread":"across"},"#,
    r#""tiers":[{"from":{"amount":10000,"currency":"CNY"},"effect":{"free_units":{"buy":2,"get":1}}},"#,
    r#"{"from":{"amount":20000,"currency":"CNY"},"effect":{"fixed_price":{"amount":900,"currency":"CNY"}}}],"#,
    r#""conditions":{"threshold":{"amount":5000,"currency":"CNY"},"minimum_quantity":3,"#,
    r#""member_levels":["gold"],"nth_order":5},"#,
    r#""cap":{"amount":3000,"currency":"CNY"},"minimum_payable":{"amount":100,"currency":"CNY"},"automatic":true,"#,
    r#""stacking":{"priority":10,"exclusive":true,"base":"first"},"rounding":"down","allocation":"spill_last","#,
    r#""exchange":{"units":100,"worth":{"amount":100,"currency":"CNY"}}}"#,
);

#[test]
fn every_field_is_written_as_it_is_read() {
    let full: Rule = serde_json::from_str(FULL).unwrap();
    assert_eq!(serde_json::to_string(&full).unwrap(), FULL);
    assert_eq!(serde_json::from_value::<Rule>(serde_json::to_value(&full).unwrap()).unwrap(), full);
}

#[test]
fn defaults_are_those_of_the_api_and_are_not_written() {
    let short = r#"{"effect":{"percentage":"12.5"}}"#;
    let defaults = r#"{"effect": {"percentage": "12.50"}, "target": "order", "tiers": [], "conditions": {},
        "automatic": false, "stacking": {"priority": 0, "exclusive": false, "base": "reduced"},
        "rounding": "half_up", "allocation": "largest_remainder"}"#;
    assert_eq!(rule(short), rule(defaults));
    assert_eq!(serde_json::to_string(&rule(defaults)).unwrap(), short);

    let Rule { target, stacking, rounding, allocation, automatic, .. } = rule(short);
    assert_eq!(target, Target::Order);
    assert_eq!((stacking.priority, stacking.exclusive, stacking.base), (0, false, Base::Reduced));
    assert_eq!((rounding, allocation, automatic), (Rounding::HalfUp, Allocation::LargestRemainder, false));
    let lines = rule(r#"{"target": {"lines": {"skus": ["b", "a", "b"]}}}"#);
    let Target::Lines(target) = &lines.target else { panic!("{lines:?}") };
    assert_eq!(target.spread, Spread::Each);
    assert_eq!(serde_json::to_string(&lines).unwrap(), r#"{"target":{"lines":{"skus":["a","b"]}}}"#);
}

#[test]
fn what_is_no_rule_is_not_read() {
    for json in [
        r#"{"effect": {"percentage": 10}}"#,
        r#"{"effect": {"percentage": "101"}}"#,
        r#"{"effect": {"percentage": "0.00001"}}"#,
        r#"{"effect": {"percentage": "10", "amount": {"amount": 1, "currency": "CNY"}}}"#,
        r#"{"effect": {"amount": {"amount": 1.5, "currency": "CNY"}}}"#,
        r#"{"effect": {"amount": {"amount": 1, "currency": "XXX"}}}"#,
        r#"{"effect": {"gift": "tea"}}"#,
        r#"{"effect": {"free_units": {"buy": -1, "get": 1}}}"#,
        r#"{"effect": {"free_units": {"buy": 1, "get": 1, "of": 3}}}"#,
        r#"{"target": "lines"}"#,
        r#"{"target": {"spread": "each"}}"#,
        r#"{"target": {"lines": {"names": ["tea"]}}}"#,
        r#"{"target": {"lines": {}, "spread": "some"}}"#,
        r#"{"conditions": {"weekday": 1}}"#,
        r#"{"stacking": {"priority": 2147483648}}"#,
        r#"{"rounding": "up"}"#,
        r#"{"colour": "red"}"#,
    ] {
        assert!(serde_json::from_str::<Rule>(json).is_err(), "{json}");
    }
}

#[test]
fn the_schema_describes_the_target_as_it_is_written() {
    let schema = serde_json::to_value(schemars_of_rule()).unwrap();
    let target = &schema["$defs"]["RuleTarget"]["oneOf"];
    assert_eq!(target[0]["const"], "order");
    assert_eq!(target[1]["$ref"], "#/$defs/RuleLines");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema.get("required"), None);
}

fn schemars_of_rule() -> schemars::Schema {
    schemars::schema_for!(Rule)
}

proptest! {
    #[test]
    fn rules_round_trip(rule in crate::properties::any_rule()) {
        let text = serde_json::to_string(&rule).unwrap();
        let read: Rule = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&serde_json::to_string(&read).unwrap(), &text);
        prop_assert_eq!(read, rule);
    }
}
