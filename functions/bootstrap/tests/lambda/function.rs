//! The program in a process of its own.

use crate::aws::Aws;
use crate::runtime_api::{Outcome, RuntimeApi};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const INVOCATION_MILLISECONDS: u64 = 10_000;
/// Longer than all that the program waits for by itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// A function as it is deployed.
pub struct Function {
    process: Child,
    runtime_api: RuntimeApi,
    lines: UnboundedReceiver<String>,
    errors: UnboundedReceiver<String>,
}

impl Function {
    /// Starts the program as the function that the template gives this handler.
    pub async fn start(aws: &Aws, handler: &str) -> Self {
        let runtime_api = RuntimeApi::start().await;
        let mut process = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .envs(aws.variables(handler))
            .env("AWS_ACCESS_KEY_ID", "id")
            .env("AWS_ENDPOINT_URL", aws.endpoint())
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_NAME", handler)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_RUNTIME_API", &runtime_api.address)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_SECRET_ACCESS_KEY", "key")
            .env("AWS_SESSION_TOKEN", "token")
            .env("_HANDLER", handler)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(process.stdout.take().unwrap());
        let errors = lines_of(process.stderr.take().unwrap());
        Self { process, runtime_api, lines, errors }
    }

    pub async fn invoke(&mut self, event: Value) -> Outcome {
        self.invoke_for(INVOCATION_MILLISECONDS, event).await
    }

    /// Invokes it with this much time.
    pub async fn invoke_for(&mut self, milliseconds: u64, event: Value) -> Outcome {
        let invocation = self.runtime_api.invoke(Duration::from_millis(milliseconds), event);
        timeout(PATIENCE, invocation).await.expect("the function answers")
    }

    /// The next lines of its log.
    pub async fn log_lines(&mut self, count: usize) -> Vec<Value> {
        let mut lines = Vec::new();
        while lines.len() < count {
            let line =
                timeout(PATIENCE, self.lines.recv()).await.expect("the function logs").expect("it runs");
            lines.push(serde_json::from_str(&line).unwrap());
        }
        lines
    }

    /// The next line that it wrote besides its log.
    pub async fn error_line(&mut self) -> String {
        timeout(PATIENCE, self.errors.recv()).await.expect("the function tells").expect("it runs")
    }

    /// Waits until it ends by itself: whether it succeeded, and what it logged.
    pub async fn end(mut self) -> (bool, Vec<Value>) {
        let mut lines = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.lines.recv()).await.expect("the process ends") {
            lines.push(serde_json::from_str(&line).unwrap());
        }
        (self.process.wait().unwrap().success(), lines)
    }
}

fn lines_of(output: impl Read + Send + 'static) -> UnboundedReceiver<String> {
    let (sender, lines) = unbounded_channel();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    lines
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
