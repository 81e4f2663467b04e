//! What a function's answer says about its batch.
//!
//! Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", success and failure
//! conditions.

use serde_json::Value;
use std::collections::HashSet;

/// The ids that failed, out of `batch`; an error is why the whole batch failed.
pub(crate) fn failed(answer: &Value, batch: &HashSet<&str>) -> Result<HashSet<String>, String> {
    let failures = match answer {
        Value::Null => return Ok(HashSet::new()),
        Value::Object(answer) => match answer.get("batchItemFailures") {
            None | Some(Value::Null) => return Ok(HashSet::new()),
            Some(Value::Array(failures)) => failures,
            Some(_) => return Err("batchItemFailures is not a list".to_owned()),
        },
        _ => return Err("the answer is not an object".to_owned()),
    };
    let identifier = |failure: &Value| match failure.get("itemIdentifier").and_then(Value::as_str) {
        Some(id) if batch.contains(id) => Ok(id.to_owned()),
        Some(id) => Err(format!("itemIdentifier {id:?} names no message of the batch")),
        None => Err("an entry of batchItemFailures has no itemIdentifier".to_owned()),
    };
    failures.iter().map(identifier).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(answer: &Value) -> Result<Vec<String>, String> {
        let mut failed: Vec<_> = failed(answer, &HashSet::from(["a", "b"]))?.into_iter().collect();
        failed.sort();
        Ok(failed)
    }

    #[test]
    fn an_answer_that_reports_nothing_is_success() {
        for answer in
            [json!(null), json!({}), json!({"batchItemFailures": null}), json!({"batchItemFailures": []})]
        {
            assert_eq!(told(&answer), Ok(vec![]), "{answer}");
        }
    }

    #[test]
    fn reported_messages_count_as_failed() {
        let answer = json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]});
        assert_eq!(told(&answer), Ok(vec!["b".to_owned()]));
    }

    #[test]
    fn a_report_that_can_not_be_read_fails_the_batch() {
        for failures in [
            json!([{"itemIdentifier": ""}]),
            json!([{"itemIdentifier": null}]),
            json!([{"messageId": "a"}]),
            json!([{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]),
            json!(["a"]),
            json!("a"),
        ] {
            assert!(told(&json!({"batchItemFailures": &failures})).is_err(), "{failures}");
        }
        assert!(told(&json!("done")).is_err());
    }
}
