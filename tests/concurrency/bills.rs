//! A bill that closes while items are added to it, taken off it, and its terms are changed.

use super::{at_once, race};
use reqwest::Method;
use scrip_test_support::{Answer, Bill, Scrip, Shop, Terminal, User};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PIN: &str = "493817";
const ROUNDS: usize = 18;
const TERMINALS: usize = 6;

struct Scene {
    scrip: Scrip,
    alice: User,
    account: String,
    shops: [Shop; 2],
    /// Every second one is of the second shop.
    terminals: Vec<Terminal>,
}

async fn scene() -> Scene {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    let account = scrip.account(&alice, 1_000_000, "CNY").await;
    let shops = [scrip.shop("bob", "CNY").await, scrip.shop("carol", "CNY").await];
    let mut terminals = Vec::new();
    for n in 0..TERMINALS {
        terminals.push(shops[n % 2].terminal(&scrip).await);
    }
    Scene { scrip, alice, account, shops, terminals }
}

impl Scene {
    async fn open(&self, terms: Value) -> Bill {
        self.alice.open_bill(&self.scrip, &self.account, terms).await
    }

    /// Adds an item whose price tells which terminal it is of.
    async fn add(&self, bill: &Bill, terminal: usize) -> Answer {
        bill.add(&self.scrip, &self.terminals[terminal], 1, price(terminal)).await
    }

    /// Asks for verification until the bill is no longer changing.
    async fn ask(&self, bill: &Bill) -> Answer {
        loop {
            let answer = bill.ask(&self.scrip, &self.alice).await;
            if answer.body["code"] != "busy" {
                return answer;
            }
        }
    }

    async fn settle(&self, bill: &Bill, request: &str) -> Answer {
        bill.verify(&self.scrip, &self.alice, request, PIN).await.expect(200)
    }
}

fn price(terminal: usize) -> i64 {
    100 + 10_i64.pow(u32::try_from(terminal % 4).unwrap()) + i64::try_from(terminal).unwrap()
}

/// The code of a refusal.
fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

fn amount(money: &Value) -> i64 {
    money["amount"].as_i64().expect("an amount")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_item_is_lost_or_settled_unpaid_when_a_bill_closes_meanwhile() {
    let scene = scene().await;
    let (mut before, mut late) = (0, 0);
    let mut owed: BTreeMap<usize, i64> = BTreeMap::new();
    for round in 0..ROUNDS {
        let bill = scene.open(json!({})).await;
        let mut sum = price(0);
        scene.add(&bill, 0).await.expect(201);
        let adding = at_once(TERMINALS - 1, |n| scene.add(&bill, 1 + n));
        let answers = race(round, adding, at_once(1, |_| scene.ask(&bill))).await;

        let mut shares = BTreeMap::from([(0, price(0)), (1, 0)]);
        let mut request = None;
        for answer in answers {
            match (answer.status, answer.body["challenge"].is_string()) {
                (201, true) => request = Some(answer),
                (201, false) => {
                    let item = &answer.body["items"][0];
                    sum += amount(&item["amount"]);
                    *shares
                        .entry(usize::from(item["merchant"] != scene.shops[0].id.as_str()))
                        .or_default() += amount(&item["amount"]);
                    before += 1;
                }
                _ => {
                    let refused = ["bill-not-open", "busy"];
                    assert!(refused.contains(&code(&answer)), "{}", answer.body);
                    late += 1;
                }
            }
        }
        let request = request.expect("the bill was closed");
        assert_eq!(amount(&request.body["total"]), sum, "what the user is asked to pay is what was added");
        let read = bill.read(&scene.scrip, &scene.alice).await;
        let items = read["items"].as_array().expect("items");
        assert_eq!(items.iter().map(|item| amount(&item["amount"])).sum::<i64>(), sum);
        let settled = scene.settle(&bill, &request.text("id")).await;
        assert_eq!(amount(&settled.body["total"]), sum);
        for (shop, share) in shares {
            *owed.entry(shop).or_default() += share;
        }
    }
    assert!(before > 0 && late > 0, "both happen: {before} before, {late} too late");
    let books = scene.scrip.check_books().await;
    for (shop, share) in &owed {
        assert_eq!(books[&scene.shops[*shop].account], *share);
    }
    assert_eq!(books[&scene.account], 1_000_000 - owed.values().sum::<i64>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_item_taken_off_while_the_bill_closes_is_off_or_paid() {
    let scene = scene().await;
    let (mut off, mut paid) = (0, 0);
    for round in 0..ROUNDS {
        let bill = scene.open(json!({})).await;
        scene.add(&bill, 0).await.expect(201);
        let item = scene.add(&bill, 1).await.expect(201).body["items"][0]["id"].as_str().unwrap().to_owned();
        let path = bill.path(&format!("/items/{item}"));
        let removing =
            at_once(2, |_| scene.scrip.change(Method::DELETE, &scene.terminals[1], &path, &Value::Null));
        let answers = race(round, removing, at_once(1, |_| scene.ask(&bill))).await;

        let request = answers.iter().find(|answer| answer.status == 201).expect("the bill was closed");
        let is_off = answers.iter().any(|answer| answer.status == 204);
        let refused = answers.iter().filter(|answer| answer.status >= 400);
        for answer in refused {
            assert!(["bill-not-open", "busy"].contains(&code(answer)), "{}", answer.body);
        }
        let sum = price(0) + if is_off { 0 } else { price(1) };
        assert_eq!(amount(&request.body["total"]), sum, "off: {is_off}");
        assert_eq!(amount(&scene.settle(&bill, &request.text("id")).await.body["total"]), sum);
        if is_off { off += 1 } else { paid += 1 }
    }
    assert!(off > 0 && paid > 0, "both happen: {off} off, {paid} paid");
    let books = scene.scrip.check_books().await;
    assert_eq!(books[&scene.shops[1].account], i64::from(paid) * price(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bill_is_cancelled_or_has_an_item_but_never_both() {
    let scene = scene().await;
    let (mut cancelled, mut filled) = (0, 0);
    for round in 0..ROUNDS {
        let bill = scene.open(json!({})).await;
        let path = bill.path("/cancellations");
        let nothing = json!({});
        let cancelling = at_once(1, |_| scene.scrip.post(&scene.alice, &path, &nothing));
        let answers = race(round, cancelling, at_once(1, |_| scene.add(&bill, round % TERMINALS))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let read = bill.read(&scene.scrip, &scene.alice).await;
        let is_cancelled = read["status"] == "cancelled";
        assert_eq!(is_cancelled, statuses.contains(&200), "{statuses:?} {read}");
        assert_ne!(is_cancelled, statuses.contains(&201), "{statuses:?} {read}");
        assert_eq!(amount(&read["total"]) == 0, is_cancelled);
        if is_cancelled { cancelled += 1 } else { filled += 1 }
    }
    assert!(cancelled > 0 && filled > 0, "both happen: {cancelled} cancelled, {filled} filled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_ceiling_holds_while_it_is_changed_and_items_are_added() {
    let scene = scene().await;
    let (mut refused, mut amended) = (0, 0);
    for round in 0..ROUNDS {
        let bill = scene.open(json!({ "ceiling": { "amount": 900, "currency": "CNY" } })).await;
        let ceilings = [450, 1_200, 300];
        let answers = at_once(TERMINALS + ceilings.len(), |n| {
            let (scene, bill, n) = (&scene, &bill, (n + round) % (TERMINALS + ceilings.len()));
            async move {
                match n.checked_sub(TERMINALS) {
                    None => bill.add(&scene.scrip, &scene.terminals[n], 1, 200).await,
                    Some(place) => {
                        let ceiling = json!({ "amount": ceilings[place], "currency": "CNY" });
                        let terms = json!({ "version": 1, "ceiling": ceiling });
                        scene.scrip.change(Method::PATCH, &scene.alice, &bill.path(""), &terms).await
                    }
                }
            }
        });
        let answers = answers.await;

        let known = ["ceiling-exceeded", "ceiling-below-total", "version-stale", "busy"];
        let added = super::succeeded(
            &answers.iter().filter(|answer| answer.status != 200).cloned().collect::<Vec<_>>(),
            201,
            &known,
        );
        let changed = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(changed <= 1, "terms of one version are changed once");
        let read = bill.read(&scene.scrip, &scene.alice).await;
        let total = amount(&read["total"]);
        assert_eq!(total, 200 * i64::try_from(added).unwrap());
        assert!(total <= amount(&read["ceiling"]), "{read}");
        assert_eq!(read["version"], 1 + changed);
        refused += answers.iter().filter(|answer| code(answer) == "ceiling-exceeded").count();
        amended += changed;
    }
    assert!(refused > 0 && amended > 0, "both happen: {refused} refused, {amended} amended");
}
