use super::bench::{Probe, hours, put, start};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn records_are_handed_on_once_and_then_removed() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let client = running.dynamodb();
    let table = running.table();
    let keys: Vec<String> = (0..2_000).map(|number| format!("k{number:04}")).collect();
    for key in &keys {
        put(&client, &table, key).await;
    }
    // A change of what is there is passed over by the filter.
    put(&client, &table, &keys[0]).await;
    running.settle().await.unwrap();
    assert_eq!(probe.batches.lock().unwrap().concat(), keys);
    assert_eq!(running.stream_records(&table).await.unwrap(), 1, "the last one stays, to count on from");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_stream_was() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let first = Probe::new();
    let running = start(first, Some(&data)).await;
    put(&running.dynamodb(), &running.table(), "before").await;
    running.settle().await.unwrap();
    first.refuse("stuck");
    put(&running.dynamodb(), &running.table(), "stuck").await;
    put(&running.dynamodb(), &running.table(), "behind").await;
    running.settle().await.unwrap();
    running.shutdown().await;

    let second = Probe::new();
    let running = start(second, Some(&data)).await;
    running.settle().await.unwrap();
    assert_eq!(second.batches.lock().unwrap().concat(), ["stuck", "behind"]);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_record_is_given_up_and_the_others_are_not() {
    let probe = Probe::new();
    probe.refuse("bad");
    let running = start(probe, None).await;
    let client = running.dynamodb();
    let table = running.table();
    for key in ["a", "b", "bad", "c", "d"] {
        put(&client, &table, key).await;
    }
    running.settle().await.unwrap();
    running.advance(hours(1)).await.unwrap();

    let batches = probe.batches.lock().unwrap().clone();
    let seen: BTreeSet<String> = batches.concat().into_iter().collect();
    assert_eq!(seen, ["a", "b", "bad", "c", "d"].map(str::to_owned).into());
    let alone = batches.iter().filter(|batch| *batch == &["bad"]).count();
    assert_eq!(alone, 4, "once and 3 retries: {batches:?}");
    let times = |key: &str, beside_bad: bool| {
        let holds = |batch: &&Vec<String>, key: &str| batch.iter().any(|held| held == key);
        batches.iter().filter(|batch| holds(batch, key) && (beside_bad || !holds(batch, "bad"))).count()
    };
    for key in ["a", "b"] {
        assert_eq!(times(key, true), 1, "{key} was done with before: {batches:?}");
    }
    for key in ["c", "d"] {
        assert_eq!(times(key, false), 1, "{key} had its turn without the bad one: {batches:?}");
    }
    let messages = running.sqs().receive_message().queue_url(running.queue("Failures")).send().await.unwrap();
    let body: serde_json::Value = serde_json::from_str(messages.messages()[0].body().unwrap()).unwrap();
    assert_eq!(body["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(body["DDBStreamBatchInfo"]["batchSize"], 1);
    assert!(!body.to_string().contains("bad"), "it tells where the record is, not what it holds");
    running.shutdown().await;
}
