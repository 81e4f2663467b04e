//! Whole executions, feature by feature. Time is advanced, never slept.

// Values are written in place with `json!`; a reference to each would only be noise.
#![allow(clippy::needless_pass_by_value)]

mod aws;
mod branches;
mod data;
mod durability;
mod errors;
mod express;
mod refused;
mod scheduling;
mod states;

use crate::*;
use futures::FutureExt;
use scrip_clock::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// What a function answers: its name, its payload, and how often it was called before.
type Behaviour = dyn Fn(&str, &Value, usize) -> Result<Value, TaskError> + Send + Sync;

/// Functions that answer at once, and remember their calls.
struct Functions {
    behaviour: Box<Behaviour>,
    calls: Mutex<Vec<(String, Value)>>,
}

impl Functions {
    fn new(
        behaviour: impl Fn(&str, &Value, usize) -> Result<Value, TaskError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { behaviour: Box::new(behaviour), calls: Mutex::default() })
    }

    fn calls(&self) -> Vec<(String, Value)> {
        self.calls.lock().unwrap().clone()
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        self.calls().into_iter().fold(BTreeMap::new(), |mut counts, (function, _)| {
            *counts.entry(function).or_default() += 1;
            counts
        })
    }
}

impl Invoker for Functions {
    fn invoke(&self, function: String, payload: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        let mut calls = self.calls.lock().unwrap();
        let before = calls.iter().filter(|(name, _)| *name == function).count();
        let answer = (self.behaviour)(&function, &payload, before);
        calls.push((function, payload));
        async move { answer }.boxed()
    }
}

fn failed<T>(error: &str) -> Result<T, TaskError> {
    Err(TaskError { error: error.into(), cause: "because".into() })
}

/// A machine of these states.
fn machine(start_at: &str, states: Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": start_at, "States": states })
}

fn parse(definition: &Value) -> Machine {
    Machine::parse("m", &definition.to_string()).unwrap()
}

struct World {
    directory: TempDir,
    clock: Clock,
    functions: Arc<Functions>,
    definition: Value,
    engine: Engine,
}

impl World {
    fn new(definition: Value, functions: Arc<Functions>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::standing();
        let engine = open(&directory, &definition, &clock, &functions);
        Self { directory, clock, functions, definition, engine }
    }

    /// The engine dies, with whatever was in flight, and another one opens the file.
    fn restart(self) -> Self {
        let Self { directory, clock, functions, definition, engine } = self;
        drop(engine);
        let engine = open(&directory, &definition, &clock, &functions);
        Self { directory, clock, functions, definition, engine }
    }

    fn start(&self, name: &str, input: Value) -> Started {
        self.engine.start("m", Some(name), &input).unwrap()
    }

    /// Runs until nothing is left to come, moving the clock to each moment that something waits for.
    async fn finish(&self) {
        loop {
            self.engine.run_until_idle().await.unwrap();
            let Some(due) = self.engine.next_due().unwrap() else { return };
            self.clock.advance_to(due);
        }
    }

    fn record(&self, name: &str) -> ExecutionRecord {
        self.engine.execution("m", name).unwrap().unwrap()
    }
}

fn open(directory: &TempDir, definition: &Value, clock: &Clock, functions: &Arc<Functions>) -> Engine {
    let functions = Arc::clone(functions) as Arc<dyn Invoker>;
    let machines = vec![parse(definition)];
    Engine::open(&directory.path().join("workflows"), Durability::Fast, machines, clock.clone(), functions)
        .unwrap()
}

/// Runs one execution to its end.
async fn run(
    definition: Value,
    input: Value,
    behaviour: impl Fn(&str, &Value, usize) -> Result<Value, TaskError> + Send + Sync + 'static,
) -> (ExecutionRecord, Arc<Functions>) {
    let world = World::new(definition, Functions::new(behaviour));
    world.start("x", input);
    world.finish().await;
    (world.record("x"), world.functions)
}

/// Runs one execution without functions to its end.
async fn run_pure(definition: Value, input: Value) -> ExecutionRecord {
    run(definition, input, |name, _, _| panic!("{name} was called")).await.0
}

/// A task that calls the function of the same name with the state's input.
fn task(function: &str, more: Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
        "Output": "{% $states.result.Payload %}",
    });
    for (name, value) in more.as_object().unwrap() {
        task[name] = value.clone();
    }
    if task.get("Next").is_none() {
        task["End"] = json!(true);
    }
    task
}

/// The states a record names, with how they were left.
fn path(record: &ExecutionRecord) -> Vec<String> {
    record
        .states
        .iter()
        .map(|state| {
            format!("{} {}", state.state, state.exit.map_or("active".into(), |exit| exit.to_string()))
        })
        .collect()
}
