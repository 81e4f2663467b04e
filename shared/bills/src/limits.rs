//! The bounds of bills.

/// The shortest time for which a bill may be opened.
pub const MIN_EFFECTIVE_SECONDS: i64 = 60;
/// The longest time for which a bill may be open, extensions included.
pub const MAX_EFFECTIVE_SECONDS: i64 = 7 * 24 * 3_600;
/// How long an unanswered bill waits for its verification after its time, unless the user says otherwise.
pub const DEFAULT_GRACE_SECONDS: i64 = 15 * 60;
/// The shortest such wait.
pub const MIN_GRACE_SECONDS: i64 = 60;
/// The longest such wait.
pub const MAX_GRACE_SECONDS: i64 = 24 * 3_600;
/// Items that a terminal may add at once.
pub const MAX_ITEMS_PER_ADDITION: usize = 50;
/// Items on one bill.
pub const MAX_ITEMS: i64 = 500;
/// Additions that one bill may see, also of what was taken off again: it is read with all of them.
pub const MAX_ADDITIONS: i64 = 1_000;
/// Changes of its terms that a bill remembers, to tell a repeated one from a late one.
pub const AMENDMENTS_REMEMBERED: usize = 10;
/// Merchants on one bill: each takes two writes of the settling transaction, which holds 100.
pub const MAX_MERCHANTS: i64 = 20;
/// Terminals on one bill.
pub const MAX_TERMINALS: i64 = 50;
/// Pieces of one item.
pub const MAX_QUANTITY: i64 = 9_999;
/// The longest name of an item.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The longest stock-keeping unit.
pub const MAX_SKU_CHARACTERS: usize = 64;
/// How long a terminal may take an item off again.
pub const REMOVAL_WINDOW_MINUTES: i64 = 5;
/// How long a verification request may be answered.
pub const VERIFICATION_MINUTES: i64 = 15;
/// Verification requests that one bill may see.
pub const MAX_VERIFICATION_REQUESTS: i64 = 20;
/// Wrong answers after which a bill is locked.
pub const VERIFICATION_ATTEMPTS: i64 = 3;
