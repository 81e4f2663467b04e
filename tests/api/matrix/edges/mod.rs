//! Every bound that the description tells of a request is the one that the code enforces: what lies at it is taken as far as
//! the bound goes, and what lies one beyond it is refused with a code that says so.

mod bounds;
mod bytes;

use super::{Case, cases};
use crate::api::world::World;
use bounds::{Edge, alternatives, is, of, sample};
use scrip_test_support::{Answer, Contract};
use serde_json::{Value, json};

/// What a value is refused with that is out of its bounds.
const CODES: [&str; 5] =
    ["out-of-range", "too-many", "invalid-field", "amount-not-positive", "unknown-currency"];
/// Where something else says it as well: what a text names is not there, or is another one.
const OTHERS: [(&str, &str, u16, &str); 17] = [
    ("open-bill", "/account", 404, "not-found"),
    ("transfer", "/from", 404, "not-found"),
    ("transfer", "/to", 404, "not-found"),
    ("authorize-offline", "/account", 404, "not-found"),
    ("add-items", "/presentation_code", 422, "presentation-code-refused"),
    ("amend-bill", "/version", 409, "version-stale"),
    ("rename-group", "/version", 409, "version-stale"),
    ("ask-for-payment", "/account", 404, "not-found"),
    ("pay-share", "/account", 404, "not-found"),
    ("settle-share", "/version", 409, "version-stale"),
    ("amend-payment-request", "/version", 409, "version-stale"),
    ("share-coupon", "/coupon", 404, "not-found"),
    ("calculate-deduction", "/merchant", 404, "not-found"),
    ("calculate-deduction", "/items/0", 404, "not-found"),
    ("transfer-deduction", "/items/0/item", 404, "not-found"),
    ("transfer-deduction", "/items/0/version", 409, "rule-version-stale"),
    ("transfer-deduction", "/second_value/amount", 409, "deduction-mismatch"),
];
/// Where more than the bound counts: a bill that was opened for an hour can't be extended by as much as one that was opened
/// for a minute, the last digit of what a phone shows checks the others, and not every text is the code of some bytes.
const NOT_REACHED: [&str; 3] = ["/extend_by", "/presentation_code", "/secret"];

/// The same body with other values at these places, or none where there is to be none.
fn with(body: &Value, changes: &[(&str, Value)]) -> Value {
    let mut body = body.clone();
    for (name, value) in changes {
        let (parent, name) = name.rsplit_once('/').unwrap();
        let members = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value.clone());
        }
    }
    body
}

/// Bodies in which each member can stand: some go without others.
fn bodies(case: &Case) -> Vec<Value> {
    let mut body = case.body.clone();
    let (gone, shown) = (Value::Null, json!("204615873493827164"));
    match case.operation.as_str() {
        "verify-bill" => {
            let device = [
                ("/method", json!("device")),
                ("/pin", gone),
                ("/device", json!("dev_1")),
                ("/signature", json!("x")),
            ];
            let device = with(&body, &device);
            vec![body, device]
        }
        "authorize-offline" => {
            body["limit"]["amount"] = json!(1_000_000_000_000_000_i64);
            let secret = json!("c2NyaXAtZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXM");
            let totp = json!({ "scheme": "totp", "secret": secret, "algorithm": "SHA256", "digits": 8, "period": 30 });
            let totp = with(&body, &[("/secure_code", totp)]);
            vec![body, totp]
        }
        "create-pos-transaction" => {
            let shown = with(
                &body,
                &[("/user", gone.clone()), ("/secure_code", gone), ("/presentation_code", shown)],
            );
            vec![body, shown]
        }
        "create-pos-batch" => {
            let at = |name: &str| format!("/transactions/0/{name}");
            let (user, code, presentation) = (at("user"), at("secure_code"), at("presentation_code"));
            let shown = with(&body, &[(&user, gone.clone()), (&code, gone), (&presentation, shown)]);
            vec![body, shown]
        }
        "calculate-deduction" | "transfer-deduction" => {
            let price = json!({ "amount": 1_250, "currency": "CNY" });
            let line =
                json!({ "sku": "a", "name": "a", "category": "a", "quantity": 1, "unit_price": price });
            let lines = with(&body, &[("/first_value", gone), ("/lines", json!([line]))]);
            let mut others = vec![body.clone(), lines];
            if body["payer"].is_object() {
                others.push(with(&body, &[("/payer", json!({ "presentation_code": shown }))]));
            }
            others
        }
        "create-webhook-key" => {
            let key = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
            let v1a = with(&body, &[("/kind", json!("v1a")), ("/public_key", json!(key))]);
            vec![v1a, body]
        }
        "register-device" | "register-merchant-device" => {
            let ec = json!({
                "kty": "EC", "crv": "P-256", "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
                "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
            });
            let ec = with(&body, &[("/public_key", ec)]);
            vec![body, ec]
        }
        "ask-for-payment" | "preview-payment-request" => splits(body),
        "create-campaign" => {
            (body["per_user"], body["shareable"]) = (json!(20), json!(true));
            vec![body]
        }
        _ => vec![body],
    }
}

/// A request for payment, divided in each way.
fn splits(body: Value) -> Vec<Value> {
    let user = body["split"]["equal"][1].clone();
    let total = body["total"].clone();
    let each = |kind: &str, name: &str, value: Value| {
        with(&body, &[("/split", json!({ kind: [{ "user": user, name: value }] }))])
    };
    let amounts = each("amounts", "amount", total);
    let weights = each("weights", "weight", json!(1));
    let percentages = each("percentages", "percentage", json!("100"));
    vec![body, amounts, weights, percentages]
}

/// A body in which a member stands that this one has not, if it can.
fn placed(contract: &Contract, bodies: &[Value], schema: &Value, pointer: &str) -> Value {
    if let Some(body) = bodies.iter().find(|body| body.pointer(pointer).is_some_and(|value| !value.is_null()))
    {
        return body.clone();
    }
    let mut body = bodies[0].clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = sample(contract, schema);
    body
}

/// All edges of a value and of what is in it, each with the body that they are tried in.
fn edges(contract: &Contract, bodies: &[Value], schema: &Value, pointer: &str) -> Vec<(Value, Edge)> {
    let mut found = Vec::new();
    for alternative in alternatives(contract, schema) {
        let mut body = placed(contract, bodies, &alternative, pointer);
        let is_object = is(&alternative, "object") && !pointer.is_empty();
        let members = alternative["properties"].as_object();
        // Of several alternatives the body has one.
        if is_object
            && members.is_some_and(|known| {
                body.pointer(pointer)
                    .unwrap()
                    .as_object()
                    .is_none_or(|members| members.keys().any(|name| !known.contains_key(name)))
            })
        {
            *body.pointer_mut(pointer).unwrap() = sample(contract, &alternative);
        }
        let value = body.pointer(pointer).unwrap().clone();
        found
            .extend(of(contract, &alternative, &value, pointer).into_iter().map(|edge| (body.clone(), edge)));
        found.extend(bytes::of(schema, pointer).map(|edge| (body.clone(), edge)));
        let mut others = vec![body.clone()];
        others.extend(bodies.iter().filter(|other| **other != body).cloned());
        for (name, member) in members.into_iter().flatten() {
            found.extend(edges(contract, &others, member, &format!("{pointer}/{name}")));
        }
        if is(&alternative, "array") {
            let element = &alternative["items"];
            let first = format!("{pointer}/0");
            if body.pointer(&first).is_none() {
                *body.pointer_mut(pointer).unwrap() = json!([sample(contract, element)]);
                others = vec![body];
            }
            found.extend(edges(contract, &others, element, &first));
        }
    }
    found
}

/// What the first field is told, if the request is refused for one.
fn told(answer: &Answer) -> Option<(&str, &str)> {
    let first = &answer.body["errors"][0];
    first["pointer"].as_str().zip(first["code"].as_str()).filter(|_| answer.status == 400)
}

fn is_about(told: &str, pointer: &str) -> bool {
    told.starts_with(pointer) || pointer.starts_with(told)
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends thousands of requests that the handlers alone decide on")]
async fn what_lies_beyond_a_bound_is_refused_and_what_lies_at_it_is_not() {
    let world = World::with_coupons().await;
    let contract = world.scrip.contract().await;
    let mut faults = Vec::new();
    let mut tried = 0;
    for case in cases(&world).await {
        let Some(schema) = contract.request(&case.operation) else { continue };
        let known = |edge: &Edge| {
            OTHERS
                .iter()
                .find(|(operation, pointer, ..)| *operation == case.operation && *pointer == edge.pointer)
        };
        for (body, edge) in edges(contract, &bodies(&case), schema, "") {
            let send = async |value: &Value| {
                let mut body = body.clone();
                *body.pointer_mut(&edge.pointer).unwrap() = value.clone();
                case.send(&world, case.caller, &case.path(), body.to_string().into_bytes()).await
            };
            let of = format!("{} {} {}", case.operation, edge.pointer, edge.word);
            tried += 1;
            let answer = send(&edge.beyond).await;
            let is_told = told(&answer)
                .is_some_and(|(pointer, code)| is_about(pointer, &edge.pointer) && CODES.contains(&code));
            let is_known = known(&edge)
                .is_some_and(|(_, _, status, code)| answer.status == *status && answer.body["code"] == *code);
            if !is_told && !is_known {
                faults.push(format!("{of}: beyond, at {}: {} {}", edge.beyond, answer.status, answer.body));
            }
            let Some(at) =
                edge.at.as_ref().filter(|_| !NOT_REACHED.iter().any(|place| edge.pointer.ends_with(place)))
            else {
                continue;
            };
            let answer = send(at).await;
            if told(&answer).is_some_and(|(pointer, code)| pointer == edge.pointer && CODES.contains(&code)) {
                faults.push(format!("{of}: at the bound, {at}: {}", answer.body));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {tried}: {faults:#?}", faults.len());
    assert!(tried > 500, "{tried}");
}
