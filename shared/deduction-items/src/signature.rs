//! Rules that a terminal may keep for a while and still believe.

use crate::deductions::Deductions;
use crate::item::{ItemRecord, SignedRule};
use crate::limits::SIGNED_RULE_MINUTES;
use schemars::JsonSchema;
use scrip_capability::not_held;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::{Algorithm, Generation, Keyring, SigningKey};
use scrip_refusal::Failure;
use serde::Serialize;
use serde_json::{Value, json};

/// The keys that verify signatures: a JWK Set (RFC 7517 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SigningKeys", example = json!({
    "keys": [{
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "alg": "EdDSA",
        "use": "sig",
    }],
}))]
pub struct KeysView {
    /// Those that signatures may name by `kid`.
    pub keys: Vec<KeyView>,
}

/// A public key (RFC 8037 section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
pub struct KeyView {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The key, base64url.
    pub x: String,
    /// Its thumbprint (RFC 7638), named by each signature.
    pub kid: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

impl Deductions {
    /// The keys that verify what this deployment signs, the current one first: also those with which it signed before, or
    /// will sign next.
    pub fn keys(&self) -> Result<KeysView, Failure> {
        let keyring = self.keyring()?;
        let keys = keyring.generations().map(|generation| view(&signing_key(keyring, generation)?));
        Ok(KeysView { keys: keys.collect::<Result<_, _>>()? })
    }

    /// The current rule of an item, signed.
    pub async fn signed_rule(&self, merchant: &str, item: &str) -> Result<SignedRule, Failure> {
        self.sign(&self.item(merchant, item).await?)
    }

    pub(crate) fn sign(&self, record: &ItemRecord) -> Result<SignedRule, Failure> {
        let keyring = self.keyring()?;
        sign(record, &signing_key(keyring, keyring.current())?, self.now())
    }
}

fn view(key: &SigningKey) -> Result<KeyView, Failure> {
    let jwk = serde_json::to_value(key.public_jwk()).map_err(Failure::broken)?;
    let member = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| Failure::broken(format!("a key without {name}")))
    };
    Ok(KeyView {
        kty: member("kty")?,
        crv: member("crv")?,
        x: member("x")?,
        kid: key.public_jwk().thumbprint(),
        alg: key.public_jwk().algorithm().to_owned(),
        usage: "sig".to_owned(),
    })
}

fn signing_key(keyring: &Keyring, generation: Generation) -> Result<SigningKey, Failure> {
    let secret = keyring.derive_of(generation, "rule-signing", "1").map_err(not_held)?;
    SigningKey::from_secret(Algorithm::EdDsa, &secret).map_err(Failure::broken)
}

fn sign(record: &ItemRecord, key: &SigningKey, now: Timestamp) -> Result<SignedRule, Failure> {
    let view = record.view()?;
    let longest = now + SignedDuration::from_mins(SIGNED_RULE_MINUTES);
    let until = view.valid_until.map_or(longest, |until| until.min(longest));
    let claims = json!({
        "merchant": record.merchant,
        "item": view.item,
        "version": view.version,
        "kind": view.kind,
        "rule": view.rule,
        "valid_from": view.valid_from,
        "valid_until": view.valid_until,
        "iat": now.as_second(),
        "exp": until.as_second(),
    });
    let signature = key.sign_jwt(&key.public_jwk().thumbprint(), &claims);
    Ok(SignedRule {
        item: view.item,
        version: view.version,
        kind: view.kind,
        rule: view.rule,
        valid_from: view.valid_from,
        valid_until: view.valid_until,
        signature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::{off, record};
    use scrip_deduction::Kind;
    use scrip_identity::verify_signature;

    fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    fn claims(record: &ItemRecord, now: i64) -> Value {
        let key = signing_key(&keyring(), Generation::FIRST).unwrap();
        let signed = sign(record, &key, Timestamp::from_second(now).unwrap()).unwrap();
        let (text, signature) = signed.signature.rsplit_once('.').unwrap();
        assert!(verify_signature(key.public_jwk(), text.as_bytes(), signature));
        let (_, claims) = text.split_once('.').unwrap();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn the_key_stays_the_same_for_a_master_secret() {
        let key =
            |keyring: &Keyring| signing_key(keyring, Generation::FIRST).unwrap().public_jwk().thumbprint();
        assert_eq!(key(&keyring()), key(&keyring()));
        let other = Keyring::from_secret("another master secret for tests, long").unwrap();
        assert_ne!(key(&keyring()), key(&other));
    }

    #[test]
    fn a_signature_counts_an_hour_but_not_beyond_the_item() {
        let record = record("tea", Kind::Promotion, &off(5));
        let signed = claims(&record, 1_000);
        assert_eq!((&signed["iat"], &signed["exp"]), (&json!(1_000), &json!(1_000 + 3_600)));
        assert_eq!((&signed["merchant"], &signed["version"]), (&json!("mch_1"), &json!(3)));
        assert_eq!(signed["rule"]["effect"]["amount"]["amount"], 5);
        let short = ItemRecord { valid_until: Some(1_500_999), ..record };
        assert_eq!(claims(&short, 1_000)["exp"], 1_500);
    }
}
