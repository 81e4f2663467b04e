//! Coupons, for one invocation.

use crate::alias::Alias;
use crate::coupon::{COUPON_PREFIX, CouponRecord, no_such_coupon};
use scrip_capability::capability;
use scrip_directory::Directory;
use scrip_refusal::Failure;
use scrip_store::{Address, Key, Write, decode, is_id};
use serde::de::DeserializeOwned;

capability! {
    /// Campaigns and coupons. Only what makes or judges codes needs a keyring.
    pub struct Coupons in "COUPONS_TABLE" {
        /// Merchants, their operators and keys, users' contacts, and what all of them are told.
        pub directory: Directory,
    }
}

impl Coupons {
    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        self.store.get(&self.table, key).await?.map(decode).transpose()
    }

    /// Where coupons of these ids stand, if they do.
    pub fn coupon_addresses(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Address> {
        ids.into_iter().map(|id| CouponRecord::key(Alias::of(id.as_ref())).at(&self.table)).collect()
    }

    /// A coupon by its id.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn coupon(&self, id: &str) -> Result<CouponRecord, Failure> {
        if !is_id(COUPON_PREFIX, id) {
            return Err(no_such_coupon().into());
        }
        let found: Option<CouponRecord> = self.read(&CouponRecord::key(Alias::of(id))).await?;
        Ok(found.filter(|coupon| coupon.id == id).ok_or_else(no_such_coupon)?)
    }
}

/// The same write, if the item's version is still this one.
pub fn changed_item(write: Write, version: i64) -> Write {
    write.when("#version = :before").name("#version", "version").value(":before", version)
}

/// What was read has changed; nothing is wrong.
pub fn changed() -> Failure {
    Failure::Changed("This is changing. Send the same request again.")
}
