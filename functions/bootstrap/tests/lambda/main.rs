//! The program as Lambda runs it: started with Lambda's variables, served invocations by a runtime API, over HTTP
//! before a store and the other services.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

mod aws;
mod function;
mod http;
mod runtime_api;
mod starting;

use aws::Aws;
use function::Function;
use serde_json::{Value, json};

const USER: &str = "alice";

fn context(user: &str) -> Value {
    json!({ "kind": "user", "user": user, "scope": "", "principalId": user, "integrationLatency": 12 })
}

/// A POST, as API Gateway's REST API hands it on.
fn post(path: &str, key: &str, body: &str) -> Value {
    json!({
        "resource": path, "path": path, "httpMethod": "POST",
        "headers": { "Idempotency-Key": key, "Content-Type": "application/json" },
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
        "requestContext": { "requestId": format!("request-{key}"), "stage": "v1", "httpMethod": "POST", "authorizer": context(USER) },
        "body": body, "isBase64Encoded": false,
    })
}

fn get(path: &str, parameters: &Value) -> Value {
    let mut event = post(path, "get", "");
    event["httpMethod"] = json!("GET");
    event["pathParameters"] = parameters.clone();
    event
}

/// A header field that is sent once.
fn header<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    assert_eq!(answer["headers"], json!({}));
    let values = answer["multiValueHeaders"][name].as_array()?;
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values[0].as_str()
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

async fn open_account(aws: &Aws) -> String {
    let mut open_account = Function::start(aws, "open-account").await;
    let answer = open_account.invoke(post("/accounts", "account", r#"{"currency":"CNY"}"#)).await.unwrap();
    body(&answer)["id"].as_str().unwrap().to_owned()
}

/// Opens a bill for a minute; returns its id.
async fn open_bill(aws: &Aws) -> String {
    let request = json!({ "account": open_account(aws).await, "effective_for": "PT1M" });
    let mut open_bill = Function::start(aws, "open-bill").await;
    let answer = open_bill.invoke(post("/bills", "bill", &request.to_string())).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    body(&answer)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_its_repetition_replayed() {
    let aws = Aws::start().await;
    let mut open_account = Function::start(&aws, "open-account").await;
    let request = post("/accounts", "k1", r#"{"currency":"CNY"}"#);

    let first = open_account.invoke(request.clone()).await.unwrap();
    let second = open_account.invoke(request).await.unwrap();
    let malformed = open_account.invoke(post("/accounts", "k2", r#"{"currency":"#)).await.unwrap();

    assert_eq!((&first["statusCode"], &first["isBase64Encoded"]), (&json!(201), &json!(false)));
    assert_eq!(header(&first, "x-request-id"), Some("request-k1"));
    assert_eq!(header(&first, "content-type"), Some("application/json"));
    assert_eq!(header(&first, "idempotent-replayed"), None);
    assert_eq!((&second["statusCode"], &second["body"]), (&json!(201), &first["body"]));
    assert_eq!(header(&second, "idempotent-replayed"), Some("true"));
    assert_eq!(malformed["statusCode"], 400);
    assert_eq!(header(&malformed, "content-type"), Some("application/problem+json"));
    assert_eq!(malformed["isBase64Encoded"], false);
    assert_eq!(body(&malformed)["code"], "malformed-json");

    let lines = open_account.log_lines(3).await;
    let told: Vec<_> =
        lines.iter().map(|line| (&line["request_id"], &line["outcome"], &line["status"])).collect();
    assert_eq!(
        json!(told),
        json!([["request-k1", "ok", 201], ["request-k1", "ok", 201], ["request-k2", "malformed-json", 400]])
    );
    assert!(lines[0]["write_half_units"].as_u64().unwrap() > 0, "{}", lines[0]);
}

#[tokio::test]
async fn init_connects_to_the_store() {
    let aws = Aws::start().await;
    let mut open_account = Function::start(&aws, "open-account").await;

    open_account.invoke(post("/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();

    let requests = aws.store_requests();
    assert_eq!(requests[0]["Key"], json!({ "pk": { "S": "WARM" }, "sk": { "S": "WARM" } }));
    assert!(requests.len() > 1);
}

#[tokio::test]
async fn an_event_that_no_api_sends_is_an_error_and_not_the_end() {
    let aws = Aws::start().await;
    let mut open_account = Function::start(&aws, "open-account").await;
    let mut without_id = post("/accounts", "k1", "{}");
    without_id["requestContext"]["requestId"].take();
    let mut without_path = post("/accounts", "k1", "{}");
    without_path["path"].take();
    let mut no_base64 = post("/accounts", "k1", "{}");
    no_base64["isBase64Encoded"] = json!(true);

    for event in [json!({ "Records": [] }), json!("text"), without_id, without_path, no_base64] {
        let error = open_account.invoke(event).await.unwrap_err();
        assert_eq!(error["errorType"], "Broken", "{error}");
        let line = open_account.log_lines(1).await.remove(0);
        assert_eq!((&line["level"], &line["operation"]), (&json!("error"), &json!("open-account")), "{line}");
        assert_eq!((&line["outcome"], &line["detail"]), (&json!("internal"), &error["errorMessage"]));
    }

    let answer = open_account.invoke(post("/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();
    assert_eq!(answer["statusCode"], 201);
}

#[tokio::test]
async fn a_request_is_the_same_however_the_gateway_writes_it() {
    let aws = Aws::start().await;
    let mut open_account = Function::start(&aws, "open-account").await;
    let request = post("/accounts", "k1", r#"{"currency":"CNY"}"#);
    let first = open_account.invoke(request.clone()).await.unwrap();

    let mut base64 = request.clone();
    base64["body"] = json!("eyJjdXJyZW5jeSI6IkNOWSJ9");
    base64["isBase64Encoded"] = json!(true);
    let mut stage = request.clone();
    stage["requestContext"]["stage"] = json!("prod");
    stage["requestContext"]["path"] = json!("/prod/accounts");
    let mut twice = request.clone();
    twice["headers"] = json!({ "IDEMPOTENCY-KEY": "k1", "Host": "a b", "X-Forwarded-Proto": "http, https" });
    twice["multiValueHeaders"] = json!({ "IDEMPOTENCY-KEY": ["k0", "k1"], "Host": ["a b"] });
    for same in [base64, stage, twice] {
        let answer = open_account.invoke(same).await.unwrap();
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(201), &first["body"]));
        assert_eq!(header(&answer, "idempotent-replayed"), Some("true"));
    }
    // The path is part of what a key stands for.
    let other_path =
        open_account.invoke(post("/prod/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();
    assert_eq!(body(&other_path)["code"], "idempotency-key-reused");
}

#[tokio::test]
async fn a_path_parameter_is_decoded_once() {
    let aws = Aws::start().await;
    let bill = open_bill(&aws).await;
    let encoded = bill.replacen('_', "%5F", 1);
    let mut get_bill = Function::start(&aws, "get-bill").await;

    for name in [&bill, &encoded] {
        let found = get_bill.invoke(get(&format!("/bills/{name}"), &json!({ "bill": name }))).await.unwrap();
        assert_eq!((&found["statusCode"], &body(&found)["id"]), (&json!(200), &json!(bill)), "{name}");
    }
    let twice = encoded.replacen('%', "%25", 1);
    let nothing = get_bill.invoke(get(&format!("/bills/{twice}"), &json!({ "bill": twice }))).await.unwrap();
    assert_eq!(body(&nothing)["code"], "not-found");
}

#[tokio::test]
async fn a_request_that_no_authorizer_saw_is_unauthenticated() {
    let aws = Aws::start().await;
    let mut open_account = Function::start(&aws, "open-account").await;
    let mut request = post("/accounts", "k1", r#"{"currency":"CNY"}"#);
    for authorizer in [json!(null), json!({})] {
        request["requestContext"]["authorizer"] = authorizer;
        let answer = open_account.invoke(request.clone()).await.unwrap();
        assert_eq!((&answer["statusCode"], &body(&answer)["code"]), (&json!(401), &json!("unauthenticated")));
    }
}

#[tokio::test]
async fn whatever_is_served_is_text() {
    let aws = Aws::start().await;
    let mut page = Function::start(&aws, "get-service-page").await;
    for (name, content_type) in [
        ("index.html", "text/html; charset=utf-8"),
        ("sw.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("app.webmanifest", "application/manifest+json"),
    ] {
        let file = page.invoke(get(&format!("/service/{name}"), &json!({ "file": name }))).await.unwrap();
        assert_eq!((&file["statusCode"], header(&file, "content-type")), (&json!(200), Some(content_type)));
        assert_eq!(file["isBase64Encoded"], json!(false), "{name}");
        assert!(file["body"].as_str().unwrap().contains(['<', '{']), "{name}");
    }
}

#[tokio::test]
async fn requests_to_aws_are_traced_beside_the_log_if_asked_for() {
    let mut aws = Aws::start().await;
    aws.set_variable("SCRIP_TRACE", "trace");
    let mut open_account = Function::start(&aws, "open-account").await;
    open_account.invoke(post("/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();

    let written = loop {
        let line: Value = serde_json::from_str(&open_account.error_line().await).unwrap();
        assert!(line["target"].as_str().unwrap().starts_with("scrip"), "{line}");
        if line["action"] != "GetItem" {
            break line;
        }
    };
    assert_eq!((&written["service"], &written["outcome"]), (&json!("DynamoDB"), &json!("ok")), "{written}");
    assert_eq!(written["resources"], json!(aws.variables("open-account")["LEDGER_TABLE"]));
    assert_eq!(
        (&written["span"]["operation"], &written["span"]["request_id"]),
        (&json!("open-account"), &json!("request-k1"))
    );
    assert_eq!(open_account.log_lines(1).await[0]["outcome"], "ok");
}

#[tokio::test]
async fn a_trace_that_can_not_be_made_is_told_and_stops_nothing() {
    let mut aws = Aws::start().await;
    aws.set_variable("SCRIP_TRACE", "scrip_store=loud");
    let mut open_account = Function::start(&aws, "open-account").await;
    let answer = open_account.invoke(post("/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();
    assert_eq!(answer["statusCode"], 201);
    let lines = open_account.log_lines(2).await;
    assert!(lines[0]["detail"].as_str().unwrap().starts_with("SCRIP_TRACE: "), "{}", lines[0]);
}

#[tokio::test]
async fn a_task_expires_a_bill_once_its_time_is_over() {
    let aws = Aws::start().await;
    let bill = open_bill(&aws).await;
    let mut expire_bill = Function::start(&aws, "expire-bill").await;

    let early = expire_bill.invoke(json!({ "bill": bill })).await.unwrap();
    assert_eq!((&early["outcome"], &early["status"]), (&json!("extended"), &json!("open")));

    aws.end_time_of_bill(&bill);
    let late = expire_bill.invoke(json!({ "bill": bill })).await.unwrap();
    assert_eq!((&late["outcome"], &late["status"]), (&json!("expired"), &json!("expired")));
    assert_eq!(aws.bill(&bill)["status"], json!({ "S": "expired" }));

    let error = expire_bill.invoke(json!({ "bil": bill })).await.unwrap_err();
    assert_eq!(error["errorType"], "Broken");
    let line = expire_bill.log_lines(3).await.pop().unwrap();
    assert_eq!((&line["level"], &line["outcome"]), (&json!("error"), &json!("internal")));
    assert!(line["request_id"].as_str().unwrap().starts_with("invocation-"), "{line}");
}

#[tokio::test]
async fn the_authorizer_reads_the_issuers_keys() {
    let aws = Aws::start().await;
    let mut authorize = Function::start(&aws, "authorize").await;
    let request = |token: &str| {
        let arn = "arn:aws:execute-api:eu-central-1:123456789012:api/v1/POST/bills";
        json!({ "type": "REQUEST", "methodArn": arn, "headers": { "Authorization": format!("Bearer {token}") } })
    };

    let permission = authorize.invoke(request(&aws.token(USER))).await.unwrap();
    assert_eq!(permission["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(
        (&permission["context"]["kind"], &permission["context"]["user"]),
        (&json!("user"), &json!(USER))
    );

    let error = authorize.invoke(request("a.b.c")).await.unwrap_err();
    assert_eq!(error, json!({ "errorType": "Unauthorized", "errorMessage": "Unauthorized" }));
}

#[tokio::test]
async fn a_store_that_is_gone_is_busy_and_not_the_end() {
    let mut aws = Aws::start().await;
    // Nothing listens on the discard port.
    aws.redirect("DYNAMODB", "http://127.0.0.1:9");
    let mut open_account = Function::start(&aws, "open-account").await;

    let answer =
        open_account.invoke_for(500, post("/accounts", "k1", r#"{"currency":"CNY"}"#)).await.unwrap();

    assert_eq!((&answer["statusCode"], header(&answer, "retry-after")), (&json!(503), Some("1")));
}

/// That it answers in time, `tests/faults` shows for each function on a clock of its own. Here the time that Lambda gives is
/// what its attempt is bounded by, and nothing else that could have given up: the log says so.
#[tokio::test]
async fn a_store_that_accepts_and_never_answers_is_busy_within_the_time_that_lambda_gives() {
    let mut aws = Aws::start().await;
    let silent = http::serve(|_| std::future::pending()).await;
    aws.redirect("DYNAMODB", &format!("http://{silent}"));
    let mut open_account = Function::start(&aws, "open-account").await;

    let request = post("/accounts", "k1", r#"{"currency":"CNY"}"#);
    let answer = open_account.invoke_for(1_000, request).await.unwrap();

    assert_eq!((&answer["statusCode"], header(&answer, "retry-after")), (&json!(503), Some("1")));
    let line = open_account.log_lines(1).await.remove(0);
    assert_eq!((&line["outcome"], &line["status"]), (&json!("busy"), &json!(503)), "{line}");
    // In the order in which they are the case the later the machine begins.
    let own_words = [
        "unknown: no answer came in time",
        "unknown: the work was not done in time",
        "busy: no time is left for another attempt",
    ];
    assert!(own_words.iter().any(|words| line["detail"] == *words), "{line}");
}

#[tokio::test]
async fn a_handler_that_is_not_in_the_catalog_ends_init() {
    let aws = Aws::start().await;
    let (success, lines) = Function::start(&aws, "open-acount").await.end().await;
    assert!(!success);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["operation"], "open-acount");
    assert_eq!(lines[0]["detail"], "_HANDLER names no operation of the catalog");
}

#[tokio::test]
async fn init_ends_without_the_master_secret_and_does_not_tell_it() {
    for (secret, why) in [
        (None, "the master secret can't be read: AccessDeniedException: not for you"),
        (Some("much too short"), "the master secret has fewer than 32 bytes"),
    ] {
        let mut aws = Aws::start().await;
        aws.set_secret(secret);
        let (success, lines) = Function::start(&aws, "open-bill").await.end().await;
        assert!(!success);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["detail"], why);
    }
}
