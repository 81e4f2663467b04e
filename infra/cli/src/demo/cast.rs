//! Who takes part: a user with money, and two merchants with a terminal each.

use super::stage::{By, Device, Stage, User, say, show, text, title};
use anyhow::Context;
use scrip_identity::{Algorithm, SigningKey};
use scrip_money::{Currency, Money};
use serde_json::{Value, json};

pub(super) const PIN: &str = "271828";

pub(super) struct Cast {
    pub(super) alice: User,
    pub(super) account: String,
    pub(super) noodles: Merchant,
    pub(super) flowers: Merchant,
}

pub(super) struct Merchant {
    pub(super) name: &'static str,
    pub(super) id: String,
    account: String,
    pub(super) owner: User,
    pub(super) terminal: Device,
}

/// Brings everybody onto the stage.
pub(super) async fn enter(stage: &mut Stage) -> anyhow::Result<Cast> {
    title("Who takes part")?;
    let alice = stage.user("Alice", None);
    let treasury = stage.user("Treasury", Some("treasury"));
    say("The development issuer gives everybody a token. The treasury's has a scope.")?;
    stage.log_in(&alice).await?;
    stage.log_in(&treasury).await?;
    say("Alice opens an account and sets the PIN that she will verify bills with.")?;
    let opened = stage.create(By::User(&alice), "/v1/accounts", json!({ "currency": "CNY" })).await?;
    let account = text(&opened, "/id")?.to_owned();
    stage.put(By::User(&alice), "/v1/me/pin", json!({ "pin": PIN })).await?;
    say("The treasury puts 500 yuan in. Amounts are whole minor units: 50000 fen.")?;
    let deposit = json!({ "amount": yuan(50_000), "reference": "salary" });
    stage.create(By::User(&treasury), &format!("/v1/accounts/{account}/deposits"), deposit).await?;
    let noodles = merchant(stage, "Bo", "Noodle House", Algorithm::EdDsa).await?;
    let flowers = merchant(stage, "Fay", "Flower Stall", Algorithm::Es256).await?;
    Ok(Cast { alice, account, noodles, flowers })
}

async fn merchant(
    stage: &mut Stage,
    owner: &'static str,
    name: &'static str,
    algorithm: Algorithm,
) -> anyhow::Result<Merchant> {
    let owner = stage.user(owner, None);
    say(&format!("{} creates the merchant {name} and registers the key of its terminal.", owner.name))?;
    stage.log_in(&owner).await?;
    let body = json!({ "name": name, "currency": "CNY" });
    let created = stage.create(By::User(&owner), "/v1/merchants", body).await?;
    let id = text(&created, "/id")?.to_owned();
    let account = text(&created, "/account")?.to_owned();
    let terminal = device(stage, &owner, &id, "terminal", name, algorithm).await?;
    Ok(Merchant { name, id, account, owner, terminal })
}

/// The merchant's owner registers the key of a device.
pub(super) async fn device(
    stage: &mut Stage,
    owner: &User,
    merchant: &str,
    kind: &'static str,
    name: &'static str,
    algorithm: Algorithm,
) -> anyhow::Result<Device> {
    let key = SigningKey::generate(algorithm);
    let public: Value =
        serde_json::from_str(&key.public_jwk().canonical_json()).context("a key of its own")?;
    let body = json!({ "kind": kind, "name": "Counter", "store": "s1", "public_key": public });
    let registered =
        stage.create(By::User(owner), &format!("/v1/merchants/{merchant}/devices"), body).await?;
    Ok(Device { kind, name, id: text(&registered, "/id")?.to_owned(), key })
}

impl Cast {
    /// Shows everybody's balance, as each may read their own.
    pub(super) async fn balances(&self, stage: &mut Stage) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for (name, owner, account) in [
            (self.alice.name, &self.alice, &self.account),
            (self.noodles.name, &self.noodles.owner, &self.noodles.account),
            (self.flowers.name, &self.flowers.owner, &self.flowers.account),
        ] {
            let answer = stage.get(By::User(owner), &format!("/v1/accounts/{account}")).await?;
            let fen = answer["balance"]["amount"].as_i64().context("an account without a balance")?;
            lines.push(format!("  {name:<14}{:>12}", written(fen)));
        }
        show(&format!("\n{}", lines.join("\n")))
    }
}

pub(super) const fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency::CNY)
}

/// Fen as people write them.
pub(super) fn written(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02} CNY", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fen_are_written_as_yuan() {
        assert_eq!([0, 5, 12_345, -1_250].map(written), ["0.00 CNY", "0.05 CNY", "123.45 CNY", "-12.50 CNY"]);
    }
}
