//! YAML with `CloudFormation`'s short tags becomes JSON with the long forms: `!Ref A` is `{"Ref": "A"}`.

use crate::TemplateError;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value, json};

/// Reads the one document in the text. Keys that stand twice are an error.
pub(crate) fn parse(text: &str, file: &str) -> Result<Value, TemplateError> {
    let wrong = |why: String| TemplateError::Syntax { file: file.to_owned(), why };
    let documents = Yaml::load_from_str(text).map_err(|error| wrong(error.to_string()))?;
    match documents.as_slice() {
        [document] => value(document).map_err(wrong),
        _ => Err(wrong(format!("{} documents where one is expected", documents.len()))),
    }
}

fn value(node: &Yaml) -> Result<Value, String> {
    match node {
        Yaml::Value(scalar) => Ok(plain(scalar)),
        Yaml::Sequence(items) => items.iter().map(value).collect::<Result<_, _>>().map(Value::Array),
        Yaml::Mapping(entries) => {
            let entry = |(name, node)| Ok((key(name)?, value(node)?));
            entries.iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        Yaml::Tagged(tag, inner) if tag.handle == "!" => Ok(long_form(&tag.suffix, &value(inner)?)),
        Yaml::Tagged(tag, _) => Err(format!("the tag {tag} is not one of CloudFormation's")),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => Err(format!("{node:?} has no value")),
    }
}

fn key(node: &Yaml) -> Result<String, String> {
    match value(node)? {
        Value::String(text) => Ok(text),
        other @ (Value::Bool(_) | Value::Number(_)) => Ok(other.to_string()),
        other => Err(format!("{other} is no key")),
    }
}

fn plain(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(truth) => Value::Bool(*truth),
        Scalar::Integer(number) => Value::from(*number),
        Scalar::FloatingPoint(number) => {
            Number::from_f64(number.into_inner()).map_or(Value::Null, Value::Number)
        }
        Scalar::String(text) => Value::String(text.to_string()),
    }
}

fn long_form(tag: &str, argument: &Value) -> Value {
    match (tag, argument) {
        ("Ref" | "Condition", _) => json!({ tag: argument }),
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
            None => json!({ "Fn::GetAtt": argument }),
        },
        _ => json!({ format!("Fn::{tag}"): argument }),
    }
}

/// Whether a key names an intrinsic function.
pub(crate) fn is_intrinsic(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_become_long_forms() {
        let text = "{a: !Ref X, b: !GetAtt X.Arn.Y, c: !If [C, true, !Ref 'AWS::NoValue'], d: !Sub '${X}', e: !Condition C}";
        assert_eq!(
            parse(text, "").unwrap(),
            json!({
                "a": { "Ref": "X" },
                "b": { "Fn::GetAtt": ["X", "Arn.Y"] },
                "c": { "Fn::If": ["C", true, { "Ref": "AWS::NoValue" }] },
                "d": { "Fn::Sub": "${X}" },
                "e": { "Condition": "C" },
            })
        );
    }

    #[test]
    fn scalars_keep_their_types() {
        let parsed = parse(
            "{date: 2012-10-17, quoted: '7', seven: 7, half: 0.5, no: no, yes: true, none: , 1: one}",
            "",
        );
        let expected = json!({
            "date": "2012-10-17", "quoted": "7", "seven": 7, "half": 0.5, "no": "no", "yes": true, "none": null, "1": "one"
        });
        assert_eq!(parsed.unwrap(), expected);
    }

    #[test]
    fn what_is_not_one_document_without_doubled_keys_is_refused() {
        for text in ["a: 1\na: 2", "a: [1", "--- a\n--- b", "a: !!binary aGk=", "{[a]: b}"] {
            let parsed = parse(text, "a.yaml");
            assert!(matches!(parsed, Err(TemplateError::Syntax { .. })), "{text}: {parsed:?}");
        }
    }
}
