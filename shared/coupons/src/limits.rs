//! Limits of campaigns, coupons and pools.

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
/// How far a merchant's day may be ahead of UTC's or behind it (the Line Islands are 14 hours ahead).
pub const MAX_DAY_OFFSET_MINUTES: i64 = 14 * 60;
/// A minute.
pub const MINUTE_MILLISECONDS: i64 = 60_000;
