//! A point of sale, and what it asks for.

use crate::{Answer, Caller, Scrip, Shop, Terminal, User, fresh_key};
use scrip_clock::Timestamp;
use serde_json::{Value, json};
use std::ops::Deref;

/// Where what a point of sale is paid is asked for.
const TRANSACTIONS: &str = "/v1/pos/transactions";
/// Where what it stored is handed over.
const BATCHES: &str = "/v1/pos/batches";

/// A merchant's point of sale with its key.
#[derive(Clone, Debug)]
pub struct Pos(pub Terminal);

impl Deref for Pos {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.0
    }
}

impl Caller for Pos {
    fn token(&self, body: &[u8], now: Timestamp) -> String {
        self.0.token(body, now)
    }
}

impl Shop {
    /// Registers a point of sale of this merchant.
    pub async fn pos(&self, scrip: &Scrip) -> Pos {
        Pos(self.device(scrip, "pos").await)
    }
}

impl User {
    /// Authorizes offline payments in CNY with a static code; `terms` are added to the request.
    pub async fn authorize_static(
        &self,
        scrip: &Scrip,
        account: &str,
        pin: &str,
        code: &str,
        terms: Value,
    ) -> Answer {
        let secure_code = json!({ "scheme": "static", "code": code });
        self.authorize(scrip, account, pin, secure_code, terms).await
    }

    /// Authorizes offline payments in CNY with codes that change; `secret` is base64url.
    pub async fn authorize_totp(
        &self,
        scrip: &Scrip,
        account: &str,
        pin: &str,
        secret: &str,
        terms: Value,
    ) -> Answer {
        let secure_code = json!({ "scheme": "totp", "secret": secret, "digits": 8, "period": 30 });
        self.authorize(scrip, account, pin, secure_code, terms).await
    }

    async fn authorize(
        &self,
        scrip: &Scrip,
        account: &str,
        pin: &str,
        secure_code: Value,
        terms: Value,
    ) -> Answer {
        let money = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
        let mut request = json!({
            "account": account, "pin": pin, "secure_code": secure_code, "limit": money(50_000),
            "per_transaction_limit": money(50_000), "uses": 50, "valid_for": "P7D",
        });
        for (name, value) in terms.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        scrip.post(self, "/v1/offline/authorizations", &request).await
    }
}

impl Pos {
    /// The request to be paid in CNY with a code of this user.
    pub fn order(order_reference: &str, user: &str, code: &str, amount: i64) -> Value {
        let amount = json!({ "amount": amount, "currency": "CNY" });
        json!({ "user": user, "secure_code": code, "amount": amount, "order_reference": order_reference })
    }

    /// Asks to be paid, for an order that nobody asked for before.
    pub async fn ask(&self, scrip: &Scrip, user: &str, code: &str, amount: i64) -> Answer {
        self.send(scrip, &Self::order(&fresh_key(), user, code, amount)).await
    }

    /// Asks to be paid with this request.
    pub async fn send(&self, scrip: &Scrip, request: &Value) -> Answer {
        scrip.post(self, TRANSACTIONS, request).await
    }

    /// Asks to be paid with this request and key.
    pub async fn send_keyed(&self, scrip: &Scrip, key: &str, request: &Value) -> Answer {
        scrip.post_keyed(self, TRANSACTIONS, key, request).await
    }

    /// Takes a transaction back, by its id or order reference.
    pub async fn reverse(&self, scrip: &Scrip, reference: &str) -> Answer {
        self.reverse_keyed(scrip, &fresh_key(), reference).await
    }

    /// The same with this key.
    pub async fn reverse_keyed(&self, scrip: &Scrip, key: &str, reference: &str) -> Answer {
        scrip.post_keyed(self, &format!("{TRANSACTIONS}/{reference}/reversals"), key, &json!({})).await
    }

    /// Reads a transaction, by its id or order reference.
    pub async fn read(&self, scrip: &Scrip, reference: &str) -> Answer {
        scrip.get(self, &format!("{TRANSACTIONS}/{reference}")).await
    }

    /// Looks for a transaction by its order reference.
    pub async fn find(&self, scrip: &Scrip, order_reference: &str) -> Answer {
        scrip.get(self, &format!("{TRANSACTIONS}?order_reference={order_reference}")).await
    }

    /// Hands over what was stored.
    pub async fn hand_over(&self, scrip: &Scrip, transactions: Value) -> Answer {
        scrip.post(self, BATCHES, &json!({ "transactions": transactions })).await
    }

    /// A batch once all of it is decided.
    pub async fn completed(&self, scrip: &Scrip, batch: &str) -> Value {
        scrip.settle().await;
        let look = async || {
            let read = scrip.get(self, &format!("{BATCHES}/{batch}")).await.expect(200).body;
            (read["status"] == "completed").then_some(read)
        };
        scrip.soon("the results of a batch", look).await
    }
}
