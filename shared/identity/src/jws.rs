//! A token before it is believed: a compact JWS (RFC 7515 section 7.1) taken apart, and its signature
//! verified.

use crate::{TokenError, base64url};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

/// The longest token that is looked at.
const TOKEN_MAX_BYTES: usize = 8 * 1024;

/// A token's parts; nothing of them is to be trusted before `verify`.
pub(crate) struct Jws<'a> {
    pub(crate) header: Header,
    signed: &'a str,
    claims: &'a str,
    signature: &'a str,
}

/// What is read of the header. Keys and addresses of keys in it are never looked at.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed("token"))?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed("token"))?;
        if claims.contains('.') {
            return Err(TokenError::Malformed("token"));
        }
        let header: Header = json_part(header, "header")?;

        Ok(Self { header, signed, claims, signature })
    }

    /// The claims, unverified: good only for choosing how to verify them.
    pub(crate) fn peek<T: DeserializeOwned>(&self) -> Result<T, TokenError> {
        json_part(self.claims, "claims")
    }

    /// The claims, if the signature holds: made with the key's one algorithm, over this header and these
    /// claims.
    pub(crate) fn verify<T: DeserializeOwned>(
        &self,
        algorithm: &str,
        key: &DecodingKey,
    ) -> Result<T, TokenError> {
        if self.header.alg != algorithm {
            return Err(TokenError::AlgorithmNotOfKey);
        }
        if self.header.crit.is_some() {
            return Err(TokenError::CriticalExtension);
        }
        let algorithm = algorithm.parse().map_err(|_| TokenError::AlgorithmNotAccepted)?;
        match jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm) {
            Ok(true) => self.peek(),
            Ok(false) | Err(_) => Err(TokenError::BadSignature),
        }
    }

    /// Refuses a token that says it is of another kind (RFC 8725 section 3.11). `typ` may be absent, and
    /// compares without case (RFC 7515 section 4.1.9).
    pub(crate) fn expect_type(&self, accepted: &[&str]) -> Result<(), TokenError> {
        match &self.header.typ {
            Some(typ) if !accepted.iter().any(|accepted| typ.eq_ignore_ascii_case(accepted)) => {
                Err(TokenError::WrongType)
            }
            _ => Ok(()),
        }
    }
}

fn json_part<T: DeserializeOwned>(part: &str, name: &'static str) -> Result<T, TokenError> {
    let json = base64url::decode(part).ok_or(TokenError::Malformed(name))?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed(name))
}

/// A `NumericDate` (RFC 7519 section 2): seconds since 1970, possibly with a fraction.
#[derive(Clone, Copy)]
pub(crate) struct NumericDate(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        let since_1970 = match (number.as_i64(), number.as_f64()) {
            (Some(seconds), _) => Some(SignedDuration::from_secs(seconds)),
            (None, Some(seconds)) => SignedDuration::try_from_secs_f64(seconds).ok(),
            (None, None) => None,
        };
        since_1970
            .and_then(|duration| Timestamp::from_duration(duration).ok())
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a time"))
    }
}
