//! `AWS::Serverless::Function`: the function, and the route, queues, streams and schedules that invoke it.

use super::Reader;
use super::permission::{Policy, permissions};
use crate::error::Place;
use crate::identity::{Identity, Kind};
use crate::model::{FunctionSpec, QueueMapping, ScheduleSpec, StreamMapping};
use crate::sections::{number, texts, truth, typed};
use crate::{EventFilter, TemplateError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The platform runs its own build in its own process, and logs to its own output.
const IRRELEVANT: &[&str] =
    &["Architectures", "CodeUri", "Description", "LoggingConfig", "Runtime", "Tags", "Tracing"];

/// Lambda's defaults.
const MEMORY_DEFAULT_MEGABYTES: u32 = 128;
const TIMEOUT_DEFAULT_SECONDS: u32 = 3;
const STREAM_BATCH_DEFAULT: u32 = 100;
const QUEUE_BATCH_DEFAULT: u32 = 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Function {
    handler: String,
    #[serde(default, deserialize_with = "number")]
    memory_size: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    timeout: Option<u32>,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    policies: Vec<Policy>,
    #[serde(default)]
    events: BTreeMap<String, Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Environment {
    #[serde(default, deserialize_with = "texts")]
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Event {
    #[serde(rename = "Type")]
    event_type: String,
    properties: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct StreamEvent {
    stream: String,
    #[serde(rename = "StartingPosition")]
    _starting_position: StartingPosition,
    #[serde(default, deserialize_with = "number")]
    batch_size: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    maximum_batching_window_in_seconds: Option<u32>,
    #[serde(default)]
    filter_criteria: FilterCriteria,
    #[serde(default)]
    function_response_types: Vec<ResponseType>,
    #[serde(default, deserialize_with = "truth")]
    bisect_batch_on_function_error: bool,
    #[serde(default, deserialize_with = "number")]
    maximum_retry_attempts: Option<u32>,
    destination_config: Option<DestinationConfig>,
}

#[derive(Debug, Deserialize)]
enum StartingPosition {
    #[serde(rename = "TRIM_HORIZON")]
    TrimHorizon,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct FilterCriteria {
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Filter {
    pattern: String,
}

#[derive(Debug, Deserialize)]
enum ResponseType {
    ReportBatchItemFailures,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DestinationConfig {
    on_failure: OnFailure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct OnFailure {
    #[serde(rename = "Type")]
    _destination_type: DestinationType,
    destination: String,
}

#[derive(Debug, Deserialize)]
enum DestinationType {
    #[serde(rename = "SQS")]
    Queue,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct QueueEvent {
    queue: String,
    #[serde(default, deserialize_with = "number")]
    batch_size: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    maximum_batching_window_in_seconds: Option<u32>,
    #[serde(default)]
    function_response_types: Vec<ResponseType>,
    #[serde(default)]
    scaling_config: ScalingConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ScalingConfig {
    #[serde(default, deserialize_with = "number")]
    maximum_concurrency: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ScheduleEvent {
    schedule: String,
    input: String,
}

impl Reader {
    pub(super) fn read_function(&mut self, identity: &Identity) -> Result<(), TemplateError> {
        let function: Function = self.properties(identity, IRRELEVANT)?;
        self.read_route(identity, &function.handler)?;
        let place = Place::new(&identity.logical_id).at("Properties.Events");
        for (name, event) in function.events {
            let place = place.at(name);
            let properties = place.at("Properties");
            match event.event_type.as_str() {
                "DynamoDB" => self.read_stream(
                    typed(event.properties, &[], &properties)?,
                    &function.handler,
                    &properties,
                )?,
                "SQS" => self.read_consumer(
                    &typed(event.properties, &[], &properties)?,
                    &function.handler,
                    &properties,
                )?,
                "Schedule" => self.read_schedule(
                    &typed(event.properties, &[], &properties)?,
                    &function.handler,
                    &properties,
                )?,
                other => {
                    return Err(place
                        .at("Type")
                        .refuse(format!("the embedded platform has no event {other}")));
                }
            }
        }
        self.application.functions.push(FunctionSpec {
            logical_id: identity.logical_id.clone(),
            name: function.handler,
            arn: identity.arn.clone(),
            environment: function.environment.variables,
            timeout_seconds: function.timeout.unwrap_or(TIMEOUT_DEFAULT_SECONDS),
            memory_megabytes: function.memory_size.unwrap_or(MEMORY_DEFAULT_MEGABYTES),
            permissions: permissions(function.policies),
        });
        Ok(())
    }

    fn read_stream(
        &mut self,
        event: StreamEvent,
        function: &str,
        place: &Place,
    ) -> Result<(), TemplateError> {
        let streams = |table: &Identity| table.attribute("StreamArn").map(str::to_owned);
        let table = self.scope.name_of(Kind::Table, &event.stream, streams, &place.at("Stream"))?;
        let filter = |(index, filter): (usize, Filter)| {
            let place = place.at("FilterCriteria.Filters").at(index).at("Pattern");
            let pattern: Value =
                serde_json::from_str(&filter.pattern).map_err(|error| place.refuse(error))?;
            EventFilter::read(&pattern).map_err(|why| place.refuse(why))
        };
        let on_failure_queue = match event.destination_config {
            None => None,
            Some(config) => {
                Some(self.queue_of_arn(&config.on_failure.destination, &place.at("DestinationConfig"))?)
            }
        };
        self.application.stream_mappings.push(StreamMapping {
            table,
            function: function.to_owned(),
            batch_size: event.batch_size.unwrap_or(STREAM_BATCH_DEFAULT),
            window_seconds: event.maximum_batching_window_in_seconds.unwrap_or(0),
            filters: event
                .filter_criteria
                .filters
                .into_iter()
                .enumerate()
                .map(filter)
                .collect::<Result<_, _>>()?,
            report_batch_item_failures: !event.function_response_types.is_empty(),
            on_failure_queue,
            maximum_retry_attempts: event.maximum_retry_attempts,
            bisect: event.bisect_batch_on_function_error,
        });
        Ok(())
    }

    fn read_schedule(
        &mut self,
        event: &ScheduleEvent,
        function: &str,
        place: &Place,
    ) -> Result<(), TemplateError> {
        let period_seconds = period_seconds(&event.schedule)
            .ok_or_else(|| place.at("Schedule").refuse("it is no rate of minutes, hours or days"))?;
        let input: Value =
            serde_json::from_str(&event.input).map_err(|error| place.at("Input").refuse(error))?;
        // EventBridge sends nothing at all where the input is empty.
        if input.as_object().is_none_or(serde_json::Map::is_empty) {
            return Err(place.at("Input").refuse("it is no object with members"));
        }
        self.application.schedules.push(ScheduleSpec {
            function: function.to_owned(),
            period_seconds,
            input,
        });
        Ok(())
    }

    fn read_consumer(
        &mut self,
        event: &QueueEvent,
        function: &str,
        place: &Place,
    ) -> Result<(), TemplateError> {
        self.application.queue_mappings.push(QueueMapping {
            queue: self.queue_of_arn(&event.queue, &place.at("Queue"))?,
            function: function.to_owned(),
            batch_size: event.batch_size.unwrap_or(QUEUE_BATCH_DEFAULT),
            window_seconds: event.maximum_batching_window_in_seconds.unwrap_or(0),
            report_batch_item_failures: !event.function_response_types.is_empty(),
            maximum_concurrency: event.scaling_config.maximum_concurrency,
        });
        Ok(())
    }
}

/// The seconds of `rate(1 minute)`, `rate(5 minutes)` and the like, as `EventBridge` spells them.
fn period_seconds(rate: &str) -> Option<u32> {
    let (number, unit) = rate.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    let unit = match (number, unit) {
        (1, "minute") | (2.., "minutes") => 60,
        (1, "hour") | (2.., "hours") => 3_600,
        (1, "day") | (2.., "days") => 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::period_seconds;

    #[test]
    fn a_rate_is_read_as_eventbridge_spells_it() {
        for (rate, seconds) in [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 days)", 172_800)] {
            assert_eq!(period_seconds(rate), Some(seconds), "{rate}");
        }
        for rate in [
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(1 second)",
            "rate(1)",
            "1 minute",
            "cron(0 * * * ? *)",
            "rate(99999999999 days)",
        ] {
            assert_eq!(period_seconds(rate), None, "{rate}");
        }
    }
}
