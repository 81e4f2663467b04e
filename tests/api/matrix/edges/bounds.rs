//! What a schema says of the bounds of its values, as values at them and beyond them.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use scrip_clock::Period;
use scrip_test_support::Contract;
use serde_json::{Value, json};

/// A place of a body, and what is tried there.
pub struct Edge {
    pub pointer: String,
    /// The word that bounds it.
    pub word: &'static str,
    /// At the bound: as far as the bound goes, it is taken.
    pub at: Option<Value>,
    /// Beyond it, by as little as can be.
    pub beyond: Value,
}

/// Words that are read as they are where a schema refers to another and says more beside.
pub fn joined(contract: &Contract, schema: &Value) -> Value {
    let mut whole = contract.resolved(schema).clone();
    if schema["$ref"].is_string() {
        let beside = schema.as_object().into_iter().flatten().filter(|(word, _)| *word != "$ref");
        for (word, rule) in beside {
            if word == "properties" {
                for (name, rules) in rule.as_object().into_iter().flatten() {
                    for (word, rule) in rules.as_object().into_iter().flatten() {
                        whole["properties"][name][word] = rule.clone();
                    }
                }
            } else {
                whole[word] = rule.clone();
            }
        }
    }
    whole
}

/// What a value may be, apart from nothing.
pub fn alternatives(contract: &Contract, schema: &Value) -> Vec<Value> {
    let whole = joined(contract, schema);
    match whole["anyOf"].as_array().or(whole["oneOf"].as_array()) {
        Some(choice) => choice.iter().flat_map(|one| alternatives(contract, one)).collect(),
        None if whole["type"] == "null" => Vec::new(),
        None => vec![whole],
    }
}

pub fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|types| types.contains(&kind.into()))
}

fn fits(schema: &Value, value: &Value) -> bool {
    jsonschema::validator_for(schema).expect("a schema").is_valid(value)
}

/// Some value that a schema allows.
pub fn sample(contract: &Contract, schema: &Value) -> Value {
    let schema = &alternatives(contract, schema)[0];
    if let Some(values) = schema["enum"].as_array() {
        // All amounts here are in one currency.
        return if values.contains(&json!("CNY")) { json!("CNY") } else { values[0].clone() };
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if is(schema, "object") {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let members = required.map(|name| (name.to_owned(), sample(contract, &schema["properties"][name])));
        return Value::Object(members.collect());
    }
    if is(schema, "array") {
        return json!([sample(contract, &schema["items"])]);
    }
    if is(schema, "integer") {
        return schema.get("minimum").cloned().unwrap_or(json!(1));
    }
    if is(schema, "boolean") { json!(false) } else { text(schema) }
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("duration") => schema.get("x-minimum").cloned().unwrap_or(json!("PT1M")),
        Some("date-time") => json!("2026-11-30T12:00:00Z"),
        _ => {
            let Some(pattern) = schema["pattern"].as_str() else { return json!("x") };
            let of_pattern =
                proptest::string::string_regex(pattern.trim_matches(['^', '$'])).expect("a pattern");
            let mut runner = TestRunner::deterministic();
            let mut texts =
                (0..1_000).map(|_| json!(of_pattern.new_tree(&mut runner).expect("a text").current()));
            texts.find(|text| fits(schema, text)).expect("a text of this pattern")
        }
    }
}

/// The bounds of a value itself, not of what is in it.
pub fn of(contract: &Contract, schema: &Value, value: &Value, pointer: &str) -> Vec<Edge> {
    let edge =
        |word, at: Option<Value>, beyond: Value| Edge { pointer: pointer.to_owned(), word, at, beyond };
    let mut edges = Vec::new();
    for (word, step) in [("minimum", -1), ("maximum", 1)] {
        if let Some(bound) = schema[word].as_i64() {
            edges.push(edge(word, Some(json!(bound)), json!(bound + step)));
        }
    }
    for (word, step) in [("x-minimum", -1), ("x-maximum", 1)] {
        if let Some(period) = schema[word].as_str() {
            let seconds = period.parse::<Period>().expect("a period").as_seconds() + step;
            edges.push(edge(word, Some(json!(period)), json!(format!("PT{seconds}S"))));
        }
    }
    if schema["enum"].is_array() {
        edges.push(edge("enum", None, json!("surprise")));
    } else if is(schema, "string") {
        edges.extend(texts(schema, value).into_iter().map(|(word, at, beyond)| edge(word, at, beyond)));
    } else if is(schema, "array") {
        let element = value.get(0).cloned().unwrap_or_else(|| sample(contract, &schema["items"]));
        // Where each may stand once, they are different if they can be.
        let one = |index: u64| {
            let other = json!(format!("x{index}"));
            if element.is_string() && fits(&schema["items"], &other) { other } else { element.clone() }
        };
        let many = |count: u64| Value::from((0..count).map(one).collect::<Vec<_>>());
        if let Some(most) = schema["maxItems"].as_u64() {
            edges.push(edge("maxItems", Some(many(most)), many(most + 1)));
        }
        if let Some(least) = schema["minItems"].as_u64() {
            edges.push(edge("minItems", Some(many(least)), many(least - 1)));
        }
        if schema["uniqueItems"] == true {
            edges.push(edge("uniqueItems", None, json!([element, element])));
        }
    } else if let Some(most) = schema["maxProperties"].as_u64() {
        let one = sample(contract, &schema["additionalProperties"]);
        let many =
            |count: u64| Value::Object((0..count).map(|index| (format!("k{index}"), one.clone())).collect());
        edges.push(edge("maxProperties", Some(many(most)), many(most + 1)));
        let longest = schema["propertyNames"]["maxLength"].as_u64().expect("a bound of names");
        let named = |characters: u64| json!({ "x".repeat(usize::try_from(characters).unwrap()): one });
        edges.push(edge("propertyNames", Some(named(longest)), named(longest + 1)));
    }
    edges
}

type Trial = (&'static str, Option<Value>, Value);

fn texts(schema: &Value, value: &Value) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    let plain = schema.get("pattern").map_or(json!({}), |pattern| json!({ "pattern": pattern }));
    let long = |characters: u64| {
        let texts = ["x", "1"].map(|sign| json!(sign.repeat(usize::try_from(characters).unwrap())));
        texts.into_iter().find(|text| fits(&plain, text)).expect("a text of this length")
    };
    if let Some(most) = schema["maxLength"].as_u64() {
        trials.push(("maxLength", Some(long(most)), long(most + 1)));
    }
    if let Some(least) = schema["minLength"].as_u64() {
        let short = if least > 1 { long(least - 1) } else { json!("") };
        trials.push(("minLength", Some(long(least)), short));
    }
    if let Some((least, most)) = schema["pattern"].as_str().and_then(digits) {
        let of = |count: usize| json!("1".repeat(count));
        trials.push(("pattern", Some(of(least)), of(least - 1)));
        trials.push(("pattern", Some(of(most)), of(most + 1)));
    }
    if schema["format"] == "date-time" {
        trials.push(("format", None, json!("yesterday")));
    }
    if let Some(pattern) = schema["not"]["pattern"].as_str() {
        trials.push(("not", None, json!(format!("{}x", pattern.trim_start_matches('^')))));
    }
    // Alike but for one sign. Which of these a pattern refuses, it tells itself.
    let good = value.as_str().unwrap_or_default();
    let less = good.char_indices().next_back().map_or("", |(last, _)| &good[..last]);
    let near = [
        format!("{good}0"),
        less.to_owned(),
        format!("{less}!"),
        format!(" {good}"),
        format!("{good} "),
        format!("{less}\n"),
        format!("{less}ü"),
    ];
    let bounds = json!({ "minLength": schema["minLength"].as_u64().unwrap_or(0), "maxLength": schema["maxLength"].as_u64().unwrap_or(1_000) });
    let near = near.into_iter().map(Value::from).filter(|text| fits(&bounds, text) && !fits(&plain, text));
    trials.extend(near.map(|text| ("pattern", None, text)));
    trials
}

/// How many digits a pattern asks for, if it asks for nothing else.
fn digits(pattern: &str) -> Option<(usize, usize)> {
    let counts = pattern.strip_prefix("^[0-9]{")?.strip_suffix("}$")?;
    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
    Some((least.parse().ok()?, most.parse().ok()?))
}
