//! JSON as people read it: what fits into a line stands in one, and long secrets are cut.

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::fmt::Write;

/// The longest line of several values.
const LINE_CHARACTERS: usize = 110;
/// Strings that are longer are cut in the middle: tokens, keys, signatures.
const STRING_CHARACTERS: usize = 100;
const KEPT_CHARACTERS: usize = 24;
const INDENT: usize = 2;

pub(super) const NAME: Style = AnsiColor::Cyan.on_default();
const TEXT: Style = AnsiColor::Green.on_default();
const OTHER: Style = AnsiColor::Yellow.on_default();

/// The value, painted, each line after the first indented by `indent`.
pub(super) fn json(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    write(value, indent, indent, &mut text);
    text
}

/// `used` characters stand before the value in its line.
fn write(value: &Value, indent: usize, used: usize, text: &mut String) {
    let folded =
        !matches!(value, Value::Object(_) | Value::Array(_)) || used + width(value) <= LINE_CHARACTERS;
    let inner = indent + INDENT;
    let mut members = |open: char, close: char, members: Vec<(Option<&str>, &Value)>| {
        text.push(open);
        let last = members.len().saturating_sub(1);
        for (place, (name, value)) in members.into_iter().enumerate() {
            if folded {
                text.push_str(if place == 0 && open == '{' { " " } else { "" });
            } else {
                let _ = write!(text, "\n{:inner$}", "");
            }
            let before = name.map_or(0, |name| name.chars().count() + 4);
            if let Some(name) = name {
                let _ = write!(text, "{NAME}{}{NAME:#}: ", Value::from(name));
            }
            write(value, inner, inner + before, text);
            let end = match (place == last, folded) {
                (false, true) => ", ",
                (false, false) => ",",
                (true, true) if open == '{' => " ",
                (true, _) => "",
            };
            text.push_str(end);
        }
        if !folded {
            let _ = write!(text, "\n{:indent$}", "");
        }
        text.push(close);
    };
    match value {
        Value::Object(object) => {
            members('{', '}', object.iter().map(|(name, value)| (Some(name.as_str()), value)).collect());
        }
        Value::Array(array) => members('[', ']', array.iter().map(|value| (None, value)).collect()),
        Value::String(string) => {
            let _ = write!(text, "{TEXT}{}{TEXT:#}", Value::from(cut(string)));
        }
        other => {
            let _ = write!(text, "{OTHER}{other}{OTHER:#}");
        }
    }
}

/// How many characters the value takes in one line.
fn width(value: &Value) -> usize {
    match value {
        Value::Object(object) if object.is_empty() => 2,
        Value::Object(object) => {
            2 + object.iter().map(|(name, value)| name.chars().count() + 6 + width(value)).sum::<usize>()
        }
        Value::Array(array) if array.is_empty() => 2,
        Value::Array(array) => array.iter().map(|value| 2 + width(value)).sum::<usize>(),
        Value::String(string) => Value::from(cut(string)).to_string().chars().count(),
        other => other.to_string().len(),
    }
}

fn cut(string: &str) -> String {
    if string.chars().count() <= STRING_CHARACTERS || string.contains(' ') {
        return string.to_owned();
    }
    let start: String = string.chars().take(KEPT_CHARACTERS).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain(value: &Value) -> String {
        anstream::adapter::strip_str(&json(value, 0)).to_string()
    }

    #[test]
    fn what_fits_stands_in_one_line() {
        assert_eq!(
            plain(&json!({"amount": 1250, "currency": "CNY"})),
            r#"{ "amount": 1250, "currency": "CNY" }"#
        );
        assert_eq!(plain(&json!(["a", null, {}])), r#"["a", null, {}]"#);
    }

    #[test]
    fn what_does_not_fit_is_unfolded_as_far_as_needed() {
        let item =
            json!({"name": "Beef noodles", "quantity": 2, "unit_price": {"amount": 1400, "currency": "CNY"}});
        let expected = "{\n  \"items\": [\n    { \"name\": \"Beef noodles\", \"quantity\": 2, \"unit_price\": \
                        { \"amount\": 1400, \"currency\": \"CNY\" } },\n    { \"name\": \"Beef noodles\", \
                        \"quantity\": 2, \"unit_price\": { \"amount\": 1400, \"currency\": \"CNY\" } }\n  ]\n}";
        assert_eq!(plain(&json!({"items": [item, item]})), expected);
    }

    #[test]
    fn whatever_is_not_cut_can_be_read_again() {
        let value =
            json!({"a": [1, -2, "x\"\n\u{e4}", {"b": [], "c": {}}], "long": vec!["word"; 40], "d": null});
        assert_eq!(serde_json::from_str::<Value>(&plain(&value)).unwrap(), value);
    }

    #[test]
    fn tokens_are_cut_and_sentences_are_not() {
        let token = "e".repeat(300);
        assert_eq!(plain(&json!({ "token": token })), format!("{{ \"token\": \"{}…\" }}", "e".repeat(24)));
        let sentence = "The PIN or signature is wrong. Attempts left: 2. Please try again, but with care.";
        assert_eq!(plain(&json!(sentence)), json!(sentence).to_string());
    }
}
