//! Accounts and transfers by double entry: every transfer debits one account and credits another by the same amount,
//! so that all balances of a currency sum to zero. Money enters and leaves through external accounts.
//!
//! The money path is one transaction of three items: debit if available, credit, transfer if absent. What an account
//! holds is either available or reserved (an authorization hold).

mod account;
mod entries;
mod holds;
mod ledger;
mod member;
mod posting;
mod reversal;
mod spread;
mod transfer;

pub use account::{
    AccountClass, AccountId, AccountRecord, AccountView, EXTERNAL_SHARDS, MAX_BALANCE_MINOR_UNITS,
    new_merchant_account, unknown_account,
};
pub use entries::EntryView;
pub use ledger::{Ledger, TransferOrder};
pub use member::available;
pub use posting::{CreditTarget, Debit, DebitSource, NewTransfer};
pub use reversal::{ReversalOrder, Reversible};
pub use spread::{MAX_MERCHANT_SHARDS, MERCHANT_SHARDS, SpreadView};
pub use transfer::{TransferKind, TransferRecord, TransferView, is_transfer_id, transfer_key};
