//! Redemptions, for one invocation.

use crate::limits::UNFINISHED_AFTER_MINUTES;
use scrip_capability::capability;
use scrip_clock::SignedDuration;
use scrip_coupons::Coupons;
use scrip_directory::Directory;
use scrip_refusal::Failure;
use scrip_slots::{Kind, Slot, Slots};
use scrip_store::{Key, decode};
use serde::de::DeserializeOwned;

capability! {
    /// Uses of coupons, in the table in which the coupons are. Only what judges codes needs a keyring.
    pub struct Redemptions in "COUPONS_TABLE" {
        /// Merchants, their operators and keys, users' contacts, and what all of them are told.
        pub directory: Directory,
        /// The coupons that are used, and the campaigns that rewards come from.
        pub(crate) coupons: Coupons,
        pub(crate) slots: Slots,
    }
}

impl Redemptions {
    /// Where a redemption waits from now on in case that what follows from it is not finished at once.
    pub(crate) fn second_chance(&self, id: &str, cause: &str) -> Result<Slot, Failure> {
        let at = self.now() + SignedDuration::from_mins(UNFINISHED_AFTER_MINUTES);
        Ok(self.slots.slot(Kind::CouponReward, "unfinished", id, at)?.caused_by(cause))
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        self.store.get(&self.table, key).await?.map(decode).transpose()
    }
}
