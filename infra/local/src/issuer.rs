//! The development issuer: it signs tokens for whichever user it is asked to.

use bytes::Bytes;
use jiff::SignedDuration;
use scrip_clock::Clock;
use scrip_fields::{MAX_USER_CHARACTERS, is_user};
use scrip_identity::SigningKey;
use serde_json::{Value, json};

/// How long a token holds.
pub(crate) const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
const KEY_ID: &str = "development";
const MAX_SCOPE_CHARACTERS: usize = 256;

/// Signs users' access tokens.
pub(crate) struct Issuer {
    key: SigningKey,
    url: String,
    audience: String,
    clock: Clock,
}

/// Where an issuer on this port publishes its keys, below its own URL.
pub(crate) const KEYS_PATH: &str = "/local/issuer/jwks.json";

/// The URL of the issuer at this address.
pub(crate) fn url(base: &str) -> String {
    format!("{base}/local/issuer")
}

impl Issuer {
    pub(crate) fn new(key: SigningKey, url: String, audience: String, clock: Clock) -> Self {
        Self { key, url, audience, clock }
    }

    /// A token of one hour, or what is wrong with the request.
    pub(crate) fn token(&self, user: &str, scope: Option<&str>) -> Result<String, (&'static str, String)> {
        if !is_user(user) {
            return Err(("/user", format!("1 to {MAX_USER_CHARACTERS} visible ASCII characters")));
        }
        let scope = scope.unwrap_or_default();
        if scope.len() > MAX_SCOPE_CHARACTERS || !scope.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err((
                "/scope",
                format!("at most {MAX_SCOPE_CHARACTERS} visible characters, scopes apart by blanks"),
            ));
        }
        let now = self.clock.now();
        let claims = json!({
            "iss": self.url,
            "aud": self.audience,
            "sub": user,
            "scope": scope,
            "iat": now.as_second(),
            "exp": now.as_second() + TOKEN_LIFETIME.as_secs(),
        });
        Ok(self.key.sign_jwt(KEY_ID, &claims))
    }

    /// Its public keys (RFC 7517).
    pub(crate) fn key_set(&self) -> Bytes {
        let mut key: Value =
            serde_json::from_str(&self.key.public_jwk().canonical_json()).unwrap_or_default();
        key["kid"] = json!(KEY_ID);
        key["use"] = json!("sig");
        key["alg"] = json!(self.key.public_jwk().algorithm());
        Bytes::from(json!({ "keys": [key] }).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_identity::{Algorithm, KeySet, StaticKeys, UserTokens};
    use std::sync::Arc;

    #[tokio::test]
    async fn an_issued_token_holds_for_an_hour() {
        let clock = Clock::standing();
        let key = SigningKey::generate(Algorithm::EdDsa);
        let issuer =
            Issuer::new(key, "http://127.0.0.1:1/local/issuer".into(), "scrip".into(), clock.clone());
        let keys = StaticKeys::new(KeySet::parse(&issuer.key_set()).unwrap());
        let tokens = UserTokens::new("http://127.0.0.1:1/local/issuer", "scrip", Arc::new(keys));

        let token = issuer.token("alice", Some("treasury")).unwrap();
        let user = tokens.verify(&token, clock.now()).await.unwrap();
        assert_eq!(user.id, "alice");
        assert!(user.has_scope("treasury"));
        assert!(tokens.verify(&token, clock.now() + TOKEN_LIFETIME).await.is_err());
    }

    #[test]
    fn what_can_be_no_user_gets_no_token() {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let issuer = Issuer::new(key, String::new(), String::new(), Clock::standing());
        for user in ["", "a b", "ä", &"a".repeat(256)] {
            assert_eq!(issuer.token(user, None).unwrap_err().0, "/user", "{user}");
        }
        assert_eq!(issuer.token("alice", Some("a\nb")).unwrap_err().0, "/scope");
    }
}
