//! The machine `coupon-reward`, in all that can happen to a use of shared coupons.

use super::coupons::Scene;
use super::scenarios::scenarios;
use scrip_states_language::Status;
use scrip_test_support::Fault;
use scrip_test_support::webhooks::{confirm, confirmation};
use serde_json::{Value, json};

/// Longer than all tries of a task take here, and shorter than until the second chance.
const RETRIES: &str = "PT15M";
/// Until the second chance, and what it takes.
const SECOND_CHANCE: &str = "PT32M";
const TASKS: [&str; 3] = ["redeem-confirmation", "reward-redemption", "notify-redemption"];
/// What Alice, Carol and the merchant are told of a share that is rewarded.
const TOLD: [&[&str]; 3] = [&["share-rewarded"], &["coupon-redeemed"], &["confirmation-rewarded"]];

scenarios! {
    in_the_gate:
        a_confirmed_share_is_rewarded;
    everywhere:
        a_reward_goes_into_the_sharers_pool
        a_confirmation_may_name_the_reward
        who_uses_an_own_coupon_earns_nothing
        a_confirmation_of_codes_that_do_not_count_is_refused
        one_code_of_several_may_be_refused
        a_verified_share_is_rewarded_too;
    embedded:
        nothing_left_is_no_reward
        each_task_goes_on_until_it_is_done
        a_task_that_fails_for_good_ends_the_execution
        what_was_not_finished_has_another_chance
        what_goes_on_failing_is_put_off_and_done_in_the_end
        what_is_reversed_has_no_second_chance
        an_answer_that_the_machine_does_not_know_ends_the_execution
        a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done
        what_is_reversed_before_the_reward_brings_none
        what_is_reversed_while_the_first_answer_is_lost_is_left_alone
        what_is_reversed_before_anybody_is_told_is_left_alone;
}

mod scenario {
    use super::{
        Fault, RETRIES, SECOND_CHANCE, Scene, Status, TASKS, TOLD, Value, confirm, confirmation, json,
    };
    use crate::workflows::coupons::TOTAL;
    use scrip_test_support::coupons::{code_of_nothing, with, yuan};
    use scrip_test_support::fresh_key;

    pub(super) async fn a_confirmed_share_is_rewarded(scene: &Scene) {
        let reserved = scene.reserved().await;
        let accepted = scene.confirm(&[&reserved.code]).await;
        let id = accepted.text("id");

        let confirmation = scene.stands(&id, "rewarded").await;

        let reward = scene.reward().await.expect("a reward");
        let line = json!({
            "coupon": reserved.coupon, "status": "rewarded", "deduction": yuan(1_000), "reward": reward["id"],
        });
        assert_eq!(confirmation["coupons"], json!([line]));
        assert_eq!(reward["status"], "held");
        scene.expect_end(&id, "rewarded", "Rewarded").await;
        if !scene.scrip().is_deployed() {
            assert_eq!(scene.execution(&id).await.input["cause"], accepted.headers["x-request-id"]);
        }
        scene.expect_nothing_due(&id).await;
        scene.expect_told(&id, TOLD).await;
    }

    pub(super) async fn a_reward_goes_into_the_sharers_pool(scene: &Scene) {
        let (scrip, alice) = (scene.scrip(), scene.alice().await);
        let terms = json!({ "reward": { "campaign": scene.club.reward, "to": "pool" } });
        let campaign = scene.club.shop.campaign(scrip, &terms).await;
        let coupon = alice.taken(scrip, &campaign).await;
        alice.share(scrip, &coupon).await.expect(201);
        let carol = scrip.user("carol").await;
        let code = carol.reserve(scrip, "alice", &coupon).await.expect(201).text("code");
        let id = scene.confirm(&[&code]).await.text("id");

        let confirmation = scene.stands(&id, "rewarded").await;

        let reward = &confirmation["coupons"][0]["reward"];
        let look = async || {
            let pool = carol.pool(scrip, "alice").await.expect(200).body;
            let mut pooled = pool["items"].as_array().expect("items").iter();
            pooled.find(|coupon| coupon["id"] == *reward).cloned()
        };
        assert_eq!(scrip.soon("the reward in the pool", look).await["status"], "pooled");
        assert_eq!(scene.reward().await.map(|coupon| coupon["id"].clone()), Some(reward.clone()));
    }

    pub(super) async fn a_confirmation_may_name_the_reward(scene: &Scene) {
        let scrip = scene.scrip();
        let special = scene.club.shop.campaign(scrip, &json!({ "name": "Special" })).await;
        let stranger = scrip.shop("dora", "CNY").await.campaign(scrip, &json!({})).await;
        for (campaign, outcome, state, reason) in [
            (&special, "rewarded", "Rewarded", Value::Null),
            (&stranger, "redeemed", "Redeemed", json!("not-found")),
        ] {
            let reserved = scene.reserved().await;
            let named = json!({ "reward": { "campaign": campaign } });
            let body = with(confirmation(&scene.key.merchant, &[&reserved.code], TOTAL), &named);
            let id = confirm(scrip, &scene.key, &fresh_key(), &body).await.expect(202).text("id");
            scene.scrip().settle().await;
            scene.expect_end(&id, outcome, state).await;
            assert_eq!(scene.read(&id).await["coupons"][0]["reason"], reason);
        }
        assert_eq!(scene.reward().await, None);
        assert_eq!(scene.held_of(&special).await.len(), 1);
        assert_eq!(scene.held_of(&stranger).await.len(), 0);
    }

    pub(super) async fn who_uses_an_own_coupon_earns_nothing(scene: &Scene) {
        let (scrip, alice) = (scene.scrip(), scene.alice().await);
        let coupon = alice.taken(scrip, &scene.club.campaign).await;
        // Who has shared it with nobody in the end is no sharer.
        alice.share(scrip, &coupon).await.expect(201);
        alice.withdraw(scrip, &coupon).await.expect(204);
        let code = alice.code(scrip, &coupon).await;
        let id = scene.confirm(&[&code]).await.text("id");

        let confirmation = scene.stands(&id, "redeemed").await;

        let line = json!({ "coupon": coupon, "status": "redeemed", "deduction": yuan(1_000) });
        assert_eq!(confirmation["coupons"], json!([line]));
        scene.expect_end(&id, "redeemed", "Redeemed").await;
        assert_eq!(scene.reward().await, None);
        scene.expect_told(&id, [&["coupon-redeemed"], &[], &["confirmation-redeemed"]]).await;
    }

    pub(super) async fn a_confirmation_of_codes_that_do_not_count_is_refused(scene: &Scene) {
        let nothing = code_of_nothing();
        let id = scene.confirm(&["no code at all", &nothing]).await.text("id");
        let confirmation = scene.stands(&id, "refused").await;
        let refused = json!({ "status": "refused", "reason": "code-not-accepted" });
        assert_eq!(confirmation["coupons"], json!([refused, refused]));
        scene.expect_end(&id, "refused", "Refused").await;
        scene.expect_told(&id, [&[], &[], &["confirmation-refused"]]).await;
    }

    pub(super) async fn one_code_of_several_may_be_refused(scene: &Scene) {
        let (first, second) = (scene.reserved().await, scene.reserved().await);
        let used = scene.confirm(&[&first.code]).await.text("id");
        scene.stands(&used, "rewarded").await;
        let id = scene.confirm(&[&first.code, &second.code]).await.text("id");
        let confirmation = scene.stands(&id, "rewarded").await;
        let lines = &confirmation["coupons"];
        let refused = json!({ "coupon": first.coupon, "status": "refused", "reason": "already-redeemed" });
        assert_eq!(lines[0], refused);
        let rewarded = [&lines[1]["status"], &lines[1]["coupon"]];
        assert_eq!(rewarded, [&json!("rewarded"), &json!(second.coupon)]);
        assert_eq!(scene.held_of(&scene.club.reward).await.len(), 2, "one for each use");
    }

    pub(super) async fn a_verified_share_is_rewarded_too(scene: &Scene) {
        let id = scene.verified().await.text("id");
        scene.scrip().settle().await;
        scene.expect_end(&id, "rewarded", "Rewarded").await;
        assert_eq!(scene.reward().await.expect("a reward")["status"], "held");
        scene.expect_told(&id, [TOLD[0], TOLD[1], &["verification-rewarded"]]).await;
    }

    pub(super) async fn nothing_left_is_no_reward(scene: &Scene) {
        let scrip = scene.scrip();
        let scarce = scene.club.shop.campaign(scrip, &json!({ "quantity": 1, "per_user": 1 })).await;
        scrip.user("erin").await.taken(scrip, &scarce).await;
        let reserved = scene.reserved().await;
        let named = json!({ "reward": { "campaign": scarce } });
        let body = with(confirmation(&scene.key.merchant, &[&reserved.code], TOTAL), &named);
        let id = confirm(scrip, &scene.key, &fresh_key(), &body).await.expect(202).text("id");

        scene.scrip().settle().await;
        scene.expect_end(&id, "redeemed", "Redeemed").await;
        assert_eq!(scene.read(&id).await["coupons"][0]["reason"], "sold-out");
        assert_eq!(scene.reward().await, None);
        let told: [&[&str]; 3] = [&["shared-coupon-redeemed"], TOLD[1], &["confirmation-redeemed"]];
        scene.expect_told(&id, told).await;
    }

    pub(super) async fn each_task_goes_on_until_it_is_done(scene: &Scene) {
        for task in TASKS {
            scene.faults.plan(task, vec![Fault::Busy; 3]);
        }
        let (_, id) = scene.confirmed().await;
        assert_eq!(scene.read(&id).await["status"], "accepted");
        scene.scrip().advance(RETRIES).await;
        scene.expect_end(&id, "rewarded", "Rewarded").await;
        assert_eq!(TASKS.map(|task| scene.calls(task)), [4; 3]);
        assert!(scene.reward().await.is_some());
    }

    pub(super) async fn a_task_that_fails_for_good_ends_the_execution(scene: &Scene) {
        for (task, stays) in TASKS.into_iter().zip(["accepted", "redeemed", "rewarded"]) {
            scene.faults.plan(task, [Fault::Broken]);
            let (_, id) = scene.confirmed().await;
            scene.expect_failed(&id, "Broken", "a fault of the test").await;
            assert_eq!(scene.read(&id).await["status"], stays, "{task}");
        }
    }

    /// Whatever has failed, half an hour later it is started again, and does what is left.
    pub(super) async fn what_was_not_finished_has_another_chance(scene: &Scene) {
        for task in TASKS {
            scene.faults.plan(task, [Fault::Broken]);
            let (_, id) = scene.confirmed().await;
            scene.expect_failed(&id, "Broken", "a fault of the test").await;
            let [due] = scene.scrip().due(&id).await.try_into().expect("it waits");
            assert_eq!(due["moment"], "unfinished");
            scene.scrip().advance(SECOND_CHANCE).await;
            scene.expect_end(&id, "rewarded", "Rewarded").await;
            scene.expect_nothing_due(&id).await;
            scene.expect_told(&id, TOLD).await;
        }
        assert_eq!(scene.held_of(&scene.club.reward).await.len(), TASKS.len());
    }

    pub(super) async fn what_goes_on_failing_is_put_off_and_done_in_the_end(scene: &Scene) {
        // Three ticks with four tries each, of which the machine is told that they may mend.
        scene.faults.plan("reward-redemption", vec![Fault::Busy; 12]);
        let (_, id) = scene.confirmed().await;
        scene.scrip().advance("PT5M").await;
        scene.expect_failed(&id, "Transient", "").await;
        scene.scrip().advance("PT2H").await;
        scene.expect_end(&id, "rewarded", "Rewarded").await;
        assert_eq!(scene.calls("reward-redemption"), 13);
        scene.expect_nothing_due(&id).await;
    }

    pub(super) async fn what_is_reversed_has_no_second_chance(scene: &Scene) {
        scene.faults.plan("reward-redemption", [Fault::Broken]);
        let (_, id) = scene.confirmed().await;
        scene.expect_failed(&id, "Broken", "a fault of the test").await;
        let server = &scene.club.server;
        server.reverse_confirmation(scene.scrip(), &fresh_key(), &id).await.expect(201);
        scene.expect_nothing_due(&id).await;
        scene.scrip().advance(SECOND_CHANCE).await;
        assert_eq!((scene.calls("reward-redemption"), scene.reward().await), (1, None));
    }

    pub(super) async fn an_answer_that_the_machine_does_not_know_ends_the_execution(scene: &Scene) {
        for task in TASKS {
            scene.faults.plan(task, [Fault::Answer(json!({ "outcome": "lost" }))]);
            let (_, id) = scene.confirmed().await;
            scene.expect_failed(&id, "OutcomeUnknown", r#"{"outcome":"lost"}"#).await;
        }
    }

    pub(super) async fn a_task_whose_answer_was_lost_or_that_came_twice_finds_its_work_done(scene: &Scene) {
        for task in TASKS {
            scene.faults.plan(task, [Fault::LoseAnswer, Fault::Twice]);
        }
        let (_, id) = scene.confirmed().await;
        scene.scrip().advance(RETRIES).await;
        scene.expect_end(&id, "rewarded", "Rewarded").await;
        let before = (scene.read(&id).await, scene.reward().await);
        assert!(before.1.is_some());
        scene.expect_told(&id, TOLD).await;

        // Long after, somebody runs the tasks again, in the wrong order.
        let catalog = scrip_catalog::operations();
        for (task, outcome) in TASKS.into_iter().zip(["redeemed", "rewarded", "rewarded"]).rev() {
            let event = json!({ "redemption": id, "cause": null });
            let answer = scene.faults.send_again(&catalog, task, event).await.expect("an answer");
            assert_eq!(answer, json!({ "outcome": outcome }), "{task}");
        }
        assert_eq!((scene.read(&id).await, scene.reward().await), before);
        scene.expect_told(&id, TOLD).await;
    }

    /// Has a task fail, and takes the confirmation back while it waits to be tried again for the last time.
    async fn reversed_meanwhile(scene: &Scene, task: &'static str, fault: Fault) -> String {
        scene.faults.plan(task, [fault, Fault::Busy, Fault::Busy]);
        let (reserved, id) = scene.confirmed().await;
        assert_eq!(scene.execution(&id).await.status, Status::Running);
        let server = &scene.club.server;
        let reversed = server.reverse_confirmation(scene.scrip(), &fresh_key(), &id).await.expect(201);
        assert_eq!(reversed.body["status"], "reversed");
        scene.scrip().advance(RETRIES).await;
        scene.expect_end(&id, "reversed", "ReversedBefore").await;
        scene.expect_nothing_due(&id).await;
        assert_eq!(scene.read(&id).await, reversed.body);
        let coupon = scene.alice().await.coupon(scene.scrip(), &reserved.coupon).await.expect(200);
        assert_eq!(coupon.body["status"], "pooled");
        id
    }

    pub(super) async fn what_is_reversed_before_the_reward_brings_none(scene: &Scene) {
        let id = reversed_meanwhile(scene, "reward-redemption", Fault::Busy).await;
        assert_eq!(scene.reward().await, None);
        scene.expect_told(&id, [&[], &["redemption-reversed"], &[]]).await;
    }

    pub(super) async fn what_is_reversed_while_the_first_answer_is_lost_is_left_alone(scene: &Scene) {
        let id = reversed_meanwhile(scene, "redeem-confirmation", Fault::LoseAnswer).await;
        assert_eq!((scene.calls("reward-redemption"), scene.reward().await), (0, None));
        scene.expect_told(&id, [&[], &["redemption-reversed"], &[]]).await;
    }

    pub(super) async fn what_is_reversed_before_anybody_is_told_is_left_alone(scene: &Scene) {
        let id = reversed_meanwhile(scene, "notify-redemption", Fault::Busy).await;
        assert_eq!(scene.reward().await.expect("what was the reward")["status"], "revoked");
        scene.expect_told(&id, [&["reward-revoked"], &["redemption-reversed"], &[]]).await;
    }
}
