use scrip_test_support::coupons::{Club, Reserved, STORE, code_of_nothing, yuan};
use scrip_test_support::{User, fresh_key};
use serde_json::{Value, json};

const TOTAL: i64 = 5_000;

/// The use of a coupon that Carol has reserved, verified and followed up: its verification.
async fn used(club: &Club) -> (Reserved, String) {
    let reserved = club.reserved().await;
    let verified = club.olga.verify_order(&club.scrip, STORE, &reserved.code, TOTAL).await.expect(201);
    assert_eq!(verified.body["verdict"], "accepted", "{}", verified.body);
    let id = verified.text("id");
    club.scrip.followed_up(&id).await;
    (reserved, id)
}

async fn status(club: &Club, coupon: &str) -> Value {
    club.alice.coupon(&club.scrip, coupon).await.expect(200).body["status"].clone()
}

#[tokio::test]
async fn a_coupon_taken_back_can_be_used_again_and_its_reward_can_not() {
    let club = Club::open().await;
    let (reserved, id) = used(&club).await;
    let key = fresh_key();
    let reversed = club.olga.reverse_verification(&club.scrip, &key, &id).await.expect(201);
    let reward = reversed.body["coupon"]["reward"].as_str().expect("a reward").to_owned();
    let expected = json!({
        "id": id, "status": "reversed", "reversed_at": reversed.body["reversed_at"],
        "coupon": {
            "coupon": reserved.coupon, "status": "reversed", "deduction": yuan(1_000), "reward": reward,
        },
    });
    assert_eq!(reversed.body, expected);
    assert_eq!(status(&club, &reserved.coupon).await, "pooled");
    assert_eq!(status(&club, &reward).await, "revoked");

    let again = club.olga.reverse_verification(&club.scrip, &key, &id).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&reversed.body, true));
    let other = club.olga.reverse_verification(&club.scrip, &fresh_key(), &id).await;
    other.refused("reverse-verification", 409, "already-reversed");

    let code = club.carol.reserve(&club.scrip, "alice", &reserved.coupon).await.expect(201).text("code");
    let verified = club.olga.verify_order(&club.scrip, STORE, &code, TOTAL).await.expect(201);
    assert_eq!(verified.body["verdict"], "accepted");
}

#[tokio::test]
async fn a_held_coupon_is_held_again() {
    let club = Club::open().await;
    let coupon = club.alice.taken(&club.scrip, &club.campaign).await;
    let code = club.alice.code(&club.scrip, &coupon).await;
    let verified = club.olga.verify(&club.scrip, STORE, &code).await.expect(201);
    assert_eq!(verified.body["verdict"], "accepted");
    let id = verified.text("id");
    let reversed = club.olga.reverse_verification(&club.scrip, &fresh_key(), &id).await.expect(201);
    assert_eq!(reversed.body["coupon"], json!({ "coupon": coupon, "status": "reversed" }));
    assert_eq!(status(&club, &coupon).await, "held");
}

#[tokio::test]
async fn a_used_reward_keeps_the_use_that_brought_it() {
    let club = Club::open().await;
    let (reserved, id) = used(&club).await;
    let coupon = club.alice.coupon(&club.scrip, &reserved.coupon).await.expect(200).body;
    let reward = coupon["redeemed"]["reward"].as_str().expect("a reward");
    let code = club.alice.code(&club.scrip, reward).await;
    club.olga.verify_order(&club.scrip, STORE, &code, TOTAL).await.expect(201);
    let refused = club.olga.reverse_verification(&club.scrip, &fresh_key(), &id).await;
    refused.refused("reverse-verification", 409, "reward-used");
    assert_eq!(status(&club, &reserved.coupon).await, "redeemed");
}

#[tokio::test]
async fn what_was_refused_can_not_be_taken_back() {
    let club = Club::open().await;
    let verified = club.olga.verify(&club.scrip, STORE, &code_of_nothing()).await.expect(201);
    let id = verified.text("id");
    let refused = club.olga.reverse_verification(&club.scrip, &fresh_key(), &id).await;
    let refused = refused.refused("reverse-verification", 409, "not-redeemed");
    assert_eq!(refused.body["current"], "refused");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by a day")]
async fn a_verification_is_not_taken_back_on_the_next_day() {
    let club = Club::open().await;
    let (reserved, id) = used(&club).await;
    club.scrip.advance("PT24H").await;
    let olga = club.scrip.user("olga").await;
    let late = olga.reverse_verification(&club.scrip, &fresh_key(), &id).await;
    late.refused("reverse-verification", 409, "reversal-window-over");
    let alice = club.scrip.user("alice").await;
    let coupon = alice.coupon(&club.scrip, &reserved.coupon).await.expect(200);
    assert_eq!(coupon.body["status"], "redeemed");
}

#[tokio::test]
async fn only_operators_of_the_store_take_back_and_strangers_learn_nothing() {
    let club = Club::open().await;
    let (reserved, id) = used(&club).await;
    let elsewhere = club.shop.operator(&club.scrip, "otto", &["s2"]).await;
    let stranger = club.scrip.user("mallory").await;
    let reverse = async |who: &User| {
        club.scrip.post(who, &format!("/v1/verifications/{id}/reversals"), &json!({})).await
    };
    for who in [&elsewhere, &club.shop.owner] {
        reverse(who).await.refused("reverse-verification", 403, "wrong-role");
    }
    for who in [&stranger, &club.alice, &club.carol] {
        reverse(who).await.refused("reverse-verification", 404, "not-found");
    }
    assert_eq!(status(&club, &reserved.coupon).await, "redeemed");
    let other = club.shop.operator(&club.scrip, "oscar", &[STORE]).await;
    reverse(&other).await.expect(201);
}
