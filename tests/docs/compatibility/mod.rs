//! Whether what was built on one `OpenAPI` document works with another: on the wire, and with a client that was generated.

mod schema;

mod guarded;
mod sound;
mod table;

use schema::{Comparison, Direction};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a client of `before` would miss in `after`.
pub(super) fn breaks(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, methods) in members(&before["paths"]) {
        for (method, old) in members(methods) {
            let place = format!("{} {path}", method.to_uppercase());
            match after["paths"].get(path).and_then(|methods| methods.get(method)) {
                None => found.push(format!("{place}: is gone")),
                Some(new) => Pair { before, after, old, new, place, found: &mut found }.compare(),
            }
        }
    }
    for (name, _) in members(&before["components"]["schemas"]) {
        if after["components"]["schemas"].get(name).is_none() {
            found.push(format!("the type {name} is gone"));
        }
    }
    found
}

/// Whether the version of `after` says that it breaks with that of `before` (`SemVer`, sections 4 and 8).
pub(super) fn is_breaking_version(before: &Value, after: &Value) -> bool {
    let version = |document: &Value| -> Option<(u64, u64)> {
        let mut numbers = document["info"]["version"].as_str()?.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    match (version(before), version(after)) {
        (Some((0, old)), Some((0, new))) | (Some((old, _)), Some((new, _))) => new > old,
        _ => false,
    }
}

/// An operation in both documents.
struct Pair<'a> {
    before: &'a Value,
    after: &'a Value,
    old: &'a Value,
    new: &'a Value,
    place: String,
    found: &'a mut Vec<String>,
}

impl Pair<'_> {
    fn compare(mut self) {
        for (member, meaning) in [("operationId", "name"), ("tags", "tag")] {
            if self.old[member] != self.new[member] {
                self.tell(format!("the {meaning} is {} now", self.new[member]));
            }
        }
        for caller in texts(&self.old["x-callers"]).difference(&texts(&self.new["x-callers"])) {
            self.tell(format!("is no longer for the caller {caller}"));
        }
        for code in texts(&self.old["x-problem-codes"]).difference(&texts(&self.new["x-problem-codes"])) {
            self.tell(format!("no longer refuses with {code}"));
        }
        self.parameters();
        self.request();
        self.answers();
    }

    fn tell(&mut self, what: impl AsRef<str>) {
        self.found.push(format!("{}: {}", self.place, what.as_ref()));
    }

    fn parameters(&mut self) {
        let (old, new) = (named(self.before, self.old), named(self.after, self.new));
        for ((place, name), new) in &new {
            let was_there = old.get(&(*place, *name));
            let is_required = |parameter: &Value| parameter["required"] == true;
            if is_required(new) && !was_there.is_some_and(|old| is_required(old)) {
                self.tell(format!("the {place} parameter {name} is required now"));
            }
        }
        for ((place, name), old) in &old {
            match new.get(&(*place, *name)) {
                None => self.tell(format!("the {place} parameter {name} is gone")),
                Some(new) => self.schemas(Direction::Request, old, new, name),
            }
        }
    }

    fn request(&mut self) {
        let (old, new) = (&self.old["requestBody"], &self.new["requestBody"]);
        match (old.is_null(), new.is_null()) {
            (true, false) if new["required"] == true => self.tell("takes a body now"),
            (false, true) => self.tell("takes no body any more"),
            (false, false) => self.contents(Direction::Request, old, new, "request"),
            _ => {}
        }
    }

    fn answers(&mut self) {
        let (old, new) = (&self.old["responses"], &self.new["responses"]);
        for (status, _) in members(new).filter(|(status, _)| status.starts_with('2')) {
            if old.get(status).is_none() {
                self.tell(format!("answers {status} now"));
            }
        }
        for (status, old) in members(old) {
            let Some(new) = new.get(status) else {
                self.tell(format!("no longer answers {status}"));
                continue;
            };
            let (old, new) = (resolved(self.before, old), resolved(self.after, new));
            for (header, _) in members(&old["headers"]) {
                if new["headers"].get(header).is_none() {
                    self.tell(format!("{status} no longer has the header {header}"));
                }
            }
            self.contents(Direction::Answer, old, new, status);
        }
    }

    fn contents(&mut self, direction: Direction, old: &Value, new: &Value, at: &str) {
        for (media_type, old) in members(&old["content"]) {
            match new["content"].get(media_type) {
                None => self.tell(format!("{at}: {media_type} is gone")),
                Some(new) => self.schemas(direction, old, new, at),
            }
        }
    }

    /// Compares what two parts have as their schema.
    fn schemas(&mut self, direction: Direction, old: &Value, new: &Value, at: &str) {
        if let (Some(old), Some(new)) = (old.get("schema"), new.get("schema")) {
            let found = Comparison::new(self.before, self.after, direction).of(old, new, at);
            for what in &found {
                self.tell(what);
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn texts(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Parameters by place and name.
fn named<'a>(document: &'a Value, operation: &'a Value) -> BTreeMap<(&'a str, &'a str), &'a Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| resolved(document, parameter));
    let text = |parameter: &'a Value, member: &str| parameter[member].as_str().unwrap_or_default();
    parameters.map(|parameter| ((text(parameter, "in"), text(parameter, "name")), parameter)).collect()
}

/// What a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = value["$ref"].as_str().map(|place| place.trim_start_matches('#'));
    place.map_or(value, |place| document.pointer(place).expect("a reference leads somewhere"))
}
