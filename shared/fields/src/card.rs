//! Numbers of payment cards, which Scrip never takes, whatever they are meant for.

use scrip_refusal::{Code, Refusal};
use std::ops::RangeInclusive;

/// Digits of a payment card's number (ISO/IEC 7812-1).
const CARD_DIGITS: RangeInclusive<usize> = 13..=19;

/// Whether a text looks like the number of a payment card: 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1,
/// annex B).
pub fn is_card_number(text: &str) -> bool {
    let digits = text.as_bytes();
    CARD_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && passes_luhn(digits)
}

/// Refuses what looks like the number of a payment card, with blanks and dashes or without.
///
/// # Errors
/// [`Code::CardNumberRefused`] for the field at `pointer`.
pub fn refuse_card_number(text: &str, pointer: &str) -> Result<(), Refusal> {
    if is_card_number(&text.replace([' ', '-'], "")) {
        let detail = "Scrip never holds card numbers; name an account by its id";
        return Err(Refusal::field(pointer, Code::CardNumberRefused, detail));
    }
    Ok(())
}

fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let values = digits.iter().rev().map(|digit| u32::from(digit - b'0')).enumerate();
    let sum: u32 = values.map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Test numbers that card networks publish.
    const CARDS: [&str; 4] = ["4111111111111111", "378282246310005", "5555555555554444", "6011111111111117"];

    #[test]
    fn card_numbers_are_known_by_their_check_digit() {
        for card in CARDS {
            assert!(is_card_number(card), "{card}");
        }
        for other in ["4111111111111112", "411111111111", "00000000000000000000", "4111 1111 1111 1111", ""] {
            assert!(!is_card_number(other), "{other}");
        }
    }

    #[test]
    fn card_numbers_are_refused_however_they_are_written() {
        for card in CARDS.into_iter().chain(["4111 1111 1111 1111", "5555-5555-5555-4444"]) {
            let refusal = refuse_card_number(card, "/to").unwrap_err();
            assert_eq!(refusal.fields[0].code, Code::CardNumberRefused, "{card}");
        }
        for other in ["4111111111111112", "acct_u4111111111111111", "411111111111", ""] {
            assert!(refuse_card_number(other, "/to").is_ok(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_last_digit_makes_a_card_number(digits in "[0-9]{12,18}") {
            let cards = (0..10).filter(|last| is_card_number(&format!("{digits}{last}"))).count();
            prop_assert_eq!(cards, 1);
        }
    }
}
