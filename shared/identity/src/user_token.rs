//! Users prove who they are with an OIDC access token of the configured issuer.

use crate::jws::{Jws, NumericDate};
use crate::{KeySource, TokenError};
use jiff::{SignedDuration, Timestamp};
use scrip_fields::{MAX_USER_CHARACTERS, is_word_of};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// How far the issuer's clock may be ahead of ours. A token's end is not put off: `exp` counts as it stands.
const CLOCK_SKEW_SECONDS: i64 = 60;
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];
/// RFC 9068 section 2.1 names the second; many issuers still write the first, or none.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// A user who has proven to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The token's `sub`: 1 to 64 letters, digits, `-` and `_`.
    pub id: String,
    /// What the token is good for, as listed in its `scope`.
    pub scopes: Vec<String>,
    /// When the token ends, for whoever keeps this answer.
    pub expires_at: Timestamp,
}

impl User {
    /// Whether the token has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// Verifies the access tokens of one issuer for one audience.
#[derive(Clone)]
pub struct UserTokens {
    issuer: String,
    audience: String,
    keys: Arc<dyn KeySource>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl UserTokens {
    /// Tokens whose `iss` is exactly `issuer` and whose `aud` is or lists `audience`.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: Arc<dyn KeySource>) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), keys }
    }

    /// Verifies a token (RFC 7519 section 7.2, RFC 8725) at the time `now`.
    ///
    /// # Errors
    /// It does not hold, or the keys to tell by are not to be had ([`TokenError::is_retryable`]).
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<User, TokenError> {
        let jws = Jws::parse(token)?;
        let algorithm = jws.header.alg.as_str();
        if !ALGORITHMS.contains(&algorithm) {
            return Err(TokenError::AlgorithmNotAccepted);
        }
        jws.expect_type(&TYPES)?;

        let kid = jws.header.kid.as_deref();
        let keys = self.keys.keys(kid).await.map_err(|why| TokenError::KeysUnavailable(why.0))?;
        let key = keys.select(kid, algorithm)?;
        let claims = jws.verify(key.algorithm, &key.key)?;

        self.accept(claims, now)
    }

    fn accept(&self, claims: Claims, now: Timestamp) -> Result<User, TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if !claims.aud.holds(&self.audience) {
            return Err(TokenError::WrongAudience);
        }
        let NumericDate(expires_at) = claims.exp;
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        let skew = SignedDuration::from_secs(CLOCK_SKEW_SECONDS);
        if [claims.nbf, claims.iat]
            .into_iter()
            .flatten()
            .any(|NumericDate(start)| start.duration_since(now) > skew)
        {
            return Err(TokenError::NotYetValid);
        }
        if !is_user_id(&claims.sub) {
            return Err(TokenError::InvalidSubject);
        }

        let scopes =
            claims.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect();
        Ok(User { id: claims.sub, scopes, expires_at })
    }
}

impl Audience {
    fn holds(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

fn is_user_id(text: &str) -> bool {
    is_word_of(text, MAX_USER_CHARACTERS)
}

impl fmt::Debug for UserTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserTokens({} for {})", self.issuer, self.audience)
    }
}

#[cfg(test)]
mod tests;
