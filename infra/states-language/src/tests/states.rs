//! One state type at a time.

use super::*;

#[tokio::test]
async fn pass_hands_its_input_on_or_its_output() {
    let definition = machine(
        "A",
        json!({
            "A": { "Type": "Pass", "Next": "B" },
            "B": { "Type": "Pass", "Output": { "twice": "{% $states.input.n * 2 %}", "literal": "$states.input" }, "End": true },
        }),
    );
    let record = run_pure(definition, json!({ "n": 21 })).await;
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(record.output, Some(json!({ "twice": 42, "literal": "$states.input" })));
    assert_eq!(path(&record), ["A completed", "B completed"]);
    assert_eq!(record.states[0].next.as_deref(), Some("B"));
    assert_eq!(record.states[1].next, None);
}

#[tokio::test]
async fn a_task_has_the_result_of_lambda_invoke() {
    let definition = machine("A", json!({ "A": task("f", json!({ "Output": "{% $states.result %}" })) }));
    let (record, functions) = run(definition, json!({ "a": 1 }), |_, _, _| Ok(json!({ "b": 2 }))).await;
    assert_eq!(functions.calls(), [("f".to_string(), json!({ "a": 1 }))]);
    let result = json!({ "StatusCode": 200, "Payload": { "b": 2 }, "ExecutedVersion": "$LATEST" });
    assert_eq!(record.output, Some(result));
}

#[tokio::test]
async fn a_task_without_payload_gets_an_empty_object_and_hands_on_its_result() {
    let definition = machine(
        "A",
        json!({ "A": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Arguments": { "FunctionName": "{% 'f' & '1' %}" },
        } }),
    );
    let (record, functions) = run(definition, json!(null), |_, _, _| Ok(json!(7))).await;
    assert_eq!(functions.calls(), [("f1".to_string(), json!({}))]);
    assert_eq!(record.output.unwrap()["Payload"], 7);
}

#[tokio::test]
async fn choice_takes_the_first_rule_that_holds() {
    let definition = machine(
        "C",
        json!({
            "C": {
                "Type": "Choice",
                "Choices": [
                    { "Condition": "{% $states.input.n > 100 %}", "Next": "Big", "Output": "big" },
                    { "Condition": "{% $states.input.n > 10 %}", "Next": "Middle", "Assign": { "m": "{% $states.input.n %}" } },
                ],
                "Default": "Small", "Assign": { "m": 0 }, "Output": "small",
            },
            "Big": { "Type": "Succeed" },
            "Middle": { "Type": "Succeed", "Output": "{% $m %}" },
            "Small": { "Type": "Pass", "Output": "{% [$states.input, $m] %}", "End": true },
        }),
    );
    for (n, output, exit) in [
        (1000, json!("big"), Exit::Choice(0)),
        (50, json!(50), Exit::Choice(1)),
        (5, json!(["small", 0]), Exit::Default),
    ] {
        let record = run_pure(definition.clone(), json!({ "n": n })).await;
        assert_eq!(record.output, Some(output), "{n}");
        assert_eq!(record.states[0].exit, Some(exit), "{n}");
    }
}

#[tokio::test]
async fn a_choice_without_match_or_boolean_fails() {
    let rule = |condition: &str| {
        machine(
            "C",
            json!({
                "C": { "Type": "Choice", "Choices": [{ "Condition": condition, "Next": "S" }] },
                "S": { "Type": "Succeed" },
            }),
        )
    };
    for (condition, error) in [
        ("{% false %}", "States.NoChoiceMatched"),
        ("{% 1 %}", "States.QueryEvaluationError"),
        ("{% $states.input.nothing %}", "States.QueryEvaluationError"),
    ] {
        let record = run_pure(rule(condition), json!({})).await;
        assert_eq!((record.status, record.error.as_deref()), (Status::Failed, Some(error)), "{condition}");
        assert_eq!(path(&record), ["C failed"]);
    }
}

#[tokio::test]
async fn fail_ends_with_its_error_and_cause() {
    let fail = |fields: Value| {
        let mut state = json!({ "Type": "Fail" });
        fields.as_object().unwrap().iter().for_each(|(name, value)| state[name] = value.clone());
        machine("F", json!({ "F": state }))
    };
    let record = run_pure(
        fail(json!({ "Error": "Refused", "Cause": "{% 'code ' & $states.input.code %}" })),
        json!({ "code": 7 }),
    )
    .await;
    assert_eq!(record.status, Status::Failed);
    assert_eq!((record.error.as_deref(), record.cause.as_deref()), (Some("Refused"), Some("code 7")));
    assert_eq!(record.output, None);
    let record = run_pure(fail(json!({})), json!(null)).await;
    assert_eq!((record.status, record.error, record.cause), (Status::Failed, None, None));
}

#[tokio::test]
async fn wait_ends_at_its_moment_and_not_before() {
    let at = Clock::standing().now() + scrip_clock::SignedDuration::from_hours(2);
    for (wait, input, hours) in [
        (json!({ "Seconds": 7200 }), json!({}), 2),
        (json!({ "Seconds": "{% $states.input.hours * 3600 %}" }), json!({ "hours": 3 }), 3),
        (json!({ "Timestamp": at.to_string() }), json!({}), 2),
        (json!({ "Timestamp": "{% $states.input.until %}" }), json!({ "until": at.to_string() }), 2),
    ] {
        let mut state = json!({ "Type": "Wait", "End": true });
        wait.as_object().unwrap().iter().for_each(|(name, value)| state[name] = value.clone());
        let world = World::new(machine("W", json!({ "W": state })), Functions::new(|_, _, _| unreachable!()));
        world.start("x", input);
        world.engine.run_until_idle().await.unwrap();
        let due = world.engine.next_due().unwrap().unwrap();
        let ahead = due.duration_since(world.clock.now()).as_secs();
        assert!((hours * 3600 - 60..=hours * 3600).contains(&ahead), "{wait}: {ahead}");

        world.clock.advance_to(due - scrip_clock::SignedDuration::from_mins(1));
        world.engine.run_until_idle().await.unwrap();
        assert_eq!(path(&world.record("x")), ["W active"], "{wait}");

        world.clock.advance_to(due);
        world.engine.run_until_idle().await.unwrap();
        let record = world.record("x");
        assert_eq!(record.status, Status::Succeeded);
        assert!(record.stopped.unwrap() >= due);
        assert_eq!(world.engine.next_due().unwrap(), None);
    }
}

#[tokio::test]
async fn a_wait_for_nonsense_fails_and_one_for_the_past_does_not_wait() {
    for (wait, error) in [
        (json!({ "Seconds": "{% 'soon' %}" }), true),
        (json!({ "Seconds": "{% 1.5 %}" }), true),
        (json!({ "Seconds": "{% -1 %}" }), true),
        (json!({ "Timestamp": "{% 'tomorrow' %}" }), true),
        (json!({ "Timestamp": "2020-01-01T00:00:00Z" }), false),
        (json!({ "Seconds": 0 }), false),
    ] {
        let mut state = json!({ "Type": "Wait", "End": true });
        wait.as_object().unwrap().iter().for_each(|(name, value)| state[name] = value.clone());
        let world = World::new(machine("W", json!({ "W": state })), Functions::new(|_, _, _| unreachable!()));
        world.start("x", json!({}));
        world.engine.run_until_idle().await.unwrap();
        let record = world.record("x");
        assert_eq!(record.status, if error { Status::Failed } else { Status::Succeeded }, "{wait}");
        assert_eq!(record.error.as_deref(), error.then_some("States.QueryEvaluationError"), "{wait}");
    }
}

#[test]
fn a_machine_tells_its_states_branches_and_functions() {
    let machine = parse(&machine(
        "P",
        json!({
            "P": { "Type": "Parallel", "Next": "C", "Branches": [{ "StartAt": "T", "States": { "T": task("f", json!({
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "F" }] })), "F": { "Type": "Fail" } } }] },
            "C": { "Type": "Choice", "Choices": [{ "Condition": "{% true %}", "Next": "S" }], "Default": "S" },
            "S": { "Type": "Succeed" },
        }),
    ));
    assert_eq!(machine.states().into_iter().collect::<Vec<_>>(), ["C", "F", "P", "S", "T"]);
    assert_eq!(machine.functions().into_iter().collect::<Vec<_>>(), ["f"]);
    let branches: Vec<_> =
        machine.branches().into_iter().map(|it| format!("{} {}", it.state, it.exit)).collect();
    assert_eq!(
        branches,
        ["C choice-0", "C default", "F failed", "P completed", "S completed", "T completed", "T catch-0"]
    );
    for branch in machine.branches() {
        assert_eq!(branch.exit.to_string().parse(), Ok(branch.exit));
    }
}
