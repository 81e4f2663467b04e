//! What looks like the number of a payment card.

use std::ops::RangeInclusive;

/// Digits of a payment card's number (ISO/IEC 7812-1).
const CARD_DIGITS: RangeInclusive<usize> = 13..=19;

/// Whether a text looks like the number of a payment card: 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1,
/// annex B). Scrip never takes one, whatever it is meant for.
pub fn looks_like_a_card_number(text: &str) -> bool {
    let digits = text.as_bytes();
    CARD_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && passes_luhn(digits)
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

    #[test]
    fn card_numbers_are_known_by_their_check_digit() {
        // Test numbers that card networks publish.
        for card in ["4111111111111111", "378282246310005", "5555555555554444", "6011111111111117"] {
            assert!(looks_like_a_card_number(card), "{card}");
        }
        for other in ["4111111111111112", "411111111111", "00000000000000000000", "4111 1111 1111 1111", ""] {
            assert!(!looks_like_a_card_number(other), "{other}");
        }
    }
}
