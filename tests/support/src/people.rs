//! Who uses the system.

use crate::{Bill, Scrip};
use scrip_clock::Timestamp;
use scrip_identity::{Algorithm, SigningKey, sign_device};
use serde_json::{Value, json};

/// Somebody who can prove who they are.
pub trait Caller {
    /// A token for a request with this body, at this time.
    fn token(&self, body: &[u8], now: Timestamp) -> String;
}

/// A person with a token.
#[derive(Clone, Debug)]
pub struct User {
    /// The token's `sub`.
    pub id: String,
    pub token: String,
}

/// A merchant with its owner.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The id, `mch_…`.
    pub id: String,
    pub account: String,
    pub owner: User,
}

/// A merchant's device with its key.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// The id, `dev_…`.
    pub id: String,
    pub key: SigningKey,
}

impl<T: Caller + ?Sized> Caller for &T {
    fn token(&self, body: &[u8], now: Timestamp) -> String {
        (**self).token(body, now)
    }
}

impl Caller for User {
    fn token(&self, _body: &[u8], _now: Timestamp) -> String {
        self.token.clone()
    }
}

impl Caller for Terminal {
    fn token(&self, body: &[u8], now: Timestamp) -> String {
        sign_device(&self.key, &self.id, body, now)
    }
}

impl User {
    /// Sets the PIN of a user who has none.
    pub async fn set_pin(&self, scrip: &Scrip, pin: &str) {
        scrip.change(reqwest::Method::PUT, self, "/v1/me/pin", &json!({ "pin": pin })).await.expect(204);
    }

    /// Opens a bill for two hours; `terms` are added to the request.
    pub async fn open_bill(&self, scrip: &Scrip, account: &str, terms: Value) -> Bill {
        let mut request = json!({ "account": account, "effective_for": "PT2H" });
        for (name, value) in terms.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        let opened = scrip.post(self, "/v1/bills", &request).await.expect(201);
        Bill { id: opened.text("id"), key: opened.text("presentation_key").parse().expect("a key") }
    }
}

impl Shop {
    /// Registers a terminal of this merchant.
    pub async fn terminal(&self, scrip: &Scrip) -> Terminal {
        self.device(scrip, "terminal").await
    }

    /// Registers a device of this kind.
    pub async fn device(&self, scrip: &Scrip, kind: &str) -> Terminal {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let public_key: Value = serde_json::from_str(&key.public_jwk().canonical_json()).expect("a JWK");
        let request = json!({ "kind": kind, "name": "Counter", "store": "s1", "public_key": public_key });
        let path = format!("/v1/merchants/{}/devices", self.id);
        let device = scrip.post(&self.owner, &path, &request).await.expect(201);
        Terminal { id: device.text("id"), key }
    }
}
