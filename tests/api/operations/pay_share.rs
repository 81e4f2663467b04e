use crate::api::world::{CARD_NUMBER, World};
use scrip_test_support::Scrip;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use serde_json::{Value, json};

fn fen(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

/// Otto owes Alice 300 of 600.
fn owed(world: &World) -> &PaymentRequest {
    &world.shelf().circle.requests[0]
}

#[tokio::test]
async fn a_share_is_paid_once_and_the_payee_has_the_money_at_once() {
    let world = World::with_coupons().await;
    let World { scrip, alice, otto, account, ottos, .. } = &world;
    let (before, request) = (scrip.balance(alice, account).await, owed(&world));
    let paid = request.pay(scrip, otto, ottos, &json!({})).await.expect(201).body;
    assert_eq!((&paid["payer"], &paid["payee"]), (&json!("otto"), &json!("alice")));
    assert_eq!((&paid["share"]["status"], &paid["share"]["due"]), (&json!("paid"), &fen(0)));
    assert_eq!(
        (&paid["transfer"]["kind"], &paid["transfer"]["reference"]),
        (&json!("group_payment"), &json!(request.id))
    );
    assert_eq!(scrip.balance(alice, account).await, before + 300);
    let again = world.unchanged(request.pay(scrip, otto, ottos, &json!({}))).await;
    assert_eq!(again.refused("pay-share", 409, "share-settled").body["current"], "paid");
    // True at once, for everybody.
    let read = request.read(scrip, alice).await.expect(200).body;
    assert_eq!(
        (&read["status"], &read["collected"], &read["due"]),
        (&json!("completed"), &fen(300), &fen(0))
    );
    let transfer = format!("/v1/transfers/{}/reversals", paid["transfer"]["id"].as_str().unwrap());
    let back = scrip.post(alice, &transfer, &json!({})).await;
    back.refused("reverse-transfer", 422, "not-reversible");
}

#[tokio::test]
async fn a_share_is_paid_in_parts_and_never_above_what_is_due() {
    let world = World::with_coupons().await;
    let World { scrip, otto, ottos, .. } = &world;
    let request = owed(&world);
    let pay = async |amount: i64| request.pay(scrip, otto, ottos, &json!({ "amount": fen(amount) })).await;
    assert_eq!(pay(301).await.refused("pay-share", 422, "amount-above-due").body["left"], 300);
    let part = pay(100).await.expect(201).body;
    assert_eq!((&part["share"]["status"], &part["share"]["due"]), (&json!("due"), &fen(200)));
    assert_eq!(pay(201).await.refused("pay-share", 422, "amount-above-due").body["left"], 200);
    assert_eq!(pay(200).await.expect(201).body["share"]["status"], "paid");
}

#[tokio::test]
async fn a_share_has_ten_payments_at_most() {
    let world = World::with_coupons().await;
    let World { scrip, otto, ottos, .. } = &world;
    let one = json!({ "amount": fen(1) });
    for _ in 0..9 {
        owed(&world).pay(scrip, otto, ottos, &one).await.expect(201);
    }
    let answer = world.unchanged(owed(&world).pay(scrip, otto, ottos, &one)).await;
    assert_eq!(answer.refused("pay-share", 422, "limit-exceeded").body["left"], 291);
    owed(&world).pay(scrip, otto, ottos, &json!({})).await.expect(201);
}

/// Only by naming them is the share of another one paid.
#[tokio::test]
async fn who_pays_for_another_names_them() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo, &chen]).await;
    let (account, purse) = (scrip.account(&alice, 0, "CNY").await, scrip.account(&chen, 900, "CNY").await);
    let terms = json!({ "split": equally(&scrip, &[&alice, &bo]) });
    let request = PaymentRequest::of(group.ask(&scrip, &alice, &account, 900, &terms).await);
    request.pay(&scrip, &chen, &purse, &json!({})).await.refused("pay-share", 422, "not-asked");
    let for_bo = json!({ "for": scrip.known_as("bo") });
    let paid = request.pay(&scrip, &chen, &purse, &for_bo).await.expect(201).body;
    assert_eq!(
        (&paid["payer"], &paid["share"]["user"], &paid["share"]["paid_by"]),
        (&json!("chen"), &json!("bo"), &json!("chen"))
    );
    let read = request.read(&scrip, &bo).await.expect(200).body;
    assert_eq!((&read["my_share"]["status"], &read["my_share"]["paid_by"]), (&json!("paid"), &json!("chen")));
}

/// Who leaves keeps the share and loses the chat.
#[tokio::test]
async fn who_has_left_the_group_still_pays() {
    let world = World::with_coupons().await;
    let World { scrip, otto, ottos, .. } = &world;
    let group = &world.shelf().circle.group;
    group.remove(scrip, otto, &otto.id).await.expect(204);
    group.read(scrip, otto).await.expect_problem(404, "not-found");
    assert_eq!(owed(&world).read(scrip, otto).await.expect(200).body["my_share"]["due"], fen(300));
    owed(&world).pay(scrip, otto, ottos, &json!({})).await.expect(201);
}

#[tokio::test]
async fn what_can_not_be_paid_changes_nothing() {
    let world = World::with_coupons().await;
    let World { scrip, alice, otto, ottos, account, .. } = &world;
    let request = owed(&world);
    let pay =
        async |account: &str, terms: Value| world.unchanged(request.pay(scrip, otto, account, &terms)).await;
    let card = CARD_NUMBER.replace(' ', "");
    pay(&card, json!({})).await.refused_field("pay-share", "/account", "card-number-refused");
    pay(account, json!({})).await.refused("pay-share", 422, "same-account");
    let euro = json!({ "amount": { "amount": 1, "currency": "EUR" } });
    pay(ottos, euro).await.refused("pay-share", 422, "currency-mismatch");
    let poor = scrip.account(otto, 299, "CNY").await;
    pay(&poor, json!({})).await.refused("pay-share", 422, "insufficient-funds");
    let own = request.pay(scrip, alice, account, &json!({ "for": scrip.known_as("otto") })).await;
    own.refused("pay-share", 422, "same-account");
    world.fill(account).await;
    pay(ottos, json!({})).await.refused("pay-share", 422, "amount-too-large");
    world.close(account).await;
    pay(ottos, json!({})).await.refused("pay-share", 422, "account-closed");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by days")]
async fn nothing_is_paid_on_a_request_that_has_ended() {
    let world = World::with_coupons().await;
    let World { scrip, alice, otto, ottos, .. } = &world;
    let [stopped, late, ..] = &world.shelf().circle.requests;
    stopped.stop(scrip, alice).await.expect(200);
    let answer = world.unchanged(stopped.pay(scrip, otto, ottos, &json!({}))).await;
    assert_eq!(answer.refused("pay-share", 409, "request-not-open").body["current"], "stopped");
    scrip.advance("P7D").await;
    let otto = scrip.user("otto").await;
    let answer = late.pay(scrip, &otto, ottos, &json!({})).await;
    assert_eq!(answer.refused("pay-share", 409, "request-not-open").body["current"], "expired");
}
