//! A third party's server: it signs what it posts by Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use crate::{Answer, Scrip, Shop, Terminal, fresh_key};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, Mac};
use reqwest::Method;
use scrip_clock::Timestamp;
use scrip_identity::{Algorithm, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;

/// Where confirmations go.
const CONFIRMATIONS: &str = "/v1/confirmations";

/// A key that confirmations of a merchant are signed with.
#[derive(Clone, Debug)]
pub struct WebhookKey {
    /// The id, `whk_…`.
    pub id: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What signs.
    pub secret: WebhookSecret,
}

/// What a confirmation is signed with.
#[derive(Clone, Debug)]
pub enum WebhookSecret {
    /// `v1`: HMAC-SHA256, with what `whsec_…` stands for.
    Shared(Vec<u8>),
    /// `v1a`: Ed25519.
    Private(Box<SigningKey>),
}

/// What a server posts, and how it says so.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    /// `webhook-timestamp`, in seconds since the epoch.
    pub timestamp: String,
    pub signature: String,
    pub body: Vec<u8>,
}

impl WebhookSecret {
    /// What `whsec_…` stands for.
    pub fn of(text: &str) -> Self {
        let bytes = text.strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok());
        Self::Shared(bytes.expect("a secret"))
    }

    /// A shared one as it was told, `whsec_…`.
    pub fn text(&self) -> String {
        let Self::Shared(secret) = self else { panic!("nobody was told this one") };
        format!("whsec_{}", BASE64.encode(secret))
    }

    /// One signature, with its version.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        match self {
            Self::Shared(secret) => {
                let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
                format!("v1,{}", BASE64.encode(&mac.chain_update(&signed).finalize().into_bytes()))
            }
            Self::Private(key) => {
                let signature = BASE64URL_NOPAD.decode(key.sign(&signed).as_bytes()).expect("a signature");
                format!("v1a,{}", BASE64.encode(&signature))
            }
        }
    }
}

impl Message {
    /// What is posted at this time with this key and body.
    pub fn signed(key: &WebhookKey, id: &str, body: &Value, now: Timestamp) -> Self {
        Self::of(key, id, body.to_string().into_bytes(), now)
    }

    /// The same with a body as it is sent.
    pub fn of(key: &WebhookKey, id: &str, body: Vec<u8>, now: Timestamp) -> Self {
        let timestamp = now.as_second().to_string();
        let signature = key.secret.sign(id, &timestamp, &body);
        Self { id: id.to_owned(), timestamp, signature, body }
    }

    /// Posts it.
    pub async fn send(&self, scrip: &Scrip) -> Answer {
        let headers = [
            ("webhook-id", self.id.as_str()),
            ("webhook-timestamp", self.timestamp.as_str()),
            ("webhook-signature", self.signature.as_str()),
            ("content-type", "application/json"),
        ];
        scrip.raw(Method::POST, CONFIRMATIONS, &headers, self.body.clone()).await
    }
}

impl Shop {
    /// Where the merchant's keys are.
    pub fn webhook_keys_path(&self) -> String {
        format!("/v1/merchants/{}/webhook-keys", self.id)
    }

    /// Sets up a key of the kind `v1`.
    pub async fn webhook_key(&self, scrip: &Scrip) -> WebhookKey {
        let made = scrip.post(&self.owner, &self.webhook_keys_path(), &json!({ "kind": "v1" })).await;
        let made = made.expect(201);
        let secret = WebhookSecret::of(&made.text("secret"));
        WebhookKey { id: made.text("id"), merchant: self.id.clone(), secret }
    }

    /// Sets up a key of the kind `v1a`.
    pub async fn public_webhook_key(&self, scrip: &Scrip) -> WebhookKey {
        let (key, public_key) = public_webhook_key();
        let request = json!({ "kind": "v1a", "public_key": public_key });
        let made = scrip.post(&self.owner, &self.webhook_keys_path(), &request).await.expect(201);
        WebhookKey {
            id: made.text("id"),
            merchant: self.id.clone(),
            secret: WebhookSecret::Private(Box::new(key)),
        }
    }
}

/// A new Ed25519 key, and its public half as it is registered, `whpk_…`.
pub fn public_webhook_key() -> (SigningKey, String) {
    let key = SigningKey::generate(Algorithm::EdDsa);
    let jwk: Value = serde_json::from_str(&key.public_jwk().canonical_json()).expect("a JWK");
    let bytes =
        BASE64URL_NOPAD.decode(jwk["x"].as_str().expect("its public half").as_bytes()).expect("32 bytes");
    (key, format!("whpk_{}", BASE64.encode(&bytes)))
}

/// What a server confirms: that these codes were used on an order of this many fen.
pub fn confirmation(merchant: &str, codes: &[&str], fen: i64) -> Value {
    json!({ "merchant": merchant, "codes": codes, "order": crate::coupons::order(fen) })
}

/// Posts a signed body under this `webhook-id`.
pub async fn confirm(scrip: &Scrip, key: &WebhookKey, id: &str, body: &Value) -> Answer {
    Message::signed(key, id, body, scrip.now().await).send(scrip).await
}

/// Posts a confirmation that nobody posted before; gives its id, `conf_…`.
pub async fn confirmed(scrip: &Scrip, key: &WebhookKey, codes: &[&str], fen: i64) -> String {
    let body = confirmation(&key.merchant, codes, fen);
    confirm(scrip, key, &fresh_key(), &body).await.expect(202).text("id")
}

impl Terminal {
    /// A confirmation once everything that follows from it is done, as the merchant's server sees it.
    pub async fn followed(&self, scrip: &Scrip, confirmation: &str) -> Value {
        scrip.followed_up(confirmation).await;
        self.confirmation(scrip, confirmation).await.expect(200).body
    }
}
