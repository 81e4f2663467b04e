//! From a definition's text to a machine.

use super::fields::Unambiguous;
use super::{Catcher, Data, Fields, Flow, Invalid, Machine, State, flow};
use crate::expression::{Place, Template};
use crate::limits::{DEFINITION_MAX_BYTES, FLOW_MAX_DEPTH, NAME_MAX_CHARACTERS, PERIOD_MAX_SECONDS};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where in the machine a reason belongs.
pub(crate) type Refusal = (Option<String>, String);

pub(crate) fn machine(name: &str, definition: &str) -> Result<Machine, Invalid> {
    read(name, definition).map_err(|(state, reason)| Invalid { machine: name.into(), state, reason })
}

fn read(name: &str, definition: &str) -> Result<Machine, Refusal> {
    let whole = |reason: String| (None, reason);
    if !is_name(name) {
        return Err(whole("its name is not 1 to 80 letters, digits, '-' and '_'".into()));
    }
    if definition.len() > DEFINITION_MAX_BYTES {
        return Err(whole(format!("the definition is larger than {DEFINITION_MAX_BYTES} bytes")));
    }
    let Unambiguous(value) = serde_json::from_str(definition)
        .map_err(|error| whole(format!("the definition is not valid JSON: {error}")))?;
    let mut fields = Fields::of(value, "the definition").map_err(whole)?;
    let timeout_seconds = (|| {
        match fields.string("QueryLanguage")?.as_deref() {
            Some("JSONata") => {}
            _ => return Err("QueryLanguage is not JSONata".to_string()),
        }
        if fields.string("Version")?.is_some_and(|version| version != "1.0") {
            return Err("Version is not 1.0".into());
        }
        fields.integer("TimeoutSeconds", 1..=PERIOD_MAX_SECONDS)
    })()
    .map_err(whole)?;
    let mut states = BTreeMap::new();
    let root = Reader { states: &mut states }.flow(fields, None, 0)?;
    flow::validate(&root, &states)?;
    Ok(Machine {
        name: name.into(),
        definition: definition.into(),
        timeout_seconds,
        is_express: false,
        flow: root,
        states,
    })
}

/// Collects the states of all flows; their names are unique in the whole machine.
pub(crate) struct Reader<'a> {
    states: &'a mut BTreeMap<String, State>,
}

impl Reader<'_> {
    /// `owner` is the Parallel or Map state the flow stands in.
    pub(crate) fn flow(
        &mut self,
        mut fields: Fields,
        owner: Option<&str>,
        depth: usize,
    ) -> Result<Flow, Refusal> {
        let here = |reason: String| (owner.map(str::to_owned), reason);
        if depth > FLOW_MAX_DEPTH {
            return Err(here(format!("Parallel and Map states nest deeper than {FLOW_MAX_DEPTH}")));
        }
        fields.string("Comment").map_err(here)?;
        let start_at = fields.required_string("StartAt").map_err(here)?;
        let states = Fields::of(fields.required("States").map_err(here)?, "States").map_err(here)?;
        fields.finish().map_err(here)?;
        let mut names = Vec::new();
        for (name, value) in states {
            if name.is_empty() || name.chars().count() > NAME_MAX_CHARACTERS {
                return Err(here(format!(
                    "the state name {name:?} is not 1 to {NAME_MAX_CHARACTERS} characters"
                )));
            }
            let inside = |reason: String| (Some(name.clone()), reason);
            let fields = Fields::of(value, "the state").map_err(inside)?;
            let state = self.state(&name, fields, depth)?;
            if self.states.insert(name.clone(), state).is_some() {
                return Err((Some(name), "another state of the machine has the same name".into()));
            }
            names.push(name);
        }
        Ok(Flow { start_at, states: names })
    }
}

/// A machine's name: the SAM template's file name and part of an ARN.
fn is_name(name: &str) -> bool {
    (1..=NAME_MAX_CHARACTERS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

pub(crate) fn template(fields: &mut Fields, name: &str, place: Place) -> Result<Option<Template>, String> {
    fields
        .take(name)
        .map(|value| Template::parse(value, place).map_err(|reason| format!("{name}: {reason}")))
        .transpose()
}

/// A template that is a literal of the right type or an expression as a whole.
pub(crate) fn scalar(
    fields: &mut Fields,
    name: &str,
    is_right: fn(&Value) -> bool,
    expected: &str,
) -> Result<Option<Template>, String> {
    match template(fields, name, Place::Input)? {
        Some(Template::Literal(value)) if !is_right(&value) => Err(format!("{name} is not {expected}")),
        Some(Template::Array(_) | Template::Object(_)) => Err(format!("{name} is not {expected}")),
        right => Ok(right),
    }
}

/// `Assign` and `Output`.
pub(crate) fn data(fields: &mut Fields, place: Place) -> Result<Data, String> {
    let output = template(fields, "Output", place)?;
    let mut assign = Vec::new();
    if let Some(values) = fields.take("Assign") {
        for (name, value) in Fields::of(values, "Assign")? {
            if !is_variable(&name) {
                return Err(format!("Assign: {name:?} is not a variable's name"));
            }
            let value = Template::parse(value, place).map_err(|reason| format!("Assign {name}: {reason}"))?;
            assign.push((name, value));
        }
    }
    Ok(Data { assign, output })
}

fn is_variable(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
        && name.chars().count() <= NAME_MAX_CHARACTERS
        && name != "states"
}

/// `ErrorEquals` of a retrier or catcher; `States.ALL` stands alone, in the last one.
pub(crate) fn error_equals(fields: &mut Fields, last: bool) -> Result<Vec<String>, String> {
    let names = fields.array("ErrorEquals")?.ok_or("ErrorEquals is missing")?;
    let names = names
        .into_iter()
        .map(|name| match name {
            Value::String(name) if !name.is_empty() => Ok(name),
            _ => Err("ErrorEquals holds something else than error names".to_string()),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if names.iter().any(|name| name == crate::failure::ALL) && (names.len() > 1 || !last) {
        return Err("States.ALL must stand alone and last".into());
    }
    match names.iter().find(|name| name.starts_with("States.") && !ERRORS.contains(&name.as_str())) {
        Some(name) => Err(format!("ErrorEquals names {name}, which never happens here")),
        None => Ok(names),
    }
}

/// The reserved error names that can be matched.
const ERRORS: &[&str] = &[
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "States.DataLimitExceeded",
    "States.NoChoiceMatched",
    "States.QueryEvaluationError",
];

pub(crate) fn catcher(value: Value, last: bool) -> Result<Catcher, String> {
    let mut fields = Fields::of(value, "a Catch element")?;
    fields.string("Comment")?;
    let catcher = Catcher {
        error_equals: error_equals(&mut fields, last)?,
        next: fields.required_string("Next")?,
        data: data(&mut fields, Place::Error)?,
    };
    fields.finish()?;
    Ok(catcher)
}
