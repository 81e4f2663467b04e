//! What is due is started and done, however often it is looked for, and so is what a written item starts.

use super::coupons;
use super::scene::Scene;
use futures::future::join_all;
use scrip_states_language::Filter;
use scrip_test_support::coupons::MACHINE;
use scrip_test_support::{Bill, Fault, Scrip};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const BILLS: usize = 300;

/// How many executions of a machine there were for each item.
fn executions(scrip: &Scrip, machine: &str) -> BTreeMap<String, usize> {
    let filter = Filter { machine: Some(machine.to_owned()), most: Some(1_000), ..Filter::default() };
    let executions = scrip.running().engine().executions(&filter).unwrap();
    executions.into_iter().fold(BTreeMap::new(), |mut counts, execution| {
        *counts.entry(execution.name).or_default() += 1;
        counts
    })
}

#[tokio::test]
async fn what_is_due_at_once_is_all_done_within_a_minute() {
    let scene = Scene::begin().await;
    let bills: Vec<Bill> = join_all((0..BILLS).map(|_| scene.open(json!({ "effective_for": "PT2H" })))).await;
    let last = scene.until(bills.last().expect("a bill")).await;

    scene.scrip.reach(last).await;
    scene.advance("PT1M").await;

    let executions = executions(&scene.scrip, "bill-expiry");
    for bill in &bills {
        assert_eq!(executions.get(&bill.id), Some(&1));
        assert_eq!(scene.status(bill).await, "expired");
        scene.expect_nothing_due(bill).await;
    }
    assert_eq!(scene.calls("expire-bill"), BILLS);
    assert!(scene.calls("start-due") <= 3, "{} ticks", scene.calls("start-due"));
}

#[tokio::test]
async fn a_week_takes_as_many_ticks_as_it_holds_moments() {
    let scene = Scene::begin().await;
    let mut bills = Vec::new();
    for hours in [150, 3, 70] {
        bills.push(scene.open_with_items(json!({ "effective_for": format!("PT{hours}H") })).await);
    }
    scene.advance("P7D").await;

    for bill in &bills {
        assert_eq!(scene.status(bill).await, "unpaid");
    }
    assert_eq!(scene.calls("start-due"), 6, "one for the end of each bill's time, one for that of its grace");
    let told = |function: &str| {
        let events = scene.faults.events(function).into_iter();
        events.map(|event| event["bill"].as_str().expect("a bill").to_owned()).collect::<Vec<_>>()
    };
    let in_order = [&bills[1].id, &bills[2].id, &bills[0].id];
    assert_eq!(told("expire-bill").iter().collect::<Vec<_>>(), in_order);
    assert_eq!(told("lapse-bill").iter().collect::<Vec<_>>(), in_order);
}

#[tokio::test]
async fn a_look_that_fails_or_comes_twice_loses_and_doubles_nothing() {
    let scene = Scene::begin().await;
    let faults = [
        Fault::Busy,
        Fault::Without("MACHINE_BILL_EXPIRY"),
        Fault::LoseAnswer,
        Fault::Twice,
        Fault::Without("SLOT_SHARDS"),
    ];
    scene.faults.plan("start-due", faults);
    let bills = [scene.open(json!({})).await, scene.open_with_items(json!({})).await];
    scene.advance("PT2H10M").await;

    assert_eq!(scene.status(&bills[0]).await, "expired");
    assert_eq!(scene.told_user(&bills[1]).await, ["bill-verification-requested"]);
    let event = scene.faults.events("start-due").pop().expect("a tick");
    for _ in 0..3 {
        let again = scene.faults.send_again(&scrip_catalog::operations(), "start-due", event.clone()).await;
        let none = json!({ "started": 0, "put_off": 0, "failed": 0, "left": 0 });
        assert_eq!(again.expect("an answer"), none);
    }
    scene.advance("PT10M").await;
    assert_eq!(scene.told_user(&bills[1]).await, ["bill-verification-requested", "bill-unpaid"]);
}

/// A shard that grows: what lies in one of before is still found.
#[tokio::test]
async fn what_lies_in_any_shard_is_found() {
    let scene = Scene::begin().await;
    let bills = join_all((0..40).map(|_| scene.open(json!({})))).await;
    let due = scene.scrip.raw(reqwest::Method::GET, "/local/due", &[], Vec::new()).await.expect(200).body;
    assert_eq!(due["items"].as_array().expect("items").len(), bills.len());
    let table = scene.scrip.table("BillsTable").await;
    let client = aws_sdk_dynamodb::Client::new(&scene.scrip.aws());
    let scan = client.scan().table_name(table).send().await.expect("items");
    let slots: BTreeSet<_> =
        scan.items().iter().filter_map(|item| item.get("slot")?.as_s().ok().cloned()).collect();
    assert!(slots.len() > 1, "{slots:?}");

    scene.advance("PT2H2M").await;
    for bill in &bills {
        assert_eq!(scene.status(bill).await, "expired");
        scene.expect_nothing_due(bill).await;
    }
}

#[tokio::test]
async fn what_happens_to_a_bill_before_it_is_due_starts_nothing() {
    let scene = Scene::begin().await;
    let bill = scene.open_with_items(json!({})).await;
    bill.ask(&scene.scrip, &scene.alice().await).await.expect(201);
    scene.verify(&bill).await;
    scene.advance("PT24H").await;
    scene.expect_left_alone(&bill).await;
    assert_eq!((scene.calls("start-due"), scene.calls("expire-bill")), (0, 0));
}

#[tokio::test]
async fn each_share_is_followed_up_once_however_often_its_record_is_delivered() {
    let scene = coupons::Scene::begin().await;
    // The stream itself delivers again what it believes to have failed, in whole or in halves.
    let faults = [Fault::LoseAnswer, Fault::Twice, Fault::Busy, Fault::LoseAnswer, Fault::Twice];
    scene.faults.plan("start-workflows", faults);
    let mut used = Vec::new();
    for _ in 0..5 {
        used.push(scene.verified().await.text("id"));
    }
    scene.scrip().advance("PT10M").await;
    let names = || executions(scene.scrip(), MACHINE).into_keys().collect::<BTreeSet<_>>();
    let all: BTreeSet<String> = used.iter().cloned().collect();
    assert_eq!(names(), all);
    let records = |event: &Value| event["Records"].as_array().expect("records").len();
    let delivered: usize = scene.faults.events("start-workflows").iter().map(records).sum();
    assert!(delivered > used.len(), "{delivered} records were delivered");

    // A record may even come after all is done: an Express machine is started again, and finds it done.
    for event in scene.faults.events("start-workflows") {
        let again = scene.faults.send_again(&scrip_catalog::operations(), "start-workflows", event).await;
        assert_eq!(again.expect("a report"), json!({ "batchItemFailures": [] }));
    }
    scene.scrip().settle().await;
    assert_eq!(names(), all);
    for id in &used {
        scene.expect_nothing_due(id).await;
    }
    assert_eq!(scene.held_of(&scene.club.reward).await.len(), used.len());
}
