//! What a function is: a name, a trigger, a handler. A capability lists its functions; the Lambda artifact and the
//! embedded platform serve the same lists.

mod catalog;
mod causes;
mod log;
mod operation;
mod queue;
pub mod sdk;
mod sdk_trace;
mod serve;
pub mod trace;
mod world;

pub use catalog::{Capability, Function, Trigger};
pub use causes::is_request_id;
pub use log::{Level, Line, Log, Measures};
pub use operation::{Operation, Proof};
pub use queue::{MESSAGES_AT_ONCE_MAX, Message, QueueEvent, Report};
pub use serve::EventError;
pub use world::{Environment, Fetch, Invocation, World};

/// What an event function answers.
pub type Outcome<T> = Result<T, scrip_refusal::Failure>;
