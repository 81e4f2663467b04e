//! Schemas as makers of clients read them best: an enumeration is one list, and nothing is said twice.

use serde_json::{Map, Value, json};

/// Types that say so may get more values: clients are not to be built on the list.
const OPEN: &str = "x-open";

/// Puts a schema and all in it into that form.
pub(super) fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(words) => {
            enumerate(words);
            if words.get("default") == Some(&Value::Null) {
                words.remove("default");
            }
            if words.get("format") == Some(&json!("uint")) {
                words.insert("format".to_owned(), json!("uint64"));
            }
            words.values_mut().for_each(tidy);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A choice among constant texts becomes one list, whose description tells what each of them means.
fn enumerate(words: &mut Map<String, Value>) {
    let is_open = words.remove(OPEN).is_some();
    let Some(constants) = words.get("oneOf").and_then(Value::as_array).and_then(|choice| constants(choice))
    else {
        return;
    };
    let values: Vec<&str> = constants.iter().map(|(value, _)| value.as_str()).collect();
    let meanings: Vec<String> =
        constants.iter().map(|(value, meaning)| format!("- `{value}`: {meaning}")).collect();
    let description = words.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description}\n\n{}", meanings.join("\n"));
    words.insert("description".to_owned(), json!(description));
    words.insert("type".to_owned(), json!("string"));
    words.insert(if is_open { "x-extensible-enum" } else { "enum" }.to_owned(), json!(values));
    words.shift_remove("oneOf");
}

/// The texts and their meanings, if the choice is among such alone.
fn constants(choice: &[Value]) -> Option<Vec<(String, String)>> {
    choice
        .iter()
        .map(|one| {
            let meaning = one["description"].as_str().unwrap_or_default();
            Some((one["const"].as_str()?.to_owned(), meaning.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(mut schema: Value) -> Value {
        tidy(&mut schema);
        schema
    }

    #[test]
    fn a_choice_among_texts_is_one_list() {
        let choice = json!([
            { "type": "string", "const": "pin", "description": "Six digits." },
            { "type": "string", "const": "device", "description": "A signature." },
        ]);
        let description = "How.\n\n- `pin`: Six digits.\n- `device`: A signature.";
        let closed = json!({ "description": "How.", "oneOf": choice });
        let expected = json!({ "description": description, "type": "string", "enum": ["pin", "device"] });
        assert_eq!(tidied(json!({ "items": closed })), json!({ "items": expected }));
        let open = json!({ "description": "How.", "oneOf": choice, "x-open": true });
        let list = json!(["pin", "device"]);
        let expected = json!({ "description": description, "type": "string", "x-extensible-enum": list });
        assert_eq!(tidied(open), expected);
    }

    #[test]
    fn another_choice_stays() {
        let choice = json!({ "oneOf": [{ "type": "string", "const": "order" }, { "$ref": "#/lines" }] });
        assert_eq!(tidied(choice.clone()), choice);
    }

    #[test]
    fn what_says_nothing_goes() {
        let number = json!({ "type": ["integer", "null"], "format": "uint", "default": null });
        assert_eq!(tidied(number), json!({ "type": ["integer", "null"], "format": "uint64" }));
    }
}
