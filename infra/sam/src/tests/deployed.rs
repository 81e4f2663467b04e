//! The template and the machine that are deployed.

use crate::{Application, KeyType, Parameters, Projection, StreamView, Template};
use scrip_refusal::Code;
use std::fmt::Write;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const BILL_EXPIRY: &str = include_str!("../../../../statemachines/bill-expiry.asl.json");

fn application() -> Application {
    let given = [
        ("TokenIssuer", "http://127.0.0.1:9400/local"),
        ("TokenJwksUrl", "http://127.0.0.1:9400/local/jwks"),
    ];
    Template::read(TEMPLATE, &Parameters::local("http://127.0.0.1:9400/local/queues", &given)).unwrap()
}

#[test]
fn routes_stand_as_the_api_says() {
    let application = application();
    let table = application.routes.iter().fold(String::new(), |mut table, route| {
        let authorizer = route.authorizer.as_deref().unwrap_or("-");
        writeln!(table, "{:<6} {:<38} {:<24} {authorizer}", route.method, route.path, route.function)
            .unwrap();
        table
    });
    insta::assert_snapshot!(table, @r#"
    GET    /accounts                              list-accounts            Bearer
    POST   /accounts                              open-account             Bearer
    GET    /accounts/{account}                    get-account              Bearer
    POST   /accounts/{account}/deposits           deposit                  Bearer
    GET    /accounts/{account}/entries            list-entries             Bearer
    GET    /bills                                 list-bills               Bearer
    POST   /bills                                 open-bill                Bearer
    GET    /bills/{bill}                          get-bill                 Bearer
    PATCH  /bills/{bill}                          amend-bill               Bearer
    POST   /bills/{bill}/cancellations            cancel-bill              Bearer
    POST   /bills/{bill}/items                    add-items                Bearer
    DELETE /bills/{bill}/items/{item}             remove-item              Bearer
    POST   /bills/{bill}/verification-requests    request-verification     Bearer
    POST   /bills/{bill}/verifications            verify-bill              Bearer
    POST   /me/devices                            register-device          Bearer
    PUT    /me/pin                                set-pin                  Bearer
    POST   /merchants                             create-merchant          Bearer
    POST   /merchants/{merchant}/devices          register-merchant-device Bearer
    POST   /merchants/{merchant}/operators        name-operator            Bearer
    GET    /notifications                         list-notifications       Bearer
    POST   /transfers                             transfer                 Bearer
    GET    /transfers/{transfer}                  get-transfer             Bearer
    POST   /transfers/{transfer}/reversals        reverse-transfer         Bearer
    "#);
    assert_eq!(application.stage, "v1");
    let authorizer = application.authorizer.unwrap();
    assert_eq!((authorizer.name.as_str(), authorizer.function.as_str()), ("Bearer", "authorize"));
    assert_eq!((authorizer.identity_header.as_str(), authorizer.ttl_seconds), ("Authorization", 60));
}

#[test]
fn functions_have_what_globals_and_they_themselves_say() {
    let application = application();
    let functions = application.functions.iter().fold(String::new(), |mut table, function| {
        let (memory, timeout) = (function.memory_megabytes, function.timeout_seconds);
        writeln!(table, "{:<24} {memory:>4} MB {timeout:>2} s", function.name).unwrap();
        table
    });
    insta::assert_snapshot!(functions, @r#"
    add-items                 512 MB 10 s
    amend-bill                512 MB 10 s
    authorize                 512 MB  5 s
    cancel-bill               512 MB 10 s
    create-merchant           512 MB 10 s
    deposit                   512 MB 10 s
    expire-bill               512 MB 30 s
    get-account               512 MB  5 s
    get-bill                  512 MB  5 s
    get-transfer              512 MB  5 s
    lapse-bill                512 MB 30 s
    list-accounts             512 MB  5 s
    list-bills                512 MB  5 s
    list-entries              512 MB  5 s
    list-notifications        512 MB  5 s
    name-operator             512 MB 10 s
    open-account              512 MB 10 s
    open-bill                 512 MB 10 s
    register-device           512 MB 10 s
    register-merchant-device  512 MB 10 s
    remove-item               512 MB 10 s
    request-verification      512 MB 10 s
    retry-workflows           512 MB 30 s
    reverse-transfer          512 MB 10 s
    set-pin                  1769 MB 15 s
    start-workflows           512 MB 60 s
    transfer                  512 MB 10 s
    verify-bill              1769 MB 15 s
    "#);
    let environment = &application.function("start-workflows").unwrap().environment;
    insta::assert_json_snapshot!(environment, @r#"
    {
      "BILLS_TABLE": "scrip-bills",
      "DIRECTORY_TABLE": "scrip-directory",
      "ENVIRONMENT": "dev",
      "LEDGER_TABLE": "scrip-ledger",
      "MACHINE_BILL_EXPIRY": "arn:aws:states:local:000000000000:stateMachine:bill-expiry",
      "TOKEN_AUDIENCE": "scrip",
      "TOKEN_ISSUER": "http://127.0.0.1:9400/local",
      "TOKEN_JWKS_URL": "http://127.0.0.1:9400/local/jwks",
      "WORKFLOW_RETRIES_QUEUE": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries"
    }
    "#);
    assert!(!application.function("verify-bill").unwrap().environment.contains_key("MACHINE_BILL_EXPIRY"));
}

#[test]
fn tables_have_their_indexes_and_bills_its_stream() {
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
    let expected = vec![
        (
            "scrip-bills",
            vec![("by-user", "user", "opened", Projection::KeysOnly)],
            Some(StreamView::NewImage),
        ),
        ("scrip-directory", vec![], None),
        (
            "scrip-ledger",
            vec![
                ("by-debit", "debit_account", "posted", Projection::All),
                ("by-credit", "credit_account", "posted", Projection::All),
                ("by-owner", "owner", "opened", Projection::KeysOnly),
            ],
            None,
        ),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn opened_bills_start_their_expiry() {
    let application = application();
    let [mapping] = application.stream_mappings.as_slice() else { panic!("one stream is read") };
    assert_eq!((mapping.table.as_str(), mapping.function.as_str()), ("scrip-bills", "start-workflows"));
    assert_eq!(mapping.on_failure_queue.as_deref(), Some("scrip-stream-failures"));
    assert_eq!((mapping.batch_size, mapping.maximum_retry_attempts), (10, Some(20)));
    assert!(mapping.report_batch_item_failures && mapping.bisect);

    let record = |event: &str, image: &str| {
        serde_json::json!({
            "eventName": event,
            "dynamodb": { "NewImage": serde_json::from_str::<serde_json::Value>(image).unwrap() }
        })
    };
    let bill = r#"{"id":{"S":"bill_1"},"workflow":{"M":{"machine":{"S":"bill-expiry"},"input":{"M":{}}}}}"#;
    assert!(mapping.wants(&record("INSERT", bill)));
    assert!(!mapping.wants(&record("MODIFY", bill)));
    assert!(!mapping.wants(&record("INSERT", r#"{"id":{"S":"item_1"}}"#)));
}

#[test]
fn what_could_not_be_started_is_tried_again() {
    let application = application();
    let [mapping] = application.queue_mappings.as_slice() else { panic!("one queue is read") };
    assert_eq!(
        (mapping.queue.as_str(), mapping.function.as_str()),
        ("scrip-workflow-retries", "retry-workflows")
    );
    assert!(mapping.report_batch_item_failures);

    let queue = |name: &str| application.queues.iter().find(|queue| queue.name == name).unwrap();
    let retries = queue(&mapping.queue);
    let redrive = retries.redrive.as_ref().unwrap();
    assert_eq!((redrive.queue.as_str(), redrive.maximum_receives), ("scrip-workflow-retries-failed", 5));
    assert_eq!(queue(&redrive.queue).retention_seconds, 1_209_600);
    let sender = application.function("start-workflows").unwrap();
    assert_eq!(sender.environment["WORKFLOW_RETRIES_QUEUE"], retries.url);
}

#[test]
fn machines_are_defined_by_what_the_template_substitutes() {
    let application = application();
    let [machine] = application.machines.as_slice() else { panic!("one machine is deployed") };
    assert_eq!(
        (machine.name.as_str(), machine.definition_path.as_str()),
        ("bill-expiry", "../statemachines/bill-expiry.asl.json")
    );
    let definition: serde_json::Value = serde_json::from_str(&machine.define(BILL_EXPIRY).unwrap()).unwrap();
    for (task, function) in [("ExpireBill", "expire-bill"), ("LapseBill", "lapse-bill")] {
        let arn = definition["States"][task]["Arguments"]["FunctionName"].as_str().unwrap();
        assert_eq!(application.function_of_arn(arn).unwrap().name, function);
        assert!(machine.permissions[0].resources.iter().any(|resource| resource == arn));
    }
    assert_eq!(
        machine.define("${ExpireBillFunction}${LapseBillFunction}${Other}").unwrap_err(),
        "BillExpiry: nothing stands for ${Other}"
    );
    assert_eq!(machine.define("{}").unwrap_err(), "BillExpiry: the definition has no ${ExpireBillFunction}");
}

#[test]
fn what_the_gateway_refuses_reads_like_what_functions_refuse() {
    let template = crate::yaml::parse(TEMPLATE).unwrap();
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
      "DirectoryTable": "scrip-directory",
      "LedgerTable": "scrip-ledger",
      "StreamFailures": "http://127.0.0.1:9400/local/queues/000000000000/scrip-stream-failures",
      "WorkflowRetries": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries",
      "WorkflowRetriesFailed": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries-failed"
    }
    "#);
}

#[test]
fn what_has_no_default_must_be_given() {
    let error = Template::read(TEMPLATE, &Parameters::local("http://127.0.0.1:9400", &[])).unwrap_err();
    assert_eq!(error.to_string(), "TokenIssuer: the parameter has no default and is not given");
}
