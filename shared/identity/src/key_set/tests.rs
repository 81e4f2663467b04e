use super::*;
use crate::{Algorithm, SigningKey};
use serde_json::json;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../user_token/rs256.json")).unwrap()
}

fn named(kid: &str, algorithm: Algorithm) -> Value {
    let mut key = serde_json::to_value(SigningKey::generate(algorithm).public_jwk()).unwrap();
    key["kid"] = kid.into();
    key
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

fn parse(keys: &[Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({"keys": keys, "extra": true}).to_string().as_bytes())
}

fn algorithm(keys: &KeySet, kid: Option<&str>, algorithm: &str) -> Result<&'static str, TokenError> {
    keys.select(kid, algorithm).map(|key| key.algorithm)
}

#[test]
fn keys_are_selected_by_id_and_have_one_algorithm() {
    let rsa = fixture()["jwks"]["keys"][0].clone();
    let keys = parse(&[named("ed", Algorithm::EdDsa), named("ec", Algorithm::Es256), rsa]).unwrap();

    assert_eq!(algorithm(&keys, Some("ed"), "EdDSA"), Ok("EdDSA"));
    assert_eq!(algorithm(&keys, Some("ec"), "ES256"), Ok("ES256"));
    assert_eq!(algorithm(&keys, Some("rsa-1"), "RS256"), Ok("RS256"));
    assert_eq!(algorithm(&keys, Some("rsa-1"), "ES256"), Err(TokenError::AlgorithmNotOfKey));
    assert_eq!(algorithm(&keys, Some("rsa-2"), "RS256"), Err(TokenError::UnknownKey));
}

#[test]
fn one_id_may_name_keys_of_several_algorithms() {
    let keys = parse(&[named("k", Algorithm::EdDsa), named("k", Algorithm::Es256)]).unwrap();
    assert_eq!(algorithm(&keys, Some("k"), "EdDSA"), Ok("EdDSA"));
    assert_eq!(algorithm(&keys, Some("k"), "ES256"), Ok("ES256"));
}

#[test]
fn a_token_without_key_id_needs_a_single_key_for_its_algorithm() {
    let keys =
        parse(&[named("1", Algorithm::EdDsa), named("2", Algorithm::Es256), named("3", Algorithm::Es256)])
            .unwrap();
    assert_eq!(algorithm(&keys, None, "EdDSA"), Ok("EdDSA"));
    assert_eq!(algorithm(&keys, None, "ES256"), Err(TokenError::UnknownKey));
    assert_eq!(algorithm(&keys, None, "RS256"), Err(TokenError::UnknownKey));
}

#[test]
fn keys_that_are_of_no_use_are_skipped() {
    let good = named("good", Algorithm::EdDsa);
    let rsa = fixture()["jwks"]["keys"][0].clone();
    let bad = [
        json!("no object"),
        json!({"kid": "bad"}),
        json!({"kty": "oct", "kid": "bad", "k": "c2VjcmV0"}),
        json!({"kty": "AKP", "kid": "bad", "alg": "ML-DSA-44", "pub": "AAAA"}),
        with(named("bad", Algorithm::EdDsa), "use", json!("enc")),
        with(named("bad", Algorithm::EdDsa), "key_ops", json!(["sign"])),
        with(named("bad", Algorithm::EdDsa), "alg", json!("ES256")),
        with(named("bad", Algorithm::Es256), "crv", json!("P-521")),
        with(named("bad", Algorithm::Es256), "d", json!("c2VjcmV0")),
        with(named("bad", Algorithm::Es256), "x", json!("AAAA")),
        with(with(rsa.clone(), "kid", json!("bad")), "alg", json!("RS512")),
        with(with(rsa.clone(), "kid", json!("bad")), "e", json!("=")),
        with(with(rsa.clone(), "kid", json!("bad")), "n", fixture()["short_modulus"].clone()),
        with(with(rsa.clone(), "kid", json!("bad")), "n", json!("AAAA")),
        with(with(rsa, "kid", json!("bad")), "n", json!(base64url::encode([255; 513]))),
    ];
    for key in bad {
        let keys = parse(&[key.clone(), good.clone()]).unwrap();
        assert!(!keys.contains("bad"), "{key}");
        assert!(keys.contains("good"), "{key}");
        assert_eq!(parse(std::slice::from_ref(&key)).unwrap_err(), KeySetError::NoUsableKey, "{key}");
    }
}

#[test]
fn usual_further_members_do_no_harm() {
    let key = with(named("k", Algorithm::Es256), "x5c", json!(["MIIB"]));
    let key = with(with(key, "use", json!("sig")), "key_ops", json!(["verify"]));
    assert!(parse(&[with(key, "alg", json!("ES256"))]).unwrap().contains("k"));
}

/// Zeros in front of a modulus add nothing to its length.
#[test]
fn a_short_modulus_is_not_made_longer_by_zeros() {
    let short = base64url::decode(fixture()["short_modulus"].as_str().unwrap()).unwrap();
    let padded = [vec![0; 128], short].concat();
    let key = json!({"kty": "RSA", "kid": "k", "n": base64url::encode(padded), "e": "AQAB"});
    assert_eq!(parse(&[key]).unwrap_err(), KeySetError::NoUsableKey);
}

#[test]
fn what_is_no_key_set_is_malformed() {
    for text in ["", "[]", "{}", r#"{"keys": {}}"#, "<html>", "\u{0}"] {
        assert_eq!(KeySet::parse(text.as_bytes()).unwrap_err(), KeySetError::Malformed, "{text}");
    }
    assert_eq!(parse(&[]).unwrap_err(), KeySetError::NoUsableKey);
}
