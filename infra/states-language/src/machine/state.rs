//! Reading one state.

use super::parse::{Reader, Refusal, catcher, data, scalar, template};
use super::{Data, Fields, Kind, Rule, State};
use crate::expression::{Place, Template};
use crate::limits::PERIOD_MAX_SECONDS;
use crate::retry::Retrier;
use scrip_clock::Timestamp;
use serde_json::Value;

/// The one integration that is implemented: a function is invoked and its answer awaited.
const LAMBDA_INVOKE: &str = "arn:aws:states:::lambda:invoke";

impl Reader<'_> {
    pub(crate) fn state(&mut self, name: &str, mut fields: Fields, depth: usize) -> Result<State, Refusal> {
        let here = |reason: String| (Some(name.to_owned()), reason);
        let kind_name = (|| {
            fields.string("Comment")?;
            if fields.string("QueryLanguage")?.is_some_and(|language| language != "JSONata") {
                return Err("QueryLanguage is not JSONata".to_string());
            }
            fields.required_string("Type")
        })()
        .map_err(here)?;
        let (kind, place) = match kind_name.as_str() {
            "Task" => (task(&mut fields).map_err(here)?, Place::Result),
            "Parallel" => (self.parallel(name, &mut fields, depth)?, Place::Result),
            "Map" => (self.map(name, &mut fields, depth)?, Place::Result),
            "Wait" => (wait(&mut fields).map_err(here)?, Place::Input),
            "Choice" => (choice(&mut fields).map_err(here)?, Place::Input),
            "Fail" => (fail(&mut fields).map_err(here)?, Place::Input),
            "Pass" => (Kind::Pass, Place::Input),
            "Succeed" => (Kind::Succeed, Place::Input),
            other => return Err(here(format!("the type {other} is unknown or not implemented"))),
        };
        let state = rest(kind, &mut fields, place).map_err(here)?;
        fields.finish().map_err(here)?;
        Ok(state)
    }

    fn parallel(&mut self, name: &str, fields: &mut Fields, depth: usize) -> Result<Kind, Refusal> {
        let here = |reason: String| (Some(name.to_owned()), reason);
        let arguments = template(fields, "Arguments", Place::Input).map_err(here)?;
        let branches =
            fields.array("Branches").map_err(here)?.ok_or_else(|| here("Branches is missing".into()))?;
        let branches = branches
            .into_iter()
            .map(|branch| self.flow(Fields::of(branch, "a branch").map_err(here)?, Some(name), depth + 1))
            .collect::<Result<_, _>>()?;
        Ok(Kind::Parallel { branches, arguments })
    }

    fn map(&mut self, name: &str, fields: &mut Fields, depth: usize) -> Result<Kind, Refusal> {
        let here = |reason: String| (Some(name.to_owned()), reason);
        let mut processor =
            Fields::of(fields.required("ItemProcessor").map_err(here)?, "ItemProcessor").map_err(here)?;
        if let Some(configuration) = processor.take("ProcessorConfig") {
            let mut configuration = Fields::of(configuration, "ProcessorConfig").map_err(here)?;
            if configuration.string("Mode").map_err(here)?.is_some_and(|mode| mode != "INLINE") {
                return Err(here("only the INLINE mode of Map is implemented".into()));
            }
            configuration.finish().map_err(here)?;
        }
        let items = match template(fields, "Items", Place::Input).map_err(here)? {
            Some(Template::Object(_)) => return Err(here("Items is not an array".into())),
            Some(Template::Literal(value)) if !value.is_array() => {
                return Err(here("Items is not an array".into()));
            }
            items => items,
        };
        Ok(Kind::Map {
            items,
            selector: template(fields, "ItemSelector", Place::Input).map_err(here)?,
            concurrency: scalar(fields, "MaxConcurrency", Value::is_u64, "a non-negative integer")
                .map_err(here)?,
            processor: self.flow(processor, Some(name), depth + 1)?,
        })
    }
}

/// Assign, Output, Retry, Catch, Next and End, as far as the kind has them.
fn rest(kind: Kind, fields: &mut Fields, place: Place) -> Result<State, String> {
    let mut state = State { kind, data: Data::default(), next: None, retry: Vec::new(), catch: Vec::new() };
    match state.kind {
        Kind::Fail { .. } => return Ok(state),
        Kind::Succeed => {
            state.data.output = template(fields, "Output", place)?;
            return Ok(state);
        }
        _ => state.data = data(fields, place)?,
    }
    if let Kind::Choice { .. } = state.kind {
        return Ok(state);
    }
    if let Kind::Task { .. } | Kind::Parallel { .. } | Kind::Map { .. } = state.kind {
        state.retry = elements(fields, "Retry", Retrier::parse)?;
        state.catch = elements(fields, "Catch", catcher)?;
    }
    state.next = match (fields.string("Next")?, fields.take("End")) {
        (Some(next), None | Some(Value::Bool(false))) => Some(next),
        (None, Some(Value::Bool(true))) => None,
        (Some(_), Some(_)) => return Err("it has both Next and End".into()),
        (None, _) => return Err("it has neither Next nor End".into()),
    };
    Ok(state)
}

fn elements<T>(
    fields: &mut Fields,
    name: &str,
    parse: fn(Value, bool) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let Some(values) = fields.take(name) else { return Ok(Vec::new()) };
    let Value::Array(values) = values else { return Err(format!("{name} is not an array")) };
    let last = values.len().saturating_sub(1);
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            parse(value, index == last).map_err(|reason| format!("{name} {index}: {reason}"))
        })
        .collect()
}

fn task(fields: &mut Fields) -> Result<Kind, String> {
    let resource = fields.required_string("Resource")?;
    if resource != LAMBDA_INVOKE {
        return Err(format!("the resource {resource} is not implemented; {LAMBDA_INVOKE} is"));
    }
    let mut arguments = Fields::of(fields.required("Arguments")?, "Arguments")?;
    let is_name = |value: &Value| value.as_str().is_some_and(|name| !name.is_empty());
    let function = scalar(&mut arguments, "FunctionName", is_name, "a function's name")?
        .ok_or("Arguments.FunctionName is missing")?;
    let payload = template(&mut arguments, "Payload", Place::Input)?;
    arguments.finish().map_err(|reason| format!("Arguments: {reason}"))?;
    Ok(Kind::Task {
        function,
        payload,
        timeout_seconds: scalar(fields, "TimeoutSeconds", is_period, PERIOD)?,
    })
}

const PERIOD: &str = "an integer from 1 to 99999999";

fn is_period(value: &Value) -> bool {
    value.as_u64().is_some_and(|seconds| (1..=PERIOD_MAX_SECONDS).contains(&seconds))
}

fn wait(fields: &mut Fields) -> Result<Kind, String> {
    let is_seconds = |value: &Value| value.as_u64().is_some_and(|seconds| seconds <= PERIOD_MAX_SECONDS);
    let is_timestamp = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok());
    let seconds = scalar(fields, "Seconds", is_seconds, "an integer from 0 to 99999999")?;
    let timestamp = scalar(fields, "Timestamp", is_timestamp, "an RFC 3339 timestamp")?;
    match (seconds, timestamp) {
        (Some(seconds), None) => Ok(Kind::WaitSeconds(seconds)),
        (None, Some(timestamp)) => Ok(Kind::WaitTimestamp(timestamp)),
        _ => Err("it has not exactly one of Seconds and Timestamp".into()),
    }
}

fn choice(fields: &mut Fields) -> Result<Kind, String> {
    let rules = fields.array("Choices")?.ok_or("Choices is missing")?;
    let rules = rules
        .into_iter()
        .enumerate()
        .map(|(index, value)| rule(value).map_err(|reason| format!("Choices {index}: {reason}")))
        .collect::<Result<_, _>>()?;
    Ok(Kind::Choice { rules, default: fields.string("Default")? })
}

fn rule(value: Value) -> Result<Rule, String> {
    let mut fields = Fields::of(value, "a rule")?;
    fields.string("Comment")?;
    let rule = Rule {
        condition: scalar(&mut fields, "Condition", Value::is_boolean, "a boolean")?
            .ok_or("Condition is missing")?,
        next: fields.required_string("Next")?,
        data: data(&mut fields, Place::Input)?,
    };
    fields.finish()?;
    Ok(rule)
}

fn fail(fields: &mut Fields) -> Result<Kind, String> {
    let error = scalar(fields, "Error", Value::is_string, "a string")?;
    let cause = scalar(fields, "Cause", Value::is_string, "a string")?;
    Ok(Kind::Fail { error, cause })
}
