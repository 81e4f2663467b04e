use crate::api::transcript::Transcript;
use crate::api::world::{NOBODY, PIN, World, addition, money, tea, transfer};
use scrip_test_support::{Answer, Scrip};
use serde_json::{Value, json};

async fn verify(world: &World, pin: &str) -> Answer {
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, pin).await
}

async fn send(world: &World, body: Value) -> Answer {
    world.scrip.post(&world.alice, &world.awaiting.path("/verifications"), &body).await
}

#[tokio::test]
async fn the_right_pin_settles_the_bill() {
    let world = World::start().await;
    let settled = verify(&world, PIN).await;
    insta::assert_snapshot!(settled.snapshot());
    assert_eq!(world.awaiting.status(&world.scrip, &world.alice).await, "settled");
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000 - 700);
    assert_eq!(world.scrip.balance(&world.shop.owner, &world.shop.account).await, 2_200);
    let transfer = settled.body["transfers"][0]["id"].as_str().unwrap();
    let read = world.scrip.get(&world.server, &format!("/v1/transfers/{transfer}")).await.expect(200);
    assert_eq!(read.body, settled.body["transfers"][0]);

    let again = world.unchanged(verify(&world, PIN)).await;
    assert_eq!(
        again.refused("verify-bill", 409, "bill-not-awaiting-verification").body["current"],
        "settled"
    );
}

#[tokio::test]
async fn three_wrong_answers_lock_a_bill() {
    let world = World::start().await;
    let mut told = Transcript::default();
    for (place, pin) in ["000001", "000002", "000003"].into_iter().enumerate() {
        let wrong = verify(&world, pin).await.refused("verify-bill", 422, "verification-failed");
        assert_eq!(wrong.body["attempts_left"], 2 - place);
        told.note(pin, &wrong);
    }
    told.note("the right one, too late", &verify(&world, PIN).await);
    insta::assert_snapshot!(told);
    let answer = world.unchanged(verify(&world, PIN)).await;
    assert_eq!(
        answer.refused("verify-bill", 409, "bill-not-awaiting-verification").body["current"],
        "locked"
    );
    let asked = world.unchanged(world.awaiting.ask(&world.scrip, &world.alice)).await;
    assert_eq!(asked.refused("request-verification", 409, "bill-not-open").body["current"], "locked");
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000);
}

#[tokio::test]
async fn a_wrong_answer_that_arrives_twice_counts_once() {
    let world = World::start().await;
    let path = world.awaiting.path("/verifications");
    let body = json!({ "verification_request": world.request, "method": "pin", "pin": "000001" });
    for _ in 0..4 {
        let wrong = world.scrip.post_keyed(&world.alice, &path, "wrong", &body).await;
        assert_eq!(wrong.refused("verify-bill", 422, "verification-failed").body["attempts_left"], 2);
    }
    let mut other = body.clone();
    other["pin"] = json!("000002");
    let reused = world.scrip.post_keyed(&world.alice, &path, "wrong", &other).await;
    reused.refused("verify-bill", 422, "idempotency-key-reused");
    let latest = world.awaiting.ask(&world.scrip, &world.alice).await.expect(201).text("id");
    other["verification_request"] = json!(latest);
    let reused = world.scrip.post_keyed(&world.alice, &path, "wrong", &other).await;
    reused.refused("verify-bill", 422, "idempotency-key-reused");
    let wrong = world.scrip.post_keyed(&world.alice, &path, "wrong", &body).await;
    assert_eq!(wrong.refused("verify-bill", 422, "verification-failed").body["attempts_left"], 2);
    assert_eq!(world.awaiting.read(&world.scrip, &world.alice).await["attempts_left"], 2);
    world.awaiting.verify(&world.scrip, &world.alice, &latest, PIN).await.expect(200);
}

#[tokio::test]
async fn a_new_request_brings_no_new_attempts_and_makes_the_old_one_stale() {
    let world = World::start().await;
    verify(&world, "000001").await.expect(422);
    let latest = world.awaiting.ask(&world.scrip, &world.alice).await.expect(201).text("id");
    let answer = world.unchanged(verify(&world, PIN)).await;
    assert_eq!(
        answer.refused("verify-bill", 409, "verification-request-stale").body["current"],
        json!(latest)
    );
    for request in [format!("vreq_{NOBODY}"), "x".into()] {
        let answer = world.unchanged(world.awaiting.verify(&world.scrip, &world.alice, &request, PIN)).await;
        answer.refused("verify-bill", 409, "verification-request-stale");
    }
    let wrong = world.awaiting.verify(&world.scrip, &world.alice, &latest, "000002").await;
    assert_eq!(wrong.refused("verify-bill", 422, "verification-failed").body["attempts_left"], 1);
    world.awaiting.verify(&world.scrip, &world.alice, &latest, PIN).await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn a_verification_request_can_be_answered_for_a_quarter_of_an_hour() {
    let world = World::start().await;
    world.scrip.advance("PT15M").await;
    let answer = world.unchanged(verify(&world, PIN)).await;
    answer.refused("verify-bill", 409, "verification-request-stale");
    let latest = world.awaiting.ask(&world.scrip, &world.alice).await.expect(201).text("id");
    world.scrip.advance("PT14M30S").await;
    world.awaiting.verify(&world.scrip, &world.alice, &latest, PIN).await.expect(200);
}

#[tokio::test]
async fn who_has_no_pin_is_told_to_set_one() {
    let world = World::start().await;
    let mallory = &world.mallory;
    let bill = mallory.open_bill(&world.scrip, &world.mallorys, json!({})).await;
    bill.add(&world.scrip, &world.terminal, 1, 100).await.expect(201);
    let request = bill.ask(&world.scrip, mallory).await.expect(201).text("id");
    bill.verify(&world.scrip, mallory, &request, PIN).await.refused("verify-bill", 422, "pin-not-set");
    assert_eq!(bill.read(&world.scrip, mallory).await["attempts_left"], 3);
    mallory.set_pin(&world.scrip, PIN).await;
    bill.verify(&world.scrip, mallory, &request, PIN).await.expect(200);
}

#[tokio::test]
async fn a_bill_is_not_verified_before_that_was_asked_for() {
    let world = World::start().await;
    let answer = world.unchanged(world.open.verify(&world.scrip, &world.alice, &world.request, PIN)).await;
    assert_eq!(answer.refused("verify-bill", 409, "bill-not-awaiting-verification").body["current"], "open");
}

#[tokio::test]
async fn a_bill_waits_until_the_account_can_pay_it() {
    let world = World::start().await;
    let spent = transfer(&world.account, &world.mallorys, 98_301);
    world.scrip.post(&world.alice, "/v1/transfers", &spent).await.expect(201);
    let answer = world.unchanged(verify(&world, PIN)).await;
    answer.refused("verify-bill", 422, "insufficient-funds");
    let waiting = world.awaiting.read(&world.scrip, &world.alice).await;
    assert_eq!((&waiting["status"], &waiting["attempts_left"]), (&json!("awaiting_verification"), &json!(3)));

    let request = json!({ "amount": money(1), "reference": "wire" });
    world
        .scrip
        .post(&world.treasury, &format!("/v1/accounts/{}/deposits", world.account), &request)
        .await
        .expect(201);
    verify(&world, PIN).await.expect(200);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 0);
}

#[tokio::test]
async fn all_merchants_of_a_bill_are_paid_together() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    let mut shops = Vec::new();
    for (place, name) in ["bob", "carol", "dave"].into_iter().enumerate() {
        let shop = scrip.shop(name, "CNY").await;
        let terminal = shop.terminal(&scrip).await;
        let items =
            addition(&scrip, &bill, json!([tea(1, 100), tea(i64::try_from(place).unwrap() + 1, 1_000)]))
                .await;
        scrip.post(&terminal, &bill.path("/items"), &items).await.expect(201);
        shops.push(shop);
    }
    let asked = bill.ask(&scrip, &alice).await.expect(201);
    assert_eq!(asked.body["total"], money(6_300));
    let settled = bill.verify(&scrip, &alice, &asked.text("id"), PIN).await.expect(200);
    let transfers = settled.body["transfers"].as_array().unwrap();
    for (shop, amount) in shops.iter().zip([1_100, 2_100, 3_100]) {
        assert_eq!(scrip.balance(&shop.owner, &shop.account).await, amount);
        let paid = transfers.iter().find(|transfer| transfer["to"] == json!(shop.account)).unwrap();
        assert_eq!(
            (&paid["amount"], &paid["from"], &paid["kind"]),
            (&money(amount), &json!(account), &json!("bill"))
        );
        assert_eq!(paid["reference"], json!(bill.id));
    }
    assert_eq!(scrip.balance(&alice, &account).await, 3_700);
    let entries = scrip.get(&alice, &format!("/v1/accounts/{account}/entries")).await.expect(200);
    assert_eq!(entries.body["items"].as_array().unwrap().len(), 4);

    // Each of them can send back what it was paid, and no more.
    let reverse = format!("/v1/transfers/{}/reversals", transfers[0]["id"].as_str().unwrap());
    let payee = shops.iter().find(|shop| transfers[0]["to"] == json!(shop.account)).unwrap();
    scrip.post(&payee.owner, &reverse, &json!({})).await.expect(201);
    assert_eq!(scrip.balance(&payee.owner, &payee.account).await, 0);
}

#[tokio::test]
async fn one_merchant_that_can_not_be_paid_keeps_all_from_being_paid() {
    let world = World::start().await;
    let items = addition(&world.scrip, &world.open, json!([tea(1, 50)])).await;
    world.scrip.post(&world.other_terminal, &world.open.path("/items"), &items).await.expect(201);
    let request = world.open.ask(&world.scrip, &world.alice).await.expect(201).text("id");
    world.fill(&world.shop.account).await;
    let answer = world.unchanged(world.open.verify(&world.scrip, &world.alice, &request, PIN)).await;
    answer.refused("verify-bill", 422, "amount-too-large");
    assert_eq!(world.open.status(&world.scrip, &world.alice).await, "awaiting_verification");
}

#[tokio::test]
async fn each_method_has_its_fields() {
    let world = World::start().await;
    let before = world.state().await;
    let pin = json!({ "verification_request": world.request, "method": "pin" });
    let device = json!({ "verification_request": world.request, "method": "device" });
    let with = |base: &Value, fields: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let id = format!("dev_{NOBODY}");
    for (body, pointer, code) in [
        (pin.clone(), "/pin", "missing-field"),
        (device.clone(), "/device", "missing-field"),
        (with(&device, json!({ "device": id })), "/signature", "missing-field"),
        (with(&pin, json!({ "pin": PIN, "device": id })), "/device", "unknown-field"),
        (with(&pin, json!({ "pin": PIN, "signature": "x" })), "/signature", "unknown-field"),
        (with(&device, json!({ "pin": PIN, "device": id, "signature": "x" })), "/pin", "unknown-field"),
        (with(&pin, json!({ "pin": "12345" })), "/pin", "invalid-field"),
        (with(&pin, json!({ "pin": "abcdef" })), "/pin", "invalid-field"),
        (with(&pin, json!({ "method": "card" })), "/method", "invalid-field"),
    ] {
        send(&world, body).await.refused_field("verify-bill", pointer, code);
    }
    for id in ["", "a b", "a#b", &"x".repeat(129)] {
        let body = with(&pin, json!({ "pin": PIN, "verification_request": id }));
        send(&world, body).await.refused("verify-bill", 400, "invalid-request");
    }
    assert_eq!(world.state().await, before);
}
