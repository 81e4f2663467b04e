//! A merchant's deduction items, and a payer with a code at its terminal.

use crate::{Answer, Scrip, Shop, Terminal, User, fresh_key};
use reqwest::Method;
use serde_json::{Value, json};

/// The payer's secure code.
pub const SECURE_CODE: &str = "739184620517";
const PIN: &str = "493817";
/// What the payer has to begin with, in fen.
const OPENING: i64 = 100_000;

/// A shop with a terminal, and a payer, Alice, whom it knows.
pub struct Till {
    pub scrip: Scrip,
    /// The shop, Bob's, which sells in CNY.
    pub shop: Shop,
    pub terminal: Terminal,
    pub payer: User,
    /// The payer's account, with 100,000 fen.
    pub account: String,
    /// The authorization of the payer's code.
    pub authorization: String,
}

/// A purchase without items, for which the payer's code pays.
pub fn purchase(first_value: i64, second_value: i64) -> Value {
    json!({
        "items": [],
        "first_value": fen(first_value),
        "second_value": fen(second_value),
        "payer": { "user": "alice", "secure_code": SECURE_CODE },
        "order_reference": fresh_key(),
    })
}

/// A rule that takes off an amount.
pub fn amount_off(amount: i64) -> Value {
    json!({ "effect": { "amount": fen(amount) } })
}

fn fen(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

/// Adds an item with its version to a purchase.
pub fn with_item(mut purchase: Value, item: &str, version: u32) -> Value {
    let items = purchase["items"].as_array_mut().expect("items");
    items.push(json!({ "item": item, "version": version }));
    purchase
}

impl Till {
    /// A shop, and a payer whose code pays 50 times up to 50,000 fen.
    pub async fn open() -> Self {
        Self::open_with(json!({})).await
    }

    /// The same with other terms of the payer's authorization.
    pub async fn open_with(terms: Value) -> Self {
        let scrip = Scrip::start().await;
        let payer = scrip.user("alice").await;
        payer.set_pin(&scrip, PIN).await;
        let account = scrip.account(&payer, OPENING, "CNY").await;
        let shop = scrip.shop("bob", "CNY").await;
        let terminal = shop.terminal(&scrip).await;
        let authorization = payer.authorize_static(&scrip, &account, PIN, SECURE_CODE, terms).await;
        let authorization = authorization.expect(201).text("id");
        Self { scrip, shop, terminal, payer, account, authorization }
    }

    /// The path of what belongs to the shop's items.
    pub fn path(&self, rest: &str) -> String {
        self.shop.items_path(rest)
    }

    /// Puts an item, as its owner.
    pub async fn put(&self, item: &str, content: &Value) -> Answer {
        self.shop.put_item(&self.scrip, item, content).await
    }

    /// Puts an item of this kind and rule that must be fine, and gives its version.
    pub async fn stock(&self, item: &str, kind: &str, rule: Value) -> u32 {
        let put = self.put(item, &json!({ "kind": kind, "rule": rule })).await.expect(200);
        put.body["version"].as_u64().and_then(|version| u32::try_from(version).ok()).expect("a version")
    }

    /// Gives the payer units of an item.
    pub async fn grant(&self, item: &str, units: i64) -> Answer {
        self.shop.grant_units(&self.scrip, item, &self.payer.id, units).await
    }

    /// Asks for the payment of a purchase.
    pub async fn pay(&self, purchase: &Value) -> Answer {
        self.scrip.post(&self.terminal, "/v1/deductions/transfers", purchase).await
    }

    /// The same with this key.
    pub async fn pay_keyed(&self, key: &str, purchase: &Value) -> Answer {
        self.scrip.post_keyed(&self.terminal, "/v1/deductions/transfers", key, purchase).await
    }

    /// How many units of an item the payer has.
    pub async fn units(&self, item: &str) -> i64 {
        let path = format!("/v1/merchants/{}/deduction-balances?limit=100", self.shop.id);
        let balances = self.scrip.get(&self.payer, &path).await.expect(200).body;
        let mut items = balances["items"].as_array().expect("a list").iter();
        let balance = items.find(|balance| balance["item"] == item).expect("a balance");
        balance["units"].as_i64().expect("units")
    }

    /// What payer and merchant have.
    pub async fn money(&self) -> (i64, i64) {
        let payer = self.scrip.balance(&self.payer, &self.account).await;
        (payer, self.scrip.balance(&self.shop.owner, &self.shop.account).await)
    }

    /// All that anybody can see. What a refused purchase leaves as it is.
    pub async fn state(&self) -> Value {
        let balances = format!("/v1/merchants/{}/deduction-balances", self.shop.id);
        let balances = self.scrip.get(&self.payer, &balances).await.expect(200).body;
        let items = self.scrip.get(&self.shop.owner, &self.path("")).await.expect(200).body;
        let authorization = format!("/v1/offline/authorizations/{}", self.authorization);
        let authorization = self.scrip.get(&self.payer, &authorization).await.expect(200).body;
        json!([self.money().await, balances, items, authorization])
    }

    /// Does something that must change nothing that anybody can see.
    pub async fn unchanged<T>(&self, something: impl Future<Output = T>) -> T {
        let before = self.state().await;
        let result = something.await;
        assert_eq!(self.state().await, before);
        result
    }
}

impl Shop {
    /// The path of what belongs to this merchant's items.
    pub fn items_path(&self, rest: &str) -> String {
        format!("/v1/merchants/{}/deduction-items{rest}", self.id)
    }

    /// Puts an item, as its owner.
    pub async fn put_item(&self, scrip: &Scrip, item: &str, content: &Value) -> Answer {
        scrip.change(Method::PUT, &self.owner, &self.items_path(&format!("/{item}")), content).await
    }

    /// Gives a user units of an item.
    pub async fn grant_units(&self, scrip: &Scrip, item: &str, user: &str, units: i64) -> Answer {
        let grant = json!({ "user": user, "units": units });
        scrip.post(&self.owner, &self.items_path(&format!("/{item}/grants")), &grant).await
    }
}
