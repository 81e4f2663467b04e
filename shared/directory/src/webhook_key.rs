//! The keys that a third party's server signs its confirmations with. Of a shared secret nothing is stored: it is
//! derived from the master secret and the key's id.

use crate::Directory;
use schemars::JsonSchema;
use scrip_capability::not_held;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::{Generation, Keyring};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Key, Origin, Query, Transaction, Write, decode, encode, text};
use scrip_webhook::{Headers, PublicKey, Secret, VerifyingKey, verify};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many keys of a merchant count at once: enough to rotate.
pub const MAX_WEBHOOK_KEYS: usize = 5;
/// How many keys of a merchant are kept, those included that were removed of late.
pub const MAX_WEBHOOK_KEYS_KEPT: usize = 100;
/// How long a removed key is kept: as long as the request that removed or made it may be repeated.
const REMOVED_KEPT_DAYS: i64 = 30;
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
    /// The request that removed it, if one did. It counts no more, and can't be made again by a late repetition.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub removed_by: Option<String>,
    /// The generation of the master secret that the secret of a `v1` key is derived from.
    #[serde(skip_serializing_if = "Generation::is_first", default)]
    pub generation: Generation,
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

    /// The shared secret of a `v1` key, unless it was derived from a master secret that was withdrawn.
    pub fn secret(&self, keyring: &Keyring) -> Result<Option<Secret>, Failure> {
        match self.kind {
            WebhookKeyKind::V1a => Ok(None),
            WebhookKeyKind::V1 => match keyring.derive_of(self.generation, "webhook-key", &self.id) {
                Ok(key) => Secret::from_bytes(key).map(Some).map_err(Failure::broken),
                Err(error) if error.is_newer() => Err(not_held(error)),
                Err(_) => Ok(None),
            },
        }
    }

    /// What verifies its signatures, if anything still does.
    fn verifying_key(&self, keyring: &Keyring) -> Result<Option<VerifyingKey>, Failure> {
        if self.kind == WebhookKeyKind::V1 {
            return Ok(self.secret(keyring)?.map(VerifyingKey::Secret));
        }
        let public = self.public_key.as_deref().map(PublicKey::parse);
        public
            .and_then(Result::ok)
            .map(|key| Some(VerifyingKey::Public(key)))
            .ok_or_else(|| Failure::broken("a v1a key without its public half"))
    }
}

fn check_room(kept: &[WebhookKeyRecord]) -> Result<(), Refusal> {
    let counting = kept.iter().filter(|key| key.removed_by.is_none()).count();
    if counting >= MAX_WEBHOOK_KEYS {
        let detail = format!("At most {MAX_WEBHOOK_KEYS} keys count at once. Remove one that is not used.");
        return Err(Refusal::new(Code::LimitExceeded, detail));
    }
    if kept.len() >= MAX_WEBHOOK_KEYS_KEPT {
        let detail = format!(
            "At most {MAX_WEBHOOK_KEYS_KEPT} keys are made in {REMOVED_KEPT_DAYS} days. Wait until the first are forgotten."
        );
        return Err(Refusal::new(Code::LimitExceeded, detail));
    }
    Ok(())
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
        generation: Generation,
        origin: &Origin,
    ) -> Result<Created<WebhookKeyRecord>, Failure> {
        let record = WebhookKeyRecord {
            id: origin.id(WEBHOOK_KEY_PREFIX),
            merchant: merchant.to_owned(),
            kind,
            public_key: public_key.map(PublicKey::to_text),
            created: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            removed_by: None,
            generation,
        };
        let kept = self.kept_webhook_keys(merchant).await?;
        // Two at once may exceed the limit by one, which harms nobody.
        if !kept.iter().any(|key| key.id == record.id) {
            check_room(&kept)?;
        }
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&key_of(merchant, &record.id), &record)?);
        self.create(transaction, record, origin).await
    }

    /// The keys of a merchant that count.
    pub async fn webhook_keys(&self, merchant: &str) -> Result<Vec<WebhookKeyRecord>, Failure> {
        let kept = self.kept_webhook_keys(merchant).await?;
        Ok(kept.into_iter().filter(|key| key.removed_by.is_none()).collect())
    }

    /// Those that count, and those that were removed of late.
    async fn kept_webhook_keys(&self, merchant: &str) -> Result<Vec<WebhookKeyRecord>, Failure> {
        let most = u32::try_from(2 * MAX_WEBHOOK_KEYS_KEPT).map_err(Failure::broken)?;
        let items = self.store.all(&Query::of(&self.table, &keys_partition(merchant)), most).await?;
        items.into_iter().map(decode).collect()
    }

    /// Retires a key. What it signs is refused from now on. It is marked, not deleted, so that the same request again is
    /// told from one that asks for a key which does not exist.
    ///
    /// # Errors
    /// `not-found`, also for what another request has removed.
    pub async fn remove_webhook_key(&self, merchant: &str, id: &str, origin: &Origin) -> Result<(), Failure> {
        let this = origin.id_within(id, "whr_");
        let forgotten = self.clock.now() + SignedDuration::from_hours(24 * REMOVED_KEPT_DAYS);
        let write = Write::update(&self.table, key_of(merchant, id), "SET removed_by = :this, #ttl = :ttl")
            .when("attribute_exists(pk) AND attribute_not_exists(removed_by)")
            .name("#ttl", "ttl")
            .value(":this", this.as_str())
            .value(":ttl", forgotten.as_second());
        let is_done = AtomicBool::new(false);
        let mut transaction = Transaction::new();
        transaction.require(write, |item| {
            let by = item.as_ref().and_then(|item| text(item, "removed_by"));
            is_done.store(by == Some(this.as_str()), Ordering::Relaxed);
            Refusal::new(Code::NotFound, "No key of yours has this id.")
        });
        match self.store.commit(transaction).await {
            Err(Failure::Refused(_)) if is_done.load(Ordering::Relaxed) => Ok(()),
            result => result.map(drop),
        }
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
        let keys = records.iter().filter_map(|key| key.verifying_key(keyring).transpose());
        let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        verify(headers, body, &keys, self.clock.now()).map_err(|_| {
            let detail = "Sign with a key of this merchant by Standard Webhooks, within five minutes.";
            Refusal::new(Code::Unauthenticated, detail).into()
        })
    }
}
