//! The bounds of every request.

/// The largest body.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// The largest page of a list.
pub const MAX_PAGE_ITEMS: u32 = 100;
/// The page of a list when no `limit` is given.
pub const DEFAULT_PAGE_ITEMS: u32 = 20;
/// The longest name of a merchant, device, store, item.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The longest free text that goes with a transfer.
pub const MAX_REFERENCE_CHARACTERS: usize = 140;

pub use scrip_refusal::check_text;
use scrip_refusal::{Code, Refusal};

/// Refuses what looks like a payment card number: 13 to 19 digits, blanks and dashes aside, that pass the Luhn check
/// (ISO/IEC 7812-1 annex B).
///
/// # Errors
/// [`Code::CardNumberRefused`] for the field at `pointer`.
pub fn refuse_card_number(text: &str, pointer: &str) -> Result<(), Refusal> {
    let bare: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    let is_card = (13..=19).contains(&bare.len()) && bare.iter().all(u8::is_ascii_digit) && luhn(&bare);
    if is_card {
        let detail = "Scrip never holds card numbers; name an account by its id";
        return Err(Refusal::field(pointer, Code::CardNumberRefused, detail));
    }
    Ok(())
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            let weighted = if place % 2 == 1 { digit * 2 } else { digit };
            if weighted > 9 { weighted - 9 } else { weighted }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_refused() {
        // Test numbers that card networks publish.
        for card in ["4111111111111111", "4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"] {
            assert_eq!(
                refuse_card_number(card, "/to").unwrap_err().fields[0].code,
                Code::CardNumberRefused,
                "{card}"
            );
        }
        for other in ["4111111111111112", "acct_u4111111111111111", "411111111111", ""] {
            assert!(refuse_card_number(other, "/to").is_ok(), "{other}");
        }
    }
}
