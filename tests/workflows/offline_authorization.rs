//! The machine `offline-authorization`, in all that can happen to an authorization.

use super::offline::{AUTHORIZATION, order_of, time};
use super::scenarios::scenarios;
use super::scene::Scene;
use aws_sdk_dynamodb::Client;
use scrip_test_support::Fault;
use serde_json::{Value, json};

scenarios! {
    in_the_gate:
        an_authorization_expires_and_gives_back_what_it_reserved;
    everywhere:
        a_revoked_authorization_is_left_alone;
    embedded:
        a_secret_is_erased_once_no_late_transaction_can_come
        tasks_that_fail_transiently_are_retried
        a_task_that_fails_for_good_comes_again
        an_execution_that_comes_late_or_for_nothing_changes_nothing
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done
        an_authorization_revoked_after_its_time_is_left_alone;
}

/// Everything that the table holds of any user's codes.
async fn codes(scene: &Scene) -> String {
    let table = scene.scrip.table("OfflineTable").await;
    let scan = Client::new(&scene.scrip.aws()).scan().table_name(table).send().await.expect("items");
    let of_codes = scan.items().iter().filter(|item| item["sk"].as_s().is_ok_and(|sk| sk == "CODES"));
    format!("{:?}", of_codes.collect::<Vec<_>>())
}

mod scenario {
    use super::{AUTHORIZATION, Fault, Scene, Value, json, order_of, time};

    /// The shortest time, so that a test may wait for it.
    fn short() -> Value {
        json!({ "valid_for": "PT1M" })
    }

    async fn expect_end(scene: &Scene, id: &str, outcome: &str, last: &str) {
        let output = json!({ "authorization": id, "outcome": outcome });
        scene.expect_end(AUTHORIZATION, id, &output, last).await;
    }

    pub(super) async fn an_authorization_expires_and_gives_back_what_it_reserved(scene: &Scene) {
        let granted = scene.authorize(json!({ "valid_for": "PT1M", "reserve": true })).await;
        let id = granted.text("id");
        let available = async || {
            let path = format!("/v1/accounts/{}", scene.account);
            let account = scene.scrip.get(&scene.alice().await, &path).await.expect(200).body;
            account["available"]["amount"].as_i64().expect("an amount")
        };
        assert_eq!(
            (scene.authorization(&id).await["status"].as_str(), available().await),
            (Some("approved"), 5_000)
        );

        scene.scrip.reach(time(&granted.body, "valid_until")).await;

        let ended = async || (scene.authorization(&id).await["status"] == "expired").then_some(());
        scene.scrip.soon("an authorization that is expired", ended).await;
        // It is expired by its time alone; what it reserved comes back when the task has run.
        let is_back = async || (available().await == 10_000).then_some(());
        scene.scrip.soon("what it reserved", is_back).await;
        scene
            .expect_newest(
                AUTHORIZATION,
                &id,
                &json!({ "authorization": id, "outcome": "expired" }),
                "Expired",
            )
            .await;
        let pos = scene.pos().await;
        let late = pos.send(&scene.scrip, &order_of("late", 100)).await.expect(201);
        assert_eq!(
            (late.text("decision"), late.text("reason")),
            ("declined".into(), "code-not-accepted".into())
        );
    }

    pub(super) async fn a_revoked_authorization_is_left_alone(scene: &Scene) {
        let granted = scene.authorize(short()).await;
        let id = granted.text("id");
        scene.revoke(&id).await;

        scene.scrip.reach(time(&granted.body, "valid_until")).await;

        scene.expect_no_start(AUTHORIZATION, &id).await;
        assert_eq!(scene.authorization(&id).await["status"], "revoked");
    }

    pub(super) async fn a_secret_is_erased_once_no_late_transaction_can_come(scene: &Scene) {
        let id = scene.authorize(json!({})).await.text("id");
        assert!(super::codes(scene).await.contains(&id));
        scene.advance("PT48H").await;
        assert_eq!(scene.authorization(&id).await["status"], "expired");
        assert!(super::codes(scene).await.contains(&id), "late transactions are judged with it");
        let [due] = scene.scrip.due(&id).await.try_into().expect("one moment");
        assert_eq!(due["moment"], "erasure");

        scene.advance("PT1H").await;

        expect_end(scene, &id, "erased", "Erased").await;
        assert!(scene.scrip.due(&id).await.is_empty());
        assert!(!super::codes(scene).await.contains(&id));
        assert_eq!(scene.authorization(&id).await["status"], "expired");
    }

    pub(super) async fn tasks_that_fail_transiently_are_retried(scene: &Scene) {
        let id = scene.authorize(json!({})).await.text("id");
        scene.faults.plan("expire-authorization", [Fault::Busy, Fault::Busy]);
        scene.faults.plan("erase-authorization-secret", [Fault::Busy, Fault::Busy]);

        // The first pause is a second at most, the second one two.
        scene.advance("PT1H3S").await;
        assert_eq!(scene.calls("expire-authorization"), 3);
        assert_eq!(scene.authorization(&id).await["status"], "expired");
        scene.advance("PT48H").await;

        assert_eq!(scene.calls("erase-authorization-secret"), 3);
        expect_end(scene, &id, "erased", "Erased").await;
    }

    pub(super) async fn a_task_that_fails_for_good_comes_again(scene: &Scene) {
        let id = scene.authorize(json!({ "reserve": true })).await.text("id");
        scene.faults.plan("expire-authorization", [Fault::Broken]);
        scene.faults.plan("erase-authorization-secret", [Fault::Broken, Fault::Broken]);
        scene.advance("PT1H").await;
        scene.expect_failed(AUTHORIZATION, &id, "Broken", "a fault of the test").await;
        // By its time alone.
        assert_eq!(scene.authorization(&id).await["status"], "expired");
        assert_eq!(scene.scrip.due(&id).await[0]["moment"], "expiry");

        scene.advance("PT1M").await;
        expect_end(scene, &id, "expired", "Expired").await;
        scene.advance("PT48H").await;
        scene.expect_failed(AUTHORIZATION, &id, "Broken", "a fault of the test").await;
        assert!(super::codes(scene).await.contains(&id));

        scene.advance("PT3M").await;
        expect_end(scene, &id, "erased", "Erased").await;
        assert!(!super::codes(scene).await.contains(&id));
        assert_eq!(scene.calls("erase-authorization-secret"), 3);
    }

    pub(super) async fn an_execution_that_comes_late_or_for_nothing_changes_nothing(scene: &Scene) {
        let id = scene.authorize(json!({})).await.text("id");
        scene.revoke(&id).await;
        let start = async |moment: &str| {
            let input = json!({ "authorization": id, "moment": moment });
            scene.scrip.running().engine().start(AUTHORIZATION, Some(&id), &input).expect("a start");
            scene.scrip.settle().await;
        };
        start("expiry").await;
        expect_end(scene, &id, "ended", "EndedBefore").await;
        start("erasure").await;
        expect_end(scene, &id, "erased", "Erased").await;
        start("noon").await;
        scene.expect_failed(AUTHORIZATION, &id, "MomentUnknown", "noon").await;
        assert_eq!(scene.authorization(&id).await["status"], "revoked");
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        for (task, after) in [("expire-authorization", "PT1H"), ("erase-authorization-secret", "PT49H")] {
            let id = scene.authorize(json!({})).await.text("id");
            scene.faults.plan(task, [Fault::Answer(json!({ "outcome": "lent" }))]);
            scene.advance(after).await;
            scene.expect_failed(AUTHORIZATION, &id, "OutcomeUnknown", r#"{"outcome":"lent"}"#).await;
            scene.revoke(&id).await;
        }
    }

    pub(super) async fn a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done(scene: &Scene) {
        let id = scene.authorize(json!({ "reserve": true })).await.text("id");
        scene.faults.plan("expire-authorization", [Fault::LoseAnswer, Fault::Twice]);
        scene.faults.plan("erase-authorization-secret", [Fault::LoseAnswer, Fault::Twice]);
        scene.advance("PT50H").await;
        expect_end(scene, &id, "erased", "Erased").await;
        let before = (scene.authorization(&id).await, scene.balances().await);

        for (task, outcome) in [("expire-authorization", "expired"), ("erase-authorization-secret", "erased")]
        {
            let event = json!({ "authorization": id });
            let answer =
                scene.faults.send_again(&scrip_catalog::operations(), task, event).await.expect("an answer");
            assert_eq!(answer["outcome"], outcome, "{task}");
        }
        assert_eq!((scene.authorization(&id).await, scene.balances().await), before);
        scene.scrip.check_books().await;
    }

    pub(super) async fn an_authorization_revoked_after_its_time_is_left_alone(scene: &Scene) {
        let id = scene.authorize(json!({ "reserve": true })).await.text("id");
        scene.faults.plan("expire-authorization", vec![Fault::Broken]);
        scene.advance("PT1H").await;
        scene.revoke(&id).await;
        assert!(!super::codes(scene).await.contains(&id));

        scene.advance("PT1H").await;

        assert_eq!(scene.calls("expire-authorization"), 1);
        assert!(scene.scrip.due(&id).await.is_empty());
        assert_eq!(scene.authorization(&id).await["status"], "revoked");
        scene.scrip.check_books().await;
    }
}
