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
