//! `scrip up`: starts the platform and runs it until it is told to stop.

use crate::Port;
use crate::log::{Format, StandardLog};
use anyhow::Context;
use clap::{Args, ValueEnum};
use scrip_clock::Clock;
use scrip_function::trace;
use scrip_local::{ClockMode, Options, Platform, Running, Source};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// How the platform is started.
#[derive(Args, Clone, Debug)]
pub(crate) struct Up {
    #[command(flatten)]
    port: Port,
    /// Where everything is kept
    #[arg(long, env = "SCRIP_DATA", default_value = "./.scrip")]
    data: PathBuf,
    /// Keep nothing: everything is gone at the end
    #[arg(long)]
    memory: bool,
    /// Whether time passes by itself, or only when it is advanced (POST /local/clock)
    #[arg(long, value_enum, default_value_t)]
    clock: Time,
    /// Refuse writes that meet at an item, or come too fast for it or for a key of an index, as DynamoDB does
    #[arg(long)]
    contention: bool,
    /// How log lines are written, to the standard error output
    #[arg(long, env = "SCRIP_LOG_FORMAT", value_enum, default_value_t)]
    log_format: Format,
    /// Trace requests to AWS's services and their repetition, to the standard error output: `debug`, or `scrip_store=debug`
    #[arg(long, env = trace::VARIABLE)]
    trace: Option<String>,
}

impl Up {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if let Some(filter) = &self.trace {
            trace::install(filter).map_err(anyhow::Error::msg)?;
        }
        // Listened for before anything is opened, so that a signal at any moment ends in an orderly way.
        let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for signals")?;
        let mut terminate = signal(SignalKind::terminate()).context("can't listen for signals")?;
        let running = Platform::start(Options {
            port: self.port.port,
            data: (!self.memory).then_some(self.data),
            operations: scrip_catalog::operations(),
            source: Source::embedded(),
            log: Arc::new(StandardLog(self.log_format)),
            clock: match self.clock {
                Time::Running => ClockMode::Running,
                Time::Standing => ClockMode::Standing { from: Clock::system().now() },
            },
            contention: self.contention,
            issuer: None,
            wire: None,
            parameters: Vec::new(),
        })
        .await?;
        let _ = std::io::stdout().lock().write_all(greeting(&running, self.memory).as_bytes());
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        crate::tell("scrip: stopping; what is in flight is finished first");
        tokio::select! {
            () = running.shutdown() => Ok(()),
            _ = interrupt.recv() => anyhow::bail!("stopped at once; what was acknowledged is kept"),
        }
    }
}

/// Whether time passes by itself.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Time {
    #[default]
    Running,
    Standing,
}

/// What runs, where, and what to try next.
fn greeting(running: &Running, memory: bool) -> String {
    let application = running.application();
    let base = running.base_url();
    let data = running.data();
    let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    let kept = if memory { "erased at the end" } else { "durable" };
    format!(
        "Scrip {version} listens on {base}\n\
         \x20 {functions} functions, {routes} routes, {tables} tables, {queues} queues, {machines} workflows\n\
         \x20 data      {data} ({kept})\n\
         \x20 clock     {now}\n\
         \x20 API       {base}/openapi.json\n\
         \x20 operators {base}/v1/service-page/index.html\n\
         \x20 AWS       {base}/local/aws (DynamoDB, SQS, Step Functions; any credentials)\n\
         \n\
         Next, a token for a user:\n\
         \x20 curl -s {base}/local/tokens -d '{{\"user\": \"alice\"}}'\n",
        version = env!("CARGO_PKG_VERSION"),
        functions = application.functions.len(),
        routes = application.routes.len(),
        tables = application.tables.len(),
        queues = application.queues.len(),
        machines = application.machines.len(),
        data = data.display(),
        now = running.clock().now(),
    )
}
