//! What happens.

pub(super) mod bill;
pub(super) mod coupon;
pub(super) mod deduction;
pub(super) mod offline;
