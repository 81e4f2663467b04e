use scrip_test_support::webhooks::public_webhook_key;
use scrip_test_support::{Scrip, fresh_key};
use serde_json::{Value, json};

#[tokio::test]
async fn a_secret_is_told_once_and_five_keys_count() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let path = format!("/v1/merchants/{}/webhook-keys", shop.id);
    let (key, request) = (fresh_key(), json!({ "kind": "v1" }));
    let first = scrip.post_keyed(&shop.owner, &path, &key, &request).await.expect(201);
    assert!(first.text("secret").starts_with("whsec_"));
    let again = scrip.post_keyed(&shop.owner, &path, &key, &request).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&first.body, true));
    let (_, public_key) = public_webhook_key();
    let asymmetric = json!({ "kind": "v1a", "public_key": public_key });
    for _ in 0..4 {
        let made = scrip.post(&shop.owner, &path, &asymmetric).await.expect(201).body;
        assert_eq!((&made["public_key"], &made["secret"]), (&json!(public_key), &Value::Null));
    }
    let sixth = scrip.post(&shop.owner, &path, &request).await;
    sixth.refused("create-webhook-key", 422, "limit-exceeded");
    let listed = scrip.get(&shop.owner, &path).await.expect(200).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 5);
    assert!(!listed.to_string().contains("whsec_"));

    for wrong in [
        json!({ "kind": "v1", "public_key": public_key }),
        json!({ "kind": "v1a" }),
        json!({ "kind": "v1a", "public_key": "whpk_AAAA" }),
    ] {
        let refused = scrip.post(&shop.owner, &path, &wrong).await.expect_problem(400, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/public_key");
    }
}
