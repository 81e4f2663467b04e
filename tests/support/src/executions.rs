//! Executions of state machines, as the embedded engine or Step Functions tells of them.

use crate::{Scrip, Stack};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use reqwest::Method;
use scrip_states_language::{ExecutionRecord, Status};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Execution {
    pub status: Status,
    pub input: Value,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// The states it entered, in this order.
    pub states: Vec<String>,
    /// The types of the events in its history; only Step Functions tells them.
    pub events: Vec<String>,
}

impl Scrip {
    /// The execution of this name, if there is one.
    pub async fn execution(&self, machine: &str, name: &str) -> Option<Execution> {
        if !self.is_deployed() {
            let found = self.running().engine().execution(machine, name).expect("the engine tells");
            return found.map(Execution::from);
        }
        let client = Client::new(&self.aws());
        let arn = self.machine(machine).await.replace(":stateMachine:", ":execution:");
        let arn = format!("{arn}:{name}");
        let told = match client.describe_execution().execution_arn(&arn).send().await {
            Ok(told) => told,
            Err(error) => {
                let error = error.into_service_error();
                assert!(error.is_execution_does_not_exist(), "{error:?}");
                return None;
            }
        };
        let mut events = Vec::new();
        let mut pages = client.get_execution_history().execution_arn(&arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            events.extend(page.expect("a page of the history").events);
        }
        Some(Execution::of(told, &events))
    }

    /// What will happen to an item, in the order of time; only the embedded platform tells.
    pub async fn due(&self, item: &str) -> Vec<Value> {
        let answer =
            self.raw(Method::GET, &format!("/local/due?item={item}"), &[], Vec::new()).await.expect(200);
        answer.body["items"].as_array().expect("items").clone()
    }

    pub async fn machine(&self, name: &str) -> String {
        let machine = self.application().await.machines.iter().find(|machine| machine.name == name);
        let machine = machine.expect("a machine of the template");
        if self.is_deployed() {
            Stack::get().resource(&machine.logical_id).to_owned()
        } else {
            machine.arn.clone()
        }
    }
}

impl Execution {
    fn of(told: DescribeExecutionOutput, events: &[HistoryEvent]) -> Self {
        let status = match told.status {
            ExecutionStatus::Running => Status::Running,
            ExecutionStatus::Succeeded => Status::Succeeded,
            ExecutionStatus::TimedOut => Status::TimedOut,
            _ => Status::Failed,
        };
        let entered = events.iter().filter_map(|event| event.state_entered_event_details());
        let read = |text: String| serde_json::from_str(&text).expect("a document");
        Self {
            status,
            input: told.input.map_or(Value::Null, read),
            output: told.output.map(read),
            error: told.error,
            cause: told.cause,
            states: entered.map(|state| state.name().to_owned()).collect(),
            events: events.iter().map(|event| event.r#type().as_str().to_owned()).collect(),
        }
    }
}

impl From<ExecutionRecord> for Execution {
    fn from(record: ExecutionRecord) -> Self {
        let ExecutionRecord { status, input, output, error, cause, states, .. } = record;
        let states = states.into_iter().map(|state| state.state).collect();
        Self { status, input, output, error, cause, states, events: Vec::new() }
    }
}
