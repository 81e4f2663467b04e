use super::*;
use crate::script::{Script, answer, body, header, lost, offline, problem};
use jiff::SignedDuration;
use scrip_money::Currency;
use serde_json::{Value, json};

const DIGITS: &str = "111111111111111111";

fn sale(reference: &str) -> Sale {
    Sale {
        order_reference: reference.parse().unwrap(),
        payer: Payer::Scanned { presentation_code: DIGITS.to_owned().into() },
        amount: Money::new(1_250, Currency::CNY),
        pin: None,
    }
}

fn approved() -> Value {
    json!({ "id": "pos_1", "decision": "approved", "amount": { "amount": 1_250, "currency": "CNY" },
        "settles_at": "2026-11-23T12:30:00Z" })
}

fn restarted(pos: &Pos) -> Pos {
    serde_json::from_str(&serde_json::to_string(pos).unwrap()).unwrap()
}

async fn sell(pos: &mut Pos, script: &Script, sale: Sale) -> Result<Transaction, CallError> {
    let begun = pos.begin(sale, script.clock.now()).unwrap();
    pos.sell(&script.client(), &begun).await
}

#[tokio::test]
async fn a_sale_is_approved_or_declined() {
    let (script, mut pos) = (Script::of([answer(201, approved())]), Pos::default());
    let sold = sell(&mut pos, &script, sale("1")).await.unwrap();
    assert!(sold.is_paid() && sold.status == Status::Approved && pos.open().is_empty());
    let request = script.seen().remove(0);
    assert_eq!((request.path.as_str(), header(&request, "idempotency-key")), (TRANSACTIONS, Some("1.sale")));
    let expected = json!({ "order_reference": "1", "presentation_code": DIGITS,
        "amount": { "amount": 1_250, "currency": "CNY" } });
    assert_eq!(body(&request), expected);

    script.then(answer(201, json!({ "id": "pos_2", "decision": "declined", "reason": "pin-required" })));
    let declined = sell(&mut pos, &script, sale("2")).await.unwrap();
    assert_eq!((declined.is_paid(), declined.reason.as_deref()), (false, Some("pin-required")));
    // With the PIN it is another request for the same order.
    script.then(answer(201, approved()));
    sell(&mut pos, &script, Sale { pin: Some("271828".to_owned().into()), ..sale("2") }).await.unwrap();
    assert_eq!(header(&script.seen()[1], "idempotency-key"), Some("2.sale-with-pin"));
}

#[tokio::test]
async fn an_unknown_outcome_survives_a_restart_without_the_code_and_is_found_out() {
    let (script, mut pos) = (Script::of((0..5).map(|_| lost())), Pos::default());
    let unknown = sell(&mut pos, &script, sale("1")).await.unwrap_err();
    assert!(matches!(unknown, CallError::OutcomeUnknown(_)));
    assert!(!serde_json::to_string(&pos).unwrap().contains(DIGITS));
    let mut pos = restarted(&pos);
    let reference = pos.open().keys().next().unwrap().clone();
    assert_eq!(pos.begin(sale("1"), script.clock.now()).unwrap_err(), ReferenceInUse(reference.clone()));
    script.seen();

    script.then(answer(200, json!({ "items": [approved()], "next": null })));
    assert!(pos.resolve(&script.client(), &reference).await.unwrap().is_paid());
    assert!(pos.open().is_empty());
    assert_eq!(script.seen()[0].path, "/v1/pos/transactions?order_reference=1");
}

#[tokio::test]
async fn what_the_server_has_not_heard_of_is_taken_back() {
    let (script, mut pos) = (Script::of((0..5).map(|_| lost())), Pos::default());
    sell(&mut pos, &script, sale("1")).await.unwrap_err();
    script.seen();
    let reference = "1".parse().unwrap();

    script.then(answer(200, json!({ "items": [], "next": null })));
    script.then(lost());
    script.then(answer(201, json!({ "id": "pos_1", "status": "reversed" })));
    let ended = pos.resolve(&script.client(), &reference).await.unwrap();

    assert_eq!((ended.status, ended.is_paid(), pos.open().len()), (Status::Reversed, false, 0));
    let reversals: Vec<_> = script.seen().split_off(1);
    for request in &reversals {
        assert_eq!(request.path, "/v1/pos/transactions/1/reversals");
        assert_eq!(header(request, "idempotency-key"), Some("1.reversal"));
    }
    assert_eq!(reversals.len(), 2);
}

#[tokio::test]
async fn doubt_ends_only_with_an_answer() {
    let (script, mut pos) = (Script::of((0..5).map(|_| offline())), Pos::default());
    let begun = pos.begin(sale("1"), script.clock.now()).unwrap();
    assert_eq!(pos.open().len(), 1, "a crash at this point leaves it open");
    let unsent = pos.sell(&script.client(), &begun).await.unwrap_err();
    assert!(matches!(unsent, CallError::Unreachable(_)) && pos.open().is_empty());

    let begun = pos.begin(sale("1"), script.clock.now()).unwrap();
    for line in [lost(), offline(), offline(), offline(), offline()] {
        script.then(line);
    }
    pos.sell(&script.client(), &begun).await.unwrap_err();
    // Sent once more it does not leave the device: what the first one did is still unknown.
    for _ in 0..5 {
        script.then(offline());
    }
    pos.sell(&script.client(), &begun).await.unwrap_err();
    assert!(pos.open()[&begun.0.order_reference].sent);
    script.then(answer(201, approved()));
    pos.sell(&script.client(), &begun).await.unwrap();
    assert!(pos.open().is_empty());
}

#[tokio::test]
async fn a_refusal_ends_a_sale_and_a_refused_reversal_is_told() {
    let (script, mut pos) = (Script::of([problem(422, "order-reference-reused")]), Pos::default());
    sell(&mut pos, &script, sale("1")).await.unwrap_err();
    assert!(pos.open().is_empty());
    script.then(problem(409, "transaction-settled"));
    let refused = pos.reverse(&script.client(), &"1".parse().unwrap()).await.unwrap_err();
    assert!(refused.refusal("transaction-settled").is_some());
}

#[tokio::test]
async fn stored_sales_are_uploaded_in_the_same_batch_until_it_is_acknowledged() {
    let (script, mut pos) = (Script::of([]), Pos::default());
    let stored_at = script.clock.now();
    for n in 0..101 {
        pos.store(sale(&format!("s{n}")), stored_at).unwrap();
    }
    assert!(pos.store(sale("s7"), stored_at).is_err());
    pos.pack(script.clock.now()).unwrap();
    assert_eq!((pos.stored_count(), pos.batches().len()), (1, 1));
    for _ in 0..5 {
        script.then(lost());
    }
    assert!(matches!(pos.upload(&script.client()).await, Err(CallError::OutcomeUnknown(_))));

    let mut pos = restarted(&pos);
    assert!(pos.begin(sale("s7"), script.clock.now()).is_err());
    script.then(answer(202, json!({ "id": "btch_1", "status": "accepted" })));
    pos.upload(&script.client()).await.unwrap();

    let seen = script.seen();
    assert!(seen.iter().all(|request| request.body == seen[0].body));
    assert!(seen.iter().all(|request| header(request, "idempotency-key") == Some("s0.batch-of-100")));
    let first = &body(&seen[0])["transactions"][0];
    assert_eq!((&first["order_reference"], &first["occurred_at"]), (&json!("s0"), &json!(stored_at)));
    assert_eq!(pos.batches()[0].id(), Some("btch_1"));
    assert_eq!(restarted(&pos), pos);
    assert_eq!(serde_json::to_string(&pos).unwrap().matches(DIGITS).count(), 101, "none has its answer");
}

#[tokio::test]
async fn results_end_a_batch() {
    let (script, mut pos) = (Script::of([]), Pos::default());
    pos.store(sale("1"), script.clock.now()).unwrap();
    pos.pack(script.clock.now()).unwrap();
    assert_eq!(pos.pack(script.clock.now()), Err(NothingToUpload));
    script.then(answer(202, json!({ "id": "btch_1", "status": "accepted" })));
    pos.upload(&script.client()).await.unwrap();

    script.then(answer(200, json!({ "id": "btch_1", "status": "accepted" })));
    assert!(!pos.report(&script.client(), "btch_1").await.unwrap().is_completed());
    assert_eq!(pos.batches().len(), 1);
    let result = json!({ "order_reference": "1", "decision": "declined", "reason": "code-not-accepted" });
    script.then(answer(200, json!({ "id": "btch_1", "status": "completed", "results": [result] })));
    let report = pos.report(&script.client(), "btch_1").await.unwrap();
    assert_eq!(report.results[0].reason.as_deref(), Some("code-not-accepted"));
    assert_eq!(pos, Pos::default());
}

/// A batch of these sales, which the server has.
async fn accepted(script: &Script, references: &[&str]) -> Pos {
    let mut pos = Pos::default();
    for reference in references {
        pos.store(sale(reference), script.clock.now()).unwrap();
    }
    pos.pack(script.clock.now()).unwrap();
    script.then(answer(202, json!({ "id": "btch_1", "status": "accepted" })));
    pos.upload(&script.client()).await.unwrap();
    script.seen();
    pos
}

#[tokio::test]
async fn what_has_no_final_answer_is_kept_and_sent_again_in_another_batch() {
    let script = Script::of([]);
    let first = script.clock.now();
    let mut pos = restarted(&accepted(&script, &["a", "b", "c"]).await);
    let results = json!([
        { "order_reference": "a", "decision": "approved", "transaction": "pos_1" },
        { "order_reference": "b", "decision": "declined", "reason": "too-many-requests",
            "retry_after_seconds": 900 },
    ]);
    script.then(answer(200, json!({ "id": "btch_1", "status": "completed", "results": results })));
    let report = pos.report(&script.client(), "btch_1").await.unwrap();

    assert_eq!(report.results.iter().map(BatchResult::is_final).collect::<Vec<_>>(), [true, false]);
    let mut pos = restarted(&pos);
    assert_eq!((pos.batches().len(), pos.stored_count(), pos.next_due()), (0, 2, Some(script.clock.now())));
    assert!(
        pos.begin(sale("b"), script.clock.now()).is_err()
            && pos.begin(sale("c"), script.clock.now()).is_err()
    );
    // What the server did not speak of need not wait; the other one must.
    script.seen();
    pos.pack(script.clock.now()).unwrap();
    assert_eq!(pos.pack(script.clock.now()), Err(NothingToUpload));
    let due = first + SignedDuration::from_secs(900);
    assert_eq!(pos.next_due(), Some(due));
    script.clock.advance(SignedDuration::from_secs(900));
    pos.pack(script.clock.now()).unwrap();
    for id in ["btch_2", "btch_3"] {
        script.then(answer(202, json!({ "id": id, "status": "accepted" })));
    }
    pos.upload(&script.client()).await.unwrap();
    let seen = script.seen();
    let keys: Vec<_> = seen.iter().map(|request| header(request, "idempotency-key").unwrap()).collect();
    assert_eq!(keys, ["c.batch-of-1.again-1", "b.batch-of-1.again-1"]);
    let sent = &body(&seen[1])["transactions"][0];
    let expected = json!({ "order_reference": "b", "presentation_code": DIGITS, "occurred_at": first,
        "amount": { "amount": 1_250, "currency": "CNY" } });
    assert_eq!(sent, &expected, "it is the very same sale");
}

#[tokio::test]
async fn a_batch_that_the_server_does_not_know_is_sent_again() {
    let script = Script::of([]);
    let mut pos = accepted(&script, &["a"]).await;
    script.then(problem(503, "busy"));
    for _ in 0..4 {
        script.then(lost());
    }
    pos.report(&script.client(), "btch_1").await.unwrap_err();
    assert_eq!(pos.batches().len(), 1);
    script.then(problem(404, "not-found"));
    pos.report(&script.client(), "btch_1").await.unwrap_err();
    assert_eq!((pos.batches().len(), pos.stored_count()), (0, 1));
}

#[tokio::test]
async fn a_key_that_another_batch_had_is_no_answer_to_any_sale() {
    let script = Script::of([problem(422, "idempotency-key-reused")]);
    let mut pos = Pos::default();
    pos.store(sale("a"), script.clock.now()).unwrap();
    pos.pack(script.clock.now()).unwrap();
    pos.upload(&script.client()).await.unwrap_err();
    assert!(pos.batches()[0].refusal().is_none());
    let mut pos = restarted(&pos);
    script.then(answer(202, json!({ "id": "btch_1", "status": "accepted" })));
    pos.upload(&script.client()).await.unwrap();
    let seen = script.seen();
    let keys: Vec<_> = seen.iter().map(|request| header(request, "idempotency-key").unwrap()).collect();
    assert_eq!(keys, ["a.batch-of-1", "a.batch-of-1.again-1"]);
    assert_eq!(seen[0].body, seen[1].body);
}

#[test]
fn what_was_kept_before_sales_waited_for_final_answers_is_read() {
    let kept = json!({ "open": {}, "stored": [], "batches": [
        { "key": "a.batch-of-1", "order_references": ["a"], "progress": { "accepted": { "id": "btch_1" } } },
    ] });
    let pos: Pos = serde_json::from_value(kept).unwrap();
    assert_eq!(pos.batches()[0].id(), Some("btch_1"));
}

#[tokio::test]
async fn one_sale_that_is_not_taken_holds_up_no_other() {
    let (script, mut pos) = (Script::of([]), Pos::default());
    for reference in ["a", "b", "c"] {
        pos.store(sale(reference), script.clock.now()).unwrap();
    }
    pos.pack(script.clock.now()).unwrap();
    // Of a, b, c it is b: [a b c] refused, [a] taken, [b c] refused, [b] refused, [c] taken.
    let taken = |id: &str| answer(202, json!({ "id": id, "status": "accepted" }));
    for line in [
        problem(400, "invalid-request"),
        taken("btch_1"),
        problem(400, "invalid-request"),
        problem(400, "invalid-request"),
        taken("btch_2"),
    ] {
        script.then(line);
    }
    pos.upload(&script.client()).await.unwrap();

    let ids: Vec<_> = pos.batches().iter().map(Batch::id).collect();
    assert_eq!(ids, [Some("btch_1"), None, Some("btch_2")]);
    let (refused, why) = pos.batches()[1].refusal().unwrap();
    assert_eq!((refused.as_str(), why), ("b", "invalid-request: Do otherwise."));
    let refused = refused.clone();
    pos.discard(&refused);
    assert_eq!(pos.batches().len(), 2);
    assert!(script.is_over());
}

#[tokio::test]
async fn a_device_that_is_refused_loses_nothing() {
    let (script, mut pos) = (Script::of([problem(401, "unauthenticated")]), Pos::default());
    pos.store(sale("1"), script.clock.now()).unwrap();
    pos.pack(script.clock.now()).unwrap();
    let before = pos.clone();
    pos.upload(&script.client()).await.unwrap_err();
    assert_eq!(pos, before);
}
