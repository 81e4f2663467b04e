//! The interpreter: from a stored continuation to the next one, without any I/O.
//!
//! A continuation is a tree of [`Frame`]s. One turn runs every frame until each waits for a task or a moment, and
//! returns; the caller stores the tree before it acts on it. What to act on is read from the tree alone (the tasks in
//! it, its earliest moment), so a process that dies in between finds the same work again.

mod branches;
mod entry;
mod exit;
mod frame;

pub(crate) use frame::{Frame, TaskCall};

use crate::expression::{Evaluation, Variables};
use crate::failure::{Failure, RUNTIME, TIMEOUT, TaskError};
use crate::limits::{EXECUTION_MAX_TRANSITIONS, TURN_MAX_TRANSITIONS};
use crate::machine::{Exit, Machine};
use frame::{Activity, Item};
use scrip_clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where an execution stands.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Continuation {
    pub(crate) root: Frame,
    /// When the machine's `TimeoutSeconds` are over, in epoch milliseconds.
    deadline: Option<i64>,
    /// How many states were entered.
    entered: u32,
    /// How many tasks were called; a task's id is never used again.
    tasks: u64,
}

/// What an execution is, for `$states.context`.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) machine_arn: String,
    pub(crate) input: Value,
    pub(crate) started: i64,
}

/// A state that was left.
#[derive(Debug, PartialEq)]
pub(crate) struct Left {
    pub(crate) sequence: u32,
    pub(crate) state: String,
    pub(crate) entered: i64,
    pub(crate) exit: Exit,
    pub(crate) next: Option<String>,
}

/// How the execution stands after a turn.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Running,
    Succeeded(Value),
    Failed(Failure),
    TimedOut(Failure),
}

/// The answers of tasks, by task id.
pub(crate) type Answers = BTreeMap<u64, Result<Value, TaskError>>;

impl Continuation {
    /// An execution that is about to enter its first state.
    pub(crate) fn start(machine: &Machine, input: Value, now: i64) -> Self {
        let milliseconds = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self {
            root: Frame::new(&machine.flow.start_at, input, None, 0, now),
            deadline: machine.timeout_seconds.map(|seconds| now.saturating_add(milliseconds(seconds))),
            entered: 1,
            tasks: 0,
        }
    }

    /// When there is something to do next without any answer; `None` when only answers are awaited.
    pub(crate) fn due(&self) -> Option<i64> {
        self.root.due().into_iter().chain(self.deadline).min()
    }

    /// Runs one turn.
    pub(crate) fn turn(
        &mut self,
        machine: &Machine,
        facts: &Facts,
        now: Timestamp,
        answers: Answers,
    ) -> (Verdict, Vec<Left>) {
        let mut turn = Turn {
            machine,
            facts,
            now,
            answers,
            entered: self.entered,
            tasks: self.tasks,
            most_entered: self.entered.saturating_add(TURN_MAX_TRANSITIONS),
            left: Vec::new(),
        };
        let verdict = if self.deadline.is_some_and(|deadline| deadline <= now.as_millisecond()) {
            turn.stop(&self.root);
            Verdict::TimedOut(Failure { error: Some(TIMEOUT.into()), cause: None })
        } else {
            match turn.run(&mut self.root, &[]) {
                None => Verdict::Running,
                Some(Ok(output)) => Verdict::Succeeded(output),
                Some(Err(failure)) => Verdict::Failed(failure),
            }
        };
        (self.entered, self.tasks) = (turn.entered, turn.tasks);
        (verdict, turn.left)
    }
}

/// One turn of one execution.
struct Turn<'a> {
    machine: &'a Machine,
    facts: &'a Facts,
    now: Timestamp,
    answers: Answers,
    entered: u32,
    tasks: u64,
    most_entered: u32,
    left: Vec<Left>,
}

/// What the `lambda:invoke` integration makes of a function's answer.
fn lambda_result(payload: &Value) -> Value {
    json!({ "ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200 })
}

/// What became of a state that was given a chance to go on.
enum Move {
    /// It goes on as this; nothing was left.
    Stay(Activity),
    Leave(Leave),
    Fail(Failure),
}

/// A state that is done, everything evaluated.
struct Leave {
    exit: Exit,
    next: Option<String>,
    output: Value,
    assigned: Variables,
}

impl Turn<'_> {
    fn now(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Runs a frame as far as it goes: `None` while it waits, else what its flow ended with.
    fn run(&mut self, frame: &mut Frame, outer: &[&Variables]) -> Option<Result<Value, Failure>> {
        loop {
            let machine = self.machine;
            let Some(state) = machine.state(&frame.state) else {
                return Some(Err(Failure::new(RUNTIME, format!("there is no state {}", frame.state))));
            };
            let step = match &mut frame.activity {
                Activity::Entering if self.entered > self.most_entered => return None,
                Activity::Entering => self.enter(frame, state, outer),
                Activity::Task(call) => match self.answers.remove(&call.id)? {
                    Ok(payload) => self.complete(frame, state, outer, Some(lambda_result(&payload))),
                    Err(error) => Move::Fail(error.into()),
                },
                Activity::Waiting { until } if *until > self.now() => return None,
                Activity::Waiting { .. } => self.complete(frame, state, outer, None),
                Activity::BackingOff { until } if *until > self.now() => return None,
                Activity::BackingOff { .. } => Move::Stay(Activity::Entering),
                Activity::Branches { .. } => match self.branches(frame, state, outer)? {
                    Ok(results) => self.complete(frame, state, outer, Some(results)),
                    Err(failure) => Move::Fail(failure),
                },
            };
            let step = match step {
                Move::Fail(failure) => self.recover(frame, state, outer, failure),
                step => step,
            };
            match step {
                Move::Stay(activity) => frame.activity = activity,
                Move::Leave(leave) => {
                    if let Some(end) = self.leave(frame, leave) {
                        return Some(end);
                    }
                }
                Move::Fail(failure) => {
                    self.record(frame, Exit::Failed, None);
                    return Some(Err(failure));
                }
            }
        }
    }

    /// An evaluator for a state, with `$states.result` or `$states.errorOutput` beside input and context.
    fn evaluation(
        &self,
        frame: &Frame,
        outer: &[&Variables],
        extra: Option<(&str, Value)>,
    ) -> Result<Evaluation, Failure> {
        self.evaluation_with(frame, outer, frame.item.as_ref(), extra)
    }

    fn evaluation_with(
        &self,
        frame: &Frame,
        outer: &[&Variables],
        item: Option<&Item>,
        extra: Option<(&str, Value)>,
    ) -> Result<Evaluation, Failure> {
        let time = |milliseconds: i64| {
            Timestamp::from_millisecond(milliseconds)
                .map_or_else(|_| Value::Null, |time| json!(format!("{time:.3}")))
        };
        let mut states = json!({
            "input": frame.input,
            "context": {
                "Execution": {
                    "Id": self.facts.arn, "Name": self.facts.name, "Input": self.facts.input,
                    "StartTime": time(self.facts.started),
                },
                "State": {
                    "Name": frame.state, "EnteredTime": time(frame.entered), "RetryCount": frame.retry_count(),
                },
                "StateMachine": { "Id": self.facts.machine_arn, "Name": self.machine.name() },
            },
        });
        if let Some(item) = item {
            states["context"]["Map"] = json!({ "Item": { "Index": item.index, "Value": item.value } });
        }
        if let Some((name, value)) = extra {
            states[name] = value;
        }
        let scopes: Vec<&Variables> = outer.iter().copied().chain([&frame.variables]).collect();
        Evaluation::new(states, &scopes, self.now)
    }

    fn record(&mut self, frame: &Frame, exit: Exit, next: Option<&str>) {
        self.left.push(Left {
            sequence: frame.sequence,
            state: frame.state.clone(),
            entered: frame.entered,
            exit,
            next: next.map(str::to_owned),
        });
    }

    /// Counts a state that is about to be entered.
    fn count(&mut self) -> Result<u32, Failure> {
        if self.entered >= EXECUTION_MAX_TRANSITIONS {
            let cause = format!("the execution entered {EXECUTION_MAX_TRANSITIONS} states");
            return Err(Failure::new(RUNTIME, cause));
        }
        let sequence = self.entered;
        self.entered += 1;
        Ok(sequence)
    }
}
