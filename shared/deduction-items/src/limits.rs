//! The bounds of deduction items and of transfers with deductions.

/// Items of a merchant that apply without being named.
pub const MAX_AUTOMATIC_ITEMS: usize = 10;
/// The longest rule, as JSON: all automatic ones together must fit into one item of the store.
pub const MAX_RULE_BYTES: usize = 24 * 1_024;
/// Items that a calculation or transfer may name.
pub const MAX_NAMED_ITEMS: usize = 10;
/// The longest name of an item.
pub const MAX_ITEM_CHARACTERS: usize = 64;
/// The most units that one grant gives.
pub const MAX_GRANT_UNITS: i64 = scrip_money::MAX_AMOUNT_MINOR_UNITS;
/// How long a terminal may use a signed rule before it has to ask again.
pub const SIGNED_RULE_MINUTES: i64 = 60;
/// How long it is known why a request was declined.
pub const DECLINE_KEPT_DAYS: i64 = 90;
