//! The user verifies the total, and the bill is settled.

use crate::paths::OfBill;
use schemars::JsonSchema;
use scrip_bills::{Answer as VerificationAnswer, Bills, Proof, SettledBill};
use scrip_fields::check_word;
use scrip_fields::schema::Word;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Pin;
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("verify-bill", "Verify a bill, which settles it", verify_bill)
        .description(
            "The right answer pays all merchants in one transaction. A wrong one costs one of three \
             attempts; after the last, the bill is locked.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::NotFound,
            Code::BillNotAwaitingVerification,
            Code::VerificationRequestStale,
            Code::PinNotSet,
            Code::PinLocked,
            Code::VerificationFailed,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
        ])
        .request::<VerifyBill>()
        .response::<SettledBill>(200)
        .budget(2, 10)
}

/// The longest id or signature in an answer.
const MAX_ANSWER_CHARACTERS: usize = 128;

/// The answer to a verification request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "verification_request": "vreq_0123456789abcdefghjkmnpqrs",
    "method": "pin",
    "pin": "493817",
}))]
pub(crate) struct VerifyBill {
    /// The request, `vreq_…`.
    #[schemars(with = "Word<MAX_ANSWER_CHARACTERS>")]
    verification_request: String,
    method: Method,
    /// With method `pin`: six digits.
    #[schemars(with = "Option<Pin>")]
    pin: Option<String>,
    /// With method `device`: a device of the user's, `dev_…`.
    #[schemars(with = "Option<Word<MAX_ANSWER_CHARACTERS>>")]
    device: Option<String>,
    /// With method `device`: its signature over the challenge, base64url.
    #[schemars(with = "Option<Word<MAX_ANSWER_CHARACTERS>>")]
    signature: Option<String>,
}

/// What the user proves their agreement with.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "VerificationMethod")]
enum Method {
    /// The six digits.
    Pin,
    /// A signature over the challenge.
    Device,
}

pub(crate) async fn verify_bill(bills: Bills, call: Call<OfBill>) -> Answer {
    let user = call.user()?;
    let bill = call.path.bill()?;
    let origin = call.origin_by(&bills.keyring()?.request_keys("verify-bill"))?;
    let answer = call.body::<VerifyBill>()?.into_answer()?;

    let settled = bills.verify(&user.id, &bill, &answer, &origin).await?;

    Ok(Reply::ok(&settled.value)?.replayed(settled.replayed))
}

impl VerifyBill {
    fn into_answer(self) -> Result<VerificationAnswer, Refusal> {
        let proof = match self.method {
            Method::Pin => {
                refuse(self.device.is_some(), "/device")?;
                refuse(self.signature.is_some(), "/signature")?;
                let pin = require(self.pin, "/pin")?;
                let pin =
                    Pin::parse(&pin).map_err(|_| Refusal::field("/pin", Code::InvalidField, "6 digits"))?;
                Proof::Pin(pin)
            }
            Method::Device => {
                refuse(self.pin.is_some(), "/pin")?;
                Proof::Device {
                    device: require(self.device, "/device")?,
                    signature: require(self.signature, "/signature")?,
                }
            }
        };
        Ok(VerificationAnswer {
            verification_request: bounded(self.verification_request, "/verification_request")?,
            proof,
        })
    }
}

fn require(field: Option<String>, pointer: &str) -> Result<String, Refusal> {
    let text =
        field.ok_or_else(|| Refusal::field(pointer, Code::MissingField, "this method needs this field"))?;
    bounded(text, pointer)
}

fn refuse(is_there: bool, pointer: &str) -> Result<(), Refusal> {
    if is_there {
        Err(Refusal::field(pointer, Code::UnknownField, "this method does not take this field"))
    } else {
        Ok(())
    }
}

/// What becomes part of a key must be an id or a signature, and short.
fn bounded(text: String, pointer: &str) -> Result<String, Refusal> {
    check_word(&text, pointer, MAX_ANSWER_CHARACTERS).map(|()| text)
}
