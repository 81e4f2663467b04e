//! Who pays, as a terminal sends it.

use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::schema::{Digits, User};
use scrip_fields::{check_user, invalid};
use scrip_identity::Pin;
use scrip_offline::{Payer, Presented};
use scrip_refusal::{Code, Refusal};
use scrip_secure_code::{MAX_CODE_DIGITS, MIN_CODE_DIGITS, PRESENTATION_DIGITS, Presentation, SecureCode};
use serde::Deserialize;

/// Who pays: `user` with `secure_code`, or `presentation_code`; with the PIN where it is asked for.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Payer")]
pub struct PayerRequest {
    /// The id that the user tells.
    #[schemars(with = "Option<User>")]
    user: Option<String>,
    /// The code that the user says or types.
    #[schemars(with = "Option<Digits<MIN_CODE_DIGITS, MAX_CODE_DIGITS>>")]
    secure_code: Option<String>,
    /// What the user's phone shows: 18 digits.
    #[schemars(with = "Option<Digits<PRESENTATION_DIGITS, PRESENTATION_DIGITS>>")]
    presentation_code: Option<String>,
    /// Six digits, typed at the terminal.
    #[schemars(with = "Option<Pin>")]
    pin: Option<String>,
}

impl PayerRequest {
    /// What is judged: presented now at this terminal.
    pub(crate) fn presented(
        &self,
        device: &str,
        merchant: &str,
        at: Timestamp,
    ) -> Result<Presented, Refusal> {
        let payer = match (&self.user, &self.secure_code, &self.presentation_code) {
            (Some(user), Some(code), None) => {
                check_user(user, "/payer/user")?;
                let secure_code = SecureCode::parse(code)
                    .map_err(|_| invalid("/payer/secure_code", "digits, as the user was given them"))?;
                Payer::User { user: user.clone(), secure_code }
            }
            (None, None, Some(code)) => Payer::Presentation(
                Presentation::parse(code)
                    .map_err(|error| invalid("/payer/presentation_code", error.to_string()))?,
            ),
            (None, _, None) => return Err(missing("/payer/user")),
            (Some(_), None, None) => return Err(missing("/payer/secure_code")),
            (_, _, Some(_)) => {
                return Err(invalid("/payer/presentation_code", "either this or user and secure_code"));
            }
        };
        let pin = self.pin.as_deref().map(Pin::parse).transpose();
        let pin = pin.map_err(|_| invalid("/payer/pin", "6 digits"))?;
        let (device, merchant) = (device.to_owned(), merchant.to_owned());
        Ok(Presented { payer, pin, at, is_stored: false, device, merchant })
    }
}

fn missing(pointer: &str) -> Refusal {
    Refusal::field(pointer, Code::MissingField, "user and secure_code, or presentation_code")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(payer: Value) -> Option<(String, Code)> {
        let payer: PayerRequest = serde_json::from_value(payer).unwrap();
        let refusal = payer.presented("dev_1", "mch_1", Timestamp::UNIX_EPOCH).err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn a_payer_is_named_in_one_way() {
        let code = "123456789012";
        assert_eq!(refused(json!({ "user": "alice", "secure_code": code })), None);
        assert_eq!(refused(json!({ "user": "alice", "secure_code": code, "pin": "493817" })), None);
        let missing = |pointer: &str| Some((pointer.to_owned(), Code::MissingField));
        let invalid = |pointer: &str| Some((pointer.to_owned(), Code::InvalidField));
        assert_eq!(refused(json!({})), missing("/payer/user"));
        assert_eq!(refused(json!({ "user": "alice" })), missing("/payer/secure_code"));
        assert_eq!(refused(json!({ "secure_code": code })), missing("/payer/user"));
        assert_eq!(refused(json!({ "user": "a b", "secure_code": code })), invalid("/payer/user"));
        assert_eq!(refused(json!({ "user": "a", "secure_code": "x" })), invalid("/payer/secure_code"));
        assert_eq!(refused(json!({ "user": "a", "secure_code": code, "pin": "1" })), invalid("/payer/pin"));
        for both in [
            json!({ "user": "alice", "presentation_code": code }),
            json!({ "user": "alice", "secure_code": code, "presentation_code": code }),
            json!({ "presentation_code": "123456789012345678" }),
        ] {
            assert_eq!(refused(both), invalid("/payer/presentation_code"));
        }
    }
}
