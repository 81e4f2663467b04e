//! The bounds of offline payments.

/// Authorizations of one user that can be used at the same time.
pub const MAX_USABLE_AUTHORIZATIONS: usize = 5;
/// Payments that one authorization may allow.
pub const MAX_USES: i64 = 50;
/// Payments that one authorization may allow on one day.
pub const MAX_USES_PER_DAY: i64 = 50;
/// Points of sale to which one authorization may be bound.
pub const MAX_POS_DEVICES: usize = 10;
/// The shortest time for which an authorization may be valid.
pub const MIN_VALID_SECONDS: i64 = 60;
/// The longest time for which an authorization may be valid.
pub const MAX_VALID_SECONDS: i64 = 7 * 24 * 3_600;
/// How long stored transactions may arrive late, and so how long the code of an ended authorization is kept for them.
pub const LATE_HOURS: i64 = 24;
/// Time-based codes that one authorization remembers. Reversals give uses back, but never a code.
pub const MAX_STEPS: i64 = 4 * MAX_USES;
/// Aliases that a user may have: the first that no one else has is theirs.
pub const ALIAS_CANDIDATES: u32 = 3;
/// Misses after which a user's codes are locked.
pub const CODE_MISSES: i64 = 5;
/// Misses in [`LOCK_MINUTES`] after which a device is locked.
pub const DEVICE_MISSES: i64 = 5;
/// How long a lock lasts, and how long a miss counts.
pub const LOCK_MINUTES: i64 = 15;
/// How long misses are kept where there is nothing else to keep: longer than any lock.
pub const MISSES_KEPT_HOURS: i64 = 24;
