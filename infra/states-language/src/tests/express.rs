//! Express machines: each start is an execution, and none is known by its name.

use super::*;

const MACHINE: &str = "arn:aws:states:local:000000000000:stateMachine:m";

/// An engine with the machine as an Express one.
fn engine(world: &World, name: &str, definition: &Value) -> Engine {
    let functions = Arc::clone(&world.functions) as Arc<dyn Invoker>;
    let path = world.directory.path().join(name);
    let machines = vec![parse(definition).express()];
    Engine::open(&path, Durability::Full, machines, world.clock.clone(), functions).unwrap()
}

fn done() -> Value {
    machine("Done", json!({ "Done": { "Type": "Succeed", "Output": { "outcome": "done" } } }))
}

fn world(definition: Value) -> World {
    World::new(definition, Functions::new(|_, _, _| Ok(json!({}))))
}

#[tokio::test]
async fn the_same_name_starts_twice() {
    let world = world(done());
    let engine = engine(&world, "express", &done());
    let start = || engine.start("m", Some("bill_1"), &json!({ "moment": "expiry" })).unwrap();
    let (first, second) = (start(), start());
    assert!(first.new && second.new);
    assert_ne!(first.arn, second.arn);
    engine.run_until_idle().await.unwrap();
    let third = start();
    engine.run_until_idle().await.unwrap();

    let named = Filter { name: Some("bill_1".into()), ..Filter::default() };
    let executions = engine.executions(&named).unwrap();
    let arns: Vec<_> = executions.iter().map(|execution| execution.arn.as_str()).collect();
    assert_eq!(arns, [third.arn.as_str(), &second.arn, &first.arn]);
    assert!(executions.iter().all(|execution| execution.status == Status::Succeeded));
    assert!(first.arn.starts_with("arn:aws:states:local:000000000000:express:m:bill_1:"), "{}", first.arn);
    assert_eq!(engine.execution("m", "bill_1").unwrap().unwrap().arn, third.arn);
}

#[tokio::test]
async fn executions_are_neither_described_nor_listed() {
    let world = world(done());
    let engine = engine(&world, "express", &done());
    let arn = engine.start("m", Some("bill_1"), &json!({})).unwrap().arn;
    engine.run_until_idle().await.unwrap();
    let refused = |operation: &str, body: Value| {
        let (status, answer) =
            engine.handle_aws(&format!("AWSStepFunctions.{operation}"), body.to_string().as_bytes());
        assert_eq!(status, 400, "{answer}");
        answer["__type"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("DescribeExecution", json!({ "executionArn": arn })), "InvalidArn");
    let by_name = execution_arn("m", "bill_1");
    assert_eq!(refused("DescribeExecution", json!({ "executionArn": by_name })), "ExecutionDoesNotExist");
    let listed = refused("ListExecutions", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(listed, "StateMachineTypeNotSupported");
}

#[tokio::test]
async fn an_execution_takes_five_minutes_at_most() {
    let wait = json!({ "Wait": { "Type": "Wait", "Seconds": 600, "End": true } });
    let definition = machine("Wait", wait);
    let world = world(definition.clone());
    let engine = engine(&world, "express", &definition);
    engine.start("m", Some("x"), &json!({})).unwrap();
    engine.run_until_idle().await.unwrap();
    let due = engine.next_due().unwrap().unwrap();
    assert_eq!(due.duration_since(world.clock.now()).as_secs(), 300);

    world.clock.advance_to(due);
    engine.run_until_idle().await.unwrap();
    assert_eq!(engine.execution("m", "x").unwrap().unwrap().status, Status::TimedOut);
}

/// An engine that ends, as a process that is killed, has what was acknowledged.
#[tokio::test]
async fn an_execution_outlives_its_engine() {
    let definition = machine("Call", json!({ "Call": task("f", json!({})) }));
    let world = world(definition.clone());
    let first = engine(&world, "express", &definition);
    first.start("m", Some("x"), &json!({ "n": 1 })).unwrap();
    drop(first);

    let second = engine(&world, "express", &definition);
    second.run_until_idle().await.unwrap();
    assert_eq!(second.execution("m", "x").unwrap().unwrap().status, Status::Succeeded);
    assert_eq!(world.functions.calls(), [("f".to_owned(), json!({ "n": 1 }))]);
}
