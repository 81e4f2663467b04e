//! Merchants: a user creates one and owns it from then on.

use crate::Directory;
use schemars::JsonSchema;
use scrip_ledger::{AccountId, Ledger, new_merchant_account};
use scrip_money::Currency;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Key, Origin, Transaction, encode, is_id};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A merchant that is to be created.
#[derive(Clone, Debug)]
pub struct NewMerchant {
    /// What it is called.
    pub name: String,
    /// The currency of its account and of all that it sells.
    pub currency: Currency,
}

/// The stored merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantRecord {
    /// The id, `mch_…`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The currency of its account.
    pub currency: Currency,
    /// The user who created it. It never changes.
    pub owner: String,
    /// When, in milliseconds since the epoch.
    pub created: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// A merchant as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Merchant", example = json!({
    "id": "mch_0123456789abcdefghjkmnpqrs",
    "name": "Tea House",
    "account": "acct_m0123456789abcdefghjkmnpqrs",
    "currency": "CNY",
}))]
pub struct MerchantView {
    /// The id, `mch_…`.
    pub id: String,
    /// The name that users see.
    pub name: String,
    /// The account into which it is paid, `acct_m…`.
    pub account: String,
    /// The account's currency.
    pub currency: Currency,
}

impl MerchantRecord {
    /// As its owner sees it.
    pub fn view(&self) -> MerchantView {
        MerchantView {
            id: self.id.clone(),
            name: self.name.clone(),
            account: AccountId::of_merchant(&self.id).to_string(),
            currency: self.currency,
        }
    }
}

/// The key of a merchant's item.
pub fn merchant_key(merchant: &str) -> Key {
    Key::new(format!("MERCHANT#{merchant}"), "MERCHANT")
}

impl Directory {
    /// Creates a merchant and its account, together.
    pub async fn create_merchant(
        &self,
        ledger: &Ledger,
        owner: &str,
        new: NewMerchant,
        origin: &Origin,
    ) -> Result<Created<MerchantRecord>, Failure> {
        let record = MerchantRecord {
            id: origin.id("mch_"),
            name: new.name,
            currency: new.currency,
            owner: owner.to_owned(),
            created: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&merchant_key(&record.id), &record)?);
        for item in new_merchant_account(&record.id, record.currency, &origin.fingerprint)? {
            transaction.create(ledger.table(), item);
        }
        self.create(transaction, record, origin).await
    }

    /// A merchant, if it exists.
    pub async fn merchant(&self, merchant: &str) -> Result<Option<MerchantRecord>, Failure> {
        self.read(&merchant_key(merchant)).await
    }

    /// Whether the merchant exists and is the user's.
    pub async fn is_owner(&self, merchant: &str, user: &str) -> Result<bool, Failure> {
        Ok(self.merchant(merchant).await?.is_some_and(|record| record.owner == user))
    }

    /// The merchant that the user owns. The owner never changes, so what is read here holds for a later write.
    ///
    /// # Errors
    /// `wrong-role` for an operator of it, `not-found` for anyone else.
    pub async fn merchant_of_owner(&self, merchant: &str, user: &str) -> Result<MerchantRecord, Failure> {
        match self.merchant(merchant).await? {
            Some(record) if record.owner == user => Ok(record),
            Some(_) if self.operator(merchant, user).await?.is_some() => {
                Err(Refusal::new(Code::WrongRole, "Only the merchant's owner may do this.").into())
            }
            _ => Err(no_such_merchant().into()),
        }
    }

    /// Requires that the user owns the merchant or is an operator of it.
    ///
    /// # Errors
    /// `not-found` for anyone else.
    pub async fn require_member(&self, merchant: &str, user: &str) -> Result<(), Failure> {
        let is_member = is_id("mch_", merchant)
            && (self.is_owner(merchant, user).await? || self.operator(merchant, user).await?.is_some());
        if is_member { Ok(()) } else { Err(no_such_merchant().into()) }
    }
}

fn no_such_merchant() -> Refusal {
    Refusal::new(Code::NotFound, "No merchant of yours has this id.")
}
