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
use scrip_ledger::{AccountView, EntryView, Ledger, TransferView};
use scrip_refusal::{Code, Failure};
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
    use Code::{
        AccountClosed, AmountTooLarge, CardNumberRefused, CurrencyMismatch, InsufficientFunds, NotFound, NotReversible,
        ReversalExceedsTransfer, SameAccount, WrongRole,
    };
    vec![
        Operation::new("open-account", "Open an account", &[WrongRole])
            .request::<open_account::OpenAccount>()
            .response::<AccountView>(201),
        Operation::new("list-accounts", "List one's accounts", &[WrongRole]).list::<AccountView>(),
        Operation::new("get-account", "Read an account's balance", &[NotFound]).response::<AccountView>(200),
        Operation::new("list-entries", "List what went in and out of an account", &[NotFound]).list::<EntryView>(),
        Operation::new(
            "deposit",
            "Put money into an account",
            &[WrongRole, CardNumberRefused, NotFound, CurrencyMismatch, AccountClosed, AmountTooLarge],
        )
            .request::<deposit::Deposit>()
            .response::<TransferView>(201),
        Operation::new(
            "transfer",
            "Send money",
            &[
                WrongRole,
                CardNumberRefused,
                NotFound,
                CurrencyMismatch,
                SameAccount,
                AccountClosed,
                InsufficientFunds,
                AmountTooLarge,
            ],
        )
        .request::<transfer::Transfer>()
        .response::<TransferView>(201),
        Operation::new("get-transfer", "Read a transfer", &[NotFound]).response::<TransferView>(200),
        Operation::new(
            "reverse-transfer",
            "Send all or a part of a transfer back",
            &[
                WrongRole,
                CardNumberRefused,
                NotFound,
                CurrencyMismatch,
                AccountClosed,
                InsufficientFunds,
                AmountTooLarge,
                ReversalExceedsTransfer,
                NotReversible,
            ],
        )
        .request::<reverse_transfer::ReverseTransfer>()
        .response::<TransferView>(201),
    ]
}
