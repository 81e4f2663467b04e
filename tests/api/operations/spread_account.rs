use crate::api::transcript::Transcript;
use crate::api::world::{NOBODY, World, transfer};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use reqwest::Method;
use scrip_test_support::{Answer, Scrip, Shop, User};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A user with money, and a shop that was paid before its balance is spread further.
struct Scene {
    scrip: Scrip,
    alice: User,
    account: String,
    shop: Shop,
    paid: i64,
}

async fn spread(scrip: &Scrip, account: &str, shards: i64) -> Answer {
    let request = json!({ "shards": shards });
    let path = format!("/v1/accounts/{account}/shards");
    scrip.change(Method::PUT, &scrip.treasury().await, &path, &request).await
}

impl Scene {
    async fn of(scrip: Scrip) -> Self {
        let shop = scrip.shop("bob", "CNY").await;
        Self::with(scrip, shop).await
    }

    async fn with(scrip: Scrip, shop: Shop) -> Self {
        let alice = scrip.user("alice").await;
        let account = scrip.account(&alice, 100_000, "CNY").await;
        let mut scene = Self { scrip, alice, account, shop, paid: 0 };
        scene.pay(30).await;
        scene
    }

    /// So many payments at once, each of another amount.
    async fn pay(&mut self, count: i64) {
        let amounts = (self.paid + 1..=self.paid + count).collect::<Vec<_>>();
        let orders: Vec<Value> =
            amounts.iter().map(|amount| transfer(&self.account, &self.shop.account, *amount)).collect();
        let sent = orders.iter().map(|order| self.scrip.post(&self.alice, "/v1/transfers", order));
        for answer in join_all(sent).await {
            answer.expect(201);
        }
        self.paid += count;
    }

    async fn entries(&self, limit: usize) -> Vec<(String, i64)> {
        let first = format!("/v1/accounts/{}/entries?limit={limit}", self.shop.account);
        let (mut found, mut path) = (Vec::new(), first.clone());
        loop {
            let page = self.scrip.get(&self.shop.owner, &path).await.expect(200).body;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.iter().map(|entry| {
                (entry["at"].as_str().unwrap().to_owned(), entry["amount"]["amount"].as_i64().unwrap())
            }));
            let Some(next) = page["next"].as_str() else { return found };
            path = format!("{first}&after={next}");
        }
    }

    /// Every payment is in the balance and in the list, once, whatever the pages.
    async fn check(&self) {
        let all = self.entries(100).await;
        let amounts: BTreeSet<i64> = all.iter().map(|(_, amount)| *amount).collect();
        assert_eq!((all.len(), amounts), (usize::try_from(self.paid).unwrap(), (1..=self.paid).collect()));
        // All have as many digits here, so that texts sort as times do.
        assert!(all.is_sorted_by(|one, next| one.0.len() != next.0.len() || one.0 >= next.0), "{all:?}");
        for limit in [1, 7] {
            assert_eq!(self.entries(limit).await, all, "by {limit}");
        }
        let sum = self.paid * (self.paid + 1) / 2;
        assert_eq!(self.scrip.balance(&self.shop.owner, &self.shop.account).await, sum);
        assert_eq!(self.scrip.check_books().await[&self.shop.account], sum);
    }

    /// How many items hold something.
    async fn used(&self) -> usize {
        let scan = Client::new(&self.scrip.aws()).scan().table_name(self.scrip.table("LedgerTable").await);
        let scan = scan.filter_expression("account = :account AND balance > :none");
        let scan = scan.expression_attribute_values(":account", AttributeValue::S(self.shop.account.clone()));
        let scan = scan.expression_attribute_values(":none", AttributeValue::N("0".to_owned()));
        scan.send().await.unwrap().items().len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "each process of a function goes on with the number that it knows")]
async fn what_was_paid_under_few_items_is_found_when_there_are_more() {
    let mut scene = Scene::of(Scrip::start().await).await;
    scene.check().await;
    assert!(scene.used().await <= 16);

    let told = spread(&scene.scrip, &scene.shop.account, 48).await.expect(200);
    assert_eq!(told.body, json!({ "account": scene.shop.account, "shards": 48 }));
    scene.check().await;
    scene.pay(120).await;
    assert!(scene.used().await > 24, "the new items take payments, too");
    scene.check().await;

    // A payout of all that is there gathers from all of them, and what comes back is spread again.
    let till = scene.scrip.account(&scene.shop.owner, 0, "CNY").await;
    let all = scene.scrip.balance(&scene.shop.owner, &scene.shop.account).await;
    let paid_out = transfer(&scene.shop.account, &till, all);
    scene.scrip.post(&scene.shop.owner, "/v1/transfers", &paid_out).await.expect(201);
    assert_eq!((scene.used().await, scene.scrip.balance(&scene.shop.owner, &till).await), (0, all));
    assert_eq!(scene.entries(100).await[0].1, -all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "it needs a store that reports conflicts at once")]
async fn payments_go_on_while_a_balance_is_spread() {
    let mut scene = Scene::of(Scrip::contended().await).await;
    let account = scene.shop.account.clone();
    let orders: Vec<Value> = (31..=90).map(|amount| transfer(&scene.account, &account, amount)).collect();
    let paying = join_all(orders.iter().map(|order| scene.scrip.post(&scene.alice, "/v1/transfers", order)));
    let (paid, told) = futures::join!(paying, spread(&scene.scrip, &account, 64));

    told.expect(200);
    for answer in paid {
        answer.expect(201);
    }
    scene.paid = 90;
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_begun_and_broke_off_is_right_and_can_be_finished() {
    let mut scene = Scene::of(Scrip::start().await).await;
    let account = scene.shop.account.clone();
    spread(&scene.scrip, &account, 20).await.expect(200);
    scene.pay(30).await;

    // It ended when the new items were there and only the first one had been told.
    let client = Client::new(&scene.scrip.aws());
    let ledger = scene.scrip.table("LedgerTable").await;
    let key = |shard: i32| AttributeValue::S(format!("ACCT#{account}#{shard:02}"));
    let sk = || AttributeValue::S("BALANCE".to_owned());
    let get = client.get_item().table_name(&ledger).key("pk", key(7)).key("sk", sk());
    let mut item = get.send().await.unwrap().item.unwrap();
    item.remove("shards");
    item.insert("balance".to_owned(), AttributeValue::N("0".to_owned()));
    for shard in 20..50 {
        item.insert("pk".to_owned(), key(shard));
        client.put_item().table_name(&ledger).set_item(Some(item.clone())).send().await.unwrap();
    }
    let tell = client.update_item().table_name(&ledger).key("pk", key(0)).key("sk", sk());
    let tell =
        tell.update_expression("SET #shards = :shards").expression_attribute_names("#shards", "shards");
    let tell = tell.expression_attribute_values(":shards", AttributeValue::N("50".to_owned()));
    tell.send().await.unwrap();

    scene.check().await;
    scene.pay(30).await;
    scene.check().await;
    spread(&scene.scrip, &account, 50).await.expect(200);
    scene.pay(60).await;
    scene.check().await;
}

/// A shop whose id is the same on each platform, since it follows from its owner and the key.
async fn shop_of_one_key(scrip: &Scrip, key: &str) -> Shop {
    let owner = scrip.user("bob").await;
    let request = json!({ "name": "Tea House", "currency": "CNY" });
    let merchant = scrip.post_keyed(&owner, "/v1/merchants", key, &request).await.expect(201);
    Shop { id: merchant.text("id"), account: merchant.text("account"), owner }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "it starts two platforms")]
async fn what_one_platform_knows_of_an_account_another_one_in_its_process_does_not_believe() {
    let mut scenes = Vec::new();
    for scrip in [Scrip::embedded().await, Scrip::embedded().await] {
        let shop = shop_of_one_key(&scrip, "one-key").await;
        scenes.push(Scene::with(scrip, shop).await);
    }
    let [mut spread_one, other] = scenes.try_into().unwrap_or_else(|_| panic!("two"));
    assert_eq!(spread_one.shop.account, other.shop.account);
    spread(&spread_one.scrip, &spread_one.shop.account, 64).await.expect(200);
    spread_one.pay(30).await;

    // An entry of a debit stands where its writer believes it to be looked for.
    let till = other.scrip.account(&other.shop.owner, 0, "CNY").await;
    for amount in 1..=16 {
        let paid_out = transfer(&other.shop.account, &till, amount);
        other.scrip.post(&other.shop.owner, "/v1/transfers", &paid_out).await.expect(201);
    }
    let paid_out: BTreeSet<i64> =
        other.entries(100).await.iter().map(|(_, amount)| -amount).filter(|amount| *amount > 0).collect();
    assert_eq!(paid_out, (1..=16).collect());
    for amount in 1..=16 {
        let returned = transfer(&till, &other.shop.account, amount);
        other.scrip.post(&other.shop.owner, "/v1/transfers", &returned).await.expect(201);
    }
    assert!(other.used().await <= 16);
    other.scrip.check_books().await;
    spread_one.check().await;
    assert!(spread_one.used().await > 16);
}

#[tokio::test]
async fn a_balance_is_spread_over_no_fewer_items_than_before_and_64_at_most() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let mut told = Transcript::default();
    for shards in [15, 65, 0, 4_000_000_000] {
        let answer = spread(&scrip, &shop.account, shards).await;
        answer.refused_field("spread-account", "/shards", "out-of-range");
    }
    told.note("first", &spread(&scrip, &shop.account, 16).await.expect(200));
    told.note("more", &spread(&scrip, &shop.account, 17).await.expect(200));
    told.note("again", &spread(&scrip, &shop.account, 17).await.expect(200));
    told.note("fewer", &spread(&scrip, &shop.account, 16).await);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn only_merchants_accounts_are_spread() {
    let world = World::start().await;
    for account in [&world.account, &format!("acct_m{NOBODY}"), &format!("acct_x{NOBODY}"), "acct_1"] {
        let answer = world.unchanged(spread(&world.scrip, account, 32)).await;
        answer.refused("spread-account", 404, "not-found");
    }
}
