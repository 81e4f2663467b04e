//! A written item starts its workflow once, however often the stream tells of it.

use super::scene::Scene;
use futures::future::join_all;
use scrip_states_language::{Filter, Status};
use scrip_test_support::{Bill, Fault};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const BILLS: usize = 100;

async fn open_bills(scene: &Scene) -> Vec<Bill> {
    join_all((0..BILLS).map(|_| scene.open(json!({})))).await
}

/// The names of all executions, and whether they stand so.
fn names(scene: &Scene, status: Status) -> Vec<String> {
    let executions = scene.scrip.running().engine().executions(&Filter::default()).unwrap();
    assert!(executions.iter().all(|execution| execution.status == status), "{executions:#?}");
    executions.into_iter().map(|execution| execution.name).collect()
}

#[track_caller]
fn expect_one_each(names: &[String], bills: &[Bill]) {
    assert_eq!(names.len(), bills.len());
    let (names, bills): (BTreeSet<&str>, BTreeSet<&str>) =
        (names.iter().map(String::as_str).collect(), bills.iter().map(|bill| bill.id.as_str()).collect());
    assert_eq!(names, bills);
}

#[tokio::test]
async fn each_bill_has_one_execution_however_often_its_record_is_delivered() {
    let scene = Scene::begin().await;
    // The stream itself delivers again what it believes to have failed, in whole or in halves.
    scene.faults.plan(
        "start-workflows",
        [Fault::LoseAnswer, Fault::Twice, Fault::Busy, Fault::LoseAnswer, Fault::Twice],
    );
    let bills = open_bills(&scene).await;
    scene.advance("PT10M").await;
    expect_one_each(&names(&scene, Status::Running), &bills);
    let delivered: usize =
        scene.faults.events("start-workflows").iter().map(|event| records(event).len()).sum();
    assert!(delivered > BILLS, "{delivered} records were delivered");

    let again = |event: Value| async {
        let done =
            scene.faults.send_again(&scrip_catalog::operations(), "start-workflows", event).await.unwrap();
        assert_eq!(done, json!({ "batchItemFailures": [] }));
    };
    for event in scene.faults.events("start-workflows") {
        again(event).await;
    }
    expect_one_each(&names(&scene, Status::Running), &bills);
    scene.advance("PT2H").await;
    expect_one_each(&names(&scene, Status::Succeeded), &bills);

    // A record may even come after the execution has ended.
    for event in scene.faults.events("start-workflows") {
        again(event).await;
    }
    expect_one_each(&names(&scene, Status::Succeeded), &bills);
    assert_eq!(scene.calls("expire-bill"), BILLS);
    for bill in &bills {
        assert_eq!(scene.status(bill).await, "expired");
    }
}

#[tokio::test]
async fn what_happens_to_a_bill_later_starts_nothing() {
    let scene = Scene::begin().await;
    let bill = scene.open_with_items(json!({})).await;
    bill.ask(&scene.scrip, &scene.alice().await).await.expect(201);
    scene.verify(&bill).await;
    scene.advance("PT24H").await;
    assert_eq!(names(&scene, Status::Succeeded), [bill.id.as_str()]);
    assert_eq!((scene.calls("start-workflows"), scene.calls("expire-bill")), (1, 1));
}

fn records(event: &Value) -> &Vec<Value> {
    event["Records"].as_array().expect("records")
}
