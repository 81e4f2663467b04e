//! What a text that people write may hold.

use scrip_refusal::{Code, Refusal};

/// The longest name of a merchant, device, item.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The longest free text that goes with a transfer.
pub const MAX_REFERENCE_CHARACTERS: usize = 140;

/// Accepts a text of 1 to `most` characters without control characters and without blanks at its ends.
///
/// # Errors
/// A refusal of the field at `pointer`.
pub fn check_text(text: &str, pointer: &str, most: usize) -> Result<(), Refusal> {
    let characters = text.chars().count();
    if characters == 0 || characters > most {
        return Err(Refusal::field(pointer, Code::OutOfRange, format!("1 to {most} characters")));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        let detail = "no control characters, and no blanks at either end";
        return Err(Refusal::field(pointer, Code::InvalidField, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_bounds() {
        assert!(check_text("Käse & Brot", "/name", 100).is_ok());
        for bad in ["", " x", "x ", "a\nb", &"x".repeat(101)] {
            assert!(check_text(bad, "/name", 100).is_err(), "{bad:?}");
        }
    }
}
