//! A program as Lambda runs it, in a process of its own.

use super::aws::Aws;
use super::events::Event;
use super::runtime_api::RuntimeApi;
use crate::program::terminate;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Valgrind takes its time.
const PATIENCE: Duration = Duration::from_mins(2);
const COUNTER: &[&str] = &["--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// A function of a program, with the events that it is invoked by.
pub(super) struct Function {
    pub(super) program: PathBuf,
    pub(super) handler: &'static str,
    pub(super) event: Event,
    /// Where it reads the certificates that it trusts, if not where the system keeps them.
    pub(super) roots: Option<&'static str>,
}

/// How long a process took: until it asked for its first event, and from each event to its answer.
pub(super) struct Times {
    pub(super) init: Duration,
    pub(super) answers: Vec<Duration>,
}

impl Function {
    /// The time that a new process takes for this many invocations.
    pub(super) async fn time(&self, aws: &Aws, invocations: usize) -> anyhow::Result<Times> {
        let (times, _) = self.run(Command::new(&self.program), aws, invocations).await?;
        Ok(times)
    }

    /// The instructions of a new process until it asks for an event after this many.
    pub(super) async fn count(&self, aws: &Aws, invocations: usize) -> anyhow::Result<u64> {
        let mut command = Command::new("valgrind");
        command.args(COUNTER).arg(&self.program);
        let (_, output) = self.run(command, aws, invocations).await.context("with valgrind")?;
        collected(&output).with_context(|| format!("no count in {output}"))
    }

    /// Runs the process, and tells what it wrote as errors.
    async fn run(
        &self,
        mut command: Command,
        aws: &Aws,
        invocations: usize,
    ) -> anyhow::Result<(Times, String)> {
        let mut runtime_api = RuntimeApi::start().await?;
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.envs(aws.variables(self.handler)?).envs([
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_ENDPOINT_URL", &format!("http://{}", aws.address)),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_NAME", self.handler),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_RUNTIME_API", &runtime_api.address.to_string()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_SESSION_TOKEN", "token"),
            ("_HANDLER", self.handler),
        ]);
        command.envs(self.roots.map(|roots| ("SSL_CERT_FILE", roots)));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);

        let began = Instant::now();
        let mut process = command.spawn()?;
        let mut errors = process.stderr.take().context("no output")?;
        let times = tokio::select! {
            times = timeout(PATIENCE, self.invoke(&mut runtime_api, began, aws, invocations)) => times??,
            status = process.wait() => bail!("it ended with {}", status?),
        };
        // It waits for an event now, and does nothing more.
        terminate(process.id().context("it has ended")?).await?;
        let mut output = String::new();
        errors.read_to_string(&mut output).await?;
        process.wait().await?;
        Ok((times, output))
    }

    async fn invoke(
        &self,
        runtime_api: &mut RuntimeApi,
        began: Instant,
        aws: &Aws,
        invocations: usize,
    ) -> anyhow::Result<Times> {
        let init = runtime_api.asked().await? - began;
        let mut answers = Vec::new();
        for number in 0..invocations {
            let (time, answer) = runtime_api.invoke(&self.event.make(aws, number)?).await?;
            self.event.check(&answer)?;
            answers.push(time);
            runtime_api.asked().await?;
        }
        Ok(Times { init, answers })
    }
}

/// The instructions, as Callgrind tells them at the end.
fn collected(output: &str) -> Option<u64> {
    output.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_says() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 1234567\n==7==\n"), Some(1_234_567));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
