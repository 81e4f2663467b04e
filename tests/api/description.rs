//! `GET /openapi.json`: the API's own description. That answers are as described is checked at every one.

use scrip_function::Proof;
use scrip_http::{status, title};
use scrip_money::MAX_AMOUNT_MINOR_UNITS;
use scrip_test_support::{Contract, Scrip};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// A name that only makes sense to whoever reads our code.
const OUR_WORDS: [&str; 2] = ["View", "Record"];

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

fn parameters<'a>(contract: &'a Contract, described: &'a Value) -> Vec<&'a Value> {
    let parameters = described["parameters"].as_array().unwrap();
    parameters.iter().map(|parameter| contract.resolved(parameter)).collect()
}

/// What an operation takes and answers if it succeeds, by media type.
fn contents(described: &Value) -> Vec<(&str, &Value)> {
    let answers = described["responses"].as_object().unwrap().iter();
    let successes = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
    let parts = successes.chain([&described["requestBody"]]);
    let contents = parts.filter_map(|part| part["content"].as_object()).flatten();
    contents.map(|(media_type, content)| (media_type.as_str(), content)).collect()
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
    let tags = contract.document()["tags"].as_array().unwrap();
    for (method, path, described) in operations(contract.document()) {
        assert!(METHODS.contains(&method.to_lowercase().as_str()));
        let operation = scrip_catalog::operation(described["operationId"].as_str().unwrap()).unwrap();
        assert!(!operation.summary.is_empty() && operation.description.ends_with('.'), "{method} {path}");
        assert_ne!(operation.summary, operation.description.trim_end_matches('.'), "{method} {path}");
        let [tag] = described["tags"].as_array().unwrap().as_slice() else { panic!("{method} {path}") };
        assert!(tags.iter().any(|known| known["name"] == *tag), "{tag}");
        let parameters = parameters(contract, described);
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
        let proof = operation.proof();
        let callers: Vec<&str> = operation.callers.iter().map(|caller| caller.name()).collect();
        assert_eq!(described["x-callers"], json!(callers), "{method} {path}");
        for caller in operation.callers {
            let description = described["description"].as_str().unwrap();
            assert!(description.contains(caller.as_str()), "{method} {path}: {description}");
        }
        assert_eq!(described["security"] == json!([]), proof != Proof::Token, "{method} {path}");
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
            let codes = described["x-problem-codes"].as_array().unwrap();
            assert!(codes.contains(&code.as_str().into()), "{}: {code}", operation.name);
            let description = described["responses"][status(code).to_string()]["description"].as_str();
            assert!(description.unwrap().contains(&format!("- `{code}`: ")), "{}: {code}", operation.name);
            assert!(!title(code).is_empty());
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_described_once_for_all() {
    let scrip = Scrip::start().await;
    let document = scrip.contract().await.document();
    for (method, path, described) in operations(document) {
        for (status, answer) in described["responses"].as_object().unwrap() {
            let is_shared =
                answer["$ref"].as_str().is_some_and(|place| place.starts_with("#/components/responses/"));
            assert_eq!(is_shared, !status.starts_with('2'), "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn no_schema_is_a_mere_truth_value() {
    fn look(schema: &Value, place: &str, found: &mut Vec<String>) {
        match schema {
            Value::Object(words) => {
                for (word, rule) in words {
                    let place = format!("{place}/{word}");
                    let is_flag = ["additionalProperties", "uniqueItems", "example"].contains(&word.as_str());
                    match word.as_str() {
                        "required" | "enum" | "default" | "example" | "examples" | "x-extensible-enum" => {}
                        _ if rule.is_boolean() && !is_flag => found.push(place),
                        _ => look(rule, &place, found),
                    }
                }
            }
            Value::Array(schemas) => schemas.iter().for_each(|schema| look(schema, place, found)),
            _ => {}
        }
    }
    let scrip = Scrip::start().await;
    let contract = scrip.contract().await;
    let mut found = Vec::new();
    look(&contract.document()["components"]["schemas"], "", &mut found);
    for (method, path, described) in operations(contract.document()) {
        for (_, content) in contents(described) {
            let schemas = content.get("schema").into_iter();
            let schemas =
                schemas.chain(parameters(contract, described).into_iter().map(|one| &one["schema"]));
            for schema in schemas {
                assert!(schema.is_object(), "{method} {path}");
                look(schema, &path, &mut found);
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn types_have_names_that_a_client_would_choose() {
    let scrip = Scrip::start().await;
    let document = scrip.contract().await.document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        let ends_in_a_number = name.ends_with(|letter: char| letter.is_ascii_digit());
        let is_ours = OUR_WORDS.iter().any(|word| name.ends_with(word));
        assert!(!ends_in_a_number && !is_ours && !name.contains('_'), "{name}");
    }
    for (_, _, described) in operations(document) {
        let operation = described["operationId"].as_str().unwrap();
        for (media_type, content) in
            contents(described).into_iter().filter(|(media_type, _)| *media_type == "application/json")
        {
            let named = content["schema"]["$ref"].is_string() || content.get("schema").is_none();
            assert!(named, "{operation}: {media_type} {content}");
        }
        let request = described.pointer("/requestBody/content/application~1json/schema/$ref");
        if let Some(request) = request.and_then(Value::as_str) {
            let words = operation.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
            let name = words.collect::<String>() + "Request";
            assert_eq!(request, format!("#/components/schemas/{name}"));
        }
    }
}

/// Members of requests that are as long as they like.
fn unbounded(contract: &Contract, schema: &Value, place: &str, found: &mut BTreeSet<String>) {
    let schema = contract.resolved(schema);
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|types| types.contains(&kind.into()))
    };
    let has = |words: &[&str]| words.iter().any(|word| schema.get(word).is_some());
    let bounds_itself = !is("string") || has(&["maxLength", "pattern", "enum", "const", "format"]);
    let bounds_many = (!is("array") || has(&["maxItems"]))
        && (!schema["additionalProperties"].is_object() || has(&["maxProperties"]));
    let bounds_numbers = !is("integer") || has(&["minimum"]) || schema["format"] == "int32";
    if !(bounds_itself && bounds_many && bounds_numbers) {
        found.insert(place.to_owned());
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        // Amounts are bounded where they stand: what is paid is above zero, what is free is not.
        if name != "amount" {
            unbounded(contract, member, &format!("{place}/{name}"), found);
        }
    }
    for word in ["anyOf", "oneOf"] {
        schema[word].as_array().into_iter().flatten().for_each(|one| unbounded(contract, one, place, found));
    }
    for word in ["items", "additionalProperties"] {
        if schema[word].is_object() {
            unbounded(contract, &schema[word], &format!("{place}/*"), found);
        }
    }
}

#[tokio::test]
async fn whatever_a_request_has_is_bounded() {
    let scrip = Scrip::start().await;
    let contract = scrip.contract().await;
    let mut found = BTreeSet::new();
    for (method, path, described) in operations(contract.document()) {
        let place = format!("{method} {path}");
        if let Some(schema) = described.pointer("/requestBody/content/application~1json/schema") {
            unbounded(contract, schema, &place, &mut found);
        }
        for parameter in parameters(contract, described) {
            let name = parameter["name"].as_str().unwrap();
            unbounded(contract, &parameter["schema"], &format!("{place} {name}"), &mut found);
        }
    }
    assert_eq!(found, BTreeSet::new());
}

/// Where `Money` stands in a schema, with what stands beside it.
fn amounts(contract: &Contract, schema: &Value, place: &str, found: &mut Vec<(String, Value)>) {
    if schema["$ref"] == "#/components/schemas/Money" {
        found.push((place.to_owned(), schema["properties"]["amount"].clone()));
        return;
    }
    let schema = contract.resolved(schema);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        amounts(contract, member, &format!("{place}/{name}"), found);
    }
    for word in ["anyOf", "oneOf"] {
        schema[word].as_array().into_iter().flatten().for_each(|one| amounts(contract, one, place, found));
    }
    if schema["items"].is_object() {
        amounts(contract, &schema["items"], &format!("{place}/*"), found);
    }
}

#[tokio::test]
async fn each_amount_that_a_request_names_is_bounded() {
    let scrip = Scrip::start().await;
    let contract = scrip.contract().await;
    let mut found = Vec::new();
    for (method, path, described) in operations(contract.document()) {
        if let Some(schema) = described.pointer("/requestBody/content/application~1json/schema") {
            amounts(contract, schema, &format!("{method} {path}"), &mut found);
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    for (place, bounds) in found {
        assert_eq!(bounds["maximum"], MAX_AMOUNT_MINOR_UNITS, "{place}");
        assert!(bounds["minimum"] == 0 || bounds["minimum"] == 1, "{place}");
    }
}

#[tokio::test]
async fn each_operation_has_examples_that_are_as_described() {
    let scrip = Scrip::start().await;
    let contract = scrip.contract().await;
    for (method, path, described) in operations(contract.document()) {
        for (media_type, content) in contents(described) {
            if media_type != "application/json" || content.get("schema").is_none() {
                continue;
            }
            let example = content.get("example").unwrap_or_else(|| panic!("{method} {path} has no example"));
            let faults = contract.faults_of(content["schema"]["$ref"].as_str().unwrap(), example);
            assert!(faults.is_empty(), "{method} {path}: {faults:#?}\n{example:#}");
        }
    }
}

#[tokio::test]
async fn each_reference_leads_somewhere_and_each_component_is_referred_to() {
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
    let components = document["components"].as_object().unwrap().iter();
    let components = components.filter(|(kind, _)| *kind != "securitySchemes");
    let there = components.flat_map(|(kind, components)| {
        let names = components.as_object().map(Map::keys).unwrap();
        names.map(move |name| format!("#/components/{kind}/{name}"))
    });
    assert_eq!(found, there.collect());
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
