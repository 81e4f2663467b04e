use super::*;
use scrip_sam::{Application, Parameters, Template, Templates};
use std::collections::BTreeSet;

fn application() -> Application {
    let given = [("TokenIssuer", "https://issuer"), ("TokenJwksUrl", "https://issuer/keys")];
    Template::read(&Templates::deployed(), &Parameters::local("http://127.0.0.1", &given)).unwrap()
}

#[test]
fn the_template_deploys_each_operation_once() {
    let application = application();
    let deployed: Vec<&str> = application.functions.iter().map(|function| function.name.as_str()).collect();
    let operations = operations();
    let mut catalog: Vec<&str> = operations.iter().map(|operation| operation.name).collect();
    catalog.sort_unstable();
    assert_eq!(deployed, catalog);
}

#[test]
fn an_operation_has_the_name_of_its_file() {
    for entry in entries() {
        let operation = entry.make();
        assert!(entry.is_named(operation.name), "{}.rs says {}", entry.file, operation.name);
        assert_eq!(super::operation(operation.name).map(|found| found.name), Some(operation.name));
    }
}

#[test]
fn each_operation_knows_the_parameters_of_its_route() {
    let application = application();
    for operation in operations().iter().filter(|operation| operation.is_http()) {
        let route = application.routes.iter().find(|route| route.function == operation.name).unwrap();
        let segments = route.path.split('/');
        let parameters: BTreeSet<&str> =
            segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let known: BTreeSet<&str> = operation.path.iter().copied().collect();
        assert_eq!(known, parameters, "{} is at {}", operation.name, route.path);
    }
}

#[test]
fn each_operation_behind_a_route_says_who_may_call_it() {
    for operation in operations() {
        assert_eq!(operation.is_http(), !operation.callers.is_empty(), "{}", operation.name);
        let proofs: BTreeSet<String> =
            operation.callers.iter().map(|caller| format!("{:?}", caller.proof())).collect();
        assert!(proofs.len() <= 1, "{}: one route has one kind of proof, not {proofs:?}", operation.name);
    }
}

/// The matrix of callers tries what operations say, so what they say is written down once more.
#[test]
fn who_may_call_changes_only_on_purpose() {
    let mut operations = operations();
    operations.retain(Operation::is_http);
    operations.sort_unstable_by_key(|operation| operation.name);
    let table = operations.iter().fold(String::new(), |table, operation| {
        let callers: Vec<&str> = operation.callers.iter().map(|caller| caller.as_str()).collect();
        format!("{table}{:<26} {}\n", operation.name, callers.join(", "))
    });
    insta::assert_snapshot!(table);
}
