//! What happens to three bills.

use crate::demo::cast::{Cast, Merchant, PIN, yuan};
use crate::demo::stage::{By, Stage, expect_status, say, text, title};
use anyhow::anyhow;
use reqwest::{Method, StatusCode};
use scrip_identity::PresentationKey;
use serde_json::{Value, json};

struct Bill {
    id: String,
    key: PresentationKey,
}

/// Two merchants add to a bill; Alice verifies it, and both are paid at once.
pub(in crate::demo) async fn paid(stage: &mut Stage, cast: &Cast) -> anyhow::Result<()> {
    let alice = By::User(&cast.alice);
    title("A bill that is paid")?;
    say("Alice opens a bill for two hours, for 200 yuan at most.")?;
    let bill = open(stage, cast, Some(20_000)).await?;
    let path = format!("/v1/bills/{}", bill.id);

    say(
        "The phone shows the Noodle House's terminal a code of 8 digits, and the terminal adds items with it.",
    )?;
    let items = json!([item("Beef noodles", 2, 2_800), item("Jasmine tea", 1, 600)]);
    let added = add(stage, &cast.noodles, &bill, items, StatusCode::CREATED).await?;
    say("The tea was a mistake. The terminal that added it takes it off, within five minutes.")?;
    let tea = text(&added, "/items/1/id")?.to_owned();
    stage.delete(By::Device(&cast.noodles.terminal), &format!("{path}/items/{tea}")).await?;
    say("The Flower Stall adds to the same bill: first above the ceiling, which is refused, then below it.")?;
    let orchid = json!([item("Orchid", 1, 18_000)]);
    add(stage, &cast.flowers, &bill, orchid, StatusCode::UNPROCESSABLE_ENTITY).await?;
    add(stage, &cast.flowers, &bill, json!([item("Tulips", 1, 4_500)]), StatusCode::CREATED).await?;
    say("Alice sees everything that is on her bill. A terminal sees what it added.")?;
    stage.get(alice, &path).await?;

    say("She asks for the verification. From here on the bill takes no more items.")?;
    let asked = stage.create(alice, &format!("{path}/verification-requests"), json!({})).await?;
    let request = text(&asked, "/id")?.to_owned();
    say("A wrong PIN costs one of three attempts.")?;
    verify(stage, cast, &path, &request, "314159", StatusCode::UNPROCESSABLE_ENTITY).await?;
    say("The right one settles the bill: its status and both payments are one transaction.")?;
    let settled = verify(stage, cast, &path, &request, PIN, StatusCode::OK).await?;
    cast.balances(stage).await?;

    say("One bowl was cold. Bo sends half of the noodles' price back.")?;
    let transfer = transfer_to(&settled, 5_600)?;
    let body = json!({ "amount": yuan(2_800), "reference": "cold noodles" });
    let reversals = format!("/v1/transfers/{transfer}/reversals");
    stage.create(By::User(&cast.noodles.owner), &reversals, body).await?;
    cast.balances(stage).await
}

/// Nobody verifies a bill.
pub(in crate::demo) async fn unpaid(stage: &mut Stage, cast: &Cast) -> anyhow::Result<()> {
    let alice = By::User(&cast.alice);
    title("A bill that nobody verifies")?;
    let bill = open(stage, cast, None).await?;
    let path = format!("/v1/bills/{}", bill.id);
    add(stage, &cast.noodles, &bill, json!([item("Dumplings", 3, 900)]), StatusCode::CREATED).await?;
    say("This is what will happen to it, and when.")?;
    stage.get(By::Anyone, &format!("/local/due?item={}", bill.id)).await?;
    say("Two hours pass. The bill's workflow starts and asks Alice for the verification by itself.")?;
    stage.advance("PT2H").await?;
    stage.get(alice, &path).await?;
    stage.get(alice, "/v1/notifications?limit=1").await?;
    say("The grace of 15 minutes passes too: the bill is unpaid, and both sides are told.")?;
    stage.advance("PT15M").await?;
    expect_status(&stage.get(alice, &path).await?, "unpaid")?;
    stage.get(alice, "/v1/notifications?limit=1").await?;
    let owner = By::User(&cast.noodles.owner);
    stage.get(owner, &format!("/v1/notifications?limit=1&merchant={}", cast.noodles.id)).await?;
    say("These are the ways that the workflow took.")?;
    stage.executions(&bill.id).await
}

/// Nothing is ever added to a bill.
pub(in crate::demo) async fn expired(stage: &mut Stage, cast: &Cast) -> anyhow::Result<()> {
    title("A bill that stays empty")?;
    let bill = open(stage, cast, None).await?;
    stage.advance("PT2H").await?;
    expect_status(&stage.get(By::User(&cast.alice), &format!("/v1/bills/{}", bill.id)).await?, "expired")?;
    stage.executions(&bill.id).await?;
    say("No money moved since the first bill:")?;
    cast.balances(stage).await
}

async fn open(stage: &mut Stage, cast: &Cast, ceiling: Option<i64>) -> anyhow::Result<Bill> {
    let mut body = json!({ "account": cast.account, "effective_for": "PT2H" });
    if let Some(ceiling) = ceiling {
        body["ceiling"] = json!(yuan(ceiling));
    }
    let opened = stage.create(By::User(&cast.alice), "/v1/bills", body).await?;
    let key = text(&opened, "/presentation_key")?.parse().map_err(|_| anyhow!("a key that can't be one"))?;
    Ok(Bill { id: text(&opened, "/id")?.to_owned(), key })
}

async fn add(
    stage: &mut Stage,
    merchant: &Merchant,
    bill: &Bill,
    items: Value,
    expected: StatusCode,
) -> anyhow::Result<Value> {
    let body = json!({ "presentation_code": bill.key.code_at(stage.now().await?), "items": items });
    let path = format!("/v1/bills/{}/items", bill.id);
    stage.ask(By::Device(&merchant.terminal), Method::POST, &path, Some(body), expected).await
}

async fn verify(
    stage: &mut Stage,
    cast: &Cast,
    path: &str,
    request: &str,
    pin: &str,
    expected: StatusCode,
) -> anyhow::Result<Value> {
    let body = json!({ "verification_request": request, "method": "pin", "pin": pin });
    stage
        .ask(By::User(&cast.alice), Method::POST, &format!("{path}/verifications"), Some(body), expected)
        .await
}

fn item(name: &str, quantity: i64, price: i64) -> Value {
    json!({ "name": name, "quantity": quantity, "unit_price": yuan(price) })
}

/// The transfer of this many fen among those of a settled bill.
fn transfer_to(settled: &Value, fen: i64) -> anyhow::Result<String> {
    let transfers = settled["transfers"].as_array().into_iter().flatten();
    let found = transfers
        .filter(|transfer| transfer["amount"]["amount"] == fen)
        .find_map(|found| found["id"].as_str());
    found.map(str::to_owned).ok_or_else(|| anyhow!("the bill was settled without a transfer of {fen} fen"))
}
