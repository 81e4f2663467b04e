//! Users' access tokens.

use data_encoding::BASE64URL_NOPAD;
use scrip_identity::{Algorithm, SigningKey};
use scrip_test_support::{Answer, Scrip};
use serde_json::{Value, json};

struct Issuer {
    scrip: Scrip,
    url: String,
    kid: String,
    key: SigningKey,
}

impl Issuer {
    async fn start() -> Self {
        let scrip = Scrip::start().await;
        let scrip_test_support::Issuer { url, kid, key, .. } = scrip.issuer();
        Self { scrip, url, kid, key }
    }

    /// The claims of a good token, with some of them replaced. Those that are null are left out.
    async fn claims(&self, changed: Value) -> Value {
        let now = self.scrip.now().await.as_second();
        let mut claims =
            json!({ "iss": self.url, "aud": "scrip", "sub": "alice", "iat": now, "exp": now + 600 });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    async fn with(&self, changed: Value) -> Answer {
        self.call(&self.key.sign_jwt(&self.kid, &self.claims(changed).await)).await
    }

    async fn call(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        self.scrip.raw(reqwest::Method::GET, "/v1/accounts", &headers, Vec::new()).await
    }

    /// A token with this header, signed with the issuer's key whatever the header says.
    async fn headed(&self, header: Value) -> String {
        let part = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&self.claims(json!({})).await));
        format!("{signed}.{}", self.key.sign(signed.as_bytes()))
    }
}

fn refused(answer: Answer) {
    answer.refused("list-accounts", 401, "unauthenticated");
}

#[tokio::test]
async fn a_token_of_the_issuer_proves_its_subject() {
    let issuer = Issuer::start().await;
    issuer.with(json!({})).await.expect(200);
    issuer.with(json!({ "iat": null })).await.expect(200);
    issuer.with(json!({ "aud": ["other", "scrip"] })).await.expect(200);
    issuer.with(json!({ "sub": "x".repeat(255), "scope": "openid treasury" })).await.expect(200);
    for typ in ["JWT", "at+jwt", "application/at+jwt", "AT+JWT"] {
        issuer
            .call(&issuer.headed(json!({ "alg": "EdDSA", "kid": issuer.kid, "typ": typ })).await)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn claims_that_are_not_for_this_system_prove_nothing() {
    let issuer = Issuer::start().await;
    for changed in [
        json!({ "iss": "https://issuer.example" }),
        json!({ "iss": format!("{}/", issuer.url) }),
        json!({ "iss": null }),
        json!({ "aud": "other" }),
        json!({ "aud": ["other"] }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "sub": "" }),
        json!({ "sub": "a b" }),
        json!({ "sub": "ü" }),
        json!({ "sub": "a\n" }),
        json!({ "sub": "x".repeat(256) }),
        json!({ "sub": 7 }),
        json!({ "sub": null }),
        json!({ "exp": null }),
        json!({ "exp": "soon" }),
    ] {
        refused(issuer.with(changed).await);
    }
}

/// As Amazon Cognito writes them.
#[tokio::test]
async fn an_access_token_without_an_audience_is_for_its_client() {
    let issuer = Issuer::start().await;
    let access = json!({ "aud": null, "client_id": "scrip", "token_use": "access" });
    issuer.with(access.clone()).await.expect(200);
    for (name, value) in [
        ("client_id", json!("other")),
        ("client_id", json!(null)),
        ("token_use", json!("id")),
        ("token_use", json!(null)),
        ("aud", json!("other")),
    ] {
        let mut changed = access.clone();
        changed[name] = value;
        refused(issuer.with(changed).await);
    }
    refused(issuer.with(json!({ "token_use": "id" })).await);
}

#[tokio::test]
async fn a_token_holds_in_its_time_alone() {
    let issuer = Issuer::start().await;
    let now = issuer.scrip.now().await.as_second();
    issuer.with(json!({ "exp": now + 30 })).await.expect(200);
    refused(issuer.with(json!({ "exp": now })).await);
    refused(issuer.with(json!({ "exp": now - 3_600 })).await);
    // Clocks may differ by a minute, but not by more.
    for claim in ["nbf", "iat"] {
        issuer.with(json!({ claim: now + 50 })).await.expect(200);
        refused(issuer.with(json!({ claim: now + 90 })).await);
    }

    let token =
        issuer.key.sign_jwt(&issuer.kid, &issuer.claims(json!({ "exp": now + 120, "nbf": now })).await);
    issuer.call(&token).await.expect(200);
    issuer.scrip.advance("PT1M").await;
    issuer.call(&token).await.expect(200);
    issuer.scrip.advance("PT1M").await;
    refused(issuer.call(&token).await);
}

#[tokio::test]
async fn no_algorithm_but_the_keys_own_is_accepted() {
    let issuer = Issuer::start().await;
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "None", "kid": issuer.kid }),
        json!({ "alg": "HS256", "kid": issuer.kid }),
        json!({ "alg": "HS512", "kid": issuer.kid }),
        json!({ "alg": "ES256", "kid": issuer.kid }),
        json!({ "alg": "RS256", "kid": issuer.kid }),
        json!({ "alg": "eddsa", "kid": issuer.kid }),
        json!({ "kid": issuer.kid }),
        json!({ "alg": "EdDSA", "kid": "another" }),
        json!({ "alg": "EdDSA", "kid": issuer.kid, "typ": "logout+jwt" }),
        json!({ "alg": "EdDSA", "kid": issuer.kid, "crit": ["exp"] }),
    ] {
        let token = issuer.headed(header).await;
        let (signed, _) = token.rsplit_once('.').unwrap();
        refused(issuer.call(&token).await);
        refused(issuer.call(&format!("{signed}.")).await);
    }
}

#[tokio::test]
async fn no_key_but_the_issuers_is_accepted() {
    let issuer = Issuer::start().await;
    let claims = issuer.claims(json!({})).await;
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm);
        refused(issuer.call(&key.sign_jwt(&issuer.kid, &claims)).await);
        // A key that the token brings itself is never looked at.
        let jwk: Value = serde_json::from_str(&key.public_jwk().canonical_json()).unwrap();
        let header =
            json!({ "alg": key.public_jwk().algorithm(), "jwk": jwk, "jku": "http://127.0.0.1/keys" });
        let part = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        refused(issuer.call(&format!("{signed}.{}", key.sign(signed.as_bytes()))).await);
    }
    // Nor does a signature for one user serve another.
    let [alice, mallory] = [claims, issuer.claims(json!({ "sub": "mallory" })).await];
    let signature = issuer.key.sign_jwt(&issuer.kid, &alice).rsplit_once('.').unwrap().1.to_owned();
    let token = issuer.key.sign_jwt(&issuer.kid, &mallory);
    refused(issuer.call(&format!("{}.{signature}", token.rsplit_once('.').unwrap().0)).await);
}

#[tokio::test]
async fn a_token_that_is_too_long_is_not_looked_at() {
    let issuer = Issuer::start().await;
    refused(issuer.with(json!({ "padding": "x".repeat(9_000) })).await);
    issuer.with(json!({ "padding": "x".repeat(5_000) })).await.expect(200);
}
