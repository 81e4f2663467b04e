//! Accounts: whose they are, in which currency, and over how many items their balance is spread.

use crate::spread::MERCHANT_SHARDS;
use schemars::JsonSchema;
use scrip_money::{Currency, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Fingerprint, Item, Key, derive_id, encode, id_pattern, is_id, shard_of};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// The largest balance: the largest whole number below which every JSON reader counts exactly has 15 digits and some.
pub const MAX_BALANCE_MINOR_UNITS: i64 = 9_000_000_000_000_000;
/// Items over which an external account's balance is spread. All payments of a currency pass through clearing, and the
/// items come into being when they are first used, so there are many.
pub const EXTERNAL_SHARDS: u8 = 64;

/// What kind of account it is; its id tells, so that a payment needs no read to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountClass {
    /// A user's: one item.
    User,
    /// A merchant's: spread over [`MERCHANT_SHARDS`] items or more, its balance being their sum.
    Merchant,
    /// Where money enters, leaves or waits: may be negative, spread over [`EXTERNAL_SHARDS`] items made at their first
    /// use.
    External,
    /// What a user has of a merchant's deduction item, such as points: one item, made at its first use. No request names
    /// it.
    Member,
}

/// The id of an account, `acct_…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// What every account's id begins with.
    pub const PREFIX: &'static str = "acct_";

    /// Reads an id that a request names; `None` for what can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_prefix(&[USER, MERCHANT, EXTERNAL], text)
    }

    /// The regular expression of what [`Self::parse`] accepts.
    pub fn pattern() -> String {
        id_pattern(&format!("({USER}|{MERCHANT}|{EXTERNAL})"))
    }

    /// Reads an id from a stored record, of any class; `None` for what can't be one.
    pub fn stored(text: &str) -> Option<Self> {
        Self::of_prefix(&[USER, MERCHANT, EXTERNAL, MEMBER], text)
    }

    fn of_prefix(prefixes: &[&str], text: &str) -> Option<Self> {
        prefixes.iter().any(|prefix| is_id(prefix, text)).then(|| Self(text.to_owned()))
    }

    /// The id of a user's account, from its hash.
    pub(crate) fn of_user(id: String) -> Self {
        Self(id)
    }

    /// The account of a merchant, `mch_…`.
    pub fn of_merchant(merchant: &str) -> Self {
        Self(merchant.replacen("mch_", MERCHANT, 1))
    }

    /// The external account of this name and currency.
    pub fn external(name: &str, currency: Currency) -> Self {
        Self(derive_id(EXTERNAL, &[name, currency.code()]))
    }

    /// Where captured money waits for its settlement.
    pub fn clearing(currency: Currency) -> Self {
        Self::external(CLEARING, currency)
    }

    /// What a user has of a merchant's deduction item.
    pub fn member(user: &str, merchant: &str, item: &str) -> Self {
        Self(derive_id(MEMBER, &[user, merchant, item]))
    }

    /// The kind of account.
    pub fn class(&self) -> AccountClass {
        if self.0.starts_with(MERCHANT) {
            AccountClass::Merchant
        } else if self.0.starts_with(EXTERNAL) {
            AccountClass::External
        } else if self.0.starts_with(MEMBER) {
            AccountClass::Member
        } else {
            AccountClass::User
        }
    }

    /// The merchant whose account it is, if it is a merchant's.
    pub fn merchant(&self) -> Option<String> {
        self.0.strip_prefix(MERCHANT).map(|rest| format!("mch_{rest}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many items hold the balance at least. A merchant's may be spread further.
    pub fn shards(&self) -> u8 {
        match self.class() {
            AccountClass::User | AccountClass::Member => 1,
            AccountClass::Merchant => MERCHANT_SHARDS,
            AccountClass::External => EXTERNAL_SHARDS,
        }
    }

    /// The item that a transfer of this id credits while the account is spread over no more items than at first: always
    /// the same one, however often it is tried.
    pub fn shard_for(&self, transfer: &str) -> u8 {
        shard_of(transfer, self.shards())
    }

    /// Under which key an entry of the account stands in the indexes that list them: one for each item that holds the
    /// balance, so that the index takes what the items take. `None` where nobody lists the entries.
    pub fn entries_key(&self, shard: u8) -> Option<String> {
        match self.class() {
            AccountClass::User => Some(self.0.clone()),
            AccountClass::Merchant => Some(format!("{}#{shard:02}", self.0)),
            AccountClass::External | AccountClass::Member => None,
        }
    }

    /// The key of one of the items that hold the balance. Each is a partition of its own.
    pub fn balance_key(&self, shard: u8) -> Key {
        match self.class() {
            AccountClass::User | AccountClass::Member => Key::new(format!("ACCT#{}", self.0), BALANCE),
            AccountClass::Merchant | AccountClass::External => {
                Key::new(format!("ACCT#{}#{shard:02}", self.0), BALANCE)
            }
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For stored records, so it reads ids of every class: a request names an account by a text, to be parsed.
impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::stored(&text).ok_or_else(|| serde::de::Error::custom("expected the id of an account, acct_…"))
    }
}

pub(crate) const USER: &str = "acct_u";
const MERCHANT: &str = "acct_m";
const EXTERNAL: &str = "acct_x";
const MEMBER: &str = "acct_b";
const CLEARING: &str = "clearing";
const BALANCE: &str = "BALANCE";
pub(crate) const OPEN: &str = "open";

/// One item that holds a balance or a part of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The account.
    pub account: String,
    /// Whose it is: `user:…` or `mch_…`.
    pub holder: String,
    /// The user, where it is to be listed under one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// When it was opened, sortable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opened: Option<String>,
    /// Its currency; none (XXX) where units are counted that are no money.
    #[serde(deserialize_with = "scrip_money::stored_currency")]
    pub currency: Currency,
    /// Minor units that can be spent.
    pub balance: i64,
    /// Minor units that authorizations reserve, beside those that can be spent.
    #[serde(default)]
    pub held: i64,
    /// `open`.
    pub status: String,
    /// Over how many items a merchant's balance is spread, if over more than at first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shards: Option<u8>,
    /// The hash of the request that opened it.
    pub request_hash: String,
}

/// An account as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Account", example = json!({
    "id": "acct_u0123456789abcdefghjkmnpqrs",
    "currency": "CNY",
    "balance": { "amount": 10_000, "currency": "CNY" },
    "available": { "amount": 7_000, "currency": "CNY" },
}))]
pub struct AccountView {
    /// The id, `acct_…`.
    pub id: String,
    /// The ISO 4217 currency of all that goes in and out.
    pub currency: Currency,
    /// All that is in it, reserved or not.
    pub balance: Money,
    /// What can be spent.
    pub available: Money,
}

impl AccountView {
    pub(crate) fn empty(id: &AccountId, currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { id: id.to_string(), currency, balance: nothing, available: nothing }
    }

    /// From the items that hold it, of which there is at least one; all have its currency.
    pub(crate) fn of(
        id: &AccountId,
        currency: Currency,
        records: &[AccountRecord],
    ) -> Result<Self, MoneyError> {
        let sum = |part: fn(&AccountRecord) -> i64| {
            Money::checked_sum(
                currency,
                records.iter().map(|record| Money::new(part(record), record.currency)),
            )
        };
        let available = sum(|record| record.balance)?;
        let balance = available.checked_add(sum(|record| record.held)?)?;
        Ok(Self { id: id.to_string(), currency, balance, available })
    }
}

/// The items of a new merchant's account, to be created with the merchant.
pub fn new_merchant_account(
    merchant: &str,
    currency: Currency,
    fingerprint: &Fingerprint,
) -> Result<Vec<Item>, Failure> {
    let id = AccountId::of_merchant(merchant);
    (0..MERCHANT_SHARDS)
        .map(|shard| {
            let record = AccountRecord {
                account: id.to_string(),
                holder: merchant.to_owned(),
                owner: None,
                opened: None,
                currency,
                balance: 0,
                held: 0,
                status: OPEN.to_owned(),
                shards: None,
                request_hash: fingerprint.as_str().to_owned(),
            };
            encode(&id.balance_key(shard), &record)
        })
        .collect()
}

/// The refusal of an account that does not exist, or that the caller must not know.
pub fn unknown_account(pointer: &str) -> Refusal {
    let mut refusal = Refusal::new(Code::NotFound, "Name an account that exists.");
    refusal.fields.push(scrip_refusal::FieldError {
        pointer: pointer.to_owned(),
        code: Code::NotFound,
        detail: "no such account".to_owned(),
    });
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_id_tells_the_class() {
        let user = AccountId::parse(&derive_id(USER, &["a"])).unwrap();
        assert_eq!(user.class(), AccountClass::User);
        let merchant = AccountId::of_merchant(&derive_id("mch_", &["a"]));
        assert_eq!(AccountId::parse(merchant.as_str()).unwrap().class(), AccountClass::Merchant);
        assert_eq!(merchant.merchant().unwrap(), derive_id("mch_", &["a"]));
        let external = AccountId::external("treasury", Currency::CNY);
        assert_eq!(AccountId::parse(external.as_str()).unwrap().class(), AccountClass::External);
        let member = AccountId::member("alice", &derive_id("mch_", &["a"]), "points");
        assert_eq!((member.class(), member.shards()), (AccountClass::Member, 1));
        assert_eq!(AccountId::parse(member.as_str()), None);
        assert_eq!(AccountId::stored(member.as_str()).unwrap(), member);
        assert_eq!(serde_json::from_value::<AccountId>(member.as_str().into()).unwrap(), member);
        for bad in ["", "acct_", "acct_u", "acct_z00000000000000000000000000", "4111111111111111"] {
            assert_eq!((AccountId::parse(bad), AccountId::stored(bad)), (None, None), "{bad}");
        }
    }

    #[test]
    fn transfers_spread_over_all_shards() {
        let merchant = AccountId::of_merchant(&derive_id("mch_", &["a"]));
        let used: BTreeSet<u8> =
            (0..1_000).map(|n| merchant.shard_for(&derive_id("txn_", &[&n.to_string()]))).collect();
        assert_eq!(used, (0..MERCHANT_SHARDS).collect());
    }

    #[test]
    fn entries_of_accounts_that_somebody_lists_are_spread_as_their_balance() {
        let user = AccountId::parse(&derive_id(USER, &["a"])).unwrap();
        assert_eq!(user.entries_key(0).as_deref(), Some(user.as_str()));
        let merchant = AccountId::of_merchant(&derive_id("mch_", &["a"]));
        let keys: BTreeSet<_> =
            (0..MERCHANT_SHARDS).filter_map(|shard| merchant.entries_key(shard)).collect();
        assert_eq!(keys.len(), usize::from(MERCHANT_SHARDS));
        assert_eq!(merchant.entries_key(7), Some(format!("{merchant}#07")));
        for account in [AccountId::clearing(Currency::CNY), AccountId::member("a", "mch_1", "points")] {
            assert_eq!(account.entries_key(0), None, "{account}");
        }
    }

    #[test]
    fn what_is_held_is_there_but_not_available() {
        let id = AccountId::parse(&derive_id(USER, &["a"])).unwrap();
        let record = |json| serde_json::from_value::<AccountRecord>(json).unwrap();
        let old = record(serde_json::json!({
            "account": id, "holder": "user:a", "currency": "CNY", "balance": 70, "status": "open", "request_hash": "h",
        }));
        let view = AccountView::of(&id, Currency::CNY, std::slice::from_ref(&old)).unwrap();
        assert_eq!((view.balance.amount, view.available.amount), (70, 70));
        let view = AccountView::of(&id, Currency::CNY, &[AccountRecord { held: 30, ..old }]).unwrap();
        assert_eq!((view.balance.amount, view.available.amount), (100, 70));
    }

    #[test]
    fn stored_units_may_be_no_money() {
        let member = AccountId::member("alice", &derive_id("mch_", &["a"]), "points");
        let record: AccountRecord = serde_json::from_value(serde_json::json!({
            "account": member, "holder": "user:alice", "currency": "XXX", "balance": 7, "status": "open",
            "request_hash": "none",
        }))
        .unwrap();
        assert_eq!(record.currency, Currency::XXX);
    }

    #[test]
    fn a_new_merchants_account_is_all_of_its_items_open_and_empty() {
        let merchant = derive_id("mch_", &["a"]);
        let fingerprint = Fingerprint::of(&[b"request"]);
        let items = new_merchant_account(&merchant, Currency::CNY, &fingerprint).unwrap();
        assert_eq!(items.len(), usize::from(MERCHANT_SHARDS));
        let account = AccountId::of_merchant(&merchant);
        for (shard, item) in (0..).zip(items) {
            assert_eq!(Key::of(&item), Some(account.balance_key(shard)));
            let record: AccountRecord = scrip_store::decode(item).unwrap();
            assert_eq!((record.account.as_str(), &record.holder), (account.as_str(), &merchant));
            assert_eq!((record.balance, record.held, record.currency), (0, 0, Currency::CNY));
            assert_eq!((record.status.as_str(), record.shards), (OPEN, None));
            assert!(fingerprint.is(&record.request_hash));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,40}") {
            let _ = AccountId::parse(&text);
        }
    }
}
