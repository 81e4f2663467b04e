//! Offline payments, for one invocation.

use crate::settlement::group;
use scrip_capability::capability;
use scrip_clock::Timestamp;
use scrip_directory::Directory;
use scrip_ledger::Ledger;
use scrip_money::Currency;
use scrip_refusal::Failure;
use scrip_slots::{Kind, Slot, Slots};
use scrip_store::Store;

capability! {
    /// Offline payments. Only operations that grant or check codes need a keyring.
    pub struct Offline in "OFFLINE_TABLE" {
        pub(crate) ledger: Ledger,
        pub(crate) directory: Directory,
        pub(crate) slots: Slots,
    }
}

impl Offline {
    /// Where a capture waits for the end of its window, beside all others of its merchant and currency.
    pub(crate) fn capture_slot(
        &self,
        merchant: &str,
        currency: Currency,
        transaction: &str,
        settles_at: i64,
    ) -> Result<Slot, Failure> {
        let at = Timestamp::from_millisecond(settles_at).map_err(Failure::broken)?;
        let item = format!("{}#{transaction}", group(merchant, currency));
        self.slots.slot(Kind::PosSettlement, "window", &item, at)
    }

    /// Where an authorization waits for its end, or after that for its code to be forgotten.
    pub(crate) fn authorization_slot(&self, id: &str, moment: &str, at: i64) -> Result<Slot, Failure> {
        let at = Timestamp::from_millisecond(at).map_err(Failure::broken)?;
        self.slots.slot(Kind::OfflineAuthorization, moment, id, at)
    }

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
