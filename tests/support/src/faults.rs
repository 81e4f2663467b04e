//! Faults at the boundary of functions: what Lambda, a stream or a network does to an invocation. The functions
//! themselves are those of the catalog.

use scrip_function::{Environment, EventError, Invocation, Operation, Outcome, Trigger, World};
use scrip_refusal::Failure;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const TIME_SECONDS: u64 = 30;

/// What happens to one invocation.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It does not take place; trying again may help.
    Busy,
    /// It does not take place, and never will.
    Broken,
    /// It takes place, but the answer is lost.
    LoseAnswer,
    /// It takes place twice; the second answer counts.
    Twice,
    /// Something else is answered in its place.
    Answer(Value),
    /// It takes place without this variable, as if nobody had configured it yet.
    Without(&'static str),
}

/// Faults that are planned for functions of one system, and what was seen of their invocations.
#[derive(Clone, Copy)]
pub struct Faults(&'static Mutex<BTreeMap<&'static str, Seen>>);

#[derive(Default)]
struct Seen {
    planned: VecDeque<Fault>,
    events: Vec<Value>,
    /// Whether an invocation failed in a way that another may mend, and there was another.
    retried: bool,
    was_busy: bool,
    world: Option<Arc<World>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// No faults yet. What is seen is kept for as long as the process runs.
    pub fn new() -> Self {
        Self(Box::leak(Box::default()))
    }

    /// The same operations, of which those that take events meet the faults that are planned for them.
    pub fn around(self, operations: Vec<Operation>) -> Vec<Operation> {
        operations.into_iter().map(|operation| self.wrap(operation)).collect()
    }

    fn wrap(self, operation: Operation) -> Operation {
        if matches!(operation.trigger, Trigger::Http | Trigger::Authorizer) {
            return operation;
        }
        let operation: &'static Operation = Box::leak(Box::new(operation));
        let Operation { name, summary, trigger, .. } = operation;
        Operation::event(name, summary, *trigger, move |invocation: Invocation, event: Value| async move {
            self.invoke(operation, invocation, event).await
        })
    }

    /// Has the next invocations of a function meet these faults, one each.
    pub fn plan(&self, function: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.seen().entry(function).or_default().planned.extend(faults);
    }

    /// The events that a function was sent.
    pub fn events(&self, function: &str) -> Vec<Value> {
        self.seen().get(function).map(|seen| seen.events.clone()).unwrap_or_default()
    }

    /// The functions that failed in a way that another invocation may mend, and were invoked again.
    pub fn retried(&self) -> Vec<&'static str> {
        self.seen().iter().filter(|(_, seen)| seen.retried).map(|(name, _)| *name).collect()
    }

    /// Sends a function of the catalog an event once more.
    pub async fn send_again(
        &self,
        catalog: &[Operation],
        name: &str,
        event: Value,
    ) -> Result<Value, EventError> {
        let world = self.seen().get(name).and_then(|seen| seen.world.clone()).expect("it was invoked before");
        let operation = catalog.iter().find(|operation| operation.name == name);
        let operation = operation.expect("an operation of the catalog");
        operation.handle(&world, event, "again", deadline()).await
    }

    async fn invoke(self, operation: &Operation, invocation: Invocation, event: Value) -> Outcome<Value> {
        let fault = self.begin(operation.name, &invocation, &event);
        let world = match &fault {
            Some(Fault::Without(variable)) => Arc::new(without(&invocation.world, variable)),
            _ => invocation.world.clone(),
        };
        let real = |event: Value| async {
            let answer = operation.handle(&world, event, &invocation.request_id, deadline()).await;
            answer.map_err(|EventError { error_type, message }| match error_type {
                "Transient" => Failure::Busy(message),
                _ => Failure::Broken(message),
            })
        };
        let answer = match fault {
            None | Some(Fault::Without(_)) => real(event).await,
            Some(Fault::Busy) => Err(Failure::Busy("a fault of the test".into())),
            Some(Fault::Broken) => Err(Failure::Broken("a fault of the test".into())),
            Some(Fault::Answer(answer)) => Ok(answer),
            Some(Fault::Twice) => match real(event.clone()).await {
                Ok(_) => real(event).await,
                failed => failed,
            },
            Some(Fault::LoseAnswer) => match real(event).await {
                Ok(_) => Err(Failure::Busy("the answer was lost".into())),
                failed => failed,
            },
        };
        self.seen().entry(operation.name).or_default().was_busy = matches!(answer, Err(Failure::Busy(_)));
        answer
    }

    fn begin(self, name: &'static str, invocation: &Invocation, event: &Value) -> Option<Fault> {
        let mut all = self.seen();
        let seen = all.entry(name).or_default();
        seen.events.push(event.clone());
        seen.retried |= seen.was_busy;
        seen.world = Some(invocation.world.clone());
        seen.planned.pop_front()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<&'static str, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same world, in which a variable is missing.
fn without(world: &World, variable: &str) -> World {
    let mut variables = world.environment.variables().clone();
    variables.remove(variable);
    let (clock, keyring) = (world.clock.clone(), world.keyrings().cloned());
    let (aws, fetch, log) = (world.aws.clone(), world.fetch.clone(), world.log.clone());
    let mut other = World::new(Environment::new(variables), clock, keyring, aws, fetch, log);
    other.attempt = world.attempt;
    other
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(TIME_SECONDS)
}
