//! Every bound of the engine. Those of Step Functions carry its value (Step Functions Developer Guide, "Service quotas").

use scrip_clock::SignedDuration;

/// The largest input, output, argument, result or variable, as JSON text.
pub const PAYLOAD_MAX_BYTES: usize = 256 * 1024;
/// How deep a value may nest. With [`FLOW_MAX_DEPTH`] it keeps a stored continuation within what the JSON reader takes.
pub const VALUE_MAX_DEPTH: usize = 64;
/// How deep Parallel and Map states may nest.
pub const FLOW_MAX_DEPTH: usize = 6;
/// The largest definition of a machine, as JSON text.
pub const DEFINITION_MAX_BYTES: usize = 1024 * 1024;
/// The longest name of a state, a variable, a machine or an execution.
pub const NAME_MAX_CHARACTERS: usize = 80;
/// The longest JSONata expression.
pub const EXPRESSION_MAX_CHARACTERS: usize = 10_000;
/// The longest time one expression may take.
pub const EXPRESSION_TIMEOUT_MILLISECONDS: u64 = 5_000;
/// The longest sequence an expression may build.
pub const EXPRESSION_MAX_SEQUENCE_ITEMS: usize = 100_000;
/// How long an execution of an Express machine may take.
pub const EXPRESS_MAX_SECONDS: u64 = 5 * 60;
/// How many states an execution may enter before it fails with `States.Runtime`.
pub const EXECUTION_MAX_TRANSITIONS: u32 = 25_000;
/// How many states one execution may enter before the others have their turn.
pub const TURN_MAX_TRANSITIONS: u32 = 500;
/// How many iterations of one Map run at the same time, whatever its `MaxConcurrency`.
pub const MAP_MAX_CONCURRENCY: usize = 40;
/// How many executions share one commit.
pub const COMMIT_MAX_EXECUTIONS: usize = 64;
/// The longest time, interval or delay.
pub const PERIOD_MAX_SECONDS: u64 = 99_999_999;
/// The longest `MaxDelaySeconds`.
pub const RETRY_MAX_DELAY_SECONDS: u64 = 31_622_400;
/// How many executions one list holds.
pub const LIST_MAX_EXECUTIONS: u32 = 1_000;
/// How long the driver sleeps at most, since the system's clock may be set.
pub const DRIVER_MAX_SLEEP: SignedDuration = SignedDuration::from_secs(30);
