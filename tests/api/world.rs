//! A small world, set up so that every operation has something to work on.

use super::shelf::Shelf;
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use scrip_identity::{Algorithm, PRESENTATION_STEP_SECONDS, SigningKey};
use scrip_test_support::coupons::STORE;
use scrip_test_support::deductions::{amount_off, purchase, with_item};
use scrip_test_support::{Answer, Bill, Caller, Pos, Scrip, Shop, Terminal, User};
use serde_json::{Value, json};

pub const PIN: &str = "493817";
/// An id that nothing has, behind its prefix.
pub const NOBODY: &str = "00000000000000000000000000";
/// Passes the Luhn check; a number that card networks set aside for tests.
pub const CARD_NUMBER: &str = "4111 1111 1111 1111";
/// What Otto types at points of sale.
pub const SECURE_CODE: &str = "493028174650";
/// The order that Otto paid there.
pub const ORDER: &str = "order-1";
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
    /// Of a shop of its own.
    Pos,
    /// Of Mallory's shop.
    OtherPos,
    Server,
    /// Of Mallory's shop.
    OtherServer,
    /// Pays at the point of sale, and uses what Alice shares.
    Otto,
}

pub struct World {
    pub scrip: Scrip,
    pub alice: User,
    pub olga: User,
    /// Pays at the point of sale, from an account with 100,000 CNY fen less what he paid.
    pub otto: User,
    pub mallory: User,
    pub treasury: User,
    /// Alice's, with 100,000 CNY fen less the transfer.
    pub account: String,
    pub mallorys: String,
    pub ottos: String,
    pub shop: Shop,
    pub terminal: Terminal,
    pub other_terminal: Terminal,
    pub pos: Pos,
    pub other_pos: Pos,
    pub server: Terminal,
    pub other_server: Terminal,
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
    /// Alice's, for offline payments of 3,000 at most.
    pub authorization: String,
    /// 900 from Otto at the point of sale, which can be reversed.
    pub paid: String,
    /// Holds the same once more.
    pub batch: String,
    /// 500 from Otto at the shop's terminal, with one of three coupons `welcome` of 100.
    pub receipt: String,
    /// Only [`World::with_coupons`] has them.
    pub(super) shelf: Option<Shelf>,
}

/// Items on a bill, with the last code that counts: the one that the phone shows now is left to the test.
async fn first_items(scrip: &Scrip, terminal: &Terminal, bill: &Bill) -> Answer {
    let added = bill.add_with(scrip, terminal, &bill.last_code(scrip).await, 2, 300).await;
    if !scrip.is_deployed() || added.status != 422 {
        return added.expect(201);
    }
    // Where time passes by itself, the phone went on to its next code while the request was on its way.
    bill.add_with(scrip, terminal, &bill.last_code(scrip).await, 2, 300).await.expect(201)
}

impl World {
    pub async fn start() -> Self {
        let world = Self::at_once().await;
        if world.scrip.is_deployed() {
            steady_code(&world.scrip).await;
        }
        world
    }

    /// Where time passes by itself, the phone may show its next code at any moment.
    pub(super) async fn at_once() -> Self {
        Self::of(Scrip::start().await).await
    }

    /// The world in this system, which is new.
    pub async fn of(scrip: Scrip) -> Self {
        let [alice, olga, mallory] =
            [scrip.user("alice").await, scrip.user("olga").await, scrip.user("mallory").await];
        let treasury = scrip.treasury().await;
        let account = scrip.account(&alice, 100_000, "CNY").await;
        let mallorys = scrip.account(&mallory, 500, "CNY").await;
        alice.set_pin(&scrip, PIN).await;
        let shop = scrip.shop("bob", "CNY").await;
        let other_shop = scrip.shop("mallory", "CNY").await;
        let other_terminal = other_shop.terminal(&scrip).await;
        let terminal = shop.terminal(&scrip).await;
        let [server, other_server] =
            [shop.device(&scrip, "server").await, other_shop.device(&scrip, "server").await];
        let [pos, other_pos] =
            [scrip.shop("tilda", "CNY").await.pos(&scrip).await, other_shop.pos(&scrip).await];
        shop.operator(&scrip, "olga", &[STORE]).await;
        let order = transfer(&account, &shop.account, 1_000);
        let transfer = scrip.post(&alice, "/v1/transfers", &order).await.expect(201).text("id");

        let otto = scrip.user("otto").await;
        otto.set_pin(&scrip, PIN).await;
        let ottos = scrip.account(&otto, 100_000, "CNY").await;
        otto.authorize_static(&scrip, &ottos, PIN, SECURE_CODE, json!({})).await.expect(201);
        let order = Pos::order(ORDER, "otto", SECURE_CODE, 900);
        let paid = pos.send(&scrip, &order).await.expect(201).text("id");
        let batch = pos.hand_over(&scrip, json!([stored(&scrip, order).await])).await.expect(202).text("id");
        pos.completed(&scrip, &batch).await;

        let receipt = bought_with_coupon(&scrip, &shop, &terminal).await;
        let authorization = small_authorization(&scrip, &alice, &account).await;

        let [open, empty, awaiting] = [
            alice.open_bill(&scrip, &account, json!({})).await,
            alice.open_bill(&scrip, &account, json!({})).await,
            alice.open_bill(&scrip, &account, json!({})).await,
        ];
        let added = first_items(&scrip, &terminal, &open).await;
        let item = added.body["items"][0]["id"].as_str().unwrap().to_owned();
        awaiting.add(&scrip, &terminal, 1, 700).await.expect(201);
        let request = awaiting.ask(&scrip, &alice).await.expect(201).text("id");
        Self {
            scrip,
            alice,
            olga,
            otto,
            mallory,
            treasury,
            account,
            mallorys,
            ottos,
            shop,
            terminal,
            other_terminal,
            pos,
            other_pos,
            server,
            other_server,
            transfer,
            open,
            item,
            empty,
            awaiting,
            request,
            authorization,
            paid,
            batch,
            receipt,
            shelf: None,
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
            Who::OtherPos => &self.other_pos,
            Who::Server => &self.server,
            Who::OtherServer => &self.other_server,
            Who::Otto => &self.otto,
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
            (&self.otto, "/v1/accounts".into()),
            (&self.otto, format!("/v1/merchants/{}/deduction-balances", self.shop.id)),
            (&self.shop.owner, self.shop.items_path("")),
            (&self.otto, "/v1/offline/authorizations".into()),
            (&self.alice, "/v1/offline/authorizations".into()),
            (&self.mallory, "/v1/accounts".into()),
            (&self.shop.owner, account(&self.shop.account)),
        ] {
            state.push(self.scrip.get(reader, &path).await.expect(200).body);
        }
        for (reader, path) in self.shelf_paths() {
            state.push(self.scrip.get(reader, &path).await.expect(200).body);
        }
        state.push(self.pos.read(&self.scrip, &self.paid).await.expect(200).body);
        Value::from(state)
    }

    /// A settlement of this merchant that says it holds so many captures, and names none.
    pub async fn settlement(&self, merchant: &str, count: i64) -> String {
        let id = scrip_store::derive_id("stl_", &[merchant]);
        let client = aws_sdk_dynamodb::Client::new(&self.scrip.aws());
        let mut write = client.put_item().table_name(self.scrip.table("OfflineTable").await);
        for (name, value) in [
            ("pk", AttributeValue::S(format!("SETTLEMENTS#{merchant}"))),
            ("sk", AttributeValue::S(id.clone())),
            ("id", AttributeValue::S(id.clone())),
            ("merchant", AttributeValue::S(merchant.to_owned())),
            ("currency", AttributeValue::S("CNY".to_owned())),
            ("window", AttributeValue::N("1764007200000".to_owned())),
            ("total", AttributeValue::N("0".to_owned())),
            ("count", AttributeValue::N(count.to_string())),
            ("pages", AttributeValue::N("0".to_owned())),
            ("captures", AttributeValue::L(Vec::new())),
            ("told", AttributeValue::Bool(true)),
        ] {
            write = write.item(name, value);
        }
        write.send().await.unwrap();
        id
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

    /// What Otto has.
    pub async fn has(&self) -> i64 {
        self.scrip.balance(&self.otto, &self.ottos).await
    }

    /// What Otto has less than before.
    pub async fn spent(&self, before: i64) -> i64 {
        before - self.has().await
    }

    /// Does something that must change nothing that anybody can see.
    pub async fn unchanged<T>(&self, something: impl Future<Output = T>) -> T {
        let before = self.state().await;
        let result = something.await;
        assert_eq!(self.state().await, before);
        result
    }
}

/// A transaction of a point of sale as one that was stored just now.
pub async fn stored(scrip: &Scrip, mut order: Value) -> Value {
    order["occurred_at"] = json!(scrip.now().await.to_string());
    order
}

/// Alice may pay 3,000 offline.
async fn small_authorization(scrip: &Scrip, alice: &User, account: &str) -> String {
    let small = json!({ "limit": money(3_000), "per_transaction_limit": money(1_000) });
    alice.authorize_static(scrip, account, PIN, "802734615092", small).await.expect(201).text("id")
}

/// Otto has three coupons of the shop, and buys for 600 with one of them.
async fn bought_with_coupon(scrip: &Scrip, shop: &Shop, terminal: &Terminal) -> String {
    let coupon = json!({ "kind": "coupon", "rule": amount_off(100) });
    shop.put_item(scrip, "welcome", &coupon).await.expect(200);
    shop.grant_units(scrip, "welcome", "otto", 3).await.expect(201);
    let mut order = with_item(purchase(600, 500), "welcome", 1);
    order["payer"] = json!({ "user": "otto", "secure_code": SECURE_CODE });
    scrip.post(terminal, "/v1/deductions/transfers", &order).await.expect(201).text("id")
}

pub fn money(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

pub fn transfer(from: &str, to: &str, amount: i64) -> Value {
    json!({ "from": from, "to": to, "amount": money(amount) })
}

/// Lets time go by until the phone shows a new code.
pub async fn next_code(scrip: &Scrip) {
    let into_step = scrip.now().await.as_second().rem_euclid(STEP_SECONDS);
    scrip.advance(&format!("PT{}S", STEP_SECONDS - into_step)).await;
}

/// Where time passes by itself: waits for the next code if the one that the phone shows now is about to change.
async fn steady_code(scrip: &Scrip) {
    if scrip.now().await.as_second().rem_euclid(STEP_SECONDS) > STEP_SECONDS / 2 {
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
