//! For which merchants and stores a user is an operator, in one item, so that one read tells it before the merchant
//! is known.

use crate::{Directory, MerchantRecord};
use schemars::JsonSchema;
use scrip_fields::user_in_key;
use scrip_money::Currency;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Key, Write, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// For how many merchants one user may be an operator.
pub const MAX_MEMBERSHIPS: usize = 50;

/// A user's stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipsRecord {
    /// The stores by merchant.
    pub merchants: BTreeMap<String, Membership>,
    /// Counts changes.
    pub version: i64,
}

/// A user's stores of one merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The merchant's name.
    pub name: String,
    /// The merchant's currency.
    pub currency: Currency,
    /// The stores.
    pub stores: Vec<String>,
}

/// The stores of one merchant that a user operates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Membership", example = json!({
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "name": "Tea House",
    "currency": "CNY",
    "stores": ["s1"],
}))]
pub struct MembershipView {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The merchant's name.
    pub name: String,
    /// The merchant's currency, which is that of all its orders.
    pub currency: Currency,
    /// The merchant's own names of them.
    pub stores: Vec<String>,
}

/// The key of a user's memberships.
pub fn memberships_key(user: &str) -> Key {
    Key::new(format!("OPERATES#{}", user_in_key(user)), "STORES")
}

impl MembershipsRecord {
    /// Whether the user operates this store.
    pub fn has(&self, merchant: &str, store: &str) -> bool {
        let stores = self.merchants.get(merchant).map(|merchant| merchant.stores.as_slice());
        stores.unwrap_or_default().iter().any(|name| name == store)
    }
}

impl Directory {
    /// A user's stores, merchant by merchant.
    pub async fn memberships(&self, user: &str) -> Result<Vec<MembershipView>, Failure> {
        let record: MembershipsRecord = self.read(&memberships_key(user)).await?.unwrap_or_default();
        let views = record.merchants.into_iter().map(|(merchant, of)| {
            let Membership { name, currency, stores } = of;
            MembershipView { merchant, name, currency, stores }
        });
        Ok(views.collect())
    }

    /// The write that puts a user's stores of a merchant in the place of any before.
    pub(crate) async fn membership_write(
        &self,
        merchant: &MerchantRecord,
        user: &str,
        stores: &[String],
    ) -> Result<Write, Failure> {
        let key = memberships_key(user);
        let mut record: MembershipsRecord = self.read(&key).await?.unwrap_or_default();
        let (name, currency) = (merchant.name.clone(), merchant.currency);
        record.merchants.insert(merchant.id.clone(), Membership { name, currency, stores: stores.to_vec() });
        if record.merchants.len() > MAX_MEMBERSHIPS {
            let detail = format!("One user may be an operator of {MAX_MEMBERSHIPS} merchants.");
            return Err(Refusal::new(Code::LimitExceeded, detail).into());
        }
        let before = record.version;
        record.version = before.saturating_add(1);
        let write = Write::put(&self.table, encode(&key, &record)?);
        Ok(match before {
            0 => write.when("attribute_not_exists(pk)"),
            before => write.when("#version = :before").name("#version", "version").value(":before", before),
        })
    }
}
