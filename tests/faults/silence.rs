//! A store that accepts and never answers: each function says that it is busy before the time is over that the template gives
//! it, and so does its log.

use schemars::SchemaGenerator;
use scrip_clock::Clock;
use scrip_function::{Caller, Environment, Fetch, Operation, World};
use scrip_http::{Device, GatewayContext, Principal, User};
use scrip_identity::{DeviceKind, KeyringSource, MasterSecret, body_sha256};
use scrip_sam::{Application, FunctionSpec, Parameters, Template, Templates};
use scrip_store::derive_id;
use scrip_test_support::{MemoryLog, silent_services};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Those that ask nobody.
const ANSWER_BY_THEMSELVES: [&str; 3] = ["authorize", "get-service-page", "list-signing-keys"];

/// Where parameters of paths begin with something.
const PREFIXES: [(&str, &str); 15] = [
    ("account", "acct_u"),
    ("authorization", "auth_"),
    ("batch", "btch_"),
    ("bill", "bill_"),
    ("campaign", "cmp_"),
    ("confirmation", "conf_"),
    ("coupon", "cpn_"),
    ("group", "grp_"),
    ("key", "whk_"),
    ("merchant", "mch_"),
    ("payment_request", "preq_"),
    ("reservation", "rsv_"),
    ("settlement", "stl_"),
    ("transfer", "txn_"),
    ("verification", "vfy_"),
];

fn world(function: &FunctionSpec, log: Arc<MemoryLog>) -> Arc<World> {
    let environment = Environment::new(function.environment.clone());
    let clock = Clock::standing();
    let master = MasterSecret::parse("a master secret for tests, long enough").expect("a master secret");
    let keyrings = Arc::new(KeyringSource::new(clock.clone(), master, std::future::pending));
    let fetch: Fetch = Arc::new(|_| Box::pin(std::future::pending()));
    Arc::new(World::new(environment, clock, Some(keyrings), silent_services(), fetch, log))
}

fn id(operation: &str, parameter: &str) -> String {
    match (operation, parameter) {
        (_, "owner") => return "alice".to_owned(),
        ("remove-item", "item") => return derive_id("item_", &["silence"]) + "00",
        ("spread-account", "account") => return derive_id("acct_m", &["silence"]),
        _ => {}
    }
    let prefix = PREFIXES.iter().find(|(name, _)| *name == parameter).map(|(_, prefix)| *prefix);
    prefix.map_or_else(|| "spring".to_owned(), |prefix| derive_id(prefix, &["silence"]))
}

fn caller(operation: &Operation, body: &[u8]) -> Principal {
    let device = |kind| {
        Principal::Device(Device {
            id: derive_id("dev_", &["silence"]),
            kind,
            merchant: id("", "merchant"),
            store: "s1".into(),
            currency: "CNY".into(),
            body_sha256: body_sha256(body),
        })
    };
    match operation.callers.first() {
        Some(Caller::Terminal) => device(DeviceKind::Terminal),
        Some(Caller::PointOfSale) => device(DeviceKind::Pos),
        Some(Caller::Server) => device(DeviceKind::Server),
        Some(Caller::Signer | Caller::Anybody) | None => Principal::Unproven,
        Some(Caller::User | Caller::Treasury) => {
            let scopes = std::iter::once("treasury".to_owned()).collect();
            Principal::User(User { id: "alice".into(), scopes })
        }
    }
}

/// The body that is the example of an operation's description.
fn body(operation: &Operation) -> Vec<u8> {
    let schema = operation.request.map(|schema| schema(&mut SchemaGenerator::default()));
    schema.map_or_else(Vec::new, |schema| schema.as_value()["examples"][0].to_string().into_bytes())
}

/// What an operation behind a route says to a request that names what may exist.
async fn request(operation: &Operation, world: &Arc<World>, deadline: std::time::Instant) -> bool {
    let body = body(operation);
    let context = GatewayContext {
        path: format!("/{}", operation.name),
        path_parameters: operation
            .path
            .iter()
            .map(|name| ((*name).to_owned(), id(operation.name, name)))
            .collect(),
        authorizer: caller(operation, &body).to_context(),
        request_id: "r1".into(),
    };
    let request = http::Request::builder().uri("/?order_reference=order-1").header("idempotency-key", "k1");
    let request = request.header("webhook-id", "m1").header("webhook-signature", "v1,AAAA");
    let request = request.header("webhook-timestamp", world.clock.now().as_second().to_string());
    let request = request.extension(context).body(body.into()).expect("a request");
    operation.serve(world, request, deadline).await.status == 503
}

/// What a task or job says to an event that names what may exist.
async fn event(operation: &Operation, world: &Arc<World>, deadline: std::time::Instant) -> bool {
    let id = id("", operation.name.split('-').nth(1).unwrap_or_default());
    let start = json!({ "machine": "coupon-reward", "name": id, "input": {} }).to_string();
    let image = json!({
        "id": { "S": id }, "workflow": { "M": { "machine": { "S": "coupon-reward" }, "input": { "M": {} } } },
    });
    let event = match operation.name {
        "authorize" => {
            json!({ "headers": { "Authorization": "Bearer a.b.c" }, "methodArn": "a/b/GET/bills" })
        }
        "start-workflows" => {
            let record = json!({ "SequenceNumber": "1", "NewImage": image });
            json!({ "Records": [{ "eventName": "INSERT", "dynamodb": record }] })
        }
        "retry-workflows" | "work-pos-batch" | "work-confirmation" => {
            json!({ "Records": [{ "messageId": "m1", "body": start }] })
        }
        "start-due" => json!({ "start": "due" }),
        "expire-bill" | "lapse-bill" => json!({ "bill": id }),
        "expire-authorization" | "erase-authorization-secret" => json!({ "authorization": id }),
        "settle-captures" => {
            json!({
                "merchant": id, "currency": "CNY", "window": "2026-01-01T00:00:00Z",
                "due": "2026-01-01T00:00:00Z", "slots": ["pos-settlement#0"],
            })
        }
        "tend-payment-request" => json!({ "payment_request": id }),
        "compensate-pos-transaction" => json!({ "transaction": id }),
        _ => json!({ "redemption": id }),
    };
    match operation.handle(world, event, "r1", deadline).await {
        Ok(report) => report["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty()),
        Err(error) => error.error_type == "Transient",
    }
}

#[tokio::test(start_paused = true)]
async fn every_function_tells_in_time_that_the_store_is_silent() {
    let issuer = [("TokenIssuer", "https://issuer.example"), ("TokenJwksUrl", "https://issuer.example/keys")];
    let parameters = Parameters::local("http://127.0.0.1", &issuer);
    let application: Application = Template::read(&Templates::deployed(), &parameters).expect("the template");
    let (mut busy, mut others) = (0, Vec::new());
    for function in &application.functions {
        let operation = scrip_catalog::operation(&function.name).expect("an operation of the catalog");
        let log = Arc::new(MemoryLog::default());
        let world = world(function, log.clone());
        let (start, timeout) = (Instant::now(), Duration::from_secs(function.timeout_seconds.into()));
        let deadline = (start + timeout).into_std();
        let is_busy = if operation.is_http() {
            request(&operation, &world, deadline).await
        } else {
            event(&operation, &world, deadline).await
        };
        assert!(start.elapsed() < timeout, "{} took {:?} of {timeout:?}", function.name, start.elapsed());
        let lines: Vec<Value> = log.lines();
        let own = lines.iter().filter(|line| line["operation"] == function.name.as_str());
        assert!(own.count() > 0, "{} wrote no line", function.name);
        if is_busy {
            busy += 1;
        } else {
            others.push(function.name.as_str());
        }
    }
    assert_eq!((others.as_slice(), busy > others.len()), (ANSWER_BY_THEMSELVES.as_slice(), true));
}
