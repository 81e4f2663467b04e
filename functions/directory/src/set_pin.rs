//! `PUT /v1/me/pin`: a user sets or changes the PIN.

use crate::Pins;
use schemars::JsonSchema;
use scrip_directory::PinChange;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Pin;
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;

/// The PIN to be set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPin {
    /// 6 digits, neither one repeated nor a run.
    pin: String,
    /// The PIN until now, if one is set.
    current_pin: Option<String>,
}

/// # Errors
/// `wrong-role`, `pin-too-weak`, `pin-refused`, `pin-locked`.
pub(crate) async fn set_pin(pins: Pins, call: Call) -> Answer {
    let user = call.user()?;
    let request: SetPin = call.body()?;
    let change = PinChange {
        pin: parse(&request.pin, "/pin")?,
        current: request.current_pin.map(|pin| parse(&pin, "/current_pin")).transpose()?,
    };

    pins.directory.set_pin(&user.id, &change, &pins.keyring).await?;

    Reply::no_content()
}

fn parse(text: &str, pointer: &str) -> Result<Pin, Refusal> {
    Pin::parse(text).map_err(|error| Refusal::field(pointer, Code::InvalidField, error.to_string()))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "set-pin",
        "Set or change one's PIN",
        &[Code::WrongRole, Code::PinTooWeak, Code::PinRefused, Code::PinLocked],
    )
    .request::<SetPin>()
}
