//! Event patterns, as `FilterCriteria` has them.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>. Of the operators we read
//! exact values, `prefix`, `suffix`, `exists` and `anything-but`; any other is refused when the template is read.

use serde_json::{Map, Value};

/// A pattern that an event matches or not.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFilter(Fields);

type Fields = Vec<(String, Pattern)>;

#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    Fields(Fields),
    AnyOf(Vec<Test>),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Equals(Value),
    Prefix(String),
    Suffix(String),
    Exists(bool),
    AnythingBut(Vec<Value>),
}

impl EventFilter {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is no pattern, or an operator that is not known here, with the way to it.
    pub fn read(pattern: &Value) -> Result<Self, String> {
        match pattern {
            Value::Object(map) if !map.is_empty() => fields(map, "").map(Self),
            _ => Err("a pattern is an object with at least one field".to_owned()),
        }
    }

    /// Whether every field of the pattern is matched by the event.
    pub fn matches(&self, event: &Value) -> bool {
        all_match(&self.0, Some(event))
    }
}

fn fields(map: &Map<String, Value>, at: &str) -> Result<Fields, String> {
    let field = |(name, value): (&String, &Value)| {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        let pattern = match value {
            _ if name.starts_with('$') => return Err(format!("{at} is not an operator known here")),
            Value::Object(map) if !map.is_empty() => Pattern::Fields(fields(map, &at)?),
            Value::Array(tests) if !tests.is_empty() => {
                Pattern::AnyOf(tests.iter().map(|value| test(value, &at)).collect::<Result<_, _>>()?)
            }
            _ => return Err(format!("{at}: a list or an object is expected, not empty")),
        };
        Ok((name.clone(), pattern))
    };
    map.iter().map(field).collect()
}

fn test(value: &Value, at: &str) -> Result<Test, String> {
    let operator = match value {
        Value::Object(map) if map.len() == 1 => map.iter().next(),
        Value::Object(_) | Value::Array(_) => None,
        _ => return Ok(Test::Equals(value.clone())),
    };
    match operator.map(|(name, argument)| (name.as_str(), argument)) {
        Some(("prefix", Value::String(text))) => Ok(Test::Prefix(text.clone())),
        Some(("suffix", Value::String(text))) => Ok(Test::Suffix(text.clone())),
        Some(("exists", Value::Bool(truth))) => Ok(Test::Exists(*truth)),
        Some(("anything-but", Value::Array(values)))
            if values.iter().all(|value| !value.is_object() && !value.is_array()) =>
        {
            Ok(Test::AnythingBut(values.clone()))
        }
        Some(("anything-but", single @ (Value::String(_) | Value::Number(_)))) => {
            Ok(Test::AnythingBut(vec![single.clone()]))
        }
        _ => Err(format!("{at}: {value} is not a test known here")),
    }
}

fn all_match(fields: &Fields, event: Option<&Value>) -> bool {
    fields.iter().all(|(name, pattern)| {
        let value = event.and_then(|event| event.get(name));
        match (pattern, value) {
            (Pattern::Fields(fields), value) => all_match(fields, value),
            (Pattern::AnyOf(tests), Some(Value::Array(values))) => {
                tests.iter().any(|test| values.iter().any(|value| test.holds(Some(value))))
            }
            (Pattern::AnyOf(tests), value) => tests.iter().any(|test| test.holds(value)),
        }
    })
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        let text = value.and_then(Value::as_str);
        match self {
            Self::Equals(expected) => value == Some(expected),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix)),
            // It speaks of leaves alone: an object is not one.
            Self::Exists(expected) => value.is_some_and(|value| !value.is_object()) == *expected,
            Self::AnythingBut(refused) => {
                value.is_some_and(|value| !value.is_object() && !refused.contains(value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(pattern: &Value, event: &Value) -> bool {
        EventFilter::read(pattern).unwrap().matches(event)
    }

    #[test]
    fn every_field_must_match_one_of_its_values() {
        let pattern = json!({
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": { "NewImage": { "workflow": { "M": { "machine": { "S": ["bill-expiry"] } } } } }
        });
        let record = |event: &str, machine: &str| json!({ "eventName": event, "dynamodb": { "NewImage": { "workflow": { "M": { "machine": { "S": machine } } } } } });
        assert!(matches(&pattern, &record("INSERT", "bill-expiry")));
        assert!(matches(&pattern, &record("MODIFY", "bill-expiry")));
        assert!(!matches(&pattern, &record("REMOVE", "bill-expiry")));
        assert!(!matches(&pattern, &record("INSERT", "coupon-reward")));
        assert!(!matches(
            &pattern,
            &json!({ "eventName": "INSERT", "dynamodb": { "NewImage": { "pk": { "S": "x" } } } })
        ));
        assert!(!matches(&pattern, &json!({ "eventName": "INSERT" })));
    }

    #[test]
    fn each_operator_has_its_meaning() {
        for (test, matching, other) in [
            (json!({ "prefix": "bill_" }), json!("bill_1"), json!("item_1")),
            (json!({ "suffix": "_1" }), json!("bill_1"), json!("bill_2")),
            (json!({ "exists": true }), json!(null), json!({ "deeper": 1 })),
            (json!({ "anything-but": "a" }), json!("b"), json!("a")),
            (json!({ "anything-but": ["a", 1] }), json!(2), json!(1)),
            (json!(7), json!([1, 7]), json!([1, 2])),
            (json!(null), json!(null), json!("null")),
        ] {
            let pattern = json!({ "a": { "b": [test] } });
            assert!(matches(&pattern, &json!({ "a": { "b": matching } })), "{test} of {matching}");
            assert!(!matches(&pattern, &json!({ "a": { "b": other } })), "{test} of {other}");
            assert!(!matches(&pattern, &json!({ "a": {} })), "{test} of nothing");
        }
    }

    #[test]
    fn what_must_not_exist_may_be_missing_at_any_depth() {
        let pattern = json!({ "a": { "b": [{ "exists": false }] } });
        for event in [json!({}), json!({ "a": {} }), json!({ "a": 1 })] {
            assert!(matches(&pattern, &event), "{event}");
        }
        assert!(!matches(&pattern, &json!({ "a": { "b": 1 } })));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (pattern, why) in [
            (json!([]), "a pattern is an object"),
            (json!({}), "a pattern is an object"),
            (json!({ "a": { "b": "c" } }), "a.b: a list or an object"),
            (json!({ "a": [] }), "a: a list or an object"),
            (json!({ "a": { "$or": [{ "b": [1] }] } }), "a.$or is not an operator"),
            (json!({ "a": [{ "numeric": [">", 1] }] }), "a: {\"numeric\":[\">\",1]} is not a test"),
            (json!({ "a": [{ "anything-but": { "prefix": "x" } }] }), "is not a test"),
            (json!({ "a": [["b"]] }), "a: [\"b\"] is not a test"),
        ] {
            let error = EventFilter::read(&pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }
}
