use crate::api::world::{CARD_NUMBER, World};
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

fn fen(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

/// Alice with so many contacts in a group, and an account.
async fn table(others: &[&str]) -> (Scrip, User, Vec<User>, Group, String) {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut users = Vec::new();
    for other in others {
        users.push(scrip.user(other).await);
    }
    let group = Group::gather(&scrip, &alice, &users.iter().collect::<Vec<_>>()).await;
    let account = scrip.account(&alice, 0, "CNY").await;
    (scrip, alice, users, group, account)
}

/// The request and its message are one: whoever reads the one finds the other.
#[tokio::test]
async fn a_request_is_a_message_that_everybody_sees_with_their_own_shares() {
    let (scrip, alice, users, group, account) = table(&["bo", "chen", "dora"]).await;
    let split = equally(&scrip, &[&alice, &users[0], &users[1]]);
    let terms = json!({ "split": split, "note": "Lunch" });
    let asked = group.ask(&scrip, &alice, &account, 1_000, &terms).await.expect(201).body;
    assert_eq!(
        (&asked["status"], &asked["own"], &asked["to_collect"]),
        (&json!("open"), &fen(334), &fen(666))
    );
    assert_eq!(
        (&asked["asked"], &asked["message"]["seq"], &asked["my_share"]),
        (&json!(2), &json!(1), &Value::Null)
    );
    assert_eq!(asked["split"], json!({ "equal": ["alice", "bo", "chen"] }));
    for (user, due) in [(&users[0], Some(333)), (&users[1], Some(333)), (&users[2], None)] {
        let page = group.messages(&scrip, user, "?after=0").await.expect(200).body;
        let message = &page["items"][0];
        assert_eq!((&message["kind"], &message["id"]), (&json!("payment_request"), &asked["message"]["id"]));
        let card = &message["payment_request"];
        let own = due.map_or(Value::Null, fen);
        assert_eq!((&card["id"], &card["my_share"]["due"]), (&asked["id"], &own), "{}", user.id);
        assert_eq!(card["shares"].as_array().unwrap().len(), 2);
        let read = scrip.get(user, &format!("/v1/payment-requests/{}", asked["id"].as_str().unwrap())).await;
        assert_eq!(read.expect(200).body, *card);
    }
}

/// What was asked stays split as it was posted, to the last unit, in whatever way.
#[tokio::test]
async fn the_split_is_told_as_it_was_posted() {
    let (scrip, alice, _, group, account) = table(&["bo", "chen"]).await;
    let of = |user: &str, name: &str, value: Value| json!({ "user": user, name: value });
    for (fen, split, shares) in [
        (
            1_000,
            json!({ "weights": [of("bo", "weight", json!(2)), of("alice", "weight", json!(1)), of("chen", "weight", json!(3))] }),
            [333, 500],
        ),
        (
            1_500,
            json!({ "amounts": [of("bo", "amount", fen(500)), of("chen", "amount", fen(1_000))] }),
            [500, 1_000],
        ),
        (
            1_000,
            json!({ "percentages": [of("bo", "percentage", json!("33.3333")), of("chen", "percentage", json!("66.6667"))] }),
            [333, 667],
        ),
    ] {
        let asked =
            PaymentRequest::of(group.ask(&scrip, &alice, &account, fen, &json!({ "split": split })).await);
        let read = asked.read(&scrip, &alice).await.expect(200).body;
        assert_eq!(read["split"], split);
        let told: Vec<i64> = read["shares"]
            .as_array()
            .unwrap()
            .iter()
            .map(|share| share["amount"]["amount"].as_i64().unwrap())
            .collect();
        assert_eq!(told, shares);
        assert_eq!(read["own"]["amount"].as_i64().unwrap() + told.iter().sum::<i64>(), fen);
    }
}

#[tokio::test]
async fn who_does_not_owe_sees_no_amounts_where_they_are_hidden() {
    let (scrip, alice, users, group, account) = table(&["bo", "chen"]).await;
    let split = equally(&scrip, &[&users[0], &users[1]]);
    let terms = json!({ "split": split, "amounts": "hidden" });
    let asked = PaymentRequest::of(group.ask(&scrip, &alice, &account, 1_000, &terms).await);
    let read = asked.read(&scrip, &users[0]).await.expect(200).body;
    assert_eq!((&read["shares"][0]["amount"], &read["shares"][1]["amount"]), (&fen(500), &Value::Null));
    assert_eq!((&read["split"], &read["shares"][1]["status"]), (&Value::Null, &json!("due")));
    let own = asked.read(&scrip, &alice).await.expect(200).body;
    assert_eq!(own["shares"][1]["amount"], fen(500));
}

#[tokio::test]
async fn the_same_request_again_is_one_request_and_one_message() {
    let (scrip, alice, users, group, account) = table(&["bo"]).await;
    let body =
        json!({ "account": account, "total": fen(900), "split": equally(&scrip, &[&alice, &users[0]]) });
    let path = group.path("/payment-requests");
    let first = scrip.post_keyed(&alice, &path, "k-1", &body).await.expect(201);
    let purse = scrip.account(&users[0], 900, "CNY").await;
    let request = PaymentRequest { id: first.text("id") };
    request.pay(&scrip, &users[0], &purse, &json!({})).await.expect(201);
    group.remove(&scrip, &users[0], &users[0].id).await.expect(204);
    let again = scrip.post_keyed(&alice, &path, "k-1", &body).await.expect(201);
    assert!(again.is_replay());
    assert_eq!(again.body, first.body, "the first answer, whatever came since");
    let page = group.messages(&scrip, &alice, "?after=0").await.expect(200).body;
    let asked = page["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "payment_request");
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn what_is_not_in_order_is_not_asked() {
    let world = World::with_coupons().await;
    let World { scrip, alice, otto, account, .. } = &world;
    let group = &world.shelf().circle.group;
    let split = equally(scrip, &[alice, otto]);
    let ask = async |account: &str, more: Value| {
        let terms = scrip_test_support::coupons::with(json!({ "split": split }), &more);
        world.unchanged(group.ask(scrip, alice, account, 1_000, &terms)).await
    };
    let card = CARD_NUMBER.replace(' ', "");
    ask(&card, json!({})).await.refused_field("ask-for-payment", "/account", "card-number-refused");
    ask(account, json!({ "note": CARD_NUMBER })).await.refused_field(
        "ask-for-payment",
        "/note",
        "card-number-refused",
    );
    ask(&world.ottos, json!({})).await.refused("ask-for-payment", 404, "not-found");
    let euro = json!({ "total": { "amount": 1_000, "currency": "EUR" } });
    ask(account, euro).await.refused("ask-for-payment", 422, "currency-mismatch");
    let stranger = json!({ "split": { "equal": [scrip.known_as("mallory")] } });
    let answer = ask(account, stranger).await;
    assert_eq!(answer.refused("ask-for-payment", 422, "not-a-member").body["user"], "mallory");
    let one = json!({ "amounts": [{ "user": "otto", "amount": fen(999) }] });
    let answer = ask(account, json!({ "split": one })).await;
    assert_eq!(answer.refused("ask-for-payment", 422, "split-mismatch").body["left"], 1);
    ask(account, json!({ "total": fen(1) })).await.refused("ask-for-payment", 422, "share-too-small");
    for (name, value) in [("expires_in", "PT59M"), ("expires_in", "P31D"), ("remind_after", "P8D")] {
        let answer = ask(account, json!({ name: value })).await;
        answer.refused_field("ask-for-payment", &format!("/{name}"), "out-of-range");
    }
    world.close(account).await;
    let terms = json!({ "split": split });
    group.ask(scrip, alice, account, 1_000, &terms).await.refused("ask-for-payment", 422, "account-closed");
}
