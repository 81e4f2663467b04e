use super::*;
use crate::keyring::hmac_sha256;
use crate::{Algorithm, KeySet, KeysUnavailable, SigningKey, StaticKeys, base64url};
use futures::future::BoxFuture;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000;
const ISSUER: &str = "https://issuer.example";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "scrip", "sub": "alice", "iat": NOW, "exp": NOW + 600, "scope": "openid treasury"})
}

fn with(mut json: Value, name: &str, value: Value) -> Value {
    json[name] = value;
    json
}

fn without(mut json: Value, name: &str) -> Value {
    json.as_object_mut().unwrap().remove(name);
    json
}

fn tokens_of(keys: KeySet) -> UserTokens {
    UserTokens::new(ISSUER, "scrip", Arc::new(StaticKeys::new(keys)))
}

/// An issuer with one Ed25519 key, `k1`.
struct Issuer {
    key: SigningKey,
    tokens: UserTokens,
}

impl Issuer {
    fn new(algorithm: Algorithm) -> Self {
        let key = SigningKey::generate(algorithm);
        let tokens = tokens_of(KeySet::of("k1", key.public_jwk()));
        Self { key, tokens }
    }

    async fn verify(&self, claims: &Value) -> Result<User, TokenError> {
        self.tokens.verify(&self.key.sign_jwt("k1", claims), at(NOW)).await
    }

    async fn with_header(&self, header: Value) -> Result<User, TokenError> {
        self.tokens.verify(&self.key.sign_jws(&header, &claims()), at(NOW)).await
    }
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1", "typ": "JWT"})
}

#[tokio::test]
async fn a_good_token_tells_the_user() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let user = Issuer::new(algorithm).verify(&claims()).await.unwrap();

        assert_eq!(user.id, "alice");
        assert_eq!(user.scopes, ["openid", "treasury"]);
        assert!(user.has_scope("treasury") && !user.has_scope("treas"));
        assert_eq!(user.expires_at, at(NOW + 600));
    }
}

/// The token was signed by another implementation (OpenSSL).
#[tokio::test]
async fn rs256_is_verified_and_no_byte_can_change() {
    let fixture: Value = serde_json::from_str(include_str!("rs256.json")).unwrap();
    let tokens = tokens_of(KeySet::parse(fixture["jwks"].to_string().as_bytes()).unwrap());
    let token = fixture["token"].as_str().unwrap();
    assert!(tokens.verify(token, at(NOW)).await.unwrap().has_scope("treasury"));
    assert_eq!(tokens.verify(token, at(NOW + 600)).await, Err(TokenError::Expired));

    let [head, body, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let forged = base64url::encode(with(claims(), "sub", json!("bob")).to_string());
    assert_eq!(
        tokens.verify(&format!("{head}.{forged}.{signature}"), at(NOW)).await,
        Err(TokenError::BadSignature)
    );

    // The RSA modulus as an HMAC secret: the classic confusion of algorithms.
    let n = base64url::decode(fixture["jwks"]["keys"][0]["n"].as_str().unwrap()).unwrap();
    let head = base64url::encode(json!({"alg": "HS256", "kid": "rsa-1"}).to_string());
    let mac = hmac_sha256(&n[..32].try_into().unwrap(), &[format!("{head}.{body}").as_bytes()]);
    let confused = format!("{head}.{body}.{}", base64url::encode(mac));
    assert_eq!(tokens.verify(&confused, at(NOW)).await, Err(TokenError::AlgorithmNotAccepted));
}

#[tokio::test]
async fn claims_decide() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let malformed = Err(TokenError::Malformed("claims"));
    for (claims, result) in [
        (with(claims(), "iss", json!("https://issuer.example/")), Err(TokenError::WrongIssuer)),
        (with(claims(), "aud", json!("scrip2")), Err(TokenError::WrongAudience)),
        (with(claims(), "aud", json!([])), Err(TokenError::WrongAudience)),
        (with(claims(), "aud", json!(["a", "b"])), Err(TokenError::WrongAudience)),
        (with(claims(), "aud", json!(["a", "scrip"])), Ok(())),
        (with(claims(), "exp", json!(NOW)), Err(TokenError::Expired)),
        (with(claims(), "exp", json!(NOW - 1)), Err(TokenError::Expired)),
        (with(claims(), "exp", json!(-1)), Err(TokenError::Expired)),
        (with(claims(), "exp", json!(NOW + 1)), Ok(())),
        (with(claims(), "exp", serde_json::from_str("1790000000.5").unwrap()), Ok(())),
        (with(claims(), "nbf", json!(NOW + 60)), Ok(())),
        (with(claims(), "nbf", json!(NOW + 61)), Err(TokenError::NotYetValid)),
        (with(claims(), "iat", json!(NOW + 60)), Ok(())),
        (with(claims(), "iat", json!(NOW + 61)), Err(TokenError::NotYetValid)),
        (without(claims(), "iat"), Ok(())),
        (without(claims(), "scope"), Ok(())),
        (with(claims(), "sub", json!("A-z_09")), Ok(())),
        (with(claims(), "sub", json!("a".repeat(255))), Ok(())),
        (with(claims(), "sub", json!("a".repeat(256))), Err(TokenError::InvalidSubject)),
        (with(claims(), "sub", json!("")), Err(TokenError::InvalidSubject)),
        (with(claims(), "sub", json!("auth0|1")), Ok(())),
        (with(claims(), "sub", json!("ann+b@example.com")), Ok(())),
        (with(claims(), "sub", json!("b#1")), Ok(())),
        (with(claims(), "sub", json!("a b")), Err(TokenError::InvalidSubject)),
        (with(claims(), "sub", json!("a\n")), Err(TokenError::InvalidSubject)),
        (with(claims(), "sub", json!("é")), Err(TokenError::InvalidSubject)),
        (with(claims(), "sub", json!(7)), malformed.clone()),
        (with(claims(), "exp", json!("soon")), malformed.clone()),
        (with(claims(), "exp", json!(u64::MAX)), malformed.clone()),
        (with(claims(), "exp", json!(i64::MIN)), malformed.clone()),
        (with(claims(), "exp", json!(1e300)), malformed.clone()),
        (with(claims(), "scope", json!(["treasury"])), malformed.clone()),
        (without(claims(), "iss"), malformed.clone()),
        (without(claims(), "aud"), Err(TokenError::WrongAudience)),
        (with(claims(), "aud", json!(7)), malformed.clone()),
        (with(claims(), "token_use", json!("id")), Err(TokenError::WrongType)),
        (with(claims(), "token_use", json!("access")), Ok(())),
        (without(claims(), "sub"), malformed.clone()),
        (without(claims(), "exp"), malformed.clone()),
        (json!([]), malformed.clone()),
    ] {
        assert_eq!(issuer.verify(&claims).await.map(|_| ()), result, "{claims}");
    }
}

/// As Cognito writes them: an access token names its client and no audience, an ID token has the client as audience.
#[tokio::test]
async fn an_access_token_without_an_audience_is_for_its_client() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let access =
        with(with(without(claims(), "aud"), "client_id", json!("scrip")), "token_use", json!("access"));
    for (claims, result) in [
        (access.clone(), Ok(())),
        (with(access.clone(), "client_id", json!("other")), Err(TokenError::WrongAudience)),
        (without(access.clone(), "client_id"), Err(TokenError::WrongAudience)),
        (without(access.clone(), "token_use"), Err(TokenError::WrongAudience)),
        (with(access.clone(), "token_use", json!("id")), Err(TokenError::WrongType)),
        (with(access.clone(), "aud", json!("other")), Err(TokenError::WrongAudience)),
        (with(access, "aud", json!([])), Err(TokenError::WrongAudience)),
    ] {
        assert_eq!(issuer.verify(&claims).await.map(|_| ()), result, "{claims}");
    }
}

#[tokio::test]
async fn a_system_may_have_several_audiences() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let keys = Arc::new(StaticKeys::new(KeySet::of("k1", issuer.key.public_jwk())));
    let tokens = UserTokens::new(ISSUER, " phone  desk ", keys);
    for (aud, holds) in
        [("phone", true), ("desk", true), ("phone  desk", false), ("", false), ("scrip", false)]
    {
        let token = issuer.key.sign_jwt("k1", &with(claims(), "aud", json!(aud)));
        assert_eq!(tokens.verify(&token, at(NOW)).await.is_ok(), holds, "{aud}");
    }
}

#[tokio::test]
async fn the_header_decides() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    for (header, result) in [
        (without(header(), "typ"), Ok(())),
        (without(header(), "kid"), Ok(())),
        (with(header(), "typ", json!("at+JWT")), Ok(())),
        (with(header(), "typ", json!("logout+jwt")), Err(TokenError::WrongType)),
        (with(header(), "kid", json!("k2")), Err(TokenError::UnknownKey)),
        (with(header(), "alg", json!("none")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("None")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("HS256")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("HS512")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("PS256")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("RS256")), Err(TokenError::AlgorithmNotOfKey)),
        (with(header(), "alg", json!("ES256")), Err(TokenError::AlgorithmNotOfKey)),
        (with(header(), "crit", json!(["b64"])), Err(TokenError::CriticalExtension)),
        (with(header(), "crit", json!([])), Err(TokenError::CriticalExtension)),
        (without(header(), "alg"), Err(TokenError::Malformed("header"))),
        (with(header(), "kid", json!(1)), Err(TokenError::Malformed("header"))),
    ] {
        assert_eq!(issuer.with_header(header.clone()).await.map(|_| ()), result, "{header}");
    }
}

/// A key in the header is no proof: anybody can put one there.
#[tokio::test]
async fn a_key_in_the_header_is_not_used() {
    let (issuer, attacker) = (Issuer::new(Algorithm::EdDsa), SigningKey::generate(Algorithm::EdDsa));
    let jwk = serde_json::to_value(attacker.public_jwk()).unwrap();
    let header = with(with(header(), "jwk", jwk), "jku", json!("https://attacker.example/jwks"));

    let token = attacker.sign_jws(&header, &claims());
    assert_eq!(issuer.tokens.verify(&token, at(NOW)).await, Err(TokenError::BadSignature));
}

#[tokio::test]
async fn unsigned_and_hmac_tokens_never_hold() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let body = base64url::encode(claims().to_string());

    let none = base64url::encode(json!({"alg": "none", "kid": "k1"}).to_string());
    assert_eq!(
        issuer.tokens.verify(&format!("{none}.{body}."), at(NOW)).await,
        Err(TokenError::AlgorithmNotAccepted)
    );

    let jwk: Value = serde_json::from_str(&issuer.key.public_jwk().canonical_json()).unwrap();
    let public = base64url::decode_32(jwk["x"].as_str().unwrap()).unwrap();
    let head = base64url::encode(json!({"alg": "HS256", "kid": "k1"}).to_string());
    let mac = base64url::encode(hmac_sha256(&public, &[format!("{head}.{body}").as_bytes()]));
    let token = format!("{head}.{body}.{mac}");
    assert_eq!(issuer.tokens.verify(&token, at(NOW)).await, Err(TokenError::AlgorithmNotAccepted));
}

#[tokio::test]
async fn what_is_no_token_is_malformed() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let token = issuer.key.sign_jwt("k1", &claims());
    let [head, body, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for (token, result) in [
        (String::new(), TokenError::Malformed("token")),
        ("..".to_owned(), TokenError::Malformed("header")),
        (format!("{head}.{body}"), TokenError::Malformed("token")),
        (format!("{token}.{signature}"), TokenError::Malformed("token")),
        (format!("{head}..{signature}"), TokenError::BadSignature),
        (format!("{head}.{body}."), TokenError::BadSignature),
        (format!("{head}.{body}.{signature}="), TokenError::BadSignature),
        (format!("{head}=.{body}.{signature}"), TokenError::Malformed("header")),
        (format!(" {token}"), TokenError::Malformed("header")),
        (format!("Bearer {token}"), TokenError::Malformed("header")),
    ] {
        assert_eq!(issuer.tokens.verify(&token, at(NOW)).await, Err(result), "{token}");
    }
}

#[tokio::test]
async fn tokens_over_8_kib_are_not_looked_at() {
    let issuer = Issuer::new(Algorithm::EdDsa);
    let padded = |length: usize| issuer.key.sign_jwt("k1", &with(claims(), "pad", json!("x".repeat(length))));
    let spare = (8_192 - padded(0).len()) / 4 * 3 - 3;

    assert!(padded(spare).len() > 8_180 && padded(spare).len() <= 8_192);
    assert!(issuer.tokens.verify(&padded(spare), at(NOW)).await.is_ok());
    assert_eq!(issuer.tokens.verify(&padded(spare + 9), at(NOW)).await, Err(TokenError::TooLong));
}

#[tokio::test]
async fn without_the_issuers_keys_the_caller_may_come_again() {
    struct Down;
    impl KeySource for Down {
        fn keys<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<Arc<KeySet>, KeysUnavailable>> {
            Box::pin(async { Err(KeysUnavailable("timeout".to_owned())) })
        }
    }
    let token = SigningKey::generate(Algorithm::EdDsa).sign_jwt("k1", &claims());
    let error = UserTokens::new(ISSUER, "scrip", Arc::new(Down)).verify(&token, at(NOW)).await.unwrap_err();

    assert!(error.is_retryable());
    assert!(!TokenError::Expired.is_retryable());
    assert_eq!(error.to_string(), "the issuer's keys are unavailable: timeout");
}

fn block_on<T>(future: impl Future<Output = T> + Send) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn random_texts_never_verify(
        token in "\\PC{0,200}",
        parts in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{86}",
    ) {
        let issuer = Issuer::new(Algorithm::EdDsa);
        prop_assert!(block_on(issuer.tokens.verify(&token, at(NOW))).is_err());
        prop_assert!(block_on(issuer.tokens.verify(&parts, at(NOW))).is_err());
    }

    #[test]
    fn no_character_of_a_token_can_change(position: prop::sample::Index, with in "[A-Za-z0-9_.-]", es256: bool) {
        let issuer = Issuer::new(if es256 { Algorithm::Es256 } else { Algorithm::EdDsa });
        let token = issuer.key.sign_jwt("k1", &claims());
        let position = position.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(position..=position, &with);

        let verified = block_on(issuer.tokens.verify(&changed, at(NOW)));
        prop_assert_eq!(verified.is_ok(), changed == token);
    }
}
