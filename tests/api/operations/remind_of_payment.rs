use reqwest::Method;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use scrip_test_support::{Scrip, User};
use serde_json::json;

struct Table {
    scrip: Scrip,
    alice: User,
    bo: User,
    chen: User,
    purse: String,
    request: PaymentRequest,
}

async fn table() -> Table {
    let scrip = Scrip::start().await;
    let [alice, bo, chen, dora] = [
        scrip.user("alice").await,
        scrip.user("bo").await,
        scrip.user("chen").await,
        scrip.user("dora").await,
    ];
    let group = Group::gather(&scrip, &alice, &[&bo, &chen, &dora]).await;
    let (account, purse) = (scrip.account(&alice, 0, "CNY").await, scrip.account(&bo, 900, "CNY").await);
    let terms = json!({ "split": equally(&scrip, &[&bo, &chen, &dora]) });
    let request = PaymentRequest::of(group.ask(&scrip, &alice, &account, 900, &terms).await);
    scrip.settle().await;
    Table { scrip, alice, bo, chen, purse, request }
}

#[tokio::test]
async fn who_has_not_paid_and_wants_to_be_is_reminded() {
    let Table { scrip, alice, bo, chen, purse, request } = table().await;
    request.pay(&scrip, &bo, &purse, &json!({})).await.expect(201);
    for _ in 0..2 {
        request.mute(&scrip, &chen, Method::PUT).await.expect(204);
    }
    assert_eq!(request.read(&scrip, &chen).await.expect(200).body["my_share"]["muted"], true);
    let reminded = request.remind(&scrip, &alice, &json!({})).await.expect(200).body;
    let skipped = json!([{ "user": "bo", "reason": "settled" }, { "user": "chen", "reason": "muted" }]);
    assert_eq!(reminded, json!({ "reminded": ["dora"], "skipped": skipped }));
    let told = async |user: &str| {
        let notes = scrip.get(&scrip.user(user).await, "/v1/notifications").await.expect(200).body;
        let notes = notes["items"].as_array().unwrap().clone();
        notes.iter().filter(|note| note["kind"] == "payment-reminder").count()
    };
    assert_eq!((told("bo").await, told("chen").await, told("dora").await), (0, 0, 1));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn nobody_is_reminded_twice_in_six_hours() {
    let Table { scrip, alice, chen, request, .. } = table().await;
    let only = json!({ "users": [scrip.known_as("chen")] });
    request.remind(&scrip, &alice, &only).await.expect(200);
    let soon = request.remind(&scrip, &alice, &json!({})).await;
    let soon = soon.refused("remind-of-payment", 429, "reminded-recently");
    assert!(soon.headers.contains_key("retry-after"));
    scrip.advance("PT6H").await;
    let alice = scrip.user("alice").await;
    assert_eq!(request.remind(&scrip, &alice, &only).await.expect(200).body["reminded"], json!(["chen"]));
    request.mute(&scrip, &scrip.user(&chen.id).await, Method::DELETE).await.expect(204);
}

#[tokio::test]
async fn only_who_is_asked_by_an_open_request_is_reminded() {
    let Table { scrip, alice, bo, request, .. } = table().await;
    let stranger = json!({ "users": [scrip.known_as("alice")] });
    let answer = request.remind(&scrip, &alice, &stranger).await;
    assert_eq!(answer.refused("remind-of-payment", 422, "not-asked").body["user"], "alice");
    request.remind(&scrip, &bo, &json!({})).await.refused("remind-of-payment", 403, "wrong-role");
    request.mute(&scrip, &alice, Method::PUT).await.refused("mute-payment-request", 404, "not-found");
    request.stop(&scrip, &alice).await.expect(200);
    let ended = request.remind(&scrip, &alice, &json!({})).await;
    ended.refused("remind-of-payment", 409, "request-not-open");
}
