//! State machines: what a definition says, read and validated.

mod fields;
mod flow;
mod invalid;
mod parse;
mod state;

pub(crate) use fields::Fields;
pub use invalid::Invalid;
pub(crate) use parse::error_equals;

use crate::expression::Template;
use crate::limits::EXPRESS_MAX_SECONDS;
use crate::retry::Retrier;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Debug)]
pub struct Machine {
    name: String,
    definition: String,
    pub(crate) timeout_seconds: Option<u64>,
    is_express: bool,
    pub(crate) flow: Flow,
    states: BTreeMap<String, State>,
}

/// A `StartAt` and its `States`: the machine itself, a branch of a Parallel, or the processor of a Map.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) start_at: String,
    pub(crate) states: Vec<String>,
}

/// What is common to all states. A field that a kind does not have is empty.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) kind: Kind,
    pub(crate) data: Data,
    /// `None` ends the flow.
    pub(crate) next: Option<String>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

/// `Assign` and `Output`.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) assign: Vec<(String, Template)>,
    pub(crate) output: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) next: String,
    pub(crate) data: Data,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) condition: Template,
    pub(crate) next: String,
    pub(crate) data: Data,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Task {
        function: Template,
        payload: Option<Template>,
        timeout_seconds: Option<Template>,
    },
    WaitSeconds(Template),
    WaitTimestamp(Template),
    Choice {
        rules: Vec<Rule>,
        default: Option<String>,
    },
    Pass,
    Parallel {
        branches: Vec<Flow>,
        arguments: Option<Template>,
    },
    Map {
        items: Option<Template>,
        selector: Option<Template>,
        concurrency: Option<Template>,
        processor: Flow,
    },
    Succeed,
    Fail {
        error: Option<Template>,
        cause: Option<Template>,
    },
}

/// How a state was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// It did what it is for.
    Completed,
    /// By the choice rule of this index.
    Choice(usize),
    /// By a Choice's `Default`.
    Default,
    /// By the catcher of this index.
    Catch(usize),
    /// By an error that nothing caught, or as a Fail state does.
    Failed,
    /// It was stopped: a sibling failed, or the machine timed out.
    Stopped,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Choice(index) => write!(f, "choice-{index}"),
            Self::Default => f.write_str("default"),
            Self::Catch(index) => write!(f, "catch-{index}"),
            Self::Failed => f.write_str("failed"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::str::FromStr for Exit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let index = |text: &str| text.parse().map_err(|_| format!("{text} is not an index"));
        match text.split_once('-') {
            Some(("choice", rule)) => Ok(Self::Choice(index(rule)?)),
            Some(("catch", catcher)) => Ok(Self::Catch(index(catcher)?)),
            _ => match text {
                "completed" => Ok(Self::Completed),
                "default" => Ok(Self::Default),
                "failed" => Ok(Self::Failed),
                "stopped" => Ok(Self::Stopped),
                _ => Err(format!("{text} is not an exit")),
            },
        }
    }
}

impl Serialize for Exit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One way out of one state, which a test should take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Branch {
    pub state: String,
    pub exit: Exit,
}

impl Machine {
    /// Reads and validates a definition.
    ///
    /// # Errors
    /// The first thing that is wrong or not implemented, with the state it stands in.
    pub fn parse(name: &str, definition: &str) -> Result<Self, Invalid> {
        parse::machine(name, definition)
    }

    /// The same as an Express machine: each start is an execution of its own, which takes five minutes at most.
    #[must_use]
    pub fn express(self) -> Self {
        let timeout = self.timeout_seconds.unwrap_or(EXPRESS_MAX_SECONDS).min(EXPRESS_MAX_SECONDS);
        Self { is_express: true, timeout_seconds: Some(timeout), ..self }
    }

    pub fn is_express(&self) -> bool {
        self.is_express
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// The names of all its states, nested ones too.
    pub fn states(&self) -> BTreeSet<&str> {
        self.states.keys().map(String::as_str).collect()
    }

    /// Every planned way out of every state. Uncaught errors are not planned, except in a Fail state.
    pub fn branches(&self) -> Vec<Branch> {
        self.states
            .iter()
            .flat_map(|(name, state)| {
                let own = match &state.kind {
                    Kind::Choice { rules, default } => (0..rules.len())
                        .map(Exit::Choice)
                        .chain(default.as_ref().map(|_| Exit::Default))
                        .collect(),
                    Kind::Fail { .. } => vec![Exit::Failed],
                    _ => vec![Exit::Completed],
                };
                let catches = (0..state.catch.len()).map(Exit::Catch);
                own.into_iter().chain(catches).map(|exit| Branch { state: name.clone(), exit })
            })
            .collect()
    }

    /// The functions its tasks name literally, as the definition writes them.
    pub fn functions(&self) -> BTreeSet<&str> {
        self.states
            .values()
            .filter_map(|state| match &state.kind {
                Kind::Task { function, .. } => function.as_literal()?.as_str(),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn state(&self, name: &str) -> Option<&State> {
        self.states.get(name)
    }
}

impl State {
    /// The flows nested in it.
    pub(crate) fn flows(&self) -> &[Flow] {
        match &self.kind {
            Kind::Parallel { branches, .. } => branches,
            Kind::Map { processor, .. } => std::slice::from_ref(processor),
            _ => &[],
        }
    }
}
