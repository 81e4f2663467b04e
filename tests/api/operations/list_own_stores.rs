use scrip_test_support::Scrip;
use serde_json::{Value, json};

#[tokio::test]
async fn an_operator_sees_the_stores_of_each_merchant() {
    let scrip = Scrip::start().await;
    let nobody = scrip.user("zoe").await;
    assert_eq!(
        scrip.get(&nobody, "/v1/me/stores").await.expect(200).body,
        json!({ "items": [], "next": Value::Null })
    );
    let [one, other] = [scrip.shop("bob", "CNY").await, scrip.shop("carl", "EUR").await];
    one.operator(&scrip, "olga", &["s1", "s2"]).await;
    other.operator(&scrip, "olga", &["main"]).await;
    let olga = one.operator(&scrip, "olga", &["s3"]).await;
    let stores = scrip.get(&olga, "/v1/me/stores").await.expect(200).body["items"].clone();
    let of = |shop: &str| {
        let found = stores.as_array().unwrap().iter().find(|one| one["merchant"] == shop);
        found.map(|one| (one["stores"].clone(), one["currency"].clone()))
    };
    assert_eq!(of(&one.id), Some((json!(["s3"]), json!("CNY"))));
    assert_eq!(of(&other.id), Some((json!(["main"]), json!("EUR"))));
}
