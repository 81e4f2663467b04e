//! The templates as one, `samconfig.toml`, the machines' definitions and the README's parameters, as one document.

use super::figures::{self, Figures};
use super::rule::{Edit, Finding, finding};
use scrip_sam::{Template, Templates};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(super) const API: &str = "AWS::Serverless::Api";
pub(super) const DASHBOARD: &str = "AWS::CloudWatch::Dashboard";
pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub(super) const MACHINE: &str = "AWS::Serverless::StateMachine";
pub(super) const QUEUE: &str = "AWS::SQS::Queue";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const SECRET: &str = "AWS::SecretsManager::Secret";
pub(super) const TABLE: &str = "AWS::DynamoDB::Table";

/// Event sources that Lambda polls.
pub(super) const QUEUE_EVENT: &str = "SQS";
pub(super) const STREAM_EVENT: &str = "DynamoDB";
/// What `EventBridge` sends again and again.
pub(super) const SCHEDULE_EVENT: &str = "Schedule";

/// What is deployed: `template`, `figures` of each template by its path, `samconfig`, `machines` by logical id, `readme`
/// (its parameters).
#[derive(Clone)]
pub(super) struct Stack(Value);

/// An entry of a function's `Events`.
pub(super) struct Event<'a> {
    pub(super) function: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) properties: &'a Value,
}

/// What API Gateway invokes a function for.
pub(super) struct Route<'a> {
    pub(super) function: &'a str,
    /// In small letters.
    pub(super) method: String,
    pub(super) path: &'a str,
    /// Whether everybody may call.
    pub(super) is_open: bool,
}

/// The templates as they are now, which may be newer than what is compiled into this.
pub(super) fn templates() -> Templates {
    let folder = root().join("infra");
    let files = |folder: &str| {
        let entries = fs::read_dir(root().join(folder)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "yaml"))
    };
    let text = |path: PathBuf| {
        let name = path.strip_prefix(&folder).expect("a path below").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("a text"))
    };
    Templates::new("template.yaml", files("infra").chain(files("infra/capabilities")).map(text).collect())
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Stack {
    pub(super) fn read() -> Self {
        let text = |path: &str| {
            fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        let templates = templates();
        let template = Template::document(&templates).unwrap_or_else(|error| panic!("{error}"));
        let figures: BTreeMap<&str, Figures> = figures::of(&templates);
        let samconfig: Value = toml::from_str(&text("samconfig.toml")).expect("TOML");
        let mut stack = Self(json!({
            "template": template, "figures": figures, "samconfig": samconfig,
            "readme": parameters(&text("README.md")),
        }));
        let definition = |(id, machine): (&str, &Value)| {
            let path = format!("infra/{}", machine["DefinitionUri"].as_str().expect("a path"));
            (id.to_owned(), serde_json::from_str(&text(&path)).expect("JSON"))
        };
        let machines: Map<String, Value> = stack.all(MACHINE).map(definition).collect();
        stack.0["machines"] = machines.into();
        stack
    }

    /// The same with an edit.
    pub(super) fn edited(&self, edit: &Edit) -> Self {
        let mut edited = self.clone();
        let (Edit::Set(path, _) | Edit::Remove(path) | Edit::Repeat(path, _)) = edit;
        let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
        let place = edited.0.pointer_mut(&parent).unwrap_or_else(|| panic!("{path}: there is no such place"));
        let key = key.replace("~1", "/");
        match (edit, place) {
            (Edit::Set(_, json), Value::Object(map)) => {
                map.insert(key, serde_json::from_str(json).expect("JSON"));
            }
            (Edit::Set(_, json), Value::Array(list)) => {
                list[key.parse::<usize>().expect("an index")] = serde_json::from_str(json).expect("JSON");
            }
            (Edit::Remove(_), Value::Object(map)) => assert!(map.remove(&key).is_some(), "{path} is missing"),
            (Edit::Remove(_), Value::Array(list)) => {
                list.remove(key.parse().expect("an index"));
            }
            (Edit::Repeat(_, times), Value::Object(map)) => {
                let original = map[&key].clone();
                map.extend((0..*times).map(|copy| (format!("{key}{copy}"), original.clone())));
            }
            (Edit::Repeat(_, times), Value::Array(list)) => {
                let original = list[key.parse::<usize>().expect("an index")].clone();
                list.extend((0..*times).map(|_| original.clone()));
            }
            (_, other) => panic!("{path}: {other} has no members"),
        }
        assert_ne!(self.0, edited.0, "{path}: the edit changes nothing");
        edited
    }

    pub(super) fn section(&self, name: &str) -> &Value {
        &self.0[name]
    }

    pub(super) fn template(&self) -> &Value {
        &self.0["template"]
    }

    /// Every resource as it stands.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        entries(&self.template()["Resources"])
    }

    /// The properties of every resource of that type.
    pub(super) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.resources()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id, &resource["Properties"]))
    }

    pub(super) fn names(&self, kind: &str) -> BTreeSet<&str> {
        self.resources().filter(|(_, resource)| resource["Type"] == kind).map(|(id, _)| id).collect()
    }

    /// The resource's type.
    pub(super) fn kind(&self, logical_id: &str) -> &str {
        self.template()["Resources"][logical_id]["Type"].as_str().unwrap_or_default()
    }

    pub(super) fn properties(&self, logical_id: &str) -> &Value {
        &self.template()["Resources"][logical_id]["Properties"]
    }

    /// A finding for each resource of that type that is not as it should be.
    pub(super) fn each(&self, kind: &str, what: &str, is_right: impl Fn(&Value) -> bool) -> Vec<Finding> {
        let wrong = self.all(kind).filter(|(_, properties)| !is_right(properties));
        wrong.map(|(id, _)| finding(id, what)).collect()
    }

    pub(super) fn events(&self) -> Vec<Event<'_>> {
        let events = |(function, properties)| {
            entries(&(properties as &Value)["Events"]).map(move |(name, event)| Event {
                function,
                name,
                kind: event["Type"].as_str().unwrap_or_default(),
                properties: &event["Properties"],
            })
        };
        self.all(FUNCTION).flat_map(events).collect()
    }

    pub(super) fn routes(&self) -> Vec<Route<'_>> {
        let mut routes = Vec::new();
        for (function, resource) in self.resources() {
            let metadata = &resource["Metadata"];
            if let Some((method, path)) = metadata["Route"].as_str().and_then(|route| route.split_once(' ')) {
                let is_open = !metadata["Authorizer"].is_null();
                routes.push(Route { function, method: method.to_lowercase(), path, is_open });
            }
        }
        routes
    }

    /// Events of sources that Lambda polls: queues and streams.
    pub(super) fn polled(&self) -> Vec<Event<'_>> {
        let is_polled =
            |event: &Event| matches!(event.kind, QUEUE_EVENT | STREAM_EVENT | "Kinesis" | "MSK" | "MQ");
        self.events().into_iter().filter(is_polled).collect()
    }

    /// Events that the time sends.
    pub(super) fn scheduled(&self) -> Vec<Event<'_>> {
        self.events().into_iter().filter(|event| event.kind == SCHEDULE_EVENT).collect()
    }

    /// The queues that invoke a function, with the functions.
    pub(super) fn consumers(&self) -> Vec<(&str, &str)> {
        let events = self.events().into_iter().filter(|event| event.kind == QUEUE_EVENT);
        events.filter_map(|event| Some((target(&event.properties["Queue"])?, event.function))).collect()
    }

    /// The queues that no function works through: what lies there waits for somebody to look at it.
    pub(super) fn dead_ends(&self) -> BTreeSet<&str> {
        let consumed: BTreeSet<&str> = self.consumers().into_iter().map(|(queue, _)| queue).collect();
        self.names(QUEUE).difference(&consumed).copied().collect()
    }
}

/// The members of an object; none of anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The items of a list; none of anything else.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A number, which `CloudFormation` also takes as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The resource or parameter that a single intrinsic refers to.
pub(super) fn target(value: &Value) -> Option<&str> {
    let name = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str());
    name.or_else(|| {
        let rest = value["Fn::Sub"].as_str()?.split_once("${")?.1;
        rest.split(['}', '.']).next()
    })
}

/// Every text in it, keys included.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| [vec![key.as_str()], texts(value)].concat()).collect()
        }
        _ => vec![],
    }
}

/// `BillExpiry` is `bill-expiry`.
pub(super) fn kebab(logical_id: &str) -> String {
    let dashed = |(index, letter): (usize, char)| {
        let dash = (index > 0 && letter.is_ascii_uppercase()).then_some('-');
        dash.into_iter().chain([letter.to_ascii_lowercase()])
    };
    logical_id.chars().enumerate().flat_map(dashed).collect()
}

/// The names in the first column of the README's table of parameters.
fn parameters(readme: &str) -> Vec<&str> {
    let table = readme.split("| parameter |").nth(1).expect("a table of parameters");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}
