//! The wallet's operations: accounts, deposits, transfers, reversals, entries.

mod access;
mod deposit;
mod get_account;
mod get_transfer;
mod list_accounts;
mod list_entries;
mod open_account;
mod reverse_transfer;
mod transfer;

use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation};
use scrip_ledger::Ledger;
use scrip_refusal::Failure;
use scrip_store::Store;

/// What the wallet's operations work with.
pub struct Wallet {
    ledger: Ledger,
    directory: Directory,
    store: Store,
}

impl Capability for Wallet {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        let ledger = world.environment.get("LEDGER_TABLE")?;
        let directory = world.environment.get("DIRECTORY_TABLE")?;
        Ok(Self {
            ledger: Ledger::new(invocation.store.clone(), ledger, world.clock.clone()),
            directory: Directory::new(invocation.store.clone(), directory, world.clock.clone()),
            store: invocation.store.clone(),
        })
    }
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("open-account", open_account::open_account),
        Function::http("list-accounts", list_accounts::list_accounts),
        Function::http("get-account", get_account::get_account),
        Function::http("list-entries", list_entries::list_entries),
        Function::http("deposit", deposit::deposit),
        Function::http("transfer", transfer::transfer),
        Function::http("get-transfer", get_transfer::get_transfer),
        Function::http("reverse-transfer", reverse_transfer::reverse_transfer),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        open_account::contract(),
        list_accounts::contract(),
        get_account::contract(),
        list_entries::contract(),
        deposit::contract(),
        transfer::contract(),
        get_transfer::contract(),
        reverse_transfer::contract(),
    ]
}
