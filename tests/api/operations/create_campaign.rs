use scrip_test_support::Scrip;
use scrip_test_support::coupons::{campaign, yuan};
use serde_json::{Value, json};

#[tokio::test]
async fn a_campaign_is_what_its_owner_said() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let terms = json!({
        "per_day": 2, "budget": yuan(90_000), "order_minimum": yuan(2_000), "stores": ["s2", "s1"],
        "utc_offset": "+08:00",
    });
    let created = shop.ask_campaign(&scrip, &terms).await.expect(201).body;
    let asked = campaign(&terms);
    for member in
        ["name", "benefit", "quantity", "per_user", "per_day", "budget", "order_minimum", "shareable"]
    {
        assert_eq!(created[member], asked[member], "{member}");
    }
    assert_eq!(created["stores"], json!(["s1", "s2"]));
    let path = format!("/v1/campaigns/{}", created["id"].as_str().unwrap());
    let anybody = scrip.user("zoe").await;
    assert_eq!(scrip.get(&anybody, &path).await.expect(200).body, created);
}

#[tokio::test]
async fn the_terms_of_a_campaign_have_bounds() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let other = scrip.shop("mallory", "CNY").await;
    let others = other.campaign(&scrip, &json!({})).await;
    let refused = [
        ("/name", json!({ "name": "" })),
        ("/quantity", json!({ "quantity": 0 })),
        ("/quantity", json!({ "quantity": 10_000_001 })),
        ("/per_user", json!({ "per_user": 21 })),
        ("/per_day", json!({ "per_day": 6 })),
        ("/valid_until", json!({ "valid_until": "2020-01-01T00:00:00Z" })),
        ("/valid_until", json!({ "valid_until": "2100-01-01T00:00:00Z" })),
        ("/stores/1", json!({ "stores": ["s1", "s1"] })),
        ("/stores/0", json!({ "stores": ["s 1"] })),
        ("/utc_offset", json!({ "utc_offset": "8" })),
        ("/benefit/automatic", json!({ "benefit": { "effect": { "percentage": "10" }, "automatic": true } })),
        ("/reward", json!({ "shareable": false, "reward": { "campaign": others, "to": "pool" } })),
        ("/reward/campaign", json!({ "reward": { "campaign": others, "to": "pool" } })),
    ];
    for (pointer, terms) in refused {
        let answer = shop.ask_campaign(&scrip, &terms).await;
        let problem = answer.refused("create-campaign", 400, "invalid-request").body;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let budget = json!({ "budget": { "amount": 1_000, "currency": "EUR" } });
    let answer = shop.ask_campaign(&scrip, &budget).await;
    answer.refused("create-campaign", 422, "currency-mismatch");
    let campaigns = scrip.get(&shop.owner, &shop.campaigns_path()).await.expect(200).body;
    assert_eq!(campaigns["items"], Value::Array(vec![]));
}
