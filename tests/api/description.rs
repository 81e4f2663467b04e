//! `GET /openapi.json`: the API's own description. That answers are as described is checked at every one.

use scrip_function::Proof;
use scrip_http::{status, title};
use scrip_test_support::Scrip;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, described)| (method.to_uppercase(), path.clone(), described))
    });
    methods.collect()
}

#[tokio::test]
async fn the_document_lists_every_route_once() {
    let scrip = Scrip::start().await;
    let document = scrip.contract().await.document();
    assert_eq!(document["openapi"], "3.1.0");
    let wired: BTreeSet<_> = scrip
        .application()
        .await
        .routes
        .iter()
        .map(|route| (route.method.clone(), route.path.clone(), route.function.clone()))
        .collect();
    let described: Vec<_> = operations(document)
        .into_iter()
        .map(|(method, path, described)| {
            (method, path, described["operationId"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(described.len(), wired.len());
    assert_eq!(described.into_iter().collect::<BTreeSet<_>>(), wired);
}

#[tokio::test]
async fn each_operation_is_described_in_full() {
    let scrip = Scrip::start().await;
    let contract = scrip.contract().await;
    for (method, path, described) in operations(contract.document()) {
        assert!(METHODS.contains(&method.to_lowercase().as_str()));
        assert!(described["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
        let parameters = described["parameters"].as_array().unwrap();
        let named = |place: &str| {
            parameters
                .iter()
                .filter(|parameter| parameter["in"] == place)
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect::<BTreeSet<_>>()
        };
        let in_path: BTreeSet<_> = path
            .split('/')
            .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
            .collect();
        assert_eq!(named("path"), in_path, "{method} {path}");
        let headers = named("header");
        let operation = scrip_catalog::operation(described["operationId"].as_str().unwrap()).unwrap();
        let proof = operation.proof();
        for caller in operation.callers {
            let description = described["description"].as_str().unwrap();
            assert!(description.contains(caller.as_str()), "{method} {path}: {description}");
        }
        assert_eq!(described["security"] == serde_json::json!([]), proof != Proof::Token, "{method} {path}");
        if proof == Proof::Signature {
            let signed = ["webhook-id", "webhook-signature", "webhook-timestamp"].map(str::to_owned);
            assert_eq!(headers, signed.into(), "what signs the body takes the place of key and token");
        } else {
            assert_eq!(headers.contains("Idempotency-Key"), method == "POST", "{method} {path}");
        }
        let successes =
            described["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2'));
        assert_eq!(successes.count(), 1, "{method} {path}");
    }
}

#[tokio::test]
async fn each_refusal_stands_at_its_status() {
    let scrip = Scrip::start().await;
    let document = scrip.contract().await.document();
    for operation in scrip_catalog::operations().iter().filter(|operation| operation.is_http()) {
        let (_, _, described) = operations(document)
            .into_iter()
            .find(|(_, _, described)| described["operationId"] == operation.name)
            .unwrap();
        for code in operation.refusals() {
            let response = &described["responses"][status(code).to_string()];
            let codes =
                response.pointer("/content/application~1problem+json/schema/allOf/1/properties/code/enum");
            assert!(
                codes.unwrap().as_array().unwrap().contains(&code.as_str().into()),
                "{}: {code}",
                operation.name
            );
            assert!(!title(code).is_empty());
        }
    }
}

#[tokio::test]
async fn each_reference_leads_somewhere_and_each_schema_is_referred_to() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            _ => {}
        }
    }
    let scrip = Scrip::start().await;
    let document = scrip.contract().await.document();
    let mut found = BTreeSet::new();
    references(document, &mut found);
    let schemas = document["components"]["schemas"].as_object().map(Map::keys).unwrap();
    let there: BTreeSet<_> = schemas.map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(found, there);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "the embedded platform alone describes itself")]
async fn the_document_is_public_and_the_same_at_both_places() {
    let scrip = Scrip::start().await;
    let [one, two] = ["/openapi.json", "/local/openapi.json"];
    let get = async |path| scrip.raw(reqwest::Method::GET, path, &[], Vec::new()).await.expect(200).body;
    assert_eq!(get(one).await, get(two).await);
    scrip.raw(reqwest::Method::POST, one, &[], Vec::new()).await.expect_problem(405, "method-not-allowed");
}
