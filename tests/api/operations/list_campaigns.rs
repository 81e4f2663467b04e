use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn what_a_merchant_offers_stands_newest_first_in_pages() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(shop.campaign(&scrip, &json!({ "name": format!("Campaign {n}") })).await);
    }
    made.reverse();
    let anybody = scrip.user("zoe").await;
    let mut listed = Vec::new();
    let mut path = format!("{}?limit=2", shop.campaigns_path());
    loop {
        let page = scrip.get(&anybody, &path).await.expect(200).body;
        listed.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{}?limit=2&after={next}", shop.campaigns_path());
    }
    made.sort();
    listed.sort();
    assert_eq!(listed, made);
}
