//! The template and the machine that are deployed.

use crate::{Application, KeyType, Parameters, Projection, StreamView, Template, Templates};
use scrip_refusal::Code;
use std::fmt::Write;

pub(super) fn application() -> Application {
    let given = [
        ("TokenIssuer", "http://127.0.0.1:9400/local"),
        ("TokenJwksUrl", "http://127.0.0.1:9400/local/jwks"),
    ];
    Template::read(&Templates::deployed(), &Parameters::local("http://127.0.0.1:9400/local/queues", &given))
        .unwrap()
}

#[test]
fn routes_stand_as_the_api_says() {
    let application = application();
    let table = application.routes.iter().fold(String::new(), |mut table, route| {
        let authorizer = route.authorizer.as_deref().unwrap_or("-");
        writeln!(table, "{:<6} {:<51} {:<26} {authorizer}", route.method, route.path, route.function)
            .unwrap();
        table
    });
    insta::assert_snapshot!(table);
    assert_eq!(application.stage, "v1");
    let authorizer = application.authorizer.unwrap();
    assert_eq!((authorizer.name.as_str(), authorizer.function.as_str()), ("Bearer", "authorize"));
    assert_eq!((authorizer.identity_header.as_str(), authorizer.ttl_seconds), ("Authorization", 60));
}

#[test]
fn functions_have_what_globals_and_they_themselves_say() {
    let application = application();
    let functions = application.functions.iter().fold(String::new(), |mut table, function| {
        let memory = function.memory_megabytes;
        let timeout = function.timeout_seconds;
        writeln!(table, "{:<26} {memory:>4} MB {timeout:>2} s", function.name).unwrap();
        table
    });
    insta::assert_snapshot!(functions);
}

#[test]
fn variables_are_those_of_globals_and_of_the_function() {
    let application = application();
    let environment = &application.function("start-workflows").unwrap().environment;
    insta::assert_json_snapshot!(environment, @r#"
    {
      "ENVIRONMENT": "dev",
      "MACHINE_COUPON_REWARD": "arn:aws:states:local:000000000000:stateMachine:coupon-reward",
      "WORKFLOW_RETRIES_QUEUE": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries"
    }
    "#);
    assert!(!application.function("verify-bill").unwrap().environment.contains_key("MACHINE_COUPON_REWARD"));
}

#[test]
fn tables_have_their_indexes_and_streams() {
    let application = application();
    let shown = application.tables.iter().map(|table| {
        assert_eq!((table.hash.attribute.as_str(), table.hash.key_type), ("pk", KeyType::S));
        assert_eq!(table.range.as_ref().map(|key| key.attribute.as_str()), Some("sk"));
        assert_eq!(table.ttl_attribute.as_deref(), Some("ttl"));
        let indexes = table.indexes.iter().map(|index| {
            let range = index.range.as_ref().map(|key| key.attribute.as_str());
            (
                index.name.as_str(),
                index.hash.attribute.as_str(),
                range.unwrap_or("-"),
                index.projection.clone(),
            )
        });
        (table.name.as_str(), indexes.collect::<Vec<_>>(), table.stream)
    });
    let of_what_is_due = Projection::Include(vec!["slot_cause".to_owned(), "slot_tries".to_owned()]);
    let expected = vec![
        (
            "scrip-bills",
            vec![
                ("by-user", "user", "opened", Projection::KeysOnly),
                ("by-due", "slot", "due", of_what_is_due.clone()),
            ],
            None,
        ),
        (
            "scrip-coupons",
            vec![
                ("by-holder", "holder", "taken", Projection::KeysOnly),
                ("by-pool", "pool", "pooled", Projection::KeysOnly),
                ("by-merchant", "verified_for", "verified", Projection::All),
                ("by-due", "slot", "due", of_what_is_due.clone()),
            ],
            Some(StreamView::NewImage),
        ),
        ("scrip-deductions", vec![], None),
        ("scrip-directory", vec![], None),
        (
            "scrip-groups",
            vec![
                ("by-member", "member", "joined", Projection::KeysOnly),
                ("by-requester", "requester", "requested", Projection::KeysOnly),
                ("by-debtor", "debtor", "owed", Projection::KeysOnly),
                ("by-due", "slot", "due", of_what_is_due.clone()),
            ],
            None,
        ),
        (
            "scrip-ledger",
            vec![
                ("by-debit", "debit_shard", "posted", Projection::All),
                ("by-credit", "credit_shard", "posted", Projection::All),
                ("by-owner", "owner", "opened", Projection::KeysOnly),
            ],
            None,
        ),
        (
            "scrip-offline",
            vec![
                ("by-user", "user", "granted", Projection::KeysOnly),
                ("by-due", "slot", "due", of_what_is_due),
            ],
            None,
        ),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn what_the_gateway_refuses_reads_like_what_functions_refuse() {
    let template = Template::document(&Templates::deployed()).unwrap();
    let responses = template["Resources"]["Api"]["Properties"]["GatewayResponses"].as_object().unwrap();
    for (kind, response) in responses {
        let body = response["ResponseTemplates"]["application/json"].as_str().unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let code = Code::ALL.iter().find(|code| body["code"] == code.as_str()).unwrap();
        assert_eq!(body["type"], format!("urn:scrip:problem:{code}"), "{kind}");
        assert_eq!(body["title"].as_str().unwrap().to_lowercase(), code.as_str().replace('-', " "), "{kind}");
        assert_eq!(body["request_id"], "$context.requestId", "{kind}");
        assert_eq!(response["StatusCode"], body["status"].to_string(), "{kind}");
        let content_type = &response["ResponseParameters"]["Headers"]["Content-Type"];
        assert_eq!(content_type, "'application/problem+json'", "{kind}");
    }
    for kind in
        ["UNAUTHORIZED", "ACCESS_DENIED", "MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX", "DEFAULT_5XX"]
    {
        assert!(responses.contains_key(kind), "{kind}");
    }
}

#[test]
fn outputs_name_what_was_made() {
    insta::assert_json_snapshot!(application().outputs, @r#"
    {
      "ApiUrl": "https://scrip-api.execute-api.local.amazonaws.com/v1",
      "BillExpiry": "arn:aws:states:local:000000000000:stateMachine:bill-expiry",
      "BillsTable": "scrip-bills",
      "Confirmations": "http://127.0.0.1:9400/local/queues/000000000000/scrip-confirmations",
      "ConfirmationsFailed": "http://127.0.0.1:9400/local/queues/000000000000/scrip-confirmations-failed",
      "CouponReward": "arn:aws:states:local:000000000000:stateMachine:coupon-reward",
      "CouponsTable": "scrip-coupons",
      "DeductionsTable": "scrip-deductions",
      "DirectoryTable": "scrip-directory",
      "GroupsTable": "scrip-groups",
      "LedgerTable": "scrip-ledger",
      "OfflineAuthorization": "arn:aws:states:local:000000000000:stateMachine:offline-authorization",
      "OfflineTable": "scrip-offline",
      "PaymentRequest": "arn:aws:states:local:000000000000:stateMachine:payment-request",
      "PosBatches": "http://127.0.0.1:9400/local/queues/000000000000/scrip-pos-batches",
      "PosBatchesFailed": "http://127.0.0.1:9400/local/queues/000000000000/scrip-pos-batches-failed",
      "PosSettlement": "arn:aws:states:local:000000000000:stateMachine:pos-settlement",
      "ServicePageUrl": "https://scrip-api.execute-api.local.amazonaws.com/v1/service-page/index.html",
      "StreamFailures": "http://127.0.0.1:9400/local/queues/000000000000/scrip-stream-failures",
      "WorkflowRetries": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries",
      "WorkflowRetriesFailed": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries-failed"
    }
    "#);
}

#[test]
fn what_has_no_default_must_be_given() {
    let error =
        Template::read(&Templates::deployed(), &Parameters::local("http://127.0.0.1:9400", &[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template.yaml: TokenIssuer: the parameter has no default and is not given"
    );
}
