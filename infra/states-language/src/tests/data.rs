//! Assign, `$states`, functions of expressions, limits of values.

use super::*;

#[tokio::test]
async fn assign_sees_the_values_from_before() {
    let definition = machine(
        "A",
        json!({
            "A": { "Type": "Pass", "Assign": { "x": 3, "a": 6 }, "Next": "B" },
            "B": { "Type": "Pass", "Assign": { "x": "{% $a %}", "nextX": "{% $x %}" }, "Output": "{% $x %}", "Next": "C" },
            "C": { "Type": "Pass", "Output": { "x": "{% $x %}", "nextX": "{% $nextX %}", "in": "{% $states.input %}" }, "End": true },
        }),
    );
    let record = run_pure(definition, json!({})).await;
    assert_eq!(record.output, Some(json!({ "x": 6, "nextX": 3, "in": 3 })));
}

#[tokio::test]
async fn the_context_tells_execution_state_and_machine() {
    let definition =
        machine("A", json!({ "A": { "Type": "Pass", "Output": "{% $states.context %}", "End": true } }));
    let record = run_pure(definition, json!({ "k": [1] })).await;
    let started = format!("{:.3}", record.started);
    let entered = format!("{:.3}", record.states[0].entered);
    assert_eq!(
        record.output,
        Some(json!({
            "Execution": { "Id": record.arn, "Name": "x", "Input": { "k": [1] }, "StartTime": started },
            "State": { "Name": "A", "EnteredTime": entered, "RetryCount": 0 },
            "StateMachine": { "Id": "arn:aws:states:local:000000000000:stateMachine:m", "Name": "m" },
        }))
    );
}

#[tokio::test]
async fn what_a_value_cannot_be_is_a_query_evaluation_error() {
    for expression in [
        "$states.input.missing",
        "$",
        "missing",
        "1 / 0",
        "{ 'a': 1 / 0 }",
        "$sum",
        "[function($x) { $x }]",
        "'a' + 1",
        "$error('no')",
        "$parse('{')",
        "$partition([1], 0)",
        "$range(1, 10000, 1)",
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "[1..10000000]",
    ] {
        let output = format!("{{% {expression} %}}");
        let definition = machine("A", json!({ "A": { "Type": "Pass", "Output": output, "End": true } }));
        let record = run_pure(definition, json!({ "n": 1 })).await;
        assert_eq!(
            record.error.as_deref(),
            Some("States.QueryEvaluationError"),
            "{expression}: {:?}",
            record.output
        );
        assert!(record.cause.unwrap().contains("Output"), "{expression}");
    }
}

#[tokio::test]
async fn values_survive_expressions() {
    for (expression, value) in [
        ("$states.input.missing = 1", json!(false)),
        ("{ 'a': $states.input.missing, 'b': null }", json!({ "b": null })),
        ("[]", json!([])),
        ("9007199254740991", json!(9_007_199_254_740_991_i64)),
        ("0.1", json!(0.1)),
        ("-2.0", json!(-2)),
        ("$states.input.list[n > 1].n", json!([2, 3])),
        ("$states.input.list[n = 2].n", json!(2)),
        ("$map($states.input.list, function($v, $i) { $v.n * $i })", json!([0, 2, 6])),
        ("$partition([1, 2, 3], 2)", json!([[1, 2], [3]])),
        ("$range(0, 10, 5)", json!([0, 5, 10])),
        ("$range(3, 1, -1)", json!([3, 2, 1])),
        ("$parse('{\"a\": [true]}')", json!({ "a": [true] })),
        ("$length($uuid())", json!(36)),
        ("$uuid() = $uuid()", json!(false)),
        ("$now() = $fromMillis($millis())", json!(true)),
    ] {
        let output = format!("{{% {expression} %}}");
        let definition = machine("A", json!({ "A": { "Type": "Pass", "Output": output, "End": true } }));
        let record = run_pure(definition, json!({ "list": [{ "n": 1 }, { "n": 2 }, { "n": 3 }] })).await;
        assert_eq!(record.output, Some(value), "{expression}: {:?}", record.cause);
    }
}

#[tokio::test]
async fn now_is_the_platforms_clock() {
    let world = World::new(
        machine(
            "W",
            json!({
                "W": { "Type": "Wait", "Seconds": 86_400, "Next": "A" },
                "A": { "Type": "Pass", "Output": "{% [$millis(), $toMillis($now())] %}", "End": true },
            }),
        ),
        Functions::new(|_, _, _| unreachable!()),
    );
    let started = world.start("x", json!({})).started.as_millisecond();
    world.finish().await;
    let output = world.record("x").output.unwrap();
    assert!(output[0].as_i64().unwrap() >= started + 86_400_000, "{output}");
    assert_eq!(output[0], output[1]);
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_fails() {
    let large = |kilobytes: usize| format!("{{% $pad('', {}, 'a') %}}", kilobytes * 1024);
    let pass = |output: &str| machine("A", json!({ "A": { "Type": "Pass", "Output": output, "End": true } }));
    assert_eq!(run_pure(pass(&large(255)), json!({})).await.status, Status::Succeeded);
    assert_eq!(
        run_pure(pass(&large(257)), json!({})).await.error.as_deref(),
        Some("States.DataLimitExceeded")
    );

    let definition =
        machine("A", json!({ "A": { "Type": "Pass", "Assign": { "v": large(257) }, "End": true } }));
    assert_eq!(run_pure(definition, json!({})).await.error.as_deref(), Some("States.DataLimitExceeded"));

    let deep = "{% $reduce([1..200], function($v, $i) { [[$v]] }) %}";
    assert_eq!(run_pure(pass(deep), json!({})).await.error.as_deref(), Some("States.QueryEvaluationError"));

    let catch = |error: &str| json!({ "Catch": [{ "ErrorEquals": [error], "Next": "Caught" }] });
    for (error, caught) in
        [("States.ALL", false), ("States.TaskFailed", false), ("States.DataLimitExceeded", true)]
    {
        let definition = machine(
            "T",
            json!({ "T": task("f", catch(error)), "Caught": { "Type": "Succeed", "Output": "caught" } }),
        );
        let (record, _) = run(definition, json!({}), |_, _, _| Ok(json!("a".repeat(300_000)))).await;
        assert_eq!(record.output.is_some(), caught, "{error}");
    }

    let world = World::new(pass("{% 1 %}"), Functions::new(|_, _, _| unreachable!()));
    let refused = world.engine.start("m", Some("x"), &json!("a".repeat(300_000)));
    assert!(matches!(refused, Err(StartError::InvalidInput(_))));
}

#[tokio::test]
async fn an_endless_loop_ends() {
    let definition = machine(
        "A",
        json!({
            "A": { "Type": "Pass", "Next": "C" },
            "C": { "Type": "Choice", "Choices": [{ "Condition": false, "Next": "S" }], "Default": "A" },
            "S": { "Type": "Succeed" },
        }),
    );
    let record = run_pure(definition, json!({})).await;
    assert_eq!(record.error.as_deref(), Some("States.Runtime"));
    assert_eq!(record.states.len(), 25_000);
}
