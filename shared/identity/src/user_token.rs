//! Users prove who they are with an OIDC access token of the configured issuer.

use crate::jws::{Jws, NumericDate};
use crate::{KeySource, TokenError};
use jiff::{SignedDuration, Timestamp};
use scrip_fields::is_user;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// How far the issuer's clock may be ahead of ours. A token's end is not put off: `exp` counts as it stands.
const CLOCK_SKEW_SECONDS: i64 = 60;
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];
/// RFC 9068 section 2.1 names the second; many issuers still write the first, or none.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];
/// What Cognito says of its tokens that are for an API, in `token_use`
/// (<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>).
const ACCESS: &str = "access";

/// A user who has proven to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The token's `sub`: 1 to 255 visible ASCII characters.
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

/// Verifies the access tokens of one issuer.
#[derive(Clone)]
pub struct UserTokens {
    issuer: String,
    audiences: Vec<String>,
    keys: Arc<dyn KeySource>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Option<Audience>,
    client_id: Option<String>,
    token_use: Option<String>,
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
    /// Tokens whose `iss` is exactly `issuer` and whose `aud` is or lists one of the `audiences`, which stand apart by
    /// blanks. Where a token has no `aud`, as Cognito's access tokens, one of them is its `client_id`.
    pub fn new(issuer: impl Into<String>, audiences: &str, keys: Arc<dyn KeySource>) -> Self {
        let audiences = audiences.split_ascii_whitespace().map(str::to_owned).collect();
        Self { issuer: issuer.into(), audiences, keys }
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
        if claims.token_use.as_deref().is_some_and(|token_use| token_use != ACCESS) {
            return Err(TokenError::WrongType);
        }
        if !claims.is_for(&self.audiences) {
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
        if !is_user(&claims.sub) {
            return Err(TokenError::InvalidSubject);
        }

        let scopes =
            claims.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect();
        Ok(User { id: claims.sub, scopes, expires_at })
    }
}

impl Claims {
    /// Whether it is for one of these. That it is for a client proves something only of a token that says that it is for
    /// an API: other tokens without `aud` are for whoever got them.
    fn is_for(&self, audiences: &[String]) -> bool {
        let named = match (&self.aud, &self.client_id) {
            (Some(Audience::One(one)), _) => std::slice::from_ref(one),
            (Some(Audience::Many(many)), _) => many.as_slice(),
            (None, Some(client)) if self.token_use.is_some() => std::slice::from_ref(client),
            (None, _) => &[],
        };
        named.iter().any(|one| audiences.contains(one))
    }
}

impl fmt::Debug for UserTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserTokens({} for {})", self.issuer, self.audiences.join(" "))
    }
}

#[cfg(test)]
mod tests;
