//! What a request has written, in a form in which two runs of it are the same: without ids, times and what is made by
//! chance, and with what was added to a number instead of what it came to.

use scrip_clock::Timestamp;
use scrip_test_support::Written;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Longer words are ids, hashes and what is sealed.
const WORD_CHARACTERS: usize = 20;
/// Longer numbers are times, and what is made of them or of hashes.
const COUNT_DIGITS: usize = 7;
/// Accounts whose balances are spread by chance.
const SPREAD: [(&str, &str); 2] = [("merchant", "ACCT#acct_m"), (OUTSIDE, "ACCT#acct_x")];
/// Accounts whose parts are made when they are first needed.
const OUTSIDE: &str = "outside";
/// What differs with each write by itself.
const PASSED_OVER: [&str; 1] = ["stamp"];

/// The effects, in an order that does not depend on what is left out.
pub fn effects(written: &[Written]) -> Vec<Value> {
    let mut effects: Vec<Value> = written.iter().filter_map(effect).collect();
    effects.sort_by_key(ToString::to_string);
    effects
}

fn effect(written: &Written) -> Option<Value> {
    let Written { table, before, after } = written;
    let item = before.as_ref().or(after.as_ref()).map(plain).unwrap_or_default();
    let key = [alike(&item["pk"]), alike(&item["sk"])];
    if key[0].as_str().is_some_and(|pk| pk.contains(OUTSIDE)) {
        let balance =
            |item: &Option<Value>| item.as_ref().map_or(json!(0), |item| plain(item)["balance"].clone());
        let change = changed(&balance(before), &balance(after))?;
        return Some(json!({ "table": table, "key": key, "change": { "balance": change } }));
    }
    let change = match (before.as_ref().map(plain), after.as_ref().map(plain)) {
        (None, Some(after)) => json!({ "new": alike(&after) }),
        (Some(_), None) => json!("gone"),
        (before, after) => changed(&before?, &after?)?,
    };
    Some(json!({ "table": table, "key": key, "change": change }))
}

/// An item out of DynamoDB's notation.
fn plain(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| !PASSED_OVER.contains(&name.as_str()));
    members.map(|(name, value)| (name.clone(), plain_value(value))).collect::<Map<_, _>>().into()
}

/// An object of members whose names may be alike: those that are stand together, in an order of their own.
fn gathered(members: impl Iterator<Item = (String, Value)>) -> Value {
    let mut gathered: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, value) in members {
        gathered.entry(name).or_default().push(value);
    }
    let members = gathered.into_iter().map(|(name, mut values)| {
        values.sort_by_key(ToString::to_string);
        let only = if values.len() == 1 { values.pop() } else { None };
        (name, only.unwrap_or(Value::Array(values)))
    });
    members.collect::<Map<_, _>>().into()
}

fn plain_value(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "M" => plain(value),
        "L" => value.as_array().into_iter().flatten().map(plain_value).collect(),
        "N" => value
            .as_str()
            .and_then(|number| number.parse::<i64>().ok())
            .map_or_else(|| value.clone(), Value::from),
        _ => value.clone(),
    }
}

/// What is not as it was, if anything is not.
fn changed(before: &Value, after: &Value) -> Option<Value> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
            let changes = names.filter_map(|name| {
                let change = match (before.get(name), after.get(name)) {
                    (Some(_), None) => Some(json!("gone")),
                    (None, Some(after)) => Some(json!({ "new": alike(after) })),
                    (before, after) => changed(before?, after?),
                };
                Some((alike_text(name), change?))
            });
            let changes: Vec<_> = changes.collect();
            (!changes.is_empty()).then(|| gathered(changes.into_iter()))
        }
        _ if before == after => None,
        (Value::Number(old), Value::Number(new)) => {
            let (old, new) = (old.as_i64()?, new.as_i64()?);
            Some(if is_count(old) && is_count(new) {
                json!(format!("{:+}", new - old))
            } else {
                json!("[number]")
            })
        }
        _ => Some(json!({ "now": alike(after) })),
    }
}

fn is_count(number: i64) -> bool {
    number.unsigned_abs().to_string().len() < COUNT_DIGITS
}

/// A value without what differs between runs.
pub fn alike(value: &Value) -> Value {
    match value {
        Value::String(text) => alike_text(text).into(),
        Value::Number(number) if number.as_i64().is_some_and(|number| !is_count(number)) => json!("[number]"),
        Value::Array(elements) => elements.iter().map(alike).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "request_id");
            gathered(members.map(|(name, value)| (alike_text(name), alike(value))))
        }
        other => other.clone(),
    }
}

fn alike_text(text: &str) -> String {
    if text.parse::<Timestamp>().is_ok() {
        return "[time]".to_owned();
    }
    if let Some((kind, _)) = SPREAD.iter().find(|(_, prefix)| text.starts_with(prefix)) {
        return format!("ACCT#[{kind}]#[shard]");
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-+/=".contains(letter);
    let mut alike = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        let is_number = word.len() >= COUNT_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_shard = (1..=2).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_digit())
            && alike.ends_with('#');
        alike.push_str(if is_shard {
            "[shard]"
        } else if is_number {
            "[number]"
        } else if word.len() >= WORD_CHARACTERS {
            "[id]"
        } else {
            word
        });
        let next = more.chars().next().map_or(0, char::len_utf8);
        alike.push_str(&more[..next]);
        rest = &more[next..];
    }
    alike
}

#[test]
fn two_runs_are_alike_and_two_effects_are_not() {
    let item = |id: &str, balance: i64, at: i64| {
        json!({
            "pk": { "S": format!("ACCT#{id}") }, "sk": { "S": "BALANCE" }, "balance": { "N": balance.to_string() },
            "at": { "N": at.to_string() }, "stamp": { "S": id },
            "uses": { "M": { id: { "L": [{ "S": "2027-01-15T12:00:00Z" }] } } },
        })
    };
    let run = |id: &str, old: i64, new: i64| {
        let at = 1_800_000_000_000 + old;
        let written = |before, after| Written { table: "t".into(), before, after };
        effects(&[
            written(Some(item("acct_u1", old, at)), Some(item("acct_u1", new, at + 1))),
            written(None, Some(item(id, 7, at))),
        ])
    };
    let first = run("acct_u0123456789abcdefghjkmnpqrs", 100, 90);
    assert_eq!(first, run("acct_u9876543210zyxwvtsrqpnmkjh", 50, 40));
    assert_ne!(first, run("acct_u9876543210zyxwvtsrqpnmkjh", 50, 30));
    assert_eq!(first.len(), 2);
}
