//! A small world, set up so that every operation has something to work on.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use scrip_identity::{Algorithm, PRESENTATION_STEP_SECONDS, SigningKey};
use scrip_tests::{Answer, Bill, Caller, Scrip, Shop, Terminal, User};
use serde_json::{Value, json};

pub const PIN: &str = "493817";
/// An id that nothing has, behind its prefix.
pub const NOBODY: &str = "00000000000000000000000000";
/// Passes the Luhn check; a number that card networks set aside for tests.
pub const CARD_NUMBER: &str = "4111 1111 1111 1111";
const STEP_SECONDS: i64 = PRESENTATION_STEP_SECONDS.cast_signed();

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Holds the account and opened the bills.
    Alice,
    /// Owns the shop.
    Bob,
    /// Operates the shop.
    Olga,
    /// Has nothing to do with any of it, but has an account and a shop herself.
    Mallory,
    Treasury,
    /// Added the items.
    Terminal,
    /// Of Mallory's shop.
    OtherTerminal,
    Pos,
    Server,
}

pub struct World {
    pub scrip: Scrip,
    pub alice: User,
    pub olga: User,
    pub mallory: User,
    pub treasury: User,
    /// Alice's, with 100,000 CNY fen less the transfer.
    pub account: String,
    pub mallorys: String,
    pub shop: Shop,
    pub terminal: Terminal,
    pub other_terminal: Terminal,
    pub pos: Terminal,
    pub server: Terminal,
    /// 1,000 from Alice to the shop.
    pub transfer: String,
    /// Open, with one item.
    pub open: Bill,
    pub item: String,
    /// Open, without items.
    pub empty: Bill,
    /// Awaits the answer to `request`.
    pub awaiting: Bill,
    pub request: String,
}

impl World {
    pub async fn start() -> Self {
        let scrip = Scrip::start().await;
        let [alice, olga, mallory] =
            [scrip.user("alice").await, scrip.user("olga").await, scrip.user("mallory").await];
        let treasury = scrip.treasury().await;
        let account = scrip.account(&alice, 100_000, "CNY").await;
        let mallorys = scrip.account(&mallory, 500, "CNY").await;
        alice.set_pin(&scrip, PIN).await;
        let shop = scrip.shop("bob", "CNY").await;
        let other_terminal = scrip.shop("mallory", "CNY").await.terminal(&scrip).await;
        let terminal = shop.terminal(&scrip).await;
        let [pos, server] = [shop.device(&scrip, "pos").await, shop.device(&scrip, "server").await];
        let operators = format!("/v1/merchants/{}/operators", shop.id);
        scrip.post(&shop.owner, &operators, &json!({ "user": "olga", "stores": ["s1"] })).await.expect(201);
        let order = transfer(&account, &shop.account, 1_000);
        let transfer = scrip.post(&alice, "/v1/transfers", &order).await.expect(201).text("id");

        let [open, empty, awaiting] = [
            alice.open_bill(&scrip, &account, json!({})).await,
            alice.open_bill(&scrip, &account, json!({})).await,
            alice.open_bill(&scrip, &account, json!({})).await,
        ];
        let added = open.add_with(&scrip, &terminal, &open.last_code(&scrip).await, 2, 300).await.expect(201);
        let item = added.body["items"][0]["id"].as_str().unwrap().to_owned();
        awaiting.add(&scrip, &terminal, 1, 700).await.expect(201);
        let request = awaiting.ask(&scrip, &alice).await.expect(201).text("id");
        fresh_code(&scrip).await;
        Self {
            scrip,
            alice,
            olga,
            mallory,
            treasury,
            account,
            mallorys,
            shop,
            terminal,
            other_terminal,
            pos,
            server,
            transfer,
            open,
            item,
            empty,
            awaiting,
            request,
        }
    }

    pub fn who(&self, who: Who) -> &dyn Caller {
        match who {
            Who::Alice => &self.alice,
            Who::Bob => &self.shop.owner,
            Who::Olga => &self.olga,
            Who::Mallory => &self.mallory,
            Who::Treasury => &self.treasury,
            Who::Terminal => &self.terminal,
            Who::OtherTerminal => &self.other_terminal,
            Who::Pos => &self.pos,
            Who::Server => &self.server,
        }
    }

    /// All that anybody can see. What a refused request leaves as it is.
    pub async fn state(&self) -> Value {
        let account = |id: &str| format!("/v1/accounts/{id}");
        let mut state = Vec::new();
        for (reader, path) in [
            (&self.alice, account(&self.account)),
            (&self.alice, format!("{}/entries", account(&self.account))),
            (&self.alice, "/v1/accounts".into()),
            (&self.alice, "/v1/bills".into()),
            (&self.alice, self.open.path("")),
            (&self.alice, "/v1/notifications".into()),
            (&self.alice, format!("/v1/transfers/{}", self.transfer)),
            (&self.mallory, "/v1/accounts".into()),
            (&self.shop.owner, account(&self.shop.account)),
        ] {
            state.push(self.scrip.get(reader, &path).await.expect(200).body);
        }
        Value::from(state)
    }

    /// Closes an account, which no operation does yet.
    pub async fn close(&self, account: &str) {
        self.set(account, "status", AttributeValue::S("closed".to_owned())).await;
    }

    /// Fills every part of a merchant's account.
    pub async fn fill(&self, account: &str) {
        self.set(account, "balance", AttributeValue::N("9000000000000000".to_owned())).await;
    }

    async fn set(&self, account: &str, attribute: &str, value: AttributeValue) {
        let ledger = self.scrip.table("LedgerTable").await;
        let client = aws_sdk_dynamodb::Client::new(&self.scrip.aws());
        let is_merchants = account.starts_with("acct_m");
        for shard in 0..if is_merchants { 16 } else { 1 } {
            let pk =
                if is_merchants { format!("ACCT#{account}#{shard:02}") } else { format!("ACCT#{account}") };
            let write = client.update_item().table_name(&ledger).key("pk", AttributeValue::S(pk));
            let write = write.key("sk", AttributeValue::S("BALANCE".to_owned()));
            let write = write
                .update_expression("SET #attribute = :value")
                .condition_expression("attribute_exists(pk)");
            let write = write.expression_attribute_names("#attribute", attribute);
            write.expression_attribute_values(":value", value.clone()).send().await.unwrap();
        }
    }

    /// Does something that must change nothing that anybody can see.
    pub async fn unchanged<T>(&self, something: impl Future<Output = T>) -> T {
        let before = self.state().await;
        let result = something.await;
        assert_eq!(self.state().await, before);
        result
    }
}

pub fn money(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

pub fn transfer(from: &str, to: &str, amount: i64) -> Value {
    json!({ "from": from, "to": to, "amount": money(amount) })
}

/// Lets time go by into the next step of presentation codes, so that the phone shows a new one and goes on showing it
/// while a test runs.
pub async fn next_code(scrip: &Scrip) {
    let into_step = scrip.now().await.as_second().rem_euclid(STEP_SECONDS);
    let margin = if scrip.is_deployed() { 1 } else { 10 };
    scrip.advance(&format!("PT{}S", STEP_SECONDS - into_step + margin)).await;
}

/// The same, but where time has to be waited for, only if the code that the phone shows now is about to change.
async fn fresh_code(scrip: &Scrip) {
    let into_step = scrip.now().await.as_second().rem_euclid(STEP_SECONDS);
    if !scrip.is_deployed() || into_step > STEP_SECONDS / 2 {
        next_code(scrip).await;
    }
}

/// A public key, as registered.
pub fn public_key(algorithm: Algorithm) -> (SigningKey, Value) {
    let key = SigningKey::generate(algorithm);
    let jwk = serde_json::from_str(&key.public_jwk().canonical_json()).unwrap();
    (key, jwk)
}

/// What a terminal sends to add these items with the code that the phone shows now.
pub async fn addition(scrip: &Scrip, bill: &Bill, items: Value) -> Value {
    json!({ "presentation_code": bill.code(scrip).await, "items": items })
}

pub fn tea(quantity: i64, price: i64) -> Value {
    json!({ "name": "Tea", "quantity": quantity, "unit_price": money(price) })
}

/// `PATCH` and the like by a caller of the world.
pub async fn patch(scrip: &Scrip, caller: &impl Caller, path: &str, body: &Value) -> Answer {
    scrip.change(Method::PATCH, caller, path, body).await
}

pub async fn delete(scrip: &Scrip, caller: &impl Caller, path: &str) -> Answer {
    scrip.change(Method::DELETE, caller, path, &Value::Null).await
}
