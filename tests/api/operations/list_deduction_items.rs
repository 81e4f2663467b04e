use crate::api::world::money;
use scrip_test_support::deductions::{Till, amount_off};
use scrip_test_support::{Answer, Caller};
use serde_json::json;

async fn listed(till: &Till, who: &impl Caller, query: &str) -> Vec<String> {
    names(&till.scrip.get(who, &till.path(query)).await.expect(200))
}

fn names(page: &Answer) -> Vec<String> {
    let items = page.body["items"].as_array().unwrap().iter();
    items.map(|item| item["item"].as_str().unwrap().to_owned()).collect()
}

/// One item of each kind that matters: past, now, to come, automatic.
async fn stocked() -> Till {
    let till = Till::open().await;
    let now = till.scrip.now().await;
    let bounded = |from: i64, until: i64| {
        let at = |hours: i64| (now + scrip_clock::SignedDuration::from_hours(hours)).to_string();
        json!({ "kind": "promotion", "rule": amount_off(1), "valid_from": at(from), "valid_until": at(until) })
    };
    till.put("past", &bounded(-2, -1)).await.expect(200);
    till.put("now", &bounded(-1, 1)).await.expect(200);
    till.put("to-come", &bounded(1, 2)).await.expect(200);
    till.stock("coupon", "coupon", amount_off(5)).await;
    for name in ["unasked", "always"] {
        let rule = json!({ "effect": { "amount": money(1) }, "automatic": true });
        till.stock(name, "promotion", rule).await;
    }
    till
}

#[tokio::test]
async fn the_owner_sees_all_deduction_items_and_others_what_counts_now() {
    let till = stocked().await;
    let all = ["always", "coupon", "now", "past", "to-come", "unasked"];
    let current = ["always", "coupon", "now", "unasked"];
    assert_eq!(listed(&till, &till.shop.owner, "").await, all);
    assert_eq!(listed(&till, &till.terminal, "").await, current);
    assert_eq!(listed(&till, &till.payer, "").await, current);
    for who in [&till.shop.owner, &till.payer] {
        assert_eq!(listed(&till, who, "?automatic=true").await, ["always", "unasked"]);
    }
    assert_eq!(listed(&till, &till.terminal, "?automatic=true").await, ["always", "unasked"]);
    assert_eq!(listed(&till, &till.terminal, "?automatic=false").await, current);
    let answer = till.scrip.get(&till.terminal, &till.path("?automatic=1")).await;
    answer.refused_field("list-deduction-items", "/automatic", "invalid-field");
}

#[tokio::test]
async fn both_lists_of_deduction_items_come_in_pages() {
    let till = stocked().await;
    for query in ["?", "?automatic=true&"] {
        let all = listed(&till, &till.shop.owner, &format!("{query}limit=100")).await;
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let path = till.path(&format!("{query}limit=1{after}"));
            let page = till.scrip.get(&till.shop.owner, &path).await.expect(200);
            found.extend(names(&page));
            match page.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
            assert!(found.len() <= all.len());
        }
        assert_eq!(found, all, "{query}");
        let path = till.path(&format!("{query}after=%00"));
        till.scrip.get(&till.payer, &path).await.refused("list-deduction-items", 400, "invalid-cursor");
    }
}
