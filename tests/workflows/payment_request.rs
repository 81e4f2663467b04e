//! The machine `payment-request`, in all that can happen to a request.

use super::scenarios::scenarios;
use super::scene::Scene;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use scrip_test_support::{Fault, User};
use serde_json::{Value, json};

scenarios! {
    in_the_gate:
        who_is_asked_is_told;
    everywhere:
        a_stopped_request_is_left_alone;
    embedded:
        who_has_not_paid_is_reminded_twice_and_the_request_expires
        what_is_settled_is_completed_and_nobody_is_reminded
        a_request_that_nobody_is_to_be_reminded_of_expires
        tasks_that_fail_transiently_are_retried
        a_task_that_fails_for_good_comes_again
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done
        a_request_stopped_after_its_time_is_left_alone;
}

/// The machine.
const MACHINE: &str = "payment-request";

/// Alice asks Bo and Chen for 1,000 each of 3,000.
pub(crate) struct Lunch {
    request: PaymentRequest,
    /// Bo's.
    account: String,
}

impl Lunch {
    pub(crate) async fn ask(scene: &Scene, terms: Value) -> Self {
        let scrip = &scene.scrip;
        let alice = scene.alice().await;
        let [bo, chen] = [scrip.user("bo").await, scrip.user("chen").await];
        let group = Group::gather(scrip, &alice, &[&bo, &chen]).await;
        let account = scrip.account(&bo, 5_000, "CNY").await;
        let split = json!({ "split": equally(scrip, &[&alice, &bo, &chen]) });
        let terms = scrip_test_support::coupons::with(split, &terms);
        let asked = group.ask(scrip, &alice, &scene.account, 3_000, &terms).await;
        Self { request: PaymentRequest::of(asked), account }
    }

    /// What a user was told of it, the kinds, oldest first.
    async fn told(&self, scene: &Scene, user: &str) -> Vec<String> {
        let user = scene.scrip.user(user).await;
        let page = scene.scrip.get(&user, "/v1/notifications").await.expect(200).body;
        let notes = page["items"].as_array().expect("items").iter().rev();
        let own = notes.filter(|note| note["payment_request"] == self.request.id.as_str());
        own.map(|note| note["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    async fn read(&self, scene: &Scene) -> Value {
        self.request.read(&scene.scrip, &scene.alice().await).await.expect(200).body
    }

    async fn pay(&self, scene: &Scene, terms: &Value) {
        let bo = self.bo(scene).await;
        self.request.pay(&scene.scrip, &bo, &self.account, terms).await.expect(201);
    }

    async fn bo(&self, scene: &Scene) -> User {
        scene.scrip.user("bo").await
    }

    async fn expect_outcome(&self, scene: &Scene, outcome: &str, last: &str) {
        let output = json!({ "payment_request": self.request.id, "outcome": outcome });
        scene.expect_newest(MACHINE, &self.request.id, &output, last).await;
    }
}

mod scenario {
    use super::{Fault, Lunch, MACHINE, Scene, json};

    const TASK: &str = "tend-payment-request";

    pub(super) async fn who_is_asked_is_told(scene: &Scene) {
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.scrip.settle().await;
        for user in ["bo", "chen"] {
            let told = async || (lunch.told(scene, user).await == ["payment-requested"]).then_some(());
            scene.scrip.soon("who was told", told).await;
        }
        assert!(lunch.told(scene, "alice").await.is_empty());
        lunch.expect_outcome(scene, "announced", "Announced").await;
        let bo = lunch.bo(scene).await;
        let page = scene.scrip.get(&bo, "/v1/notifications").await.expect(200).body;
        let note = &page["items"][0];
        assert_eq!((&note["due"]["amount"], &note["total"]["amount"]), (&json!(1_000), &json!(3_000)));
    }

    pub(super) async fn a_stopped_request_is_left_alone(scene: &Scene) {
        let lunch = Lunch::ask(scene, json!({})).await;
        let stopped = lunch.request.stop(&scene.scrip, &scene.alice().await).await.expect(200).body;
        assert_eq!(stopped["status"], "stopped");
        if !scene.scrip.is_deployed() {
            scene.advance("P8D").await;
            assert!(scene.scrip.due(&lunch.request.id).await.is_empty());
            assert_eq!(lunch.read(scene).await["status"], "stopped");
        }
    }

    pub(super) async fn who_has_not_paid_is_reminded_twice_and_the_request_expires(scene: &Scene) {
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.scrip.settle().await;
        lunch.pay(scene, &json!({})).await;
        scene.advance("P1D").await;
        assert_eq!(lunch.told(scene, "chen").await, ["payment-requested", "payment-reminder"]);
        lunch.expect_outcome(scene, "reminded", "Reminded").await;
        scene.advance("P5D").await;
        let chen = ["payment-requested", "payment-reminder", "payment-reminder"];
        assert_eq!(lunch.told(scene, "chen").await, chen);
        assert_eq!(lunch.told(scene, "bo").await, ["payment-requested"]);

        scene.advance("P1D").await;

        let read = lunch.read(scene).await;
        assert_eq!((&read["status"], &read["collected"]["amount"]), (&json!("expired"), &json!(1_000)));
        let statuses = [&read["shares"][0]["status"], &read["shares"][1]["status"]];
        assert_eq!(statuses, [&json!("paid"), &json!("closed")]);
        assert_eq!(lunch.told(scene, "alice").await, ["payment-request-expired"]);
        lunch.expect_outcome(scene, "expired", "Expired").await;
        assert!(scene.scrip.due(&lunch.request.id).await.is_empty());
    }

    pub(super) async fn what_is_settled_is_completed_and_nobody_is_reminded(scene: &Scene) {
        let lunch = Lunch::ask(scene, json!({ "expires_in": "P1D", "remind_after": "PT1H" })).await;
        scene.scrip.settle().await;
        lunch.pay(scene, &json!({})).await;
        lunch.pay(scene, &json!({ "for": scene.scrip.known_as("chen") })).await;
        assert_eq!(lunch.read(scene).await["status"], "completed", "before anything was started");
        scene.advance("P1D").await;
        assert_eq!(lunch.told(scene, "chen").await, ["payment-requested"]);
        assert_eq!(lunch.read(scene).await["status"], "completed");
        assert_eq!(lunch.told(scene, "alice").await, ["payment-request-completed"]);
        lunch.expect_outcome(scene, "completed", "Completed").await;
    }

    pub(super) async fn a_request_that_nobody_is_to_be_reminded_of_expires(scene: &Scene) {
        let terms = json!({ "expires_in": "PT1H" });
        let lunch = Lunch::ask(scene, terms).await;
        scene.advance("PT59M").await;
        assert_eq!(lunch.read(scene).await["status"], "open");
        scene.advance("PT1M").await;
        assert_eq!(lunch.read(scene).await["status"], "expired");
        assert_eq!(lunch.told(scene, "bo").await, ["payment-requested"]);
    }

    pub(super) async fn tasks_that_fail_transiently_are_retried(scene: &Scene) {
        scene.faults.plan(TASK, [Fault::Busy, Fault::Busy]);
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.advance("PT3S").await;
        assert_eq!(scene.calls(TASK), 3);
        assert_eq!(lunch.told(scene, "bo").await, ["payment-requested"]);
    }

    pub(super) async fn a_task_that_fails_for_good_comes_again(scene: &Scene) {
        scene.faults.plan(TASK, [Fault::Broken]);
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.scrip.settle().await;
        scene.expect_failed(MACHINE, &lunch.request.id, "Broken", "a fault of the test").await;
        assert!(lunch.told(scene, "bo").await.is_empty());
        scene.advance("PT3M").await;
        assert_eq!(lunch.told(scene, "bo").await, ["payment-requested"]);
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        scene.faults.plan(TASK, [Fault::Answer(json!({ "outcome": "moved" }))]);
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.scrip.settle().await;
        let answer = r#"{"outcome":"moved"}"#;
        scene.expect_failed(MACHINE, &lunch.request.id, "OutcomeUnknown", answer).await;
    }

    pub(super) async fn a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done(scene: &Scene) {
        let lunch = Lunch::ask(scene, json!({ "expires_in": "PT1H" })).await;
        scene.scrip.settle().await;
        scene.advance("PT1H").await;
        for event in scene.faults.events(TASK) {
            let again = scene.faults.send_again(&scrip_catalog::operations(), TASK, event).await;
            assert_eq!(again.expect("an answer")["outcome"], "expired");
        }
        assert_eq!(lunch.told(scene, "bo").await, ["payment-requested"]);
        assert_eq!(lunch.told(scene, "alice").await, ["payment-request-expired"]);
    }

    /// Whoever ended it before the task came has ended it.
    pub(super) async fn a_request_stopped_after_its_time_is_left_alone(scene: &Scene) {
        scene.faults.plan(TASK, [Fault::Broken]);
        let lunch = Lunch::ask(scene, json!({})).await;
        scene.scrip.settle().await;
        let input = json!({ "payment_request": lunch.request.id });
        lunch.request.stop(&scene.scrip, &scene.alice().await).await.expect(200);
        let engine = scene.scrip.running().engine();
        engine.start(MACHINE, Some(&lunch.request.id), &input).expect("a start");
        scene.scrip.settle().await;
        lunch.expect_outcome(scene, "ended", "EndedBefore").await;
        assert!(lunch.told(scene, "bo").await.is_empty());
    }
}
