//! A coupon that is shared, used in a shop on the web, and rewarded; and the reward, used at the counter.

use crate::demo::cast::{Cast, device, yuan};
use crate::demo::stage::{By, Message, Stage, User, say, text, title};
use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use scrip_clock::SignedDuration;
use scrip_identity::Algorithm;
use scrip_webhook::Secret;
use serde_json::{Value, json};

/// How often the platform is asked whether a confirmation was followed up.
const MAX_LOOKS: usize = 200;

/// Alice shares, Cleo uses, the Noodle House's web shop confirms, and Alice is rewarded.
pub(in crate::demo) async fn shared(stage: &mut Stage, cast: &Cast) -> anyhow::Result<()> {
    title("A shared coupon, and what it brings")?;
    let owner = By::User(&cast.noodles.owner);
    let alice = By::User(&cast.alice);
    let cleo = stage.user("Cleo", None);
    stage.log_in(&cleo).await?;
    say(
        "Bo issues a free tea, and a tenth off that may be shared: who shares one that is used gets the tea.",
    )?;
    let campaigns = format!("/v1/merchants/{}/campaigns", cast.noodles.id);
    let now = stage.now().await?;
    let until = now + SignedDuration::from_hours(90 * 24);
    let campaign = |name: &str, benefit: Value, reward: Value| {
        json!({
            "name": name, "benefit": benefit, "quantity": 100, "per_user": 3, "shareable": true, "reward": reward,
            "valid_from": now.to_string(), "valid_until": until.to_string(),
        })
    };
    let tea = campaign("A free tea", json!({ "effect": { "amount": yuan(600) } }), Value::Null);
    let tea = text(&stage.create(owner, &campaigns, tea).await?, "/id")?.to_owned();
    let reward = json!({ "campaign": tea, "to": "sharer" });
    let tenth = campaign("A tenth off", json!({ "effect": { "percentage": "10" } }), reward);
    let tenth = text(&stage.create(owner, &campaigns, tenth).await?, "/id")?.to_owned();

    say("Alice takes one and puts it into her pool, which Cleo reaches once each has named the other.")?;
    let taken = stage.create(alice, &format!("/v1/campaigns/{tenth}/coupons"), json!({})).await?;
    let coupon = text(&taken, "/id")?;
    let pool = format!("/v1/pools/{}/coupons", cast.alice.id);
    stage.create(alice, &pool, json!({ "coupon": coupon })).await?;
    befriend(stage, &cast.alice, &cleo).await?;
    stage.get(By::User(&cleo), &pool).await?;
    say("Cleo reserves it for a quarter of an hour, and gets a code to type into the shop on the web.")?;
    let path = format!("{pool}/{coupon}/reservations");
    let reserved = stage.create(By::User(&cleo), &path, json!({})).await?;
    let code = text(&reserved, "/code")?.to_owned();

    let server =
        device(stage, &cast.noodles.owner, &cast.noodles.id, "server", "Web shop", Algorithm::EdDsa).await?;
    say("The shop's server asks what the code is worth on this order. Nothing is used yet.")?;
    let order = json!({ "reference": "web-1", "total": yuan(3_000) });
    let check = json!({ "codes": [code], "order": order });
    stage.ask(By::Device(&server), Method::POST, "/v1/coupons/checks", Some(check), StatusCode::OK).await?;
    say(
        "The order is paid: the server confirms it with a signature. It is told only that this is safely kept.",
    )?;
    let keys = format!("/v1/merchants/{}/webhook-keys", cast.noodles.id);
    let key = stage.create(owner, &keys, json!({ "kind": "v1" })).await?;
    let secret = Secret::parse(text(&key, "/secret")?).context("a secret")?;
    let signed = By::Webhook(Message { secret: &secret, id: "msg_web_1" });
    let confirmed = json!({ "merchant": cast.noodles.id, "codes": [code], "order": order });
    let confirmations = "/v1/confirmations";
    let accepted =
        stage.ask(signed, Method::POST, confirmations, Some(confirmed.clone()), StatusCode::ACCEPTED).await?;
    say("However often it is sent, it is one confirmation.")?;
    let again = stage.ask(signed, Method::POST, confirmations, Some(confirmed), StatusCode::ACCEPTED).await?;
    ensure!(again["id"] == accepted["id"], "another confirmation");
    let followed = format!("{confirmations}/{}", text(&accepted, "/id")?);
    stage.until(By::Device(&server), &followed, "/status", "rewarded", MAX_LOOKS).await?;
    say("The pool shows Alice who used it and what came back.")?;
    let pooled = stage.get(alice, &pool).await?;
    let reward = text(&pooled, "/items/0/redeemed/reward")?.to_owned();
    at_the_counter(stage, cast, &reward).await
}

async fn befriend(stage: &mut Stage, one: &User, other: &User) -> anyhow::Result<()> {
    for (who, whom) in [(one, other), (other, one)] {
        let path = format!("/v1/contacts/{}", whom.id);
        stage.ask(By::User(who), Method::PUT, &path, None, StatusCode::OK).await?;
    }
    Ok(())
}

/// An operator verifies what Alice shows, and the same a second time.
async fn at_the_counter(stage: &mut Stage, cast: &Cast, coupon: &str) -> anyhow::Result<()> {
    say("At the counter Alice shows the tea's code, and Olga, whom Bo has named an operator, verifies it.")?;
    let olga = stage.user("Olga", None);
    stage.log_in(&olga).await?;
    let operators = format!("/v1/merchants/{}/operators", cast.noodles.id);
    let named = json!({ "user": olga.id, "stores": ["s1"] });
    stage.create(By::User(&cast.noodles.owner), &operators, named).await?;
    let shown = stage.get(By::User(&cast.alice), &format!("/v1/coupons/{coupon}/code")).await?;
    let scan = json!({ "code": shown["code"], "store": "s1", "order": { "total": yuan(1_800) } });
    let verdict = stage.create(By::User(&olga), "/v1/verifications", scan.clone()).await?;
    ensure!(verdict["verdict"] == "accepted", "the tea is refused");
    say("Scanned once more, it is refused, and Olga sees when and by whom it was used.")?;
    let verdict = stage.create(By::User(&olga), "/v1/verifications", scan).await?;
    ensure!(verdict["reason"] == "already-redeemed", "the tea is used twice");
    Ok(())
}
