//! The operations of the catalog as functions, each with what the template gives it.

use crate::aws::request_id;
use crate::error::StartError;
use futures::FutureExt;
use futures::future::BoxFuture;
use scrip_function::{EventError, Level, Line, Measures, Operation, World};
use scrip_http::{GatewayContext, Request, Response};
use scrip_queues::Consumer;
use scrip_refusal::{Code, Failure};
use scrip_sam::Application;
use scrip_states_language::{Invoker, TaskError};
use scrip_store::Meter;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::task::JoinError;

/// What Lambda reports of a function that takes too long.
const TIMED_OUT: &str = "Sandbox.Timedout";
/// What Lambda reports of a function that panics.
const CRASHED: &str = "Runtime.ExitError";

/// All functions by name; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Functions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    deployed: RwLock<BTreeMap<String, Deployed>>,
    events: AtomicU64,
}

struct Deployed {
    arn: String,
    operation: Operation,
    world: Arc<World>,
    timeout: Duration,
}

/// How an invocation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvocationError {
    /// As a state machine's `ErrorEquals` names it.
    pub(crate) error_type: String,
    pub(crate) message: String,
}

impl Functions {
    /// Deploys the template's functions. Only then can they be invoked, each for `patience` times its timeout.
    ///
    /// # Errors
    /// The template names an operation that the catalog doesn't have.
    pub(crate) fn deploy(
        &self,
        application: &Application,
        operations: Vec<Operation>,
        patience: u32,
        world: impl Fn(&'static str, &BTreeMap<String, String>) -> World,
    ) -> Result<(), StartError> {
        let mut catalog: BTreeMap<&str, Operation> =
            operations.into_iter().map(|operation| (operation.name, operation)).collect();
        let mut deployed = BTreeMap::new();
        for spec in &application.functions {
            let operation = catalog.remove(spec.name.as_str()).ok_or_else(|| {
                let why = format!("{}: no operation of the catalog is named {}", spec.logical_id, spec.name);
                StartError::Wiring(why)
            })?;
            let entry = Deployed {
                arn: spec.arn.clone(),
                world: Arc::new(world(operation.name, &spec.environment)),
                operation,
                timeout: Duration::from_secs(spec.timeout_seconds.into()) * patience,
            };
            deployed.insert(spec.name.clone(), entry);
        }
        *self.0.deployed.write().unwrap_or_else(PoisonError::into_inner) = deployed;
        Ok(())
    }

    /// Takes all functions away. They hold the services, and the services hold them: this lets both go.
    pub(crate) fn retire(&self) {
        self.0.deployed.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Answers a request. A function that panics or takes too long answers with a fault.
    pub(crate) async fn serve(&self, name: &str, request: Request) -> Response {
        let request_id =
            GatewayContext::of(&request).map_or_else(String::new, |told| told.request_id.clone());
        let fault = |why: String| Response::of(Err(Failure::Broken(why).into()), &request_id);
        let Some((operation, world, timeout)) = self.find(name) else {
            return fault(format!("no function is named {name}"));
        };
        let started = Instant::now();
        let log = (operation.name, world.clone());
        let invocation = async move { operation.serve(&world, request, started + timeout).await };
        match bounded(timeout, invocation).await {
            Ok(response) => response,
            Err(error) => {
                tell(&log.1, log.0, &request_id, &[], Some(500), started, &error);
                fault(error.message)
            }
        }
    }

    /// Hands a function an event, and counts it. It is named by its name or its ARN.
    pub(crate) async fn invoke(&self, name: &str, event: Value) -> Result<Value, InvocationError> {
        self.0.events.fetch_add(1, Ordering::SeqCst);
        self.ask(name, event).await
    }

    /// Hands a function an event that changes nothing.
    pub(crate) async fn ask(&self, name: &str, event: Value) -> Result<Value, InvocationError> {
        let (operation, world, timeout) = self.find(name).ok_or_else(|| InvocationError {
            error_type: "Lambda.ResourceNotFoundException".into(),
            message: format!("no function is named {name}"),
        })?;
        let started = Instant::now();
        let id = request_id();
        let log = (operation.name, world.clone(), id.clone(), operation.causes(&event));
        let invocation = async move { operation.handle(&world, event, &id, started + timeout).await };
        match bounded(timeout, invocation).await {
            Ok(answer) => answer.map_err(InvocationError::from),
            Err(error) => {
                tell(&log.1, log.0, &log.2, &log.3, None, started, &error);
                Err(error)
            }
        }
    }

    /// How many events were handed to functions. Streams, queues and workflows reach each other through these alone.
    pub(crate) fn events(&self) -> u64 {
        self.0.events.load(Ordering::SeqCst)
    }

    fn find(&self, name: &str) -> Option<(Operation, Arc<World>, Duration)> {
        let all = self.0.deployed.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(name).or_else(|| all.values().find(|deployed| deployed.arn == name))?;
        Some((found.operation.clone(), found.world.clone(), found.timeout))
    }
}

/// Runs an invocation in a task of its own: it ends even if whoever waits for it goes away, as on Lambda.
async fn bounded<T: Send + 'static>(
    timeout: Duration,
    invocation: impl Future<Output = T> + Send + 'static,
) -> Result<T, InvocationError> {
    let task = tokio::spawn(tokio::time::timeout(timeout, invocation));
    match task.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(InvocationError {
            error_type: TIMED_OUT.into(),
            message: format!("the function did not answer within {} s", timeout.as_secs()),
        }),
        Err(error) => Err(InvocationError { error_type: CRASHED.into(), message: crash(error) }),
    }
}

/// Writes the line of an invocation that did not come to its own.
fn tell(
    world: &World,
    operation: &str,
    request_id: &str,
    causes: &[String],
    status: Option<u16>,
    started: Instant,
    error: &InvocationError,
) {
    world.log.write(&Line {
        level: Level::Error,
        time: world.clock.now(),
        environment: world.environment.name(),
        request_id,
        causes,
        operation,
        principal: "none",
        outcome: Code::Internal.as_str(),
        status,
        measures: Some(Measures { duration: started.elapsed(), store: &Meter::default() }),
        counts: &[],
        reason: None,
        detail: Some(&error.to_string()),
    });
}

fn crash(error: JoinError) -> String {
    let panic = error.try_into_panic().ok();
    let text = panic.as_ref().and_then(|panic| {
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
    });
    format!("the function panicked: {}", text.unwrap_or("for no reason that it told"))
}

impl From<EventError> for InvocationError {
    fn from(error: EventError) -> Self {
        Self { error_type: error.error_type.to_owned(), message: error.message }
    }
}

impl Invoker for Functions {
    fn invoke(&self, function: String, payload: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        let functions = self.clone();
        async move {
            functions.invoke(&function, payload).await.map_err(|InvocationError { error_type, message }| {
                // Step Functions hands on the function's error document as the cause.
                let cause = json!({ "errorType": error_type, "errorMessage": message }).to_string();
                TaskError { error: error_type, cause }
            })
        }
        .boxed()
    }
}

impl Consumer for Functions {
    fn invoke(&self, function: String, event: Value) -> BoxFuture<'static, Result<Value, String>> {
        let functions = self.clone();
        async move { functions.invoke(&function, event).await.map_err(|error| error.to_string()) }.boxed()
    }
}

impl std::fmt::Display for InvocationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}
