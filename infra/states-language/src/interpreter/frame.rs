//! The continuation's tree, as it is stored.

use crate::expression::Variables;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A flow that is running: the machine itself, a branch or an iteration. Times are epoch milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) state: String,
    pub(crate) input: Value,
    /// What the states of this flow have assigned; those of the flows around it stand in their frames.
    pub(crate) variables: Variables,
    /// The item of the innermost Map around it.
    pub(crate) item: Option<Item>,
    /// The state's place in the order in which states were entered.
    pub(crate) sequence: u32,
    pub(crate) entered: i64,
    /// How often each retrier of the state was used.
    pub(crate) attempts: Vec<u32>,
    pub(crate) activity: Activity,
}

/// `$states.context.Map.Item`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) index: usize,
    pub(crate) value: Value,
}

/// What the state of a frame is doing.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Activity {
    Entering,
    Task(TaskCall),
    Waiting { until: i64 },
    BackingOff { until: i64 },
    Branches { children: Vec<Child>, concurrency: usize },
}

/// A task in flight. Its payload is kept so that a call after a restart is the same call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskCall {
    pub(crate) id: u64,
    pub(crate) function: String,
    pub(crate) payload: Value,
    pub(crate) timeout_seconds: Option<u64>,
}

/// A branch of a Parallel or an iteration of a Map.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Child {
    Pending { input: Value, item: Option<Item> },
    Running(Box<Frame>),
    Done(Value),
}

impl Frame {
    pub(crate) fn new(start_at: &str, input: Value, item: Option<Item>, sequence: u32, now: i64) -> Self {
        Self {
            state: start_at.into(),
            input,
            variables: Variables::new(),
            item,
            sequence,
            entered: now,
            attempts: Vec::new(),
            activity: Activity::Entering,
        }
    }

    /// `$states.context.State.RetryCount`.
    pub(crate) fn retry_count(&self) -> u32 {
        self.attempts.iter().sum()
    }

    /// The frames of its running branches.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Frame> {
        let children =
            if let Activity::Branches { children, .. } = &self.activity { children.as_slice() } else { &[] };
        children
            .iter()
            .filter_map(|child| if let Child::Running(frame) = child { Some(&**frame) } else { None })
    }

    /// The earliest moment at which it goes on by itself.
    pub(crate) fn due(&self) -> Option<i64> {
        match &self.activity {
            Activity::Entering => Some(self.entered),
            Activity::Waiting { until } | Activity::BackingOff { until } => Some(*until),
            Activity::Task(_) => None,
            Activity::Branches { .. } => self.children().filter_map(Self::due).min(),
        }
    }

    /// The tasks in flight in it.
    pub(crate) fn tasks(&self) -> Vec<&TaskCall> {
        match &self.activity {
            Activity::Task(call) => vec![call],
            _ => self.children().flat_map(Self::tasks).collect(),
        }
    }
}
