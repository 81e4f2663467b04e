//! What can be known of an expression before it runs: the names it uses.

use super::functions::HOST_FUNCTIONS;
use jsonata_core::ast::AstNode;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where an expression stands, which decides what `$states` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `$states.input` and `$states.context`.
    Input,
    /// Also `$states.result`.
    Result,
    /// Also `$states.errorOutput`.
    Error,
}

/// The functions of JSONata 2.0.6, the version of Step Functions, but for `$eval`, which it does not have either.
const BUILTINS: &str = "
    abs append assert average base64decode base64encode boolean ceil contains count decodeUrl
    decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase
    formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not
    number pad parseInteger power reduce replace reverse round shuffle sift single sort split spread
    sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase zip
";

/// What of the context object there is.
const CONTEXT: &[(&str, &[&str])] = &[
    ("Execution", &["Id", "Name", "Input", "StartTime"]),
    ("State", &["Name", "EnteredTime", "RetryCount"]),
    ("StateMachine", &["Id", "Name"]),
    ("Map", &["Item"]),
];

/// Refuses what cannot work and tells the workflow variables that are read.
pub(crate) fn check(ast: &AstNode, place: Place) -> Result<BTreeSet<String>, String> {
    let tree = serde_json::to_value(ast).map_err(|error| error.to_string())?;
    let mut names = Names::default();
    names.collect(&tree);
    names.calls.iter().try_for_each(|(name, arguments)| known_function(name, *arguments, &names.bound))?;
    names.paths.iter().try_for_each(|path| known_path(path, place))?;
    names.read.retain(|name| {
        !name.is_empty()
            && name != "$"
            && name != "states"
            && !names.bound.contains(name)
            && !is_builtin(name)
    });
    Ok(names.read)
}

/// The names in a syntax tree, read from its serialised form: one short walk instead of a match over every node type.
#[derive(Default)]
struct Names {
    read: BTreeSet<String>,
    bound: BTreeSet<String>,
    calls: Vec<(String, usize)>,
    /// The steps after `$states`.
    paths: Vec<Vec<String>>,
}

impl Names {
    fn collect(&mut self, node: &Value) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => {
                for (kind, content) in fields {
                    self.note(kind, content);
                    self.collect(content);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, kind: &str, content: &Value) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match kind {
            "Variable" => self.read.extend(text(content)),
            "focus" | "index_var" | "Index" => self.bound.extend(text(content)),
            "Lambda" => {
                self.bound.extend(content["params"].as_array().into_iter().flatten().filter_map(text));
            }
            "Binary" if content["op"] == "ColonEqual" => self.bound.extend(text(&content["lhs"]["Variable"])),
            "Function" => {
                let arguments = content["args"].as_array().map_or(0, Vec::len);
                self.calls.extend(text(&content["name"]).map(|name| (name, arguments)));
            }
            "Path" => {
                let mut steps = content["steps"].as_array().into_iter().flatten();
                if steps.next().is_some_and(|first| first["node"]["Variable"] == "states") {
                    self.paths.push(steps.map_while(|step| text(&step["node"]["Name"])).collect());
                }
            }
            _ => {}
        }
    }
}

fn is_builtin(name: &str) -> bool {
    BUILTINS.split_ascii_whitespace().any(|builtin| builtin == name)
}

fn known_function(name: &str, arguments: usize, bound: &BTreeSet<String>) -> Result<(), String> {
    if bound.contains(name) || is_builtin(name) {
        return Ok(());
    }
    match HOST_FUNCTIONS.iter().find(|(host, _)| *host == name) {
        Some((_, most)) if arguments <= *most => Ok(()),
        Some(_) => Err(format!("${name} with {arguments} arguments is not implemented")),
        None => Err(format!("the function ${name} is unknown or not implemented")),
    }
}

fn known_path(path: &[String], place: Place) -> Result<(), String> {
    let step = |index: usize| path.get(index).map(String::as_str);
    let there = match step(0) {
        None | Some("input") => true,
        Some("result") => place == Place::Result,
        Some("errorOutput") => place == Place::Error,
        Some("context") => match step(1) {
            None => true,
            Some(part) => CONTEXT
                .iter()
                .find(|(name, _)| *name == part)
                .is_some_and(|(_, fields)| step(2).is_none_or(|field| fields.contains(&field))),
        },
        Some(_) => false,
    };
    if there {
        Ok(())
    } else {
        Err(format!("$states.{} does not exist here or is not implemented", path.join(".")))
    }
}
