//! `CloudFormation`'s intrinsic functions.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use crate::error::Place;
use crate::scope::Scope;
use crate::{TemplateError, yaml};
use serde_json::{Map, Value};

type Resolved = Result<Option<Value>, TemplateError>;

impl Scope {
    /// The value without intrinsics, or none for `AWS::NoValue`, which takes its property away.
    pub(crate) fn resolve(&self, value: &Value, place: &Place) -> Resolved {
        match value {
            Value::Object(map) => {
                if let Some((name, argument)) = intrinsic(map, place)? {
                    return self.call(name, argument, &place.at(name));
                }
                let mut resolved = Map::new();
                for (key, value) in map {
                    if let Some(value) = self.resolve(value, &place.at(key))? {
                        resolved.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            Value::Array(items) => {
                let item = |(index, value)| self.resolve(value, &place.at(index)).transpose();
                let resolved: Result<_, _> = items.iter().enumerate().filter_map(item).collect();
                Ok(Some(Value::Array(resolved?)))
            }
            _ => Ok(Some(value.clone())),
        }
    }

    /// The value, which must be there and a text, a number or a truth value, as text.
    pub(crate) fn text(&self, value: &Value, place: &Place) -> Result<String, TemplateError> {
        match self.resolve(value, place)? {
            Some(Value::String(text)) => Ok(text),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => Ok(other.to_string()),
            other => Err(place.refuse(format!("a text is expected, not {}", other.unwrap_or_default()))),
        }
    }

    fn call(&self, name: &str, argument: &Value, place: &Place) -> Resolved {
        let text = |text: String| Ok(Some(Value::String(text)));
        match (name, argument) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => Ok(None),
            ("Ref", Value::String(name)) => self.reference(name, place).map(Some),
            ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    self.attribute(resource, attribute, place).map(Some)
                }
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::Sub", Value::String(template)) => text(self.substitute(template, &Map::new(), place)?),
            ("Fn::Sub", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(template), Value::Object(names)] => {
                    text(self.substitute(template, names, place)?)
                }
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::If", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(condition), then, otherwise] => {
                    self.resolve(if self.condition(condition, place)? { then } else { otherwise }, place)
                }
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::Join", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(delimiter), list] => text(self.texts(list, place)?.join(delimiter)),
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::Split", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(delimiter), whole] if !delimiter.is_empty() => {
                    let whole = self.text(whole, place)?;
                    Ok(Some(whole.split(delimiter.as_str()).map(Value::from).collect()))
                }
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::Select", Value::Array(arguments)) => match arguments.as_slice() {
                [index, list] => self.select(index, list, place).map(Some),
                _ => Err(malformed(name, argument, place)),
            },
            ("Fn::FindInMap", Value::Array(path)) if path.len() == 3 => {
                self.find_in_map(path, place).map(Some)
            }
            (
                "Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::If" | "Fn::Join" | "Fn::Split" | "Fn::Select"
                | "Fn::FindInMap",
                _,
            ) => Err(malformed(name, argument, place)),
            _ => Err(place.refuse("this intrinsic is not known here")),
        }
    }

    fn texts(&self, list: &Value, place: &Place) -> Result<Vec<String>, TemplateError> {
        match self.resolve(list, place)? {
            Some(Value::Array(items)) => items.iter().map(|item| self.text(item, place)).collect(),
            other => Err(place.refuse(format!("a list is expected, not {}", other.unwrap_or_default()))),
        }
    }

    fn select(&self, index: &Value, list: &Value, place: &Place) -> Result<Value, TemplateError> {
        let index = self.text(index, place)?;
        let list = self.texts(list, place)?;
        let item = index.parse::<usize>().ok().and_then(|index| list.get(index));
        item.map(|item| Value::from(item.as_str()))
            .ok_or_else(|| place.refuse(format!("there is no item {index} among {}", list.len())))
    }

    fn find_in_map(&self, path: &[Value], place: &Place) -> Result<Value, TemplateError> {
        let path = path.iter().map(|name| self.text(name, place)).collect::<Result<Vec<_>, _>>()?;
        let found = path.iter().try_fold(&self.mappings, |map, name| map.get(name));
        found.cloned().ok_or_else(|| place.refuse(format!("there is no mapping {}", path.join("."))))
    }

    /// Fills `${Name}` and `${Name.Attribute}` in; `${!Name}` stands for the literal `${Name}`.
    fn substitute(
        &self,
        template: &str,
        names: &Map<String, Value>,
        place: &Place,
    ) -> Result<String, TemplateError> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| place.refuse("a ${ is not closed"))?;
            filled.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                filled.extend(["${", literal, "}"]);
            } else if let Some(value) = names.get(name) {
                filled.push_str(&self.text(value, place)?);
            } else {
                let value = match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute, place)?,
                    None => self.reference(name, place)?,
                };
                filled.push_str(&self.text(&value, place)?);
            }
            rest = after;
        }
        Ok(filled + rest)
    }

    /// Whether a condition's expression holds.
    pub(crate) fn holds(&self, expression: &Value, place: &Place) -> Result<bool, TemplateError> {
        let Value::Object(map) = expression else {
            return Err(place.refuse(format!("{expression} is no condition")));
        };
        let Some((name, argument)) = map.iter().next().filter(|_| map.len() == 1) else {
            return Err(place.refuse(format!("{expression} is no condition")));
        };
        let place = &place.at(name);
        match (name.as_str(), argument) {
            ("Condition", Value::String(name)) => self.condition(name, place),
            ("Fn::Equals", Value::Array(pair)) if pair.len() == 2 => {
                Ok(self.text(&pair[0], place)? == self.text(&pair[1], place)?)
            }
            ("Fn::Not", Value::Array(one)) if one.len() == 1 => Ok(!self.holds(&one[0], place)?),
            ("Fn::And", Value::Array(parts)) => {
                self.each_holds(parts, place).map(|parts| parts.into_iter().all(|part| part))
            }
            ("Fn::Or", Value::Array(parts)) => {
                self.each_holds(parts, place).map(|parts| parts.into_iter().any(|part| part))
            }
            ("Condition" | "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or", _) => {
                Err(malformed(name, argument, place))
            }
            _ => Err(place.refuse("this intrinsic is not known in conditions")),
        }
    }

    fn each_holds(&self, parts: &[Value], place: &Place) -> Result<Vec<bool>, TemplateError> {
        parts.iter().map(|part| self.holds(part, place)).collect()
    }
}

/// The intrinsic that a map is, if it is one.
pub(crate) fn intrinsic<'a>(
    map: &'a Map<String, Value>,
    place: &Place,
) -> Result<Option<(&'a str, &'a Value)>, TemplateError> {
    match map.iter().find(|(key, _)| yaml::is_intrinsic(key)) {
        Some((name, _)) if map.len() > 1 => Err(place.at(name).refuse("an intrinsic stands alone")),
        found => Ok(found.map(|(name, argument)| (name.as_str(), argument))),
    }
}

fn malformed(name: &str, argument: &Value, place: &Place) -> TemplateError {
    place.refuse(format!("{name} does not take {argument}"))
}
