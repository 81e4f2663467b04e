//! A shop with Olga at its counter, and Hanna, who takes its coupons.

use scrip_test_support::coupons::STORE;
use scrip_test_support::{Scrip, Shop, Terminal, User};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

pub(super) struct Counter {
    pub(super) scrip: Scrip,
    pub(super) shop: Shop,
    pub(super) olga: User,
    pub(super) holder: User,
    pub(super) server: Terminal,
    /// The coupons by the codes that were shown first.
    coupons: Mutex<BTreeMap<String, String>>,
}

impl Counter {
    pub(super) async fn open() -> Self {
        let scrip = Scrip::start().await;
        let shop = scrip.shop("bob", "CNY").await;
        let olga = shop.operator(&scrip, "olga", &[STORE]).await;
        let holder = scrip.user("hanna").await;
        let server = shop.device(&scrip, "server").await;
        Self { scrip, shop, olga, holder, server, coupons: Mutex::default() }
    }

    /// Names another operator of a merchant.
    pub(super) async fn operator(&self, shop: &Shop, user: &str, stores: &[&str]) -> User {
        shop.operator(&self.scrip, user, stores).await
    }

    /// A coupon of a campaign of its own, with the code that is shown.
    pub(super) async fn taken(&self, terms: &Value) -> (String, String) {
        let campaign = self.shop.campaign(&self.scrip, terms).await;
        let coupon = self.holder.taken(&self.scrip, &campaign).await;
        let code = self.shown(&coupon).await;
        self.coupons.lock().unwrap().insert(code.clone(), coupon.clone());
        (coupon, code)
    }

    /// The code that is shown now, even if time was advanced.
    async fn shown(&self, coupon: &str) -> String {
        let holder = self.scrip.user("hanna").await;
        holder.code(&self.scrip, coupon).await
    }

    /// Verifies the code that is shown now of the coupon that once showed `old`.
    pub(super) async fn verify_shown(&self, old: &str) -> (String, Value) {
        let coupon = self.coupons.lock().unwrap()[old].clone();
        let code = self.shown(&coupon).await;
        let olga = self.scrip.user("olga").await;
        let answer = olga.verify(&self.scrip, STORE, &code).await.expect(201);
        (answer.text("verdict"), answer.body["reason"].clone())
    }

    /// Uses a coupon, and gives the verification.
    pub(super) async fn used(&self, who: &User, store: &str, fen: i64) -> Value {
        let (_, code) = self.taken(&json!({})).await;
        who.verify_order(&self.scrip, store, &code, fen).await.expect(201).body
    }
}
