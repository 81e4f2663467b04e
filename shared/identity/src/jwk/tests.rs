use super::*;
use crate::{Algorithm, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};

/// RFC 8037 appendix A.2.
fn rfc_8037() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// RFC 7515 appendix A.3.1, without its private part.
fn rfc_7515() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

fn key(json: Value) -> Jwk {
    serde_json::from_value(json).unwrap()
}

fn error(json: Value) -> String {
    serde_json::from_value::<Jwk>(json).unwrap_err().to_string()
}

fn with(mut json: Value, name: &str, value: &str) -> Value {
    json[name] = value.into();
    json
}

#[test]
fn ed25519_of_rfc_8037_appendix_a() {
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let key = key(rfc_8037());

    assert!(verify_signature(&key, message, signature));
    assert!(!verify_signature(&key, b"another message", signature));
    assert_eq!(key.algorithm(), "EdDSA");
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn es256_of_rfc_7515_appendix_a_3() {
    let message = concat!(
        "eyJhbGciOiJFUzI1NiJ9.",
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    );
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = key(rfc_7515());

    assert!(verify_signature(&key, message.as_bytes(), signature));
    assert!(!verify_signature(&key, b"another message", signature));
    assert_eq!(key.algorithm(), "ES256");
}

/// The key of RFC 9449 section 4.2 and its thumbprint from section 6.1.
#[test]
fn the_thumbprint_of_a_p256_key() {
    let key = key(json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    }));
    assert_eq!(key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

/// The canonical JSON of the RSA key in RFC 7638 section 3.1: the hash and its encoding are those of any key.
#[test]
fn thumbprints_hash_as_in_rfc_7638() {
    let n = concat!(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3",
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA",
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-",
        "kEgU8awapJzKnqDKgw"
    );
    let canonical = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#);
    assert_eq!(crate::body_sha256(canonical.as_bytes()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn json_is_canonical_both_ways() {
    for json in [rfc_8037(), rfc_7515()] {
        let key = key(json.clone());
        assert_eq!(serde_json::to_value(&key).unwrap(), json);
        assert_eq!(serde_json::to_string(&key).unwrap(), key.canonical_json());
        assert_eq!(serde_json::from_str::<Jwk>(&key.canonical_json()).unwrap(), key);
    }
}

#[test]
fn private_and_unknown_members_are_refused() {
    for name in ["d", "k", "kid", "alg", "use", "extra"] {
        for json in [rfc_8037(), rfc_7515()] {
            let told = error(with(json, name, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
            assert!(told.starts_with(&format!("unknown field `{name}`")), "{told}");
            assert!(!told.contains("nWGxne"), "{told}");
        }
    }
}

#[test]
fn what_is_no_key_is_refused_with_the_reason() {
    let ed25519 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for (json, reason) in [
        (with(rfc_8037(), "crv", "X25519"), JwkError::UnsupportedType),
        (with(rfc_8037(), "kty", "EC"), JwkError::UnsupportedType),
        (with(rfc_7515(), "crv", "P-384"), JwkError::UnsupportedType),
        (with(rfc_7515(), "kty", "oct"), JwkError::UnsupportedType),
        (with(rfc_8037(), "y", ed25519), JwkError::WrongMembers),
        (json!({"kty": "EC", "crv": "P-256", "x": rfc_7515()["x"]}), JwkError::WrongMembers),
        (with(rfc_8037(), "x", ""), JwkError::WrongLength),
        (with(rfc_8037(), "x", &ed25519[2..]), JwkError::WrongLength),
        (with(rfc_8037(), "x", &format!("{ed25519}=")), JwkError::WrongLength),
        (with(rfc_7515(), "y", &format!("AA{ed25519}")), JwkError::WrongLength),
        (with(rfc_8037(), "x", &base64url::encode([2; 32])), JwkError::InvalidPoint),
        (with(rfc_7515(), "y", ed25519), JwkError::InvalidPoint),
    ] {
        assert!(error(json.clone()).starts_with(&reason.to_string()), "{json}");
    }
    assert!(error(json!({"kty": "OKP", "crv": "Ed25519"})).starts_with("missing field `x`"));
}

/// With the neutral element as the key, `R = S·B` is a signature over every message.
#[test]
fn keys_that_anybody_can_sign_for_are_refused() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for weak in [neutral, [0; 32]] {
        assert!(
            error(with(rfc_8037(), "x", &base64url::encode(weak)))
                .starts_with(&JwkError::InvalidPoint.to_string())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn signatures_hold_for_their_key_and_message_alone(message: Vec<u8>, other: Vec<u8>, flipped in 0_usize..512) {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
            let key = SigningKey::generate(algorithm);
            let signature = key.sign(&message);
            prop_assert!(verify_signature(key.public_jwk(), &message, &signature));
            prop_assert_eq!(verify_signature(key.public_jwk(), &other, &signature), message == other);
            prop_assert!(!verify_signature(SigningKey::generate(algorithm).public_jwk(), &message, &signature));

            let mut bytes = base64url::decode(&signature).unwrap();
            prop_assert_eq!(bytes.len(), 64);
            bytes[flipped / 8] ^= 1 << (flipped % 8);
            prop_assert!(!verify_signature(key.public_jwk(), &message, &base64url::encode(&bytes)));
            prop_assert!(!verify_signature(key.public_jwk(), &message, &base64url::encode(&bytes[1..])));
        }
    }

    #[test]
    fn random_texts_are_no_signatures(text in ".{0,120}", bytes: [u8; 64]) {
        for json in [rfc_8037(), rfc_7515()] {
            prop_assert!(!verify_signature(&key(json.clone()), b"message", &text));
            prop_assert!(!verify_signature(&key(json), b"message", &base64url::encode(bytes)));
        }
    }

    #[test]
    fn random_coordinates_never_panic(x: [u8; 32], y: [u8; 32]) {
        prop_assert!(Jwk::p256(x, y).is_err());
        if let Ok(key) = Jwk::ed25519(x) {
            prop_assert_eq!(serde_json::from_str::<Jwk>(&key.canonical_json()).unwrap(), key);
        }
    }
}
