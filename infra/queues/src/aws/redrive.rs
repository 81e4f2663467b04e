//! `StartMessageMoveTask`: dead letters go back to where they came from, at once.

use super::fault::{Fault, Shape};
use super::{Answer, required};
use crate::queues::Queues;
use crate::spec::QueueSpec;
use crate::store::message_id;
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartMove {
    source_arn: Option<String>,
    destination_arn: Option<String>,
}

pub(super) fn start(queues: &Queues, request: &StartMove) -> Answer {
    let source_arn = required(request.source_arn.as_deref(), "SourceArn")?;
    let dead = by_arn(queues, source_arn)?;
    let destination = request.destination_arn.as_deref().map(|arn| by_arn(queues, arn)).transpose()?;
    let sources: Vec<(String, String)> = queues
        .specs()
        .values()
        .filter(|spec| spec.redrive.as_ref().is_some_and(|redrive| redrive.dead_letter_queue == dead.name))
        .map(|spec| (spec.arn(), spec.name.clone()))
        .collect();
    if sources.is_empty() {
        return Err(Fault::invalid("Source queue must be configured as a Dead Letter Queue."));
    }
    {
        let (mut store, now) = queues.store();
        store.redrive(dead, destination.map(|spec| spec.name.as_str()), &sources, now)?;
    }
    queues.wake();
    let task = json!({ "taskId": message_id(), "sourceArn": source_arn });
    Ok(json!({ "TaskHandle": BASE64.encode(task.to_string().as_bytes()) }))
}

fn by_arn<'a>(queues: &'a Queues, arn: &str) -> Result<&'a QueueSpec, Fault> {
    queues.specs().values().find(|spec| spec.arn() == arn).ok_or_else(|| {
        Fault::new(Shape::ResourceNotFoundException, format!("The resource {arn} does not exist."))
    })
}
