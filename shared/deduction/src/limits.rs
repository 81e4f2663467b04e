//! The bounds of rules and of what they are applied to.

/// Tiers of one rule.
pub const MAX_TIERS: usize = 20;
/// Stock-keeping units that one rule may name.
pub const MAX_SKUS: usize = 200;
/// Categories that one rule may name.
pub const MAX_CATEGORIES: usize = 50;
/// Member levels that one rule may name.
pub const MAX_MEMBER_LEVELS: usize = 20;
/// The longest stock-keeping unit.
pub const MAX_SKU_CHARACTERS: usize = 64;
/// The longest category.
pub const MAX_CATEGORY_CHARACTERS: usize = 64;
/// The longest name of a line.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The longest name of a member level.
pub const MAX_MEMBER_LEVEL_CHARACTERS: usize = 64;
/// The longest name of a deduction item.
pub const MAX_ITEM_CHARACTERS: usize = 64;
/// Pieces to buy, and pieces to get, of one offer of free units.
pub const MAX_FREE_UNITS: u32 = 99;
/// The highest order number that a rule may name.
pub const MAX_NTH_ORDER: u32 = 1_000_000;
/// Units that an exchange may name: so many points are worth an amount.
pub const MAX_EXCHANGE_UNITS: u32 = 1_000_000_000;
/// Lines of one order.
pub const MAX_LINES: usize = 100;
/// Pieces of one line.
pub const MAX_QUANTITY: i64 = 9_999;
/// Items in one calculation, automatic ones included.
pub const MAX_ITEMS: usize = 20;
/// Balances that one context may name.
pub const MAX_BALANCES: usize = 20;
