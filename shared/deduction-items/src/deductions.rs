//! Deductions, for one invocation.

use crate::item::no_such_item;
use crate::item::{ItemRecord, item_key};
use scrip_clock::{Clock, Timestamp};
use scrip_directory::Directory;
use scrip_identity::Keyring;
use scrip_ledger::Ledger;
use scrip_offline::Offline;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Store, decode};

/// What the operations on deductions work with.
#[derive(Clone)]
pub struct Deductions {
    pub(crate) store: Store,
    pub(crate) table: String,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    /// Merchants and their owners.
    pub directory: Directory,
    pub(crate) offline: Option<Offline>,
    pub(crate) keyring: Option<Keyring>,
}

impl Deductions {
    /// Deductions in this table. Only a transfer needs the payers' codes, only what signs or judges needs a keyring.
    pub fn new(
        store: Store,
        table: impl Into<String>,
        clock: Clock,
        ledger: Ledger,
        directory: Directory,
        offline: Option<Offline>,
        keyring: Option<Keyring>,
    ) -> Self {
        Self { store, table: table.into(), clock, ledger, directory, offline, keyring }
    }

    /// The keyring.
    pub fn keyring(&self) -> Result<&Keyring, Failure> {
        self.keyring.as_ref().ok_or_else(|| Failure::broken("this function has no master secret"))
    }

    pub(crate) fn offline(&self) -> Result<&Offline, Failure> {
        self.offline.as_ref().ok_or_else(|| Failure::broken("this function does not judge codes"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The current version of an item.
    pub(crate) async fn item(&self, merchant: &str, item: &str) -> Result<ItemRecord, Failure> {
        let found = self.store.get(&self.table, &item_key(merchant, item)).await?;
        decode(found.ok_or_else(no_such_item)?)
    }
}

/// What was read has changed; nothing is wrong.
pub(crate) fn changed() -> Refusal {
    Refusal::new(Code::Busy, "This is changing. Send the same request again.")
}

/// Repeats an operation while it only finds that what it read has changed meanwhile.
macro_rules! until_unchanged {
    ($attempt:expr) => {{
        let mut result = $attempt;
        for _ in 1..$crate::limits::ATTEMPTS {
            if !matches!(&result, Err(failure) if failure.code() == Some(scrip_refusal::Code::Busy)) {
                break;
            }
            result = $attempt;
        }
        result
    }};
}
pub(crate) use until_unchanged;
