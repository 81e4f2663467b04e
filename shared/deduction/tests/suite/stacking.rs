//! How rules go together, as tables: the rules, the first value, and what each step says.

use crate::sample::{amounts, apply, cny, line, promotions, rule, told};
use scrip_deduction::{Context, DeductionError, Item, Kind, Order, Rule, calculate};

const TEN_PERCENT: &str = r#"{"effect": {"percentage": "10"}}"#;
const TEN_OFF: &str = r#"{"effect": {"amount": ¥1000}}"#;

fn steps(order: &Order, rules: &[&str]) -> Vec<String> {
    let rules: Vec<Rule> = rules.iter().map(|json| rule(json)).collect();
    told(&apply(order, &rules))
}

fn at(priority: i32, json: &str) -> String {
    json.replacen('{', &format!(r#"{{"stacking": {{"priority": {priority}}}, "#), 1)
}

fn exclusive(priority: i32, json: &str) -> String {
    json.replacen('{', &format!(r#"{{"stacking": {{"priority": {priority}, "exclusive": true}}, "#), 1)
}

#[test]
fn priority_then_lines_then_name() {
    let order = Order::of_lines(vec![line("tea", "", 1, 10_000)]);
    let tea = r#"{"effect": {"amount": ¥500}, "target": {"lines": {"skus": ["tea"]}}}"#;
    for (rules, expected) in [
        // The names alone.
        (vec![TEN_PERCENT.to_owned(), TEN_OFF.to_owned()], vec!["a -1000", "b -1000"]),
        (vec![TEN_OFF.to_owned(), TEN_PERCENT.to_owned()], vec!["a -1000", "b -900"]),
        // A line rule comes first, whatever its name.
        (vec![TEN_PERCENT.to_owned(), tea.to_owned()], vec!["b -500", "a -950"]),
        // But not before a lower priority.
        (vec![at(-1, TEN_PERCENT), tea.to_owned()], vec!["a -1000", "b -500"]),
        (vec![TEN_PERCENT.to_owned(), at(1, tea)], vec!["a -1000", "b -500"]),
        (vec![at(2, TEN_OFF), at(1, TEN_PERCENT)], vec!["b -1000", "a -1000"]),
    ] {
        let texts: Vec<&str> = rules.iter().map(String::as_str).collect();
        assert_eq!(steps(&order, &texts), expected, "{rules:?}");
    }
}

#[test]
fn exclusive_means_alone() {
    let order = Order::of_value(cny(10_000));
    let never = r#"{"effect": {"amount": ¥1}, "conditions": {"nth_order": 1}}"#;
    for (rules, expected) in [
        (vec![exclusive(0, TEN_OFF), TEN_PERCENT.to_owned()], vec!["a -1000", "b excluded"]),
        (vec![at(-1, TEN_PERCENT), exclusive(0, TEN_OFF)], vec!["a -1000", "b exclusive"]),
        (vec![exclusive(0, TEN_OFF), exclusive(0, TEN_OFF)], vec!["a -1000", "b excluded"]),
        // What does not apply excludes nobody, and keeps nobody from being exclusive.
        (vec![exclusive(0, never), TEN_OFF.to_owned()], vec!["a nth-order-not-met", "b -1000"]),
        (vec![never.to_owned(), exclusive(0, TEN_OFF)], vec!["a nth-order-not-met", "b -1000"]),
        // Among those that come too late, the others still go together.
        (
            vec![TEN_OFF.to_owned(), exclusive(0, TEN_OFF), TEN_PERCENT.to_owned()],
            vec!["a -1000", "b exclusive", "c -900"],
        ),
    ] {
        let texts: Vec<&str> = rules.iter().map(String::as_str).collect();
        assert_eq!(steps(&order, &texts), expected, "{rules:?}");
    }
}

#[test]
fn base_decides_what_is_measured() {
    let order = Order::of_value(cny(10_000));
    let first = r#"{"effect": {"percentage": "10"}, "stacking": {"base": "first"}}"#;
    let from = |base: &str| {
        format!(
            r#"{{"tiers": [{{"from": ¥10000, "effect": {{"amount": ¥2000}}}}], "stacking": {{"base": "{base}"}}}}"#
        )
    };
    let costs =
        |base: &str| format!(r#"{{"effect": {{"fixed_price": ¥9500}}, "stacking": {{"base": "{base}"}}}}"#);
    for (second, expected) in [
        (first.to_owned(), "b -1000"),
        (TEN_PERCENT.to_owned(), "b -900"),
        (from("first"), "b -2000"),
        (from("reduced"), "b threshold-not-met"),
        (costs("first"), "b -500"),
        (costs("reduced"), "b no-effect"),
    ] {
        assert_eq!(steps(&order, &[TEN_PERCENT, &second]), ["a -1000", expected], "{second}");
    }
    // Ten times ten percent of the first value is all of it, and not more.
    let all = steps(&order, &[first; 8]);
    assert_eq!(all, ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| format!("{name} -1000")));
    let nine_tenths = r#"{"effect": {"percentage": "90"}, "stacking": {"base": "first"}}"#;
    assert_eq!(steps(&order, &[nine_tenths; 3]), ["a -9000", "b -1000 value", "c nothing-left"]);
}

#[test]
fn base_decides_for_lines_too() {
    let order = Order::of_lines(vec![line("tea", "", 2, 3000), line("pot", "", 1, 4000)]);
    for (base, spread, deducted) in
        [("first", "across", 600), ("first", "each", 600), ("reduced", "across", 540)]
    {
        let tea = format!(
            r#"{{"effect": {{"percentage": "10"}}, "target": {{"lines": {{"skus": ["tea"]}}, "spread": "{spread}"}},
                "stacking": {{"base": "{base}"}}, "conditions": {{"threshold": ¥5400}}}}"#
        );
        let expected = ["a -1000".to_owned(), format!("b -{deducted}")];
        assert_eq!(steps(&order, &[&at(-1, TEN_PERCENT), &tea]), expected, "{base} {spread}");
        let above = tea.replace("5400", "5401");
        let refused = if base == "first" { &expected[1] } else { "b threshold-not-met" };
        assert_eq!(steps(&order, &[&at(-1, TEN_PERCENT), &above])[1], refused, "{base} {spread}");
    }
}

#[test]
fn a_minimum_counts_from_its_rule_on() {
    let order = Order::of_value(cny(10_000));
    let least = r#"{"effect": {"amount": ¥1000}, "minimum_payable": ¥8500}"#;
    for (rules, expected) in [
        (vec![least, TEN_OFF], vec!["a -1000", "b -500 minimum-payable"]),
        (vec![TEN_OFF, least], vec!["a -1000", "b -500 minimum-payable"]),
        (vec![TEN_OFF, TEN_OFF, least], vec!["a -1000", "b -1000", "c minimum-payable"]),
        // The rule that did not apply does not bind the others.
        (vec![TEN_OFF, TEN_OFF, least, TEN_OFF], vec!["a -1000", "b -1000", "c minimum-payable", "d -1000"]),
        (vec![least, TEN_OFF, TEN_OFF], vec!["a -1000", "b -500 minimum-payable", "c minimum-payable"]),
    ] {
        assert_eq!(steps(&order, &rules), expected);
    }
}

#[test]
fn later_line_rules_see_what_earlier_ones_left() {
    let order = Order::of_lines(vec![line("tea", "", 1, 6000), line("pot", "", 1, 4000)]);
    let rules = [
        rule(&at(1, TEN_PERCENT)),
        rule(&at(
            2,
            r#"{"effect": {"percentage": "50"}, "target": {"lines": {"skus": ["pot"]}}, "cap": ¥100000}"#,
        )),
        rule(&at(3, r#"{"effect": {"amount": ¥5000}, "target": {"lines": {"skus": ["pot"]}}}"#)),
        rule(&at(4, r#"{"effect": {"amount": ¥1}, "target": {"lines": {"skus": ["pot"]}}}"#)),
    ];
    let calculation = apply(&order, &rules);
    assert_eq!(told(&calculation), ["a -1000", "b -1800", "c -1800 value", "d nothing-left"]);
    assert_eq!(amounts(&calculation.lines), [5400, 0]);
    assert_eq!(calculation.second_value, cny(5400));
}

#[test]
fn the_same_request_gives_the_same_bytes_in_any_order() {
    let order = Order::of_lines(vec![line("tea", "food", 3, 999), line("cup", "ware", 2, 445)]);
    let rules = [
        rule(TEN_PERCENT),
        rule(r#"{"effect": {"amount": ¥99}, "target": {"lines": {"categories": ["food"]}}}"#),
        rule(&at(-1, TEN_OFF)),
        rule(r#"{"effect": {"amount": ¥99}, "conditions": {"member_levels": ["gold"]}}"#),
    ];
    let mut items = promotions(&rules);
    items[0].kind = Kind::Coupon;
    let bytes = |items: &[Item<'_>]| {
        serde_json::to_string(&calculate(&order, items, &Context::default()).unwrap()).unwrap()
    };
    let expected = concat!(
        r#"{"first_value":{"amount":3887,"currency":"CNY"},"second_value":{"amount":2331,"currency":"CNY"},"steps":["#,
        r#"{"item":"c","before":{"amount":3887,"currency":"CNY"},"after":{"amount":2887,"currency":"CNY"},"#,
        r#""deducted":{"amount":1000,"currency":"CNY"},"#,
        r#""lines":[{"amount":771,"currency":"CNY"},{"amount":229,"currency":"CNY"}]},"#,
        r#"{"item":"b","before":{"amount":2887,"currency":"CNY"},"after":{"amount":2590,"currency":"CNY"},"#,
        r#""deducted":{"amount":297,"currency":"CNY"},"#,
        r#""lines":[{"amount":297,"currency":"CNY"},{"amount":0,"currency":"CNY"}]},"#,
        r#"{"item":"a","before":{"amount":2590,"currency":"CNY"},"after":{"amount":2331,"currency":"CNY"},"#,
        r#""deducted":{"amount":259,"currency":"CNY"},"#,
        r#""lines":[{"amount":193,"currency":"CNY"},{"amount":66,"currency":"CNY"}]},"#,
        r#"{"item":"d","before":{"amount":2331,"currency":"CNY"},"after":{"amount":2331,"currency":"CNY"},"#,
        r#""deducted":{"amount":0,"currency":"CNY"},"reason":"member-level-not-met"}],"#,
        r#""lines":[{"amount":1736,"currency":"CNY"},{"amount":595,"currency":"CNY"}],"#,
        r#""consumed":[{"item":"a","units":1}]}"#,
    );
    assert_eq!(bytes(&items), expected);
    items.reverse();
    assert_eq!(bytes(&items), expected);
    items.swap(0, 1);
    assert_eq!(bytes(&items), expected);
}

#[test]
fn what_can_not_be_calculated_is_an_error() {
    let order = |quantity, price| Order::of_lines(vec![line("a", "", quantity, price), line("b", "", 1, 1)]);
    let off = [rule(TEN_OFF)];
    let items = promotions(&off);
    let euro = [rule(r#"{"tiers": [{"from": ¥1, "effect": {"amount": {"amount": 1, "currency": "EUR"}}}]}"#)];
    let points = rule(r#"{"effect": {"percentage": "100"}, "exchange": {"units": 1000000000, "worth": ¥1}}"#);
    let points = Item { kind: Kind::Points, rule: &points, ..items[0] };
    let disagreeing = Order { first_value: Some(cny(2)), ..order(1, 2) };
    for (order, items, expected) in [
        (Order::default(), items.clone(), DeductionError::OrderEmpty),
        (Order::of_value(cny(-1)), items.clone(), DeductionError::FirstValueNegative),
        (disagreeing, items.clone(), DeductionError::FirstValueMismatch { given: cny(2), lines: cny(3) }),
        (order(0, 1), items.clone(), DeductionError::QuantityOutOfRange { line: 0 }),
        (order(10_000, 1), items.clone(), DeductionError::QuantityOutOfRange { line: 0 }),
        (order(1, -1), items.clone(), DeductionError::UnitPriceOutOfRange { line: 0 }),
        (order(1, i64::MAX), items.clone(), DeductionError::UnitPriceOutOfRange { line: 0 }),
        (order(9_999, 1_000_000_000_000_000), items.clone(), DeductionError::Overflow),
        (Order::of_lines(vec![line("a", "", 1, 1); 101]), items.clone(), DeductionError::TooManyLines),
        (order(1, 1), vec![items[0]; 21], DeductionError::TooManyItems),
        (order(1, 1), vec![items[0]; 2], DeductionError::ItemRepeated { item: 1 }),
        (order(1, 1), promotions(&euro), DeductionError::CurrencyMismatch),
        (Order::of_value(cny(i64::MAX)), vec![points], DeductionError::Overflow),
    ] {
        assert_eq!(calculate(&order, &items, &Context::default()), Err(expected));
        assert!(!expected.to_string().is_empty());
    }
    assert_eq!(
        DeductionError::QuantityOutOfRange { line: 7 }.to_string(),
        "out-of-range at /lines/7/quantity: 1 to 9999"
    );
}
