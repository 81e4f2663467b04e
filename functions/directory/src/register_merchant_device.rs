//! The owner registers a terminal, a point of sale or a server.

use crate::paths::OfMerchant;
use schemars::JsonSchema;
use scrip_directory::{Directory, MerchantDeviceView, NewMerchantDevice, PublicKey};
use scrip_fields::schema::{Text, Word};
use scrip_fields::{MAX_NAME_CHARACTERS, MAX_STORE_CHARACTERS, check_text, check_word};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::{DeviceKind, Jwk};
use scrip_refusal::Code;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("register-merchant-device", "Register a merchant's device", register_merchant_device)
        .description(
            "A terminal, a point of sale or a server: it signs a token for each of its requests with the key \
             whose public half is registered here.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .request::<RegisterMerchantDevice>()
        .response::<MerchantDeviceView>(201)
        .budget(2, 1)
}

/// A terminal, point of sale or server that holds a private key of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "kind": "terminal",
    "name": "Counter",
    "store": "s1",
    "public_key": { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
}))]
pub(crate) struct RegisterMerchantDevice {
    /// What it is. It never changes.
    kind: DeviceKind,
    /// The name by which the owner tells it apart, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
    name: String,
    /// The store it stands in: 1 to 32 letters, digits, `-` and `_`.
    #[schemars(with = "Word<MAX_STORE_CHARACTERS>")]
    store: String,
    /// The key that verifies its tokens.
    #[schemars(with = "PublicKey")]
    public_key: Jwk,
}

pub(crate) async fn register_merchant_device(directory: Directory, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let origin = call.origin()?;
    let RegisterMerchantDevice { kind, name, store, public_key } = call.body()?;
    check_text(&name, "/name", MAX_NAME_CHARACTERS)?;
    check_word(&store, "/store", MAX_STORE_CHARACTERS)?;
    let merchant = directory.merchant_of_owner(&merchant, &user.id).await?;

    let new = NewMerchantDevice { kind, name, store, public_key };
    let registered = directory.register_merchant_device(&merchant, new, &origin).await?;

    Ok(Reply::created(&registered.value.view()?)?.replayed(registered.replayed))
}
