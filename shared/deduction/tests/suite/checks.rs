//! What is refused before anything is calculated, and where.

use crate::sample::{cny, line, rule};
use scrip_deduction::limits::{MAX_BALANCES, MAX_ITEMS, MAX_LINES, MAX_SKUS, MAX_TIERS};
use scrip_deduction::{Context, Item, Kind, Order, calculate};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Refusal};
use serde_json::{Value, json};

fn where_and_why(result: Result<(), Refusal>) -> (String, Code) {
    let field = result.unwrap_err().fields.remove(0);
    assert!(!field.detail.is_empty());
    (field.pointer, field.code)
}

#[test]
fn sensible_rules_pass() {
    for text in [
        r#"{"effect": {"percentage": "0"}}"#,
        r#"{"effect": {"percentage": "100"}}"#,
        r#"{"tiers": [{"from": ¥1, "effect": {"amount": ¥1}}, {"from": ¥2, "effect": {"amount": ¥2}}]}"#,
        r#"{"effect": {"free_units": {"buy": 99, "get": 99}}, "target": {"lines": {"categories": ["x"]}}}"#,
        r#"{"effect": {"amount": ¥1}, "conditions": {"threshold": ¥9},
            "tiers": [{"from": ¥10, "effect": {"amount": ¥2}}]}"#,
    ] {
        assert_eq!(rule(text).check(Currency::CNY), Ok(()), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_where_it_stands() {
    let amount = json!({"amount": 1, "currency": "CNY"});
    let nothing = json!({"amount": 0, "currency": "CNY"});
    let euro = json!({"amount": 1, "currency": "EUR"});
    let tier =
        |from: i64, effect: &Value| json!({"from": {"amount": from, "currency": "CNY"}, "effect": effect});
    let percent = json!({"percentage": "10"});
    let many: Vec<String> = (0..=200).map(|number| number.to_string()).collect();
    let with = |name: &str, value: Value| json!({"effect": {"percentage": "10"}, name: value});
    let lines = |lines: Value| with("target", json!({"lines": lines}));
    let when = |name: &str, value: Value| with("conditions", json!({name: value}));
    for (rule, pointer, code) in [
        (json!({}), "/effect", Code::MissingField),
        (json!({"tiers": []}), "/effect", Code::MissingField),
        (json!({"effect": {"amount": nothing}}), "/effect/amount/amount", Code::AmountNotPositive),
        (json!({"effect": {"amount": euro}}), "/effect/amount/currency", Code::CurrencyMismatch),
        (json!({"effect": {"fixed_price": nothing}}), "/effect/fixed_price/amount", Code::AmountNotPositive),
        (json!({"effect": {"free_units": {"buy": 0, "get": 1}}}), "/effect/free_units/buy", Code::OutOfRange),
        (json!({"effect": {"free_units": {"buy": 1, "get": 0}}}), "/effect/free_units/get", Code::OutOfRange),
        (
            json!({"effect": {"free_units": {"buy": 100, "get": 1}}}),
            "/effect/free_units/buy",
            Code::OutOfRange,
        ),
        (lines(json!({})), "/target/lines", Code::MissingField),
        (lines(json!({"skus": [""]})), "/target/lines/skus", Code::OutOfRange),
        (lines(json!({"skus": many})), "/target/lines/skus", Code::TooMany),
        (lines(json!({"categories": many})), "/target/lines/categories", Code::TooMany),
        (lines(json!({"categories": [" x"]})), "/target/lines/categories", Code::InvalidField),
        (json!({"tiers": vec![tier(1, &percent); 21]}), "/tiers", Code::TooMany),
        (json!({"tiers": [tier(0, &percent)]}), "/tiers/0/from/amount", Code::AmountNotPositive),
        (
            json!({"tiers": [{"from": euro, "effect": percent}]}),
            "/tiers/0/from/currency",
            Code::CurrencyMismatch,
        ),
        (json!({"tiers": [tier(2, &percent), tier(2, &percent)]}), "/tiers/1/from", Code::InvalidField),
        (
            json!({"tiers": [tier(2, &json!({"amount": nothing}))]}),
            "/tiers/0/effect/amount/amount",
            Code::AmountNotPositive,
        ),
        (when("threshold", nothing.clone()), "/conditions/threshold/amount", Code::AmountNotPositive),
        (
            json!({"tiers": [tier(5, &percent)], "conditions": {"threshold": {"amount": 5, "currency": "CNY"}}}),
            "/conditions/threshold",
            Code::InvalidField,
        ),
        (when("minimum_quantity", json!(0)), "/conditions/minimum_quantity", Code::OutOfRange),
        (when("nth_order", json!(0)), "/conditions/nth_order", Code::OutOfRange),
        (when("member_levels", json!(many)), "/conditions/member_levels", Code::TooMany),
        (with("cap", nothing.clone()), "/cap/amount", Code::AmountNotPositive),
        (with("minimum_payable", euro.clone()), "/minimum_payable/currency", Code::CurrencyMismatch),
        (with("exchange", json!({"units": 0, "worth": amount})), "/exchange/units", Code::OutOfRange),
        (
            with("exchange", json!({"units": 1, "worth": nothing})),
            "/exchange/worth/amount",
            Code::AmountNotPositive,
        ),
    ] {
        let read: scrip_deduction::Rule = serde_json::from_value(rule.clone()).unwrap();
        let expected = (pointer.to_owned(), code);
        assert_eq!(where_and_why(read.check(Currency::CNY)), expected, "{rule}");
        let expected = (format!("/rule{pointer}"), code);
        assert_eq!(where_and_why(read.check_at("/rule", Currency::CNY)), expected, "{rule}");
    }
}

fn counted(check: impl Fn(usize) -> Result<(), Refusal>, most: usize) {
    assert_eq!(check(most), Ok(()));
    let refusal = check(most + 1).unwrap_err();
    let code = refusal.fields.first().map_or(refusal.code, |field| field.code);
    assert_eq!(code, Code::TooMany, "{most}");
}

#[test]
fn as_many_as_the_limit_says_pass_and_one_more_is_too_many() {
    let check =
        |rule: Value| serde_json::from_value::<scrip_deduction::Rule>(rule).unwrap().check(Currency::CNY);
    let effect = json!({"percentage": "10"});
    let skus = |count: usize| {
        let skus: Vec<_> = (0..count).map(|number| number.to_string()).collect();
        check(json!({"effect": effect, "target": {"lines": {"skus": skus}}}))
    };
    let tiers = |count: usize| {
        let tier = |from| json!({"from": {"amount": from, "currency": "CNY"}, "effect": effect});
        check(json!({"tiers": (1..=count).map(tier).collect::<Vec<_>>()}))
    };
    let balances = |count: usize| {
        let balances = (0..count).map(|item| (item.to_string(), 1)).collect();
        Context { balances, ..Context::default() }.check()
    };
    let lines = |count: usize| Order::of_lines(vec![line("a", "", 1, 1); count]).check(Currency::CNY);
    let rule = rule(r#"{"effect": {"percentage": "10"}}"#);
    let items = |count: usize| {
        let names: Vec<_> = (0..count).map(|number| number.to_string()).collect();
        let item = |item| Item { item, kind: Kind::Promotion, version: None, rule: &rule };
        let items: Vec<_> = names.iter().map(|name| item(name)).collect();
        calculate(&Order::of_value(cny(1)), &items, &Context::default()).map(drop).map_err(Refusal::from)
    };
    counted(skus, MAX_SKUS);
    counted(tiers, MAX_TIERS);
    counted(balances, MAX_BALANCES);
    counted(lines, MAX_LINES);
    counted(items, MAX_ITEMS);
}

#[test]
fn only_points_are_exchanged() {
    let points = rule(r#"{"effect": {"percentage": "10"}, "exchange": {"units": 1, "worth": ¥1}}"#);
    let plain = rule(r#"{"effect": {"percentage": "10"}}"#);
    for kind in [Kind::Coupon, Kind::Member, Kind::Points, Kind::StoredValue, Kind::Promotion] {
        assert_eq!(plain.check_kind("/rule", kind), Ok(()));
        match points.check_kind("/rule", kind) {
            Ok(()) => assert_eq!(kind, Kind::Points),
            refused => assert_eq!(where_and_why(refused), ("/rule/exchange".to_owned(), Code::InvalidField)),
        }
    }
}

#[test]
fn orders_are_checked() {
    let of = |quantity, price| Order::of_lines(vec![line("a", "x", 1, 1), line("b", "", quantity, price)]);
    let euro = |order: Order| order.check(Currency::EUR);
    let cny_of = |order: Order| order.check(Currency::CNY);
    let most = scrip_money::MAX_AMOUNT_MINOR_UNITS;
    let long = "x".repeat(65);
    assert_eq!(cny_of(of(1, 0)), Ok(()));
    assert_eq!(cny_of(Order { first_value: Some(cny(2)), ..of(1, 1) }), Ok(()));
    assert_eq!(cny_of(Order::of_value(cny(most))), Ok(()));
    for (result, pointer, code) in [
        (cny_of(Order::default()), "/first_value", Code::MissingField),
        (cny_of(Order::of_value(cny(-1))), "/first_value/amount", Code::OutOfRange),
        (cny_of(Order::of_value(cny(most + 1))), "/first_value/amount", Code::OutOfRange),
        (cny_of(of(1, most)), "/lines", Code::OutOfRange),
        (cny_of(Order { first_value: Some(cny(3)), ..of(1, 1) }), "/first_value", Code::InvalidField),
        (cny_of(of(0, 1)), "/lines/1/quantity", Code::OutOfRange),
        (cny_of(of(1, -1)), "/lines/1/unit_price/amount", Code::OutOfRange),
        (cny_of(Order::of_lines(vec![line("", "", 1, 1)])), "/lines/0/sku", Code::OutOfRange),
        (cny_of(Order::of_lines(vec![line("a", &long, 1, 1)])), "/lines/0/category", Code::OutOfRange),
        (euro(of(1, 1)), "/lines/0/unit_price/currency", Code::CurrencyMismatch),
        (euro(Order::of_value(cny(1))), "/first_value/currency", Code::CurrencyMismatch),
    ] {
        assert_eq!(where_and_why(result), (pointer.to_owned(), code));
    }
    let mixed = Order::of_lines(vec![
        line("a", "", 1, 1),
        scrip_deduction::Line { unit_price: Money::new(1, Currency::EUR), ..line("b", "", 1, 1) },
    ]);
    assert_eq!(cny_of(mixed).unwrap_err().code, Code::CurrencyMismatch);
}

#[test]
fn contexts_are_checked() {
    let balance =
        |item: &str, units| Context { balances: [(item.to_owned(), units)].into(), ..Context::default() };
    assert_eq!(balance("a", 0).check(), Ok(()));
    for (context, pointer, code) in [
        (balance("a/b", -1), "/context/balances/a~1b", Code::OutOfRange),
        (balance("", 1), "/context/balances", Code::OutOfRange),
        (
            Context { balances: (0..21).map(|item| (item.to_string(), 1)).collect(), ..Context::default() },
            "/context/balances",
            Code::TooMany,
        ),
        (Context { order_count: Some(0), ..Context::default() }, "/context/order_count", Code::OutOfRange),
        (
            Context { member_level: Some(String::new()), ..Context::default() },
            "/context/member_level",
            Code::OutOfRange,
        ),
    ] {
        assert_eq!(where_and_why(context.check()), (pointer.to_owned(), code));
    }
}
