//! Whether what is spread over several keys, so that none is written to too often, is found by whoever looks for it: an
//! account's first item says how many there are, and each entry and verification is listed under a key that is read.

use crate::books::Books;
use crate::report::Violation;
use scrip_ledger::{AccountClass, AccountId};
use scrip_redemptions::VERIFICATION_PREFIX;
use scrip_redemptions::limits::VERIFICATION_SHARDS_READ;
use std::collections::BTreeMap;

/// Checks accounts that are spread, transfers and verifications.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let spread = spread(books);
    for balance in &books.balances {
        let told = balance.record.shards.unwrap_or_default();
        let first = spread.get(balance.record.account.as_str()).copied();
        if first.is_some_and(|first| first < told) {
            let detail = format!("{} says that it is one of {told}, the first one does not", balance.pk);
            violations.push(Violation::new("account-complete", &balance.record.account, detail));
        }
    }
    for transfer in &books.transfers {
        let sides = [
            (&transfer.debit_account, &transfer.debit_shard),
            (&transfer.credit_account, &transfer.credit_shard),
        ];
        for (account, listed) in sides {
            if !is_read(account, listed.as_deref(), &spread) {
                let listed = listed.as_deref().unwrap_or("nowhere");
                let detail = format!("{account} lists it under {listed}");
                violations.push(Violation::new("entry-listed", &transfer.id, detail));
            }
        }
    }
    for redemption in &books.redemptions {
        let listed = redemption.verified_for.as_deref();
        let is_read = match listed {
            Some(listed) => {
                let mut keys =
                    (0..VERIFICATION_SHARDS_READ).map(|shard| format!("{}#{shard:02}", redemption.merchant));
                keys.any(|key| key == listed)
            }
            None => !redemption.id.starts_with(VERIFICATION_PREFIX),
        };
        if !is_read {
            let detail = format!("its merchant lists it under {}", listed.unwrap_or("nothing"));
            violations.push(Violation::new("verification-listed", &redemption.id, detail));
        }
    }
}

/// Over how many items each account is spread, as its first one says.
fn spread(books: &Books) -> BTreeMap<&str, u8> {
    let first = books.balances.iter().filter_map(|balance| {
        let id = AccountId::stored(&balance.record.account)?;
        let is_first = id.balance_key(0).pk == balance.pk;
        is_first.then(|| (balance.record.account.as_str(), balance.record.shards.unwrap_or(id.shards())))
    });
    first.collect()
}

fn is_read(account: &str, listed: Option<&str>, spread: &BTreeMap<&str, u8>) -> bool {
    let Some(id) = AccountId::stored(account) else { return true };
    let shards = spread.get(account).copied().unwrap_or_else(|| id.shards());
    match (id.class(), listed) {
        (AccountClass::External | AccountClass::Member, listed) => listed.is_none(),
        (AccountClass::User, listed) => listed == Some(account),
        (AccountClass::Merchant, Some(listed)) => {
            (0..shards).any(|shard| id.entries_key(shard).as_deref() == Some(listed))
        }
        (AccountClass::Merchant, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::books::{Balance, Books};
    use crate::sample::{broken_by, merchant};
    use scrip_ledger::{AccountId, TransferKind, TransferRecord};

    fn bill(books: &mut Books) -> &mut TransferRecord {
        books.transfers.iter_mut().find(|transfer| transfer.kind == TransferKind::Bill).unwrap()
    }

    /// Spreads an account over one more item, and has its first one say so, or not.
    fn spread_further(books: &mut Books, is_told: bool) -> AccountId {
        let account = AccountId::of_merchant(&merchant("noodles"));
        let of_account = |balance: &&mut Balance| balance.record.account == account.as_str();
        let first =
            books.balances.iter_mut().filter(of_account).find(|found| found.pk.ends_with("#00")).unwrap();
        first.record.shards = is_told.then_some(17);
        let mut added = first.clone();
        added.pk = account.balance_key(16).pk;
        (added.record.shards, added.record.balance, added.record.held) = (Some(17), 0, 0);
        books.balances.push(added);
        account
    }

    #[test]
    fn an_entry_that_nobody_would_find_is_found() {
        assert_eq!(broken_by(|books| bill(books).credit_shard = None), ["entry-listed"]);
        assert_eq!(broken_by(|books| bill(books).debit_shard = Some("acct_u".into())), ["entry-listed"]);
        let elsewhere = |books: &mut Books| {
            let account = bill(books).credit_account.clone();
            bill(books).credit_shard = Some(format!("{account}#16"));
        };
        assert_eq!(broken_by(elsewhere), ["entry-listed"]);
    }

    #[test]
    fn an_entry_of_an_account_that_nobody_lists_is_found_in_the_index() {
        let deposit = |books: &mut Books| {
            let mut transfers = books.transfers.iter_mut();
            let deposit = transfers.find(|transfer| transfer.kind == TransferKind::Deposit).unwrap();
            deposit.debit_shard = Some(format!("{}#00", deposit.debit_account));
        };
        assert_eq!(broken_by(deposit), ["entry-listed"]);
    }

    #[test]
    fn an_account_may_be_spread_further_once_its_first_item_says_so() {
        let entered = |is_told: bool| {
            broken_by(|books| {
                let account = spread_further(books, is_told);
                let paid = books.transfers.iter_mut().find(|paid| paid.credit_account == account.as_str());
                paid.unwrap().credit_shard = account.entries_key(16);
            })
        };
        assert_eq!(entered(true), Vec::<&str>::new());
        assert_eq!(entered(false), ["account-complete", "entry-listed"]);
    }

    #[test]
    fn a_verification_that_its_merchant_would_not_find_is_found() {
        let under = |key: &str| {
            broken_by(|books| {
                let mut verifications =
                    books.redemptions.iter_mut().filter(|found| found.id.starts_with("vfy_"));
                verifications.next().unwrap().verified_for = (!key.is_empty()).then(|| key.to_owned());
            })
        };
        let own = merchant("noodles");
        assert_eq!(under(&format!("{own}#15")), Vec::<&str>::new());
        for key in [String::new(), own.clone(), format!("{own}#16"), format!("{}#00", merchant("flowers"))] {
            assert_eq!(under(&key), ["verification-listed"], "{key}");
        }
    }
}
