use crate::api::transcript::Transcript;
use crate::api::world::{World, money, patch};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::Answer;
use serde_json::{Value, json};

async fn amend(world: &World, body: Value) -> Answer {
    patch(&world.scrip, &world.alice, &world.open.path(""), &body).await
}

#[tokio::test]
async fn the_user_raises_the_ceiling_and_extends_the_time() {
    let world = World::start().await;
    let before: Timestamp = world.open.read(&world.scrip, &world.alice).await["effective_until"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut told = Transcript::default();
    told.note("a ceiling", &amend(&world, json!({ "version": 1, "ceiling": money(5_000) })).await);
    let extended = amend(&world, json!({ "version": 2, "extend_by": "PT30M" })).await;
    told.note("more time", &extended);
    told.note(
        "both",
        &amend(&world, json!({ "version": 3, "ceiling": money(6_000), "extend_by": "PT30M" })).await,
    );
    let stale = world.unchanged(amend(&world, json!({ "version": 3, "ceiling": money(7_000) }))).await;
    told.note("a stale version", &stale);
    insta::assert_snapshot!(told);
    let after: Timestamp = extended.text("effective_until").parse().unwrap();
    assert_eq!(after.duration_since(before), SignedDuration::from_mins(30));
}

#[tokio::test]
async fn who_saw_other_terms_decides_again() {
    let world = World::start().await;
    for version in [0, 2, -1, i64::MAX] {
        let answer = world.unchanged(amend(&world, json!({ "version": version, "extend_by": "PT1M" }))).await;
        assert_eq!(answer.refused("amend-bill", 409, "version-stale").body["current"], 1);
    }
}

#[tokio::test]
async fn the_ceiling_is_never_below_what_is_on_the_bill() {
    let world = World::start().await;
    let answer = world.unchanged(amend(&world, json!({ "version": 1, "ceiling": money(599) }))).await;
    assert_eq!(answer.refused("amend-bill", 422, "ceiling-below-total").body["total"], 600);
    amend(&world, json!({ "version": 1, "ceiling": money(600) })).await.expect(200);
}

#[tokio::test]
async fn a_ceiling_is_in_the_bills_currency() {
    let world = World::start().await;
    let yen = json!({ "version": 1, "ceiling": { "amount": 9_000, "currency": "JPY" } });
    world.unchanged(amend(&world, yen)).await.refused("amend-bill", 422, "currency-mismatch");
}

#[tokio::test]
async fn a_bill_is_open_for_a_week_in_all() {
    let world = World::start().await;
    // It was opened for two hours.
    let answer = world.unchanged(amend(&world, json!({ "version": 1, "extend_by": "P6DT22H1S" }))).await;
    answer.refused_field("amend-bill", "/extend_by", "out-of-range");
    amend(&world, json!({ "version": 1, "extend_by": "P365000D" })).await.refused_field(
        "amend-bill",
        "/extend_by",
        "out-of-range",
    );
    amend(&world, json!({ "version": 1, "extend_by": "P6DT22H" })).await.expect(200);
    let answer = world.unchanged(amend(&world, json!({ "version": 2, "extend_by": "PT1S" }))).await;
    answer.refused_field("amend-bill", "/extend_by", "out-of-range");
}

#[tokio::test]
async fn an_amendment_changes_something() {
    let world = World::start().await;
    for body in [json!({ "version": 1 }), json!({ "version": 1, "ceiling": null, "extend_by": null })] {
        world.unchanged(amend(&world, body)).await.refused_field("amend-bill", "/ceiling", "missing-field");
    }
    for period in ["PT0S", "-PT1H", "1h", "P1M"] {
        let answer = amend(&world, json!({ "version": 1, "extend_by": period })).await;
        answer.refused_field("amend-bill", "/extend_by", "invalid-field");
    }
}

#[tokio::test]
async fn a_bill_that_is_not_open_keeps_its_terms() {
    let world = World::start().await;
    let body = json!({ "version": 1, "ceiling": money(5_000) });
    let answer = world.unchanged(patch(&world.scrip, &world.alice, &world.awaiting.path(""), &body)).await;
    assert_eq!(answer.refused("amend-bill", 409, "bill-not-open").body["current"], "awaiting_verification");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn an_extended_bill_does_not_expire_before_its_new_time() {
    let world = World::start().await;
    amend(&world, json!({ "version": 1, "extend_by": "PT1H" })).await.expect(200);
    world.scrip.advance("PT2H30M").await;
    let alice = world.scrip.user("alice").await;
    assert_eq!(world.open.status(&world.scrip, &alice).await, "open");
    world.open.add(&world.scrip, &world.terminal, 1, 100).await.expect(201);
    world.scrip.advance("PT31M").await;
    assert_eq!(world.open.status(&world.scrip, &alice).await, "awaiting_verification");
}
