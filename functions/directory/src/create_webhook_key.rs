//! The owner sets up a key that confirmations are signed with.

use crate::paths::OfMerchant;
use schemars::JsonSchema;
use scrip_directory::{Directory, WebhookKeyKind, WebhookKeyView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Keyring;
use scrip_refusal::{Code, Refusal};
use scrip_webhook::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "create-webhook-key",
        "Set up a key that confirmations are signed with",
        create_webhook_key,
    )
    .description(
        "The secret of a `v1` key is in this answer alone. A merchant has at most five keys at a time, so \
         that they can be rotated.",
    )
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound, Code::LimitExceeded])
    .request::<CreateWebhookKey>()
    .response::<CreatedWebhookKey>(201)
    .budget(3, 2)
}

/// How the key signs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "kind": "v1" }))]
pub(crate) struct CreateWebhookKey {
    /// How the key signs.
    kind: WebhookKeyKind,
    /// For `v1a` alone: `whpk_` and base64 of an Ed25519 public key.
    #[serde(default)]
    #[schemars(pattern(PublicKey::PATTERN))]
    public_key: Option<String>,
}

/// A key and, of `v1`, its secret, which no other answer tells.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "whk_0123456789abcdefghjkmnpqrs",
    "kind": "v1",
    "public_key": null,
    "created": "2026-11-30T12:00:00Z",
    "secret": "whsec_c2NyaXAtZXhhbXBsZS13ZWJob29rLXNlY3JldC0xMjM=",
}))]
pub(crate) struct CreatedWebhookKey {
    #[serde(flatten)]
    key: WebhookKeyView,
    /// For `v1` alone: `whsec_` and base64.
    secret: Option<String>,
}

pub(crate) async fn create_webhook_key(
    directory: Directory,
    keyring: Keyring,
    call: Call<OfMerchant>,
) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let origin = call.origin()?;
    let request: CreateWebhookKey = call.body()?;
    let public_key = public_key(&request)?;
    let merchant = directory.merchant_of_owner(&merchant, &user.id).await?;

    let generation = keyring.current();
    let created = directory
        .create_webhook_key(&merchant.id, request.kind, public_key.as_ref(), generation, &origin)
        .await?;

    let secret = created.value.secret(&keyring)?.map(|secret| secret.to_text().to_string());
    let answer = CreatedWebhookKey { key: created.value.view()?, secret };
    Ok(Reply::created(&answer)?.replayed(created.replayed))
}

fn public_key(request: &CreateWebhookKey) -> Result<Option<PublicKey>, Refusal> {
    let refused = |code, detail: &str| Err(Refusal::field("/public_key", code, detail));
    match (request.kind, request.public_key.as_deref()) {
        (WebhookKeyKind::V1, None) => Ok(None),
        (WebhookKeyKind::V1, Some(_)) => {
            refused(Code::InvalidField, "only for v1a; the secret of v1 is made here")
        }
        (WebhookKeyKind::V1a, None) => {
            refused(Code::MissingField, "whpk_ and base64 of an Ed25519 public key")
        }
        (WebhookKeyKind::V1a, Some(text)) => match PublicKey::parse(text) {
            Ok(key) => Ok(Some(key)),
            Err(_) => refused(Code::InvalidField, "whpk_ and base64 of an Ed25519 public key"),
        },
    }
}
