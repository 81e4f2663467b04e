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

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_capability::{Capability, Context};
    use scrip_clock::Timestamp;
    use scrip_money::{Currency, Money};
    use scrip_store::{Fingerprint, IdempotencyKey, Origin, Transaction, derive_id};

    pub(crate) const NOW: Timestamp = Timestamp::constant(1_796_040_000, 0);

    /// A ledger that reaches nothing, for what it would write. Its table is `ledger`.
    pub(crate) fn ledger() -> Ledger {
        let table = ("LEDGER_TABLE".to_owned(), "ledger".to_owned());
        Ledger::new(&Context::unconnected([table], NOW, None)).unwrap()
    }

    /// What it would write, account by account under their short names.
    pub(crate) fn plan(fill: impl FnOnce(&Ledger, &mut Transaction<'_>)) -> Vec<String> {
        let mut transaction = Transaction::new();
        fill(&ledger(), &mut transaction);
        let names =
            [(user(), "USER"), (merchant(), "MERCHANT"), (clearing(), "CLEARING"), (points(), "POINTS")];
        let short =
            |line: String| names.iter().fold(line, |line, (id, name)| line.replace(id.as_str(), name));
        transaction.plan().into_iter().map(short).collect()
    }

    pub(crate) fn fen(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    pub(crate) fn user() -> AccountId {
        AccountId::parse(&derive_id("acct_u", &["alice"])).unwrap()
    }

    pub(crate) fn merchant() -> AccountId {
        AccountId::of_merchant(&derive_id("mch_", &["bakery"]))
    }

    pub(crate) fn clearing() -> AccountId {
        AccountId::clearing(Currency::CNY)
    }

    pub(crate) fn points() -> AccountId {
        AccountId::member("alice", &derive_id("mch_", &["bakery"]), "points")
    }

    pub(crate) fn origin() -> Origin {
        Origin {
            principal: "user:alice".to_owned(),
            operation: "transfer".to_owned(),
            key: IdempotencyKey::internal("1"),
            fingerprint: Fingerprint::of(&[]),
        }
    }

    pub(crate) fn transfer(from: &AccountId, to: &AccountId, amount: i64) -> NewTransfer {
        NewTransfer {
            id: "txn_1".to_owned(),
            kind: TransferKind::Transfer,
            from: from.clone(),
            to: to.clone(),
            amount: fen(amount),
            reference: None,
            reverses: None,
        }
    }
}
