//! Nested stacks become one template with the root: what a nested template gets by parameter is replaced by what the root
//! gives, and what the root takes from an output by what the output says. So a resource is read, and judged, as if it
//! stood in one file with those that it refers to.

use crate::error::Place;
use crate::sections::{self, STACK};
use crate::{TemplateError, Templates};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a nested template may have. Its outputs are the root's to take.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Outputs",
    "Parameters",
    "Resources",
    "Transform",
];
/// A nested stack has a name of its own, which is not what whoever writes this means.
const NAME: &str = "AWS::StackName";

/// All templates as one.
pub(crate) struct Joined {
    pub(crate) document: Value,
    /// The files of the resources, but for the root's.
    pub(crate) files: BTreeMap<String, String>,
}

pub(crate) fn join(templates: &Templates) -> Result<Joined, TemplateError> {
    let path = templates.root();
    let root = sections::document(templates.text(path).unwrap_or_default(), path)?;
    let mut nesting = Nesting { stacks: BTreeMap::new() };
    for (id, resource) in entries(&root["Resources"]) {
        if resource["Type"] == STACK {
            nesting.stacks.insert(id.clone(), Stack::read(id, resource, templates)?);
        }
    }
    if !nesting.stacks.is_empty() {
        acyclic(&root)?;
    }
    nesting.join(&root)
}

/// The nested stacks by their logical ids.
struct Nesting {
    stacks: BTreeMap<String, Stack>,
}

struct Stack {
    path: String,
    document: Value,
    /// In terms of the root, or the default.
    parameters: Map<String, Value>,
}

impl Stack {
    fn read(id: &str, resource: &Value, templates: &Templates) -> Result<Self, TemplateError> {
        let place = Place::new(id);
        if let Some((key, _)) =
            entries(resource).find(|(key, _)| !["Properties", "Type"].contains(&key.as_str()))
        {
            return Err(place.at(key).refuse("a nested stack has nothing but properties here"));
        }
        let place = place.at("Properties");
        let properties = &resource["Properties"];
        if let Some((key, _)) =
            entries(properties).find(|(key, _)| !["Parameters", "TemplateURL"].contains(&key.as_str()))
        {
            return Err(place.at(key).refuse("it is not known here"));
        }
        let path = properties["TemplateURL"].as_str().unwrap_or_default();
        let text = templates
            .text(path)
            .ok_or_else(|| place.at("TemplateURL").refuse(format!("there is no template {path:?}")))?;
        let document = sections::document(text, path)?;
        if let Some((key, _)) = entries(&document).find(|(key, _)| !SECTIONS.contains(&key.as_str())) {
            return Err(Place::new("Template").at(key).refuse("it is not known here").in_file(path));
        }
        let given = &properties["Parameters"];
        let place = place.at("Parameters");
        if let Some((name, _)) = entries(given).find(|(name, _)| document["Parameters"][*name].is_null()) {
            return Err(place.at(name).refuse(format!("{path} has no such parameter")));
        }
        let value = |(name, declared): (&String, &Value)| {
            let value = if given[name].is_null() { &declared["Default"] } else { &given[name] };
            if value.is_null() {
                return Err(place.at(name).refuse("the parameter has no default and is not given"));
            }
            Ok((name.clone(), value.clone()))
        };
        let parameters = entries(&document["Parameters"]).map(value).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), document, parameters })
    }
}

impl Nesting {
    fn join(&self, root: &Value) -> Result<Joined, TemplateError> {
        let mut document = root.clone();
        for section in ["Conditions", "Outputs", "Resources"] {
            document[section] = self.section(root, section, None)?.into();
        }
        if let Some(resources) = document["Resources"].as_object_mut() {
            resources.retain(|_, resource| resource["Type"] != STACK);
        }
        let mut files = BTreeMap::new();
        for (id, stack) in &self.stacks {
            // One that nothing refers to must make sense, too.
            for (name, value) in &stack.parameters {
                self.replace(value, None, &Place::new(id).at("Properties.Parameters").at(name))?;
            }
            let in_file = |error: TemplateError| error.in_file(&stack.path);
            for (id, resource) in self.section(&stack.document, "Resources", Some(stack)).map_err(in_file)? {
                if resource["Type"] == STACK {
                    return Err(in_file(Place::new(&id).refuse("a nested stack nests no other")));
                }
                if document["Resources"].get(&id).is_some() {
                    let other = files.get(&id).map_or(TEMPLATE, String::as_str);
                    return Err(in_file(Place::new(&id).refuse(format!("it stands in {other}, too"))));
                }
                files.insert(id.clone(), stack.path.clone());
                document["Resources"][id] = resource;
            }
            for (name, condition) in
                self.section(&stack.document, "Conditions", Some(stack)).map_err(in_file)?
            {
                let known = &document["Conditions"][&name];
                if !known.is_null() && *known != condition {
                    let why = "a condition of this name says something else in another template";
                    return Err(in_file(Place::new("Conditions").at(name).refuse(why)));
                }
                document["Conditions"][name] = condition;
            }
        }
        Ok(Joined { document, files })
    }

    fn section(
        &self,
        document: &Value,
        section: &str,
        of: Option<&Stack>,
    ) -> Result<Map<String, Value>, TemplateError> {
        let entry = |(name, value): (&String, &Value)| {
            let place = if section == "Resources" { Place::new(name) } else { Place::new(section).at(name) };
            Ok((name.clone(), self.replace(value, of, &place)?))
        };
        // The root's own stacks are not resources any more.
        let own = entries(&document[section]).filter(|(_, value)| of.is_some() || value["Type"] != STACK);
        own.map(entry).collect()
    }

    /// The value in terms of the joined template.
    fn replace(&self, value: &Value, of: Option<&Stack>, place: &Place) -> Result<Value, TemplateError> {
        match value {
            // An intrinsic stands alone; what stands beside something else is refused where intrinsics are read.
            Value::Object(map) if map.len() == 1 => {
                if let Some(name) = map.get("Ref").and_then(Value::as_str) {
                    return self.reference(name, of, place);
                }
                if let Some([Value::String(stack), Value::String(attribute)]) =
                    map.get("Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice)
                    && let Some(output) = attribute.strip_prefix("Outputs.")
                    && of.is_none()
                {
                    return self.output(stack, output, place);
                }
                match map.get("Fn::Sub") {
                    Some(Value::String(text)) => Ok(
                        json!({ "Fn::Sub": self.substitute(text, &Map::new(), of, &place.at("Fn::Sub"))? }),
                    ),
                    Some(Value::Array(arguments)) => match arguments.as_slice() {
                        [Value::String(text), Value::Object(names)] => {
                            let replaced = self.replace(&arguments[1], of, place)?;
                            Ok(
                                json!({ "Fn::Sub": [self.substitute(text, names, of, &place.at("Fn::Sub"))?, replaced] }),
                            )
                        }
                        _ => Ok(value.clone()),
                    },
                    _ => self.replace_each(map, of, place),
                }
            }
            Value::Object(map) => self.replace_each(map, of, place),
            Value::Array(list) => {
                let item = |(index, value)| self.replace(value, of, &place.at(index));
                list.iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::Array)
            }
            _ => Ok(value.clone()),
        }
    }

    fn replace_each(
        &self,
        map: &Map<String, Value>,
        of: Option<&Stack>,
        place: &Place,
    ) -> Result<Value, TemplateError> {
        let entry =
            |(key, value): (&String, &Value)| Ok((key.clone(), self.replace(value, of, &place.at(key))?));
        map.iter().map(entry).collect::<Result<_, _>>().map(Value::Object)
    }

    fn reference(&self, name: &str, of: Option<&Stack>, place: &Place) -> Result<Value, TemplateError> {
        let Some(stack) = of else { return Ok(json!({ "Ref": name })) };
        if name == NAME {
            return Err(place.refuse(format!("{NAME} is another one in a nested stack")));
        }
        match stack.parameters.get(name) {
            // What the root gives is in the root's terms.
            Some(value) => self.replace(value, None, place),
            None => Ok(json!({ "Ref": name })),
        }
    }

    fn output(&self, id: &str, output: &str, place: &Place) -> Result<Value, TemplateError> {
        let stack = self.stacks.get(id).ok_or_else(|| place.refuse(format!("there is no stack {id}")))?;
        let value = &stack.document["Outputs"][output]["Value"];
        if value.is_null() {
            return Err(place.refuse(format!("{} has no output {output}", stack.path)));
        }
        self.replace(value, Some(stack), &Place::new("Outputs").at(output))
            .map_err(|error| error.in_file(&stack.path))
    }

    /// The text with names of the joined template. LocalStack does not know `${Stack.Outputs.Name}`.
    fn substitute(
        &self,
        text: &str,
        names: &Map<String, Value>,
        of: Option<&Stack>,
        place: &Place,
    ) -> Result<String, TemplateError> {
        let put = |text: &mut String, name: &str| text.extend(["${", name, "}"]);
        let mut parts = text.split("${");
        let mut replaced = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(|| place.refuse("a ${ is not closed"))?;
            if name.contains(".Outputs.") {
                return Err(place.refuse(format!("give ${{{name}}} a name of its own by Fn::Sub with a map")));
            }
            let own = names.contains_key(name) || name.starts_with('!') || name.contains('.');
            let value = if own { Value::Null } else { self.reference(name, of, place)? };
            match (&value["Ref"], &value["Fn::GetAtt"], &value["Fn::Sub"], &value) {
                (Value::String(name), ..) => put(&mut replaced, name),
                (_, Value::Array(path), ..) => {
                    let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
                    put(&mut replaced, &path.join("."));
                }
                (_, _, Value::String(text), _) | (.., Value::String(text)) => replaced.push_str(text),
                (.., Value::Null) => put(&mut replaced, name),
                _ => return Err(place.refuse(format!("what is given for {name} can't stand in a text here"))),
            }
            replaced.push_str(rest);
        }
        Ok(replaced)
    }
}

/// How errors name the root.
const TEMPLATE: &str = "the root";

/// `CloudFormation` makes a resource after those that it refers to, a nested stack as a whole.
fn acyclic(root: &Value) -> Result<(), TemplateError> {
    let mut waiting: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, resource) in entries(&root["Resources"]) {
        let mut names = BTreeSet::new();
        referred(resource, &mut names);
        names.retain(|name| !root["Resources"][*name].is_null());
        waiting.insert(id, names);
    }
    while !waiting.is_empty() {
        let ready: Vec<&str> = waiting
            .iter()
            .filter(|(_, names)| names.iter().all(|name| !waiting.contains_key(name)))
            .map(|(id, _)| *id)
            .collect();
        match (ready.is_empty(), waiting.keys().next()) {
            (true, Some(id)) => return Err(Place::new(id).refuse("it depends on itself")),
            _ => waiting.retain(|id, _| !ready.contains(id)),
        }
    }
    Ok(())
}

/// The names that a value refers to.
fn referred<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            names.extend(map.get("Ref").and_then(Value::as_str));
            names.extend(map.get("Fn::GetAtt").and_then(|path| path[0].as_str()));
            let text = map.get("Fn::Sub").and_then(|sub| sub.as_str().or_else(|| sub[0].as_str()));
            for part in text.unwrap_or_default().split("${").skip(1) {
                names.extend(part.split(['}', '.']).next());
            }
            map.values().for_each(|value| referred(value, names));
        }
        Value::Array(list) => list.iter().for_each(|value| referred(value, names)),
        _ => {}
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
