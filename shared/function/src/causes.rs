//! Which requests a piece of work goes back to. Their ids travel with the work: in an item's `workflow`, in the input
//! of an execution, in the payload of a task, in the body of a message.

use crate::Trigger;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// The longest id of a request.
const REQUEST_ID_CHARACTERS_MAX: usize = 128;
/// How many causes one line holds: as many as a stream or a queue sends at once here, and room for more.
const CAUSES_MAX: usize = 100;

/// Where a task's payload and a message's body hold their cause.
pub(crate) const CAUSE: &str = "cause";

/// What a message's body says of its cause; the rest of it is read past.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    cause: Cow<'a, str>,
}

/// Whether a text can be the id of a request. What can't be is neither kept nor logged.
pub fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The causes that an event tells, each once, in their order.
pub(crate) fn of_event(trigger: Trigger, event: &Value) -> Vec<String> {
    let mut causes = Vec::new();
    match trigger {
        Trigger::Http | Trigger::Schedule => {}
        Trigger::Authorizer => add(&mut causes, event["requestContext"]["requestId"].as_str()),
        Trigger::Task => add(&mut causes, event[CAUSE].as_str()),
        Trigger::Stream => {
            for record in records(event) {
                let workflow = &record["dynamodb"]["NewImage"]["workflow"]["M"];
                add(&mut causes, workflow[CAUSE]["S"].as_str());
            }
        }
        Trigger::Queue => {
            for record in records(event) {
                let body = record["body"].as_str().and_then(|body| serde_json::from_str::<Body>(body).ok());
                add(&mut causes, body.as_ref().map(|body| &*body.cause));
            }
        }
    }
    causes
}

fn records(event: &Value) -> impl Iterator<Item = &Value> {
    event["Records"].as_array().into_iter().flatten()
}

fn add(causes: &mut Vec<String>, cause: Option<&str>) {
    let cause = cause.filter(|cause| is_request_id(cause) && causes.len() < CAUSES_MAX);
    if let Some(cause) = cause.filter(|cause| !causes.iter().any(|known| known == cause)) {
        causes.push(cause.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn stream(causes: &[Value]) -> Value {
        let record = |cause: &Value| {
            let workflow = json!({ "M": { "machine": { "S": "m" }, "cause": cause } });
            json!({ "eventName": "INSERT", "dynamodb": { "NewImage": { "workflow": workflow } } })
        };
        json!({ "Records": causes.iter().map(record).collect::<Vec<_>>() })
    }

    fn queue(bodies: &[&str]) -> Value {
        json!({ "Records": bodies.iter().map(|body| json!({ "body": body })).collect::<Vec<_>>() })
    }

    #[test]
    fn each_kind_of_event_tells_its_causes_once() {
        assert_eq!(of_event(Trigger::Task, &json!({ "bill": "b", "cause": "r1" })), ["r1"]);
        let records = [json!({ "S": "r2" }), json!({ "S": "r1" }), json!({ "S": "r2" })];
        assert_eq!(of_event(Trigger::Stream, &stream(&records)), ["r2", "r1"]);
        let bodies = [r#"{"a":{"cause":"r0"},"cause":"r\u0031","b":[1.5]}"#, "not json", r#"{"cause":"r2"}"#];
        assert_eq!(of_event(Trigger::Queue, &queue(&bodies)), ["r1", "r2"]);
        let asked = json!({ "type": "REQUEST", "requestContext": { "requestId": "r3" } });
        assert_eq!(of_event(Trigger::Authorizer, &asked), ["r3"]);
    }

    #[test]
    fn what_tells_no_cause_has_none() {
        for payload in [json!({}), json!({ "cause": null }), json!({ "cause": 7 }), json!("cause"), json!([])]
        {
            assert!(of_event(Trigger::Task, &payload).is_empty(), "{payload}");
            assert!(
                of_event(Trigger::Stream, &stream(std::slice::from_ref(&payload))).is_empty(),
                "{payload}"
            );
            assert!(of_event(Trigger::Queue, &queue(&[&payload.to_string()])).is_empty(), "{payload}");
            for trigger in [Trigger::Stream, Trigger::Queue, Trigger::Authorizer] {
                assert!(of_event(trigger, &payload).is_empty(), "{payload}");
            }
        }
    }

    #[test]
    fn a_line_has_no_more_causes_than_its_bound() {
        let records: Vec<_> = (0..=CAUSES_MAX).map(|number| json!({ "S": format!("r{number}") })).collect();
        assert_eq!(of_event(Trigger::Stream, &stream(&records)).len(), CAUSES_MAX);
    }

    proptest! {
        #[test]
        fn only_visible_text_of_bounded_length_is_told(text in "\\PC{0,140}|[!-~]{0,140}") {
            let visible = text.chars().all(|letter| ('!'..='~').contains(&letter));
            let expected = visible && (1..=REQUEST_ID_CHARACTERS_MAX).contains(&text.chars().count());
            prop_assert_eq!(is_request_id(&text), expected);
            let told: Vec<_> = expected.then(|| text.clone()).into_iter().collect();
            prop_assert_eq!(&of_event(Trigger::Task, &json!({ "cause": text })), &told);
            let body = json!({ "cause": text }).to_string();
            prop_assert_eq!(&of_event(Trigger::Queue, &queue(&[&body])), &told);
        }
    }
}
