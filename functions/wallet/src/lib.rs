//! The wallet's operations: accounts, deposits, transfers, reversals, entries.

mod access;
mod paths;

scrip_function::operations! {
    "wallet": "Accounts, and transfers between them.";
    open_account,
    list_accounts,
    get_account,
    list_entries,
    deposit,
    spread_account,
    transfer,
    get_transfer,
    reverse_transfer,
}
