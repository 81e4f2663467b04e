//! Limits of coupons.

/// The largest campaign.
pub const MAX_CAMPAIGN_QUANTITY: u32 = 10_000_000;
/// How many coupons of one campaign a user may hold at most, whatever the campaign says.
pub const MAX_PER_USER: u32 = 20;
/// How long a campaign may last.
pub const MAX_VALIDITY_DAYS: i64 = 3_660;
/// Over how many items the stock of a campaign is spread.
pub const STOCK_SHARDS: u32 = 16;
/// From how many coupons on a campaign's stock is spread.
pub const SPREAD_QUANTITY: u32 = 160;
/// The largest benefit, as JSON.
pub const MAX_BENEFIT_BYTES: usize = 2_048;
/// The stores that a campaign may name.
pub const MAX_CAMPAIGN_STORES: usize = 20;
/// How long a contact's reservation lasts.
pub const RESERVATION_MINUTES: i64 = 15;
/// How long it is remembered which request shared or reserved a coupon.
pub(crate) const LOCKS_KEPT_DAYS: i64 = 90;
/// How many codes a check or a confirmation may hold.
pub const MAX_CODES: usize = 10;
/// How long a rotating code may be confirmed after it was shown.
pub const CONFIRMED_CODE_MINUTES: i64 = 60;
/// How far back the time of a scan counts that could not be sent at once.
pub const KEPT_SCAN_MINUTES: i64 = 60;
/// How long a confirmation can be reversed after it was received.
pub const CONFIRMATION_REVERSAL_HOURS: i64 = 24;
/// The longest code in a confirmation, blanks and the prefix of a QR code counted in.
pub const MAX_CODE_CHARACTERS: usize = 64;
/// How many wrong codes of one coupon are judged.
pub const MAX_CODE_MISSES: u32 = 10;
/// For how long a coupon takes no more codes after that many.
pub const CODE_LOCK_MINUTES: i64 = 15;
/// How far a merchant's day may be ahead of UTC's or behind it (the Line Islands are 14 hours ahead).
pub const MAX_DAY_OFFSET_MINUTES: i64 = 14 * 60;
/// How many pages of a merchant's verifications are read at most to fill one of those that are asked for.
pub(crate) const MAX_LIST_READS: usize = 10;
/// How many days an export may cover.
pub const MAX_EXPORT_DAYS: i64 = 31;
/// How many verifications an export may cover.
pub const MAX_EXPORT_ROWS: u32 = 10_000;
pub(crate) const MINUTE_MILLISECONDS: i64 = 60_000;
