//! A user who may pay offline, and the point of sale where that is done.

use super::scene::{PIN, Scene};
use reqwest::Method;
use scrip_clock::Timestamp;
use scrip_test_support::{Answer, Pos, User};
use serde_json::{Value, json};

pub(crate) const AUTHORIZATION: &str = "offline-authorization";
pub(crate) const SETTLEMENT: &str = "pos-settlement";
pub(crate) const CODE: &str = "493028174650";
const OTHER_CODE: &str = "581930274615";
/// How long after its approval a POS transaction is settled at the latest, if a task is tried some times.
pub(crate) const WINDOW: &str = "PT32M";

impl Scene {
    /// An authorization of 5,000 for an hour; `terms` are added to the request.
    pub(crate) async fn authorize(&self, terms: Value) -> Answer {
        let mut request = json!({
            "limit": yuan(5_000), "per_transaction_limit": yuan(2_000), "uses": 20, "valid_for": "PT1H",
        });
        for (name, value) in terms.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        let alice = self.alice().await;
        alice.authorize_static(&self.scrip, &self.account, PIN, CODE, request).await.expect(201)
    }

    pub(crate) async fn authorization(&self, id: &str) -> Value {
        self.alice().await.authorization(&self.scrip, id).await
    }

    pub(crate) async fn revoke(&self, id: &str) {
        let path = format!("/v1/offline/authorizations/{id}");
        self.scrip.change(Method::DELETE, &self.alice().await, &path, &Value::Null).await.expect(204);
    }

    /// A point of sale of the first shop.
    pub(crate) async fn pos(&self) -> Pos {
        self.shops[0].0.pos(&self.scrip).await
    }

    /// A POS transaction that is approved.
    pub(crate) async fn pay(&self, pos: &Pos, order: &str, amount: i64) -> Answer {
        let answer = pos.send(&self.scrip, &order_of(order, amount)).await.expect(201);
        assert_eq!(answer.body["decision"], "approved", "{answer:?}");
        answer
    }

    /// A new authorization, and a POS transaction of 1,200 with it.
    pub(crate) async fn captured(&self) -> (Pos, Answer) {
        self.authorize(json!({})).await;
        let pos = self.pos().await;
        let paid = self.pay(&pos, "order-1", 1_200).await;
        (pos, paid)
    }

    /// So many transactions of 10 each, all of the same window, and when they settle. An authorization has 50 uses.
    pub(crate) async fn captured_often(&self, count: usize) -> (Pos, Timestamp) {
        let terms = json!({ "uses": 50, "limit": yuan(4_000), "per_transaction_limit": yuan(100), "valid_for": "PT1H" });
        self.authorize(terms.clone()).await;
        let alice = self.alice().await;
        alice.authorize_static(&self.scrip, &self.account, PIN, OTHER_CODE, terms).await.expect(201);
        let pos = self.pos().await;
        let mut window = None;
        for number in 0..count {
            let code = if number % 2 == 0 { CODE } else { OTHER_CODE };
            let order = Pos::order(&format!("order-{number}"), "alice", code, 10);
            let paid = pos.send(&self.scrip, &order).await.expect(201);
            assert_eq!(paid.body["decision"], "approved", "{paid:?}");
            let settles_at = time(&paid.body, "settles_at");
            assert_eq!(*window.get_or_insert(settles_at), settles_at);
        }
        (pos, window.expect("a window"))
    }

    /// The only transaction that still waits for its settlement.
    pub(crate) async fn last_capture(&self) -> String {
        let answer = self.scrip.raw(Method::GET, "/local/due", &[], Vec::new()).await.expect(200);
        let due = answer.body["items"].as_array().expect("items").iter();
        let mut waiting = due.filter(|due| due["machine"] == SETTLEMENT);
        let last =
            waiting.next().expect("a transaction that waits")["item"].as_str().expect("an id").to_owned();
        assert_eq!(waiting.count(), 0);
        last
    }

    /// What the first shop is told of this kind.
    pub(crate) async fn told_shop(&self, kind: &str) -> Vec<Value> {
        let owner = self.scrip.user("bob").await;
        let path = format!("/v1/notifications?merchant={}", self.shops[0].0.id);
        let page = self.scrip.get(&owner, &path).await.expect(200).body;
        let notes = page["items"].as_array().expect("items").iter();
        notes.filter(|note| note["kind"] == kind).cloned().collect()
    }

    pub(crate) async fn transaction(&self, pos: &Pos, id: &str) -> Value {
        pos.read(&self.scrip, id).await.expect(200).body
    }

    /// What the user has, and the first shop.
    pub(crate) async fn balances(&self) -> [i64; 2] {
        let shop = &self.shops[0].0;
        let owner = self.scrip.user("bob").await;
        [
            self.scrip.balance(&self.alice().await, &self.account).await,
            self.scrip.balance(&owner, &shop.account).await,
        ]
    }

    /// The kinds of what the user was told, and the first shop, of something that has this id; oldest first.
    pub(crate) async fn told_of(&self, id: &str) -> [Vec<String>; 2] {
        let (user, owner) = (self.alice().await, self.scrip.user("bob").await);
        let of_shop = format!("/v1/notifications?merchant={}", self.shops[0].0.id);
        [self.kinds(&user, "/v1/notifications", id).await, self.kinds(&owner, &of_shop, id).await]
    }

    async fn kinds(&self, reader: &User, path: &str, id: &str) -> Vec<String> {
        let page = self.scrip.get(reader, path).await.expect(200).body;
        let notes = page["items"].as_array().expect("items").iter().rev();
        let of_it = notes.filter(|note| note.as_object().expect("facts").values().any(|fact| fact == id));
        of_it.map(|note| note["kind"].as_str().expect("a kind").to_owned()).collect()
    }
}

pub(crate) fn yuan(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

/// What a point of sale sends.
pub(crate) fn order_of(order: &str, amount: i64) -> Value {
    Pos::order(order, "alice", CODE, amount)
}

/// A time in an answer.
pub(crate) fn time(answer: &Value, name: &str) -> Timestamp {
    answer[name].as_str().expect("a time").parse().expect("a time")
}
