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
/// How long ago a stored transaction may have taken place when it arrives.
pub const LATE_HOURS: i64 = 24;
/// How long the code of an ended authorization is kept: for what arrives late, and then may have to wait for a lock.
pub const CODE_KEPT_HOURS: i64 = LATE_HOURS + 24;
/// How far the clock of a point of sale may be ahead.
pub const AHEAD_SECONDS: i64 = 60;
/// What is farther ahead than this is no matter of waiting.
pub const WAITED_FOR_HOURS: i64 = 24;
/// How long it is known when a stored transaction that has to wait arrived.
pub const DEFERRED_KEPT_DAYS: i64 = 30;
/// Time-based codes that one authorization remembers. Reversals give uses back, but never a code.
pub const MAX_STEPS: i64 = 4 * MAX_USES;
/// Aliases that a user may have: the first that no one else has is theirs.
pub const ALIAS_CANDIDATES: u32 = 3;

/// Misses at one device that are looked at without a pause.
pub const DEVICE_MISSES: i64 = 5;
/// The time after which one more is.
pub const DEVICE_MISS_MINUTES: i64 = 5;
/// The same for what a device stored while it was not connected.
pub const STORED_MISSES: i64 = 20;
/// The time after which one more is.
pub const STORED_MISS_MINUTES: i64 = 5;
/// Misses of one user's codes at one merchant that are looked at without a pause.
pub const MERCHANT_MISSES: i64 = 5;
/// The time after which one more is.
pub const MERCHANT_MISS_MINUTES: i64 = 15;
/// The same at all merchants together at which the user has never paid.
pub const NEW_MERCHANTS_MISSES: i64 = 15;
/// The time after which one more is.
pub const NEW_MERCHANTS_MISS_MINUTES: i64 = 60;
/// The same at all merchants together: above what all new ones and one more can cause for ever.
pub const USER_MISSES: i64 = 30;
/// The time after which one more is.
pub const USER_MISS_MINUTES: i64 = 10;
/// Merchants that are remembered because the user has paid there.
pub const MAX_KNOWN_MERCHANTS: usize = 8;
/// Merchants that are remembered because of misses alone.
pub const MAX_NEW_MERCHANTS: usize = 4;
/// How long a user is not told of another lock.
pub const TOLD_AGAIN_MINUTES: i64 = 60;
/// Misses that must fit in when a point of sale is asked to send again what has to wait for its lock.
pub const ROOM_WHEN_SENT_AGAIN: i64 = 5;
/// How long misses are kept where there is nothing else to keep: longer than any bucket takes to drain.
pub const MISSES_KEPT_HOURS: i64 = 24;
