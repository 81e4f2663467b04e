//! What a function's answer says of a batch.

use super::event::Batch;
use crate::functions::InvocationError;
use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// All records are done with.
    Done,
    /// Those before the record with this number are.
    DoneBefore(i64, InvocationError),
    /// None is.
    Failed(InvocationError),
}

impl Outcome {
    /// Without a report, a batch succeeds or fails as one. With one, the oldest record that it names is where the
    /// stream goes on; a report that names none is success, and one that can't be understood is failure (AWS Lambda
    /// Developer Guide, "Configuring partial batch response with `DynamoDB`").
    pub(super) fn of(answer: Result<Value, InvocationError>, batch: &Batch, reports: bool) -> Self {
        let answer = match answer {
            Err(error) => return Self::Failed(error),
            Ok(_) if !reports => return Self::Done,
            Ok(answer) => answer,
        };
        let failures = match answer.get("batchItemFailures") {
            None if answer.as_object().is_none_or(serde_json::Map::is_empty) => return Self::Done,
            Some(Value::Null) => return Self::Done,
            Some(Value::Array(failures)) => failures,
            _ => return Self::Failed(report_error("the answer has no list batchItemFailures")),
        };
        let mut oldest: Option<i64> = None;
        for failure in failures {
            let named = failure["itemIdentifier"].as_str();
            let Some((sequence, _)) = batch.sequences().find(|(_, public)| Some(*public) == named) else {
                return Self::Failed(report_error("the answer names a record that was not in the batch"));
            };
            oldest = Some(oldest.map_or(sequence, |oldest| oldest.min(sequence)));
        }
        match oldest {
            None => Self::Done,
            Some(sequence) => Self::DoneBefore(sequence, report_error("the function reported it as failed")),
        }
    }
}

fn report_error(why: &str) -> InvocationError {
    InvocationError { error_type: "BatchItemFailures".to_owned(), message: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::event::Source;
    use super::*;
    use crate::store::Record;
    use serde_json::json;

    fn batch() -> Batch {
        let source = Source { stream_arn: "arn".into(), function_arn: String::new() };
        let record = |sequence: i64| Record {
            sequence,
            body: json!({ "dynamodb": { "SequenceNumber": format!("s{sequence}") } }),
        };
        Batch::of(&source, [7, 8, 9].into_iter().map(record))
    }

    fn before(answer: &Value) -> Option<i64> {
        match Outcome::of(Ok(answer.clone()), &batch(), true) {
            Outcome::Done => None,
            Outcome::DoneBefore(sequence, _) => Some(sequence),
            Outcome::Failed(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_report_names_where_to_go_on() {
        assert_eq!(
            before(&json!({ "batchItemFailures": [{ "itemIdentifier": "s9" }, { "itemIdentifier": "s8" }] })),
            Some(8)
        );
        for done in
            [json!(null), json!({}), json!({ "batchItemFailures": [] }), json!({ "batchItemFailures": null })]
        {
            assert_eq!(before(&done), None, "{done}");
        }
    }

    #[test]
    fn a_report_that_makes_no_sense_fails_the_batch() {
        for answer in [
            json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
            json!({ "batchItemFailures": [{ "itemIdentifier": null }] }),
            json!({ "batchItemFailures": [{ "id": "s7" }] }),
            json!({ "failures": [] }),
        ] {
            assert!(
                matches!(Outcome::of(Ok(answer.clone()), &batch(), true), Outcome::Failed(_)),
                "{answer}"
            );
            assert_eq!(Outcome::of(Ok(answer), &batch(), false), Outcome::Done);
        }
    }
}
