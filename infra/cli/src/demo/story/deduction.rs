//! What a merchant takes off a price, and how a terminal and the platform agree on it.

use super::offline::Phone;
use crate::demo::cast::{Cast, yuan};
use crate::demo::stage::{By, Stage, say, show, title};
use anyhow::Context as _;
use reqwest::{Method, StatusCode};
use scrip_deduction::{Context, Item, Kind, Line, Order, Rule, calculate};
use serde_json::{Value, json};

const TRANSFERS: &str = "/v1/deductions/transfers";
const ITEM: &str = "lunch-menu";

/// The Noodle House publishes a rule; its terminal calculates by it, agrees with the platform, and is paid.
pub(in crate::demo) async fn agreed(stage: &mut Stage, cast: &Cast, phone: &Phone) -> anyhow::Result<()> {
    let owner = By::User(&cast.noodles.owner);
    let terminal = By::Device(&cast.noodles.terminal);
    title("A deduction that two calculate alike")?;
    say("Bo takes 12.5 percent off, 5 yuan at most, where lunch costs 30 yuan or more.")?;
    let item = format!("/v1/merchants/{}/deduction-items/{ITEM}", cast.noodles.id);
    let rule = json!({
        "effect": { "percentage": "12.5" }, "conditions": { "threshold": yuan(3_000) }, "cap": yuan(500),
    });
    let put = json!({ "kind": "promotion", "rule": rule });
    stage.ask(owner, Method::PUT, &item, Some(put), StatusCode::OK).await?;
    say(
        "The terminal fetches the rule with the platform's signature over it, which it may keep for a while.",
    )?;
    let signed = stage.get(terminal, &format!("{item}/rule")).await?;
    let version = signed["version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let rule: Rule = serde_json::from_value(signed["rule"].clone()).context("the rule can't be read")?;

    say(
        "It calculates by itself, with the code that the platform runs: the first value becomes the second.",
    )?;
    let order = Order::of_lines(vec![line("noodles", 1, 2_800), line("tea", 1, 600)]);
    let items = [Item { item: ITEM, kind: Kind::Promotion, version, rule: &rule }];
    let ours = calculate(&order, &items, &Context::default())?;
    show(&format!("\n  {} → {}", ours.first_value, ours.second_value))?;
    let asked = json!({ "merchant": cast.noodles.id, "items": [ITEM], "lines": order.lines });
    stage.ask(terminal, Method::POST, "/v1/deductions/calculations", Some(asked), StatusCode::OK).await?;

    say("A terminal that asks for another figure, a fen less here, is refused with both. Nothing is paid.")?;
    stage.advance("PT30S").await?;
    let shown = phone.shows(stage).await?.to_string();
    let transfer = |fen: i64| {
        json!({
            "items": [{ "item": ITEM, "version": version }], "lines": order.lines, "second_value": yuan(fen),
            "payer": { "presentation_code": shown }, "order_reference": "menu-1",
        })
    };
    let agreed = ours.second_value.amount;
    let wrong = transfer(agreed - 1);
    stage.ask(terminal, Method::POST, TRANSFERS, Some(wrong), StatusCode::CONFLICT).await?;
    say(
        "The figure on which both agree is paid with the code that Alice's phone shows, and is the receipt.",
    )?;
    let receipt: Value = stage.create(terminal, TRANSFERS, transfer(agreed)).await?;
    anyhow::ensure!(receipt["second_value"] == json!(ours.second_value), "the receipt shows another figure");
    cast.balances(stage).await
}

fn line(sku: &str, quantity: i64, fen: i64) -> Line {
    Line { sku: sku.to_owned(), name: None, category: None, quantity, unit_price: yuan(fen) }
}
