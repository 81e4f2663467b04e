//! What a phone pays without a network.

use crate::demo::cast::{Cast, PIN, device, yuan};
use crate::demo::stage::{By, Device, Stage, expect_status, say, show, text, title};
use anyhow::anyhow;
use rand::Rng;
use reqwest::{Method, StatusCode};
use scrip_identity::Algorithm;
use scrip_secure_code::{
    Alias, Presentation, TOTP_DIGITS, TOTP_STEP_SECONDS, Totp, TotpAlgorithm, TotpSecret,
};
use serde_json::{Value, json};

const TRANSACTIONS: &str = "/v1/pos/transactions";
const SECRET_BYTES: usize = 32;

/// What Alice's phone keeps while it has no network.
pub(in crate::demo) struct Phone {
    totp: Totp,
    alias: Alias,
}

impl Phone {
    /// What is scanned at this moment.
    pub(in crate::demo) async fn shows(&self, stage: &Stage) -> anyhow::Result<Presentation> {
        let shown = self.totp.presentation_at(self.alias, stage.now().await?);
        show(&format!("\n  the phone shows {shown}"))?;
        Ok(shown)
    }
}

/// Alice authorizes payments, and pays without a network; a guess is declined, and a mistake is taken back.
pub(in crate::demo) async fn paid(stage: &mut Stage, cast: &Cast) -> anyhow::Result<Phone> {
    let alice = By::User(&cast.alice);
    title("A payment without a network")?;
    let phone = authorize(stage, cast).await?;
    let owner = &cast.noodles.owner;
    say("Bo registers the key of the Noodle House's point of sale.")?;
    let pos = device(stage, owner, &cast.noodles.id, "pos", cast.noodles.name, Algorithm::EdDsa).await?;

    say(
        "The phone goes offline. It needs its secret and its clock, and shows 18 digits; the point of sale scans them.",
    )?;
    let lunch = sell(stage, &pos, &phone.shows(stage).await?, "lunch", 3_200).await?;
    expect_decision(&lunch, "approved")?;
    say("Somebody guesses a code. The point of sale is not told whether payer or code is wrong.")?;
    let guess = guess(&phone, stage).await?;
    let guessed = sell(stage, &pos, &guess, "guess", 3_200).await?;
    expect_decision(&guessed, "declined")?;

    say(
        "Half a minute later the phone shows another code. It pays for the dessert, which has run out: it is taken back.",
    )?;
    stage.advance("PT30S").await?;
    let dessert = sell(stage, &pos, &phone.shows(stage).await?, "dessert", 1_500).await?;
    expect_decision(&dessert, "approved")?;
    let reversals = format!("{TRANSACTIONS}/dessert/reversals");
    let reversed = stage.create(By::Device(&pos), &reversals, json!({})).await?;
    expect_status(&reversed, "reversed")?;
    cast.balances(stage).await?;

    say(
        "Lunch waits in a slot until it can't be taken back any more; then it settles with all else of that minute.",
    )?;
    let id = text(&lunch, "/id")?.to_owned();
    stage.get(By::Anyone, &format!("/local/due?item={id}")).await?;
    stage.advance("PT31M").await?;
    expect_status(&stage.get(By::Device(&pos), &format!("{TRANSACTIONS}/{id}")).await?, "settled")?;
    say("The noodle house sees what it was paid, and for which sales.")?;
    let settlements = format!("/v1/merchants/{}/settlements", cast.noodles.id);
    let settled = stage.get(By::User(&cast.noodles.owner), &settlements).await?;
    let settlement = text(&settled, "/items/0/id")?.to_owned();
    stage.get(By::User(&cast.noodles.owner), &format!("{settlements}/{settlement}")).await?;
    cast.balances(stage).await?;
    say("What is left of the authorization, once the phone is online again:")?;
    stage.get(alice, "/v1/offline/authorizations").await?;
    Ok(phone)
}

async fn authorize(stage: &mut Stage, cast: &Cast) -> anyhow::Result<Phone> {
    say(
        "While she is online, Alice authorizes 100 yuan for a day. Her phone makes the secret of its codes.",
    )?;
    let bytes: [u8; SECRET_BYTES] = rand::rng().random();
    let secret = TotpSecret::from_bytes(bytes).map_err(|why| anyhow!("{why}"))?;
    let code = json!({
        "scheme": "totp", "secret": secret.to_base64url().as_str(),
        "digits": TOTP_DIGITS, "period": TOTP_STEP_SECONDS,
    });
    let body = json!({
        "account": cast.account, "pin": PIN, "secure_code": code, "limit": yuan(10_000),
        "per_transaction_limit": yuan(5_000), "uses": 10, "valid_for": "PT24H",
    });
    let approved = stage.create(By::User(&cast.alice), "/v1/offline/authorizations", body).await?;
    let alias =
        Alias::parse(text(&approved, "/alias")?).map_err(|_| anyhow!("an alias that can't be one"))?;
    Ok(Phone { totp: Totp::new(secret, TotpAlgorithm::default()), alias })
}

/// A code of Alice's that is wrong, whatever her phone shows around this moment.
async fn guess(phone: &Phone, stage: &Stage) -> anyhow::Result<Presentation> {
    let now = stage.now().await?;
    let mut codes = (0..).map(|number| format!("{number:0TOTP_DIGITS$}"));
    let wrong = codes.find(|code| phone.totp.verify(code, now).is_none());
    let code = wrong.and_then(|code| code.parse().ok()).ok_or_else(|| anyhow!("every code is right"))?;
    Presentation::new(phone.alias, code).map_err(|why| anyhow!("{why}"))
}

async fn sell(
    stage: &mut Stage,
    pos: &Device,
    shown: &Presentation,
    order: &str,
    fen: i64,
) -> anyhow::Result<Value> {
    let body = json!({
        "presentation_code": shown.to_string(), "amount": yuan(fen), "order_reference": order,
    });
    stage.ask(By::Device(pos), Method::POST, TRANSACTIONS, Some(body), StatusCode::CREATED).await
}

fn expect_decision(transaction: &Value, expected: &str) -> anyhow::Result<()> {
    match text(transaction, "/decision")? {
        decision if decision == expected => Ok(()),
        decision => Err(anyhow!("the payment is {decision}; the story needs it {expected}")),
    }
}
