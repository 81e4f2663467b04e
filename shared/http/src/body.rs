//! Reads a JSON body strictly, and says where it is wrong.

use crate::strict::Strict;
use scrip_refusal::{Code, FieldError, Refusal};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::Segment;

/// Reads a request; the body of one that needs none may be empty.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    // That it is no JSON is told before anything that is wrong with its fields.
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    // Doubled members are seen in the text alone, arrays in place of objects in the value alone.
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize::<_, T>(&mut reader).map_err(|error| explain(&error))?;
    serde_path_to_error::deserialize(Strict(&value)).map_err(|error| explain(&error))
}

/// The body in one form whatever the order of its members and its blanks, for comparison.
pub(crate) fn canonical(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    if body.is_empty() {
        return Ok(b"{}".to_vec());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let mut text = Vec::with_capacity(body.len());
    write_canonical(&value, &mut text).map_err(|error| malformed(&error))?;
    Ok(text)
}

fn write_canonical(value: &Value, text: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Array(elements) => {
            text.push(b'[');
            for element in elements {
                write_canonical(element, text)?;
                text.push(b',');
            }
            text.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push(b'{');
            for (name, value) in members {
                serde_json::to_writer(&mut *text, name)?;
                text.push(b':');
                write_canonical(value, text)?;
                text.push(b',');
            }
            text.push(b'}');
        }
        leaf => serde_json::to_writer(text, leaf)?,
    }
    Ok(())
}

fn malformed(error: &serde_json::Error) -> Refusal {
    let detail = format!("The body is not valid JSON at line {}, column {}.", error.line(), error.column());
    Refusal::new(Code::MalformedJson, detail)
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let inner = error.inner();
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } | Segment::Enum { variant: key } => push(&mut pointer, key),
            Segment::Unknown => {}
        }
    }
    let text = inner.to_string();
    // serde tells the kind of a data error in its words alone; the tests below hold them to it.
    let (code, name, detail) = if let Some(name) = quoted_after(&text, "unknown field ") {
        (Code::UnknownField, Some(name), "this field is not known here; leave it out".to_owned())
    } else if let Some(name) = quoted_after(&text, "missing field ") {
        (Code::MissingField, Some(name), "this field is required".to_owned())
    } else if let Some(name) = quoted_after(&text, "duplicate field ") {
        (Code::InvalidField, Some(name), "this field is given twice".to_owned())
    } else if let Some((code, detail)) = coded(&text) {
        (code, None, detail.to_owned())
    } else if inner.classify() == Category::Data {
        (Code::InvalidField, None, without_place(&text).to_owned())
    } else {
        // Where a name is expected, serde_json takes every other kind of value for a mistake of syntax.
        (Code::InvalidField, None, "not a value this field can have".to_owned())
    };
    // The path ends in an unknown field, but not in a missing one, which may have the name of what it is missing from.
    if let Some(name) = name
        && (code == Code::MissingField || pointer.rsplit('/').next() != Some(&escaped(name)))
    {
        push(&mut pointer, name);
    }
    let mut refusal =
        Refusal::new(Code::InvalidRequest, "Correct the fields listed in errors and send the request again.");
    refusal.fields.push(FieldError { pointer, code, detail });
    refusal
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&escaped(name));
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn quoted_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.strip_prefix(words)?.strip_prefix('`')?.split('`').next()
}

/// A type whose values have a code of their own says it first: `unknown-currency: …`.
fn coded(text: &str) -> Option<(Code, &str)> {
    let (name, detail) = text.split_once(": ")?;
    let code = Code::ALL.iter().find(|code| code.as_str() == name)?;
    Some((*code, detail.rsplit_once(" at line ").map_or(detail, |(detail, _)| detail)))
}

/// What serde says echoes the value that was sent, which may be a secret; only what is expected is told.
fn without_place(text: &str) -> &str {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    match text.split_once("expected ") {
        // serde names the type of ours that it wants.
        Some((_, expected)) if expected.starts_with("struct ") => "an object",
        Some((_, expected)) => expected,
        None => "not a value this field can have",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        inner: Vec<Inner>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        quantity: u32,
    }

    fn field(body: &str) -> (String, Code, String) {
        let refusal = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, Code::InvalidRequest, "{body}");
        let field = refusal.fields[0].clone();
        (field.pointer, field.code, field.detail)
    }

    #[test]
    fn errors_point_at_the_field() {
        let (pointer, code, _) = field(r#"{"name":"a","inner":[{"quantity":1},{"quantity":-1}]}"#);
        assert_eq!((pointer.as_str(), code), ("/inner/1/quantity", Code::InvalidField));
        let (pointer, code, _) = field(r#"{"name":"a","inner":[{"quantity":1,"extra":2}]}"#);
        assert_eq!((pointer.as_str(), code), ("/inner/0/extra", Code::UnknownField));
        let (pointer, code, _) = field(r#"{"name":"a","inner":[{}]}"#);
        assert_eq!((pointer.as_str(), code), ("/inner/0/quantity", Code::MissingField));
        let (pointer, code, _) = field(r#"{"inner":[]}"#);
        assert_eq!((pointer.as_str(), code), ("/name", Code::MissingField));
        let (pointer, code, _) = field(r#"{"name":"a","inner":[],"other/one":1}"#);
        assert_eq!((pointer.as_str(), code), ("/other~1one", Code::UnknownField));
    }

    #[test]
    fn a_missing_field_may_have_the_name_of_what_it_is_missing_from() {
        #[derive(Deserialize, Debug)]
        #[allow(dead_code)]
        struct Order {
            amount: scrip_money::Money,
        }
        let field = parse::<Order>(br#"{"amount":{"currency":"CNY"}}"#).unwrap_err().fields.swap_remove(0);
        assert_eq!((field.pointer.as_str(), field.code), ("/amount/amount", Code::MissingField));
    }

    #[test]
    fn a_name_of_the_wrong_type_is_no_mistake_of_syntax() {
        #[derive(Deserialize, Debug)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            Pos,
        }
        #[derive(Deserialize, Debug)]
        #[allow(dead_code)]
        struct Device {
            kind: Kind,
        }
        assert!(parse::<Device>(br#"{"kind":"pos"}"#).is_ok());
        for body in [r#"{"kind":true}"#, r#"{"kind":7}"#, r#"{"kind":[]}"#, r#"{"kind":"till"}"#] {
            let field = parse::<Device>(body.as_bytes()).unwrap_err().fields.swap_remove(0);
            assert_eq!((field.pointer.as_str(), field.code), ("/kind", Code::InvalidField), "{body}");
        }
    }

    #[test]
    fn values_in_the_order_of_the_fields_are_no_object() {
        for body in ["[]", r#"["a",[]]"#, "7", "null", "\"a\""] {
            assert_eq!(field(body), (String::new(), Code::InvalidField, "an object".to_owned()), "{body}");
        }
    }

    #[test]
    fn a_value_with_a_code_of_its_own_keeps_it() {
        let refusal = parse::<scrip_money::Money>(br#"{"amount":1,"currency":"XXX"}"#).unwrap_err();
        let field = &refusal.fields[0];
        assert_eq!((field.pointer.as_str(), field.code), ("/currency", Code::UnknownCurrency));
        assert!(!field.detail.contains("at line"), "{}", field.detail);
    }

    #[test]
    fn an_object_is_not_an_array_of_its_values() {
        let (pointer, code, detail) = field(r#"{"name":"a","inner":[[1]]}"#);
        assert_eq!((pointer.as_str(), code, detail.as_str()), ("/inner/0", Code::InvalidField, "an object"));
        let (pointer, code, _) = field(r#"{"name":"a","name":"b","inner":[]}"#);
        assert_eq!((pointer.as_str(), code), ("/name", Code::InvalidField));
    }

    #[test]
    fn errors_do_not_echo_what_was_sent() {
        let (_, _, detail) = field(r#"{"name":"a","inner":"493817"}"#);
        assert_eq!(detail, "a sequence");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [
            "{",
            "nope",
            "{\"name\":\"a\",\"inner\":[]} x",
            "{\"nobody\":1} x",
            "[1,",
            "\u{0}",
            "{\"name\":}",
        ] {
            assert_eq!(parse::<Outer>(body.as_bytes()).unwrap_err().code, Code::MalformedJson, "{body:?}");
        }
        assert_eq!(parse::<Value>(&[0xff, 0xfe]).unwrap_err().code, Code::MalformedJson);
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<Value>(deep.as_bytes()).unwrap_err().code, Code::MalformedJson);
    }

    #[test]
    fn the_canonical_form_has_no_order_and_no_blanks() {
        let a = canonical(br#"{ "b": [1, {"y":1, "x":2}], "a": "t" }"#).unwrap();
        let b = canonical(br#"{"a":"t","b":[1,{"x":2,"y":1}]}"#).unwrap();
        assert_eq!(a, b);
        assert_ne!(a, canonical(br#"{"a":"t","b":[1,{"x":2,"y":"1"}]}"#).unwrap());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "\\PC{0,20}", quantities in proptest::collection::vec(any::<u32>(), 0..5)) {
            let inner: Vec<_> = quantities.iter().map(|quantity| serde_json::json!({ "quantity": quantity })).collect();
            let body = serde_json::json!({ "name": name, "inner": inner }).to_string();
            let read: Outer = parse(body.as_bytes()).unwrap();
            prop_assert_eq!(read.name, name);
            prop_assert_eq!(read.inner.iter().map(|inner| inner.quantity).collect::<Vec<_>>(), quantities);
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Outer>(&body);
            let _ = canonical(&body);
        }
    }
}
