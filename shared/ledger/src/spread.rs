//! Over how many items a merchant's balance is spread: sixteen at first, and more once that is asked for.
//!
//! Each item says how many there are. A credit is conditional on knowing at least that number, so a payment reads nothing
//! beforehand: who knows an older number is refused by the write once, learns the new one from the item that comes back,
//! and tries again. Whoever reads a balance or entries asks the first item, which is told before any other one.

use crate::account::{AccountClass, AccountId, AccountRecord};
use crate::ledger::Ledger;
use schemars::JsonSchema;
use scrip_capability::{Capability, Context};
use scrip_refusal::{Code, Failure, Refusal, SEND_AGAIN};
use scrip_store::{Item, Transaction, Write, encode, number};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Items over which a merchant's balance is spread at first, so that a sale day's payments do not queue for one.
pub const MERCHANT_SHARDS: u8 = 16;
/// Items over which a merchant's balance is spread at most: a payout gathers from all of them in one transaction.
pub const MAX_MERCHANT_SHARDS: u8 = 64;
/// How many merchants' numbers are remembered.
const MAX_KNOWN: usize = 10_000;

/// What a function has seen, from one invocation to the next, of accounts that are spread further. Credits are right
/// whatever it says, and tried once more where it says too little; a debit's entry stands where it says, so it must never
/// say more than the table.
#[derive(Clone)]
pub(crate) struct Spread(Arc<Known>);

type Known = Mutex<BTreeMap<AccountId, u8>>;

impl Capability for Spread {
    fn new(context: &Context) -> Result<Self, Failure> {
        Ok(Self(context.kept.keep(|| Ok(Known::default()))?))
    }
}

/// Over how many items an account is spread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AccountSpread", example = json!({
    "account": "acct_m0123456789abcdefghjkmnpqrs",
    "shards": 64,
}))]
pub struct SpreadView {
    /// The account, `acct_…`.
    pub account: String,
    /// How many items hold its balance, 16 to 64.
    pub shards: u32,
}

impl Spread {
    fn known_shards(&self) -> MutexGuard<'_, BTreeMap<AccountId, u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Over how many items an account is spread, as far as this function has seen.
    pub(crate) fn known(&self, account: &AccountId) -> u8 {
        let known = match account.class() {
            AccountClass::Merchant => self.known_shards().get(account).copied(),
            AccountClass::User | AccountClass::External | AccountClass::Member => None,
        };
        known.unwrap_or_else(|| account.shards())
    }

    /// What the first of an account's items says.
    pub(crate) fn told(&self, account: &AccountId, record: &AccountRecord) -> u8 {
        let shards = record.shards.unwrap_or_else(|| account.shards()).min(MAX_MERCHANT_SHARDS);
        self.learn(account, shards);
        shards
    }

    fn learn(&self, account: &AccountId, shards: u8) {
        if shards <= account.shards() {
            return;
        }
        let mut known = self.known_shards();
        if known.len() >= MAX_KNOWN && !known.contains_key(account) {
            known.clear();
        }
        let before = known.entry(account.clone()).or_insert(shards);
        *before = shards.max(*before);
    }

    fn forget(&self, account: &AccountId) {
        self.known_shards().remove(account);
    }

    /// Whether a credit was refused only because its writer did not know over how many items the account is spread: it is
    /// to be tried again, and now this function knows.
    pub(crate) fn was_unknown(
        &self,
        item: Option<&Item>,
        account: &AccountId,
        shard: u8,
        shards: u8,
    ) -> Option<Failure> {
        if account.class() != AccountClass::Merchant {
            return None;
        }
        match item {
            None if shard >= account.shards() => self.forget(account),
            None => return None,
            Some(item) => {
                let told = number(item, "shards").and_then(|shards| u8::try_from(shards).ok());
                self.learn(account, told.filter(|told| *told > shards)?);
            }
        }
        Some(Failure::Changed(SEND_AGAIN))
    }
}

/// Adds to the credit of an item that its account is spread no further than the writer knows.
pub(crate) fn require_known(write: Write, account: &AccountId, shards: u8) -> Write {
    if account.class() != AccountClass::Merchant {
        return write;
    }
    write
        .when("(attribute_not_exists(#shards) OR #shards <= :shards)")
        .name("#shards", "shards")
        .value(":shards", i64::from(shards))
}

impl Ledger {
    /// Spreads a merchant's balance over more items, while payments go on. Asking again changes nothing, and finishes what
    /// was begun.
    ///
    /// # Errors
    /// `not-found` for an account that is no merchant's; `out-of-range` for fewer items than there are, or too many.
    pub async fn spread(&self, account: &AccountId, shards: u32) -> Result<SpreadView, Failure> {
        if account.class() != AccountClass::Merchant {
            return Err(no_merchants_account().into());
        }
        let records = self.balances(account).await?.ok_or_else(no_merchants_account)?;
        let first = records.first().ok_or_else(no_merchants_account)?;
        let before = u8::try_from(records.len()).unwrap_or(MAX_MERCHANT_SHARDS);
        let wanted =
            u8::try_from(shards).ok().filter(|shards| (before..=MAX_MERCHANT_SHARDS).contains(shards));
        let Some(shards) = wanted else {
            let detail = format!("{before} to {MAX_MERCHANT_SHARDS}: items never become fewer");
            return Err(Refusal::field("/shards", Code::OutOfRange, detail).into());
        };
        // The new items exist before anybody is told of them.
        for shard in before..shards {
            let mut transaction = Transaction::new();
            transaction.create(&self.table, encode(&account.balance_key(shard), &empty_beside(first))?);
            self.store.commit(transaction).await?;
        }
        // The first one is told first: who learns the number from any other one finds readers that know it.
        for shard in 0..shards {
            if shards > MERCHANT_SHARDS {
                self.tell(account, shard, shards).await?;
            }
        }
        Ok(SpreadView { account: account.to_string(), shards: shards.into() })
    }

    /// Has one item say over how many the account is spread, unless it says so already, or of more.
    async fn tell(&self, account: &AccountId, shard: u8, shards: u8) -> Result<(), Failure> {
        let write = Write::update(&self.table, account.balance_key(shard), "SET #shards = :shards")
            .when("attribute_exists(pk) AND (attribute_not_exists(#shards) OR #shards < :shards)")
            .name("#shards", "shards")
            .value(":shards", i64::from(shards));
        let mut transaction = Transaction::new();
        transaction.require(write, |item| match item {
            Some(_) => Failure::Changed(SEND_AGAIN),
            None => Failure::broken("an item of a merchant's account is missing"),
        });
        match self.store.commit(transaction).await {
            Ok(_) | Err(Failure::Changed(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// One more item of an account.
fn empty_beside(first: &AccountRecord) -> AccountRecord {
    AccountRecord { balance: 0, held: 0, shards: None, ..first.clone() }
}

fn no_merchants_account() -> Refusal {
    Refusal::new(Code::NotFound, "No merchant's account has this id.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posting::{CreditTarget, NewTransfer, add_credit};
    use crate::tests::{ledger, merchant, transfer, user};
    use scrip_store::{AttributeValue, derive_id};
    use std::collections::BTreeSet;

    fn saying(shards: i64) -> Item {
        Item::from([("shards".to_owned(), AttributeValue::N(shards.to_string()))])
    }

    fn nothing_seen() -> Spread {
        Spread(Arc::default())
    }

    #[test]
    fn who_knows_too_little_learns_it_from_the_item_and_tries_again() {
        let spread = nothing_seen();
        let account = AccountId::of_merchant(&derive_id("mch_", &["learns"]));
        assert_eq!(spread.known(&account), MERCHANT_SHARDS);
        let refused = spread.was_unknown(Some(&saying(40)), &account, 3, MERCHANT_SHARDS);
        assert!(matches!(refused, Some(Failure::Changed(_))));
        assert_eq!(spread.known(&account), 40);
        assert!(
            spread.was_unknown(Some(&saying(40)), &account, 39, 40).is_none(),
            "it is refused for another reason"
        );
        assert!(spread.was_unknown(Some(&saying(20)), &account, 39, 40).is_none());
        assert_eq!(spread.known(&account), 40, "an older number is no news");
    }

    #[test]
    fn an_item_that_should_be_there_and_is_not_makes_the_number_forgotten() {
        let spread = nothing_seen();
        let account = AccountId::of_merchant(&derive_id("mch_", &["forgets"]));
        spread.learn(&account, 64);
        assert!(
            spread.was_unknown(None, &account, 3, 64).is_none(),
            "a merchant that does not exist is told so"
        );
        assert!(matches!(spread.was_unknown(None, &account, 40, 64), Some(Failure::Changed(_))));
        assert_eq!(spread.known(&account), MERCHANT_SHARDS);
    }

    fn first_item(account: &AccountId, shards: Option<u8>) -> AccountRecord {
        serde_json::from_value(json!({
            "account": account, "holder": "mch_1", "currency": "CNY", "balance": 70, "held": 5, "status": "open",
            "shards": shards, "request_hash": "h",
        }))
        .unwrap()
    }

    #[test]
    fn an_item_more_makes_no_money() {
        let first = first_item(&merchant(), Some(40));
        let more = empty_beside(&first);
        assert_eq!((more.balance, more.held, more.shards), (0, 0, None));
        assert_eq!((more.account, more.holder, more.currency), (first.account, first.holder, first.currency));
    }

    #[test]
    fn what_the_first_item_says_is_believed_up_to_the_most_and_remembered() {
        let spread = nothing_seen();
        let account = AccountId::of_merchant(&derive_id("mch_", &["told"]));
        let record = |shards| first_item(&account, shards);
        assert_eq!(spread.told(&account, &record(None)), MERCHANT_SHARDS);
        assert_eq!(spread.told(&account, &record(Some(40))), 40);
        assert_eq!(spread.known(&account), 40);
        assert_eq!(spread.told(&account, &record(Some(u8::MAX))), MAX_MERCHANT_SHARDS);
    }

    #[test]
    fn no_more_numbers_are_remembered_than_there_is_room_for() {
        let spread = nothing_seen();
        let account = |number: usize| AccountId::of_merchant(&derive_id("mch_", &[&number.to_string()]));
        for number in 0..MAX_KNOWN {
            spread.learn(&account(number), 20);
        }
        spread.learn(&account(0), 40);
        assert_eq!(
            (spread.known(&account(0)), spread.known(&account(1))),
            (40, 20),
            "there is room for what is known"
        );
        spread.learn(&account(MAX_KNOWN), 20);
        assert_eq!((spread.known(&account(0)), spread.known(&account(MAX_KNOWN))), (MERCHANT_SHARDS, 20));
    }

    #[test]
    fn only_merchants_are_spread_further() {
        let spread = nothing_seen();
        let user = AccountId::parse(&derive_id("acct_u", &["a"])).unwrap();
        assert!(spread.was_unknown(Some(&saying(40)), &user, 0, 1).is_none());
        assert_eq!(spread.known(&user), 1);
    }

    #[test]
    fn a_merchant_known_to_be_spread_further_is_credited_over_all_of_its_items() {
        let ledger = ledger();
        ledger.spread.learn(&merchant(), 64);
        let shards: BTreeSet<String> = (0..2_000)
            .map(|number| {
                let order = NewTransfer { id: format!("txn_{number}"), ..transfer(&user(), &merchant(), 1) };
                let mut transaction = Transaction::new();
                add_credit(&mut transaction, ("ledger", &ledger.spread), &order, CreditTarget::Available);
                let line = transaction.plan().concat();
                assert!(line.ends_with("OR shards <= 64)"), "{line}");
                line.split(' ').nth(2).unwrap().to_owned()
            })
            .collect();
        assert_eq!(shards, (0..64).map(|shard| merchant().balance_key(shard).pk).collect());
    }
}
