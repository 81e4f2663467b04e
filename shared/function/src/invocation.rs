//! One invocation, for handlers that need more of it than their capabilities.

use crate::log::{Level, Line};
use crate::world::World;
use scrip_capability::Context;
use scrip_refusal::{Code, Failure};
use std::sync::Arc;

/// One invocation of a function.
#[derive(Clone)]
pub struct Invocation {
    /// The function's name.
    pub operation: &'static str,
    /// What the function has.
    pub world: Arc<World>,
    /// What capabilities are made of.
    pub context: Context,
    /// The id under which the log knows it.
    pub request_id: String,
}

impl Invocation {
    /// Logs what became of one record or message among several. The invocation itself succeeds, so its own line does
    /// not tell.
    pub fn note(&self, cause: Option<&str>, failure: &Failure, detail: &str) {
        let is_busy = failure.may_pass();
        let cause = cause.map(str::to_owned);
        self.world.log.write(&Line {
            level: if is_busy { Level::Info } else { Level::Error },
            time: self.world.clock.now(),
            environment: self.world.environment.name(),
            request_id: &self.request_id,
            causes: cause.as_slice(),
            operation: self.operation,
            principal: "system",
            outcome: if is_busy { Code::Busy.as_str() } else { Code::Internal.as_str() },
            status: None,
            measures: None,
            counts: &[],
            reason: None,
            detail: Some(detail),
        });
    }
}
