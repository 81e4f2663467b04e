use crate::api::world::{PIN, money};
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

const PATH: &str = "/v1/offline/authorizations";

async fn items(scrip: &Scrip, user: &User) -> Vec<Value> {
    scrip.get(user, PATH).await.expect(200).body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn ones_own_authorizations_are_listed_newest_first() {
    let scrip = Scrip::start().await;
    let [alice, bob] = [scrip.user("alice").await, scrip.user("bob").await];
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, PIN).await;
    assert_eq!(items(&scrip, &alice).await, [] as [Value; 0]);

    let pos = scrip.shop("tilda", "CNY").await.pos(&scrip).await;
    let mut ids = Vec::new();
    for code in ["739105826410", "739105826411", "739105826412"] {
        let granted = alice.authorize_static(&scrip, &account, PIN, code, json!({})).await.expect(201);
        ids.insert(0, granted.text("id"));
        scrip.advance("PT1S").await;
    }
    pos.ask(&scrip, "alice", "739105826411", 800).await.expect(201);

    let all = async || {
        let listed = items(&scrip, &alice).await;
        (listed.len() == ids.len()).then_some(listed)
    };
    let listed = scrip.soon("all authorizations in the list", all).await;
    assert_eq!(listed.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!((&listed[1]["remaining"], &listed[1]["uses_left"]), (&money(49_200), &json!(49)));
    assert_eq!((&listed[0]["remaining"], &listed[0]["uses_left"]), (&money(50_000), &json!(50)));
    for item in &listed {
        assert_eq!(*item, alice.authorization(&scrip, item["id"].as_str().unwrap()).await);
    }
    assert_eq!(items(&scrip, &bob).await, [] as [Value; 0]);

    let first = scrip.get(&alice, &format!("{PATH}?limit=2")).await.expect(200).body;
    let next = first["next"].as_str().unwrap();
    let second = scrip.get(&alice, &format!("{PATH}?limit=2&after={next}")).await.expect(200).body;
    let pages =
        [first["items"].clone(), second["items"].clone()].map(|page| page.as_array().unwrap().clone());
    assert_eq!(pages.concat(), listed);
    assert_eq!(second["next"], Value::Null);
}
