//! The rules of fields in requests that several operations share: what a text, a name, an order reference may hold, and
//! that nothing is a card number. A rule that one operation alone has stands with it.

mod card;
mod order_reference;
pub mod schema;
mod text;
mod user;
mod word;

pub use card::{is_card_number, refuse_card_number};
pub use order_reference::{MAX_ORDER_REFERENCE_CHARACTERS, is_order_reference};
pub use text::{MAX_NAME_CHARACTERS, MAX_REFERENCE_CHARACTERS, check_text};
pub use user::{MAX_USER_CHARACTERS, check_user, is_user, user_in_key, user_pattern};
pub use word::{MAX_STORE_CHARACTERS, check_word, is_word, is_word_of, word_pattern};

use scrip_refusal::{Code, Refusal};

/// The refusal of a field that has the wrong type or form.
pub fn invalid(pointer: impl Into<String>, expected: impl Into<String>) -> Refusal {
    Refusal::field(pointer, Code::InvalidField, expected)
}

/// The refusal of a field that is required and not there.
pub fn missing(pointer: impl Into<String>) -> Refusal {
    Refusal::field(pointer, Code::MissingField, "this field is required")
}
