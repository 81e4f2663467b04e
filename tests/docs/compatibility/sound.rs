//! That what the comparison lets pass is harmless, over schemas and values of all kinds.

use super::schema::{Comparison, Direction};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Rules that only narrow what an answer may be; who reads it lives with any.
const BOUNDS: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

fn leaf() -> impl Strategy<Value = Value> {
    let bounds = || (proptest::option::of(0..3_i64), proptest::option::of(1..4_i64));
    let bounded = |kind: &'static str, least: &'static str, most: &'static str| {
        bounds().prop_map(move |(lower, upper)| {
            let mut schema = json!({ "type": kind });
            for (word, bound) in [(least, lower), (most, upper)] {
                if let Some(bound) = bound {
                    schema[word] = bound.into();
                }
            }
            schema
        })
    };
    prop_oneof![
        bounded("integer", "minimum", "maximum"),
        bounded("string", "minLength", "maxLength"),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "null" })),
        proptest::sample::subsequence(vec!["a", "b", "ab"], 1..3)
            .prop_map(|values| json!({ "type": "string", "enum": values })),
        Just(json!({ "type": ["string", "null"], "maxLength": 2 })),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        let names = || proptest::sample::subsequence(vec!["a", "b", "c"], 0..3);
        let object = (
            proptest::collection::vec(inner.clone(), 3),
            names(),
            names(),
            proptest::option::of(prop_oneof![Just(json!(false)), inner.clone()]),
        );
        prop_oneof![
            object.prop_map(|(schemas, named, required, more)| {
                let properties = named.iter().zip(schemas).map(|(name, schema)| ((*name).to_owned(), schema));
                let mut object =
                    json!({ "type": "object", "properties": properties.collect::<serde_json::Map<_, _>>() });
                object["required"] = json!(required);
                if let Some(more) = more {
                    object["additionalProperties"] = more;
                }
                object
            }),
            (inner.clone(), proptest::option::of(0..3_i64)).prop_map(|(items, most)| {
                let mut array = json!({ "type": "array", "items": items });
                if let Some(most) = most {
                    array["maxItems"] = most.into();
                }
                array
            }),
            proptest::collection::vec(inner, 2).prop_map(|choice| json!({ "anyOf": choice })),
        ]
    })
}

/// A schema, and one that was made of it by changing it in one place: by chance the two are seldom alike.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    (schema(), leaf(), any::<prop::sample::Index>()).prop_flat_map(|(before, other, place)| {
        let places = places(&before);
        let place = place.get(&places).clone();
        let mut replaced = before.clone();
        *replaced.pointer_mut(&place).expect("a place") = other;
        let mut less = before.clone();
        if let Some((parent, name)) = place.rsplit_once('/')
            && let Some(Value::Object(members)) = less.pointer_mut(parent)
        {
            members.remove(name);
        }
        let same = before.clone();
        prop_oneof![Just((before.clone(), replaced)), Just((before.clone(), less)), Just((before, same))]
    })
}

/// Where schemas and their words stand.
fn places(schema: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    for word in [
        "properties",
        "items",
        "additionalProperties",
        "anyOf",
        "maxLength",
        "minimum",
        "maxItems",
        "maximum",
    ] {
        match (word, &schema[word]) {
            (_, Value::Null | Value::Bool(_)) => {}
            ("properties", Value::Object(members)) => {
                for (name, member) in members {
                    found.extend(places(member).iter().map(|place| format!("/properties/{name}{place}")));
                }
            }
            ("anyOf", Value::Array(choice)) => {
                for (index, one) in choice.iter().enumerate() {
                    found.extend(places(one).iter().map(|place| format!("/anyOf/{index}{place}")));
                }
            }
            ("items" | "additionalProperties", inner) => {
                found.extend(places(inner).iter().map(|place| format!("/{word}{place}")));
            }
            _ => found.push(format!("/{word}")),
        }
    }
    // A bound that another schema would replace is no place for one; it can be taken away alone.
    found
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1..5_i64).prop_map(Value::from),
        "[ab]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-d]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn compiled(schema: &Value) -> Option<Validator> {
    jsonschema::validator_for(schema).ok()
}

fn breaks(direction: Direction, before: &Value, after: &Value) -> Vec<String> {
    let nothing = json!({});
    Comparison::new(&nothing, &nothing, direction).of(before, after, "")
}

/// The schema of an answer as a client is to read it: without bounds, open for more members.
fn loosened(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(words) => {
            words.retain(|word, rule| {
                !(BOUNDS.contains(&word.as_str()) || word == "additionalProperties" && rule.is_boolean())
            });
            for rule in words.values_mut() {
                *rule = loosened(rule.take());
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| *schema = loosened(schema.take())),
        _ => {}
    }
    schema
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_schema_does_not_break_with_itself(schema in schema()) {
        prop_assert_eq!(breaks(Direction::Request, &schema, &schema), [""; 0]);
        prop_assert_eq!(breaks(Direction::Answer, &schema, &schema), [""; 0]);
    }

    #[test]
    fn what_was_accepted_is_accepted((before, after) in pair(), values in proptest::collection::vec(value(), 20)) {
        let (Some(old), Some(new)) = (compiled(&before), compiled(&after)) else { return Ok(()) };
        if breaks(Direction::Request, &before, &after).is_empty() {
            for value in values.iter().filter(|value| old.is_valid(value)) {
                prop_assert!(new.is_valid(value), "{} is refused", value);
            }
        }
    }

    #[test]
    fn what_is_answered_is_no_surprise((before, after) in pair(), values in proptest::collection::vec(value(), 20)) {
        let (Some(old), Some(new)) = (compiled(&loosened(before.clone())), compiled(&after)) else { return Ok(()) };
        if breaks(Direction::Answer, &before, &after).is_empty() {
            for value in values.iter().filter(|value| new.is_valid(value)) {
                prop_assert!(old.is_valid(value), "{} is a surprise", value);
            }
        }
    }
}
