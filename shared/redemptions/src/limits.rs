//! Limits of redemptions.

/// How many codes a check or a confirmation may hold.
pub const MAX_CODES: usize = 10;
/// How long a rotating code may be confirmed after it was shown.
pub const CONFIRMED_CODE_MINUTES: i64 = 60;
/// How far back the time of a scan counts that could not be sent at once.
pub const KEPT_SCAN_MINUTES: i64 = 60;
/// How long a confirmation can be reversed after it was received.
pub const CONFIRMATION_REVERSAL_HOURS: i64 = 24;
/// After how long what follows from a redemption is started again, if it is not finished: by then a start that failed
/// was tried five times.
pub const UNFINISHED_AFTER_MINUTES: i64 = 30;
/// The longest code in a confirmation, blanks and the prefix of a QR code counted in.
pub const MAX_CODE_CHARACTERS: usize = 64;
/// How many wrong codes of one coupon are judged.
pub const MAX_CODE_MISSES: u32 = 10;
/// For how long a coupon takes no more codes after that many.
pub const CODE_LOCK_MINUTES: i64 = 15;
/// Over how many keys of the index the verifications of a merchant are spread: 16,000 scans a second. How this is raised
/// stands in `docs/operations.md`.
pub const VERIFICATION_SHARDS: u8 = 16;
/// Under how many keys they are looked for: raised a release before [`VERIFICATION_SHARDS`] is, and never lowered.
pub const VERIFICATION_SHARDS_READ: u8 = 16;
const _: () = assert!(VERIFICATION_SHARDS <= VERIFICATION_SHARDS_READ);
/// How many times as many of a merchant's verifications as a page may have are looked at to fill it.
pub(crate) const MAX_LIST_PAGES: u32 = 10;
/// How many days an export may cover.
pub const MAX_EXPORT_DAYS: i64 = 31;
/// How many verifications an export may cover.
pub const MAX_EXPORT_ROWS: u32 = 10_000;
