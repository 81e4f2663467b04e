use crate::api::world::{Who, World, addition, money, next_code, patch, tea};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::{Answer, Bill, Scrip, Terminal};
use serde_json::{Value, json};

async fn add(scrip: &Scrip, terminal: &Terminal, bill: &Bill, items: Value) -> Answer {
    let request = addition(scrip, bill, items).await;
    scrip.post(terminal, &bill.path("/items"), &request).await
}

/// With the code that the phone shows at that time.
async fn add_at(world: &World, terminal: &Terminal, time: Timestamp) -> Answer {
    let request = json!({ "presentation_code": world.open.key.code_at(time), "items": [tea(1, 100)] });
    world.scrip.post(terminal, &world.open.path("/items"), &request).await
}

#[tokio::test]
async fn a_terminal_adds_what_it_sells() {
    let world = World::start().await;
    let bread = json!({ "name": "Brot 面包", "quantity": 9_999, "unit_price": money(3), "sku": "B-1" });
    let added =
        add(&world.scrip, &world.terminal, &world.open, json!([tea(2, 450), bread])).await.expect(201);
    insta::assert_snapshot!(added.snapshot());
    let bill = world.open.read(&world.scrip, &world.alice).await;
    assert_eq!(bill["total"], money(600 + 900 + 29_997));
    assert_eq!(bill["items"].as_array().unwrap().len(), 3);
    // Nothing is paid before it is verified.
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000);
}

#[tokio::test]
#[cfg_attr(
    feature = "deployed",
    ignore = "its eight requests must be answered within the 30 seconds of a code"
)]
async fn a_code_counts_for_a_step_before_and_after_its_own() {
    let world = World::start().await;
    next_code(&world.scrip).await;
    let now = world.scrip.now().await;
    let step = SignedDuration::from_secs(30);
    for time in [now - step * 2, now + step * 2, now - step * 100] {
        let answer = world.unchanged(add_at(&world, &world.terminal, time)).await;
        answer.refused("add-items", 422, "presentation-code-refused");
    }
    for time in [now - step, now, now + step] {
        add_at(&world, &world.terminal, time).await.expect(201);
    }
    // Later ones were used here, so earlier ones count no more.
    for time in [now, now - step] {
        let answer = world.unchanged(add_at(&world, &world.terminal, time)).await;
        answer.refused("add-items", 422, "presentation-code-refused");
    }
}

#[tokio::test]
async fn a_code_counts_once_at_each_terminal() {
    let world = World::start().await;
    let now = world.scrip.now().await;
    let second = world.shop.terminal(&world.scrip).await;
    for terminal in [&world.terminal, &world.other_terminal, &second] {
        add_at(&world, terminal, now).await.expect(201);
        let answer = world.unchanged(add_at(&world, terminal, now)).await;
        answer.refused("add-items", 422, "presentation-code-refused");
    }
    next_code(&world.scrip).await;
    add(&world.scrip, &world.terminal, &world.open, json!([tea(1, 1)])).await.expect(201);
}

#[tokio::test]
async fn codes_that_are_not_the_bills_are_refused() {
    let world = World::start().await;
    let others = world.empty.code(&world.scrip).await;
    for code in ["", "00000000", "1234567", "123456789", "abcdefgh", "１２３４５６７８", &others] {
        let request = json!({ "presentation_code": code, "items": [tea(1, 1)] });
        let path = world.open.path("/items");
        let answer = world.unchanged(world.scrip.post(&world.terminal, &path, &request)).await;
        answer.refused("add-items", 422, "presentation-code-refused");
    }
}

#[tokio::test]
async fn an_addition_has_one_to_fifty_items_of_one_to_9999_pieces() {
    let world = World::start().await;
    let send = async |items: Value| add(&world.scrip, &world.terminal, &world.open, items).await;
    send(json!([])).await.refused_field("add-items", "/items", "out-of-range");
    send(vec![tea(1, 1); 51].into()).await.refused_field("add-items", "/items", "too-many");
    for quantity in [0, -1, 10_000, i64::MAX, i64::MIN] {
        let answer = send(json!([tea(1, 1), tea(quantity, 1)])).await;
        answer.refused_field("add-items", "/items/1/quantity", "out-of-range");
    }
    let mut unnamed = tea(1, 1);
    for (quantity, code) in
        [(json!(1.5), "invalid-field"), (json!("1"), "invalid-field"), (json!(u64::MAX), "invalid-field")]
    {
        unnamed["quantity"] = quantity;
        send(json!([unnamed])).await.refused_field("add-items", "/items/0/quantity", code);
    }
    assert_eq!(world.open.read(&world.scrip, &world.alice).await["total"], money(600));
    send(vec![tea(9_999, 1); 50].into()).await.expect(201);
    assert_eq!(world.open.read(&world.scrip, &world.alice).await["total"], money(600 + 50 * 9_999));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs a new code for each fifty items")]
async fn a_bill_holds_five_hundred_items() {
    let world = World::start().await;
    for count in [50, 50, 50, 50, 50, 50, 50, 50, 50, 49] {
        add(&world.scrip, &world.terminal, &world.open, vec![tea(1, 1); count].into()).await.expect(201);
        next_code(&world.scrip).await;
    }
    let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.open, json!([tea(1, 1)]))).await;
    answer.refused("add-items", 422, "too-many-items");
    assert_eq!(world.open.read(&world.scrip, &world.alice).await["items"].as_array().unwrap().len(), 500);
}

#[tokio::test]
async fn a_bill_holds_items_of_twenty_merchants() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 1_000, "CNY").await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    next_code(&scrip).await;
    for at in 0..20 {
        let terminal = scrip.shop(&format!("owner-{at}"), "CNY").await.terminal(&scrip).await;
        add(&scrip, &terminal, &bill, json!([tea(1, 10)])).await.expect(201);
    }
    let terminal = scrip.shop("one-more", "CNY").await.terminal(&scrip).await;
    add(&scrip, &terminal, &bill, json!([tea(1, 10)])).await.refused("add-items", 422, "too-many-items");
    let read = bill.read(&scrip, &alice).await;
    assert_eq!((read["by_merchant"].as_array().unwrap().len(), &read["total"]), (20, &money(200)));
}

#[tokio::test]
async fn the_ceiling_may_be_reached_and_not_exceeded() {
    let world = World::start().await;
    patch(
        &world.scrip,
        &world.alice,
        &world.open.path(""),
        &json!({ "version": 1, "ceiling": money(1_000) }),
    )
    .await
    .expect(200);
    let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.open, json!([tea(1, 401)]))).await;
    assert_eq!(answer.refused("add-items", 422, "ceiling-exceeded").body["room"], 400);
    add(&world.scrip, &world.terminal, &world.open, json!([tea(4, 100)])).await.expect(201);
    next_code(&world.scrip).await;
    let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.open, json!([tea(1, 1)]))).await;
    assert_eq!(answer.refused("add-items", 422, "ceiling-exceeded").body["room"], 0);
}

#[tokio::test]
async fn items_are_priced_in_the_bills_currency() {
    let world = World::start().await;
    let yen = json!({ "name": "Tea", "quantity": 1, "unit_price": { "amount": 1, "currency": "JPY" } });
    for items in [json!([yen]), json!([tea(1, 1), yen])] {
        let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.open, items)).await;
        answer.refused("add-items", 422, "currency-mismatch");
    }
}

#[tokio::test]
async fn no_total_is_larger_than_an_amount_can_be() {
    const MOST: i64 = 1_000_000_000_000_000;
    let world = World::start().await;
    for items in [json!([tea(9_999, MOST)]), json!([tea(1, MOST), tea(1, 1)]), json!([tea(2, MOST)])] {
        let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.open, items)).await;
        answer.refused("add-items", 422, "amount-too-large");
    }
    // The bill has 600 already.
    let answer =
        world.unchanged(add(&world.scrip, &world.terminal, &world.open, json!([tea(1, MOST)]))).await;
    answer.refused("add-items", 422, "ceiling-exceeded");
    add(&world.scrip, &world.terminal, &world.open, json!([tea(1, MOST - 600)])).await.expect(201);
}

#[tokio::test]
async fn a_bill_that_is_not_open_takes_no_items() {
    let world = World::start().await;
    let answer =
        world.unchanged(add(&world.scrip, &world.terminal, &world.awaiting, json!([tea(1, 1)]))).await;
    let told = answer.refused("add-items", 409, "bill-not-open");
    assert_eq!(told.body["current"], "awaiting_verification");
    world.scrip.post(&world.alice, &world.empty.path("/cancellations"), &json!({})).await.expect(200);
    let answer = world.unchanged(add(&world.scrip, &world.terminal, &world.empty, json!([tea(1, 1)]))).await;
    assert_eq!(answer.refused("add-items", 409, "bill-not-open").body["current"], "cancelled");
}

#[tokio::test]
async fn a_refused_addition_uses_up_no_code() {
    let world = World::start().await;
    let before = world.state().await;
    add(&world.scrip, &world.terminal, &world.open, json!([])).await.expect(400);
    add(&world.scrip, &world.terminal, &world.open, json!([tea(0, 1)])).await.expect(400);
    let request = addition(&world.scrip, &world.open, json!([tea(1, 1)])).await;
    world.scrip.post(&world.who(Who::Pos), &world.open.path("/items"), &request).await.expect(403);
    assert_eq!(world.state().await, before);
    world.scrip.post(&world.terminal, &world.open.path("/items"), &request).await.expect(201);
}
