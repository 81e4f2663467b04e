//! `zen-engine`: all rules are the expressions of one node in a decision graph, which is loaded and compiled once; the
//! carts are its own variables before the clock runs. Several nodes, or tables, take it longer. Its numbers are decimal.

use crate::carts::{CAP, Cart, GOLD, GOLD_AMOUNT, GOLD_LEAST, GOLD_THRESHOLD, RULES, SNACK_AMOUNT, TIERS};
use crate::{Engine, Figures};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine, Variable};

const KEYS: [&str; RULES] = ["drinks", "snacks", "dairy", "order", "gold"];
const SECOND_VALUE: &str = "second_value";

pub struct Zen {
    decision: Decision,
    carts: Vec<Variable>,
    runtime: Runtime,
}

impl Zen {
    pub fn load(carts: &[Cart]) -> anyhow::Result<Self> {
        let content: DecisionContent = serde_json::from_value(graph())?;
        let decision = DecisionEngine::default().create_decision(Arc::new(content));
        let mut decision = decision.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        decision.compile();
        Ok(Self {
            decision,
            carts: carts.iter().map(|cart| Variable::from(input(cart))).collect(),
            runtime: Builder::new_current_thread().build()?,
        })
    }
}

fn input(cart: &Cart) -> Value {
    let line = |line: &crate::carts::CartLine| json!({ "category": line.category, "quantity": line.quantity, "unit_price": line.unit_price });
    json!({ "member_level": cart.member_level, "lines": cart.lines.iter().map(line).collect::<Vec<_>>() })
}

fn graph() -> Value {
    let of =
        |category: &str, each: &str| format!("sum(map(filter(lines, #.category == '{category}'), {each}))");
    let tier = |(from, per_cent): (i64, i64)| {
        format!("$.left >= {from} ? min([round($.left * 0.0{per_cent}), {CAP}]) : ")
    };
    let [low, high] = TIERS.map(tier);
    let room = format!("$.reduced - {GOLD_LEAST}");
    let expressions = [
        ("first", "sum(map(lines, #.quantity * #.unit_price))".to_owned()),
        (KEYS[0], of("drinks", "round(#.quantity * #.unit_price * 0.1)")),
        (KEYS[1], of("snacks", &format!("#.quantity * min([#.unit_price, {SNACK_AMOUNT}])"))),
        (KEYS[2], of("dairy", "floor(#.quantity / 3) * #.unit_price")),
        ("left", "$.first - $.drinks - $.snacks - $.dairy".to_owned()),
        (KEYS[3], format!("{high}{low}0")),
        ("reduced", "$.left - $.order".to_owned()),
        (
            KEYS[4],
            format!(
                "member_level == '{GOLD}' and $.reduced >= {GOLD_THRESHOLD} ? min([{GOLD_AMOUNT}, {room}]) : 0"
            ),
        ),
        (SECOND_VALUE, "$.reduced - $.gold".to_owned()),
    ];
    let expressions: Vec<Value> = expressions
        .into_iter()
        .map(|(key, value)| json!({ "id": key, "key": key, "value": value }))
        .collect();
    json!({
        "nodes": [
            { "id": "cart", "name": "cart", "type": "inputNode" },
            { "id": "rules", "name": "rules", "type": "expressionNode", "content": { "expressions": expressions } },
            { "id": "figures", "name": "figures", "type": "outputNode" },
        ],
        "edges": [
            { "id": "in", "type": "edge", "sourceId": "cart", "targetId": "rules" },
            { "id": "out", "type": "edge", "sourceId": "rules", "targetId": "figures" },
        ],
    })
}

impl Engine for Zen {
    const NAME: &'static str = "zen-engine";

    fn calculate(&self, cart: usize) -> anyhow::Result<Figures> {
        // The clone is of a reference.
        let cart = self.carts.get(cart).context("no such cart")?.clone();
        let response = self.runtime.block_on(self.decision.evaluate(cart));
        let result = response.map_err(|error| anyhow::anyhow!("{error:?}"))?.result;
        let number = |key: &str| -> anyhow::Result<i64> {
            let number =
                result.dot(key).and_then(|value| value.as_number()).with_context(|| key.to_owned())?;
            Ok(number.try_into()?)
        };
        let mut figures = Figures { second_value: number(SECOND_VALUE)?, ..Figures::default() };
        for (deduction, key) in figures.deductions.iter_mut().zip(KEYS) {
            *deduction = number(key)?;
        }
        Ok(figures)
    }
}
