//! A user registers a device whose signatures count like the PIN.

use schemars::JsonSchema;
use scrip_directory::{Directory, NewUserDevice, PublicKey, UserDeviceView};
use scrip_fields::schema::Text;
use scrip_fields::{MAX_NAME_CHARACTERS, check_text};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Jwk;
use scrip_refusal::Code;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("register-device", "Register one's own device", register_device)
        .description(
            "Its signatures count like the PIN: one over a bill's challenge verifies the bill. A user has at \
             most 20 devices.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::LimitExceeded])
        .request::<RegisterDevice>()
        .response::<UserDeviceView>(201)
        .budget(1, 4)
}

/// A phone, or another thing that holds a private key of the user's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Phone",
    "public_key": { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
}))]
pub(crate) struct RegisterDevice {
    /// The name by which the user tells it apart, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
    name: String,
    /// The key that verifies its signatures.
    #[schemars(with = "PublicKey")]
    public_key: Jwk,
}

pub(crate) async fn register_device(directory: Directory, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let RegisterDevice { name, public_key } = call.body()?;
    check_text(&name, "/name", MAX_NAME_CHARACTERS)?;

    let new = NewUserDevice { name, public_key };
    let registered = directory.register_user_device(&user.id, new, &origin).await?;

    Ok(Reply::created(&registered.value.view()?)?.replayed(registered.replayed))
}
