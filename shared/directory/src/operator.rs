//! Operators: users whom a merchant's owner has named, for some of its stores.

use crate::{Directory, MerchantRecord};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::user_in_key;
use scrip_refusal::Failure;
use scrip_store::{Created, Key, Origin, Transaction, Write, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A user who is to be named.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// The user.
    pub user: String,
    /// The stores, instead of any that the user was named for before.
    pub stores: Vec<String>,
}

/// The stored operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRecord {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The user.
    pub user: String,
    /// The stores.
    pub stores: Vec<String>,
    /// When, in milliseconds since the epoch.
    pub named: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// An operator as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Operator", example = json!({
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "user": "olga",
    "stores": ["s1"],
    "named": "2026-11-30T12:00:00Z",
}))]
pub struct OperatorView {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The id of the user who works there.
    pub user: String,
    /// The merchant's own names of those in which the user may verify coupons.
    pub stores: Vec<String>,
    /// When the user was named for them.
    #[schemars(with = "scrip_clock::DateTime")]
    pub named: Timestamp,
}

impl OperatorRecord {
    /// As the owner sees it.
    pub fn view(&self) -> Result<OperatorView, Failure> {
        Ok(OperatorView {
            merchant: self.merchant.clone(),
            user: self.user.clone(),
            stores: self.stores.clone(),
            named: Timestamp::from_millisecond(self.named).map_err(Failure::broken)?,
        })
    }
}

/// The key of an operator's item.
pub fn operator_key(merchant: &str, user: &str) -> Key {
    Key::new(format!("MERCHANT#{merchant}"), format!("OPERATOR#{}", user_in_key(user)))
}

impl Directory {
    /// Names an operator of a merchant whose owner asks. Naming the same user again replaces the stores. The naming
    /// is kept beside the operator, so that a request that arrives twice never brings old stores back.
    pub async fn name_operator(
        &self,
        merchant: &MerchantRecord,
        new: NewOperator,
        origin: &Origin,
    ) -> Result<Created<OperatorRecord>, Failure> {
        let record = OperatorRecord {
            merchant: merchant.id.clone(),
            user: new.user,
            stores: new.stores,
            named: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        self.store.until_unchanged(|| self.try_name_operator(merchant, &record, origin)).await
    }

    async fn try_name_operator(
        &self,
        merchant: &MerchantRecord,
        record: &OperatorRecord,
        origin: &Origin,
    ) -> Result<Created<OperatorRecord>, Failure> {
        let naming = Key::new(origin.id("NAMING#"), "NAMING");
        let operator = encode(&operator_key(&merchant.id, &record.user), record)?;
        let membership = self.membership_write(merchant, &record.user, &record.stores).await?;
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&naming, record)?);
        transaction.require(Write::put(&self.table, operator), |_| {
            Failure::broken("an unconditional write was refused")
        });
        transaction.require(membership, |_| {
            Failure::Changed("This operator's stores are changing. Send the same request again.")
        });
        self.create(transaction, record.clone(), origin).await
    }

    /// The user as operator of the merchant, if named.
    pub async fn operator(&self, merchant: &str, user: &str) -> Result<Option<OperatorRecord>, Failure> {
        self.read(&operator_key(merchant, user)).await
    }
}
