//! Every operation of every capability: what the artifact of the deployment and the embedded platform serve.

use scrip_function::{Entry, Operation};

/// The capabilities' lists.
const CAPABILITIES: &[&[Entry]] = &[
    scrip_identity_functions::OPERATIONS,
    scrip_wallet_functions::OPERATIONS,
    scrip_directory_functions::OPERATIONS,
    scrip_bills_functions::OPERATIONS,
    scrip_offline_functions::OPERATIONS,
    scrip_coupon_functions::OPERATIONS,
    scrip_deduction_functions::OPERATIONS,
    scrip_group_functions::OPERATIONS,
    scrip_service_page_functions::OPERATIONS,
    scrip_workflow_functions::OPERATIONS,
];

/// The word of each operation in its capability's list.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    CAPABILITIES.iter().copied().flatten()
}

/// All operations.
pub fn operations() -> Vec<Operation> {
    entries().map(Entry::make).collect()
}

/// The operation of that name. No other is made.
pub fn operation(name: &str) -> Option<Operation> {
    entries().find(|entry| entry.is_named(name)).map(Entry::make)
}

#[cfg(test)]
mod tests;
