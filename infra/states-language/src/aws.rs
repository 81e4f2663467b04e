//! The part of the Step Functions API that functions call: AWS JSON 1.0, as `aws-sdk-sfn` speaks it.

use crate::engine::{Engine, EngineError, ExecutionRecord, Filter, StartError};
use crate::limits::LIST_MAX_EXECUTIONS;
use crate::storage::Status;
use scrip_clock::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// How many executions `ListExecutions` returns when not told.
const LIST_DEFAULT_EXECUTIONS: u32 = 100;

/// A refusal: the exception's name and a message.
type Refusal = (&'static str, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeExecution {
    execution_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListExecutions {
    state_machine_arn: String,
    status_filter: Option<String>,
    max_results: Option<u32>,
    next_token: Option<String>,
}

impl Engine {
    /// Answers a request of the Step Functions API: the `X-Amz-Target` header and the body, for the status and body of
    /// the response (`application/x-amz-json-1.0`). Implemented are `StartExecution`, `DescribeExecution` and
    /// `ListExecutions`.
    pub fn handle_aws(&self, target: &str, body: &[u8]) -> (u16, Value) {
        let answer = match target {
            "AWSStepFunctions.StartExecution" => {
                read(body).and_then(|request| self.start_execution(&request))
            }
            "AWSStepFunctions.DescribeExecution" => {
                read(body).and_then(|request| self.describe_execution(&request))
            }
            "AWSStepFunctions.ListExecutions" => read(body).and_then(|request| self.list_executions(request)),
            _ => Err(("UnknownOperationException", format!("{target} is not implemented"))),
        };
        match answer {
            Ok(answer) => (200, answer),
            Err((name, message)) => {
                let status = if name == INTERNAL { 500 } else { 400 };
                (status, json!({ "__type": name, "message": message }))
            }
        }
    }

    fn start_execution(&self, request: &StartExecution) -> Result<Value, Refusal> {
        let machine = machine_of(&request.state_machine_arn)?;
        let input = request.input.as_deref().unwrap_or("{}");
        let input: Value = serde_json::from_str(input)
            .map_err(|error| ("InvalidExecutionInput", format!("The input: {error}")))?;
        match self.start(machine, request.name.as_deref(), &input) {
            Ok(started) => Ok(json!({ "executionArn": started.arn, "startDate": seconds(started.started) })),
            Err(error) => {
                let name = match error {
                    StartError::NoSuchMachine => "StateMachineDoesNotExist",
                    StartError::InvalidName => "InvalidName",
                    StartError::InvalidInput(_) => "InvalidExecutionInput",
                    StartError::AlreadyExists => "ExecutionAlreadyExists",
                    StartError::Engine(_) => INTERNAL,
                };
                Err((name, error.to_string()))
            }
        }
    }

    fn describe_execution(&self, request: &DescribeExecution) -> Result<Value, Refusal> {
        let arn = &request.execution_arn;
        let (machine, name) = arn
            .strip_prefix("arn:aws:states:local:000000000000:execution:")
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(|| ("InvalidArn", format!("Invalid Arn: '{arn}'")))?;
        // Those of Express machines have ARNs of another form, which this operation does not know.
        let is_express = self.machines().any(|known| known.name() == machine && known.is_express());
        let found = self.execution(machine, name).map_err(|error| internal(&error))?;
        let execution = found
            .filter(|_| !is_express)
            .ok_or_else(|| ("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'")))?;
        let mut answer = summary(&execution);
        answer["input"] = json!(execution.input.to_string());
        answer["inputDetails"] = json!({ "included": true });
        if let Some(output) = &execution.output {
            answer["output"] = json!(output.to_string());
            answer["outputDetails"] = json!({ "included": true });
        }
        for (field, value) in [("error", &execution.error), ("cause", &execution.cause)] {
            if let Some(value) = value {
                answer[field] = json!(value);
            }
        }
        Ok(answer)
    }

    fn list_executions(&self, request: ListExecutions) -> Result<Value, Refusal> {
        let machine = machine_of(&request.state_machine_arn)?;
        match self.machines().find(|known| known.name() == machine) {
            None => return Err(("StateMachineDoesNotExist", format!("There is no state machine {machine}"))),
            Some(known) if known.is_express() => {
                let why = "This operation is not supported by this type of state machine";
                return Err(("StateMachineTypeNotSupported", why.to_owned()));
            }
            Some(_) => {}
        }
        let status = match request.status_filter {
            None => None,
            // These two never occur here, so nothing stands so.
            Some(status) if status == "ABORTED" || status == "PENDING_REDRIVE" => {
                return Ok(json!({ "executions": [] }));
            }
            Some(status) => Some(
                Status::parse(&status)
                    .ok_or_else(|| ("ValidationException", format!("statusFilter {status} is unknown")))?,
            ),
        };
        let before = request
            .next_token
            .map(|token| token.parse().map_err(|_| ("InvalidToken", "Invalid token".to_string())))
            .transpose()?;
        let most = match request.max_results {
            None | Some(0) => LIST_DEFAULT_EXECUTIONS,
            Some(most) => most.min(LIST_MAX_EXECUTIONS),
        };
        let filter =
            Filter { machine: Some(machine.into()), status, before, most: Some(most), ..Filter::default() };
        let executions = self.executions(&filter).map_err(|error| internal(&error))?;
        let mut answer = json!({ "executions": executions.iter().map(summary).collect::<Vec<_>>() });
        if let Some(last) = executions.last().filter(|_| u32::try_from(executions.len()) == Ok(most)) {
            answer["nextToken"] = json!(last.number.to_string());
        }
        Ok(answer)
    }
}

const INTERNAL: &str = "InternalServerError";

fn internal(error: &EngineError) -> Refusal {
    (INTERNAL, error.to_string())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| ("ValidationException", error.to_string()))
}

fn machine_of(arn: &str) -> Result<&str, Refusal> {
    arn.strip_prefix("arn:aws:states:local:000000000000:stateMachine:")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ("InvalidArn", format!("Invalid Arn: '{arn}'")))
}

fn summary(execution: &ExecutionRecord) -> Value {
    let mut summary = json!({
        "executionArn": execution.arn,
        "stateMachineArn": crate::engine::machine_arn(&execution.machine),
        "name": execution.name,
        "status": execution.status,
        "startDate": seconds(execution.started),
    });
    if let Some(stopped) = execution.stopped {
        summary["stopDate"] = seconds(stopped);
    }
    summary
}

/// Epoch seconds with milliseconds as a JSON number, which is how the protocol writes a time.
fn seconds(time: Timestamp) -> Value {
    let milliseconds = time.as_millisecond();
    let text = format!("{}.{:03}", milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
    text.parse::<f64>().map_or(Value::Null, Value::from)
}
