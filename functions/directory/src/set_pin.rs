//! A user sets or changes the PIN.

use schemars::JsonSchema;
use scrip_directory::{Directory, PinChange};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::{Keyring, Pin};
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("set-pin", "Set or change one's PIN", set_pin)
        .description(
            "Once a PIN is set, the current one is needed to change it: wrong ones are counted, and lock it \
             for a while.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::PinTooWeak, Code::PinRefused, Code::PinLocked])
        .request::<SetPin>()
        .budget(2, 1)
}

/// A new PIN, and the one that it replaces.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "pin": "493817" }))]
pub(crate) struct SetPin {
    /// 6 digits, neither one repeated nor a run.
    #[schemars(with = "Pin")]
    pin: String,
    /// The PIN until now, if one is set.
    #[schemars(with = "Option<Pin>")]
    current_pin: Option<String>,
}

pub(crate) async fn set_pin(directory: Directory, keyring: Keyring, call: Call) -> Answer {
    let user = call.user()?;
    let request: SetPin = call.body()?;
    let change = PinChange {
        pin: parse(&request.pin, "/pin")?,
        current: request.current_pin.map(|pin| parse(&pin, "/current_pin")).transpose()?,
    };

    let origin = call.origin_if_keyed_by(&keyring.request_keys("set-pin"))?;

    directory.set_pin(&user.id, &change, &keyring, origin.as_ref()).await?;

    Reply::no_content()
}

fn parse(text: &str, pointer: &str) -> Result<Pin, Refusal> {
    Pin::parse(text).map_err(|error| Refusal::field(pointer, Code::InvalidField, error.to_string()))
}
