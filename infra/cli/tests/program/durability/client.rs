//! A client: it does what users, owners and terminals do, and keeps a record of what it was told.

use super::coupons::{Offer, acquaint};
use super::link::{Link, Request, Tokens, Who};
use super::record::{BillRecord, Record, amount};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use scrip_clock::Clock;
use scrip_identity::PresentationKey;
use scrip_test_support::{Answer, Scrip, Terminal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const PIN: &str = "493817";
const WRONG_PIN: &str = "493818";

/// One user, with a shop of theirs that a second user owns.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) user: String,
    pub(super) account: String,
    pub(super) owner: String,
    pub(super) till: String,
    pub(super) shop: String,
    pub(super) offer: Offer,
    terminal: Terminal,
}

pub(super) struct Client {
    place: usize,
    parties: Arc<Vec<Party>>,
    link: Arc<Link>,
    tokens: Tokens,
    pub(super) random: StdRng,
    keys: u64,
    pub(super) record: Record,
}

/// Makes the parties, before anything is killed.
pub(super) async fn parties(scrip: &Scrip, count: usize) -> Vec<Party> {
    let mut parties = Vec::new();
    for n in 0..count {
        let user = scrip.user(&format!("user-{n}")).await;
        user.set_pin(scrip, PIN).await;
        let account = scrip.account(&user, 0, "CNY").await;
        let shop = scrip.shop(&format!("owner-{n}"), "CNY").await;
        let till = scrip.account(&shop.owner, 0, "CNY").await;
        let terminal = shop.terminal(scrip).await;
        let offer = Offer::new(scrip, &shop).await;
        parties.push(Party {
            user: user.id,
            account,
            owner: shop.owner.id,
            till,
            shop: shop.account,
            offer,
            terminal,
        });
    }
    acquaint(scrip, &parties).await;
    parties
}

impl Client {
    pub(super) fn new(place: usize, parties: Arc<Vec<Party>>, link: Arc<Link>, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(place as u64));
        Self { place, parties, link, tokens: Tokens::default(), random, keys: 0, record: Record::default() }
    }

    /// Works until it is told to stop.
    pub(super) async fn run(mut self, stop: Arc<AtomicBool>) -> Self {
        self.deposit(20_000).await;
        while !stop.load(Ordering::SeqCst) {
            match self.random.random_range(0..16) {
                0..2 => {
                    let amount = self.random.random_range(1..2_000);
                    self.deposit(amount).await;
                }
                2..8 => self.transfer().await,
                8..10 => self.reverse().await,
                10 => self.pay_out().await,
                11..13 => self.coupon().await,
                _ => self.bill().await,
            }
        }
        self
    }

    /// Finds out what became of what was not answered.
    pub(super) async fn resolve(&mut self) {
        for request in std::mem::take(&mut self.record.unknown) {
            let answer = self.link.answer(&mut self.tokens, &request).await;
            self.record.note(request, &answer);
        }
    }

    /// Sends a request, of whatever age, until it is answered.
    pub(super) async fn send(&mut self, request: &Request) -> Answer {
        self.link.answer(&mut self.tokens, request).await
    }

    pub(super) fn me(&self) -> Party {
        self.parties[self.place].clone()
    }

    /// Whose contact this client's user is.
    pub(super) fn next(&self) -> Party {
        self.parties[(self.place + 1) % self.parties.len()].clone()
    }

    fn post(&mut self, who: Who, path: String, body: &Value) -> Request {
        self.keys += 1;
        let key = Some(format!("client-{}-{}", self.place, self.keys));
        Request { method: Method::POST, who, path, key, body: body.to_string() }
    }

    /// Makes a payment. Where it is not answered, it is sent again now or only at the end.
    async fn pay(&mut self, who: Who, path: String, body: Value) {
        let request = self.post(who, path, &body);
        let life = self.link.life().await;
        let first = self.link.attempt(&life, &mut self.tokens, &request).await;
        match first {
            Some(answer) => self.record.note(request, &answer),
            None if self.random.random() => self.record.unknown.push(request),
            None => {
                let answer = self.send(&request).await;
                self.record.note(request, &answer);
            }
        }
    }

    async fn deposit(&mut self, amount: i64) {
        let path = format!("/v1/accounts/{}/deposits", self.me().account);
        let body = json!({ "amount": money(amount), "reference": format!("voucher {}", self.keys) });
        self.pay(Who::treasury(), path, body).await;
    }

    async fn transfer(&mut self) {
        let me = self.me();
        let other = self.random.random_range(0..self.parties.len());
        let to = match &self.parties[other] {
            other if other.user != me.user && self.random.random() => other.account.clone(),
            other => other.shop.clone(),
        };
        let body = json!({ "from": me.account, "to": to, "amount": money(self.random.random_range(1..900)) });
        self.pay(Who::user(&me.user), "/v1/transfers".to_owned(), body).await;
    }

    /// The owner sends something back of what the user paid to the shop.
    async fn reverse(&mut self) {
        let me = self.me();
        let mut own = self.record.payments.iter().rev().filter(|payment| {
            payment.transfer["to"] == me.shop.as_str() && payment.reversed < amount(&payment.transfer)
        });
        let Some(payment) = own.next() else { return };
        let id = payment.transfer["id"].clone();
        let left = amount(&payment.transfer) - payment.reversed;
        let path = format!("/v1/transfers/{}/reversals", id.as_str().expect("an id"));
        let part = self.random.random_range(1..=left);
        self.pay(Who::user(&me.owner), path, json!({ "amount": money(part) })).await;
    }

    async fn pay_out(&mut self) {
        let me = self.me();
        let body =
            json!({ "from": me.shop, "to": me.till, "amount": money(self.random.random_range(1..500)) });
        self.pay(Who::user(&me.owner), "/v1/transfers".to_owned(), body).await;
    }

    /// A bill from its opening to wherever it goes.
    async fn bill(&mut self) {
        let me = self.me();
        let body = json!({ "account": me.account, "effective_for": "PT2H" });
        let opened = self.must(Who::user(&me.user), "/v1/bills".to_owned(), &body, 201).await;
        let mut bill = BillRecord {
            id: opened.text("id"),
            user: me.user.clone(),
            status: "open",
            items: BTreeMap::new(),
        };
        let key: PresentationKey = opened.text("presentation_key").parse().expect("a key");
        let path = |rest: &str| format!("/v1/bills/{}{rest}", opened.text("id"));

        let fate = self.random.random_range(0..10);
        if fate == 0 {
            self.must(Who::user(&me.user), path("/cancellations"), &json!({}), 200).await;
            bill.status = "cancelled";
        } else if fate > 1 {
            let other = self.parties[self.random.random_range(0..self.parties.len())].clone();
            self.add(&mut bill, &key, &me).await;
            if other.user != me.user {
                self.add(&mut bill, &key, &other).await;
            }
            if fate == 2 {
                self.take_off(&mut bill, &me).await;
            }
        }
        if fate > 3 && !bill.items.is_empty() {
            self.verify(&mut bill, fate).await;
        }
        self.record.bills.push(bill);
    }

    async fn add(&mut self, bill: &mut BillRecord, key: &PresentationKey, shop: &Party) {
        let items = [1, 2].map(|n| json!({ "name": "Tea", "quantity": n, "unit_price": money(self.random.random_range(1..300)) }));
        let body = json!({ "presentation_code": key.code_at(Clock::system().now()), "items": items });
        let terminal =
            Who::Terminal { id: shop.terminal.id.clone(), key: Box::new(shop.terminal.key.clone()) };
        let added = self.must(terminal, format!("/v1/bills/{}/items", bill.id), &body, 201).await;
        for item in added.body["items"].as_array().expect("items") {
            let id = item["id"].as_str().expect("an id").to_owned();
            bill.items.insert(id, (shop.shop.clone(), amount(item)));
        }
    }

    async fn take_off(&mut self, bill: &mut BillRecord, shop: &Party) {
        let own = bill.items.iter().find(|(_, (account, _))| *account == shop.shop);
        let item = own.expect("an item of this shop").0.clone();
        let who = Who::Terminal { id: shop.terminal.id.clone(), key: Box::new(shop.terminal.key.clone()) };
        let path = format!("/v1/bills/{}/items/{item}", bill.id);
        let request = Request { method: Method::DELETE, who, path, key: None, body: String::new() };
        self.send(&request).await.expect(204);
        bill.items.remove(&item);
    }

    async fn verify(&mut self, bill: &mut BillRecord, fate: u32) {
        let user = Who::user(&self.me().user);
        let path = format!("/v1/bills/{}/verification-requests", bill.id);
        let asked = self.must(user.clone(), path, &json!({}), 201).await;
        bill.status = "awaiting_verification";
        assert_eq!(asked.body["total"], money(bill.total()), "what was acknowledged is what is to be paid");
        let path = format!("/v1/bills/{}/verifications", bill.id);
        let answer =
            |pin: &str| json!({ "verification_request": asked.text("id"), "method": "pin", "pin": pin });
        if fate == 4 {
            let wrong = self.must(user.clone(), path.clone(), &answer(WRONG_PIN), 422).await;
            assert_eq!(wrong.body["attempts_left"], 2, "one wrong answer is counted once: {}", wrong.body);
        }
        if fate == 5 {
            return;
        }
        let request = self.post(user, path, &answer(PIN));
        let settled = self.send(&request).await;
        if settled.body["code"] == "insufficient-funds" {
            self.record.refused += 1;
            return;
        }
        assert_eq!(settled.expect(200).body["total"], money(bill.total()));
        bill.status = "settled";
    }

    pub(super) async fn must(&mut self, who: Who, path: String, body: &Value, status: u16) -> Answer {
        let request = self.post(who, path, body);
        self.send(&request).await.expect(status)
    }
}

fn money(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}
