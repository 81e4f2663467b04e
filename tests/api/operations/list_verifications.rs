use super::coupon_counter::Counter;
use scrip_fields::{MAX_STORE_CHARACTERS, MAX_USER_CHARACTERS};
use scrip_test_support::coupons::{STORE, code_of_nothing};
use serde_json::{Value, json};

async fn listed(counter: &Counter, query: &str) -> Vec<Value> {
    let page = counter.shop.verifications(&counter.scrip, &counter.olga, query).await.expect(200);
    let items = page.body["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].clone()).collect()
}

#[tokio::test]
async fn what_was_verified_is_found_by_store_and_operator() {
    let counter = Counter::open().await;
    let pia = counter.operator(&counter.shop, "pia", &["s2"]).await;
    let one = counter.used(&counter.olga, STORE, 3_000).await;
    counter.scrip.advance("PT1S").await;
    let two = counter.used(&pia, "s2", 4_000).await;
    counter.scrip.advance("PT1S").await;
    let three = counter.olga.verify(&counter.scrip, STORE, &code_of_nothing()).await.expect(201).body;

    let all = counter.shop.verifications(&counter.scrip, &counter.shop.owner, "").await.expect(200).body;
    let (first, last) = (&all["items"][0], &all["items"][2]);
    assert_eq!((&first["verdict"], &first["status"]), (&json!("refused"), &json!("refused")));
    assert_eq!((&first["reason"], &first["coupon"]), (&json!("code-not-accepted"), &Value::Null));
    assert_eq!((&last["verdict"], &last["status"]), (&json!("accepted"), &json!("redeemed")));
    assert_eq!((&last["deduction"], &last["coupon"]), (&one["benefit"]["deduction"], &one["coupon"]));

    let [one, two, three] = [&one["id"], &two["id"], &three["id"]].map(Clone::clone);
    assert_eq!(listed(&counter, "").await, [three.clone(), two.clone(), one.clone()]);
    assert_eq!(listed(&counter, &format!("?store={STORE}")).await, [three, one.clone()]);
    let pias = format!("?operator={}", counter.scrip.known_as("pia"));
    assert_eq!(listed(&counter, &pias).await, std::slice::from_ref(&two));
    assert_eq!(listed(&counter, "?store=s2&limit=1").await, [two]);
    assert!(listed(&counter, "?store=s3").await.is_empty());
}

#[tokio::test]
async fn what_is_looked_for_has_a_name_that_can_be_one() {
    let counter = Counter::open().await;
    for (parameter, most) in [("store", MAX_STORE_CHARACTERS), ("operator", MAX_USER_CHARACTERS)] {
        for (characters, expected) in [(most, 200), (most + 1, 400), (0, 400)] {
            let query = format!("?{parameter}={}", "x".repeat(characters));
            let answer =
                counter.shop.verifications(&counter.scrip, &counter.olga, &query).await.expect(expected);
            if expected == 400 {
                answer.refused_field("list-verifications", &format!("/{parameter}"), "out-of-range");
            }
        }
    }
}

#[tokio::test]
async fn pages_and_periods_leave_nothing_out() {
    let counter = Counter::open().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(counter.olga.verify(&counter.scrip, STORE, &code_of_nothing()).await.expect(201).body);
        counter.scrip.advance("PT1S").await;
    }
    made.reverse();
    let ids: Vec<_> = made.iter().map(|one| one["id"].clone()).collect();
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!("?limit=2&store={STORE}{after}");
        let page = counter.shop.verifications(&counter.scrip, &counter.olga, &query).await.expect(200);
        let items = page.body["items"].as_array().unwrap();
        found.extend(items.iter().map(|one| one["id"].clone()));
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(found.len() <= ids.len());
    }
    assert_eq!(found, ids);

    let at = made[0]["at"].as_str().unwrap();
    let [first, last] = [&made[4], &made[0]].map(|one| &one["at"].as_str().unwrap()[..10]);
    assert_eq!(listed(&counter, &format!("?from={first}&to={last}")).await, ids);
    assert_eq!(listed(&counter, &format!("?from={at}")).await[0], ids[0]);
    assert!(!listed(&counter, &format!("?to={at}")).await.contains(&ids[0]));
    assert!(listed(&counter, "?to=2020-01-01").await.is_empty());
}

#[tokio::test]
async fn what_is_no_period_is_refused_and_strangers_see_nothing() {
    let counter = Counter::open().await;
    let ask = async |query: &str| counter.shop.verifications(&counter.scrip, &counter.olga, query).await;
    ask("?from=today").await.refused_field("list-verifications", "/from", "invalid-field");
    let backwards = ask("?from=2026-11-24&to=2026-11-23").await;
    backwards.refused_field("list-verifications", "/to", "out-of-range");
    ask("?after=%00").await.refused("list-verifications", 400, "invalid-cursor");
    let stranger = counter.shop.verifications(&counter.scrip, &counter.holder, "").await;
    stranger.refused("list-verifications", 404, "not-found");
}
