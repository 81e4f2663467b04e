//! The machine `bill-expiry`, in all that can happen to a bill.

use super::scenarios::scenarios;
use super::scene::Scene;
use reqwest::Method;
use scrip_test_support::Fault;
use serde_json::json;

scenarios! {
    everywhere:
        an_empty_bill_expires
        a_bill_with_items_asks_for_verification_and_becomes_unpaid
        a_bill_settled_before_its_deadline_is_left_alone
        a_cancelled_bill_is_left_alone
        a_bill_verified_in_its_grace_is_left_alone
        a_locked_bill_is_left_alone;
    embedded:
        an_extended_bill_waits_for_its_new_time
        a_request_before_the_deadline_is_not_followed_by_a_second
        an_execution_that_comes_early_or_late_changes_nothing
        tasks_that_fail_transiently_are_retried
        a_task_that_fails_for_good_comes_again
        what_fails_for_days_lies_aside_until_it_is_redriven
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_finds_its_work_done
        a_task_called_late_or_twice_finds_its_work_done;
}

mod scenario {
    use super::{Fault, Method, Scene, json};
    use scrip_clock::SignedDuration;
    use scrip_test_support::Bill;
    use serde_json::Value;

    const GRACE: SignedDuration = SignedDuration::from_mins(1);

    /// The shortest terms, so that a test may wait for them.
    fn short() -> Value {
        json!({ "effective_for": "PT1M", "grace_for": "PT1M" })
    }

    pub(super) async fn an_empty_bill_expires(scene: &Scene) {
        let bill = scene.open(short()).await;
        let until = scene.until(&bill).await;
        scene.stands_before(until, &bill, "open").await;

        scene.scrip.reach(until).await;

        scene.expect_status(&bill, "expired").await;
        scene.expect_outcome(&bill, "expired", "Expired").await;
        assert!(scene.told_user(&bill).await.is_empty());
        scene.expect_nothing_due(&bill).await;
    }

    pub(super) async fn a_bill_with_items_asks_for_verification_and_becomes_unpaid(scene: &Scene) {
        let bill = scene.open_with_items(short()).await;
        let until = scene.until(&bill).await;

        scene.scrip.reach(until).await;
        scene.expect_status(&bill, "awaiting_verification").await;
        scene.expect_told_user(&bill, &["bill-verification-requested"]).await;
        scene.expect_outcome(&bill, "verification_requested", "VerificationRequested").await;
        bill.add(&scene.scrip, &scene.shops[0].1, 1, 100).await.expect_problem(409, "bill-not-open");
        scene.stands_before(until + GRACE, &bill, "awaiting_verification").await;

        scene.scrip.reach(until + GRACE).await;

        scene.expect_status(&bill, "unpaid").await;
        scene.expect_told_user(&bill, &["bill-verification-requested", "bill-unpaid"]).await;
        scene.expect_outcome(&bill, "unpaid", "Unpaid").await;
        assert_eq!(scene.told_shops(&bill).await, [["bill-unpaid"], ["bill-unpaid"]]);
        assert_eq!(scene.scrip.balance(&scene.alice().await, &scene.account).await, 10_000);
        scene.expect_nothing_due(&bill).await;
    }

    pub(super) async fn an_extended_bill_waits_for_its_new_time(scene: &Scene) {
        let bill = scene.open(json!({})).await;
        for version in [1, 2] {
            let terms = json!({ "version": version, "extend_by": "PT1H" });
            scene.scrip.change(Method::PATCH, &scene.alice().await, &bill.path(""), &terms).await.expect(200);
            let [due] = scene.scrip.due(&bill.id).await.try_into().expect("one moment");
            let until = scene.until(&bill).await;
            assert_eq!((&due["moment"], &due["at"]), (&json!("expiry"), &json!(until)));
        }

        scene.advance("PT3H59M").await;
        assert_eq!(scene.status(&bill).await, "open");
        assert_eq!(scene.calls("expire-bill"), 0);
        scene.advance("PT1M").await;

        assert_eq!(scene.status(&bill).await, "expired");
        assert_eq!(scene.calls("expire-bill"), 1);
        scene.expect_outcome(&bill, "expired", "Expired").await;
    }

    pub(super) async fn a_bill_settled_before_its_deadline_is_left_alone(scene: &Scene) {
        let bill = scene.open_with_items(short()).await;
        bill.ask(&scene.scrip, &scene.alice().await).await.expect(201);
        scene.verify(&bill).await;

        scene.scrip.reach(scene.until(&bill).await).await;

        scene.expect_left_alone(&bill).await;
        assert_eq!(scene.status(&bill).await, "settled");
        assert_eq!(scene.scrip.balance(&scene.alice().await, &scene.account).await, 7_200);
    }

    pub(super) async fn a_cancelled_bill_is_left_alone(scene: &Scene) {
        let bill = scene.open(short()).await;
        scene.scrip.post(&scene.alice().await, &bill.path("/cancellations"), &json!({})).await.expect(200);

        scene.scrip.reach(scene.until(&bill).await).await;

        scene.expect_left_alone(&bill).await;
        assert_eq!(scene.status(&bill).await, "cancelled");
    }

    pub(super) async fn a_bill_verified_in_its_grace_is_left_alone(scene: &Scene) {
        let bill = scene.open_with_items(short()).await;
        let until = scene.until(&bill).await;
        scene.scrip.reach(until).await;
        scene.expect_status(&bill, "awaiting_verification").await;
        scene.expect_told_user(&bill, &["bill-verification-requested"]).await;
        scene.verify(&bill).await;

        scene.scrip.reach(until + GRACE).await;

        scene.expect_nothing_due(&bill).await;
        assert_eq!(scene.status(&bill).await, "settled");
        assert_eq!(scene.told_user(&bill).await, ["bill-verification-requested"]);
        assert_eq!(scene.scrip.check_books().await[&scene.shops[0].0.account], 2_500);
    }

    pub(super) async fn a_locked_bill_is_left_alone(scene: &Scene) {
        let bill = scene.open_with_items(short()).await;
        let alice = scene.alice().await;
        let request = bill.ask(&scene.scrip, &alice).await.expect(201).text("id");
        for attempts_left in [2, 1, 0] {
            let answer = bill.verify(&scene.scrip, &alice, &request, "111112").await;
            assert_eq!(
                answer.expect_problem(422, "verification-failed").body["attempts_left"],
                attempts_left
            );
        }

        scene.scrip.reach(scene.until(&bill).await).await;

        scene.expect_left_alone(&bill).await;
        assert_eq!(scene.status(&bill).await, "locked");
        assert!(scene.told_shops(&bill).await.iter().all(Vec::is_empty));
    }

    pub(super) async fn a_request_before_the_deadline_is_not_followed_by_a_second(scene: &Scene) {
        let bill = scene.open_with_items(json!({})).await;
        scene.advance("PT1H55M").await;
        bill.ask(&scene.scrip, &scene.alice().await).await.expect(201);

        scene.advance("PT10M").await;
        let [due] = scene.scrip.due(&bill.id).await.try_into().expect("one moment");
        assert_eq!(due["moment"], "grace");
        assert!(scene.told_user(&bill).await.is_empty());
        scene.verify(&bill).await;
        scene.advance("PT10M").await;

        scene.expect_left_alone(&bill).await;
    }

    /// What is started for a moment that a bill does not wait for any more.
    pub(super) async fn an_execution_that_comes_early_or_late_changes_nothing(scene: &Scene) {
        let open = scene.open(json!({})).await;
        let settled = scene.open_with_items(json!({})).await;
        settled.ask(&scene.scrip, &scene.alice().await).await.expect(201);
        scene.verify(&settled).await;
        let start = async |bill: &Bill, moment: &str| {
            let input = json!({ "bill": bill.id, "moment": moment });
            let engine = scene.scrip.running().engine();
            engine.start("bill-expiry", Some(&bill.id), &input).expect("a start");
            scene.scrip.settle().await;
        };

        start(&open, "expiry").await;
        scene.expect_outcome(&open, "extended", "Extended").await;
        start(&settled, "expiry").await;
        scene.expect_outcome(&settled, "ended", "EndedBefore").await;
        start(&settled, "grace").await;
        scene.expect_outcome(&settled, "ended", "EndedInGrace").await;
        start(&open, "noon").await;
        scene.expect_failure(&open, "MomentUnknown", "noon").await;

        assert_eq!(
            (scene.status(&open).await, scene.status(&settled).await),
            ("open".into(), "settled".into())
        );
    }

    pub(super) async fn tasks_that_fail_transiently_are_retried(scene: &Scene) {
        let bill = scene.open_with_items(json!({})).await;
        scene.faults.plan("expire-bill", [Fault::Busy, Fault::Busy]);
        scene.faults.plan("lapse-bill", [Fault::Busy, Fault::Busy]);

        // The first pause is a second at most, the second one two.
        scene.advance("PT2H3S").await;
        assert_eq!(scene.calls("expire-bill"), 3);
        assert_eq!(scene.told_user(&bill).await, ["bill-verification-requested"]);
        scene.advance("PT15M").await;

        assert_eq!(scene.calls("lapse-bill"), 3);
        assert_eq!(scene.status(&bill).await, "unpaid");
        scene.expect_outcome(&bill, "unpaid", "Unpaid").await;
    }

    pub(super) async fn a_task_that_fails_for_good_comes_again(scene: &Scene) {
        let bill = scene.open_with_items(json!({})).await;
        scene.faults.plan("expire-bill", [Fault::Broken]);
        scene.faults.plan("lapse-bill", [Fault::Broken, Fault::Broken]);
        scene.advance("PT2H").await;
        scene.expect_failure(&bill, "Broken", "a fault of the test").await;
        assert_eq!(scene.status(&bill).await, "awaiting_verification");
        assert!(scene.told_user(&bill).await.is_empty());

        scene.advance("PT1M").await;
        assert_eq!(scene.told_user(&bill).await, ["bill-verification-requested"]);
        scene.expect_outcome(&bill, "verification_requested", "VerificationRequested").await;

        // The second one fails a minute after the first, and the third comes two minutes later.
        scene.advance("PT15M").await;
        scene.expect_failure(&bill, "Broken", "a fault of the test").await;
        scene.advance("PT2M").await;
        scene.expect_outcome(&bill, "unpaid", "Unpaid").await;
        assert_eq!((scene.calls("expire-bill"), scene.calls("lapse-bill")), (2, 3));
        assert_eq!(scene.told_user(&bill).await, ["bill-verification-requested", "bill-unpaid"]);
    }

    /// The first start, a second one after a minute, and one after each of 36 pauses but the last.
    pub(super) async fn what_fails_for_days_lies_aside_until_it_is_redriven(scene: &Scene) {
        const STARTS: usize = 37;
        let bill = scene.open(json!({})).await;
        scene.faults.plan("expire-bill", vec![Fault::Broken; STARTS]);

        scene.advance("P4D").await;
        let [due] = scene.scrip.due(&bill.id).await.try_into().expect("one moment");
        assert_eq!(due["failed"], false);
        let tries = due["tries"].as_u64().expect("a number");
        assert!((15..30).contains(&tries), "{due}");
        scene.advance("P5D").await;

        let [due] = scene.scrip.due(&bill.id).await.try_into().expect("one moment");
        assert_eq!((&due["failed"], &due["moment"]), (&json!(true), &json!("expiry")));
        assert_eq!(scene.calls("expire-bill"), STARTS);
        assert_eq!(scene.status(&bill).await, "expired");
        scene.advance("P30D").await;
        assert_eq!(scene.calls("expire-bill"), STARTS);

        let redrive = json!({ "start": "failed" });
        let redriven = scene.faults.send_again(&scrip_catalog::operations(), "start-due", redrive).await;
        assert_eq!(redriven.expect("an answer")["put_off"], 1);
        scene.advance("PT1M").await;
        scene.expect_outcome(&bill, "expired", "Expired").await;
        scene.expect_nothing_due(&bill).await;
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        let bill = scene.open_with_items(json!({})).await;
        scene.faults.plan("expire-bill", [Fault::Answer(json!({ "outcome": "moved" }))]);
        scene.advance("PT2H").await;
        scene.expect_failure(&bill, "OutcomeUnknown", r#"{"outcome":"moved"}"#).await;

        scene.advance("PT10M").await;
        scene.faults.plan("lapse-bill", [Fault::Answer(json!({}))]);
        scene.advance("PT5M").await;
        scene.expect_failure(&bill, "OutcomeUnknown", "{}").await;
        scene.advance("PT1M").await;
        scene.expect_outcome(&bill, "unpaid", "Unpaid").await;
    }

    pub(super) async fn a_task_whose_answer_was_lost_finds_its_work_done(scene: &Scene) {
        let (full, empty) = (scene.open_with_items(json!({})).await, scene.open(json!({})).await);
        scene.faults.plan("expire-bill", [Fault::LoseAnswer, Fault::LoseAnswer]);
        scene.faults.plan("lapse-bill", [Fault::LoseAnswer]);

        scene.advance("PT2H2M").await;
        assert_eq!(scene.calls("expire-bill"), 4);
        scene.expect_outcome(&empty, "expired", "Expired").await;
        assert_eq!(scene.told_user(&full).await, ["bill-verification-requested"]);
        scene.advance("PT15M").await;

        assert_eq!(scene.calls("lapse-bill"), 2);
        scene.expect_outcome(&full, "unpaid", "Unpaid").await;
        assert_eq!(scene.told_user(&full).await, ["bill-verification-requested", "bill-unpaid"]);
        assert_eq!(scene.told_shops(&full).await, [["bill-unpaid"], ["bill-unpaid"]]);
    }

    pub(super) async fn a_task_called_late_or_twice_finds_its_work_done(scene: &Scene) {
        let bill = scene.open_with_items(json!({})).await;
        scene.faults.plan("expire-bill", [Fault::Twice]);
        scene.faults.plan("lapse-bill", [Fault::Twice]);
        scene.advance("PT2H15M").await;
        scene.expect_outcome(&bill, "unpaid", "Unpaid").await;
        let before = bill.read(&scene.scrip, &scene.alice().await).await;

        scene.advance("PT24H").await;
        for (function, outcome) in [("expire-bill", "ended"), ("lapse-bill", "unpaid")] {
            let event = json!({ "bill": bill.id });
            let answer =
                scene.faults.send_again(&scrip_catalog::operations(), function, event).await.unwrap();
            assert_eq!(
                (answer["outcome"].as_str(), answer["status"].as_str()),
                (Some(outcome), Some("unpaid"))
            );
        }

        assert_eq!(bill.read(&scene.scrip, &scene.alice().await).await, before);
        assert_eq!(scene.told_user(&bill).await, ["bill-verification-requested", "bill-unpaid"]);
        assert_eq!(scene.told_shops(&bill).await, [["bill-unpaid"], ["bill-unpaid"]]);
    }
}
