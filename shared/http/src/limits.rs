//! The bounds of every request.

/// The largest body.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// The largest page of a list.
pub const MAX_PAGE_ITEMS: u32 = 100;
/// The page of a list when no `limit` is given.
pub const DEFAULT_PAGE_ITEMS: u32 = 20;
