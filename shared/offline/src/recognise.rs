//! Which authorizations a code belongs to. The work is the same whatever the code is and however many there are.

use crate::codes::Codes;
use crate::grant::{Credential, Grant};
use crate::limits::MAX_USABLE_AUTHORIZATIONS;
use scrip_capability::not_held;
use scrip_clock::Timestamp;
use scrip_identity::{Keyring, NotOpened};
use scrip_refusal::Failure;
use scrip_secure_code::{Alias, SecureCode, StaticCode, Step, Totp, TotpAlgorithm, TotpSecret};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What stands in for a secret where there is none.
const NO_SECRET: [u8; 32] = [0; 32];
/// What stands in for a sealed secret of 32 bytes: it never opens, but is tried.
const NOT_SEALED: &str =
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A code that may be kept: a static one as a keyed hash, the secret of time-based ones sealed.
#[derive(Clone, Debug)]
pub enum NewCode {
    /// The same digits for several payments.
    Static(StaticCode),
    /// A secret that makes new digits every 30 seconds.
    Totp(Totp),
}

/// An authorization that has the presented code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) id: &'a str,
    pub(crate) grant: &'a Grant,
    /// The step of a time-based code.
    pub(crate) step: Option<Step>,
}

/// The authorizations that have this code at this time.
pub(crate) fn recognise<'a>(
    codes: &'a Codes,
    code: &SecureCode,
    at: Timestamp,
    keyring: &Keyring,
) -> Result<Vec<Match<'a>>, Failure> {
    let presented: Vec<_> = tags(keyring, codes.alias, code).collect();
    let mut grants = codes.record.iter().flat_map(|record| &record.authorizations);
    let mut matches = Vec::new();
    for _ in 0..MAX_USABLE_AUTHORIZATIONS {
        let place = grants.next();
        let (id, kept, sealed, algorithm) = match place.map(|(id, grant)| (id.as_str(), &grant.credential)) {
            Some((id, Credential::Totp { sealed, algorithm })) => (id, "", sealed.as_str(), *algorithm),
            Some((id, Credential::Static { tag })) => {
                (id, tag.as_str(), NOT_SEALED, TotpAlgorithm::default())
            }
            None => ("", "", NOT_SEALED, TotpAlgorithm::default()),
        };
        let opened = opened(keyring, id, sealed)?;
        let is_open = opened.is_some();
        let secret = opened.unwrap_or_else(|| TotpSecret::from(NO_SECRET));
        let step = Totp::new(secret, algorithm).verify(code.as_str(), at).filter(|_| is_open);
        let is_static = presented
            .iter()
            .fold(false, |found, presented| found | bool::from(kept.as_bytes().ct_eq(presented.as_bytes())));
        if let Some((id, grant)) = place.filter(|_| is_static || step.is_some()) {
            matches.push(Match { id, grant, step });
        }
    }
    Ok(matches)
}

/// Puts the place that has a code in front, if there are several. Looks at each of them, wherever the code is.
pub(crate) fn with_code_first(
    places: &mut [Codes],
    code: &SecureCode,
    at: Timestamp,
    keyring: &Keyring,
) -> Result<(), Failure> {
    if places.len() < 2 {
        return Ok(());
    }
    let mut found = 0;
    for (place, codes) in places.iter().enumerate().rev() {
        if !recognise(codes, code, at, keyring)?.is_empty() {
            found = place;
        }
    }
    places.swap(0, found);
    Ok(())
}

/// What is kept of a code.
pub(crate) fn keep(code: &NewCode, alias: Alias, authorization: &str, keyring: &Keyring) -> Credential {
    match code {
        NewCode::Static(code) => {
            Credential::Static { tag: tags(keyring, alias, code.as_secure_code()).next().unwrap_or_default() }
        }
        NewCode::Totp(totp) => Credential::Totp {
            sealed: keyring.seal(SECRET, authorization, totp.secret.as_bytes()),
            algorithm: totp.algorithm,
        },
    }
}

/// Whether an authorization that has not ended has the same code or secret.
pub(crate) fn is_in_use(code: &NewCode, codes: &Codes, keyring: &Keyring) -> Result<bool, Failure> {
    let record = codes.record.iter().flat_map(|record| &record.authorizations);
    for (id, grant) in record.filter(|(_, grant)| !grant.ended) {
        let same = match (&grant.credential, code) {
            (Credential::Static { tag: kept }, NewCode::Static(code)) => {
                tags(keyring, codes.alias, code.as_secure_code())
                    .fold(false, |found, tag| found | bool::from(kept.as_bytes().ct_eq(tag.as_bytes())))
            }
            (Credential::Totp { sealed, .. }, NewCode::Totp(totp)) => {
                let Some(secret) = opened(keyring, id, sealed)? else { continue };
                bool::from(secret.as_bytes().ct_eq(totp.secret.as_bytes()))
            }
            _ => continue,
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

const SECRET: &str = "offline-totp-secret";

fn opened(keyring: &Keyring, authorization: &str, sealed: &str) -> Result<Option<TotpSecret>, Failure> {
    match keyring.open(SECRET, authorization, sealed) {
        Ok(bytes) => TotpSecret::from_bytes(bytes.as_slice()).map(Some).map_err(Failure::broken),
        // Without these keys nobody can tell what is a right code: it is no miss.
        Err(NotOpened::NotHeld(error)) if error.is_newer() => Err(not_held(error)),
        Err(_) => Ok(None),
    }
}

/// The hashes of a static code, keyed for its user: who reads the table can't try codes, or see that two are the same. The
/// first is the one that is kept; it may have been kept by each of the others.
fn tags(keyring: &Keyring, alias: Alias, code: &SecureCode) -> impl Iterator<Item = String> {
    let text = Zeroizing::new(format!("{alias}#{}", code.as_str()));
    let keys: Vec<_> = keyring.derive_each("offline-static-code", &text).collect();
    keys.into_iter().map(|key| data_encoding::BASE64URL_NOPAD.encode(&key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodesRecord;
    use crate::grant::tests::grant;
    use scrip_identity::MasterSecret;

    fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_764_000_000).unwrap()
    }

    fn totp(byte: u8) -> Totp {
        Totp::new(TotpSecret::from_bytes([byte; 20]).unwrap(), TotpAlgorithm::Sha1)
    }

    fn codes(kept: &[(&str, NewCode)]) -> Codes {
        let alias = Alias::of_number(7);
        let mut record = CodesRecord::empty(Some("alice"));
        for (id, code) in kept {
            let credential = keep(code, alias, id, &keyring());
            record.authorizations.insert((*id).to_owned(), Grant { credential, ..grant(100, 1) });
        }
        Codes { alias, record: Some(record) }
    }

    fn recognised(codes: &Codes, code: &SecureCode) -> Vec<String> {
        let matches = recognise(codes, code, now(), &keyring()).unwrap();
        matches.iter().map(|found| found.id.to_owned()).collect()
    }

    #[test]
    fn a_code_finds_its_authorization_alone() {
        let fixed = StaticCode::parse("123456789013").unwrap();
        let codes = codes(&[
            ("auth_1", NewCode::Static(fixed.clone())),
            ("auth_2", NewCode::Totp(totp(1))),
            ("auth_3", NewCode::Totp(totp(2))),
        ]);
        assert_eq!(recognised(&codes, fixed.as_secure_code()), ["auth_1"]);
        assert_eq!(recognised(&codes, &totp(1).code_at(now())), ["auth_2"]);
        assert_eq!(recognised(&codes, &totp(2).code_at(now())), ["auth_3"]);
        assert!(recognised(&codes, &totp(3).code_at(now())).is_empty());
        let zeros = Totp::new(TotpSecret::from(NO_SECRET), TotpAlgorithm::Sha256);
        assert!(
            recognised(&codes, &zeros.code_at(now())).is_empty(),
            "what stands in for a secret opens nothing"
        );
    }

    #[test]
    fn nothing_is_recognised_where_nothing_is() {
        let nothing = Codes { alias: Alias::of_number(7), record: None };
        assert!(recognised(&nothing, &SecureCode::parse("12345678").unwrap()).is_empty());
    }

    #[test]
    fn a_static_code_counts_under_its_own_alias_alone() {
        let fixed = StaticCode::generate(12);
        let mut moved = codes(&[("auth_1", NewCode::Static(fixed.clone()))]);
        moved.alias = Alias::of_number(8);
        assert!(recognised(&moved, fixed.as_secure_code()).is_empty());
    }

    #[test]
    fn what_is_kept_does_not_show_the_code() {
        let fixed = StaticCode::generate(24);
        let kept = codes(&[("auth_1", NewCode::Static(fixed.clone())), ("auth_2", NewCode::Totp(totp(9)))]);
        let shown = format!("{kept:?}");
        assert!(!shown.contains(fixed.as_str()) && !shown.contains(&totp(9).secret.to_base64url()));
    }

    #[test]
    fn a_code_in_use_is_known_until_its_authorization_ends() {
        let fixed = NewCode::Static(StaticCode::generate(12));
        let mut codes = codes(&[("auth_1", fixed.clone()), ("auth_2", NewCode::Totp(totp(1)))]);
        let in_use = |codes: &Codes, code: &NewCode| is_in_use(code, codes, &keyring()).unwrap();
        let other_hash = Totp { algorithm: TotpAlgorithm::Sha512, ..totp(1) };
        assert!(in_use(&codes, &fixed) && in_use(&codes, &NewCode::Totp(other_hash)));
        assert!(!in_use(&codes, &NewCode::Totp(totp(2))));
        for grant in codes.record.as_mut().unwrap().authorizations.values_mut() {
            grant.ended = true;
        }
        assert!(!in_use(&codes, &fixed) && !in_use(&codes, &NewCode::Totp(totp(1))));
    }
    #[test]
    fn the_place_that_has_the_code_comes_first() {
        let wanted = StaticCode::parse("123456789013").unwrap();
        let other = StaticCode::parse("204615873493").unwrap();
        let first = |places: &[(&str, &StaticCode)]| {
            let place = |(id, code): &(&str, &StaticCode)| codes(&[(*id, NewCode::Static((*code).clone()))]);
            let mut places: Vec<_> = places.iter().map(place).collect();
            with_code_first(&mut places, wanted.as_secure_code(), now(), &keyring()).unwrap();
            places.first()?.record.as_ref()?.authorizations.keys().next().cloned()
        };
        assert_eq!(first(&[]), None);
        assert_eq!(first(&[("a", &other)]).as_deref(), Some("a"));
        assert_eq!(first(&[("a", &other), ("b", &wanted)]).as_deref(), Some("b"));
        assert_eq!(first(&[("a", &wanted), ("b", &other)]).as_deref(), Some("a"));
        assert_eq!(first(&[("a", &other), ("b", &other)]).as_deref(), Some("a"));
        assert_eq!(first(&[("a", &other), ("b", &other), ("c", &wanted)]).as_deref(), Some("c"));
    }

    #[test]
    fn what_was_sealed_with_keys_to_come_is_no_wrong_code() {
        let [old, new] = ["a master secret for tests, long enough", "another secret for tests, long enough"];
        let secret = MasterSecret::parse(old).unwrap();
        let rotated = secret.with_next(new, Timestamp::UNIX_EPOCH).unwrap().keyring(now());
        let alias = Alias::of_number(7);
        let credential = keep(&NewCode::Totp(totp(1)), alias, "auth_1", &rotated);
        let mut record = CodesRecord::empty(Some("alice"));
        record.authorizations.insert("auth_1".to_owned(), Grant { credential, ..grant(100, 1) });
        let codes = Codes { alias, record: Some(record) };
        let code = totp(1).code_at(now());
        assert_eq!(recognise(&codes, &code, now(), &rotated).unwrap().len(), 1);
        let failure = recognise(&codes, &code, now(), &keyring()).map(|found| found.len()).unwrap_err();
        assert!(matches!(failure, Failure::Busy(_)), "{failure}");
    }
}
