//! What holds for any rules, orders and contexts.

use crate::sample::{amounts, apply, cny, promotions};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::select;
use scrip_deduction::{
    Base, Calculation, Conditions, Context, Effect, Exchange, FreeUnits, Item, Kind, Line, LinesTarget,
    Order, Rule, Selection, Spread, Stacking, Target, Tier, calculate,
};
use scrip_money::{Allocation, Currency, Money, Percentage, Rounding, allocate};
use std::collections::BTreeSet;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const KINDS: [Kind; 5] = [Kind::Coupon, Kind::Member, Kind::Points, Kind::StoredValue, Kind::Promotion];
const ALLOCATIONS: [Allocation; 3] =
    [Allocation::LargestRemainder, Allocation::SpillFirst, Allocation::SpillLast];

fn percentage(ten_thousandths: u32) -> Percentage {
    format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000).parse().unwrap()
}

fn any_percentage() -> impl Strategy<Value = Percentage> {
    prop_oneof![0..=1_000_000_u32, (0..=20_u32).prop_map(|n| n * 50_000)].prop_map(percentage)
}

fn any_amount() -> impl Strategy<Value = Money> {
    prop_oneof![3 => 1..=30_i64, 5 => 1..=20_000_i64, 1 => 1..=scrip_money::MAX_AMOUNT_MINOR_UNITS]
        .prop_map(cny)
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        any_percentage().prop_map(Effect::Percentage),
        any_amount().prop_map(Effect::Amount),
        any_amount().prop_map(Effect::FixedPrice),
        (1..=4_u32, 1..=4_u32).prop_map(|(buy, get)| Effect::FreeUnits(FreeUnits { buy, get })),
    ]
}

fn names(of: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(select(of).prop_map(str::to_owned), 0..=2)
}

fn any_target() -> impl Strategy<Value = Target> {
    let lines =
        (names(&NAMES), names(&["x", "y"]), any::<bool>()).prop_map(|(mut skus, categories, each)| {
            if categories.is_empty() {
                skus.insert("a".to_owned());
            }
            let spread = if each { Spread::Each } else { Spread::Across };
            Target::Lines(LinesTarget { lines: Selection { skus, categories }, spread })
        });
    prop_oneof![Just(Target::Order), lines]
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let pieces = prop_oneof![3 => Just(None), 1 => (1..=9_u32).prop_map(Some)];
    let number = prop_oneof![5 => Just(None), 1 => (1..=3_u32).prop_map(Some)];
    (maybe(1..=300_i64), pieces, names(&["gold", "silver"]), number).prop_map(
        |(threshold, minimum_quantity, levels, nth_order)| Conditions {
            threshold: threshold.map(cny),
            minimum_quantity,
            member_levels: if levels.len() == 1 { levels } else { BTreeSet::default() },
            nth_order,
        },
    )
}

fn any_tiers() -> impl Strategy<Value = Vec<Tier>> {
    let tiers = btree_map(301..=20_000_i64, any_effect(), 1..=4)
        .prop_map(|tiers| tiers.into_iter().map(|(from, effect)| Tier { from: cny(from), effect }).collect());
    prop_oneof![2 => Just(Vec::new()), 1 => tiers]
}

fn any_stacking() -> impl Strategy<Value = Stacking> {
    let exclusive = prop::bool::weighted(0.1);
    (-2..=2_i32, exclusive, select(&[Base::First, Base::Reduced][..]))
        .prop_map(|(priority, exclusive, base)| Stacking { priority, exclusive, base })
}

/// Rules that pass their check.
pub fn any_rule() -> impl Strategy<Value = Rule> {
    let exchange = (1..=1_000_u32, any_amount()).prop_map(|(units, worth)| Exchange { units, worth });
    let roundings = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down];
    let bounds = (maybe(any_amount()), maybe(any_amount()), any::<bool>());
    let rests = (proptest::sample::select(roundings.to_vec()), select(&ALLOCATIONS[..]), maybe(exchange));
    (any_effect(), any_target(), any_tiers(), any_conditions(), any_stacking(), bounds, rests).prop_map(
        |(effect, target, tiers, conditions, stacking, bounds, (rounding, allocation, exchange))| {
            let (cap, minimum_payable, automatic) = bounds;
            Rule {
                effect: Some(effect),
                target,
                tiers,
                conditions,
                cap,
                minimum_payable,
                automatic,
                stacking,
                rounding,
                allocation,
                exchange,
            }
        },
    )
}

fn any_lines() -> impl Strategy<Value = Vec<Line>> {
    let category = maybe(select(&["x", "y"][..]).prop_map(str::to_owned));
    let price = prop_oneof![1 => Just(0), 3 => 1..=9_i64, 5 => 1..=9_999_i64, 1 => 1..=1_000_000_000_000_i64];
    let line =
        (select(&NAMES[..]), category, 1..=9_i64, price).prop_map(|(sku, category, quantity, price)| Line {
            sku: sku.to_owned(),
            name: None,
            category,
            quantity,
            unit_price: cny(price),
        });
    vec(line, 1..=6)
}

fn any_order() -> impl Strategy<Value = Order> {
    prop_oneof![1 => any_amount().prop_map(Order::of_value), 3 => any_lines().prop_map(Order::of_lines)]
}

fn any_context() -> impl Strategy<Value = Context> {
    let balances = btree_map(select(&NAMES[..]).prop_map(str::to_owned), 0..=5_000_i64, 0..=3);
    let level = maybe(select(&["gold", "silver"][..]).prop_map(str::to_owned));
    (level, maybe(1..=3_u32), balances).prop_map(|(member_level, order_count, balances)| Context {
        member_level,
        order_count,
        balances,
    })
}

fn any_rules() -> impl Strategy<Value = Vec<(Rule, Kind)>> {
    vec((any_rule(), select(&KINDS[..])), 0..=5)
}

fn items(rules: &[(Rule, Kind)]) -> Vec<Item<'_>> {
    NAMES
        .into_iter()
        .zip(rules)
        .map(|(item, (rule, kind))| Item { item, kind: *kind, version: None, rule })
        .collect()
}

fn totals(calculation: &Calculation<'_>) -> Vec<(String, i64)> {
    calculation.steps.iter().map(|step| (step.item.to_string(), step.deducted.amount)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn generated_rules_pass_their_check(rule in any_rule()) {
        prop_assert_eq!(rule.check(Currency::CNY), Ok(()));
    }

    #[test]
    fn the_books_balance(order in any_order(), rules in any_rules(), context in any_context()) {
        let items = items(&rules);
        let calculation = calculate(&order, &items, &context).unwrap();
        let mut value = calculation.first_value;
        let mut least = 0;
        let mut lines: Vec<i64> = order.lines.iter().map(|line| line.unit_price.amount * line.quantity).collect();
        for step in &calculation.steps {
            prop_assert_eq!(step.before, value);
            prop_assert_eq!(step.before.checked_sub(step.deducted), Ok(step.after));
            prop_assert!(!step.deducted.is_negative());
            prop_assert_eq!(step.reason.is_some(), step.deducted.is_zero());
            if step.reason.is_none() {
                prop_assert_eq!(step.lines.len(), lines.len());
                let item = items.iter().find(|item| item.item == step.item).unwrap();
                least = least.max(item.rule.minimum_payable.map_or(0, |least| least.amount));
                prop_assert!(item.rule.cap.is_none_or(|cap| step.deducted.amount <= cap.amount));
            }
            for (left, taken) in lines.iter_mut().zip(amounts(&step.lines)) {
                prop_assert!((0..=*left).contains(&taken));
                *left -= taken;
            }
            if !step.lines.is_empty() {
                prop_assert_eq!(amounts(&step.lines).iter().sum::<i64>(), step.deducted.amount);
            }
            value = step.after;
        }
        prop_assert_eq!(calculation.second_value, value);
        prop_assert_eq!(amounts(&calculation.lines), lines);
        prop_assert!(value.amount >= 0 && value.amount <= calculation.first_value.amount);
        prop_assert!(value.amount >= least || value == calculation.first_value);
        for used in &calculation.consumed {
            prop_assert!(used.units > 0);
            prop_assert!(context.balances.get(used.item.as_ref()).is_none_or(|balance| used.units <= *balance));
        }
    }

    #[test]
    fn the_order_of_items_changes_no_byte(
        order in any_order(),
        (rules, shuffled) in any_rules()
            .prop_flat_map(|rules| { let places: Vec<usize> = (0..rules.len()).collect(); (Just(rules), Just(places).prop_shuffle()) }),
        context in any_context(),
    ) {
        let items = items(&rules);
        let other: Vec<Item<'_>> = shuffled.into_iter().map(|at| items[at]).collect();
        let bytes = |items: &[Item<'_>]| serde_json::to_string(&calculate(&order, items, &context).unwrap()).unwrap();
        prop_assert_eq!(bytes(&items), bytes(&other));
    }

    #[test]
    fn the_order_of_lines_changes_no_amount(
        (lines, shuffled) in any_lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        mut rules in any_rules(),
        context in any_context(),
    ) {
        for (rule, _) in &mut rules {
            rule.allocation = Allocation::LargestRemainder;
        }
        let items = items(&rules);
        let of = |lines: &[Line]| {
            let calculation = calculate(&Order::of_lines(lines.to_vec()), &items, &context).unwrap();
            let key = |line: &Line| (line.sku.clone(), line.category.clone(), line.unit_price.amount, line.quantity);
            let mut left: Vec<_> = lines.iter().map(key).zip(amounts(&calculation.lines)).collect();
            left.sort();
            (totals(&calculation), left, calculation.consumed.len())
        };
        prop_assert_eq!(of(&lines), of(&shuffled));
    }

    #[test]
    fn a_larger_value_never_gives_less(
        (less, more) in (any_amount(), any_amount()).prop_map(|(a, b)| (a.amount.min(b.amount), a.amount.max(b.amount))),
        percentages in btree_set(0..=1_000_000_u32, 1..=4),
        froms in btree_set(1..=20_000_i64, 4),
        mut rule in any_rule(),
    ) {
        rule.target = Target::Order;
        let mut effects = percentages.into_iter().map(|value| Effect::Percentage(percentage(value)));
        rule.effect = effects.next();
        rule.tiers = froms.into_iter().zip(effects).map(|(from, effect)| Tier { from: cny(from), effect }).collect();
        rule.conditions = Conditions { threshold: rule.conditions.threshold, ..Conditions::default() };
        let deducted = |value| apply(&Order::of_value(cny(value)), std::slice::from_ref(&rule)).deducted().amount;
        prop_assert!(deducted(less) <= deducted(more));
    }

    #[test]
    fn a_larger_percentage_or_amount_never_gives_less(
        order in any_order(),
        (p, q) in (any_percentage(), any_percentage()).prop_map(|(p, q)| (p.min(q), p.max(q))),
        (a, b) in (any_amount(), any_amount()).prop_map(|(a, b)| (a.amount.min(b.amount), a.amount.max(b.amount))),
        mut rule in any_rule(),
    ) {
        rule.tiers.clear();
        let mut deducted = |effect| {
            rule.effect = Some(effect);
            apply(&order, std::slice::from_ref(&rule)).deducted().amount
        };
        prop_assert!(deducted(Effect::Percentage(p)) <= deducted(Effect::Percentage(q)));
        prop_assert!(deducted(Effect::Amount(cny(a))) <= deducted(Effect::Amount(cny(b))));
        prop_assert!(deducted(Effect::FixedPrice(cny(a))) >= deducted(Effect::FixedPrice(cny(b))));
    }

    #[test]
    fn lines_bear_what_allocation_gives_them(
        (lines, part) in (any_lines(), 1..=1_000_000_i64),
        rule in select(&ALLOCATIONS[..]),
    ) {
        let mut lines = lines;
        lines.sort_by(|a, b| a.unit_price.amount.cmp(&b.unit_price.amount).then_with(|| a.sku.cmp(&b.sku)));
        lines.dedup_by(|a, b| a.unit_price == b.unit_price && a.sku == b.sku);
        let first = |line: &Line| line.unit_price.amount * line.quantity;
        let sum: i64 = lines.iter().map(first).sum();
        let total = i64::try_from(i128::from(sum) * i128::from(part) / 1_000_000).unwrap();
        prop_assume!(total > 0);
        let weights: Vec<u64> = lines.iter().map(|line| first(line).unsigned_abs()).collect();
        let shares = allocate(cny(total), &weights, rule).unwrap();
        // What spills is allocated without a look at what a line has, so only what fits is the same.
        prop_assume!(shares.iter().zip(&lines).all(|(share, line)| share.amount <= first(line)));
        let rule = Rule { allocation: rule, ..Rule::of(Effect::Amount(cny(total))) };
        let rules = [rule];
        prop_assert_eq!(&apply(&Order::of_lines(lines), &rules).steps[0].lines, &shares);
    }

    #[test]
    fn calculations_round_trip(order in any_order(), rules in any_rules(), context in any_context()) {
        let calculation = calculate(&order, &items(&rules), &context).unwrap();
        let text = serde_json::to_string(&calculation).unwrap();
        let read: Calculation<'static> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
        prop_assert_eq!(read, calculation.into_owned());
    }

    /// Whatever a rule says that was never checked, the result is an error or within its bounds.
    #[test]
    fn nothing_panics(
        (amount, other, worth) in any::<(i64, i64, i64)>(),
        (units, buy, get) in any::<(u32, u32, u32)>(),
        prices in vec((any::<i64>(), -1..=10_001_i64), 0..=3),
        first_value in maybe(any::<i64>()),
        balance in any::<i64>(),
        mut rule in any_rule(),
        kind in select(&KINDS[..]),
        which in 0..4_u8,
    ) {
        let currency = if which == 3 { Currency::EUR } else { Currency::CNY };
        rule.effect = Some(match which {
            0 => Effect::Amount(cny(amount)),
            1 => Effect::FixedPrice(cny(amount)),
            _ => Effect::FreeUnits(FreeUnits { buy, get: if which == 2 { get } else { 0 } }),
        });
        rule.exchange = Some(Exchange { units, worth: Money::new(worth, currency) });
        rule.cap = rule.cap.map(|_| cny(other));
        rule.minimum_payable = rule.minimum_payable.map(|_| cny(other));
        let lines = prices.into_iter().map(|(price, quantity)| Line {
            sku: "a".to_owned(),
            name: None,
            category: Some("x".to_owned()),
            quantity,
            unit_price: cny(price),
        });
        let order = Order { first_value: first_value.map(cny), lines: lines.collect() };
        let context = Context { balances: [("a".to_owned(), balance)].into(), ..Context::default() };
        let mut items = promotions(std::slice::from_ref(&rule));
        items[0].kind = kind;
        if let Ok(calculation) = calculate(&order, &items, &context) {
            let second = calculation.second_value.amount;
            prop_assert!(second >= 0 && second <= calculation.first_value.amount);
        }
    }
}
