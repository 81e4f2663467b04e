//! Leaving a state: its Assign and Output, or what Retry and Catch make of an error.

use super::frame::{Activity, Frame};
use super::{Leave, Move, Turn};
use crate::expression::{Evaluation, Variables};
use crate::failure::{DATA_LIMIT, Failure, fits, matches};
use crate::limits::PAYLOAD_MAX_BYTES;
use crate::machine::{Data, Exit, State};
use serde_json::Value;

impl Turn<'_> {
    /// The state did what it is for.
    pub(super) fn complete(
        &self,
        frame: &Frame,
        state: &State,
        outer: &[&Variables],
        result: Option<Value>,
    ) -> Move {
        let outcome = || {
            if let Some(result) = &result {
                fits(result, "The result of the state")?;
            }
            let unchanged = result.clone().unwrap_or_else(|| frame.input.clone());
            let mut evaluation = self.evaluation(frame, outer, result.map(|result| ("result", result)))?;
            Self::outcome(&mut evaluation, &state.data, unchanged)
        };
        match outcome() {
            Ok((output, assigned)) => {
                Move::Leave(Leave { exit: Exit::Completed, next: state.next.clone(), output, assigned })
            }
            Err(failure) => Move::Fail(failure),
        }
    }

    /// Output and assigned values; all expressions see the values from before any assignment.
    pub(super) fn outcome(
        evaluation: &mut Evaluation,
        data: &Data,
        unchanged: Value,
    ) -> Result<(Value, Variables), Failure> {
        let mut assigned = Variables::new();
        for (name, template) in &data.assign {
            assigned.insert(name.clone(), evaluation.template(template, &format!("Assign.{name}"))?);
        }
        let output = match &data.output {
            Some(output) => evaluation.template(output, "Output")?,
            None => unchanged,
        };
        fits(&output, "The output of the state")?;
        assigned.iter().try_for_each(|(name, value)| fits(value, &format!("The variable {name}")))?;
        Ok((output, assigned))
    }

    /// Retries, catches, or hands the failure on.
    pub(super) fn recover(
        &self,
        frame: &mut Frame,
        state: &State,
        outer: &[&Variables],
        failure: Failure,
    ) -> Move {
        let error = failure.name();
        let retrier = state.retry.iter().position(|retrier| matches(&retrier.error_equals, error));
        if let Some((index, retrier)) = retrier.and_then(|index| Some((index, state.retry.get(index)?))) {
            frame.attempts.resize(state.retry.len(), 0);
            if let Some(attempts) =
                frame.attempts.get_mut(index).filter(|it| u64::from(**it) < retrier.max_attempts)
            {
                let delay = i64::try_from(retrier.delay_milliseconds(*attempts)).unwrap_or(i64::MAX);
                *attempts += 1;
                return Move::Stay(Activity::BackingOff { until: self.now().saturating_add(delay) });
            }
        }
        let catcher =
            state.catch.iter().enumerate().find(|(_, catcher)| matches(&catcher.error_equals, error));
        let Some((index, catcher)) = catcher else { return Move::Fail(failure) };
        let error_output = failure.output();
        let outcome = self
            .evaluation(frame, outer, Some(("errorOutput", error_output.clone())))
            .and_then(|mut evaluation| Self::outcome(&mut evaluation, &catcher.data, error_output));
        match outcome {
            Ok((output, assigned)) => Move::Leave(Leave {
                exit: Exit::Catch(index),
                next: Some(catcher.next.clone()),
                output,
                assigned,
            }),
            Err(failure) => Move::Fail(failure),
        }
    }

    /// Moves the frame to the next state, or ends its flow.
    pub(super) fn leave(&mut self, frame: &mut Frame, leave: Leave) -> Option<Result<Value, Failure>> {
        self.record(frame, leave.exit, leave.next.as_deref());
        frame.variables.extend(leave.assigned);
        if serde_json::to_string(&frame.variables).map_or(0, |text| text.len()) > VARIABLES_MAX_BYTES {
            return Some(Err(Failure::new(DATA_LIMIT, "The workflow variables are too large together")));
        }
        let Some(next) = leave.next else { return Some(Ok(leave.output)) };
        match self.count() {
            Ok(sequence) => frame.sequence = sequence,
            Err(failure) => return Some(Err(failure)),
        }
        frame.state = next;
        frame.input = leave.output;
        frame.entered = self.now();
        frame.attempts.clear();
        frame.activity = Activity::Entering;
        None
    }

    /// Records that a frame and what runs in it was stopped.
    pub(super) fn stop(&mut self, frame: &Frame) {
        self.record(frame, Exit::Stopped, None);
        for child in frame.children() {
            self.stop(child);
        }
    }
}

/// All variables of one scope together.
const VARIABLES_MAX_BYTES: usize = 10 * PAYLOAD_MAX_BYTES;
