//! The bounds of payment requests.

/// Whom one request names: with the request, its message and the step to its number they are what one transaction holds.
pub const MAX_SHARES: usize = 97;
/// The longest note.
pub const MAX_NOTE_CHARACTERS: usize = 200;
/// The longest reason for which somebody declines.
pub const MAX_DECLINE_REASON_CHARACTERS: usize = 200;
/// The largest weight of somebody in a split.
pub const MAX_WEIGHT: u64 = 1_000;
/// Payments of one share; the last one pays all that is due.
pub const MAX_PAYMENTS: usize = 10;
/// How long a request is open unless it says otherwise.
pub const DEFAULT_EXPIRY_SECONDS: i64 = 7 * 24 * 3_600;
/// The shortest time for which a request is open.
pub const MIN_EXPIRY_SECONDS: i64 = 3_600;
/// The longest time for which a request is open.
pub const MAX_EXPIRY_SECONDS: i64 = 30 * 24 * 3_600;
/// By how much one change makes that longer: the shortest request can be made the longest.
pub const MAX_EXTENSION_SECONDS: i64 = MAX_EXPIRY_SECONDS - MIN_EXPIRY_SECONDS;
/// After how long who has not paid is reminded, unless the request says otherwise.
pub const DEFAULT_REMINDER_SECONDS: i64 = 24 * 3_600;
/// The shortest time after which somebody is reminded.
pub const MIN_REMINDER_SECONDS: i64 = 3_600;
/// The longest time after which somebody is reminded.
pub const MAX_REMINDER_SECONDS: i64 = 7 * 24 * 3_600;
/// How long after a reminder who asks may remind again.
pub const REMINDER_PAUSE_SECONDS: i64 = 6 * 3_600;
/// Changes of its terms that a request remembers, to tell a repeated one from a late one.
pub const AMENDMENTS_REMEMBERED: usize = 10;
/// How often the system reminds.
pub const MAX_REMINDERS: i64 = 2;
