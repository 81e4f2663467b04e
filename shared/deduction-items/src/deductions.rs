//! Deductions, for one invocation.

use crate::item::no_such_item;
use crate::item::{ItemRecord, item_key};
use scrip_capability::capability;
use scrip_directory::Directory;
use scrip_ledger::Ledger;
use scrip_offline::Offline;
use scrip_refusal::Failure;
use scrip_store::decode;

capability! {
    /// Deductions. Only a transfer needs the payers' codes, only what signs or judges needs a keyring.
    pub struct Deductions in "DEDUCTIONS_TABLE" {
        pub(crate) ledger: Ledger,
        /// Merchants and their owners.
        pub directory: Directory,
        pub(crate) offline: Option<Offline>,
    }
}

impl Deductions {
    pub(crate) fn offline(&self) -> Result<&Offline, Failure> {
        self.offline.as_ref().ok_or_else(|| Failure::broken("this function does not judge codes"))
    }

    /// The current version of an item.
    pub(crate) async fn item(&self, merchant: &str, item: &str) -> Result<ItemRecord, Failure> {
        let found = self.store.get(&self.table, &item_key(merchant, item)).await?;
        decode(found.ok_or_else(no_such_item)?)
    }
}

/// What was read has changed; nothing is wrong.
pub(crate) fn changed() -> Failure {
    Failure::Changed("This is changing. Send the same request again.")
}
