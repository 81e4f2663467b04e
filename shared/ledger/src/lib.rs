//! Accounts and transfers by double entry: every transfer debits one account and credits another by the same amount,
//! so that all balances of a currency sum to zero. Money enters and leaves through external accounts.
//!
//! The money path is one transaction of three items: debit if available, credit, transfer if absent.

mod account;
mod entries;
mod gather;
mod ledger;
mod posting;
mod reversal;
mod transfer;

pub use account::{
    AccountClass, AccountId, AccountRecord, AccountView, EXTERNAL_SHARDS, MAX_BALANCE_MINOR_UNITS,
    MERCHANT_SHARDS, new_merchant_account, unknown_account,
};
pub use entries::EntryView;
pub use ledger::{Created, Ledger, TransferOrder};
pub use posting::{Debit, NewTransfer};
pub use reversal::{ReversalOrder, Reversible};
pub use transfer::{TransferKind, TransferRecord, TransferView, is_transfer_id, transfer_key};
