use data_encoding::BASE64URL_NOPAD;
use scrip_identity::{Jwk, verify_signature};
use scrip_test_support::deductions::{Till, amount_off};
use serde_json::{Value, json};

/// The claims of a signed rule, verified with the published key that it names.
async fn verified(till: &Till, signature: &str) -> Value {
    let json = |part: &str| {
        serde_json::from_slice::<Value>(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let parts: Vec<_> = signature.split('.').collect();
    let header = json(parts[0]);
    assert_eq!(header["alg"], "EdDSA");
    let keys = till.scrip.get(&till.terminal, "/v1/deductions/keys").await.expect(200).body;
    let mut keys = keys["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!((&key["alg"], &key["use"]), (&json!("EdDSA"), &json!("sig")));
    let jwk: Jwk =
        serde_json::from_value(json!({ "kty": key["kty"], "crv": key["crv"], "x": key["x"] })).unwrap();
    assert_eq!(key["kid"], jwk.thumbprint());
    assert!(verify_signature(&jwk, format!("{}.{}", parts[0], parts[1]).as_bytes(), parts[2]));
    json(parts[1])
}

#[tokio::test]
async fn a_rule_is_signed_with_a_published_key() {
    let till = Till::open().await;
    till.stock("tea", "coupon", amount_off(100)).await;
    let path = till.path("/tea/rule");
    let read = till.scrip.get(&till.terminal, &path).await.expect(200);
    let mut shown = read.clone();
    shown.body["signature"] = json!("[signature]");
    insta::assert_snapshot!(shown.snapshot());
    assert_eq!(till.scrip.get(&till.payer, &path).await.expect(200).body["rule"], read.body["rule"]);

    let claims = verified(&till, &read.text("signature")).await;
    for name in ["item", "version", "kind", "rule", "valid_from", "valid_until"] {
        assert_eq!(claims[name], read.body[name], "{name}");
    }
    assert_eq!(claims["merchant"], till.shop.id);
    let [issued, expires] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap());
    assert!((till.scrip.now().await.as_second() - issued).abs() <= 60);
    assert_eq!(expires - issued, 3_600);
}

#[tokio::test]
async fn the_signature_ends_with_the_item() {
    let till = Till::open().await;
    let until = till.scrip.now().await + scrip_clock::SignedDuration::from_mins(10);
    let content = json!({ "kind": "coupon", "rule": amount_off(5), "valid_until": until.to_string() });
    till.put("tea", &content).await.expect(200);
    let signature =
        till.scrip.get(&till.terminal, &till.path("/tea/rule")).await.expect(200).text("signature");
    assert_eq!(verified(&till, &signature).await["exp"], until.as_second());
}

#[tokio::test]
async fn a_rule_is_told_in_its_latest_version() {
    let till = Till::open().await;
    for amount in [100, 200, 300] {
        let version = till.stock("tea", "coupon", amount_off(amount)).await;
        let read = till.scrip.get(&till.terminal, &till.path("/tea/rule")).await.expect(200).body;
        assert_eq!((&read["version"], &read["rule"]), (&json!(version), &amount_off(amount)));
    }
}
