use crate::api::transcript::Transcript;
use crate::api::world::{World, next_code};
use serde_json::{Value, json};

#[tokio::test]
async fn a_bills_user_sees_all_and_a_terminal_what_it_added() {
    let world = World::start().await;
    let more = world.open.item(&world.scrip, "Bread", 3, 50, "CNY").await;
    world.scrip.post(&world.other_terminal, &world.open.path("/items"), &more).await.expect(201);

    let users = world.open.read(&world.scrip, &world.alice).await;
    assert_eq!(users["total"]["amount"], 750);
    assert_eq!(users["items"].as_array().unwrap().len(), 2);
    let shares: Vec<_> =
        users["by_merchant"].as_array().unwrap().iter().map(|share| &share["total"]["amount"]).collect();
    assert!(shares.contains(&&json!(600)) && shares.contains(&&json!(150)), "{shares:?}");

    let mut told = Transcript::default();
    for (what, terminal) in [("the first terminal", &world.terminal), ("the second", &world.other_terminal)] {
        let read = world.scrip.get(terminal, &world.open.path("")).await;
        told.note(what, &read);
        let text = read.body.to_string();
        assert!(!text.contains(&world.account), "which account pays is not a terminal's business");
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_terminal_that_added_nothing_sees_nothing() {
    let world = World::start().await;
    for bill in [&world.open, &world.empty] {
        world.scrip.get(&world.other_terminal, &bill.path("")).await.refused("get-bill", 404, "not-found");
    }
    world.scrip.get(&world.terminal, &world.empty.path("")).await.refused("get-bill", 404, "not-found");
}

#[tokio::test]
async fn items_stand_in_the_order_of_their_adding() {
    let world = World::start().await;
    for name in ["b", "a", "c"] {
        let item = world.open.item(&world.scrip, name, 1, 1, "CNY").await;
        world.scrip.post(&world.terminal, &world.open.path("/items"), &item).await.expect(201);
        next_code(&world.scrip).await;
    }
    let read = world.open.read(&world.scrip, &world.alice).await;
    let names: Vec<&Value> = read["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["Tea", "b", "a", "c"]);
}
