//! What is traced while a test runs.

use scrip_function::trace;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, set_default};

/// Traces what happens on this thread, for as long as it lives: begun before the system is, since that makes its clients.
pub struct Trace {
    written: Written,
    _guard: DefaultGuard,
}

/// While one subscriber lives alone, the thread that comes to an event first decides for all threads whether anybody wants
/// it. With this one beside it, every subscriber is asked.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(trace::subscriber("trace", io::sink).expect("a filter")));

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Trace {
    /// Traces all that can be asked for.
    pub fn begin() -> Self {
        LazyLock::force(&SECOND);
        let written = Written::default();
        let sink = written.clone();
        let subscriber = trace::subscriber("trace", move || sink.clone()).expect("a filter");
        Self { written, _guard: set_default(subscriber) }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<Value> {
        let written = self.written.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
