//! The records of a table's stream, and what they ask to start.

use crate::start::Start;
use scrip_function::is_request_id;
use scrip_refusal::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What Lambda sends of a table's stream, as far as it counts here.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamEvent {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<StreamRecord>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StreamRecord {
    #[serde(rename = "eventName")]
    event_name: String,
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    /// Read late, so that one that can't be read fails alone.
    new_image: Option<Value>,
}

#[derive(Deserialize)]
struct Asking {
    id: String,
    workflow: Workflow,
}

#[derive(Deserialize)]
struct Workflow {
    machine: String,
    input: Map<String, Value>,
}

impl StreamRecord {
    /// What the stream knows the record by.
    pub(crate) fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// What a new item asks to start, if it does.
    pub(crate) fn start(&self) -> Result<Option<Start>, Failure> {
        let image = match &self.dynamodb.new_image {
            Some(image) if self.event_name == "INSERT" && image.get("workflow").is_some() => image,
            _ => return Ok(None),
        };
        let item = serde_dynamo::Item::deserialize(image).map_err(Failure::broken)?;
        let Asking { id, workflow } = serde_dynamo::from_item(item).map_err(Failure::broken)?;
        let Workflow { machine, input } = workflow;
        let cause = self.cause().map(str::to_owned);
        Start { machine, name: id, input, cause }.checked().map(Some)
    }

    /// The id of the request that wrote the item.
    pub(crate) fn cause(&self) -> Option<&str> {
        let image = self.dynamodb.new_image.as_ref()?;
        image["workflow"]["M"]["cause"]["S"].as_str().filter(|cause| is_request_id(cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(event_name: &str, image: &Value) -> StreamRecord {
        serde_json::from_value(json!({
            "eventID": "1", "eventName": event_name, "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
            "dynamodb": {
                "Keys": {"pk": {"S": "BILL#bill_1"}}, "NewImage": image, "SequenceNumber": "111",
                "SizeBytes": 26, "StreamViewType": "NEW_IMAGE",
            },
        }))
        .unwrap()
    }

    fn bill(workflow: &Value) -> Value {
        json!({
            "pk": {"S": "BILL#bill_1"}, "sk": {"S": "BILL"}, "id": {"S": "bill_1"}, "ceiling": {"N": "1250"},
            "tags": {"SS": ["a"]}, "nothing": {"NULL": true}, "workflow": workflow,
        })
    }

    #[test]
    fn a_new_item_starts_its_workflow_with_its_input() {
        let workflow = json!({"M": {
            "machine": {"S": "bill-expiry"},
            "input": {"M": {"bill": {"S": "bill_1"}, "at": {"N": "1764000000000"}, "last": {"BOOL": false}}},
        }});
        let start = record("INSERT", &bill(&workflow)).start().unwrap().unwrap();
        assert_eq!((start.name.as_str(), start.variable().as_str()), ("bill_1", "MACHINE_BILL_EXPIRY"));
        let input = json!({"bill": "bill_1", "at": 1_764_000_000_000_i64, "last": false});
        assert_eq!((Value::Object(start.input), start.cause), (input, None));
    }

    #[test]
    fn the_request_that_wrote_the_item_is_told_if_it_can_be_one() {
        for (cause, told) in [
            (json!({"S": "r1"}), Some("r1")),
            (json!({"S": "two words"}), None),
            (json!({"S": "r".repeat(129)}), None),
            (json!({"NULL": true}), None),
            (json!({"N": "7"}), None),
        ] {
            let workflow =
                json!({"M": {"machine": {"S": "bill-expiry"}, "input": {"M": {}}, "cause": cause}});
            let record = record("INSERT", &bill(&workflow));
            assert_eq!(record.cause(), told);
            assert_eq!(record.start().unwrap().unwrap().cause.as_deref(), told);
        }
    }

    #[test]
    fn changed_and_removed_items_and_those_that_ask_for_nothing_start_none() {
        let workflow = json!({"M": {"machine": {"S": "bill-expiry"}, "input": {"M": {}}}});
        assert_eq!(record("MODIFY", &bill(&workflow)).start().unwrap(), None);
        assert_eq!(record("REMOVE", &Value::Null).start().unwrap(), None);
        assert_eq!(record("INSERT", &json!({"pk": {"S": "x"}})).start().unwrap(), None);
    }

    #[test]
    fn what_asks_in_a_way_that_is_not_known_is_broken() {
        for workflow in [
            json!({"S": "bill-expiry"}),
            json!({"M": {"machine": {"S": "bill-expiry"}}}),
            json!({"M": {"input": {"M": {}}}}),
            json!({"M": {"machine": {"S": "bill-expiry"}, "input": {"S": "all"}}}),
            json!({"M": {"machine": {"S": "Bill expiry"}, "input": {"M": {}}}}),
            json!({"X": 1}),
        ] {
            let start = record("INSERT", &bill(&workflow)).start();
            assert!(matches!(start, Err(Failure::Broken(_))), "{workflow}");
        }
    }
}
