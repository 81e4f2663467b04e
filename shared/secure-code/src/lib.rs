//! Secure codes for offline payments: how a phone makes them, what a point of sale scans, how a server checks them.
//! No I/O, so that a server, a phone and a point of sale run the same code.
//!
//! A code is static, 12 to 24 digits that count for several payments, or time-based (RFC 6238), 8 digits that count
//! once. None of them is shown by `Debug`, and all are overwritten when dropped.

mod presentation;
mod secure_code;
mod static_code;
mod totp;
mod totp_secret;

pub use presentation::{
    ALIAS_DIGITS, Alias, PRESENTATION_DIGITS, Presentation, PresentationError, check_digit,
};
pub use secure_code::{MAX_CODE_DIGITS, MIN_CODE_DIGITS, SecureCode, SecureCodeError};
pub use static_code::{MAX_STATIC_CODE_DIGITS, MIN_STATIC_CODE_DIGITS, StaticCode, StaticCodeError};
pub use totp::{Step, TOTP_DIGITS, TOTP_STEP_SECONDS, Totp, TotpAlgorithm};
pub use totp_secret::{MAX_SECRET_BYTES, MIN_SECRET_BYTES, TotpSecret, TotpSecretError};
