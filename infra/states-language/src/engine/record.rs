//! Executions as they are told.

use super::{EngineError, arn_of, timestamp};
use crate::interpreter::{Continuation, Frame};
use crate::machine::Exit;
use crate::storage::{Status, Store, Stored};
use scrip_clock::Timestamp;
use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutionRecord {
    pub arn: String,
    pub machine: String,
    pub name: String,
    /// Its place in the order of starts, for [`Filter::before`](super::Filter::before).
    #[serde(skip)]
    pub number: i64,
    pub status: Status,
    pub input: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    pub started: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Timestamp>,
    /// The states it entered, in this order, nested ones too.
    pub states: Vec<StateRecord>,
}

/// A state that an execution entered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateRecord {
    pub state: String,
    pub entered: Timestamp,
    /// When it was left; absent while it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exited: Option<Timestamp>,
    /// How it was left; absent while it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// The state entered next; absent at the end of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl ExecutionRecord {
    pub(crate) fn of(stored: Stored, store: &Store) -> Result<Self, EngineError> {
        let mut states: Vec<(u32, StateRecord)> = store
            .states(stored.id)?
            .into_iter()
            .map(|(left, exited)| {
                let record = StateRecord {
                    state: left.state,
                    entered: timestamp(left.entered),
                    exited: Some(timestamp(exited)),
                    exit: Some(left.exit),
                    next: left.next,
                };
                (left.sequence, record)
            })
            .collect();
        if let Some(continuation) = &stored.continuation {
            active(&serde_json::from_str::<Continuation>(continuation)?.root, &mut states);
        }
        states.sort_by_key(|(sequence, _)| *sequence);
        Ok(Self {
            arn: arn_of(&stored.machine, &stored.name, &stored.run),
            machine: stored.machine,
            name: stored.name,
            number: stored.id,
            status: stored.status,
            input: serde_json::from_str(&stored.input)?,
            output: stored.output.map(|output| serde_json::from_str(&output)).transpose()?,
            error: stored.error,
            cause: stored.cause,
            started: timestamp(stored.started),
            stopped: stored.stopped.map(timestamp),
            states: states.into_iter().map(|(_, state)| state).collect(),
        })
    }
}

fn active(frame: &Frame, states: &mut Vec<(u32, StateRecord)>) {
    let state = frame.state.clone();
    let record =
        StateRecord { state, entered: timestamp(frame.entered), exited: None, exit: None, next: None };
    states.push((frame.sequence, record));
    frame.children().for_each(|child| active(child, states));
}
