//! Message attributes: typed values beside the body.
//!
//! Source: Amazon SQS Developer Guide, "Amazon SQS message metadata".

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

const ATTRIBUTES_MAX: usize = 10;
const NAME_LENGTH_MAX: usize = 256;
const TYPE_LENGTH_MAX: usize = 256;

/// By name, in the order in which their digest takes them.
pub(crate) type Attributes = BTreeMap<String, Attribute>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<Blob>,
}

/// Bytes, which JSON carries in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob(pub(crate) Vec<u8>);

impl Blob {
    pub(crate) fn base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.base64())
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Self).map_err(de::Error::custom)
    }
}

impl Attribute {
    pub(crate) fn is_binary(&self) -> bool {
        self.logical_type() == "Binary"
    }

    pub(crate) fn value(&self) -> &[u8] {
        if self.is_binary() {
            self.binary_value.as_ref().map_or(&[], |blob| &blob.0)
        } else {
            self.string_value.as_deref().unwrap_or_default().as_bytes()
        }
    }

    /// The type without its custom label: `Number` of `Number.cents`.
    fn logical_type(&self) -> &str {
        self.data_type.split('.').next().unwrap_or_default()
    }
}

/// How many bytes the attributes add to a message: names, types and values.
pub(crate) fn size(attributes: &Attributes) -> usize {
    attributes
        .iter()
        .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value().len())
        .sum()
}

/// The attributes that a receive asks for: by name, `All`, `.*` or `prefix.*`.
pub(crate) fn selected(attributes: &Attributes, asked: &[String]) -> Attributes {
    let matches = |name: &str| {
        asked.iter().any(|pattern| match pattern.strip_suffix(".*") {
            _ if pattern == "All" => true,
            Some(prefix) => {
                prefix.is_empty() || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
            }
            None => pattern == name,
        })
    };
    attributes
        .iter()
        .filter(|(name, _)| matches(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Checks names, types and values; an error is the reason, as SQS words it.
pub(crate) fn check(attributes: &Attributes) -> Result<(), String> {
    if attributes.len() > ATTRIBUTES_MAX {
        let count = attributes.len();
        return Err(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
        ));
    }
    attributes.iter().try_for_each(|(name, attribute)| {
        check_name(name)?;
        check_value(name, attribute)
    })
}

fn check_name(name: &str) -> Result<(), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let lower = name.to_ascii_lowercase();
    let reserved = lower.starts_with("aws.") || lower.starts_with("amazon.");
    let dotted = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if name.is_empty() || name.len() > NAME_LENGTH_MAX || !name.chars().all(known) || reserved || dotted {
        return Err(format!(
            "Invalid attribute name '{name}': 1 to 256 letters, digits, hyphens, underscores and single inner \
             periods, not starting with AWS. or Amazon."
        ));
    }
    Ok(())
}

fn check_value(name: &str, attribute: &Attribute) -> Result<(), String> {
    let data_type = &attribute.data_type;
    let known = matches!(attribute.logical_type(), "String" | "Number" | "Binary");
    if !known || data_type.len() > TYPE_LENGTH_MAX || data_type.ends_with('.') {
        return Err(format!(
            "The type of message (user) attribute '{name}' is invalid. You must use only the following supported \
             type prefixes: Binary, Number, String."
        ));
    }
    if attribute.value().is_empty() {
        return Err(format!(
            "Message (user) attribute '{name}' must contain a non-empty value of type '{}'.",
            attribute.logical_type()
        ));
    }
    let text = attribute.string_value.as_deref().unwrap_or_default();
    if attribute.logical_type() == "Number" && !is_number(text) {
        return Err(format!("Can't cast the value of message (user) attribute '{name}' to a number."));
    }
    if !attribute.is_binary() && !is_allowed_text(text) {
        return Err(format!("Message (user) attribute '{name}' contains characters that are not allowed."));
    }
    Ok(())
}

/// Whether a text has only the characters of XML 1.0, which SQS allows.
pub(crate) fn is_allowed_text(text: &str) -> bool {
    text.chars().all(|c| match c {
        '\t' | '\n' | '\r' => true,
        c => c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}',
    })
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = |part: &'_ str| part.strip_prefix(['+', '-']).unwrap_or(part).to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (unsigned(mantissa), Some(unsigned(exponent))),
        None => (unsigned(text), None),
    };
    let mantissa_holds = match mantissa.split_once('.') {
        Some((whole, fraction)) => (digits(whole) || whole.is_empty()) && digits(fraction),
        None => digits(&mantissa),
    };
    mantissa_holds && exponent.is_none_or(|exponent| digits(&exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, data_type: &str, value: &str) -> Attributes {
        let attribute =
            Attribute { data_type: data_type.into(), string_value: Some(value.into()), binary_value: None };
        Attributes::from([(name.into(), attribute)])
    }

    #[test]
    fn names_types_and_values_are_checked() {
        for (name, data_type, value) in [
            ("a", "String", "x"),
            ("A_b-c.d", "String.custom", "é"),
            ("n", "Number", "-12.50"),
            ("n", "Number.cents", "1e10"),
            ("n", "Number", ".5"),
        ] {
            assert_eq!(check(&one(name, data_type, value)), Ok(()), "{name} {data_type} {value}");
        }
        for (name, data_type, value) in [
            ("", "String", "x"),
            ("AWS.trace", "String", "x"),
            ("amazon.x", "String", "x"),
            (".a", "String", "x"),
            ("a..b", "String", "x"),
            ("a b", "String", "x"),
            ("a", "Text", "x"),
            ("a", "String", ""),
            ("a", "Binary", "x"),
            ("a", "Number", "12a"),
            ("a", "Number", "1."),
            ("a", "Number", "--1"),
            ("a", "String", "\u{0}"),
        ] {
            assert!(check(&one(name, data_type, value)).is_err(), "{name} {data_type} {value}");
        }
        let eleven = (0..11).flat_map(|n| one(&format!("a{n}"), "String", "x")).collect();
        assert!(check(&eleven).unwrap_err().contains("[11]"));
    }

    #[test]
    fn a_receive_selects_by_name_prefix_or_all() {
        let attributes: Attributes = ["bill", "bill.id", "bill.total", "billing"]
            .iter()
            .flat_map(|name| one(name, "String", "x"))
            .collect();
        let names = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            selected(&attributes, &asked).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(&["bill.*"]), ["bill.id", "bill.total"]);
        assert_eq!(names(&["billing", "absent"]), ["billing"]);
        assert_eq!(names(&["All"]).len(), 4);
        assert_eq!(names(&[".*"]).len(), 4);
        assert!(names(&[]).is_empty());
    }
}
