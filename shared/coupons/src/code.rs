//! What is shown, scanned or typed to use a coupon: 18 digits, which are its alias, seven that prove the right to use
//! it, and a check digit. The QR code holds the same digits behind a prefix.

use crate::alias::{ALIAS_DIGITS, Alias};
use crate::coupon::{CouponRecord, Reservation};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::Keyring;
use scrip_refusal::{Code, Refusal};
use scrip_secure_code::check_digit;
use std::fmt;
use subtle::ConstantTimeEq;

/// Digits of a code.
pub const CODE_DIGITS: usize = ALIAS_DIGITS + PROOF_DIGITS + 1;
/// How long a rotating code is shown.
pub const CODE_STEP_SECONDS: i64 = 60;
/// What a QR code holds before the digits.
pub const QR_PREFIX: &str = "scrip:coupon:";
const PROOF_DIGITS: usize = 7;
/// Stands for the holder where a reservation's id stands for the contact.
const HOLDER: &str = "holder";
const PROOFS: u64 = 10_000_000;
/// The purposes of the keys that proofs are made of.
const ROTATING: &str = "coupon-code";
const LASTING: &str = "coupon-reservation-code";

/// A coupon's code as it came. `Debug` redacts the proof.
#[derive(Clone, PartialEq, Eq)]
pub struct CouponCode {
    /// Which coupon.
    pub alias: Alias,
    proof: String,
}

/// What a code showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The code of the holder, as of this step.
    Holder,
    /// The code of the contact who has reserved it: the lasting one of the reservation, or the rotating one.
    Reserver,
}

impl CouponCode {
    /// Reads what was scanned or typed: 18 digits, in groups if somebody likes that better, or what a QR code holds.
    ///
    /// # Errors
    /// `code-not-accepted`: it has another form, or a digit was misread.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.strip_prefix(QR_PREFIX).unwrap_or(text);
        let digits: String = text.chars().filter(|sign| !matches!(sign, ' ' | '-')).collect();
        if digits.len() != CODE_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = format!("A code has {CODE_DIGITS} digits. Scan or type it again.");
            return Err(Refusal::new(Code::CodeNotAccepted, detail));
        }
        let (body, check) = digits.split_at(CODE_DIGITS - 1);
        let misread = || Refusal::new(Code::CodeNotAccepted, "A digit was misread. Scan or type it again.");
        if check.as_bytes() != [check_digit(body)] {
            return Err(misread());
        }
        let (alias, proof) = body.split_at(ALIAS_DIGITS);
        let alias = Alias::parse(alias).ok_or_else(misread)?;
        Ok(Self { alias, proof: proof.to_owned() })
    }

    /// The holder's code at a time, while the coupon is held.
    pub fn of_holder(coupon: &CouponRecord, keyring: &Keyring, at: Timestamp) -> Self {
        Self::new(coupon, keyring.derive(ROTATING, &rotating(coupon, HOLDER, step(at))))
    }

    /// The rotating code of the contact who has reserved the coupon.
    pub fn of_reserver(
        coupon: &CouponRecord,
        reservation: &Reservation,
        keyring: &Keyring,
        at: Timestamp,
    ) -> Self {
        Self::new(coupon, keyring.derive(ROTATING, &rotating(coupon, &reservation.id, step(at))))
    }

    /// The code that a contact gets with a reservation and that counts as long as it, for a shop that asks later.
    pub fn of_reservation(coupon: &CouponRecord, reservation: &Reservation, keyring: &Keyring) -> Self {
        Self::new(coupon, keyring.derive(LASTING, &lasting(coupon, reservation)))
    }

    fn new(coupon: &CouponRecord, key: [u8; 32]) -> Self {
        Self { alias: Alias::of(&coupon.id), proof: proof(&key) }
    }

    /// What it shows of a coupon: `None` if it is none of the codes between `since` and now, or of nobody who had to do
    /// with the coupon last. One step of drift is allowed on both sides. Whether who shows it may use the coupon where
    /// it is now is judged later: the holder of a pooled one may not, nor who reserved it too long ago. Codes of all
    /// generations of keys that are held count: none is shown for long.
    pub fn shows(
        &self,
        coupon: &CouponRecord,
        keyring: &Keyring,
        since: Timestamp,
        now: Timestamp,
    ) -> Option<Shown> {
        if self.alias != Alias::of(&coupon.id) {
            return None;
        }
        let steps = step(since).saturating_sub(1)..=step(now).saturating_add(1);
        let matches = |purpose: &str, id: &str| {
            let keys = keyring.derive_each(purpose, id);
            keys.fold(false, |found, key| {
                found | bool::from(proof(&key).as_bytes().ct_eq(self.proof.as_bytes()))
            })
        };
        let any = |who: &str| {
            let ids = steps.clone().map(|step| rotating(coupon, who, step));
            ids.fold(false, |found, id| found | matches(ROTATING, &id))
        };
        let is_reserver = coupon.reservation.as_ref().is_some_and(|reservation| {
            matches(LASTING, &lasting(coupon, reservation)) | any(&reservation.id)
        });
        match (is_reserver, any(HOLDER)) {
            (true, _) => Some(Shown::Reserver),
            (false, true) => Some(Shown::Holder),
            (false, false) => None,
        }
    }

    /// Until when a rotating code is the one shown.
    pub fn shown_until(at: Timestamp) -> Timestamp {
        let end = (step(at) + 1) * CODE_STEP_SECONDS;
        Timestamp::from_second(end).unwrap_or(at + SignedDuration::from_secs(CODE_STEP_SECONDS))
    }

    /// What the QR code holds.
    pub fn qr(&self) -> String {
        format!("{QR_PREFIX}{self}")
    }
}

fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(CODE_STEP_SECONDS)
}

/// What a rotating code is derived for.
fn rotating(coupon: &CouponRecord, who: &str, step: i64) -> String {
    format!("{}#{who}#{step}", coupon.id)
}

/// What a reservation's lasting code is derived for.
fn lasting(coupon: &CouponRecord, reservation: &Reservation) -> String {
    format!("{}#{}", coupon.id, reservation.id)
}

fn proof(key: &[u8; 32]) -> String {
    let number = key.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)) % PROOFS;
    format!("{number:0PROOF_DIGITS$}")
}

impl fmt::Display for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = format!("{}{}", self.alias, self.proof);
        write!(f, "{body}{}", char::from(check_digit(&body)))
    }
}

impl fmt::Debug for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CouponCode({}, [redacted])", self.alias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::Place;
    use crate::examples::{NOW, coupon, pooled_and_reserved, time};
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    fn shown(code: &CouponCode, coupon: &CouponRecord, at: i64) -> Option<Shown> {
        code.shows(coupon, &keyring(), time(at), time(at))
    }

    fn coupon_of(seed: u32) -> CouponRecord {
        let id = scrip_store::derive_id("cpn_", &[&seed.to_string()]);
        CouponRecord { id, ..coupon() }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(seed: u32, minute in 0_i64..5_000_000) {
            let code = CouponCode::of_holder(&coupon_of(seed), &keyring(), time(minute * 60_000));
            let digits = code.to_string();
            prop_assert_eq!(digits.len(), CODE_DIGITS);
            let grouped = format!("{} {} {}", &digits[..6], &digits[6..12], &digits[12..]);
            for text in [digits.clone(), code.qr(), grouped.clone(), grouped.replace(' ', "-")] {
                prop_assert_eq!(CouponCode::parse(&text).unwrap().to_string(), digits.clone());
            }
        }

        #[test]
        fn every_single_wrong_digit_is_found(seed: u32, place in 0..CODE_DIGITS, other in 1_u8..10) {
            let code = CouponCode::of_holder(&coupon_of(seed), &keyring(), time(NOW));
            let mut digits = code.to_string().into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + other) % 10;
            let misread = CouponCode::parse(&String::from_utf8(digits).unwrap());
            prop_assert_eq!(misread.unwrap_err().code, Code::CodeNotAccepted);
        }

        #[test]
        fn nothing_else_is_a_code_and_nothing_panics(text in "\\PC{0,40}") {
            if let Ok(code) = CouponCode::parse(&text) {
                prop_assert!(text.contains(|sign: char| sign.is_ascii_digit()));
                prop_assert_eq!(code.to_string().len(), CODE_DIGITS);
            }
        }

        #[test]
        fn the_holders_code_counts_for_its_minute_and_one_to_each_side(seconds in -300_i64..300) {
            let coupon = coupon();
            let code = CouponCode::of_holder(&coupon, &keyring(), time(NOW));
            let at = NOW + seconds * 1_000;
            let near = (step(time(at)) - step(time(NOW))).abs() <= 1;
            prop_assert_eq!(shown(&code, &coupon, at), near.then_some(Shown::Holder));
        }

        #[test]
        fn a_code_is_of_one_coupon(one: u32, other: u32) {
            prop_assume!(one != other);
            let code = CouponCode::of_holder(&coupon_of(one), &keyring(), time(NOW));
            prop_assert_eq!(shown(&code, &coupon_of(other), NOW), None);
        }
    }

    #[test]
    fn a_code_counts_as_far_back_as_is_asked() {
        let coupon = coupon();
        let code = CouponCode::of_holder(&coupon, &keyring(), time(NOW));
        let hour = 60 * 60_000;
        let since = |since: i64, now: i64| code.shows(&coupon, &keyring(), time(since), time(now));
        assert_eq!(since(NOW, NOW + hour), Some(Shown::Holder));
        assert_eq!(since(NOW + 60_000, NOW + hour), Some(Shown::Holder));
        assert_eq!(since(NOW + 2 * 60_000, NOW + hour), None);
        assert_eq!(since(NOW - hour, NOW - 2 * 60_000), None);
    }

    #[test]
    fn only_who_had_to_do_with_a_coupon_last_shows_it() {
        let coupon = pooled_and_reserved();
        let reservation = coupon.reservation.clone().unwrap();
        let another = Reservation { id: "rsv_other".into(), user: "carol".into(), ..reservation.clone() };
        let lasting = CouponCode::of_reservation(&coupon, &reservation, &keyring());
        let rotating = CouponCode::of_reserver(&coupon, &reservation, &keyring(), time(NOW));
        let holders = CouponCode::of_holder(&coupon, &keyring(), time(NOW));
        let of_another = CouponCode::of_reservation(&coupon, &another, &keyring());
        for code in [&lasting, &rotating] {
            assert_eq!(shown(code, &coupon, NOW), Some(Shown::Reserver));
        }
        assert_eq!(shown(&holders, &coupon, NOW), Some(Shown::Holder));
        assert_eq!(shown(&of_another, &coupon, NOW), None);

        // The rotating one ends with its minute; the lasting one ends when another takes the reservation's place.
        let later = NOW + 5 * 60_000;
        assert_eq!(
            (shown(&rotating, &coupon, later), shown(&lasting, &coupon, later)),
            (None, Some(Shown::Reserver))
        );
        let taken_over = CouponRecord { reservation: Some(another), ..coupon.clone() };
        assert_eq!((shown(&lasting, &taken_over, NOW), shown(&rotating, &taken_over, NOW)), (None, None));
        let withdrawn = CouponRecord { place: Place::Held, reservation: None, ..coupon };
        assert_eq!(shown(&lasting, &withdrawn, NOW), None);
        assert_eq!(shown(&holders, &withdrawn, NOW), Some(Shown::Holder));
    }

    #[test]
    fn another_secret_makes_other_codes_of_the_same_alias() {
        let other = Keyring::from_secret("another master secret, also long enough").unwrap();
        let (one, two) = (CouponCode::of_holder(&coupon(), &keyring(), time(NOW)), {
            CouponCode::of_holder(&coupon(), &other, time(NOW))
        });
        assert_eq!(one.alias, two.alias);
        assert_ne!(one.to_string(), two.to_string());
    }

    #[test]
    fn a_rotating_code_is_shown_until_its_minute_ends() {
        let minute = 60_000;
        assert_eq!(CouponCode::shown_until(time(10 * minute)), time(11 * minute));
        assert_eq!(CouponCode::shown_until(time(11 * minute - 1)), time(11 * minute));
    }

    #[test]
    fn a_proof_is_in_no_log() {
        let code = CouponCode::of_holder(&coupon(), &keyring(), time(NOW));
        assert!(!format!("{code:?}").contains(&code.proof));
    }

    #[test]
    fn only_18_digits_are_a_code() {
        for text in [
            "",
            "scrip:coupon:",
            "1234567890123456789",
            "12345678901234567",
            "https://scrip/123456789012345678",
        ] {
            assert_eq!(CouponCode::parse(text).unwrap_err().code, Code::CodeNotAccepted, "{text}");
        }
    }
}
