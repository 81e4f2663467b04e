//! Two schemas: whether the new one takes all that the old one took, or answers nothing that the old one would not have.

use super::{members, resolved, texts};
use scrip_clock::Period;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Who sends what the schemas describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The client: the new schema must take whatever the old one took.
    Request,
    /// The system: the new schema must hold nothing that surprises who knows the old one. More members do not.
    Answer,
}

/// Bounds below which nothing is.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "x-minimum"];
/// Bounds above which nothing is.
const UPPER: [&str; 6] =
    ["maximum", "maxLength", "maxItems", "maxProperties", "x-maximum", "x-maximum-bytes"];
/// Rules that are only known to be as narrow as before if they are the same.
const OPAQUE: [&str; 4] = ["pattern", "not", "propertyNames", "uniqueItems"];
/// What else is compared, and what says nothing of values.
const OTHERS: [&str; 16] = [
    "$ref",
    "type",
    "enum",
    "const",
    "format",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "oneOf",
    "description",
    "title",
    "examples",
    "x-extensible-enum",
];
/// Formats of numbers that hold all that others hold.
const WIDER: [(&str, &str); 3] = [("int32", "int64"), ("uint32", "uint64"), ("uint32", "int64")];

/// A comparison of two schemas, each in its document.
pub(super) struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
    direction: Direction,
    /// References that are being compared already.
    open: BTreeSet<(String, String)>,
    found: Vec<String>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(before: &'a Value, after: &'a Value, direction: Direction) -> Self {
        Self { before, after, direction, open: BTreeSet::new(), found: Vec::new() }
    }

    /// What breaks.
    pub(super) fn of(mut self, old: &Value, new: &Value, at: &str) -> Vec<String> {
        self.compare(old, new, at);
        self.found
    }

    fn compare(&mut self, old: &Value, new: &Value, at: &str) {
        let key = (old["$ref"].to_string(), new["$ref"].to_string());
        let is_named = old["$ref"].is_string() && new["$ref"].is_string();
        if is_named && !self.open.insert(key.clone()) {
            return;
        }
        let (old, new) = (alternatives(self.before, old), alternatives(self.after, new));
        match (old.as_slice(), new.as_slice()) {
            ([old], [new]) => self.leaf(old, new, at),
            _ => self.choices(&old, &new, at),
        }
        if is_named {
            self.open.remove(&key);
        }
    }

    /// Each alternative of who sends must be one of who receives.
    fn choices(&mut self, old: &[Value], new: &[Value], at: &str) {
        let (sent, received) = match self.direction {
            Direction::Request => (old, new),
            Direction::Answer => (new, old),
        };
        for one in sent {
            let trials: Vec<Vec<String>> = received
                .iter()
                .map(|other| {
                    let mut trial = Self {
                        found: Vec::new(),
                        open: self.open.clone(),
                        ..Self::new(self.before, self.after, self.direction)
                    };
                    match self.direction {
                        Direction::Request => trial.leaf(one, other, at),
                        Direction::Answer => trial.leaf(other, one, at),
                    }
                    trial.found
                })
                .collect();
            if trials.iter().any(Vec::is_empty) {
                continue;
            }
            // What comes closest tells best what is wrong, unless it is of another type.
            let closest = trials.into_iter().min_by_key(Vec::len).unwrap_or_default();
            let what = match self.direction {
                Direction::Request => "no longer takes one of its alternatives",
                Direction::Answer => "has an alternative more",
            };
            self.tell(at, what);
            self.found.extend(closest);
        }
    }

    fn tell(&mut self, at: &str, what: impl AsRef<str>) {
        self.found.push(format!("{at}: {}", what.as_ref()));
    }

    fn leaf(&mut self, old: &Value, new: &Value, at: &str) {
        for schema in [old, new] {
            let known = |word: &str| [&LOWER[..], &UPPER, &OPAQUE, &OTHERS].concat().contains(&word);
            if let Some((word, _)) = members(schema).find(|(word, _)| !known(word)) {
                self.tell(at, format!("has the word {word}, which is not compared"));
            }
        }
        self.types(old, new, at);
        self.values(old, new, at);
        self.format(old, new, at);
        if self.direction == Direction::Request {
            self.bounds(old, new, at);
        }
        self.members(old, new, at);
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.compare(old, new, &format!("{at}/*")),
            (None, Some(_)) if self.direction == Direction::Request => {
                self.tell(at, "has a rule for its elements now");
            }
            (Some(_), None) if self.direction == Direction::Answer => self.tell(at, "has any elements now"),
            _ => {}
        }
    }

    fn types(&mut self, old: &Value, new: &Value, at: &str) {
        let (sent, received) = match self.direction {
            Direction::Request => (&old["type"], &new["type"]),
            Direction::Answer => (&new["type"], &old["type"]),
        };
        let is_whole = (sent.as_str(), received.as_str()) == (Some("integer"), Some("number"));
        if !received.is_null() && sent != received && !is_whole {
            self.tell(at, format!("was {} and is {}", old["type"], new["type"]));
        }
    }

    fn values(&mut self, old: &Value, new: &Value, at: &str) {
        match (enumerated(old), enumerated(new), self.direction) {
            (Some(old), Some(new), Direction::Request) => {
                for gone in old.iter().filter(|value| !new.contains(value)) {
                    self.tell(at, format!("no longer takes {gone}"));
                }
            }
            (Some(old), Some(new), Direction::Answer) => {
                for more in new.iter().filter(|value| !old.contains(value)) {
                    self.tell(at, format!("may be {more} now"));
                }
            }
            (None, Some(_), Direction::Request) => self.tell(at, "takes some values alone now"),
            (Some(_), None, Direction::Answer) => self.tell(at, "may be any value now"),
            _ => {}
        }
    }

    fn format(&mut self, old: &Value, new: &Value, at: &str) {
        let (old, new) = (old["format"].as_str(), new["format"].as_str());
        let (sent, received) = match self.direction {
            Direction::Request => (old, new),
            Direction::Answer => (new, old),
        };
        let fits = match (sent, received) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(sent), Some(received)) => sent == received || WIDER.contains(&(sent, received)),
        };
        if !fits {
            let name = |format: Option<&str>| format.unwrap_or("none").to_owned();
            self.tell(at, format!("had the format {} and has {}", name(old), name(new)));
        }
    }

    /// A request may be bound less than before, and not more.
    fn bounds(&mut self, old: &Value, new: &Value, at: &str) {
        for word in LOWER {
            let is_narrower =
                bound(&new[word]).is_some_and(|new| bound(&old[word]).is_none_or(|old| new > old));
            if is_narrower {
                self.tell(at, format!("{word} is {} now", new[word]));
            }
        }
        for word in UPPER {
            let is_narrower =
                bound(&new[word]).is_some_and(|new| bound(&old[word]).is_none_or(|old| new < old));
            if is_narrower {
                self.tell(at, format!("{word} is {} now", new[word]));
            }
        }
        for word in OPAQUE {
            if !new[word].is_null() && new[word] != json!(false) && old[word] != new[word] {
                self.tell(at, format!("{word} is {} now", new[word]));
            }
        }
        if !old["default"].is_null() && old["default"] != new["default"] {
            self.tell(at, format!("the default is {} now", new["default"]));
        }
    }

    fn members(&mut self, old: &Value, new: &Value, at: &str) {
        let (must_old, must_new) = (texts(&old["required"]), texts(&new["required"]));
        match self.direction {
            Direction::Request => {
                for name in must_new.difference(&must_old) {
                    self.tell(at, format!("the member {name} is required now"));
                }
            }
            Direction::Answer => {
                for name in must_old.difference(&must_new) {
                    self.tell(at, format!("the member {name} may be missing now"));
                }
            }
        }
        let more = &new["additionalProperties"];
        for (name, old) in members(&old["properties"]) {
            match new["properties"].get(name) {
                Some(new) => self.compare(old, new, &format!("{at}/{name}")),
                None if self.direction == Direction::Answer => {
                    self.tell(at, format!("the member {name} is gone"));
                }
                None if *more == json!(false) => {
                    self.tell(at, format!("the member {name} is no longer taken"));
                }
                None if more.is_object() => self.compare(old, more, &format!("{at}/{name}")),
                None => {}
            }
        }
        self.unnamed(old, new, at);
    }

    /// Members that have no names of their own.
    fn unnamed(&mut self, old: &Value, new: &Value, at: &str) {
        let is_open =
            |schema: &Value| schema["type"] == "object" && schema["additionalProperties"] != json!(false);
        let (more_old, more_new) = (&old["additionalProperties"], &new["additionalProperties"]);
        match self.direction {
            Direction::Request if is_open(old) && !is_open(new) => {
                self.tell(at, "takes no other members any more");
            }
            Direction::Request if is_open(old) => {
                // A member that had no rule gets one, by its name or as all others.
                let has_rule = |name: &String| old["properties"].get(name).is_some() || more_old.is_object();
                let ruled = members(&new["properties"]).map(|(name, _)| name).filter(|name| !has_rule(name));
                for name in ruled.cloned().collect::<Vec<_>>() {
                    self.tell(at, format!("the member {name} has a rule now"));
                }
                if more_old.is_object() {
                    for (name, new) in
                        members(&new["properties"]).filter(|(name, _)| old["properties"].get(name).is_none())
                    {
                        self.compare(more_old, new, &format!("{at}/{name}"));
                    }
                }
                if more_new.is_object() {
                    let any = json!({});
                    let more_old = if more_old.is_object() { more_old } else { &any };
                    self.compare(more_old, more_new, &format!("{at}/*"));
                }
            }
            Direction::Answer if more_old.is_object() => {
                let any = json!({});
                let more_new = if more_new.is_object() { more_new } else { &any };
                if new["additionalProperties"] != json!(false) {
                    self.compare(more_old, more_new, &format!("{at}/*"));
                }
                for (name, new) in
                    members(&new["properties"]).filter(|(name, _)| old["properties"].get(name).is_none())
                {
                    self.compare(more_old, new, &format!("{at}/{name}"));
                }
            }
            _ => {}
        }
    }
}

/// A number, or the seconds of a duration.
fn bound(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.as_i128(),
        Value::String(text) => text.parse().ok().map(|period: Period| period.as_seconds().into()),
        _ => None,
    }
}

fn enumerated(schema: &Value) -> Option<Vec<Value>> {
    schema["enum"].as_array().cloned().or_else(|| schema.get("const").map(|value| vec![value.clone()]))
}

/// A schema as alternatives that have one type each, without references at their root.
fn alternatives(document: &Value, schema: &Value) -> Vec<Value> {
    let whole = joined(document, schema);
    for word in ["anyOf", "oneOf"] {
        if let Some(choice) = whole[word].as_array() {
            return choice.iter().flat_map(|one| alternatives(document, one)).collect();
        }
    }
    let Some(types) = whole["type"].as_array() else { return vec![whole] };
    let of_type = |name: &Value| {
        let mut one = whole.clone();
        one["type"] = name.clone();
        if let Some(values) = one.get_mut("enum").and_then(Value::as_array_mut) {
            values.retain(|value| value.is_null() == (name == "null"));
        }
        one
    };
    types.iter().map(of_type).collect()
}

/// What a reference leads to, with what stands beside it.
fn joined(document: &Value, schema: &Value) -> Value {
    let Some(beside) = schema.as_object().filter(|words| words.contains_key("$ref")) else {
        return schema.clone();
    };
    let mut whole = joined(document, resolved(document, schema));
    for (word, rule) in beside.iter().filter(|(word, _)| *word != "$ref") {
        match (word.as_str(), rule, whole[word.as_str()].as_object_mut()) {
            ("properties", Value::Object(narrower), Some(members)) => narrow(members, narrower),
            _ => whole[word] = rule.clone(),
        }
    }
    whole
}

fn narrow(members: &mut Map<String, Value>, narrower: &Map<String, Value>) {
    for (name, rules) in narrower {
        let member = members.entry(name.clone()).or_insert_with(|| json!({}));
        for (word, rule) in rules.as_object().into_iter().flatten() {
            member[word] = rule.clone();
        }
    }
}
