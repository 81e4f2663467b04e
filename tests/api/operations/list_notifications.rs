use crate::api::transcript::Transcript;
use crate::api::world::{NOBODY, PIN, Who, World};
use scrip_test_support::Answer;

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn who_has_a_part_in_an_unpaid_bill_is_told() {
    let world = World::start().await;
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN).await.expect(200);
    world.scrip.advance("P1D").await;
    let [alice, bob, olga, mallory] = [
        world.scrip.user("alice").await,
        world.scrip.user("bob").await,
        world.scrip.user("olga").await,
        world.scrip.user("mallory").await,
    ];
    let merchants = format!("/v1/notifications?merchant={}", world.shop.id);
    let mut told = Transcript::default();
    // What a notification says beside its kind has no order of its own.
    let sorted = |mut answer: Answer| {
        answer.body.sort_all_objects();
        answer
    };
    told.note("the user", &sorted(world.scrip.get(&alice, "/v1/notifications").await));
    let owners = sorted(world.scrip.get(&bob, &merchants).await);
    told.note("the merchant", &owners);
    insta::assert_snapshot!(told);

    assert_eq!(world.scrip.get(&olga, &merchants).await.expect(200).body, owners.body);
    for user in [&bob, &olga, &mallory] {
        let own = world.scrip.get(user, "/v1/notifications").await.expect(200);
        assert_eq!(own.body["items"].as_array().unwrap().len(), 0, "{}", user.id);
    }
    for user in [&alice, &mallory] {
        world.scrip.get(user, &merchants).await.refused("list-notifications", 404, "not-found");
    }
}

#[tokio::test]
async fn no_merchant_is_known_that_does_not_exist() {
    let world = World::start().await;
    let long = "x".repeat(4_000);
    for merchant in
        [format!("mch_{NOBODY}"), "x".into(), String::new(), "alice".into(), "user:alice".into(), long]
    {
        let answer = world.scrip.get(&world.alice, &format!("/v1/notifications?merchant={merchant}")).await;
        answer.refused("list-notifications", 404, "not-found");
    }
    let merchants = format!("/v1/notifications?merchant={}", world.shop.id);
    let terminal = world.scrip.get(&world.who(Who::Terminal), &merchants).await;
    terminal.refused("list-notifications", 403, "wrong-role");
}
