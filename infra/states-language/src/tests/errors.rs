//! Retry, Catch and timeouts.

use super::*;

fn retried(retry: Value) -> Value {
    machine("T", json!({ "T": task("f", json!({ "Retry": retry })) }))
}

#[tokio::test]
async fn a_task_is_retried_with_growing_delays() {
    for (retry, seconds) in [
        (json!({ "IntervalSeconds": 1000, "BackoffRate": 2, "MaxAttempts": 3 }), 7000),
        (json!({ "IntervalSeconds": 1000, "BackoffRate": 1.5, "MaxAttempts": 3 }), 4750),
        (
            json!({ "IntervalSeconds": 1000, "BackoffRate": 3, "MaxAttempts": 3, "MaxDelaySeconds": 4000 }),
            8000,
        ),
    ] {
        let mut retry = retry;
        retry["ErrorEquals"] = json!(["Busy"]);
        let (record, functions) = run(retried(json!([retry])), json!({}), |_, _, calls| {
            if calls < 3 { failed("Busy") } else { Ok(json!("done")) }
        })
        .await;
        assert_eq!(record.output, Some(json!("done")));
        assert_eq!(functions.calls().len(), 4);
        assert_eq!(path(&record), ["T completed"]);
        let took = record.stopped.unwrap().duration_since(record.started).as_secs();
        assert!((seconds..seconds + 60).contains(&took), "{retry}: {took}");
    }
}

#[tokio::test]
async fn jitter_shortens_delays_but_never_prolongs_them() {
    let retry = json!([{ "ErrorEquals": ["Busy"], "IntervalSeconds": 100_000, "BackoffRate": 1, "MaxAttempts": 20, "JitterStrategy": "FULL" }]);
    let (record, functions) = run(retried(retry), json!({}), |_, _, _| failed("Busy")).await;
    assert_eq!(functions.calls().len(), 21);
    let took = record.stopped.unwrap().duration_since(record.started).as_secs();
    assert!(took < 20 * 100_000, "twenty delays without any jitter: {took}");
    assert!(took > 100_000, "twenty delays that were hardly any: {took}");
}

#[tokio::test]
async fn each_retrier_counts_for_itself_and_none_is_asked_for_other_errors() {
    let retry = json!([
        { "ErrorEquals": ["Busy"], "MaxAttempts": 2 },
        { "ErrorEquals": ["Never"], "MaxAttempts": 0 },
        { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 },
    ]);
    for (errors, calls, error) in [
        (vec!["Busy", "Busy", "Busy"], 3, "Busy"),
        (vec!["Never"], 1, "Never"),
        (vec!["Other", "Other"], 2, "Other"),
        (vec!["Busy", "Other", "Busy", "Other"], 4, "Other"),
    ] {
        let expected = errors.len();
        let (record, functions) = run(retried(retry.clone()), json!({}), move |_, _, before| {
            failed(errors.get(before).copied().unwrap_or("End"))
        })
        .await;
        assert_eq!((functions.calls().len(), record.error.as_deref()), (calls, Some(error)));
        assert_eq!(calls, expected);
        assert_eq!(record.cause.as_deref(), Some("because"));
    }
}

#[tokio::test]
async fn a_state_that_is_entered_again_has_all_its_attempts_again() {
    let retry = json!([{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }]);
    let definition = machine(
        "T",
        json!({
            "T": task("f", json!({ "Retry": retry, "Next": "C" })),
            "C": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input < 3 %}", "Next": "T" }], "Default": "S" },
            "S": { "Type": "Succeed" },
        }),
    );
    let (record, functions) =
        run(
            definition,
            json!(0),
            |_, _, before| {
                if before % 2 == 0 { failed("Busy") } else { Ok(json!(before)) }
            },
        )
        .await;
    assert_eq!(functions.calls().len(), 4);
    assert_eq!(path(&record), ["T completed", "C choice-0", "T completed", "C default", "S completed"]);
}

#[tokio::test]
async fn the_retry_count_is_told_and_arguments_are_evaluated_anew() {
    let definition = machine(
        "T",
        json!({ "T": task("f", json!({
            "Arguments": { "FunctionName": "f", "Payload": "{% $states.context.State.RetryCount %}" },
            "Retry": [{ "ErrorEquals": ["States.TaskFailed"] }],
        })) }),
    );
    let (_, functions) =
        run(definition, json!({}), |_, _, before| if before < 2 { failed("E") } else { Ok(json!(1)) }).await;
    let payloads: Vec<_> = functions.calls().into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(payloads, [json!(0), json!(1), json!(2)]);
}

#[tokio::test]
async fn the_first_catcher_that_matches_takes_the_error() {
    let definition = machine(
        "T",
        json!({
            "T": task("f", json!({
                "Assign": { "seen": "no error" },
                "Catch": [
                    { "ErrorEquals": ["A", "B"], "Next": "Plain" },
                    { "ErrorEquals": ["States.TaskFailed"], "Next": "Shaped", "Assign": { "seen": "{% $states.errorOutput.Error %}" },
                      "Output": { "error": "{% $states.errorOutput %}", "input": "{% $states.input %}" } },
                ],
            })),
            "Plain": { "Type": "Succeed" },
            "Shaped": { "Type": "Pass", "Output": "{% $merge([$states.input, { 'seen': $seen }]) %}", "End": true },
        }),
    );
    for (error, output, exit) in [
        ("B", json!({ "Error": "B", "Cause": "because" }), Exit::Catch(0)),
        (
            "C",
            json!({ "error": { "Error": "C", "Cause": "because" }, "input": { "i": 1 }, "seen": "C" }),
            Exit::Catch(1),
        ),
    ] {
        let (record, _) = run(definition.clone(), json!({ "i": 1 }), move |_, _, _| failed(error)).await;
        assert_eq!((record.output, record.states[0].exit), (Some(output), Some(exit)));
    }
}

#[tokio::test]
async fn errors_of_a_tasks_own_expressions_are_retried_and_caught() {
    let definition = machine(
        "T",
        json!({
            "T": task("f", json!({
                "Output": "{% $states.result.Payload.missing %}",
                "Retry": [{ "ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1 }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "S", "Output": "{% $states.errorOutput.Error %}" }],
            })),
            "S": { "Type": "Succeed" },
        }),
    );
    let (record, functions) = run(definition, json!({}), |_, _, _| Ok(json!({}))).await;
    assert_eq!(functions.calls().len(), 2);
    assert_eq!(record.output, Some(json!("States.QueryEvaluationError")));
}

/// A function that never answers.
struct Silent;

impl Invoker for Silent {
    fn invoke(&self, _: String, _: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        std::future::pending().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_times_out() {
    for (error, caught) in [("States.Timeout", true), ("States.ALL", true), ("States.TaskFailed", false)] {
        let directory = tempfile::tempdir().unwrap();
        let definition = machine(
            "T",
            json!({
                "T": task("f", json!({ "TimeoutSeconds": "{% 5 + 5 %}", "Catch": [{ "ErrorEquals": [error], "Next": "S" }] })),
                "S": { "Type": "Succeed" },
            }),
        );
        let path = directory.path().join("workflows");
        let engine = Engine::open(
            &path,
            Durability::Fast,
            vec![parse(&definition)],
            Clock::standing(),
            Arc::new(Silent),
        )
        .unwrap();
        engine.start("m", Some("x"), &json!({})).unwrap();
        let before = tokio::time::Instant::now();
        engine.run_until_idle().await.unwrap();
        assert_eq!(before.elapsed().as_secs(), 10);
        let record = engine.execution("m", "x").unwrap().unwrap();
        assert_eq!(record.status == Status::Succeeded, caught, "{error}");
        assert!(caught || record.error.as_deref() == Some("States.Timeout"));
    }
}

#[tokio::test]
async fn a_machine_that_takes_too_long_times_out() {
    let mut definition = machine(
        "P",
        json!({ "P": { "Type": "Parallel", "End": true,
            "Retry": [{ "ErrorEquals": ["States.ALL"] }],
            "Branches": [{ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 7200, "End": true } } }] } }),
    );
    definition["TimeoutSeconds"] = json!(3600);
    let record = run_pure(definition, json!({})).await;
    assert_eq!((record.status, record.error.as_deref()), (Status::TimedOut, Some("States.Timeout")));
    let took = record.stopped.unwrap().duration_since(record.started).as_secs();
    assert!((3600..3660).contains(&took), "{took}");
    assert_eq!(path(&record), ["P stopped", "W stopped"]);
}

/// A function whose first call panics.
struct Panics(std::sync::atomic::AtomicUsize);
impl Invoker for Panics {
    fn invoke(&self, _: String, _: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        assert!(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0, "the first call panics");
        async { Ok(json!("fine")) }.boxed()
    }
}

#[tokio::test]
async fn a_function_that_panics_has_failed() {
    let definition = machine(
        "T",
        json!({ "T": task("f", json!({ "Retry": [{ "ErrorEquals": ["Lambda.Unknown"], "MaxAttempts": 1 }] })) }),
    );
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing();
    let panics = Arc::new(Panics(0.into()));
    let path = directory.path().join("workflows");
    let engine =
        Engine::open(&path, Durability::Fast, vec![parse(&definition)], clock.clone(), panics).unwrap();
    engine.start("m", Some("x"), &json!({})).unwrap();
    engine.run_until_idle().await.unwrap();
    clock.advance_to(engine.next_due().unwrap().unwrap());
    engine.run_until_idle().await.unwrap();
    assert_eq!(engine.execution("m", "x").unwrap().unwrap().output, Some(json!("fine")));
}
