//! What the template says, in the terms of a platform that runs it.

use crate::EventFilter;
use std::collections::BTreeMap;

/// What the reader is told about where the application will run.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Values of the template's parameters, in place of their defaults.
    pub overrides: BTreeMap<String, String>,
    /// What physical names begin with.
    pub stack_name: String,
    /// What queue URLs begin with, without a slash at the end.
    pub queue_base_url: String,
}

impl Parameters {
    /// The stack `scrip`, whose queues answer at the address.
    pub fn local(queue_base_url: &str, overrides: &[(&str, &str)]) -> Self {
        let overrides =
            overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { overrides, stack_name: "scrip".to_owned(), queue_base_url: queue_base_url.to_owned() }
    }
}

/// Everything that the template wires. Lists are in the order of names, or of paths and methods.
#[derive(Clone, Debug, Default)]
pub struct Application {
    /// The functions, in the order of their names.
    pub functions: Vec<FunctionSpec>,
    /// The API's routes, in the order of path and method.
    pub routes: Vec<Route>,
    pub authorizer: Option<AuthorizerSpec>,
    pub tables: Vec<TableSpec>,
    pub queues: Vec<QueueSpec>,
    /// Which function works through which queue.
    pub queue_mappings: Vec<QueueMapping>,
    /// Which function reads which table's stream.
    pub stream_mappings: Vec<StreamMapping>,
    /// Which function the time invokes.
    pub schedules: Vec<ScheduleSpec>,
    pub machines: Vec<MachineSpec>,
    /// The API's stage, the first segment of every path.
    pub stage: String,
    pub outputs: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// Its `Handler`, which names the operation and, locally, the function.
    pub name: String,
    /// What `GetAtt Arn` gives.
    pub arn: String,
    pub environment: BTreeMap<String, String>,
    pub timeout_seconds: u32,
    pub memory_megabytes: u32,
    /// What its role allows, but for logs, traces and what an event source needs.
    pub permissions: Vec<Permission>,
}

/// An IAM statement that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Such as `dynamodb:GetItem`.
    pub actions: Vec<String>,
    pub resources: Vec<String>,
}

/// A method and path of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// In capitals.
    pub method: String,
    /// Without the stage; parameters in braces.
    pub path: String,
    pub function: String,
    /// The authorizer's name, or none if everybody may call.
    pub authorizer: Option<String>,
}

/// A Lambda authorizer of type REQUEST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerSpec {
    /// What routes call it.
    pub name: String,
    pub function: String,
    /// A request without this header is refused unasked; its value is the key under which answers are kept.
    pub identity_header: String,
    pub ttl_seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum KeyType {
    S,
    N,
    B,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub attribute: String,
    pub key_type: KeyType,
}

/// What an index holds of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    All,
    /// The keys of table and index.
    KeysOnly,
    Include(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexSpec {
    pub name: String,
    pub hash: Key,
    pub range: Option<Key>,
    pub projection: Projection,
}

/// What a stream record holds of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamView {
    KeysOnly,
    NewImage,
    /// The item before the change.
    OldImage,
    NewAndOldImages,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// Its physical name.
    pub name: String,
    pub arn: String,
    pub hash: Key,
    pub range: Option<Key>,
    pub indexes: Vec<IndexSpec>,
    /// What its stream tells, if it has one.
    pub stream: Option<StreamView>,
    /// The attribute that holds when an item goes, in epoch seconds.
    pub ttl_attribute: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// Its physical name.
    pub name: String,
    pub arn: String,
    /// What `Ref` gives.
    pub url: String,
    /// How long a received message stays hidden.
    pub visibility_timeout_seconds: u32,
    /// How long a new message stays hidden.
    pub delay_seconds: u32,
    pub retention_seconds: u32,
    /// Where messages go that fail again and again.
    pub redrive: Option<Redrive>,
}

/// When a message goes to a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    pub queue: String,
    /// How often a message is received before.
    pub maximum_receives: u32,
}

/// A queue that invokes a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMapping {
    pub queue: String,
    pub function: String,
    /// The most messages of one invocation.
    pub batch_size: u32,
    /// How long to gather a batch.
    pub window_seconds: u32,
    /// Whether the answer names the messages that failed; otherwise a batch fails or succeeds as one.
    pub report_batch_item_failures: bool,
    /// The most invocations at a time.
    pub maximum_concurrency: Option<u32>,
}

/// A table's stream that invokes a function, from the oldest record on.
#[derive(Clone, Debug)]
pub struct StreamMapping {
    pub table: String,
    pub function: String,
    /// The most records of one invocation.
    pub batch_size: u32,
    /// How long to gather a batch.
    pub window_seconds: u32,
    /// Records that match none of these are passed over, if there are any.
    pub filters: Vec<EventFilter>,
    /// Whether the answer names the first record that failed; otherwise a batch fails or succeeds as one.
    pub report_batch_item_failures: bool,
    /// The name of the queue that is told what failed for good.
    pub on_failure_queue: Option<String>,
    /// How often a batch is tried again; none for as long as the stream keeps it.
    pub maximum_retry_attempts: Option<u32>,
    /// Whether a batch that failed is tried again in halves.
    pub bisect: bool,
}

impl StreamMapping {
    /// Whether the function is to see the record.
    pub fn wants(&self, record: &serde_json::Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(record))
    }
}

/// A function that is invoked again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleSpec {
    pub function: String,
    pub period_seconds: u32,
    /// What the function is sent.
    pub input: serde_json::Value,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MachineKind {
    /// Durable, exactly once, for up to a year.
    #[default]
    Standard,
    /// At least once, for up to 5 minutes.
    Express,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// The logical id in kebab case.
    pub name: String,
    /// What `Ref` gives.
    pub arn: String,
    pub kind: MachineKind,
    /// Where its definition is, from the template's folder.
    pub definition_path: String,
    /// What stands for `${…}` in the definition.
    pub substitutions: BTreeMap<String, String>,
    pub permissions: Vec<Permission>,
}

impl MachineSpec {
    /// The definition with its placeholders filled in.
    ///
    /// # Errors
    /// A placeholder that has no substitution, or a substitution that has no placeholder.
    pub fn define(&self, definition: &str) -> Result<String, String> {
        let mut filled = definition.to_owned();
        for (name, value) in &self.substitutions {
            let placeholder = format!("${{{name}}}");
            if !filled.contains(&placeholder) {
                return Err(format!("{}: the definition has no {placeholder}", self.logical_id));
            }
            filled = filled.replace(&placeholder, value);
        }
        match filled.split_once("${") {
            None => Ok(filled),
            Some((_, rest)) => {
                let name = rest.split('}').next().unwrap_or_default();
                Err(format!("{}: nothing stands for ${{{name}}}", self.logical_id))
            }
        }
    }
}

impl Application {
    pub fn function(&self, name: &str) -> Option<&FunctionSpec> {
        self.functions.iter().find(|function| function.name == name)
    }

    pub fn function_of_arn(&self, arn: &str) -> Option<&FunctionSpec> {
        self.functions.iter().find(|function| function.arn == arn)
    }

    pub fn machine_of_arn(&self, arn: &str) -> Option<&MachineSpec> {
        self.machines.iter().find(|machine| machine.arn == arn)
    }
}
