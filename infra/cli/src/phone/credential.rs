//! What a phone makes its codes of.

use rand::Rng;
use scrip_clock::Timestamp;
use scrip_secure_code::{Alias, MIN_STATIC_CODE_DIGITS, StaticCode, Totp, TotpAlgorithm, TotpSecret};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};

/// As many bytes as the hash has (RFC 4226 section 4).
const SECRET_BYTES: usize = 32;
const STATIC_DIGITS: usize = MIN_STATIC_CODE_DIGITS + 4;

/// A secret that codes are made of, or a code that stays.
pub(super) enum Credential {
    Totp(Totp),
    Static(StaticCode),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case")]
enum Form {
    Totp { secret: String },
    Static { code: String },
}

impl Credential {
    pub(super) fn generate(fixed: bool) -> Self {
        if fixed {
            return Self::Static(StaticCode::generate(STATIC_DIGITS));
        }
        // 32 bytes are within the bounds of a secret; any other random bytes would do as well.
        loop {
            let bytes: [u8; SECRET_BYTES] = rand::rng().random();
            if let Ok(secret) = TotpSecret::from_bytes(bytes) {
                return Self::Totp(Totp::new(secret, TotpAlgorithm::default()));
            }
        }
    }

    /// As the platform is told.
    pub(super) fn request(&self) -> Value {
        let mut form = json!(self.form());
        if matches!(self, Self::Totp(_)) {
            form["digits"] = json!(scrip_secure_code::TOTP_DIGITS);
            form["period"] = json!(scrip_secure_code::TOTP_STEP_SECONDS);
        }
        form
    }

    /// As a point of sale is shown it.
    pub(super) fn shown(&self, alias: Alias, at: Timestamp) -> String {
        match self {
            Self::Totp(totp) => totp.presentation_at(alias, at).to_string(),
            Self::Static(code) => code.as_str().to_owned(),
        }
    }

    fn form(&self) -> Form {
        match self {
            Self::Totp(totp) => Form::Totp { secret: totp.secret.to_base64url().as_str().to_owned() },
            Self::Static(code) => Form::Static { code: code.as_str().to_owned() },
        }
    }
}

impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.form().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Totp { secret } => {
                let secret = TotpSecret::parse(&secret).map_err(de::Error::custom)?;
                Self::Totp(Totp::new(secret, TotpAlgorithm::default()))
            }
            Form::Static { code } => Self::Static(StaticCode::parse(&code).map_err(de::Error::custom)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_that_was_read_back_shows_the_same_code() {
        let alias = Alias::of_number(7);
        for fixed in [false, true] {
            let credential = Credential::generate(fixed);
            let kept: Credential = serde_json::from_value(json!(credential)).unwrap();
            let at = Timestamp::UNIX_EPOCH;
            assert_eq!(kept.shown(alias, at), credential.shown(alias, at));
            assert_eq!(credential.shown(alias, at).len(), if fixed { 16 } else { 18 });
            assert_eq!(credential.request()["scheme"], if fixed { "static" } else { "totp" });
        }
    }
}
