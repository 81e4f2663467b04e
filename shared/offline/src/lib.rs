//! Offline payments: authorized while online with a secure code, used later at a point of sale, settled after a window.

mod aliases;
mod authorization;
mod authorize;
mod batch;
mod bucket;
mod codes;
mod compensate;
mod count;
mod decline;
mod defer;
mod end;
mod grant;
mod guesses;
mod judge;
pub mod limits;
mod lookup;
mod notes;
mod offline;
mod payment;
mod read;
mod recognise;
mod replay;
mod reverse;
mod settle;
mod settled;
mod settlement;
mod transact;
mod transaction;
mod work_batch;

pub use authorization::{AUTHORIZATION_PREFIX, AuthorizationStatus, AuthorizationView, PerDay, Scheme};
pub use authorize::NewAuthorization;
pub use batch::{
    AcceptedBatch, BATCH_PREFIX, BatchResult, BatchStatus, BatchView, MAX_BATCH_TRANSACTIONS,
    MAX_MESSAGE_TRANSACTIONS, PosBatch,
};
pub use compensate::{Compensation, CompensationOutcome};
pub use decline::DeclineCause;
pub use end::{Erasure, ErasureOutcome, Expiration, ExpirationOutcome};
pub use judge::{
    Case, CaseAddresses, CaseItems, Consumed, Consumption, Decline, Judgement, Payer, Presented, Restoration,
    changed,
};
pub use offline::Offline;
pub use payment::{Order, Pos, PosPayment, StoredPayment};
pub use recognise::NewCode;
pub use replay::Answered;
pub use settle::{SettledPage, SettlementOutcome};
pub use settled::{MAX_EXPORT_ROWS, SettledCapture};
pub use settlement::{SETTLEMENT_PREFIX, SettlementView, Window};
pub use transaction::{
    Decision, Reference, SETTLEMENT_WINDOW_MINUTES, TRANSACTION_PREFIX, TransactionStatus, TransactionView,
    is_order_reference,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{Codes, CodesRecord};
    use crate::grant::Grant;
    use crate::guesses::Tags;
    use scrip_capability::{Capability, Context};
    use scrip_clock::Timestamp;
    use scrip_identity::Keyring;
    use scrip_money::{Currency, Money};
    use scrip_secure_code::{Alias, SecureCode};
    use scrip_slots::{SLOT_SHARDS, Shards};
    use scrip_store::{Transaction, Write};

    /// While [`grant::tests::grant`] can be used.
    pub(crate) const NOW: i64 = 1_764_000_060_000;

    pub(crate) fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    pub(crate) fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    /// Offline payments that reach nothing, for what they would write.
    pub(crate) fn offline() -> Offline {
        let tables =
            ["OFFLINE", "LEDGER", "DIRECTORY"].map(|name| (format!("{name}_TABLE"), name.to_lowercase()));
        let variables = tables.into_iter().chain([(SLOT_SHARDS.to_owned(), Shards::setting_of_each(1))]);
        Offline::new(&Context::unconnected(variables, at(NOW), Some(keyring()))).unwrap()
    }

    pub(crate) fn plan(writes: impl IntoIterator<Item = Write>) -> Vec<String> {
        let mut transaction = Transaction::new();
        for write in writes {
            transaction.require(write, |_| changed());
        }
        transaction.plan()
    }

    pub(crate) fn cny(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    /// Alice's codes under the alias 7, with these authorizations.
    pub(crate) fn codes<const N: usize>(grants: [(&str, Grant); N]) -> Codes {
        let authorizations = grants.map(|(id, grant)| (id.to_owned(), grant)).into();
        let record = CodesRecord { authorizations, guard: 3, ..CodesRecord::empty(Some("alice")) };
        Codes { alias: Alias::of_number(7), record: Some(record) }
    }

    pub(crate) fn bakery() -> Tags {
        Tags { current: "bakery".to_owned(), others: Vec::new(), paid_at: 0 }
    }

    pub(crate) fn presented() -> Presented {
        let secure_code = SecureCode::parse("123456789012").unwrap();
        Presented {
            payer: Payer::User { user: "alice".to_owned(), secure_code },
            pin: None,
            at: at(NOW),
            is_stored: false,
            device: "dev_1".to_owned(),
            merchant: "mch_1".to_owned(),
        }
    }
}
