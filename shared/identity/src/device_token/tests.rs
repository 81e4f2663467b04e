use super::*;
use crate::Algorithm;
use proptest::prelude::*;
use serde_json::Value;

const NOW: i64 = 1_790_000_000;
const DEVICE: &str = "dev_01";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn claims() -> Value {
    json!({"iss": DEVICE, "aud": "scrip", "iat": NOW, "exp": NOW + 60, "body_sha256": body_sha256(b"{}")})
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": DEVICE, "typ": "JWT"})
}

fn with(mut json: Value, name: &str, value: Value) -> Value {
    json[name] = value;
    json
}

fn without(mut json: Value, name: &str) -> Value {
    json.as_object_mut().unwrap().remove(name);
    json
}

#[test]
fn a_device_proves_itself_and_its_body() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm);
        let token = sign_device(&key, DEVICE, b"{}", at(NOW));

        assert_eq!(peek_device(&token).as_deref(), Some(DEVICE));
        assert_eq!(
            verify_device(&token, key.public_jwk(), at(NOW)),
            Ok(DeviceClaims {
                device: DEVICE.to_owned(),
                body_sha256: body_sha256(b"{}"),
                expires_at: at(NOW + 60)
            })
        );
    }
}

/// The SHA-256 of nothing, from FIPS 180-4's examples, in base64url.
#[test]
fn no_body_has_the_hash_of_the_empty_one() {
    assert_eq!(body_sha256(b""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

#[test]
fn claims_decide() {
    let key = SigningKey::generate(Algorithm::Es256);
    let lived = |iat: i64, exp: i64| with(with(claims(), "iat", json!(iat)), "exp", json!(exp));
    let malformed = Err(TokenError::Malformed("claims"));
    for (claims, result) in [
        (with(claims(), "iss", json!("dev_02")), Err(TokenError::WrongIssuer)),
        (with(claims(), "iss", json!("alice")), Err(TokenError::WrongIssuer)),
        (with(claims(), "aud", json!("other")), Err(TokenError::WrongAudience)),
        (lived(NOW, NOW + 61), Err(TokenError::LifetimeNotAllowed)),
        (lived(NOW, NOW), Err(TokenError::LifetimeNotAllowed)),
        (lived(NOW + 10, NOW + 5), Err(TokenError::LifetimeNotAllowed)),
        (lived(i64::MIN / 1_000_000_000_000, NOW + 5), Err(TokenError::LifetimeNotAllowed)),
        (lived(NOW - 60, NOW), Err(TokenError::Expired)),
        (lived(NOW - 59, NOW + 1), Ok(())),
        (lived(NOW + 30, NOW + 90), Ok(())),
        (lived(NOW + 31, NOW + 60), Err(TokenError::NotYetValid)),
        (with(claims(), "body_sha256", json!("")), Err(TokenError::Malformed("body_sha256"))),
        (
            with(claims(), "body_sha256", json!("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
            Err(TokenError::Malformed("body_sha256")),
        ),
        (with(claims(), "aud", json!(["scrip"])), malformed.clone()),
        (with(claims(), "exp", json!(u64::MAX)), malformed.clone()),
        (without(claims(), "body_sha256"), malformed.clone()),
        (without(claims(), "iat"), malformed.clone()),
        (without(claims(), "exp"), malformed),
    ] {
        let token = key.sign_jwt(DEVICE, &claims);
        assert_eq!(verify_device(&token, key.public_jwk(), at(NOW)).map(|_| ()), result, "{claims}");
    }
}

#[test]
fn the_header_decides() {
    let key = SigningKey::generate(Algorithm::EdDsa);
    for (header, result) in [
        (header(), Ok(())),
        (without(header(), "typ"), Ok(())),
        (with(header(), "typ", json!("at+jwt")), Err(TokenError::WrongType)),
        (with(header(), "kid", json!("dev_02")), Err(TokenError::WrongIssuer)),
        (without(header(), "kid"), Err(TokenError::WrongIssuer)),
        (with(header(), "alg", json!("none")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("HS256")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("RS256")), Err(TokenError::AlgorithmNotAccepted)),
        (with(header(), "alg", json!("ES256")), Err(TokenError::AlgorithmNotOfKey)),
        (with(header(), "crit", json!(["exp"])), Err(TokenError::CriticalExtension)),
    ] {
        let token = key.sign_jws(&header, &claims());
        assert_eq!(verify_device(&token, key.public_jwk(), at(NOW)).map(|_| ()), result, "{header}");
    }
}

#[test]
fn another_devices_key_does_not_verify() {
    for (signer, other, result) in [
        (Algorithm::EdDsa, Algorithm::EdDsa, TokenError::BadSignature),
        (Algorithm::Es256, Algorithm::Es256, TokenError::BadSignature),
        (Algorithm::EdDsa, Algorithm::Es256, TokenError::AlgorithmNotOfKey),
        (Algorithm::Es256, Algorithm::EdDsa, TokenError::AlgorithmNotOfKey),
    ] {
        let token = sign_device(&SigningKey::generate(signer), DEVICE, b"", at(NOW));
        let other = SigningKey::generate(other);
        assert_eq!(verify_device(&token, other.public_jwk(), at(NOW)), Err(result));
    }
}

#[test]
fn a_token_is_a_devices_if_it_names_one_twice() {
    let key = SigningKey::generate(Algorithm::EdDsa);
    let kind = |kid: &str, iss: &str| classify(&key.sign_jwt(kid, &json!({"iss": iss})));

    assert_eq!(kind(DEVICE, DEVICE), Kind::Device(DEVICE.to_owned()));
    assert_eq!(kind(DEVICE, "dev_02"), Kind::Device(DEVICE.to_owned()), "to be refused when it is verified");
    assert_eq!(kind(DEVICE, "https://issuer.example"), Kind::User);
    assert_eq!(kind("k1", DEVICE), Kind::User);
    let long = format!("dev_{}", "1".repeat(61));
    for id in ["dev_", "dev_#", "Dev_1", "dev_1 ", "dev_é", long.as_str()] {
        assert_eq!(kind(id, id), Kind::User, "{id}");
    }
    for token in ["", "a.b.c", "..", &"x".repeat(9_000)] {
        assert_eq!(classify(token), Kind::User);
        assert!(verify_device(token, key.public_jwk(), at(NOW)).is_err());
    }
}

proptest! {
    #[test]
    fn random_texts_never_verify(
        token in "\\PC{0,200}",
        parts in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{86}",
    ) {
        let key = SigningKey::generate(Algorithm::Es256);
        for token in [token, parts] {
            prop_assert!(verify_device(&token, key.public_jwk(), at(NOW)).is_err());
            prop_assert_eq!(peek_device(&token), None);
        }
    }

    #[test]
    fn a_token_holds_for_its_minute_and_its_body(body: Vec<u8>, after in -200_i64..200) {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let token = sign_device(&key, DEVICE, &body, at(NOW));
        let verified = verify_device(&token, key.public_jwk(), at(NOW + after));
        prop_assert_eq!(verified.is_ok(), (-30..60).contains(&after));
        if let Ok(claims) = verified {
            prop_assert_eq!(claims.body_sha256, body_sha256(&body));
        }
    }

    #[test]
    fn no_character_of_a_token_can_change(position: prop::sample::Index, with in "[A-Za-z0-9_.-]") {
        let key = SigningKey::generate(Algorithm::Es256);
        let token = sign_device(&key, DEVICE, b"{}", at(NOW));
        let position = position.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(position..=position, &with);
        prop_assert_eq!(verify_device(&changed, key.public_jwk(), at(NOW)).is_ok(), changed == token);
    }
}
