//! What is to be started, as an item of a table or a message of the queue asks for it.

use scrip_function::is_request_id;
use scrip_refusal::Failure;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The longest name of a machine or an execution, as Step Functions has it.
const NAME_CHARACTERS_MAX: usize = 80;
/// The largest message. SQS takes ten at once, in which there is room for more than ten of these: 256 KiB where it
/// takes the least.
pub(crate) const MESSAGE_BYTES_MAX: usize = 24 * 1_024;
/// The member of the input that holds the cause.
const CAUSE: &str = "cause";

/// An execution to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// Which machine, such as `bill-expiry`.
    pub(crate) machine: String,
    /// The item's id, which no other execution of the machine has.
    pub(crate) name: String,
    pub(crate) input: Map<String, Value>,
    /// The id of the request that wrote the item. What can't be one is dropped.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "request_id")]
    pub(crate) cause: Option<String>,
}

impl Start {
    /// Reads a message. Why it can't be read is told without what it says.
    pub(crate) fn read(message: &str) -> Result<Self, Failure> {
        if message.len() > MESSAGE_BYTES_MAX {
            return Err(Failure::broken(format!("it has more than {MESSAGE_BYTES_MAX} bytes")));
        }
        let start = serde_json::from_str(message).map_err(|error| {
            let (kind, line, column) = (error.classify(), error.line(), error.column());
            Failure::broken(format!("it asks for no start: {kind:?} error at {line}:{column}"))
        });
        start.and_then(Self::checked)
    }

    /// The message that [`Self::read`] reads.
    pub(crate) fn message(&self) -> Result<String, Failure> {
        let message = serde_json::to_string(self).map_err(Failure::broken)?;
        if message.len() > MESSAGE_BYTES_MAX {
            return Err(Failure::broken(format!("its message has more than {MESSAGE_BYTES_MAX} bytes")));
        }
        Ok(message)
    }

    /// The same, if its names can be such.
    pub(crate) fn checked(self) -> Result<Self, Failure> {
        if !is_name(&self.machine, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return Err(Failure::broken("no machine can have this name"));
        }
        if !is_name(&self.name, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(Failure::broken("no execution can have this name"));
        }
        Ok(self)
    }

    /// The variable that holds the machine's ARN.
    pub(crate) fn variable(&self) -> String {
        format!("MACHINE_{}", self.machine.to_ascii_uppercase().replace('-', "_"))
    }

    /// What the execution is given: the input, and the cause for its tasks to log.
    pub(crate) fn execution_input(&self) -> String {
        let Some(cause) = &self.cause else { return Value::Object(self.input.clone()).to_string() };
        let mut input = self.input.clone();
        input.insert(CAUSE.to_owned(), Value::from(cause.as_str()));
        Value::Object(input).to_string()
    }
}

fn request_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text).filter(|text| is_request_id(text)),
        _ => None,
    })
}

fn is_name(text: &str, may_hold: impl Fn(u8) -> bool) -> bool {
    (1..=NAME_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(may_hold)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// An execution of this name.
    pub(crate) fn start(name: &str) -> Start {
        Start {
            machine: "bill-expiry".into(),
            name: name.into(),
            input: Map::new(),
            cause: Some("r1".into()),
        }
    }

    fn why(message: &str) -> String {
        match Start::read(message) {
            Err(Failure::Broken(why)) => why,
            other => panic!("{message}: {other:?}"),
        }
    }

    #[test]
    fn a_message_that_is_no_start_is_broken_and_not_repeated() {
        let good = json!({ "machine": "m", "name": "n", "input": {} });
        assert!(Start::read(&good.to_string()).is_ok());
        for (member, value) in [
            ("machine", json!("secret/machine")),
            ("machine", json!("Secret")),
            ("machine", json!("")),
            ("machine", json!("m".repeat(81))),
            ("name", json!("secret name")),
            ("name", json!("")),
            ("name", json!("n".repeat(81))),
            ("input", json!("secret")),
            ("input", json!(null)),
            ("secret", json!(1)),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            let why = why(&bad.to_string());
            assert!(!why.to_lowercase().contains("secret"), "{bad}: {why}");
        }
        for message in ["", "secret", "[]", "{}", r#"{"machine":"m"}"#] {
            assert!(!why(message).contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_message_has_a_bound() {
        let padded = |bytes: usize| {
            let message =
                json!({ "machine": "m", "name": "n", "input": { "text": "x".repeat(bytes) } }).to_string();
            (message.len(), Start::read(&message))
        };
        let frame = padded(0).0;
        assert!(padded(MESSAGE_BYTES_MAX - frame).1.unwrap().message().is_ok());
        assert!(padded(MESSAGE_BYTES_MAX - frame + 1).1.is_err());
        let mut large = start("a");
        large.input.insert("text".into(), json!("x".repeat(MESSAGE_BYTES_MAX)));
        assert!(matches!(large.message(), Err(Failure::Broken(_))));
    }

    #[test]
    fn the_cause_goes_into_the_input_if_it_can_be_one() {
        let of = |cause: Value| {
            let message = json!({ "machine": "m", "name": "n", "input": { "bill": "b" }, "cause": cause });
            let input = Start::read(&message.to_string()).unwrap().execution_input();
            serde_json::from_str::<Value>(&input).unwrap()
        };
        assert_eq!(of(json!("r1")), json!({ "bill": "b", "cause": "r1" }));
        for other in
            [json!(null), json!("two words"), json!("r".repeat(129)), json!(7), json!({ "a": ["b"] })]
        {
            assert_eq!(of(other), json!({ "bill": "b" }));
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_read(
            machine in "[a-z0-9-]{1,80}", name in "[A-Za-z0-9_-]{1,80}", text in "\\PC{0,60}",
            number in any::<i64>(), cause in proptest::option::of("[!-~]{1,128}"),
        ) {
            let input = json!({ "text": text, "number": number, "nested": [{ "a": null }] });
            let Value::Object(input) = input else { unreachable!() };
            let start = Start { machine, name, input, cause };
            prop_assert_eq!(Start::read(&start.message().unwrap()).unwrap(), start);
        }
    }
}
