//! One batch of turns: what is due and what was answered, stored in one commit, then acted on.

use super::{Engine, EngineError, Inner, lock};
use crate::engine::{arn_of, machine_arn};
use crate::failure::{Failure, RUNTIME, TIMEOUT, TaskError};
use crate::interpreter::{Answers, Continuation, Facts, TaskCall, Verdict};
use crate::limits::COMMIT_MAX_EXECUTIONS;
use crate::machine::Machine;
use crate::storage::{Commit, Saved, Store, Stored};
use futures::FutureExt;
use scrip_clock::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// An execution and a task of it.
type TaskId = (i64, u64);

/// The calls that are under way. Nothing here needs to survive: it follows from the continuations.
#[derive(Default)]
pub(crate) struct Board {
    /// Called, and the answer not yet stored.
    in_flight: HashSet<TaskId>,
    /// Answers that wait to be stored.
    answers: VecDeque<(TaskId, Result<Value, TaskError>)>,
}

impl Board {
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }
}

impl Engine {
    /// Runs one batch. `false` when nothing was to be done. Must be called within a runtime.
    pub(crate) fn batch(&self) -> Result<bool, EngineError> {
        let inner = &self.0;
        let _turn = lock(&inner.turn);
        let now = inner.clock.now();
        let answered: Vec<_> = {
            let mut board = lock(&inner.board);
            let most = board.answers.len().min(COMMIT_MAX_EXECUTIONS);
            board.answers.drain(..most).collect()
        };
        match inner.store_turns(&answered, now) {
            Ok(None) => Ok(false),
            Ok(Some(calls)) => {
                let mut board = lock(&inner.board);
                for (task, _) in &answered {
                    board.in_flight.remove(task);
                }
                for (task, call) in calls.into_iter().map(|(execution, call)| ((execution, call.id), call)) {
                    if board.in_flight.insert(task) {
                        tokio::spawn(call_task(Arc::downgrade(inner), task, inner.invocation(call)));
                    }
                }
                Ok(true)
            }
            Err(error) => {
                // Nothing was stored: the answers wait for the next attempt, in their old order.
                let mut board = lock(&inner.board);
                answered.into_iter().rev().for_each(|answer| board.answers.push_front(answer));
                Err(error)
            }
        }
    }

    /// Whether calls are under way or answers wait.
    pub(crate) fn is_idle(&self) -> bool {
        lock(&self.0.board).is_idle()
    }
}

impl Inner {
    /// Stores the turns of all executions that are due or answered, in one commit; the tasks that must then be in flight.
    fn store_turns(
        &self,
        answered: &[(TaskId, Result<Value, TaskError>)],
        now: Timestamp,
    ) -> Result<Option<Vec<(i64, TaskCall)>>, EngineError> {
        let mut store = lock(&self.store);
        let mut work: BTreeMap<i64, Answers> = BTreeMap::new();
        for ((execution, task), answer) in answered {
            work.entry(*execution).or_default().insert(*task, answer.clone());
        }
        for execution in store.due(now.as_millisecond(), COMMIT_MAX_EXECUTIONS)? {
            work.entry(execution).or_default();
        }
        if work.is_empty() {
            return Ok(None);
        }
        let mut turns = Vec::with_capacity(work.len());
        for (id, answers) in work {
            if let Some(stored) = store.running(id)? {
                let machine = self.machine(stored.definition, &store);
                turns.push(turn(stored, machine, answers, now));
            }
        }
        let is_express = turns.iter().all(|(saved, _)| saved.is_express);
        let commit = if is_express { Commit::Express } else { Commit::Lasting };
        store
            .write(commit, |transaction| turns.iter().try_for_each(|(saved, _)| saved.write(transaction)))?;
        Ok(Some(
            turns
                .into_iter()
                .flat_map(|(saved, calls)| calls.into_iter().map(move |call| (saved.id, call)))
                .collect(),
        ))
    }

    /// The machine of a definition, as it was when the execution started.
    fn machine(&self, definition: i64, store: &Store) -> Result<Arc<Machine>, String> {
        let mut definitions = lock(&self.definitions);
        if let Some(machine) = definitions.get(&definition) {
            return Ok(Arc::clone(machine));
        }
        let (name, text) = store.definition_text(definition).map_err(|error| error.to_string())?;
        let machine = Arc::new(Machine::parse(&name, &text).map_err(|invalid| invalid.to_string())?);
        definitions.insert(definition, Arc::clone(&machine));
        Ok(machine)
    }

    fn invocation(&self, call: TaskCall) -> impl Future<Output = Result<Value, TaskError>> + Send + 'static {
        let invoker = Arc::clone(&self.invoker);
        async move {
            let timeout = call.timeout_seconds;
            // A task's timeout is real time, as its work is, whatever the clock tells.
            // The function is called inside the future, so that a panic of the call itself is caught as well.
            let answer = AssertUnwindSafe(async move { invoker.invoke(call.function, call.payload).await })
                .catch_unwind();
            let answer = match timeout {
                Some(seconds) => tokio::time::timeout(Duration::from_secs(seconds), answer).await,
                None => Ok(answer.await),
            };
            match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(error("Lambda.Unknown", "The function panicked")),
                Err(_) => Err(error(TIMEOUT, "The task took longer than its TimeoutSeconds")),
            }
        }
    }
}

fn error(name: &str, cause: &str) -> TaskError {
    TaskError { error: name.into(), cause: cause.into() }
}

/// Waits for an answer and hands it in. The engine is held weakly: a call does not keep a closed engine open.
async fn call_task(
    engine: Weak<Inner>,
    task: TaskId,
    answer: impl Future<Output = Result<Value, TaskError>>,
) {
    let answer = answer.await;
    if let Some(inner) = engine.upgrade() {
        lock(&inner.board).answers.push_back((task, answer));
        inner.changed.notify_waiters();
    }
}

/// One turn of one execution. One that cannot be read or that makes the interpreter panic fails alone.
fn turn(
    stored: Stored,
    machine: Result<Arc<Machine>, String>,
    answers: Answers,
    now: Timestamp,
) -> (Saved, Vec<TaskCall>) {
    let (id, is_express) = (stored.id, !stored.run.is_empty());
    let attempt = std::panic::catch_unwind(AssertUnwindSafe(|| try_turn(stored, &*machine?, answers, now)));
    attempt.unwrap_or_else(|_| Err("the interpreter panicked".into())).unwrap_or_else(|cause| {
        let verdict = Verdict::Failed(Failure::new(RUNTIME, cause));
        let now = now.as_millisecond();
        (
            Saved {
                id,
                is_express,
                verdict,
                left: Vec::new(),
                continuation: String::new(),
                due: None,
                in_flight: 0,
                now,
            },
            Vec::new(),
        )
    })
}

fn try_turn(
    stored: Stored,
    machine: &Machine,
    answers: Answers,
    now: Timestamp,
) -> Result<(Saved, Vec<TaskCall>), String> {
    let text = |error: serde_json::Error| error.to_string();
    let mut continuation: Continuation =
        serde_json::from_str(stored.continuation.as_deref().unwrap_or_default()).map_err(text)?;
    let facts = Facts {
        arn: arn_of(&stored.machine, &stored.name, &stored.run),
        machine_arn: machine_arn(&stored.machine),
        name: stored.name,
        input: serde_json::from_str(&stored.input).map_err(text)?,
        started: stored.started,
    };
    let (verdict, left) = continuation.turn(machine, &facts, now, answers);
    let running = verdict == Verdict::Running;
    let calls: Vec<TaskCall> =
        if running { continuation.root.tasks().into_iter().cloned().collect() } else { Vec::new() };
    let saved = Saved {
        id: stored.id,
        is_express: !stored.run.is_empty(),
        verdict,
        left,
        continuation: if running {
            serde_json::to_string(&continuation).map_err(text)?
        } else {
            String::new()
        },
        due: continuation.due(),
        in_flight: calls.len(),
        now: now.as_millisecond(),
    };
    Ok((saved, calls))
}
