//! One rule at a time: what each effect deducts, from which lines, and what bounds it.

use crate::sample::{amounts, apply, cny, line, rule, told};
use scrip_deduction::{
    Context, Effect, Item, Kind, Line, LinesTarget, Order, Rule, Selection, Spread, Target, calculate,
};
use scrip_money::{Currency, Money};

/// Tea 3 × 10.00, cups 2 × 4.50 and a pot 1 × 61.00: together 100.00.
fn shop() -> Order {
    Order::of_lines(vec![
        line("tea", "food", 3, 1000),
        line("cup", "ware", 2, 450),
        line("pot", "ware", 1, 6100),
    ])
}

#[test]
fn effects_on_lines() {
    for (json, step, lines) in [
        (r#"{"effect": {"percentage": "10"}}"#, "a -1000", [300, 90, 610]),
        (r#"{"effect": {"amount": ¥1000}}"#, "a -1000", [300, 90, 610]),
        (r#"{"effect": {"fixed_price": ¥8800}}"#, "a -1200", [360, 108, 732]),
        (r#"{"effect": {"fixed_price": ¥10000}}"#, "a no-effect", [0, 0, 0]),
        // Six pieces: two are free, and the cups are the cheapest.
        (r#"{"effect": {"free_units": {"buy": 2, "get": 1}}}"#, "a -900", [0, 900, 0]),
        (r#"{"effect": {"free_units": {"buy": 1, "get": 1}}}"#, "a -1900", [1000, 900, 0]),
        (r#"{"effect": {"free_units": {"buy": 6, "get": 1}}}"#, "a no-effect", [0, 0, 0]),
        // Each: off each piece, the price of each piece, the pieces of each line.
        (
            r#"{"effect": {"amount": ¥100}, "target": {"lines": {"categories": ["ware"]}}}"#,
            "a -300",
            [0, 200, 100],
        ),
        (
            r#"{"effect": {"amount": ¥500}, "target": {"lines": {"categories": ["ware"]}}}"#,
            "a -1400 value",
            [0, 900, 500],
        ),
        (
            r#"{"effect": {"fixed_price": ¥900}, "target": {"lines": {"skus": ["tea", "cup"]}}}"#,
            "a -300",
            [300, 0, 0],
        ),
        (
            r#"{"effect": {"percentage": "50"}, "target": {"lines": {"skus": ["cup"], "categories": ["food"]}}}"#,
            "a -1950",
            [1500, 450, 0],
        ),
        (
            r#"{"effect": {"free_units": {"buy": 1, "get": 1}}, "target": {"lines": {"skus": ["tea", "cup"]}}}"#,
            "a -1450",
            [1000, 450, 0],
        ),
        // Across: once for all.
        (
            r#"{"effect": {"amount": ¥700}, "target": {"lines": {"categories": ["ware"]}, "spread": "across"}}"#,
            "a -700",
            [0, 90, 610],
        ),
        (
            r#"{"effect": {"fixed_price": ¥5000}, "target": {"lines": {"categories": ["ware"]}, "spread": "across"}}"#,
            "a -2000",
            [0, 257, 1743],
        ),
        (
            r#"{"effect": {"free_units": {"buy": 1, "get": 1}},
                "target": {"lines": {"skus": ["tea", "cup"]}, "spread": "across"}}"#,
            "a -900",
            [0, 900, 0],
        ),
        (
            r#"{"effect": {"amount": ¥1}, "target": {"lines": {"skus": ["pan"]}}}"#,
            "a target-not-in-order",
            [0; 3],
        ),
    ] {
        let order = shop();
        let rules = [rule(json)];
        let calculation = apply(&order, &rules);
        assert_eq!(told(&calculation), [step], "{json}");
        let left: Vec<i64> = [3000, 900, 6100].iter().zip(lines).map(|(first, off)| first - off).collect();
        assert_eq!(amounts(&calculation.lines), left, "{json}");
        if calculation.steps[0].reason.is_none() {
            assert_eq!(amounts(&calculation.steps[0].lines), lines, "{json}");
        }
    }
}

#[test]
fn bounds() {
    for (first_value, json, step) in [
        (5000, r#"{"effect": {"amount": ¥6000}}"#, "a -5000 value"),
        (5000, r#"{"effect": {"percentage": "50"}, "cap": ¥2000}"#, "a -2000 cap"),
        (5000, r#"{"effect": {"percentage": "40"}, "cap": ¥2000}"#, "a -2000"),
        (5000, r#"{"effect": {"percentage": "100"}, "minimum_payable": ¥1}"#, "a -4999 minimum-payable"),
        (5000, r#"{"effect": {"percentage": "100"}, "minimum_payable": ¥5000}"#, "a minimum-payable"),
        (
            5000,
            r#"{"effect": {"percentage": "100"}, "cap": ¥5000, "minimum_payable": ¥1000}"#,
            "a -4000 minimum-payable",
        ),
        (0, r#"{"effect": {"percentage": "100"}, "minimum_payable": ¥1000}"#, "a nothing-left"),
        (5000, r#"{"effect": {"percentage": "0"}}"#, "a no-effect"),
        (5000, r#"{"effect": {"free_units": {"buy": 1, "get": 1}}}"#, "a no-effect"),
        (25, r#"{"effect": {"percentage": "10"}}"#, "a -3"),
        (25, r#"{"effect": {"percentage": "10"}, "rounding": "half_even"}"#, "a -2"),
        (29, r#"{"effect": {"percentage": "10"}, "rounding": "down"}"#, "a -2"),
        (4, r#"{"effect": {"percentage": "10"}}"#, "a no-effect"),
    ] {
        assert_eq!(
            told(&apply(&Order::of_value(cny(first_value)), &[rule(json)])),
            [step],
            "{first_value} {json}"
        );
    }
}

#[test]
fn a_tier_counts_from_its_value_on() {
    let tiered = r#"{"effect": {"amount": ¥100}, "tiers": [
        {"from": ¥10000, "effect": {"percentage": "10"}}, {"from": ¥20000, "effect": {"percentage": "20"}}]}"#;
    let tiers_alone = tiered.replace(r#""effect": {"amount": ¥100}, "#, "");
    for (first_value, with_effect, alone) in [
        (9999, "a -100", "a threshold-not-met"),
        (10_000, "a -1000", "a -1000"),
        (19_999, "a -2000", "a -2000"),
        (20_000, "a -4000", "a -4000"),
        (100_000, "a -20000", "a -20000"),
    ] {
        let order = Order::of_value(cny(first_value));
        assert_eq!(told(&apply(&order, &[rule(tiered)])), [with_effect]);
        assert_eq!(told(&apply(&order, &[rule(&tiers_alone)])), [alone]);
    }
}

#[test]
fn conditions_refuse_in_their_order() {
    let picky = rule(
        r#"{"effect": {"amount": ¥100}, "target": {"lines": {"categories": ["ware"]}}, "conditions": {
        "threshold": ¥7000, "minimum_quantity": 3, "member_levels": ["gold", "platinum"], "nth_order": 5}}"#,
    );
    let item = Item { item: "a", kind: Kind::Member, version: None, rule: &picky };
    let context = |level: &str, order_count| Context {
        member_level: Some(level.to_owned()),
        order_count: Some(order_count),
        ..Context::default()
    };
    let wares =
        |cups, pots| Order::of_lines(vec![line("cup", "ware", cups, 450), line("pot", "ware", pots, 6100)]);
    for (order, context, step) in [
        (Order::of_value(cny(10_000)), context("silver", 4), "a target-not-in-order"),
        (Order::of_lines(vec![line("tea", "food", 9, 9900)]), context("silver", 4), "a target-not-in-order"),
        (wares(1, 1), Context::default(), "a member-level-not-met"),
        (wares(1, 1), context("silver", 4), "a member-level-not-met"),
        (wares(1, 1), context("gold", 4), "a nth-order-not-met"),
        (wares(1, 1), context("gold", 10), "a nth-order-not-met"),
        (wares(1, 1), context("gold", 5), "a minimum-quantity-not-met"),
        (wares(9, 1), context("platinum", 5), "a -1000"),
        (Order::of_lines(vec![line("cup", "ware", 9, 450)]), context("gold", 5), "a threshold-not-met"),
        (wares(2, 1), context("gold", 5), "a -300"),
    ] {
        let calculation = calculate(&order, &[item], &context).unwrap();
        assert_eq!(told(&calculation), [step], "{order:?} {context:?}");
    }
}

#[test]
fn allocation_is_the_one_named_and_never_more_than_a_line_has() {
    let odd = |sku: &str, price| line(sku, "", 1, price);
    for (lines, amount, allocation, expected) in [
        (vec![odd("a", 100), odd("b", 100), odd("c", 100)], 100, "largest_remainder", vec![34, 33, 33]),
        (vec![odd("c", 100), odd("b", 100), odd("a", 100)], 100, "largest_remainder", vec![33, 33, 34]),
        (vec![odd("a", 100), odd("b", 100), odd("c", 100)], 100, "spill_first", vec![34, 33, 33]),
        (vec![odd("c", 100), odd("b", 100), odd("a", 100)], 100, "spill_first", vec![34, 33, 33]),
        (vec![odd("a", 100), odd("b", 100), odd("c", 100)], 100, "spill_last", vec![33, 33, 34]),
        // Each share is below one minor unit, and no line has two.
        (vec![odd("a", 1), odd("b", 1), odd("c", 1), odd("d", 1)], 3, "spill_first", vec![1, 1, 1, 0]),
        (vec![odd("a", 1), odd("b", 1), odd("c", 1), odd("d", 1)], 3, "spill_last", vec![0, 1, 1, 1]),
        (vec![odd("a", 0), odd("b", 2), odd("c", 1)], 2, "spill_first", vec![0, 2, 0]),
    ] {
        let rules =
            [rule(&format!(r#"{{"effect": {{"amount": ¥{amount}}}, "allocation": "{allocation}"}}"#))];
        let order = Order::of_lines(lines);
        assert_eq!(amounts(&apply(&order, &rules).steps[0].lines), expected, "{allocation} {order:?}");
    }
}

#[test]
fn a_bounded_line_rule_is_spread_by_what_each_line_would_give() {
    let order =
        Order::of_lines(vec![line("a", "x", 1, 1000), line("b", "x", 3, 1000), line("c", "", 1, 1000)]);
    let rules = [rule(
        r#"{"effect": {"percentage": "50"}, "target": {"lines": {"categories": ["x"]}}, "cap": ¥1000}"#,
    )];
    let calculation = apply(&order, &rules);
    assert_eq!(told(&calculation), ["a -1000 cap"]);
    assert_eq!(amounts(&calculation.steps[0].lines), [250, 750, 0]);
}

#[test]
fn balances_are_consumed_and_bound() {
    let percent = r#"{"effect": {"percentage": "50"}}"#;
    let points = r#"{"effect": {"percentage": "50"}, "exchange": {"units": 100, "worth": ¥30}}"#;
    for (kind, json, balance, step, units) in [
        (Kind::Coupon, percent, None, "x -505", Some((1, None))),
        (Kind::Coupon, percent, Some(1), "x -505", Some((1, None))),
        (Kind::Coupon, percent, Some(0), "x insufficient-funds", None),
        (Kind::StoredValue, percent, None, "x -505", Some((505, Some(Currency::CNY)))),
        (
            Kind::StoredValue,
            percent,
            Some(200),
            "x -200 insufficient-funds",
            Some((200, Some(Currency::CNY))),
        ),
        (Kind::StoredValue, percent, Some(0), "x insufficient-funds", None),
        (Kind::Points, percent, Some(600), "x -505", Some((505, None))),
        // 5.05 cost 1683⅓ points.
        (Kind::Points, points, None, "x -505", Some((1684, None))),
        (Kind::Points, points, Some(1684), "x -505", Some((1684, None))),
        (Kind::Points, points, Some(1683), "x -504 insufficient-funds", Some((1680, None))),
        (Kind::Points, points, Some(4), "x -1 insufficient-funds", Some((4, None))),
        (Kind::Points, points, Some(3), "x insufficient-funds", None),
        (Kind::Points, points, Some(-3), "x insufficient-funds", None),
        (Kind::Member, percent, Some(0), "x -505", None),
        (Kind::Promotion, percent, Some(0), "x -505", None),
    ] {
        let rule = rule(json);
        let item = Item { item: "x", kind, version: Some(3), rule: &rule };
        let mut context = Context::default();
        context.balances.extend(balance.map(|units| ("x".to_owned(), units)));
        let calculation = calculate(&Order::of_value(cny(1010)), &[item], &context).unwrap();
        assert_eq!(told(&calculation), [step], "{kind:?} {balance:?}");
        assert_eq!(calculation.steps[0].version, Some(3));
        let consumed: Vec<_> = calculation.consumed.iter().map(|used| (used.units, used.currency)).collect();
        assert_eq!(consumed, Vec::from_iter(units), "{kind:?} {balance:?}");
    }
}

#[test]
fn free_pieces_are_worth_what_is_left_of_them_unless_the_base_is_first() {
    let order = Order::of_lines(vec![line("a", "", 3, 1000)]);
    let half = r#"{"effect": {"percentage": "50"}, "stacking": {"priority": -1}}"#;
    let free = r#"{"effect": {"free_units": {"buy": 2, "get": 1}}}"#;
    let first = r#"{"effect": {"free_units": {"buy": 2, "get": 1}}, "stacking": {"base": "first"}}"#;
    assert_eq!(told(&apply(&order, &[rule(half), rule(free)])), ["a -1500", "b -500"]);
    assert_eq!(told(&apply(&order, &[rule(half), rule(first)])), ["a -1500", "b -1000"]);
}

#[test]
fn what_is_too_large_takes_all_there_is() {
    let order = Order::of_lines(vec![line("a", "", 3, 1000)]);
    let target = Target::Lines(LinesTarget {
        lines: Selection { skus: ["a".to_owned()].into(), ..Selection::default() },
        spread: Spread::Each,
    });
    for amount in [i64::MAX, i64::MAX / 2, i64::MAX / 3 + 1] {
        let rules = [Rule { target: target.clone(), ..Rule::of(Effect::Amount(cny(amount))) }];
        assert_eq!(told(&apply(&order, &rules)), ["a -3000 value"]);
        let rules = [Rule { target: target.clone(), ..Rule::of(Effect::FixedPrice(cny(amount))) }];
        assert_eq!(told(&apply(&order, &rules)), ["a no-effect"]);
    }
}

#[test]
fn other_currencies_have_other_minor_units() {
    let order =
        Order::of_lines(vec![Line { unit_price: Money::new(1_001, Currency::JPY), ..line("a", "", 1, 0) }]);
    let rules = [rule(r#"{"effect": {"percentage": "33.3333"}}"#)];
    let calculation = apply(&order, &rules);
    assert_eq!(calculation.second_value, Money::new(667, Currency::JPY));
    assert_eq!(calculation.deducted(), Money::new(334, Currency::JPY));
}
