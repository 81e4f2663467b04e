//! The same confirmation, however often it comes, by however many workers, and with crashes between the steps: one
//! redemption, one reward. Another one of the same code finds it used.

use super::at_once;
use futures::future::join_all;
use scrip_test_support::coupons::{Club, MACHINE, yuan};
use scrip_test_support::webhooks::{WebhookKey, confirm, confirmation};
use scrip_test_support::{Answer, Fault, Faults, Scrip, fresh_key};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const COPIES: usize = 100;
const TOTAL: i64 = 5_000;
const TASKS: [&str; 3] = ["redeem-confirmation", "reward-redemption", "notify-redemption"];
/// Longer than all tries take.
const RETRIES: &str = "PT2H";

struct Scene {
    club: Club,
    key: WebhookKey,
    faults: Faults,
}

impl Scene {
    async fn begin() -> Self {
        let faults = Faults::new();
        let scrip = Scrip::start_with_operations(faults.around(scrip_catalog::operations())).await;
        let club = Club::open_in(scrip, &json!({})).await;
        let key = club.shop.webhook_key(&club.scrip).await;
        Self { club, key, faults }
    }

    /// Has messages be lost, come twice and fail, and each task crash before and after its work.
    fn plan(&self) {
        let often = [Fault::LoseAnswer, Fault::Twice, Fault::Busy, Fault::LoseAnswer];
        self.faults.plan("work-confirmation", often.iter().cycle().take(12).cloned());
        self.faults.plan("start-workflows", [Fault::Twice, Fault::LoseAnswer, Fault::Twice]);
        for task in TASKS {
            self.faults.plan(task, often.clone());
        }
    }

    async fn rewards(&self) -> Vec<Value> {
        let alice = self.club.scrip.user("alice").await;
        let page = self.club.scrip.get(&alice, "/v1/coupons?limit=100").await.expect(200).body;
        let held = page["items"].as_array().expect("items").iter();
        held.filter(|coupon| coupon["campaign"] == self.club.reward.as_str()).cloned().collect()
    }

    async fn read(&self, id: &str) -> Value {
        self.club.server.confirmation(&self.club.scrip, id).await.expect(200).body
    }
}

fn ids(answers: &[Answer]) -> BTreeSet<String> {
    answers.iter().map(|answer| answer.text("id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_100_copies_of_one_confirmation_one_is_redeemed_and_rewarded() {
    let scene = Scene::begin().await;
    let scrip = &scene.club.scrip;
    let reserved = scene.club.reserved().await;
    scene.plan();
    let (event, body) = (fresh_key(), confirmation(&scene.key.merchant, &[&reserved.code], TOTAL));

    let answers = at_once(COPIES, |_| confirm(scrip, &scene.key, &event, &body)).await;

    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    let [id] = ids(&answers).into_iter().collect::<Vec<_>>().try_into().expect("one confirmation");
    scrip.advance(RETRIES).await;
    let execution = scrip.execution(MACHINE, &id).await.expect("an execution");
    assert_eq!(execution.output, Some(json!({ "redemption": id, "outcome": "rewarded" })));
    let done = scene.read(&id).await;
    let rewards = scene.rewards().await;
    assert_eq!((rewards.len(), &done["coupons"][0]["reward"]), (1, &rewards[0]["id"]));
    assert_eq!(done["coupons"][0]["deduction"], yuan(1_000));

    // All tasks at once, again and again, in no order.
    let catalog = scrip_catalog::operations();
    let event = json!({ "redemption": id, "cause": null });
    let again =
        (0..COPIES).map(|index| scene.faults.send_again(&catalog, TASKS[index % TASKS.len()], event.clone()));
    for answer in join_all(again).await {
        let outcome = answer.expect("an answer")["outcome"].clone();
        assert!(["redeemed", "rewarded"].iter().any(|word| outcome == *word), "{outcome}");
    }
    assert_eq!((scene.read(&id).await, scene.rewards().await), (done, rewards));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_confirmations_of_one_code_one_uses_it() {
    let scene = Scene::begin().await;
    let scrip = &scene.club.scrip;
    let reserved = scene.club.reserved().await;
    scene.plan();
    let body = confirmation(&scene.key.merchant, &[&reserved.code], TOTAL);
    let events: Vec<_> = (0..20).map(|_| fresh_key()).collect();

    let answers = at_once(events.len(), |index| confirm(scrip, &scene.key, &events[index], &body)).await;

    let ids = ids(&answers);
    assert_eq!(ids.len(), events.len());
    scrip.advance(RETRIES).await;
    let mut used = Vec::new();
    for id in &ids {
        let done = scene.read(id).await;
        match done["status"].as_str() {
            Some("rewarded") => used.push(done),
            _ => assert_eq!(done["coupons"][0]["reason"], "already-redeemed", "{done}"),
        }
    }
    let rewards = scene.rewards().await;
    assert_eq!((used.len(), rewards.len()), (1, 1));
    assert_eq!(used[0]["coupons"][0]["reward"], rewards[0]["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reversal_and_the_follow_up_meet_in_any_order() {
    let scene = Scene::begin().await;
    let (scrip, server) = (&scene.club.scrip, &scene.club.server);
    let catalog = scrip_catalog::operations();
    // Learns of the functions' world.
    let first = scene.club.reserved().await;
    let body = confirmation(&scene.key.merchant, &[&first.code], TOTAL);
    confirm(scrip, &scene.key, &fresh_key(), &body).await.expect(202);
    scrip.settle().await;
    let before = scene.rewards().await.len();
    for _ in 0..4 {
        let reserved = scene.club.reserved().await;
        let body = confirmation(&scene.key.merchant, &[&reserved.code], TOTAL);
        scene.faults.plan("reward-redemption", [Fault::Broken]);
        let id = confirm(scrip, &scene.key, &fresh_key(), &body).await.expect(202).text("id");
        scrip.settle().await;
        assert_eq!(scene.read(&id).await["status"], "redeemed");
        let event = json!({ "redemption": id, "cause": null });
        let key = fresh_key();
        let reward = scene.faults.send_again(&catalog, "reward-redemption", event);
        let (rewarded, reversed) = futures::join!(reward, server.reverse_confirmation(scrip, &key, &id));
        let outcome = rewarded.expect("an answer")["outcome"].clone();
        reversed.expect(201);
        let rewards = scene.rewards().await;
        let live = rewards.iter().filter(|reward| reward["status"] != "revoked").count();
        assert_eq!(live, before, "{outcome}: {rewards:?}");
        assert_eq!(scene.read(&id).await["status"], "reversed");
    }
}
