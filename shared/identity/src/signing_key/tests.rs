use super::*;
use crate::verify_signature;

/// RFC 8037 appendix A.1.
const RFC_8037: &str = concat!(
    r#"{"crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","kty":"OKP","#,
    r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
);
/// RFC 7515 appendix A.3.1.
const RFC_7515: &str = concat!(
    r#"{"crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","kty":"EC","#,
    r#""x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
);

/// RFC 8037 appendix A.4. Ed25519 is deterministic: the signature is that of the RFC, bit for bit.
#[test]
fn the_signature_of_rfc_8037() {
    let key = SigningKey::from_private_jwk(RFC_8037).unwrap();
    assert_eq!(
        key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn private_jwks_are_read_and_written() {
    for (text, algorithm) in [(RFC_8037, Algorithm::EdDsa), (RFC_7515, Algorithm::Es256)] {
        let key = SigningKey::from_private_jwk(text).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert_eq!(*key.to_private_jwk(), text);
        assert!(verify_signature(key.public_jwk(), b"message", &key.sign(b"message")));
    }
}

#[test]
fn a_new_key_is_written_read_and_signs() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm);
        let read = SigningKey::from_private_jwk(&key.to_private_jwk()).unwrap();

        assert_eq!(read.algorithm(), algorithm);
        assert!(verify_signature(key.public_jwk(), b"message", &read.sign(b"message")));
        assert_ne!(SigningKey::generate(algorithm).public_jwk(), key.public_jwk());
    }
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let zero = base64url::encode([0; 32]);
    let other = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B";
    for (text, error) in [
        (String::new(), SigningKeyError::Malformed),
        (SigningKey::generate(Algorithm::EdDsa).public_jwk().canonical_json(), SigningKeyError::Malformed),
        (RFC_8037.replace(r#""kty""#, r#""k":"","kty""#), SigningKeyError::Malformed),
        (RFC_8037.replace("Ed25519", "Ed448"), SigningKeyError::Public(JwkError::UnsupportedType)),
        (RFC_8037.replace("nWGxne", "nWGx"), SigningKeyError::InvalidSecret),
        (RFC_8037.replace("nWGxne", "nWGxnf"), SigningKeyError::Mismatch),
        (
            RFC_8037.replace("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", other),
            SigningKeyError::InvalidSecret,
        ),
        (RFC_7515.replace("jpsQnn", "jpsQnm"), SigningKeyError::Mismatch),
        (
            RFC_7515.replace("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", &zero),
            SigningKeyError::InvalidSecret,
        ),
    ] {
        assert_eq!(SigningKey::from_private_jwk(&text).unwrap_err(), error, "{text}");
    }
}

#[test]
fn debug_shows_the_public_key_alone() {
    for text in [RFC_8037, RFC_7515] {
        let shown = format!("{:?}", SigningKey::from_private_jwk(text).unwrap());
        assert!(shown.contains("kty") && !shown.contains(r#""d""#), "{shown}");
    }
}

#[test]
fn a_jwt_names_the_keys_algorithm() {
    for (algorithm, name) in [(Algorithm::EdDsa, "EdDSA"), (Algorithm::Es256, "ES256")] {
        let jwt = SigningKey::generate(algorithm).sign_jwt("k1", &json!({"sub": "u1"}));
        let header = base64url::decode(jwt.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({"alg": name, "kid": "k1", "typ": "JWT"}));
    }
}
