//! Scrip: rules of data, calculated in integer minor units. Besides the figures that are compared it tells what is taken
//! from each line, in shares that sum to each deduction; the others are spared that.

use crate::carts::{CAP, Cart, GOLD, GOLD_AMOUNT, GOLD_LEAST, GOLD_THRESHOLD, RULES, SNACK_AMOUNT, TIERS};
use crate::{Engine, Figures};
use anyhow::Context as _;
use scrip_deduction::{Context, Item, Kind, Line, Order, Rule, calculate};
use scrip_money::{Currency, Money};
use serde_json::{Value, json};

const NAMES: [&str; RULES] = ["1-drinks", "2-snacks", "3-dairy", "4-order", "5-gold"];

pub struct Ours {
    /// In order, as the calculation's steps are told.
    rules: [Rule; RULES],
    carts: Vec<(Order, Context)>,
}

impl Ours {
    pub fn load(carts: &[Cart]) -> anyhow::Result<Self> {
        let cny = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
        let lines = |category: &str| json!({ "lines": { "categories": [category] } });
        let tier = |(from, per_cent): (i64, i64)| json!({ "from": cny(from), "effect": { "percentage": per_cent.to_string() } });
        let rule = |rule: Value| -> anyhow::Result<Rule> {
            let rule: Rule = serde_json::from_value(rule)?;
            rule.check(Currency::CNY).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            Ok(rule)
        };
        let rules = [
            rule(json!({ "effect": { "percentage": "10" }, "target": lines("drinks") }))?,
            rule(json!({ "effect": { "amount": cny(SNACK_AMOUNT) }, "target": lines("snacks") }))?,
            rule(json!({ "effect": { "free_units": { "buy": 2, "get": 1 } }, "target": lines("dairy") }))?,
            rule(json!({ "tiers": TIERS.map(tier), "cap": cny(CAP) }))?,
            rule(json!({
                "effect": { "amount": cny(GOLD_AMOUNT) },
                "conditions": { "threshold": cny(GOLD_THRESHOLD), "member_levels": [GOLD] },
                "minimum_payable": cny(GOLD_LEAST),
            }))?,
        ];
        Ok(Self { rules, carts: carts.iter().map(order).collect() })
    }
}

fn order(cart: &Cart) -> (Order, Context) {
    let lines = cart.lines.iter().map(|line| Line {
        sku: line.sku.clone(),
        name: None,
        category: Some(line.category.to_owned()),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, Currency::CNY),
    });
    let context = Context { member_level: Some(cart.member_level.to_owned()), ..Context::default() };
    (Order::of_lines(lines.collect()), context)
}

impl Engine for Ours {
    const NAME: &'static str = "scrip-deduction";

    fn calculate(&self, cart: usize) -> anyhow::Result<Figures> {
        let (order, context) = self.carts.get(cart).context("no such cart")?;
        let item = |at: usize| Item {
            item: NAMES[at],
            kind: Kind::Promotion,
            version: Some(1),
            rule: &self.rules[at],
        };
        let items: [Item<'_>; RULES] = std::array::from_fn(item);
        let calculation = calculate(order, &items, context)?;
        let mut figures = Figures { second_value: calculation.second_value.amount, ..Figures::default() };
        for (deduction, step) in figures.deductions.iter_mut().zip(&calculation.steps) {
            *deduction = step.deducted.amount;
        }
        Ok(figures)
    }
}
