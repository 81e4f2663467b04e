//! The template and the machine that are deployed.

use crate::{Application, KeyType, Parameters, Projection, StreamView, Template};
use scrip_refusal::Code;
use std::fmt::Write;

const TEMPLATE: &str = include_str!("../../../template.yaml");

pub(super) fn application() -> Application {
    let given = [
        ("TokenIssuer", "http://127.0.0.1:9400/local"),
        ("TokenJwksUrl", "http://127.0.0.1:9400/local/jwks"),
    ];
    Template::read(TEMPLATE, &Parameters::local("http://127.0.0.1:9400/local/queues", &given)).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line for each route")]
fn routes_stand_as_the_api_says() {
    let application = application();
    let table = application.routes.iter().fold(String::new(), |mut table, route| {
        let authorizer = route.authorizer.as_deref().unwrap_or("-");
        writeln!(table, "{:<6} {:<51} {:<26} {authorizer}", route.method, route.path, route.function)
            .unwrap();
        table
    });
    insta::assert_snapshot!(table, @r#"
    GET    /accounts                                           list-accounts              Bearer
    POST   /accounts                                           open-account               Bearer
    GET    /accounts/{account}                                 get-account                Bearer
    POST   /accounts/{account}/deposits                        deposit                    Bearer
    GET    /accounts/{account}/entries                         list-entries               Bearer
    GET    /bills                                              list-bills                 Bearer
    POST   /bills                                              open-bill                  Bearer
    GET    /bills/{bill}                                       get-bill                   Bearer
    PATCH  /bills/{bill}                                       amend-bill                 Bearer
    POST   /bills/{bill}/cancellations                         cancel-bill                Bearer
    POST   /bills/{bill}/items                                 add-items                  Bearer
    DELETE /bills/{bill}/items/{item}                          remove-item                Bearer
    POST   /bills/{bill}/verification-requests                 request-verification       Bearer
    POST   /bills/{bill}/verifications                         verify-bill                Bearer
    GET    /campaigns/{campaign}                               get-campaign               Bearer
    GET    /campaigns/{campaign}/coupons                       list-campaign-coupons      Bearer
    POST   /campaigns/{campaign}/coupons                       take-coupon                Bearer
    POST   /confirmations                                      confirm-coupons            -
    GET    /confirmations/{confirmation}                       get-confirmation           Bearer
    POST   /confirmations/{confirmation}/reversals             reverse-confirmation       Bearer
    GET    /contacts                                           list-contacts              Bearer
    DELETE /contacts/{user}                                    remove-contact             Bearer
    PUT    /contacts/{user}                                    put-contact                Bearer
    GET    /coupons                                            list-coupons               Bearer
    POST   /coupons/checks                                     check-coupons              Bearer
    GET    /coupons/{coupon}                                   get-coupon                 Bearer
    GET    /coupons/{coupon}/code                              get-coupon-code            Bearer
    POST   /deductions/calculations                            calculate-deduction        Bearer
    GET    /deductions/keys                                    list-signing-keys          Bearer
    POST   /deductions/transfers                               transfer-deduction         Bearer
    GET    /deductions/transfers/{transfer}                    get-deduction-receipt      Bearer
    POST   /me/devices                                         register-device            Bearer
    PUT    /me/pin                                             set-pin                    Bearer
    GET    /me/stores                                          list-own-stores            Bearer
    POST   /merchants                                          create-merchant            Bearer
    GET    /merchants/{merchant}/campaigns                     list-campaigns             Bearer
    POST   /merchants/{merchant}/campaigns                     create-campaign            Bearer
    GET    /merchants/{merchant}/deduction-balances            list-deduction-balances    Bearer
    GET    /merchants/{merchant}/deduction-items               list-deduction-items       Bearer
    PUT    /merchants/{merchant}/deduction-items/{item}        put-deduction-item         Bearer
    POST   /merchants/{merchant}/deduction-items/{item}/grants grant-deduction-balance    Bearer
    GET    /merchants/{merchant}/deduction-items/{item}/rule   get-deduction-rule         Bearer
    POST   /merchants/{merchant}/devices                       register-merchant-device   Bearer
    POST   /merchants/{merchant}/operators                     name-operator              Bearer
    GET    /merchants/{merchant}/verifications                 list-verifications         Bearer
    GET    /merchants/{merchant}/verifications/export          export-verifications       Bearer
    GET    /merchants/{merchant}/webhook-keys                  list-webhook-keys          Bearer
    POST   /merchants/{merchant}/webhook-keys                  create-webhook-key         Bearer
    DELETE /merchants/{merchant}/webhook-keys/{key}            remove-webhook-key         Bearer
    GET    /notifications                                      list-notifications         Bearer
    GET    /offline/authorizations                             list-authorizations        Bearer
    POST   /offline/authorizations                             authorize-offline          Bearer
    DELETE /offline/authorizations/{authorization}             revoke-authorization       Bearer
    GET    /offline/authorizations/{authorization}             get-authorization          Bearer
    GET    /pools/{owner}/coupons                              list-pool-coupons          Bearer
    POST   /pools/{owner}/coupons                              share-coupon               Bearer
    DELETE /pools/{owner}/coupons/{coupon}                     withdraw-coupon            Bearer
    POST   /pools/{owner}/coupons/{coupon}/reservations        reserve-coupon             Bearer
    DELETE /pools/{owner}/coupons/{coupon}/reservations/{reservation} release-coupon             Bearer
    POST   /pos/batches                                        create-pos-batch           Bearer
    GET    /pos/batches/{batch}                                get-pos-batch              Bearer
    GET    /pos/transactions                                   find-pos-transactions      Bearer
    POST   /pos/transactions                                   create-pos-transaction     Bearer
    GET    /pos/transactions/{transaction}                     get-pos-transaction        Bearer
    POST   /pos/transactions/{transaction}/reversals           reverse-pos-transaction    Bearer
    GET    /service-page/{file}                                get-service-page           -
    POST   /transfers                                          transfer                   Bearer
    GET    /transfers/{transfer}                               get-transfer               Bearer
    POST   /transfers/{transfer}/reversals                     reverse-transfer           Bearer
    POST   /verifications                                      verify-coupon              Bearer
    POST   /verifications/{verification}/reversals             reverse-verification       Bearer
    "#);
    assert_eq!(application.stage, "v1");
    let authorizer = application.authorizer.unwrap();
    assert_eq!((authorizer.name.as_str(), authorizer.function.as_str()), ("Bearer", "authorize"));
    assert_eq!((authorizer.identity_header.as_str(), authorizer.ttl_seconds), ("Authorization", 60));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line for each function")]
fn functions_have_what_globals_and_they_themselves_say() {
    let application = application();
    let functions = application.functions.iter().fold(String::new(), |mut table, function| {
        let memory = function.memory_megabytes;
        let timeout = function.timeout_seconds;
        writeln!(table, "{:<26} {memory:>4} MB {timeout:>2} s", function.name).unwrap();
        table
    });
    insta::assert_snapshot!(functions, @r#"
    add-items                   512 MB 10 s
    amend-bill                  512 MB 10 s
    authorize                   512 MB  5 s
    authorize-offline          1769 MB 15 s
    calculate-deduction         512 MB 10 s
    cancel-bill                 512 MB 10 s
    check-coupons               512 MB 10 s
    compensate-pos-transaction  512 MB 30 s
    confirm-coupons             512 MB 10 s
    create-campaign             512 MB 10 s
    create-merchant             512 MB 10 s
    create-pos-batch            512 MB 10 s
    create-pos-transaction     1769 MB 15 s
    create-webhook-key          512 MB 10 s
    deposit                     512 MB 10 s
    erase-authorization-secret  512 MB 30 s
    expire-authorization        512 MB 30 s
    expire-bill                 512 MB 30 s
    export-verifications        512 MB  5 s
    find-pos-transactions       512 MB  5 s
    get-account                 512 MB  5 s
    get-authorization           512 MB  5 s
    get-bill                    512 MB  5 s
    get-campaign                512 MB  5 s
    get-confirmation            512 MB  5 s
    get-coupon                  512 MB  5 s
    get-coupon-code             512 MB  5 s
    get-deduction-receipt       512 MB  5 s
    get-deduction-rule          512 MB  5 s
    get-pos-batch               512 MB  5 s
    get-pos-transaction         512 MB  5 s
    get-service-page            512 MB  5 s
    get-transfer                512 MB  5 s
    grant-deduction-balance     512 MB 10 s
    lapse-bill                  512 MB 30 s
    list-accounts               512 MB  5 s
    list-authorizations         512 MB  5 s
    list-bills                  512 MB  5 s
    list-campaign-coupons       512 MB  5 s
    list-campaigns              512 MB  5 s
    list-contacts               512 MB  5 s
    list-coupons                512 MB  5 s
    list-deduction-balances     512 MB  5 s
    list-deduction-items        512 MB  5 s
    list-entries                512 MB  5 s
    list-notifications          512 MB  5 s
    list-own-stores             512 MB  5 s
    list-pool-coupons           512 MB  5 s
    list-signing-keys           512 MB  5 s
    list-verifications          512 MB  5 s
    list-webhook-keys           512 MB  5 s
    name-operator               512 MB 10 s
    notify-redemption           512 MB 30 s
    open-account                512 MB 10 s
    open-bill                   512 MB 10 s
    put-contact                 512 MB 10 s
    put-deduction-item          512 MB 10 s
    redeem-confirmation         512 MB 30 s
    register-device             512 MB 10 s
    register-merchant-device    512 MB 10 s
    release-coupon              512 MB 10 s
    remove-contact              512 MB 10 s
    remove-item                 512 MB 10 s
    remove-webhook-key          512 MB 10 s
    request-verification        512 MB 10 s
    reserve-coupon              512 MB 10 s
    retry-workflows             512 MB 30 s
    reverse-confirmation        512 MB 10 s
    reverse-pos-transaction     512 MB 10 s
    reverse-transfer            512 MB 10 s
    reverse-verification        512 MB 10 s
    revoke-authorization        512 MB 10 s
    reward-redemption           512 MB 30 s
    set-pin                    1769 MB 15 s
    settle-pos-transaction      512 MB 30 s
    share-coupon                512 MB 10 s
    start-workflows             512 MB 60 s
    take-coupon                 512 MB 10 s
    transfer                    512 MB 10 s
    transfer-deduction         1769 MB 15 s
    verify-bill                1769 MB 15 s
    verify-coupon               512 MB 10 s
    withdraw-coupon             512 MB 10 s
    work-confirmation           512 MB 60 s
    work-pos-batch             1769 MB 60 s
    "#);
}

#[test]
fn variables_are_those_of_globals_and_of_the_function() {
    let application = application();
    let environment = &application.function("start-workflows").unwrap().environment;
    insta::assert_json_snapshot!(environment, @r#"
    {
      "BILLS_TABLE": "scrip-bills",
      "COUPONS_TABLE": "scrip-coupons",
      "DEDUCTIONS_TABLE": "scrip-deductions",
      "DIRECTORY_TABLE": "scrip-directory",
      "ENVIRONMENT": "dev",
      "LEDGER_TABLE": "scrip-ledger",
      "MACHINE_BILL_EXPIRY": "arn:aws:states:local:000000000000:stateMachine:bill-expiry",
      "MACHINE_COUPON_REWARD": "arn:aws:states:local:000000000000:stateMachine:coupon-reward",
      "MACHINE_OFFLINE_AUTHORIZATION": "arn:aws:states:local:000000000000:stateMachine:offline-authorization",
      "MACHINE_POS_SETTLEMENT": "arn:aws:states:local:000000000000:stateMachine:pos-settlement",
      "OFFLINE_TABLE": "scrip-offline",
      "TOKEN_AUDIENCE": "scrip",
      "TOKEN_ISSUER": "http://127.0.0.1:9400/local",
      "TOKEN_JWKS_URL": "http://127.0.0.1:9400/local/jwks",
      "WORKFLOW_RETRIES_QUEUE": "http://127.0.0.1:9400/local/queues/000000000000/scrip-workflow-retries"
    }
    "#);
    assert!(!application.function("verify-bill").unwrap().environment.contains_key("MACHINE_BILL_EXPIRY"));
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
    let expected = vec![
        (
            "scrip-bills",
            vec![("by-user", "user", "opened", Projection::KeysOnly)],
            Some(StreamView::NewImage),
        ),
        (
            "scrip-coupons",
            vec![
                ("by-holder", "holder", "taken", Projection::KeysOnly),
                ("by-pool", "pool", "pooled", Projection::KeysOnly),
                ("by-merchant", "verified_for", "verified", Projection::All),
            ],
            Some(StreamView::NewImage),
        ),
        ("scrip-deductions", vec![], None),
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
        (
            "scrip-offline",
            vec![("by-user", "user", "granted", Projection::KeysOnly)],
            Some(StreamView::NewImage),
        ),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
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
      "Confirmations": "http://127.0.0.1:9400/local/queues/000000000000/scrip-confirmations",
      "ConfirmationsFailed": "http://127.0.0.1:9400/local/queues/000000000000/scrip-confirmations-failed",
      "CouponReward": "arn:aws:states:local:000000000000:stateMachine:coupon-reward",
      "CouponsTable": "scrip-coupons",
      "DeductionsTable": "scrip-deductions",
      "DirectoryTable": "scrip-directory",
      "LedgerTable": "scrip-ledger",
      "OfflineAuthorization": "arn:aws:states:local:000000000000:stateMachine:offline-authorization",
      "OfflineTable": "scrip-offline",
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
    let error = Template::read(TEMPLATE, &Parameters::local("http://127.0.0.1:9400", &[])).unwrap_err();
    assert_eq!(error.to_string(), "TokenIssuer: the parameter has no default and is not given");
}
