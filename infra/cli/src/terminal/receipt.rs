//! What a terminal prints.

use anyhow::Context;
use scrip_deduction::{Calculation, Step};
use scrip_money::Money;
use scrip_terminal::SignedRule;
use serde::Serialize;
use serde_json::Value;

const NAME_CHARACTERS: usize = 32;
const MONEY_CHARACTERS: usize = 16;

/// A calculation, a line for each step.
pub(super) fn of_calculation(calculation: &Calculation<'_>) -> String {
    let mut lines = vec![line("First value", calculation.first_value, "")];
    lines.extend(calculation.steps.iter().map(of_step));
    lines.push(line("Second value", calculation.second_value, ""));
    lines.extend(calculation.consumed.iter().map(|used| format!("  uses {} of {}", used.units, used.item)));
    lines.join("\n")
}

fn of_step(step: &Step<'_>) -> String {
    let version = step.version.map(|version| format!(" v{version}")).unwrap_or_default();
    let why = step
        .reason
        .map(kebab)
        .or_else(|| step.limited_by.map(|limit| format!("limited by {}", kebab(limit))));
    let deducted = Money::new(-step.deducted.amount, step.deducted.currency);
    line(&format!("  {}{version}", step.item), deducted, &why.unwrap_or_default())
}

fn line(name: &str, money: Money, aside: &str) -> String {
    let money = money.to_string();
    format!("{name:<NAME_CHARACTERS$}{money:>MONEY_CHARACTERS$}  {aside}").trim_end().to_owned()
}

/// A reason as the API writes it.
fn kebab(reason: impl Serialize) -> String {
    serde_json::to_value(reason).ok().as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A rule that was verified.
pub(super) fn of_rule(rule: &SignedRule) -> anyhow::Result<String> {
    let SignedRule { item, version, valid_until, .. } = rule;
    let until = valid_until.map(|until| format!(", valid until {until}")).unwrap_or_default();
    let written = serde_json::to_string(&rule.rule).context("a rule that can't be written")?;
    Ok(format!("{item} v{version} {}{until}, signature verified\n  {written}", kebab(rule.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_deduction::{Context, Item, Kind, Order, Rule, calculate};
    use scrip_money::Currency;

    #[test]
    fn each_step_is_a_line_that_says_why() {
        let rule = |json: &str| serde_json::from_str::<Rule>(json).unwrap();
        let tenth = rule(r#"{"effect": {"percentage": "10"}, "cap": {"amount": 100, "currency": "CNY"}}"#);
        let gold = rule(r#"{"effect": {"percentage": "5"}, "conditions": {"member_levels": ["gold"]}}"#);
        let items = [
            Item { item: "spring", kind: Kind::Promotion, version: Some(3), rule: &tenth },
            Item { item: "gold", kind: Kind::Member, version: Some(1), rule: &gold },
        ];
        let order = Order::of_value(Money::new(1_250, Currency::CNY));
        let printed = of_calculation(&calculate(&order, &items, &Context::default()).unwrap());
        let expected = [
            "First value                            12.50 CNY",
            "  gold v1                               0.00 CNY  member-level-not-met",
            "  spring v3                            -1.00 CNY  limited by cap",
            "Second value                           11.50 CNY",
        ];
        assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    }
}
