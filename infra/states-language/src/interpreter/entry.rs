//! Entering a state: what its kind begins with.

use super::frame::{Activity, Child, Frame, Item, TaskCall};
use super::{Leave, Move, Turn};
use crate::expression::{Evaluation, Template, Variables};
use crate::failure::{Failure, NO_CHOICE, QUERY, fits};
use crate::limits::{MAP_MAX_CONCURRENCY, PERIOD_MAX_SECONDS};
use crate::machine::{Data, Exit, Kind, Rule, State};
use scrip_clock::Timestamp;
use serde_json::{Value, json};

impl Turn<'_> {
    pub(super) fn enter(&mut self, frame: &Frame, state: &State, outer: &[&Variables]) -> Move {
        self.begin(frame, state, outer).unwrap_or_else(Move::Fail)
    }

    fn begin(&mut self, frame: &Frame, state: &State, outer: &[&Variables]) -> Result<Move, Failure> {
        let stay = |activity| Ok(Move::Stay(activity));
        match &state.kind {
            Kind::Pass | Kind::Succeed => Ok(self.complete(frame, state, outer, None)),
            Kind::Task { function, payload, timeout_seconds } => {
                let mut evaluation = self.evaluation(frame, outer, None)?;
                let call = TaskCall {
                    id: self.tasks,
                    function: text(&mut evaluation, function, "Arguments.FunctionName")?,
                    payload: optional(&mut evaluation, payload.as_ref(), "Arguments.Payload")?
                        .unwrap_or(json!({})),
                    timeout_seconds: match timeout_seconds {
                        Some(seconds) => Some(period(&mut evaluation, seconds, "TimeoutSeconds", 1)?),
                        None => None,
                    },
                };
                fits(&call.payload, "The payload of the task")?;
                self.tasks += 1;
                stay(Activity::Task(call))
            }
            Kind::WaitSeconds(seconds) => {
                let seconds = period(&mut self.evaluation(frame, outer, None)?, seconds, "Seconds", 0)?;
                let wait = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
                stay(Activity::Waiting { until: self.now().saturating_add(wait) })
            }
            Kind::WaitTimestamp(timestamp) => {
                let text = text(&mut self.evaluation(frame, outer, None)?, timestamp, "Timestamp")?;
                let until = text.parse::<Timestamp>().map_err(|error| {
                    Failure::new(QUERY, format!("Timestamp is not an RFC 3339 timestamp: {text}: {error}"))
                })?;
                stay(Activity::Waiting { until: whole_milliseconds(until) })
            }
            Kind::Choice { rules, default } => self.choose(frame, state, outer, rules, default.as_ref()),
            Kind::Parallel { branches, arguments } => {
                let input =
                    optional(&mut self.evaluation(frame, outer, None)?, arguments.as_ref(), "Arguments")?;
                let input = input.unwrap_or_else(|| frame.input.clone());
                fits(&input, "The input of the branches")?;
                let pending = |_| Child::Pending { input: input.clone(), item: frame.item.clone() };
                stay(Activity::Branches {
                    children: branches.iter().map(pending).collect(),
                    concurrency: branches.len(),
                })
            }
            Kind::Map { items, selector, concurrency, .. } => stay(self.iterations(
                frame,
                outer,
                items.as_ref(),
                selector.as_ref(),
                concurrency.as_ref(),
            )?),
            Kind::Fail { error, cause } => {
                let mut evaluation = self.evaluation(frame, outer, None)?;
                let mut part = |template: &Option<Template>, field| {
                    template.as_ref().map(|template| text(&mut evaluation, template, field)).transpose()
                };
                Err(Failure { error: part(error, "Error")?, cause: part(cause, "Cause")? })
            }
        }
    }

    fn choose(
        &self,
        frame: &Frame,
        state: &State,
        outer: &[&Variables],
        rules: &[Rule],
        default: Option<&String>,
    ) -> Result<Move, Failure> {
        let mut evaluation = self.evaluation(frame, outer, None)?;
        let leave = |evaluation: &mut Evaluation, exit, next: &String, data: &Data| {
            let (output, assigned) = Self::outcome(evaluation, data, frame.input.clone())?;
            Ok(Move::Leave(Leave { exit, next: Some(next.clone()), output, assigned }))
        };
        for (index, rule) in rules.iter().enumerate() {
            match evaluation.template(&rule.condition, "Condition")? {
                Value::Bool(true) => {
                    return leave(&mut evaluation, Exit::Choice(index), &rule.next, &rule.data);
                }
                Value::Bool(false) => {}
                _ => {
                    return Err(Failure::new(
                        QUERY,
                        format!("The Condition of choice {index} is not a boolean"),
                    ));
                }
            }
        }
        match default {
            Some(next) => leave(&mut evaluation, Exit::Default, next, &state.data),
            None => Err(Failure::new(NO_CHOICE, format!("No choice of {} matched", frame.state))),
        }
    }

    fn iterations(
        &self,
        frame: &Frame,
        outer: &[&Variables],
        items: Option<&Template>,
        selector: Option<&Template>,
        concurrency: Option<&Template>,
    ) -> Result<Activity, Failure> {
        let mut evaluation = self.evaluation(frame, outer, None)?;
        let items = optional(&mut evaluation, items, "Items")?.unwrap_or_else(|| frame.input.clone());
        let Value::Array(items) = items else { return Err(Failure::new(QUERY, "Items is not an array")) };
        let concurrency = match concurrency {
            Some(template) => period(&mut evaluation, template, "MaxConcurrency", 0)?,
            None => 0,
        };
        let concurrency = match usize::try_from(concurrency) {
            Ok(some @ 1..=MAP_MAX_CONCURRENCY) => some,
            _ => MAP_MAX_CONCURRENCY,
        };
        let mut children = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            let item = Item { index, value };
            let input = match selector {
                Some(selector) => {
                    let mut evaluation = self.evaluation_with(frame, outer, Some(&item), None)?;
                    evaluation.template(selector, "ItemSelector")?
                }
                None => item.value.clone(),
            };
            fits(&input, "The input of an iteration")?;
            children.push(Child::Pending { input, item: Some(item) });
        }
        Ok(Activity::Branches { children, concurrency })
    }
}

fn optional(
    evaluation: &mut Evaluation,
    template: Option<&Template>,
    field: &str,
) -> Result<Option<Value>, Failure> {
    template.map(|template| evaluation.template(template, field)).transpose()
}

fn text(evaluation: &mut Evaluation, template: &Template, field: &str) -> Result<String, Failure> {
    match evaluation.template(template, field)? {
        Value::String(text) => Ok(text),
        _ => Err(Failure::new(QUERY, format!("{field} is not a string"))),
    }
}

fn period(evaluation: &mut Evaluation, template: &Template, field: &str, least: u64) -> Result<u64, Failure> {
    match evaluation.template(template, field)?.as_u64() {
        Some(number) if (least..=PERIOD_MAX_SECONDS).contains(&number) => Ok(number),
        _ => Err(Failure::new(
            QUERY,
            format!("{field} is not an integer from {least} to {PERIOD_MAX_SECONDS}"),
        )),
    }
}

/// Rounded up: what waits for a moment does not wake before it.
fn whole_milliseconds(time: Timestamp) -> i64 {
    let milliseconds = time.as_millisecond();
    if time.as_nanosecond() > i128::from(milliseconds) * 1_000_000 { milliseconds + 1 } else { milliseconds }
}
