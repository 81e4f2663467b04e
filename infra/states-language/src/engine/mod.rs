//! The engine's handle: opening, starting, reading.

mod driver;
mod record;
mod work;

pub use record::{ExecutionRecord, StateRecord};
use work::Board;

use crate::expression::uuid;
use crate::failure::{TaskError, fits};
use crate::interpreter::Continuation;
use crate::limits::NAME_MAX_CHARACTERS;
use crate::machine::{Branch, Machine};
use crate::storage::{Durability, New, Status, Store, Stored};
use futures::future::BoxFuture;
use scrip_clock::{Clock, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{error, fmt};
use tokio::sync::Notify;

/// Calls the functions that tasks name.
///
/// A task is called at least once: a call that was in flight when the process ended is made again, with the same
/// payload, when the engine is opened again.
pub trait Invoker: Send + Sync + 'static {
    /// Calls a function, named as in the definition's `FunctionName`, with the task's payload.
    fn invoke(&self, function: String, payload: Value) -> BoxFuture<'static, Result<Value, TaskError>>;
}

/// The engine could not do its work: the file cannot be read or written.
#[derive(Debug)]
pub struct EngineError(pub(crate) String);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow engine: {}", self.0)
    }
}

impl error::Error for EngineError {}

impl From<rusqlite::Error> for EngineError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for EngineError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Why an execution was not started.
#[derive(Debug)]
pub enum StartError {
    /// There is no machine of this name.
    NoSuchMachine,
    /// The name is not 1 to 80 of the permitted characters.
    InvalidName,
    /// The input is too large or nests too deep; the text says which.
    InvalidInput(String),
    /// The name belongs to an execution that has another input or has ended.
    AlreadyExists,
    /// The start could not be stored.
    Engine(EngineError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchMachine => f.write_str("there is no such state machine"),
            Self::InvalidName => f.write_str("the execution's name is not valid"),
            Self::InvalidInput(reason) => f.write_str(reason),
            Self::AlreadyExists => f.write_str("an execution of this name exists"),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl error::Error for StartError {}

impl From<EngineError> for StartError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// An execution that was started, now or by an earlier equal start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub arn: String,
    pub started: Timestamp,
    /// Whether this call started it.
    pub new: bool,
}

/// Which executions to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this machine.
    pub machine: Option<String>,
    /// Only those of this name.
    pub name: Option<String>,
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only those older than the one with this [`ExecutionRecord::number`].
    pub before: Option<i64>,
    /// At most this many; never more than [`LIST_MAX_EXECUTIONS`](crate::limits::LIST_MAX_EXECUTIONS).
    pub most: Option<u32>,
}

/// The workflow engine. Clones share everything.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    clock: Clock,
    invoker: Arc<dyn Invoker>,
    /// The machines that can be started, with the id of their definition.
    machines: BTreeMap<String, (i64, Arc<Machine>)>,
    /// Definitions by id: also older ones, for the executions that were started with them.
    definitions: Mutex<BTreeMap<i64, Arc<Machine>>>,
    store: Mutex<Store>,
    board: Mutex<Board>,
    /// Held during a batch of turns, so that only one caller at a time runs them.
    turn: Mutex<()>,
    changed: Notify,
}

/// A lock that a panic elsewhere does not take away: what it guards is replaced or committed as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Opens or creates the file at `path`. Executions that were running go on when the engine is driven.
    ///
    /// # Errors
    /// When the file cannot be used, or another engine has it open.
    pub fn open(
        path: &Path,
        durability: Durability,
        machines: Vec<Machine>,
        clock: Clock,
        invoker: Arc<dyn Invoker>,
    ) -> Result<Self, EngineError> {
        let mut store = Store::open(path, durability)?;
        let mut startable = BTreeMap::new();
        let mut definitions = BTreeMap::new();
        for machine in machines {
            let id = store.definition(machine.name(), machine.definition())?;
            let machine = Arc::new(machine);
            definitions.insert(id, Arc::clone(&machine));
            if let Some((_, twice)) = startable.insert(machine.name().to_owned(), (id, machine)) {
                return Err(EngineError(format!("two machines are named {}", twice.name())));
            }
        }
        Ok(Self(Arc::new(Inner {
            clock,
            invoker,
            machines: startable,
            definitions: Mutex::new(definitions),
            store: Mutex::new(store),
            board: Mutex::new(Board::default()),
            turn: Mutex::new(()),
            changed: Notify::new(),
        })))
    }

    /// Starts an execution; it is stored when this returns. Without a name it gets a random one.
    ///
    /// As Step Functions does for Standard workflows: a start with the name and input of a running execution is that
    /// execution, and any other reuse of a name is refused (API reference, `StartExecution`). Each start of an Express
    /// workflow is an execution of its own.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(&self, machine: &str, name: Option<&str>, input: &Value) -> Result<Started, StartError> {
        let inner = &self.0;
        let (definition, machine) = inner.machines.get(machine).ok_or(StartError::NoSuchMachine)?;
        let name = name.map_or_else(uuid, str::to_owned);
        if !is_execution_name(&name) {
            return Err(StartError::InvalidName);
        }
        fits(input, "The input")
            .map_err(|failure| StartError::InvalidInput(failure.cause.unwrap_or_default()))?;
        let text = input.to_string();
        let now = inner.clock.now();
        let continuation = Continuation::start(machine, input.clone(), now.as_millisecond());
        let continuation = serde_json::to_string(&continuation).map_err(EngineError::from)?;
        let run = if machine.is_express() { uuid() } else { String::new() };
        let arn = arn_of(machine.name(), &name, &run);
        let new = New {
            machine: machine.name(),
            name: &name,
            run: &run,
            definition: *definition,
            input: &text,
            continuation: &continuation,
            now: now.as_millisecond(),
        };
        let mut store = lock(&inner.store);
        if store.insert(&new)? {
            drop(store);
            self.wake();
            return Ok(Started { arn, started: now, new: true });
        }
        match store.find(machine.name(), &name)? {
            Some(Stored { status: Status::Running, input: existing, started, .. })
                if serde_json::from_str::<Value>(&existing).is_ok_and(|existing| existing == *input) =>
            {
                Ok(Started { arn, started: timestamp(started), new: false })
            }
            _ => Err(StartError::AlreadyExists),
        }
    }

    /// The newest executions that pass the filter.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn executions(&self, filter: &Filter) -> Result<Vec<ExecutionRecord>, EngineError> {
        let store = lock(&self.0.store);
        store.list(filter)?.into_iter().map(|stored| ExecutionRecord::of(stored, &store)).collect()
    }

    /// The newest execution of this name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn execution(&self, machine: &str, name: &str) -> Result<Option<ExecutionRecord>, EngineError> {
        let store = lock(&self.0.store);
        store.find(machine, name)?.map(|stored| ExecutionRecord::of(stored, &store)).transpose()
    }

    /// The earliest moment at which an execution goes on by itself: a Wait, a retry or a machine's timeout. It may be
    /// past when the engine has not run since.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_due(&self) -> Result<Option<Timestamp>, EngineError> {
        Ok(lock(&self.0.store).next_due()?.map(timestamp))
    }

    /// Every way in which a state was ever left, by machine: compare with [`Machine::branches`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn states_taken(&self) -> Result<BTreeSet<(String, Branch)>, EngineError> {
        let exits = lock(&self.0.store).exits()?;
        Ok(exits.into_iter().map(|(machine, state, exit)| (machine, Branch { state, exit })).collect())
    }

    /// The machines that can be started.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.0.machines.values().map(|(_, machine)| &**machine)
    }
}

fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What Step Functions lets a name hold (API reference, `StartExecution`, `name`).
fn is_execution_name(name: &str) -> bool {
    let permitted = |character: char| {
        !character.is_whitespace()
            && !character.is_control()
            && !r##"<>{}[]?*"#\%^|~`$&,;:/"##.contains(character)
            && !matches!(character, '\u{fffe}' | '\u{ffff}')
    };
    (1..=NAME_MAX_CHARACTERS).contains(&name.chars().count()) && name.chars().all(permitted)
}

pub fn execution_arn(machine: &str, name: &str) -> String {
    format!("arn:aws:states:local:000000000000:execution:{machine}:{name}")
}

/// The ARN of an execution, whose run tells it apart from others of its name if it is of an Express machine.
pub(crate) fn arn_of(machine: &str, name: &str, run: &str) -> String {
    if run.is_empty() {
        return execution_arn(machine, name);
    }
    format!("arn:aws:states:local:000000000000:express:{machine}:{name}:{run}")
}

pub fn machine_arn(machine: &str) -> String {
    format!("arn:aws:states:local:000000000000:stateMachine:{machine}")
}

#[cfg(test)]
impl Engine {
    /// Makes every write fail, as on a full disk.
    pub(crate) fn break_writes(&self, broken: bool) {
        lock(&self.0.store).pragma("query_only", broken);
    }

    /// Makes the continuation of an execution unreadable.
    pub(crate) fn damage(&self, name: &str) {
        lock(&self.0.store).damage(name);
    }
}
