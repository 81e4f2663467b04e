//! Redemptions, for one invocation.

use scrip_capability::capability;
use scrip_coupons::Coupons;
use scrip_directory::Directory;
use scrip_refusal::Failure;
use scrip_store::{Key, decode};
use serde::de::DeserializeOwned;

capability! {
    /// Uses of coupons, in the table in which the coupons are. Only what judges codes needs a keyring.
    pub struct Redemptions in "COUPONS_TABLE" {
        /// Merchants, their operators and keys, users' contacts, and what all of them are told.
        pub directory: Directory,
        /// The coupons that are used, and the campaigns that rewards come from.
        pub(crate) coupons: Coupons,
    }
}

impl Redemptions {
    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        self.store.get(&self.table, key).await?.map(decode).transpose()
    }
}
