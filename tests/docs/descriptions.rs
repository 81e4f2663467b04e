//! What the API's description says of a member must be more than its name says: what it is of, its unit, limit or format.

use scrip_test_support::Scrip;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Words that by themselves say nothing.
const EMPTY: &str = "a all an and at be been by called for from has have how how if in into is it its many much named not now of on \
                     one ones only or other others own said stands that the their them then they this those to until up \
                     was were what when where which who whom whose why will with";
/// Types that every amount has, whatever it is of.
const OF_AMOUNTS: [&str; 2] = ["#/components/schemas/Money", "#/components/schemas/Currency"];

fn stem(word: &str) -> &str {
    word.trim_end_matches('s')
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '`').map(str::to_owned);
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().into_iter()
}

/// Whether a description of what is called `name` has a word that is neither empty nor its name.
fn says_something(name: &str, description: &str) -> bool {
    let empty: BTreeSet<&str> = EMPTY.split_whitespace().collect();
    let name: BTreeSet<String> = words(&name.replace('_', " ")).map(|word| stem(&word).to_owned()).collect();
    words(description).any(|word| !empty.contains(word.as_str()) && !name.contains(stem(&word)))
}

/// Whether the schema itself tells what a value of it is: a type of its own, or a format.
fn explains_itself(schema: &Value) -> bool {
    let choice = schema["anyOf"].as_array().into_iter().flatten();
    let is_type = |schema: &Value| schema["$ref"].as_str().is_some_and(|place| !OF_AMOUNTS.contains(&place));
    is_type(schema) || choice.into_iter().any(is_type) || schema["format"] == "date-time"
}

/// Members and parameters whose descriptions say nothing, by where they stand.
fn empty(place: &str, value: &Value, found: &mut BTreeSet<String>) {
    let mut judge = |name: &str, member: &Value, schema: &Value| {
        let description = member["description"].as_str();
        if description.is_some_and(|text| !explains_itself(schema) && !says_something(name, text)) {
            found.insert(format!("{place}/{name}: {}", description.unwrap_or_default()));
        }
    };
    for (name, member) in value["properties"].as_object().into_iter().flatten() {
        judge(name, member, member);
    }
    for parameter in value["parameters"].as_array().into_iter().flatten() {
        judge(parameter["name"].as_str().unwrap_or_default(), parameter, &parameter["schema"]);
    }
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| empty(&format!("{place}/{name}"), member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| empty(place, element, found)),
        _ => {}
    }
}

#[tokio::test]
async fn each_description_says_more_than_the_name() {
    let scrip = Scrip::embedded().await;
    let mut found = BTreeSet::new();
    empty("", scrip.contract().await.document(), &mut found);
    assert!(found.is_empty(), "say what it is of, its unit, limit or format: {found:#?}");
}

#[test]
fn what_says_nothing_is_found() {
    let properties = |member: Value| json!({ "Transfer": { "properties": { "amount": member } } });
    let found = |document: Value| {
        let mut found = BTreeSet::new();
        empty("", &document, &mut found);
        found.into_iter().collect::<Vec<_>>()
    };
    let money = |text: &str| json!({ "$ref": OF_AMOUNTS[0], "description": text });
    assert_eq!(found(properties(money("How much."))), ["/Transfer/amount: How much."]);
    assert_eq!(found(properties(money("The amount."))), ["/Transfer/amount: The amount."]);
    assert_eq!(found(properties(money("What moved, in minor units."))), [""; 0]);
    let status = json!({ "$ref": "#/components/schemas/BillStatus", "description": "What it is." });
    assert_eq!(found(properties(status)), [""; 0], "its type tells");
    let query =
        json!({ "parameters": [{ "name": "store", "schema": {}, "description": "Only in this store." }] });
    assert_eq!(found(query), ["/store: Only in this store."]);
}
