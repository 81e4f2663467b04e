//! The machine `pos-settlement`, in all that can happen to what a POS transaction captured.

use super::offline::{SETTLEMENT, WINDOW};
use super::scenarios::scenarios;
use super::scene::Scene;
use scrip_clock::SignedDuration;
use scrip_states_language::Status;
use scrip_test_support::Fault;
use serde_json::json;

scenarios! {
    in_the_gate:
        an_approved_transaction_waits_for_the_end_of_its_window;
    everywhere:
        a_declined_transaction_starts_nothing;
    embedded:
        a_transaction_settles_when_its_window_is_over
        a_transaction_that_was_declined_for_want_of_a_pin_settles_too
        a_reversed_transaction_is_left_alone
        what_a_closed_account_can_not_take_goes_back_to_the_payer
        a_transaction_that_is_reversed_before_it_is_given_back_is_left_alone
        settlement_goes_on_until_it_is_done
        a_task_that_fails_for_good_ends_the_execution
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done;
}

mod scenario {
    use super::{Fault, SETTLEMENT, Scene, SignedDuration, Status, WINDOW, json};
    use crate::workflows::offline::{order_of, time, yuan};
    use crate::workflows::scene::PIN;
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::types::AttributeValue;

    /// A moment before something happens, it has not happened.
    const MOMENT: SignedDuration = SignedDuration::from_millis(1);
    const SHARDS: u32 = 16;

    async fn expect_end(scene: &Scene, id: &str, outcome: &str, last: &str) {
        let output = json!({ "transaction": id, "outcome": outcome });
        scene.expect_end(SETTLEMENT, id, &output, last).await;
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

    pub(super) async fn an_approved_transaction_waits_for_the_end_of_its_window(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        scene.scrip.settle().await;
        let waits = async || {
            let execution = scene.scrip.execution(SETTLEMENT, &id).await?;
            (!execution.states.is_empty()).then_some(execution)
        };
        let execution = scene.scrip.soon("an execution that waits", waits).await;
        assert_eq!(
            (execution.status, execution.states),
            (Status::Running, vec!["ReversalWindowOver".to_owned()])
        );
        assert_eq!(execution.input["transaction"], id);
        assert_eq!(time(&execution.input, "settles_at"), time(&paid.body, "settles_at"));
        assert_eq!(execution.input["cause"], paid.headers["x-request-id"]);
        assert_eq!(scene.transaction(&pos, &id).await["status"], "approved");
        assert_eq!(scene.balances().await, [8_800, 0]);
    }

    pub(super) async fn a_declined_transaction_starts_nothing(scene: &Scene) {
        let pos = scene.pos().await;
        let answer = pos.send(&scene.scrip, &order_of("order-1", 100)).await.expect(201);
        assert_eq!(answer.body["decision"], "declined");
        // What is written later is read later: once this one has started, that one would have.
        let (_, paid) = scene.captured().await;
        scene.scrip.settle().await;
        let started = async || scene.scrip.execution(SETTLEMENT, &paid.text("id")).await;
        scene.scrip.soon("an execution", started).await;
        assert!(scene.scrip.execution(SETTLEMENT, &answer.text("id")).await.is_none());
    }

    pub(super) async fn a_transaction_settles_when_its_window_is_over(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        let settles_at = time(&paid.body, "settles_at");
        scene.scrip.reach(settles_at - MOMENT).await;
        assert_eq!(scene.transaction(&pos, &id).await["status"], "approved");
        assert_eq!(scene.told_of(&id).await, [[""; 0]; 2]);

        scene.scrip.reach(settles_at).await;

        expect_end(scene, &id, "settled", "Settled").await;
        assert_eq!(scene.transaction(&pos, &id).await["status"], "settled");
        assert_eq!(scene.balances().await, [8_800, 1_200]);
        assert_eq!(scene.told_of(&id).await, [["pos-transaction-settled"], ["pos-transaction-settled"]]);
        pos.reverse(&scene.scrip, &id).await.expect_problem(409, "transaction-settled");
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

        expect_end(scene, &paid.text("id"), "settled", "Settled").await;
        assert_eq!(scene.balances().await, [8_800, 1_200]);
    }

    pub(super) async fn a_reversed_transaction_is_left_alone(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        pos.reverse(&scene.scrip, &id).await.expect(201);

        scene.advance(WINDOW).await;

        expect_end(scene, &id, "reversed", "ReversedBefore").await;
        assert_eq!(scene.transaction(&pos, &id).await["status"], "reversed");
        assert_eq!(scene.balances().await, [10_000, 0]);
        scene.scrip.check_books().await;
    }

    pub(super) async fn what_a_closed_account_can_not_take_goes_back_to_the_payer(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        close(scene).await;

        scene.advance(WINDOW).await;

        expect_end(scene, &id, "compensated", "Compensated").await;
        assert_eq!(scene.transaction(&pos, &id).await["status"], "reversed");
        assert_eq!(scene.balances().await, [10_000, 0]);
        let told = scene.told_of(&id).await;
        assert_eq!(told, [["pos-transaction-reversed"], ["pos-transaction-reversed"]]);
        scene.scrip.check_books().await;
    }

    pub(super) async fn a_transaction_that_is_reversed_before_it_is_given_back_is_left_alone(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", vec![Fault::Busy; 3]);
        scene.advance(WINDOW).await;
        assert_eq!(scene.execution_of(SETTLEMENT, &id).await.status, Status::Running);
        pos.reverse(&scene.scrip, &id).await.expect(201);

        scene.advance("PT1H").await;

        expect_end(scene, &id, "reversed", "ReversedMeanwhile").await;
        assert_eq!(scene.balances().await, [10_000, 0]);
        assert_eq!(scene.told_of(&id).await, [[""; 0]; 2]);
        scene.scrip.check_books().await;
    }

    pub(super) async fn settlement_goes_on_until_it_is_done(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let id = paid.text("id");
        scene.faults.plan("settle-pos-transaction", vec![Fault::Busy; 40]);
        scene.advance("PT2H").await;
        assert_eq!(scene.execution_of(SETTLEMENT, &id).await.status, Status::Running);
        assert_eq!(scene.transaction(&pos, &id).await["status"], "approved");

        // Forty pauses of 30 minutes at most.
        scene.advance("PT20H").await;

        assert_eq!(scene.calls("settle-pos-transaction"), 41);
        expect_end(scene, &id, "settled", "Settled").await;
        assert_eq!(scene.balances().await, [8_800, 1_200]);
    }

    pub(super) async fn a_task_that_fails_for_good_ends_the_execution(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        scene.faults.plan("settle-pos-transaction", [Fault::Broken]);
        scene.advance(WINDOW).await;
        scene.expect_failed(SETTLEMENT, &paid.text("id"), "Broken", "a fault of the test").await;
        assert_eq!(scene.transaction(&pos, &paid.text("id")).await["status"], "approved");

        let paid = scene.pay(&pos, "order-2", 500).await;
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", [Fault::Broken]);
        scene.advance(WINDOW).await;
        scene.expect_failed(SETTLEMENT, &paid.text("id"), "Broken", "a fault of the test").await;
        assert_eq!(scene.balances().await, [8_300, 0]);
        scene.scrip.check_books().await;
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        scene.faults.plan("settle-pos-transaction", [Fault::Answer(json!({ "outcome": "lent" }))]);
        scene.advance(WINDOW).await;
        scene.expect_failed(SETTLEMENT, &paid.text("id"), "OutcomeUnknown", r#"{"outcome":"lent"}"#).await;

        let paid = scene.pay(&pos, "order-2", 500).await;
        scene.faults.plan("settle-pos-transaction", [Fault::Answer(json!({ "outcome": "account_closed" }))]);
        scene.faults.plan("compensate-pos-transaction", [Fault::Answer(json!({}))]);
        scene.advance(WINDOW).await;
        scene.expect_failed(SETTLEMENT, &paid.text("id"), "OutcomeUnknown", "{}").await;
    }

    pub(super) async fn a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done(scene: &Scene) {
        let (pos, paid) = scene.captured().await;
        let settled = paid.text("id");
        scene.faults.plan("settle-pos-transaction", [Fault::LoseAnswer, Fault::Twice]);
        scene.advance("PT31M").await;
        expect_end(scene, &settled, "settled", "Settled").await;
        let returned = scene.pay(&pos, "order-2", 500).await.text("id");
        close(scene).await;
        scene.faults.plan("compensate-pos-transaction", [Fault::LoseAnswer, Fault::Twice]);
        scene.advance("PT31M").await;
        expect_end(scene, &returned, "compensated", "Compensated").await;

        for (task, id, outcome) in [
            ("settle-pos-transaction", &settled, "settled"),
            ("settle-pos-transaction", &returned, "ended"),
            ("compensate-pos-transaction", &returned, "compensated"),
            ("compensate-pos-transaction", &settled, "ended"),
        ] {
            let event = json!({ "transaction": id });
            let answer =
                scene.faults.send_again(&scrip_catalog::operations(), task, event).await.expect("an answer");
            assert_eq!(answer["outcome"], outcome, "{task} of {id}");
        }
        assert_eq!(scene.balances().await, [8_800, 1_200]);
        for id in [&settled, &returned] {
            assert_eq!(scene.told_of(id).await.map(|told| told.len()), [1, 1]);
        }
        scene.scrip.check_books().await;
    }
}
