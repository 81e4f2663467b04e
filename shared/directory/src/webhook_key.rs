//! The keys that a third party's server signs its confirmations with. Of a shared secret nothing is stored: it is
//! derived from the master secret and the key's id.

use crate::Directory;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_identity::Keyring;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Key, Origin, Query, Transaction, Write, decode, encode};
use scrip_webhook::{Headers, PublicKey, Secret, VerifyingKey, verify};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How many keys of a merchant count at once: enough to rotate.
pub const MAX_WEBHOOK_KEYS: usize = 5;
/// What the ids of keys begin with.
pub const WEBHOOK_KEY_PREFIX: &str = "whk_";

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKeyKind {
    /// HMAC-SHA256 with a secret that is made here.
    V1,
    /// Ed25519, whose private half stays with the third party.
    V1a,
}

/// The stored key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookKeyRecord {
    /// The id, `whk_…`.
    pub id: String,
    /// Whose confirmations it signs, `mch_…`.
    pub merchant: String,
    /// How it signs.
    pub kind: WebhookKeyKind,
    /// The public half of a `v1a` key, `whpk_…`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub public_key: Option<String>,
    /// In milliseconds since the epoch.
    pub created: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// A key, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WebhookKey", example = json!({
    "id": "whk_0123456789abcdefghjkmnpqrs",
    "kind": "v1",
    "public_key": null,
    "created": "2026-11-30T12:00:00Z",
}))]
pub struct WebhookKeyView {
    /// The id, `whk_…`.
    pub id: String,
    /// How it signs.
    pub kind: WebhookKeyKind,
    /// The public half of a `v1a` key, `whpk_…`.
    pub public_key: Option<String>,
    /// Since when it counts.
    #[schemars(with = "scrip_clock::DateTime")]
    pub created: Timestamp,
}

fn keys_partition(merchant: &str) -> String {
    format!("WEBHOOKS#{merchant}")
}

fn key_of(merchant: &str, id: &str) -> Key {
    Key::new(keys_partition(merchant), id)
}

impl WebhookKeyRecord {
    /// The key as it is shown.
    pub fn view(&self) -> Result<WebhookKeyView, Failure> {
        Ok(WebhookKeyView {
            id: self.id.clone(),
            kind: self.kind,
            public_key: self.public_key.clone(),
            created: Timestamp::from_millisecond(self.created).map_err(Failure::broken)?,
        })
    }

    /// The shared secret of a `v1` key.
    pub fn secret(&self, keyring: &Keyring) -> Result<Option<Secret>, Failure> {
        match self.kind {
            WebhookKeyKind::V1a => Ok(None),
            WebhookKeyKind::V1 => {
                Secret::from_bytes(keyring.derive("webhook-key", &self.id)).map(Some).map_err(Failure::broken)
            }
        }
    }

    fn verifying_key(&self, keyring: &Keyring) -> Result<VerifyingKey, Failure> {
        if let Some(secret) = self.secret(keyring)? {
            return Ok(VerifyingKey::Secret(secret));
        }
        let public = self.public_key.as_deref().map(PublicKey::parse);
        public
            .and_then(Result::ok)
            .map(VerifyingKey::Public)
            .ok_or_else(|| Failure::broken("a v1a key without its public half"))
    }
}

impl Directory {
    /// Sets up a key; `public_key` only for `v1a`.
    ///
    /// # Errors
    /// `limit-exceeded`, `idempotency-key-reused`.
    pub async fn create_webhook_key(
        &self,
        merchant: &str,
        kind: WebhookKeyKind,
        public_key: Option<&PublicKey>,
        origin: &Origin,
    ) -> Result<Created<WebhookKeyRecord>, Failure> {
        let record = WebhookKeyRecord {
            id: origin.id(WEBHOOK_KEY_PREFIX),
            merchant: merchant.to_owned(),
            kind,
            public_key: public_key.map(PublicKey::to_text),
            created: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let existing = self.webhook_keys(merchant).await?;
        // Two at once may exceed the limit by one, which harms nobody.
        if existing.len() >= MAX_WEBHOOK_KEYS && !existing.iter().any(|key| key.id == record.id) {
            let detail =
                format!("At most {MAX_WEBHOOK_KEYS} keys count at once. Remove one that is not used.");
            return Err(Refusal::new(Code::LimitExceeded, detail).into());
        }
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&key_of(merchant, &record.id), &record)?);
        self.create(transaction, record, origin).await
    }

    /// The keys of a merchant that count.
    pub async fn webhook_keys(&self, merchant: &str) -> Result<Vec<WebhookKeyRecord>, Failure> {
        let most = u32::try_from(4 * MAX_WEBHOOK_KEYS).map_err(Failure::broken)?;
        let items = self.store.all(&Query::of(&self.table, &keys_partition(merchant)), most).await?;
        items.into_iter().map(decode).collect()
    }

    /// Retires a key. What it signs is refused from now on.
    pub async fn remove_webhook_key(&self, merchant: &str, id: &str) -> Result<(), Failure> {
        let write = Write::delete(&self.table, key_of(merchant, id)).when("attribute_exists(pk)");
        let mut transaction = Transaction::new();
        transaction.require(write, |_| Refusal::new(Code::NotFound, "No key of yours has this id."));
        self.store.commit(transaction).await.map(drop)
    }

    /// Accepts a message that one of the merchant's keys has signed.
    ///
    /// # Errors
    /// `unauthenticated`, the same for everything that may be wrong.
    pub async fn verify_webhook(
        &self,
        merchant: &str,
        headers: &Headers<'_>,
        body: &[u8],
        keyring: &Keyring,
    ) -> Result<(), Failure> {
        let records = self.webhook_keys(merchant).await?;
        let keys: Vec<_> = records.iter().map(|key| key.verifying_key(keyring)).collect::<Result<_, _>>()?;
        verify(headers, body, &keys, self.clock.now()).map_err(|_| {
            let detail = "Sign with a key of this merchant by Standard Webhooks, within five minutes.";
            Refusal::new(Code::Unauthenticated, detail).into()
        })
    }
}
