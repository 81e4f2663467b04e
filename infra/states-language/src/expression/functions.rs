//! The functions that Step Functions adds to JSONata, and those that need the platform's clock
//! (Step Functions Developer Guide, "Transforming data with JSONata").

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use rand::Rng;
use scrip_clock::Timestamp;
use std::fmt::Write;

/// Their names and the most arguments they take here: `$now` takes no picture and `$random` no seed.
pub(crate) const HOST_FUNCTIONS: &[(&str, usize)] =
    &[("now", 0), ("millis", 0), ("parse", 1), ("partition", 2), ("range", 3), ("random", 0), ("uuid", 0)];

type Answer = Result<JValue, EvaluatorError>;

fn refused(reason: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(reason.into())
}

/// Makes the functions known to an evaluator whose time stands still at `now`.
pub(crate) fn register(evaluator: &mut Evaluator, now: Timestamp) -> Result<(), EvaluatorError> {
    evaluator.register_fn_override("now", move |_: &[JValue]| Ok(JValue::from(format!("{now:.3}"))))?;
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from(now.as_millisecond())))?;
    evaluator.register_fn("parse", parse)?;
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("uuid", |_: &[JValue]| Ok(JValue::from(uuid())))
}

fn parse(arguments: &[JValue]) -> Answer {
    let text = arguments.first().and_then(JValue::as_str).ok_or_else(|| refused("$parse takes a string"))?;
    serde_json::from_str::<serde_json::Value>(text)
        .map(JValue::from)
        .map_err(|error| refused(format!("$parse: {error}")))
}

fn partition(arguments: &[JValue]) -> Answer {
    let items = arguments.first().and_then(JValue::as_array);
    let size = arguments.get(1).and_then(JValue::as_i64).and_then(|size| usize::try_from(size).ok());
    match (items, size) {
        (Some(items), Some(size @ 1..)) => {
            Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect()))
        }
        _ => Err(refused("$partition takes an array and a positive integer")),
    }
}

/// At most this many numbers, as `States.ArrayRange` gives.
const RANGE_MAX_ITEMS: usize = 1_000;

fn range(arguments: &[JValue]) -> Answer {
    let number = |index: usize| arguments.get(index).and_then(JValue::as_i64);
    let (Some(first), Some(last), Some(step)) = (number(0), number(1), number(2)) else {
        return Err(refused("$range takes three integers"));
    };
    let mut items = Vec::new();
    let mut next = Some(first);
    while let Some(item) =
        next.filter(|item| if step > 0 { *item <= last } else { step < 0 && *item >= last })
    {
        if items.len() == RANGE_MAX_ITEMS {
            return Err(refused(format!("$range gives more than {RANGE_MAX_ITEMS} numbers")));
        }
        items.push(JValue::from(item));
        next = item.checked_add(step);
    }
    Ok(JValue::array(items))
}

/// A random UUID (RFC 9562, version 4).
pub(crate) fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes.iter().enumerate().fold(String::with_capacity(36), |mut text, (index, byte)| {
        if [4, 6, 8, 10].contains(&index) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
