//! What an operation is: a name, a trigger, who may call, a handler. A capability lists its operations; the Lambda artifact
//! and the embedded platform serve the same lists.

mod caller;
mod causes;
mod described;
mod handler;
mod invocation;
mod log;
mod operation;
mod queue;
pub mod sdk;
mod sdk_trace;
mod serve;
pub mod trace;
mod world;

pub use caller::{Caller, Proof};
pub use causes::is_request_id;
pub use described::{Body, QueryParameter, SchemaOf, Tag};
pub use handler::{AnswersCall, FromInvocation, HandlesEvent};
pub use invocation::Invocation;
pub use log::{Level, Line, Log, Measures};
pub use operation::{Budget, Entry, Operation, Trigger};
pub use queue::{MESSAGES_AT_ONCE_MAX, Message, QueueEvent, Report};
pub use scrip_capability::Environment;
pub use serve::EventError;
pub use world::{Fetch, World};

/// What an event function answers.
pub type Outcome<T> = Result<T, scrip_refusal::Failure>;
