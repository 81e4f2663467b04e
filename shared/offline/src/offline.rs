//! Offline payments, for one invocation.

use scrip_capability::capability;
use scrip_directory::Directory;
use scrip_ledger::Ledger;
use scrip_store::Store;

capability! {
    /// Offline payments. Only operations that grant or check codes need a keyring.
    pub struct Offline in "OFFLINE_TABLE" {
        pub(crate) ledger: Ledger,
        pub(crate) directory: Directory,
    }
}

impl Offline {
    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
}
