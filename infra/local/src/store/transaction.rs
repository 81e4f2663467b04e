//! `TransactWriteItems`, where the engine alone is not enough: each is done once under its token, and moves no item to
//! another key.

use super::operation::unreadable;
use super::tokens::{self, Digest, Mismatch, Tokens};
use dynoxide::actions::transact_write_items::{TransactUpdate, TransactWriteItemsRequest};
use dynoxide::{Database, DynoxideError};
use std::cell::RefCell;
use std::time::Instant;

/// What the parts of an update expression begin with.
const PARTS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// Answers a request with the body of what DynamoDB answers to it.
pub(super) fn answer(database: &Database, tokens: &RefCell<Tokens>, body: &str) -> dynoxide::Result<String> {
    let mut request: TransactWriteItemsRequest =
        serde_json::from_str(body).map_err(|error| unreadable(&error))?;
    for update in request.transact_items.iter().filter_map(|item| item.update.as_ref()) {
        check_keys(update)?;
    }
    let Some(token) = request.client_request_token.take() else { return write(database, request) };
    tokens::check(&token).map_err(DynoxideError::ValidationException)?;
    let now = Instant::now();
    let digest = Digest::of(body);
    match tokens.borrow_mut().answer(&token, digest, now) {
        Ok(None) => {}
        Ok(Some(answer)) => return Ok(answer),
        Err(Mismatch) => {
            let why = "the token came with another request before".to_owned();
            return Err(DynoxideError::IdempotentParameterMismatchException(why));
        }
    }
    let answer = write(database, request)?;
    tokens.borrow_mut().remember(token, digest, &answer, now);
    Ok(answer)
}

fn write(database: &Database, request: TransactWriteItemsRequest) -> dynoxide::Result<String> {
    let response = database.transact_write_items(request)?;
    serde_json::to_string(&response).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// Refuses an update of the attributes that an item is stored by, as the engine does for one that stands alone.
fn check_keys(update: &TransactUpdate) -> dynoxide::Result<()> {
    let names = update.expression_attribute_names.as_ref();
    for target in targets(&update.update_expression) {
        let name = names.and_then(|names| names.get(target)).map_or(target, String::as_str);
        if update.key.contains_key(name) {
            return Err(DynoxideError::ValidationException(format!(
                "One or more parameter values were invalid: Cannot update attribute {name}. \
                 This attribute is part of the key"
            )));
        }
    }
    Ok(())
}

/// The attributes that an update expression changes, by the names that it has for them. What can't be read is refused by
/// the engine.
fn targets(expression: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut is_due) = (0_usize, false);
    words(expression).filter(move |word| {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => is_due = true,
            part if PARTS.iter().any(|name| part.eq_ignore_ascii_case(name)) => is_due = true,
            name if is_due && name.starts_with(is_of_name) => {
                is_due = false;
                return true;
            }
            _ => {}
        }
        false
    })
}

/// Names, placeholders and single other signs, in their order.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match rest.find(|sign: char| !is_of_name(sign)) {
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '#' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    struct Store(Database, RefCell<Tokens>);

    impl Store {
        /// With the item `a` whose number is 0.
        fn new() -> Self {
            let store = Self(Database::memory().unwrap(), RefCell::default());
            let key = |name, kind| json!({ "AttributeName": name, "KeyType": kind });
            let text = |name| json!({ "AttributeName": name, "AttributeType": "S" });
            store.call(
                "CreateTable",
                &json!({ "TableName": "bills", "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [text("pk"), text("sk")],
                    "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")] })
                .to_string(),
            );
            let item = json!({ "pk": { "S": "a" }, "sk": { "S": "-" }, "n": { "N": "0" } });
            store.call("PutItem", &json!({ "TableName": "bills", "Item": item }).to_string());
            store
        }

        fn call(&self, operation: &str, body: &str) -> (u16, Value) {
            let (status, body) = super::super::operation::answer(&self.0, &self.1, operation, body);
            (status, serde_json::from_str(&body).unwrap())
        }

        fn transact(&self, body: &str) -> (u16, String) {
            let (status, answer) = self.call("TransactWriteItems", body);
            let kind = answer["__type"].as_str().unwrap_or_default();
            (status, kind.rsplit('#').next().unwrap_or_default().to_owned())
        }

        fn items(&self) -> Value {
            self.call("Scan", "{\"TableName\": \"bills\"}").1["Items"].clone()
        }
    }

    fn update(token: Option<&str>, expression: &str) -> Value {
        let key = json!({ "pk": { "S": "a" }, "sk": { "S": "-" } });
        let mut update = json!({ "TableName": "bills", "Key": key, "UpdateExpression": expression });
        if expression.contains(":v") {
            update["ExpressionAttributeValues"] = json!({ ":v": { "N": "1" } });
        }
        json!({ "TransactItems": [{ "Update": update }], "ClientRequestToken": token })
    }

    #[test]
    fn a_repeated_token_whose_members_stand_in_another_order_is_the_same_request() {
        let store = Store::new();
        let one = r#"{"ClientRequestToken": "t", "TransactItems": [{"Update": {"TableName": "bills",
            "Key": {"pk": {"S": "a"}, "sk": {"S": "-"}}, "UpdateExpression": "SET n = n + :v",
            "ExpressionAttributeValues": {":v": {"N": "1"}}}}]}"#;
        let other = r#"{"TransactItems": [{"Update": {"ExpressionAttributeValues": {":v": {"N": "1"}},
            "UpdateExpression": "SET n = n + :v", "Key": {"sk": {"S": "-"}, "pk": {"S": "a"}},
            "TableName": "bills"}}], "ClientRequestToken": "t"}"#;
        assert_eq!(store.transact(one), (200, String::new()));
        assert_eq!(store.transact(other), (200, String::new()));
        assert_eq!(store.items()[0]["n"], json!({ "N": "1" }));
        let changed = other.replace("n + :v", "n - :v");
        assert_eq!(store.transact(&changed), (400, "IdempotentParameterMismatchException".into()));
    }

    #[test]
    fn a_token_that_is_none_is_refused() {
        let store = Store::new();
        for token in ["", &"t".repeat(37)] {
            let told = store.transact(&update(Some(token), "SET n = n + :v").to_string());
            assert_eq!(told, (400, "ValidationException".into()), "{token}");
        }
        assert_eq!(store.items()[0]["n"], json!({ "N": "0" }));
    }

    #[test]
    fn no_update_moves_an_item_to_another_key() {
        let store = Store::new();
        let before = store.items();
        for expression in [
            "SET n = :v, sk = :v",
            "REMOVE sk",
            "remove n set pk = :v",
            "SET n = if_not_exists(n, :v), sk=:v",
        ] {
            let told = store.transact(&update(None, expression).to_string());
            assert_eq!(told, (400, "ValidationException".into()), "{expression}");
        }
        let mut named = update(None, "SET #key = :v");
        named["TransactItems"][0]["Update"]["ExpressionAttributeNames"] = json!({ "#key": "sk" });
        assert_eq!(store.transact(&named.to_string()), (400, "ValidationException".into()));
        assert_eq!(store.items(), before);
        assert_eq!(store.transact(&update(None, "SET n = if_not_exists(sk, :v)").to_string()).0, 200);
    }

    #[test]
    fn what_an_update_changes_is_found() {
        let found = |expression| targets(expression).collect::<Vec<_>>();
        assert_eq!(found("SET a = :v, b.#c = if_not_exists(d, :e) + f REMOVE g[0], h"), ["a", "b", "g", "h"]);
        assert_eq!(found("ADD #i :v DELETE j :w"), ["#i", "j"]);
    }

    proptest! {
        #[test]
        fn any_text_has_targets_or_none(text in "(SET |REMOVE |[a-z#:(),.= ]|\\PC){0,40}") {
            for target in targets(&text) {
                prop_assert!(text.contains(target) && !target.is_empty());
            }
            prop_assert_eq!(words(&text).collect::<String>(), text);
        }
    }
}
