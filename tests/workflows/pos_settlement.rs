//! The machine `pos-settlement`, in all that can happen to what points of sale captured.

use super::offline::SETTLEMENT;
use super::scenarios::scenarios;
use super::scene::Scene;
use scrip_clock::SignedDuration;
use scrip_test_support::Fault;
use serde_json::json;

scenarios! {
    in_the_gate:
        an_approved_transaction_waits_for_the_end_of_its_window;
    everywhere:
        a_declined_transaction_waits_for_nothing;
    embedded:
        captures_of_one_window_settle_together
        a_settlement_of_many_captures_has_several_pages
        a_settlement_whose_last_captures_are_reversed_is_told
        a_transaction_that_was_declined_for_want_of_a_pin_settles_too
        a_reversed_transaction_is_left_alone
        what_a_closed_account_can_not_take_goes_back_to_the_payer
        a_transaction_that_is_reversed_before_it_is_given_back_is_left_alone
        tasks_that_fail_transiently_are_retried
        a_task_that_fails_for_good_comes_again
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done;
}

mod scenario {
    use super::{Fault, SETTLEMENT, Scene, SignedDuration, json};
    use crate::workflows::offline::{WINDOW, order_of, time, yuan};
    use crate::workflows::scene::PIN;
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::types::AttributeValue;
    use scrip_clock::Timestamp;
    use scrip_test_support::Answer;
    use serde_json::Value;

    /// A moment before something happens, it has not happened.
    const MOMENT: SignedDuration = SignedDuration::from_millis(1);
    const SHARDS: u32 = 16;
    /// As many as the template says.
    const SLOTS: u8 = 16;

    /// The name of the executions that settle what the first shop is paid at this moment.
    fn name(scene: &Scene, settles_at: Timestamp) -> String {
        format!("{}-CNY-{}", scene.shops[0].0.id, settles_at.as_millisecond())
    }

    fn settles_at(paid: &Answer) -> Timestamp {
        time(&paid.body, "settles_at")
    }

    async fn expect_end(scene: &Scene, settles_at: Timestamp, outcome: &str, last: &str) {
        let output = json!({ "merchant": scene.shops[0].0.id, "outcome": outcome });
        scene.expect_end(SETTLEMENT, &name(scene, settles_at), &output, last).await;
    }

    async fn expect_failed(scene: &Scene, settles_at: Timestamp, error: &str, cause: &str) {
        scene.expect_failed(SETTLEMENT, &name(scene, settles_at), error, cause).await;
    }

    /// The input of the executions that settle what the first shop is paid at this moment.
    fn window(scene: &Scene, settles_at: Timestamp) -> Value {
        let slots: Vec<_> = (0..SLOTS).map(|shard| format!("{SETTLEMENT}#{shard}")).collect();
        let merchant = &scene.shops[0].0.id;
        json!({ "merchant": merchant, "currency": "CNY", "window": settles_at, "due": settles_at, "slots": slots })
    }

    /// Starts an execution as if these captures were due, and waits for its end.
    async fn start(scene: &Scene, settles_at: Timestamp) {
        let input = window(scene, settles_at);
        let engine = scene.scrip.running().engine();
        engine.start(SETTLEMENT, Some(&name(scene, settles_at)), &input).expect("a start");
        scene.scrip.settle().await;
    }

    /// What the first shop's owner reads of its settlements.
    async fn settlements(scene: &Scene) -> Vec<Value> {
        let owner = scene.scrip.user("bob").await;
        let path = format!("/v1/merchants/{}/settlements", scene.shops[0].0.id);
        let page = scene.scrip.get(&owner, &path).await.expect(200).body;
        page["items"].as_array().expect("items").clone()
    }

    /// Closes the first shop's account, which no operation does yet.
    async fn close(scene: &Scene) {
        let client = Client::new(&scene.scrip.aws());
        let table = scene.scrip.table("LedgerTable").await;
        for shard in 0..SHARDS {
            let key = format!("ACCT#{}#{shard:02}", scene.shops[0].0.account);
            let write = client.update_item().table_name(&table).key("pk", AttributeValue::S(key));
            let write = write.key("sk", AttributeValue::S("BALANCE".to_owned()));
            let write = write
                .update_expression("SET #status = :closed")
                .expression_attribute_names("#status", "status");
            let write = write.expression_attribute_values(":closed", AttributeValue::S("closed".to_owned()));
            write.condition_expression("attribute_exists(pk)").send().await.expect("the account is closed");
        }
    }

    /// What the table says of when a transaction is due.
    async fn due(scene: &Scene, id: &str) -> Option<String> {
        let key = [("pk", format!("POS#{id}")), ("sk", "TRANSACTION".to_owned())];
        let key = key.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        let table = scene.scrip.table("OfflineTable").await;
        let read = Client::new(&scene.scrip.aws()).get_item().table_name(table).set_key(Some(key.into()));
        let item = read.consistent_read(true).send().await.expect("an answer").item.expect("a transaction");
        item.get("due").map(|due| due.as_s().expect("a text").clone())
    }

    pub(super) async fn an_approved_transaction_waits_for_the_end_of_its_window(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        let (at, settles_at) = (time(&paid.body, "at"), settles_at(&paid));
        let window = settles_at.duration_since(at).as_secs();
        assert!((30 * 60..31 * 60).contains(&window), "{window} s");
        assert_eq!(settles_at.as_millisecond() % 60_000, 0);
        let due = due(scene, &id).await.expect("a slot");
        assert!(due.starts_with(&format!("{}#window#", settles_at.as_millisecond())), "{due}");
        assert_eq!(scene.transaction(&pos, &id).await["status"], "approved");
        assert_eq!(scene.balances().await, [8_800, 0]);
    }

    pub(super) async fn a_declined_transaction_waits_for_nothing(scene: &Scene) {
        let pos = scene.pos().await;
        let answer = pos.send(&scene.scrip, &order_of("order-1", 100)).await.expect(201);
        assert_eq!(answer.body["decision"], "declined");
        assert_eq!(due(scene, &answer.text("id")).await, None);
    }

    pub(super) async fn captures_of_one_window_settle_together(scene: &Scene) {
        let (pos, first) = scene.captured().await;
        let second = scene.pay(&pos, "order-2", 300).await;
        let reversed = scene.pay(&pos, "order-3", 200).await;
        pos.reverse(&scene.scrip, "order-3").await.expect(201);
        scene.advance("PT2M").await;
        let later = scene.pay(&pos, "order-4", 100).await;
        let window = settles_at(&first);
        assert_eq!([&second, &reversed].map(settles_at), [window; 2]);
        scene.scrip.reach(window - MOMENT).await;
        assert_eq!(scene.transaction(&pos, "order-1").await["status"], "approved");
        assert!(settlements(scene).await.is_empty());

        scene.scrip.reach(window).await;

        expect_end(scene, window, "settled", "Settled").await;
        for (order, status) in
            [("order-1", "settled"), ("order-2", "settled"), ("order-3", "reversed"), ("order-4", "approved")]
        {
            assert_eq!(scene.transaction(&pos, order).await["status"], status, "{order}");
        }
        assert_eq!(scene.balances().await, [8_400, 1_500]);
        let [settlement] = settlements(scene).await.try_into().expect("one settlement");
        let shown = json!({ "id": settlement["id"], "window": window, "total": yuan(1_500), "count": 2 });
        assert_eq!(settlement, shown);
        let id = settlement["id"].as_str().expect("an id");
        assert_eq!(scene.told_of(id).await, [vec![], vec!["settlement-paid".to_owned()]]);
        // The payer was told when it was approved.
        assert_eq!(
            scene.told_of(&first.text("id")).await,
            [vec!["pos-transaction-approved".to_owned()], vec![]]
        );
        let told = scene.told_of(&reversed.text("id")).await;
        assert_eq!(told[0], ["pos-transaction-approved", "pos-transaction-reversed"]);
        assert!(told[1].is_empty());
        pos.reverse(&scene.scrip, "order-1").await.expect_problem(409, "transaction-settled");

        scene.scrip.reach(settles_at(&later)).await;
        assert_eq!(scene.balances().await, [8_400, 1_600]);
        assert_eq!(settlements(scene).await[1], shown, "the newest comes first");
        scene.scrip.check_books().await;
    }

    pub(super) async fn a_settlement_of_many_captures_has_several_pages(scene: &Scene) {
        let (_, window) = scene.captured_often(100).await;

        scene.scrip.reach(window).await;

        expect_end(scene, window, "settled", "Settled").await;
        let way = scene.execution_of(SETTLEMENT, &name(scene, window)).await.states;
        assert_eq!(way.iter().filter(|state| *state == "SettleCaptures").count(), 2, "{way:?}");
        let [settlement] = settlements(scene).await.try_into().expect("one settlement");
        assert_eq!((&settlement["total"], &settlement["count"]), (&yuan(1_000), &json!(100)));
        assert_eq!(scene.balances().await, [9_000, 1_000]);
        let id = settlement["id"].as_str().expect("an id");
        assert_eq!(scene.told_of(id).await[1], ["settlement-paid"]);
        scene.scrip.check_books().await;
    }

    /// Its last page never comes, so an earlier one is all of it.
    pub(super) async fn a_settlement_whose_last_captures_are_reversed_is_told(scene: &Scene) {
        let (pos, window) = scene.captured_often(91).await;
        scene.faults.plan("settle-captures", [Fault::Broken]);
        scene.scrip.reach(window).await;
        let event = self::window(scene, window);
        let page = async || {
            let operations = scrip_catalog::operations();
            scene.faults.send_again(&operations, "settle-captures", event.clone()).await.expect("an answer")
        };
        assert_eq!(page().await["outcome"], "more");
        assert!(scene.told_shop("settlement-paid").await.is_empty());
        pos.reverse(&scene.scrip, &scene.last_capture().await).await.expect(201);

        for _ in 0..2 {
            assert_eq!(page().await["outcome"], "settled");
            let [told] = scene.told_shop("settlement-paid").await.try_into().expect("one notification");
            assert_eq!((&told["total"], &told["count"]), (&yuan(900), &json!(90)));
        }
        assert_eq!(settlements(scene).await.len(), 1);
        scene.scrip.check_books().await;
    }

    pub(super) async fn a_transaction_that_was_declined_for_want_of_a_pin_settles_too(scene: &Scene) {
        scene.authorize(json!({ "pin_above": yuan(500) })).await;
        let pos = scene.pos().await;
        let mut order = order_of("order-1", 1_200);
        let asked = pos.send(&scene.scrip, &order).await.expect(201);
        assert_eq!(asked.body["reason"], "pin-required");
        order["pin"] = json!(PIN);
        let paid = pos.send(&scene.scrip, &order).await.expect(201);
        assert_eq!((paid.text("id"), &paid.body["decision"]), (asked.text("id"), &json!("approved")));

        scene.advance(WINDOW).await;

        expect_end(scene, settles_at(&paid), "settled", "Settled").await;
        assert_eq!(scene.balances().await, [8_800, 1_200]);
    }

    pub(super) async fn a_reversed_transaction_is_left_alone(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        pos.reverse(&scene.scrip, &id).await.expect(201);
        assert!(scene.scrip.due(&id).await.is_empty());

        scene.advance(WINDOW).await;

        scene.expect_no_start(SETTLEMENT, &name(scene, settles_at(&paid))).await;
        start(scene, settles_at(&paid)).await;
        expect_end(scene, settles_at(&paid), "reversed", "ReversedBefore").await;
        assert_eq!(scene.transaction(&pos, &id).await["status"], "reversed");
        assert_eq!(scene.balances().await, [10_000, 0]);
        scene.scrip.check_books().await;
    }

    pub(super) async fn what_a_closed_account_can_not_take_goes_back_to_the_payer(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let other = scene.pay(&pos, "order-2", 300).await;
        close(scene).await;

        scene.advance(WINDOW).await;

        expect_end(scene, settles_at(&paid), "compensated", "Compensated").await;
        for id in [paid.text("id"), other.text("id")] {
            assert_eq!(scene.transaction(&pos, &id).await["status"], "reversed");
            let told = scene.told_of(&id).await;
            assert_eq!(told[0], ["pos-transaction-approved", "pos-transaction-reversed"]);
            assert_eq!(told[1], ["pos-transaction-reversed"]);
        }
        assert_eq!(scene.balances().await, [10_000, 0]);
        assert!(settlements(scene).await.is_empty());
        scene.scrip.check_books().await;
    }

    pub(super) async fn a_transaction_that_is_reversed_before_it_is_given_back_is_left_alone(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", [Fault::Broken]);
        scene.scrip.reach(settles_at(&paid)).await;
        expect_failed(scene, settles_at(&paid), "Broken", "a fault of the test").await;
        pos.reverse(&scene.scrip, &id).await.expect(201);
        assert!(scene.scrip.due(&id).await.is_empty());

        let closed = json!({ "outcome": "account_closed", "captures": [id] });
        scene.faults.plan("settle-captures", [Fault::Answer(closed)]);
        start(scene, settles_at(&paid)).await;

        expect_end(scene, settles_at(&paid), "compensated", "Compensated").await;
        let way = scene.execution_of(SETTLEMENT, &name(scene, settles_at(&paid))).await.states;
        assert!(way.iter().any(|state| state == "ReversedMeanwhile"), "{way:?}");
        assert_eq!(scene.balances().await, [10_000, 0]);
        assert!(scene.told_of(&id).await[1].is_empty());
        scene.scrip.check_books().await;
    }

    pub(super) async fn tasks_that_fail_transiently_are_retried(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        scene.faults.plan("settle-captures", [Fault::Busy, Fault::Busy]);
        scene.advance(WINDOW).await;
        expect_end(scene, settles_at(&paid), "settled", "Settled").await;
        assert_eq!(scene.calls("settle-captures"), 3);

        let paid = scene.pay(&pos, "order-2", 500).await;
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", [Fault::Busy, Fault::Busy]);
        scene.advance(WINDOW).await;
        expect_end(scene, settles_at(&paid), "compensated", "Compensated").await;
        assert_eq!(scene.calls("compensate-pos-transaction"), 3);
        assert_eq!(scene.balances().await, [8_800, 1_200]);
    }

    /// It is looked at twice in its first minute. What settles many may take as long as an Express execution, so it is put
    /// off only after that.
    pub(super) async fn a_task_that_fails_for_good_comes_again(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let (id, window) = (paid.text("id"), settles_at(&paid));
        scene.faults.plan("settle-captures", [Fault::Broken, Fault::Broken, Fault::Broken]);
        scene.scrip.reach(window).await;
        expect_failed(scene, window, "Broken", "a fault of the test").await;
        scene.advance("PT5M").await;
        assert_eq!(scene.calls("settle-captures"), 2);
        assert_eq!(scene.transaction(&pos, &id).await["status"], "approved");

        scene.advance("PT1M").await;
        assert_eq!(scene.calls("settle-captures"), 3);
        let [due] = scene.scrip.due(&id).await.try_into().expect("one moment");
        assert_eq!(due["tries"], 1);
        scene.advance("PT2M").await;

        assert_eq!(scene.transaction(&pos, &id).await["status"], "settled");
        let [settlement] = settlements(scene).await.try_into().expect("one settlement");
        assert!(time(&settlement, "window") <= scene.scrip.now().await, "{settlement}");
        assert_eq!(scene.balances().await, [8_800, 1_200]);
        assert!(scene.scrip.due(&id).await.is_empty());
        scene.scrip.check_books().await;
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        let (_, paid) = scene.captured().await;
        let window = settles_at(&paid);
        scene.faults.plan("settle-captures", [Fault::Answer(json!({ "outcome": "lent" }))]);
        scene.scrip.reach(window).await;
        expect_failed(scene, window, "OutcomeUnknown", r#"{"outcome":"lent"}"#).await;

        let closed = json!({ "outcome": "account_closed", "captures": [paid.text("id")] });
        scene.faults.plan("settle-captures", [Fault::Answer(closed)]);
        scene.faults.plan("compensate-pos-transaction", [Fault::Answer(json!({}))]);
        start(scene, window).await;
        expect_failed(scene, window, "OutcomeUnknown", "{}").await;
    }

    pub(super) async fn a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done(scene: &Scene) {
        let (pos, settled) = scene.captured().await;
        scene.faults.plan("settle-captures", [Fault::LoseAnswer, Fault::Twice]);
        scene.advance(WINDOW).await;
        expect_end(scene, settles_at(&settled), "settled", "Settled").await;
        let returned = scene.pay(&pos, "order-2", 500).await;
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", [Fault::LoseAnswer, Fault::Twice]);
        scene.advance(WINDOW).await;
        expect_end(scene, settles_at(&returned), "compensated", "Compensated").await;

        let window_of = |paid: &Answer| window(scene, settles_at(paid));
        let transaction = |paid: &Answer| json!({ "transaction": paid.text("id") });
        for (task, event, outcome) in [
            ("settle-captures", window_of(&settled), "settled"),
            ("settle-captures", window_of(&returned), "ended"),
            ("compensate-pos-transaction", transaction(&returned), "compensated"),
            ("compensate-pos-transaction", transaction(&settled), "ended"),
        ] {
            let answer = scene.faults.send_again(&scrip_catalog::operations(), task, event.clone()).await;
            assert_eq!(answer.expect("an answer")["outcome"], outcome, "{task} of {event}");
        }
        assert_eq!(scene.balances().await, [8_800, 1_200]);
        assert_eq!(settlements(scene).await.len(), 1);
        scene.scrip.check_books().await;
    }
}
