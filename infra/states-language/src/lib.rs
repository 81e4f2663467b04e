//! The workflow engine of the embedded platform: an interpreter of the Amazon States Language with durable executions.
//!
//! It runs what Scrip's machines use, in the JSONata query language: Task (`lambda:invoke`), Wait, Choice, Pass,
//! Parallel, Map (inline), Succeed and Fail, with Retry, Catch, Assign, Output and timeouts. [`Machine::parse`] refuses
//! everything else by the state's name. Where the specification (<https://states-language.net/spec.html>) leaves
//! something open, it does as the Step Functions Developer Guide says.
//!
//! Each turn of an execution is committed to SQLite before anything it asks for is done. After the process was killed,
//! [`Engine::open`] goes on where the file stands: a Wait keeps its moment, and a task that was in flight is called
//! again with the same payload. Tasks are therefore called at least once, as on Step Functions.
//!
//! An execution of an Express machine is one of several of its name. It is kept as others are, but for the loss of power:
//! who started it has to see to it that its work is done.
//!
//! Known quirks: numbers that pass through an expression are IEEE doubles, exact up to 2^53, as in any JSONata; a
//! machine's `TimeoutSeconds` and Wait follow the platform's clock, a task's `TimeoutSeconds` follow real time.

mod aws;
mod engine;
mod expression;
mod failure;
mod interpreter;
pub mod limits;
mod machine;
mod retry;
mod storage;

#[cfg(test)]
mod tests;

pub use engine::{
    Engine, EngineError, ExecutionRecord, Filter, Invoker, StartError, Started, StateRecord, execution_arn,
    machine_arn,
};
pub use failure::TaskError;
pub use futures::future::BoxFuture;
pub use machine::{Branch, Exit, Invalid, Machine};
pub use storage::{Durability, Status};
