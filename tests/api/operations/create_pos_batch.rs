use crate::api::world::{ORDER, SECURE_CODE, World, money, stored};
use scrip_clock::SignedDuration;
use scrip_test_support::{Pos, fresh_key};
use serde_json::{Value, json};

const BATCHES: &str = "/v1/pos/batches";

impl World {
    /// Hands over transactions, and waits for what became of them.
    async fn worked(&self, transactions: Vec<Value>) -> Vec<Value> {
        let batch = self.pos.hand_over(&self.scrip, transactions.into()).await.expect(202).text("id");
        self.pos.completed(&self.scrip, &batch).await["results"].as_array().unwrap().clone()
    }

    /// A transaction as one that was stored so long ago.
    async fn stored_before(&self, order_reference: &str, ago: SignedDuration) -> Value {
        let mut order = Pos::order(order_reference, "otto", SECURE_CODE, 100);
        order["occurred_at"] = json!((self.scrip.now().await - ago).to_string());
        order
    }
}

#[tokio::test]
async fn stored_transactions_are_accepted_and_each_gets_its_result() {
    let world = World::start().await;
    let before = world.has().await;
    let order = |name: &str, code: &str| stored(&world.scrip, Pos::order(name, "otto", code, 100));
    let transactions = json!([order("b-1", SECURE_CODE).await, order("b-2", "100000000000").await]);
    let accepted = world.pos.hand_over(&world.scrip, transactions).await.expect(202);
    insta::assert_snapshot!(accepted.snapshot());
    let batch = world.pos.completed(&world.scrip, &accepted.text("id")).await;
    let told: Vec<_> = ["order_reference", "decision", "reason"]
        .map(|member| [batch["results"][0][member].clone(), batch["results"][1][member].clone()])
        .into();
    assert_eq!(json!(told), json!([["b-1", "b-2"], ["approved", "declined"], [null, "code-not-accepted"]]));
    let read = world.pos.read(&world.scrip, "b-1").await.expect(200).body;
    assert_eq!((&read["status"], read["occurred_at"].is_string()), (&json!("approved"), true));
    assert_eq!(world.spent(before).await, 100);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_is_worked_on_once() {
    let world = World::start().await;
    let before = world.has().await;
    let key = fresh_key();
    let batch = json!({ "transactions": [world.stored_before("b-1", SignedDuration::ZERO).await] });
    let send = async || world.scrip.post_keyed(&world.pos, BATCHES, &key, &batch).await.expect(202);
    let first = send().await;
    world.pos.completed(&world.scrip, &first.text("id")).await;
    let again = send().await;
    assert_eq!((&again.body, again.is_replay()), (&first.body, true));
    let completed = world.pos.completed(&world.scrip, &first.text("id")).await;
    assert_eq!(completed["results"].as_array().unwrap().len(), 1);
    assert_eq!(world.spent(before).await, 100);
}

#[tokio::test]
async fn what_was_asked_for_before_is_told_to_be_a_duplicate() {
    let world = World::start().await;
    let before = world.has().await;
    let transactions = vec![
        stored(&world.scrip, Pos::order(ORDER, "otto", SECURE_CODE, 900)).await,
        stored(&world.scrip, Pos::order("b-2", "otto", SECURE_CODE, 100)).await,
    ];
    let results = world.unchanged(world.worked(transactions[..1].to_vec())).await;
    assert_eq!(
        results,
        [json!({
            "order_reference": ORDER, "transaction": world.paid, "decision": "approved", "duplicate": true,
        })]
    );
    let other = stored(&world.scrip, Pos::order(ORDER, "otto", SECURE_CODE, 901)).await;
    let results = world.worked(vec![other, transactions[1].clone()]).await;
    assert_eq!(results[0]["reason"], "order-reference-reused");
    assert_eq!((&results[0]["transaction"], &results[1]["decision"]), (&Value::Null, &json!("approved")));
    let duplicates = world.worked(transactions).await;
    assert!(duplicates.iter().all(|result| result["duplicate"] == true), "{duplicates:?}");
    assert_eq!(world.spent(before).await, 100);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn what_is_older_than_a_day_comes_too_late_and_what_has_not_happened_too_early() {
    let world = World::start().await;
    world.scrip.advance("P2D").await;
    let (day, minute) = (SignedDuration::from_hours(24), SignedDuration::from_mins(1));
    let results = world
        .worked(vec![
            world.stored_before("b-1", day + minute).await,
            world.stored_before("b-2", day - minute).await,
            world.stored_before("b-3", -minute * 2).await,
            world.stored_before("b-4", -minute / 2).await,
        ])
        .await;
    let reasons: Vec<_> = results.iter().map(|result| result["reason"].clone()).collect();
    assert_eq!(reasons, [json!("too-late"), Value::Null, json!("too-early"), Value::Null]);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn what_occurred_while_a_code_counted_is_paid_after_it_has_expired() {
    let world = World::start().await;
    let before = stored(&world.scrip, Pos::order("b-1", "otto", SECURE_CODE, 100)).await;
    world.scrip.advance("P6DT23H30M").await;
    let last = stored(&world.scrip, Pos::order("b-2", "otto", SECURE_CODE, 100)).await;
    world.scrip.advance("PT2H").await;
    let after = stored(&world.scrip, Pos::order("b-3", "otto", SECURE_CODE, 100)).await;
    let results = world.worked(vec![before, last, after]).await;
    let reasons: Vec<_> = results.iter().map(|result| result["reason"].clone()).collect();
    assert_eq!(reasons, [json!("too-late"), Value::Null, json!("code-not-accepted")]);
}

#[tokio::test]
async fn a_batch_takes_a_hundred_transactions() {
    let world = World::start().await;
    let before = world.has().await;
    let mut transactions = Vec::new();
    for number in 0..100 {
        transactions.push(world.stored_before(&format!("b-{number}"), SignedDuration::ZERO).await);
    }
    let results = world.worked(transactions.clone()).await;
    let references: Vec<_> = results.iter().map(|result| result["order_reference"].clone()).collect();
    let expected: Vec<_> = transactions.iter().map(|order| order["order_reference"].clone()).collect();
    assert_eq!(references, expected);
    // As many as uses were left; of the others, some are misses, and then the device has to wait.
    let (approved, declined): (Vec<_>, Vec<_>) =
        results.iter().partition(|result| result["decision"] == "approved");
    let listed = world.scrip.get(&world.otto, "/v1/offline/authorizations").await.expect(200).body;
    assert_eq!(listed["items"][0]["uses_left"], 0);
    assert!((40..50).contains(&approved.len()), "{}", approved.len());
    for result in declined {
        let reasons = ["code-not-accepted", "too-many-requests"];
        assert!(reasons.contains(&result["reason"].as_str().unwrap()), "{result}");
    }
    assert_eq!(world.spent(before).await, 100 * i64::try_from(approved.len()).unwrap());

    let path = format!("{BATCHES}/btch_00000000000000000000000000");
    world.scrip.get(&world.pos, &path).await.refused("get-pos-batch", 404, "not-found");
    transactions.push(world.stored_before("b-100", SignedDuration::ZERO).await);
    let answer = world.pos.hand_over(&world.scrip, transactions.into()).await;
    answer.refused_field("create-pos-batch", "/transactions", "too-many");
}

#[tokio::test]
async fn what_can_be_known_to_be_wrong_is_refused_at_once() {
    let world = World::start().await;
    let good = stored(&world.scrip, Pos::order("b-1", "otto", SECURE_CODE, 100)).await;
    let with = |member: &str, value: Value| {
        let mut order = good.clone();
        order[member] = value;
        order["order_reference"] = json!(format!("b-{member}"));
        order
    };
    for (member, value) in
        [("occurred_at", json!("yesterday")), ("pin", json!("1")), ("secure_code", json!("1"))]
    {
        let answer = world.pos.hand_over(&world.scrip, json!([good, with(member, value)])).await;
        answer.refused_field("create-pos-batch", &format!("/transactions/1/{member}"), "invalid-field");
    }
    let twice = world.pos.hand_over(&world.scrip, json!([good, good])).await;
    twice.refused_field("create-pos-batch", "/transactions/1/order_reference", "invalid-field");
    let none = world.pos.hand_over(&world.scrip, json!([])).await;
    none.refused_field("create-pos-batch", "/transactions", "out-of-range");
    let yen = with("amount", json!({ "amount": 1, "currency": "JPY" }));
    let answer = world.unchanged(world.pos.hand_over(&world.scrip, json!([yen]))).await;
    answer.refused("create-pos-batch", 422, "currency-mismatch");
    assert_eq!(good["amount"], money(100));
}
