//! `cel`: each rule is a program, compiled once against one shared environment; the host keeps what is left between
//! them, as the language has no sums and no state. The carts are in contexts of their own, as its values, before the
//! clock runs. Its numbers here are 64-bit integers.

use crate::carts::{
    CAP, Cart, CartLine, GOLD, GOLD_AMOUNT, GOLD_LEAST, GOLD_THRESHOLD, RULES, SNACK_AMOUNT, TIERS,
};
use crate::{Engine, Figures};
use anyhow::{Context as _, bail};
use cel::{Context, Env, Program, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Rules that look at lines alone; the others look at what is left.
const LINE_RULES: usize = 3;

pub struct Cel {
    first_value: Program,
    rules: [Program; RULES],
    carts: Vec<Context<'static, 'static>>,
}

impl Cel {
    pub fn load(carts: &[Cart]) -> anyhow::Result<Self> {
        let env = Arc::new(Env::stdlib());
        let program = |source: &str| -> anyhow::Result<Program> {
            env.compile(source).map_err(|errors| anyhow::anyhow!("{source}: {errors}"))
        };
        let of =
            |category: &str, each: &str| format!("sum(lines.map(l, l.category == '{category}', {each}))");
        let [low, high] = TIERS.map(|(from, per_cent)| {
            let part = format!("(left * {per_cent} + 50) / 100");
            format!("left >= {from} ? ({part} > {CAP} ? {CAP} : {part}) : ")
        });
        let room = format!("left - {GOLD_LEAST}");
        let rules = [
            program(&of("drinks", "(l.quantity * l.unit_price * 10 + 50) / 100"))?,
            program(&of(
                "snacks",
                &format!("l.quantity * (l.unit_price > {SNACK_AMOUNT} ? {SNACK_AMOUNT} : l.unit_price)"),
            ))?,
            program(&of("dairy", "l.quantity / 3 * l.unit_price"))?,
            program(&format!("{high}{low}0"))?,
            program(&format!(
                "member_level == '{GOLD}' && left >= {GOLD_THRESHOLD} ? ({room} < {GOLD_AMOUNT} ? {room} : {GOLD_AMOUNT}) : 0"
            ))?,
        ];
        let first_value = program("sum(lines.map(l, l.quantity * l.unit_price))")?;
        let carts = carts.iter().map(|cart| context(&env, cart)).collect::<anyhow::Result<_>>()?;
        Ok(Self { first_value, rules, carts })
    }
}

fn context(env: &Arc<Env>, cart: &Cart) -> anyhow::Result<Context<'static, 'static>> {
    let mut context = Context::with_env(env.clone());
    let added = context.add_function("sum", |numbers: Arc<Vec<Value>>| -> i64 {
        numbers.iter().map(|number| if let Value::Int(number) = number { *number } else { 0 }).sum()
    });
    added.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    context.add_variable_from_value("member_level", cart.member_level);
    context.add_variable_from_value("lines", cart.lines.iter().map(line).collect::<Vec<Value>>());
    Ok(context)
}

fn line(line: &CartLine) -> Value {
    let fields: [(&str, Value); 3] = [
        ("category", line.category.into()),
        ("quantity", line.quantity.into()),
        ("unit_price", line.unit_price.into()),
    ];
    HashMap::from(fields).into()
}

fn number(program: &Program, context: &Context<'_, '_>) -> anyhow::Result<i64> {
    match program.execute(context)? {
        Value::Int(number) => Ok(number),
        other => bail!("{other:?} is no number"),
    }
}

impl Engine for Cel {
    const NAME: &'static str = "cel";

    fn calculate(&self, cart: usize) -> anyhow::Result<Figures> {
        let cart = self.carts.get(cart).context("no such cart")?;
        let mut left = number(&self.first_value, cart)?;
        let mut figures = Figures::default();
        for (at, rule) in self.rules.iter().enumerate() {
            let deduction = if at < LINE_RULES {
                number(rule, cart)?
            } else {
                let mut scope = cart.new_inner_scope();
                scope.add_variable_from_value("left", left);
                number(rule, &scope)?
            };
            figures.deductions[at] = deduction;
            left -= deduction;
        }
        figures.second_value = left;
        Ok(figures)
    }
}
