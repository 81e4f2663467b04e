//! Lists, page by page.

use crate::api::world::{World, money, transfer};
use scrip_clock::Timestamp;
use scrip_test_support::{Scrip, User};
use serde_json::Value;

/// Walks through a list, and gives how many each page had and what they had.
async fn walk(scrip: &Scrip, user: &User, path: &str, limit: u32) -> (Vec<usize>, Vec<Value>) {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut sizes, mut all, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = scrip.get(user, &format!("{path}{joint}limit={limit}{after}")).await.expect(200).body;
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        all.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (sizes, all),
        }
        assert!(sizes.len() < 50, "{path} does not come to its end");
    }
}

/// Alice with five of everything that is listed.
async fn five() -> (Scrip, User, Vec<String>) {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut accounts = Vec::new();
    for _ in 0..5 {
        accounts.push(scrip.account(&alice, 0, "CNY").await);
        alice
            .open_bill(
                &scrip,
                &accounts[0],
                serde_json::json!({ "effective_for": "PT1M", "grace_for": "PT1M" }),
            )
            .await;
    }
    let deposits = format!("/v1/accounts/{}/deposits", accounts[0]);
    let deposit = serde_json::json!({ "amount": money(100), "reference": "wire" });
    scrip.post(&scrip.treasury().await, &deposits, &deposit).await.expect(201);
    for (place, to) in accounts[1..].iter().enumerate() {
        let amount = i64::try_from(place).unwrap() + 1;
        scrip.post(&alice, "/v1/transfers", &transfer(&accounts[0], to, amount)).await.expect(201);
    }
    let lists =
        vec!["/v1/accounts".into(), "/v1/bills".into(), format!("/v1/accounts/{}/entries", accounts[0])];
    (scrip, alice, lists)
}

#[tokio::test]
async fn each_entry_is_on_one_page_whatever_its_size() {
    let (scrip, alice, lists) = five().await;
    for path in lists {
        let (_, all) = walk(&scrip, &alice, &path, 100).await;
        assert_eq!(all.len(), 5, "{path}");
        for limit in 1..=6 {
            let (sizes, found) = walk(&scrip, &alice, &path, limit).await;
            assert_eq!(found, all, "{path} by {limit}");
            assert!(
                sizes.iter().all(|size| *size <= usize::try_from(limit).unwrap()),
                "{path} by {limit}: {sizes:?}"
            );
        }
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn notifications_come_in_pages_too() {
    let world = World::start().await;
    for _ in 0..4 {
        let bill = world
            .alice
            .open_bill(&world.scrip, &world.account, serde_json::json!({ "effective_for": "PT2M" }))
            .await;
        bill.add(&world.scrip, &world.terminal, 1, 100).await.expect(201);
    }
    world.scrip.advance("P1D").await;
    let [alice, bob] = [world.scrip.user("alice").await, world.scrip.user("bob").await];
    // Of six bills with items, five were asked for by the system.
    for (user, path, count) in [
        (alice, "/v1/notifications".into(), 11),
        (bob, format!("/v1/notifications?merchant={}", world.shop.id), 6),
    ] {
        let (_, all) = walk(&world.scrip, &user, &path, 100).await;
        assert_eq!(all.len(), count, "{path}");
        for limit in [1, 2, 5] {
            assert_eq!(walk(&world.scrip, &user, &path, limit).await.1, all, "{path} by {limit}");
        }
        // As text they don't sort: a fraction of a second is as long as it has to be.
        let times: Vec<Timestamp> =
            all.iter().map(|note| note["at"].as_str().unwrap().parse().unwrap()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    }
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_entries() {
    let (scrip, alice, mut lists) = five().await;
    lists.push("/v1/notifications".into());
    for path in lists {
        for limit in ["0", "101", "-1", "1.5", "x", "", "99999999999999999999", "1e1"] {
            let answer = scrip
                .get(&alice, &format!("{path}?limit={limit}"))
                .await
                .expect_problem(400, "invalid-request");
            assert_eq!(
                (&answer.body["errors"][0]["pointer"], &answer.body["errors"][0]["code"]),
                (&"/limit".into(), &"out-of-range".into())
            );
        }
        for limit in ["1", "100"] {
            scrip.get(&alice, &format!("{path}?limit={limit}")).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_page_has_twenty_entries_if_nobody_says_how_many() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    for _ in 0..21 {
        scrip.account(&alice, 0, "CNY").await;
    }
    let page = scrip.get(&alice, "/v1/accounts").await.expect(200).body;
    assert_eq!(page["items"].as_array().unwrap().len(), 20);
    let rest = scrip
        .get(&alice, &format!("/v1/accounts?after={}", page["next"].as_str().unwrap()))
        .await
        .expect(200)
        .body;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn cursors_lead_nowhere_but_on() {
    let (scrip, alice, mut lists) = five().await;
    let mallory = scrip.user("mallory").await;
    let mallorys = scrip.account(&mallory, 10, "CNY").await;
    for _ in 0..2 {
        scrip.account(&mallory, 0, "CNY").await;
        mallory.open_bill(&scrip, &mallorys, serde_json::json!({})).await;
    }
    // What is merged of many parts is a list of its own, too.
    let (mut merged, mut others) = (Vec::new(), Vec::new());
    for (owner, lists) in [("alice", &mut merged), ("mallory", &mut others)] {
        let shop = scrip.shop(owner, "CNY").await;
        for _ in 0..2 {
            scrip.post(&mallory, "/v1/transfers", &transfer(&mallorys, &shop.account, 1)).await.expect(201);
        }
        lists.push(format!("/v1/accounts/{}/entries", shop.account));
    }
    lists.extend(merged);
    lists.push("/v1/notifications".into());
    let mut cursors = vec![
        "x".to_owned(),
        "e30".to_owned(),
        "%00".to_owned(),
        "a".repeat(3_000),
        "0000000000000.txn_1".to_owned(),
    ];
    for path in others.iter().map(String::as_str).chain(["/v1/accounts", "/v1/bills"]) {
        cursors.push(scrip.get(&mallory, &format!("{path}?limit=1")).await.expect(200).text("next"));
    }
    for path in &lists {
        for cursor in &cursors {
            let answer = scrip.get(&alice, &format!("{path}?after={cursor}")).await;
            answer.expect_problem(400, "invalid-cursor");
        }
        for other in lists.iter().filter(|other| *other != path && !other.ends_with("notifications")) {
            let next = scrip.get(&alice, &format!("{other}?limit=1")).await.expect(200).text("next");
            let answer = scrip.get(&alice, &format!("{path}?after={next}")).await;
            answer.expect_problem(400, "invalid-cursor");
        }
    }
}
