//! `POST /v1/me/devices`: a user registers a device whose signatures count like the PIN.

use crate::Registry;
use schemars::JsonSchema;
use scrip_directory::{NewUserDevice, PublicKey, UserDeviceView};
use scrip_function::Operation;
use scrip_http::limits::{MAX_NAME_CHARACTERS, check_text};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Jwk;
use scrip_refusal::Code;
use serde::Deserialize;

/// The device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterDevice {
    name: String,
    /// The key that verifies its signatures.
    #[schemars(with = "PublicKey")]
    public_key: Jwk,
}

/// # Errors
/// `wrong-role`, `limit-exceeded`.
pub(crate) async fn register_device(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let RegisterDevice { name, public_key } = call.body()?;
    check_text(&name, "/name", MAX_NAME_CHARACTERS)?;

    let new = NewUserDevice { name, public_key };
    let registered = registry.directory.register_user_device(&user.id, new, &origin).await?;

    Ok(Reply::created(&registered.value.view()?)?.replayed(registered.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("register-device", "Register one's own device", &[Code::WrongRole, Code::LimitExceeded])
        .request::<RegisterDevice>()
        .response::<UserDeviceView>(201)
}
