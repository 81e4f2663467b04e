//! A rush on a campaign: exactly as many coupons are taken as there are, and the last ones are found.

use super::{at_once, succeeded};
use scrip_test_support::{Answer, Scrip, User, fresh_key};
use serde_json::json;

const USERS: usize = 500;

/// Asks until it is decided. The key is the same each time.
async fn take(scrip: &Scrip, user: &User, campaign: &str) -> Answer {
    let key = fresh_key();
    loop {
        let answer = user.take_keyed(scrip, &key, campaign).await;
        if answer.body["code"] != "busy" {
            return answer;
        }
    }
}

async fn rush(scrip: Scrip, quantity: usize) {
    let shop = scrip.shop("bob", "CNY").await;
    let campaign = shop.campaign(&scrip, &json!({ "quantity": quantity, "per_user": 1 })).await;
    let mut users = Vec::new();
    for n in 0..USERS {
        users.push(scrip.user(&format!("user-{n}")).await);
    }
    let (scrip, users, campaign) = (&scrip, &users, &campaign);
    let answers = at_once(USERS, |n| async move { take(scrip, &users[n], campaign).await }).await;
    let taken = succeeded(&answers, 201, &["sold-out"]);
    assert_eq!(taken, quantity);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_500_users_100_take_the_100_coupons() {
    rush(Scrip::start().await, 100).await;
}

/// These are spread over all shards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "the rush on 100 is the same one to a deployed stack")]
async fn of_500_users_300_take_the_300_coupons() {
    rush(Scrip::start().await, 300).await;
}

/// Requests meet at the stock, and are refused as DynamoDB refuses them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "the embedded store alone can be told to refuse")]
async fn of_500_users_who_meet_at_the_stock_100_take_the_100_coupons() {
    rush(Scrip::contended().await, 100).await;
}
