use crate::api::world::transfer;
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

async fn entries(scrip: &Scrip, user: &User, account: &str) -> Vec<Value> {
    let listed = scrip.get(user, &format!("/v1/accounts/{account}/entries")).await.expect(200);
    listed.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn entries_stand_newest_first_and_signed() {
    let scrip = Scrip::start().await;
    let [alice, carol] = [scrip.user("alice").await, scrip.user("carol").await];
    let [hers, carols] = [scrip.account(&alice, 1_000, "CNY").await, scrip.account(&carol, 0, "CNY").await];
    scrip.advance("PT1S").await;
    let mut order = transfer(&hers, &carols, 300);
    order["reference"] = json!("rent");
    scrip.post(&alice, "/v1/transfers", &order).await.expect(201);
    scrip.advance("PT1S").await;
    scrip.post(&carol, "/v1/transfers", &transfer(&carols, &hers, 120)).await.expect(201);

    let listed = scrip.get(&alice, &format!("/v1/accounts/{hers}/entries")).await;
    insta::assert_snapshot!(listed.snapshot());

    let [hers_listed, carols_listed] =
        [entries(&scrip, &alice, &hers).await, entries(&scrip, &carol, &carols).await];
    let signed = |entries: &[Value]| {
        entries.iter().map(|entry| entry["amount"]["amount"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((signed(&hers_listed), signed(&carols_listed)), (vec![120, -300, 1_000], vec![-120, 300]));
    for (hers, carols) in hers_listed.iter().zip(&carols_listed) {
        assert_eq!((&hers["transfer"], &hers["at"]), (&carols["transfer"], &carols["at"]));
    }
    assert_eq!(scrip.balance(&alice, &hers).await, signed(&hers_listed).iter().sum::<i64>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_happened_at_the_same_time_is_told_apart_over_all_pages() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    let orders: Vec<Value> = (1..=40).map(|amount| transfer(&account, &shop.account, amount)).collect();
    let sent = orders.iter().map(|order| scrip.post(&alice, "/v1/transfers", order));
    for answer in futures::future::join_all(sent).await {
        answer.expect(201);
    }
    let mut walks = Vec::new();
    for limit in [100, 1, 3, 16] {
        let first = format!("/v1/accounts/{}/entries?limit={limit}", shop.account);
        let (mut found, mut path) = (Vec::new(), first.clone());
        loop {
            let page = scrip.get(&shop.owner, &path).await.expect(200).body;
            found.extend(page["items"].as_array().unwrap().iter().map(|entry| entry["transfer"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{first}&after={next}");
        }
        walks.push(found);
    }
    assert_eq!(walks[0].len(), 40);
    assert!(walks.iter().all(|walk| *walk == walks[0]), "{walks:#?}");
}

#[tokio::test]
async fn external_accounts_have_no_list() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 1_000, "CNY").await;
    let [deposit] = entries(&scrip, &alice, &account).await.try_into().unwrap();
    let path = format!("/v1/accounts/{}/entries", deposit["counterparty"].as_str().unwrap());
    scrip.get(&scrip.treasury().await, &path).await.refused("list-entries", 404, "not-found");
}

#[tokio::test]
async fn what_many_pay_a_merchant_stands_in_one_list() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 1_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    for amount in 1..=25 {
        scrip.post(&alice, "/v1/transfers", &transfer(&account, &shop.account, amount)).await.expect(201);
    }
    let path = format!("/v1/accounts/{}/entries?limit=100", shop.account);
    let listed = scrip.get(&shop.owner, &path).await.expect(200).body;
    let sum: i64 = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["amount"]["amount"].as_i64().unwrap())
        .sum();
    assert_eq!((sum, &listed["next"]), (325, &Value::Null));
}
