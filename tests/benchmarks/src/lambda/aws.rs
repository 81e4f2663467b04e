//! AWS's side, and the issuer's: always the same answers, since the store's own work is not the subject.

use super::http::{self, Answer};
use anyhow::{Context, bail};
use hyper::Request;
use hyper::body::Bytes;
use scrip_clock::Clock;
use scrip_identity::{Algorithm, SigningKey, sign_device};
use scrip_sam::{Application, Parameters, Template, Templates};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

const ISSUER: &str = "https://issuer.example";
const KEY_ID: &str = "k1";
pub(super) const USER: &str = "alice";
const DEVICE: &str = "dev_0123456789abcdefghjkmnpqrs";
const TOKEN_SECONDS: i64 = 600;

/// The services at one address, and who is known there.
pub(super) struct Aws {
    pub(super) address: SocketAddr,
    application: Application,
    issuer: SigningKey,
    device: SigningKey,
}

impl Aws {
    pub(super) async fn start() -> anyhow::Result<Self> {
        // The algorithm that most phones and terminals have hardware for, and the one that is cheapest to verify.
        let (issuer, device) =
            (SigningKey::generate(Algorithm::Es256), SigningKey::generate(Algorithm::EdDsa));
        let answers = Arc::new(Answers::new(&issuer, &device)?);
        let address = http::serve(move |request| std::future::ready(answers.answer(&request))).await?;
        let keys = format!("http://{address}/keys");
        let parameters =
            Parameters::local("http://127.0.0.1", &[("TokenIssuer", ISSUER), ("TokenJwksUrl", &keys)]);
        let application = Template::read(&Templates::deployed(), &parameters)?;
        Ok(Self { address, application, issuer, device })
    }

    /// What the template gives this function.
    pub(super) fn variables(&self, handler: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let function = self.application.function(handler);
        Ok(function.with_context(|| format!("the template has no {handler}"))?.environment.clone())
    }

    /// A user's access token.
    pub(super) fn user_token(&self) -> String {
        let now = Clock::system().now().as_second();
        let claims = json!({
            "iss": ISSUER, "aud": "scrip", "sub": USER, "scope": "", "iat": now, "exp": now + TOKEN_SECONDS,
        });
        self.issuer.sign_jwt(KEY_ID, &claims)
    }

    /// A terminal's token, for a request with this body.
    pub(super) fn device_token(&self, body: &[u8]) -> String {
        sign_device(&self.device, DEVICE, body, Clock::system().now())
    }
}

struct Answers {
    keys: Bytes,
    device: Bytes,
    transaction: Bytes,
}

impl Answers {
    fn new(issuer: &SigningKey, device: &SigningKey) -> anyhow::Result<Self> {
        let key = issuer.public_jwk();
        let mut jwk: Value = serde_json::from_str(&key.canonical_json())?;
        jwk["kid"] = json!(KEY_ID);
        jwk["alg"] = json!(key.algorithm());
        let body = |value: &Value| Bytes::from(value.to_string());
        Ok(Self {
            keys: body(&json!({ "keys": [jwk] })),
            device: body(&device_item(device)?),
            transaction: body(&transaction()),
        })
    }

    fn answer(&self, request: &Request<Bytes>) -> Answer {
        let Some(target) = request.headers().get("x-amz-target") else {
            return http::json(200, self.keys.clone());
        };
        let is_of_device = || String::from_utf8_lossy(request.body()).contains(DEVICE);
        let body = match target.to_str()? {
            "DynamoDB_20120810.TransactWriteItems" => self.transaction.clone(),
            "DynamoDB_20120810.GetItem" if is_of_device() => self.device.clone(),
            // Nothing is there, and nobody asked what it took.
            "DynamoDB_20120810.GetItem" | "DynamoDB_20120810.PutItem" => Bytes::from_static(b"{}"),
            target => bail!("nobody answers {target}"),
        };
        http::json(200, body)
    }
}

/// The answer to a transfer's three writes, of which the first is in two indexes too.
fn transaction() -> Value {
    let units =
        |units: u32| json!({ "CapacityUnits": f64::from(units), "WriteCapacityUnits": f64::from(units) });
    let mut consumed = units(10);
    consumed["TableName"] = json!("scrip-ledger");
    consumed["Table"] = units(6);
    consumed["GlobalSecondaryIndexes"] = json!({ "by-credit": units(2), "by-debit": units(2) });
    json!({ "ConsumedCapacity": [consumed] })
}

/// A registered terminal, as the directory keeps it.
fn device_item(key: &SigningKey) -> anyhow::Result<Value> {
    let public_key: Value = serde_json::from_str(&key.public_jwk().canonical_json())?;
    let members = public_key.as_object().context("a JWK is an object")?;
    let members: BTreeMap<&String, Value> =
        members.iter().map(|(name, member)| (name, json!({ "S": member }))).collect();
    let item = json!({
        "pk": { "S": format!("DEVICE#{DEVICE}") }, "sk": { "S": "DEVICE" }, "id": { "S": DEVICE },
        "merchant": { "S": "mch_0123456789abcdefghjkmnpqrs" }, "kind": { "S": "terminal" },
        "name": { "S": "Counter" }, "store": { "S": "s1" }, "currency": { "S": "CNY" },
        "public_key": { "M": members }, "status": { "S": "active" }, "created": { "N": "1795456800000" },
        "request_hash": { "S": "h".repeat(52) },
    });
    let table = json!({ "CapacityUnits": 1.0 });
    let consumed = json!({ "TableName": "scrip-directory", "CapacityUnits": 1.0, "Table": table });
    Ok(json!({ "Item": item, "ConsumedCapacity": consumed }))
}
