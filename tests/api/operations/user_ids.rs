//! Ids of users as issuers write them: whatever is visible, in keys, paths, bodies and exports.

use super::coupon_counter::Counter;
use reqwest::Method;
use scrip_test_support::coupons::{STORE, befriend, verification};
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

/// Ids that would meet in keys or paths, were they put there as they are or decoded twice; and those that mean something
/// to a log, a page or a spreadsheet.
const STRANGE: [&str; 14] = [
    "a",
    "a#b",
    "a#",
    "a!3b",
    "a%23b",
    "a/b",
    "a%2Fb",
    "auth0|64f",
    "ann+b@example.com",
    "=1+1",
    "\"\\\"",
    "<b>&amp;</b>",
    "{\"level\":\"error\"}",
    "?after=x;&",
];

async fn users(scrip: &Scrip) -> Vec<User> {
    let longest = "~".repeat(200);
    let mut users = Vec::new();
    for id in STRANGE.into_iter().chain([longest.as_str()]) {
        users.push(scrip.user(id).await);
    }
    users
}

async fn contacts(scrip: &Scrip, user: &User) -> Vec<String> {
    let list = scrip.get(user, "/v1/contacts?limit=100").await.expect(200).body;
    let items = list["items"].as_array().unwrap().iter();
    items.map(|contact| contact["user"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_user_is_a_contact_by_their_own_id_alone() {
    let scrip = Scrip::start().await;
    let (users, alice) = (users(&scrip).await, scrip.user("alice").await);
    for user in &users {
        befriend(&scrip, &alice, user).await;
        assert_eq!(contacts(&scrip, user).await, [alice.id.as_str()], "{}", user.id);
        let told = scrip.get(user, "/v1/notifications").await.expect(200).body;
        assert_eq!(told["items"].as_array().unwrap().len(), 1, "{}: {told}", user.id);
    }
    let mut ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    ids.sort_by_key(|id| scrip.known_as(id));
    assert_eq!(contacts(&scrip, &alice).await, ids, "they stand in the order of their ids");
    for user in &users {
        alice.remove_contact(&scrip, &user.id).await.expect(204);
    }
    assert!(contacts(&scrip, &alice).await.is_empty());
}

#[tokio::test]
async fn what_can_be_no_id_is_nobody() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let long = "x".repeat(256);
    for id in ["%20", "a%0A", "%C3%BC", "%7F", &long] {
        let answer = scrip.change(Method::PUT, &alice, &format!("/v1/contacts/{id}"), &Value::Null).await;
        answer.refused("put-contact", 404, "not-found");
        scrip.get(&alice, &format!("/v1/pools/{id}/coupons")).await.expect_problem(404, "not-found");
    }
    let shop = scrip.shop("bob", "CNY").await;
    let path = format!("/v1/merchants/{}/operators", shop.id);
    for id in ["", "a b", "ü", "a\n", &long] {
        let answer = scrip.post(&shop.owner, &path, &json!({ "user": id, "stores": ["s1"] })).await;
        answer.refused_field("name-operator", "/user", "invalid-field");
    }
}

#[tokio::test]
async fn each_user_has_a_pin_and_a_wallet_of_their_own() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let pos = shop.pos(&scrip).await;
    for (place, user) in users(&scrip).await.iter().enumerate().step_by(3) {
        let (pin, code) = (format!("4938{place:02}"), "493028174650");
        user.set_pin(&scrip, &pin).await;
        let account = scrip.account(user, 1_000, "CNY").await;
        user.authorize_static(&scrip, &account, &pin, code, json!({})).await.expect(201);
        let paid = pos.ask(&scrip, &user.id, code, 100).await.expect(201).body;
        assert_eq!(paid["decision"], "approved", "{}: {paid}", user.id);
        assert_eq!(scrip.balance(user, &account).await, 900);
    }
}

#[tokio::test]
async fn an_operators_id_is_a_cell_of_text() {
    let counter = Counter::open().await;
    let odd = counter.operator(&counter.shop, "=HYPERLINK(\"x\")", &[STORE]).await;
    let stores = counter.scrip.get(&odd, "/v1/me/stores").await.expect(200).body;
    assert_eq!(stores["items"][0]["merchant"], counter.shop.id, "{stores}");
    let (_, code) = counter.taken(&json!({})).await;
    let used = odd.verify_with(&counter.scrip, &verification(STORE, &code, &json!({}))).await.expect(201);
    let day = &used.text("at")[..10];
    let path = format!("/v1/merchants/{}/verifications/export?from={day}&to={day}", counter.shop.id);
    let export = counter.scrip.get(&counter.shop.owner, &path).await.expect(200);
    let text = export.body.as_str().unwrap();
    assert!(text.contains(",\"'=HYPERLINK(\"\"x\"\")"), "{text}");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "the log is the embedded platform's")]
async fn an_id_makes_no_lines_of_the_log() {
    let scrip = Scrip::start().await;
    let user = scrip.user("{\"level\":\"error\"}").await;
    scrip.get(&user, "/v1/accounts/acct_unone").await.expect_problem(404, "not-found");
    for line in scrip.log().lines() {
        assert_eq!(line["level"], "info", "{line}");
        assert!(!line.to_string().contains("error\\\""), "no line tells who called: {line}");
    }
}
