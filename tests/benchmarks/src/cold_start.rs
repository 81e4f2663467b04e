//! The instructions that the deployed program runs before it asks for its first event: what Lambda's init costs
//! besides the network. Functions are started as Lambda starts them, but without tables and secrets to connect to.

use crate::Bench;
use crate::figures::{decimal, grouped};
use crate::program::{find, terminate};
use crate::report::Report;
use anyhow::{Context, bail, ensure};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The function that is started; all of them are the same program.
const HANDLER: &str = "transfer";
const FIRST_REQUEST: &[u8] = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n";
/// Valgrind takes its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// Reading all certificates that the system trusts would alone be 19 million: this target shows when they are back.
const TARGET_INSTRUCTIONS: u64 = 5_000_000;

/// What counts instructions.
#[derive(Clone, Copy, Debug)]
enum Counter {
    Callgrind,
    Perf,
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("instructions of a cold start");
    let path = find("bootstrap")?;
    let counter = if exists("valgrind").await {
        Counter::Callgrind
    } else if exists("perf").await {
        Counter::Perf
    } else {
        bail!("neither valgrind nor perf is here; install valgrind");
    };
    let mut command = counter.command();
    command.arg(path).env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    command.envs([
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_NAME", HANDLER),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_SESSION_TOKEN", "token"),
        ("_HANDLER", HANDLER),
    ]);
    command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
    let process = command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let instructions = timeout(PATIENCE, count(counter, listener, process)).await??;
    bench.done();

    let (tool, millions) = (format!("{counter:?}").to_lowercase(), decimal(instructions / 10_000));
    let target = format!("< {} million", TARGET_INSTRUCTIONS / 1_000_000);
    let met = instructions < TARGET_INSTRUCTIONS;
    report.target("cold start: instructions of init", &format!("{millions} million"), &target, met);
    report.note(&format!(
        "Cold start: {} instructions by {tool}, without TLS handshakes.",
        grouped(instructions)
    ));
    Ok(())
}

/// Waits for the first request for an event, then ends the program and reads what was counted.
async fn count(counter: Counter, listener: TcpListener, mut process: Child) -> anyhow::Result<u64> {
    let mut errors = process.stderr.take().context("no output")?;
    let asked = async {
        let (mut stream, _) = listener.accept().await?;
        let mut request = vec![0; FIRST_REQUEST.len()];
        stream.read_exact(&mut request).await?;
        ensure!(request == FIRST_REQUEST, "the first request is {}", String::from_utf8_lossy(&request));
        anyhow::Ok(stream)
    };
    // The connection stays open until the program has ended, so that it does nothing more.
    let _stream = tokio::select! {
        stream = asked => stream?,
        status = process.wait() => bail!("bootstrap ended with {}", status?),
    };
    let id = process.id().context("it has ended")?;
    terminate(counter.counted(id)?).await?;
    let mut text = String::new();
    errors.read_to_string(&mut text).await?;
    process.wait().await?;
    counter.instructions(&text).with_context(|| format!("no count in {text}"))
}

impl Counter {
    fn command(self) -> Command {
        let mut command = match self {
            Self::Callgrind => Command::new("valgrind"),
            Self::Perf => Command::new("perf"),
        };
        match self {
            Self::Callgrind => command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]),
            Self::Perf => command.args(["stat", "-x", ",", "-e", "instructions:u", "--"]),
        };
        command
    }

    /// The process that runs the program.
    fn counted(self, id: u32) -> anyhow::Result<u32> {
        match self {
            Self::Callgrind => Ok(id),
            Self::Perf => {
                let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
                Ok(children.trim().parse()?)
            }
        }
    }

    fn instructions(self, output: &str) -> Option<u64> {
        match self {
            Self::Callgrind => {
                output.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
            }
            Self::Perf => {
                output.lines().find(|line| line.contains("instructions"))?.split(',').next()?.parse().ok()
            }
        }
    }
}

async fn exists(tool: &str) -> bool {
    let status =
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_what_the_tools_say() {
        let callgrind = "==7== Events    : Ir\n==7== Collected : 1234567\n==7==\n";
        assert_eq!(Counter::Callgrind.instructions(callgrind), Some(1_234_567));
        let perf = "bootstrap: Terminated\n7654321,,instructions:u,12345,100.00,,\n";
        assert_eq!(Counter::Perf.instructions(perf), Some(7_654_321));
        assert_eq!(Counter::Perf.instructions("<not supported>,,instructions:u,0,100.00,,"), None);
    }
}
