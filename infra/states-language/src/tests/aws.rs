//! The Step Functions API.

use super::*;

fn call(engine: &Engine, operation: &str, body: &Value) -> (u16, Value) {
    engine.handle_aws(&format!("AWSStepFunctions.{operation}"), body.to_string().as_bytes())
}

fn world() -> World {
    let definition = machine(
        "C",
        json!({
            "C": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input.ok %}", "Next": "S" }], "Default": "F" },
            "S": { "Type": "Succeed", "Output": { "done": true } },
            "F": { "Type": "Fail", "Error": "No", "Cause": "not ok" },
        }),
    );
    World::new(definition, Functions::new(|_, _, _| unreachable!()))
}

const MACHINE: &str = "arn:aws:states:local:000000000000:stateMachine:m";

#[tokio::test]
async fn an_execution_is_started_and_described() {
    let world = world();
    let engine = &world.engine;
    let start = json!({ "stateMachineArn": MACHINE, "name": "a", "input": "{\"ok\": true}" });
    let (status, started) = call(engine, "StartExecution", &start);
    assert_eq!(status, 200);
    let arn = "arn:aws:states:local:000000000000:execution:m:a";
    assert_eq!(started["executionArn"], arn);
    let date = started["startDate"].as_f64().unwrap();
    let milliseconds = world.record("a").started.as_millisecond();
    assert_eq!(format!("{date:.3}"), format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000));
    assert_eq!(
        call(engine, "StartExecution", &start),
        (200, started.clone()),
        "while it runs, the same start is the same"
    );

    let (_, running) = call(engine, "DescribeExecution", &json!({ "executionArn": arn }));
    assert_eq!(running["status"], "RUNNING");
    assert!(running.get("stopDate").is_none() && running.get("output").is_none());

    world.finish().await;
    let (status, mut described) = call(engine, "DescribeExecution", &json!({ "executionArn": arn }));
    assert_eq!(status, 200);
    assert!(described["stopDate"].take().is_f64());
    assert_eq!(
        described,
        json!({
            "executionArn": arn, "stateMachineArn": MACHINE, "name": "a", "status": "SUCCEEDED",
            "startDate": started["startDate"], "stopDate": null,
            "input": "{\"ok\":true}", "inputDetails": { "included": true },
            "output": "{\"done\":true}", "outputDetails": { "included": true },
        })
    );
    assert_eq!(call(engine, "StartExecution", &start).1["__type"], "ExecutionAlreadyExists");
}

#[tokio::test]
async fn executions_are_listed_newest_first_in_pages() {
    let world = world();
    for index in 0..5 {
        world.start(&format!("e{index}"), json!({ "ok": index % 2 == 0 }));
    }
    world.finish().await;
    let names = |answer: &Value| -> Vec<String> {
        answer["executions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap().into())
            .collect()
    };
    let (_, first) =
        call(&world.engine, "ListExecutions", &json!({ "stateMachineArn": MACHINE, "maxResults": 3 }));
    assert_eq!(names(&first), ["e4", "e3", "e2"]);
    let next = json!({ "stateMachineArn": MACHINE, "maxResults": 3, "nextToken": first["nextToken"] });
    let (_, last) = call(&world.engine, "ListExecutions", &next);
    assert_eq!(names(&last), ["e1", "e0"]);
    assert!(last.get("nextToken").is_none());
    let failed = json!({ "stateMachineArn": MACHINE, "statusFilter": "FAILED" });
    assert_eq!(names(&call(&world.engine, "ListExecutions", &failed).1), ["e3", "e1"]);
    let aborted = json!({ "stateMachineArn": MACHINE, "statusFilter": "ABORTED" });
    assert_eq!(names(&call(&world.engine, "ListExecutions", &aborted).1), [""; 0]);
    let arn = execution_arn("m", "e1");
    let (_, described) = call(&world.engine, "DescribeExecution", &json!({ "executionArn": arn }));
    assert_eq!((&described["error"], &described["cause"]), (&json!("No"), &json!("not ok")));
}

#[tokio::test]
async fn refusals_carry_the_exceptions_name() {
    let world = world();
    world.start("taken", json!({ "ok": true }));
    let unknown = "arn:aws:states:local:000000000000:stateMachine:unknown";
    let nowhere = execution_arn("m", "nowhere");
    for (operation, body, name) in [
        ("StartExecution", json!({ "stateMachineArn": unknown }), "StateMachineDoesNotExist"),
        ("StartExecution", json!({ "stateMachineArn": "m" }), "InvalidArn"),
        ("StartExecution", json!({ "stateMachineArn": MACHINE, "name": "a b" }), "InvalidName"),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "name": "a", "input": "{" }),
            "InvalidExecutionInput",
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "name": "taken", "input": "{}" }),
            "ExecutionAlreadyExists",
        ),
        ("StartExecution", json!({}), "ValidationException"),
        ("DescribeExecution", json!({ "executionArn": nowhere }), "ExecutionDoesNotExist"),
        ("DescribeExecution", json!({ "executionArn": "nowhere" }), "InvalidArn"),
        ("ListExecutions", json!({ "stateMachineArn": unknown }), "StateMachineDoesNotExist"),
        ("ListExecutions", json!({ "stateMachineArn": MACHINE, "nextToken": "x" }), "InvalidToken"),
        ("ListExecutions", json!({ "stateMachineArn": MACHINE, "statusFilter": "x" }), "ValidationException"),
        ("StopExecution", json!({}), "UnknownOperationException"),
    ] {
        let (status, answer) = call(&world.engine, operation, &body);
        assert_eq!((status, answer["__type"].as_str()), (400, Some(name)), "{operation} {body}: {answer}");
        assert!(answer["message"].is_string());
    }
    let (status, started) = call(&world.engine, "StartExecution", &json!({ "stateMachineArn": MACHINE }));
    assert_eq!(status, 200);
    assert_eq!(started["executionArn"].as_str().unwrap().rsplit(':').next().unwrap().len(), 36);
}
