use crate::api::transcript::Transcript;
use crate::api::world::{PIN, next_code};
use reqwest::Method;
use scrip_test_support::{Answer, Scrip, User};
use serde_json::{Value, json};

async fn put(scrip: &Scrip, user: &User, body: Value) -> Answer {
    scrip.change(Method::PUT, user, "/v1/me/pin", &body).await
}

async fn change(scrip: &Scrip, user: &User, from: &str, to: &str) -> Answer {
    put(scrip, user, json!({ "pin": to, "current_pin": from })).await
}

#[tokio::test]
async fn a_pin_is_set_and_changed() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut told = Transcript::default();
    let first = json!({ "pin": PIN });
    told.note("set", &put(&scrip, &alice, first.clone()).await);
    told.note("set once more", &put(&scrip, &alice, first.clone()).await);
    told.note("changed", &change(&scrip, &alice, PIN, "271828").await);
    told.note("changed once more", &change(&scrip, &alice, PIN, "271828").await);
    told.note("without the current one", &put(&scrip, &alice, first).await);
    told.note("with a wrong one", &change(&scrip, &alice, "000001", "314159").await);
    insta::assert_snapshot!(told);
    change(&scrip, &alice, "271828", "314159").await.expect(204);
}

#[tokio::test]
async fn a_pin_has_six_digits_that_are_not_easily_guessed() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    for pin in ["", "12345", "1234567", "12345a", " 93817", "４９３８１７"] {
        put(&scrip, &alice, json!({ "pin": pin })).await.refused_field("set-pin", "/pin", "invalid-field");
        let answer = change(&scrip, &alice, pin, PIN).await;
        answer.refused_field("set-pin", "/current_pin", "invalid-field");
    }
    for pin in ["000000", "777777", "123456", "654321", "890123"] {
        put(&scrip, &alice, json!({ "pin": pin })).await.refused("set-pin", 422, "pin-too-weak");
    }
    // None of these set one.
    put(&scrip, &alice, json!({ "pin": "271828" })).await.expect(204);
}

#[tokio::test]
async fn a_pin_is_not_set_a_second_time_without_the_first() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    for pin in ["271828", PIN] {
        let answer = put(&scrip, &alice, json!({ "pin": pin })).await;
        answer.refused_field("set-pin", "/current_pin", "missing-field");
    }
    change(&scrip, &alice, PIN, "271828").await.expect(204);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn five_wrong_pins_lock_the_pin_for_a_quarter_of_an_hour() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    for left in (0..5).rev() {
        let wrong = change(&scrip, &alice, "000001", "271828").await.refused("set-pin", 422, "pin-refused");
        assert_eq!(wrong.body["attempts_left"], left);
    }
    for pin in [PIN, "000001"] {
        let locked = change(&scrip, &alice, pin, "271828").await.refused("set-pin", 429, "pin-locked");
        let seconds: i64 = locked.headers["retry-after"].parse().unwrap();
        assert!((880..=900).contains(&seconds), "{seconds}");
        assert_eq!(locked.body["retry_after_seconds"], seconds);
    }
    scrip.advance("PT14M40S").await;
    change(&scrip, &alice, PIN, "271828").await.refused("set-pin", 429, "pin-locked");
    scrip.advance("PT21S").await;
    // Wrong ones count anew, and a right one forgets them.
    let wrong = change(&scrip, &alice, "000001", "271828").await.refused("set-pin", 422, "pin-refused");
    assert_eq!(wrong.body["attempts_left"], 4);
    change(&scrip, &alice, PIN, "271828").await.expect(204);
    let wrong = change(&scrip, &alice, "000001", "314159").await.refused("set-pin", 422, "pin-refused");
    assert_eq!(wrong.body["attempts_left"], 4);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn wrong_pins_count_wherever_they_are_typed() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, PIN).await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    next_code(&scrip).await;
    bill.add(&scrip, &terminal, 1, 100).await.expect(201);
    let request = bill.ask(&scrip, &alice).await.expect(201).text("id");
    for _ in 0..2 {
        bill.verify(&scrip, &alice, &request, "000001").await.refused(
            "verify-bill",
            422,
            "verification-failed",
        );
    }
    for _ in 0..3 {
        change(&scrip, &alice, "000001", "271828").await.refused("set-pin", 422, "pin-refused");
    }
    let locked = bill.verify(&scrip, &alice, &request, PIN).await.refused("verify-bill", 429, "pin-locked");
    assert!(locked.headers.contains_key("retry-after"));
    // What was not judged costs no attempt.
    assert_eq!(bill.read(&scrip, &alice).await["attempts_left"], 1);
    assert_eq!(scrip.balance(&alice, &account).await, 10_000);
    let again = scrip.user("alice").await;
    scrip.advance("PT14M").await;
    bill.verify(&scrip, &again, &request, PIN).await.refused("verify-bill", 429, "pin-locked");
    scrip.advance("PT1M1S").await;
    // The request lapsed meanwhile, and a new one brings no new attempts.
    let request = bill.ask(&scrip, &again).await.expect(201).text("id");
    bill.verify(&scrip, &again, &request, PIN).await.expect(200);
    assert_eq!(scrip.balance(&again, &account).await, 9_900);
}
