use scrip_test_support::groups::{Group, equally};
use scrip_test_support::{Answer, Scrip, User};
use serde_json::{Value, json};

struct Table {
    scrip: Scrip,
    alice: User,
    group: Group,
}

async fn table() -> Table {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo, &chen]).await;
    Table { scrip, alice, group }
}

impl Table {
    async fn preview(&self, fen: i64, split: Value) -> Answer {
        let body = json!({ "total": { "amount": fen, "currency": "CNY" }, "split": split });
        self.scrip.post(&self.alice, &self.group.path("/payment-requests/previews"), &body).await
    }
}

fn fen(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "CNY" })
}

#[tokio::test]
async fn a_split_is_calculated_to_the_last_fen_and_commits_nothing() {
    let table = table().await;
    let users = ["alice", "bo", "chen"].map(|user| table.scrip.known_as(user));
    let preview = table.preview(1_000, json!({ "equal": users })).await.expect(200).body;
    let expected = json!({
        "shares": [{ "user": "bo", "amount": fen(333) }, { "user": "chen", "amount": fen(333) }],
        "own": fen(334), "to_collect": fen(666), "leftover": [{ "user": "alice", "units": 1 }],
    });
    assert_eq!(preview, expected);
    // The order decides, and nobody has to pay the extra one always.
    let users = ["bo", "chen", "alice"].map(|user| table.scrip.known_as(user));
    let preview = table.preview(1_000, json!({ "equal": users })).await.expect(200).body;
    assert_eq!((&preview["shares"][0]["amount"], &preview["own"]), (&fen(334), &fen(333)));
    let page = table.group.messages(&table.scrip, &table.alice, "").await.expect(200).body;
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
async fn a_split_that_does_not_add_up_is_told_by_how_much() {
    let table = table().await;
    let of = |user: &str, name: &str, value: Value| json!({ "user": user, name: value });
    let amounts = |bo: i64, chen: i64| json!({ "amounts": [of("bo", "amount", fen(bo)), of("chen", "amount", fen(chen))] });
    for (split, left) in [
        (amounts(500, 499), json!(1)),
        (amounts(500, 501), json!(-1)),
        (
            json!({ "percentages": [of("bo", "percentage", json!("33.3")), of("chen", "percentage", json!("66.6"))] }),
            json!("0.1"),
        ),
    ] {
        let answer = table.preview(1_000, split).await;
        assert_eq!(answer.refused("preview-payment-request", 422, "split-mismatch").body["left"], left);
    }
    let foreign = json!({ "amount": 1_000, "currency": "EUR" });
    let answer = table.preview(1_000, json!({ "amounts": [of("bo", "amount", foreign)] })).await;
    answer.refused("preview-payment-request", 422, "currency-mismatch");
}

#[tokio::test]
async fn a_split_names_members_each_once_and_asks_each_for_something() {
    let table = table().await;
    let dora = table.scrip.known_as("dora");
    let stranger = table.preview(1_000, json!({ "equal": [dora] })).await;
    assert_eq!(stranger.refused("preview-payment-request", 422, "not-a-member").body["user"], "dora");
    let bo = table.scrip.known_as("bo");
    let twice = table.preview(1_000, json!({ "equal": [bo, bo] })).await;
    twice.refused_field("preview-payment-request", "/split/equal/1", "invalid-field");
    for nobody in [json!([]), equally(&table.scrip, &[&table.alice])["equal"].clone()] {
        let answer = table.preview(1_000, json!({ "equal": nobody })).await;
        answer.refused_field("preview-payment-request", "/split/equal", "out-of-range");
    }
    let both =
        table.preview(1_000, json!({ "equal": [bo], "weights": [{ "user": "bo", "weight": 1 }] })).await;
    both.refused_field("preview-payment-request", "/split", "invalid-field");
    let users = ["alice", "bo", "chen"].map(|user| table.scrip.known_as(user));
    let small = table.preview(2, json!({ "equal": users })).await;
    small.refused("preview-payment-request", 422, "share-too-small");
}
