use scrip_test_support::Scrip;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn each_coupon_is_listed_once_in_pages_of_any_length() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let campaign = shop.campaign(&scrip, &json!({})).await;
    let mut taken = BTreeSet::new();
    for n in 0..7 {
        let user = scrip.user(&format!("user-{n}")).await;
        for _ in 0..3 {
            taken.insert(user.taken(&scrip, &campaign).await);
        }
    }
    for limit in [1, 4, 100] {
        let mut listed = Vec::new();
        let first = format!("/v1/campaigns/{campaign}/coupons?limit={limit}");
        let mut path = first.clone();
        loop {
            let page = scrip.get(&shop.owner, &path).await.expect(200).body;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            listed.extend(items.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{first}&after={next}");
        }
        assert_eq!(listed.len(), taken.len(), "{limit}");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), taken, "{limit}");
    }
}
