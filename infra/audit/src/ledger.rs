//! Whether the ledger adds up.

use crate::books::{Balance, Books};
use crate::report::{CurrencySums, Violation};
use scrip_ledger::{AccountClass, AccountId, MAX_MERCHANT_SHARDS, TransferKind, TransferRecord};
use scrip_money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// An account: all items that hold its balance.
#[derive(Default)]
struct Account<'a> {
    balance: i128,
    items: BTreeSet<&'a str>,
    /// How many items there are, if the first one says so.
    shards: u8,
    currencies: BTreeSet<Currency>,
}

/// Checks accounts and transfers; returns the sums of each currency's balances.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) -> BTreeMap<Currency, CurrencySums> {
    let mut sums: BTreeMap<Currency, CurrencySums> = BTreeMap::new();
    let mut accounts: BTreeMap<&str, Account<'_>> = BTreeMap::new();
    for balance in &books.balances {
        let class = check_item(balance, violations);
        let amount = i128::from(balance.record.balance) + i128::from(balance.record.held);
        let sums = sums.entry(balance.record.currency).or_default();
        match class {
            Some(AccountClass::Merchant) => sums.merchants += amount,
            Some(AccountClass::External) => sums.external += amount,
            Some(AccountClass::Member) => sums.members += amount,
            Some(AccountClass::User) | None => sums.users += amount,
        }
        let account = accounts.entry(&balance.record.account).or_default();
        account.balance += amount;
        account.items.insert(&balance.pk);
        if balance.pk.ends_with("#00") {
            account.shards = balance.record.shards.unwrap_or_default();
        }
        account.currencies.insert(balance.record.currency);
    }
    for (currency, sums) in sums.iter().filter(|(_, sums)| sums.total() != 0) {
        let detail = format!("all balances together are {}, not 0", sums.total());
        violations.push(Violation::new("money-conserved", currency.code(), detail));
    }
    check_accounts(books, &accounts, violations);
    check_transfers(books, violations);
    sums
}

/// One item of an account, by itself.
fn check_item(balance: &Balance, violations: &mut Vec<Violation>) -> Option<AccountClass> {
    let record = &balance.record;
    let Some(id) = AccountId::stored(&record.account) else {
        violations.push(Violation::new(
            "account-known",
            &balance.pk,
            format!("{} is no account", record.account),
        ));
        return None;
    };
    let most = if id.class() == AccountClass::Merchant { MAX_MERCHANT_SHARDS } else { id.shards() };
    if !(0..most).any(|shard| id.balance_key(shard).pk == balance.pk) {
        violations.push(Violation::new(
            "account-known",
            id.as_str(),
            format!("{} is not its place", balance.pk),
        ));
    }
    let least = record.balance.min(record.held);
    if (least < 0 && id.class() != AccountClass::External) || record.held < 0 {
        let detail = format!("{least} in {}", balance.pk);
        violations.push(Violation::new("balance-not-negative", id.as_str(), detail));
    }
    Some(id.class())
}

/// Each account as a whole, against the transfers that name it.
fn check_accounts(books: &Books, accounts: &BTreeMap<&str, Account<'_>>, violations: &mut Vec<Violation>) {
    let mut entries: BTreeMap<&str, i128> = BTreeMap::new();
    for movement in books.movements() {
        for (account, change) in [(movement.from, -movement.amount), (movement.to, movement.amount)] {
            *entries.entry(account).or_default() += change;
            match accounts.get(account) {
                None => {
                    let detail = format!("{} names it, but it does not exist", movement.id);
                    violations.push(Violation::new("account-known", account, detail));
                }
                Some(known) if !known.currencies.contains(&movement.currency) => {
                    let detail = format!("{} moves {}", movement.id, movement.currency);
                    violations.push(Violation::new("one-currency", account, detail));
                }
                Some(_) => {}
            }
        }
    }
    for (id, account) in accounts {
        let made = entries.get(id).copied().unwrap_or_default();
        if account.balance != made {
            let detail = format!("the balance is {}, but its transfers make {made}", account.balance);
            violations.push(Violation::new("balance-of-transfers", *id, detail));
        }
        if account.currencies.len() > 1 {
            violations.push(Violation::new("one-currency", *id, "its items have several"));
        }
        let parsed = AccountId::parse(id).filter(|id| id.class() == AccountClass::Merchant);
        if let Some(missing) =
            parsed.map(|id| usize::from(id.shards().max(account.shards)).saturating_sub(account.items.len()))
            && missing > 0
        {
            violations.push(Violation::new(
                "account-complete",
                *id,
                format!("{missing} of its items are missing"),
            ));
        }
    }
}

fn check_transfers(books: &Books, violations: &mut Vec<Violation>) {
    let by_id: BTreeMap<&str, &TransferRecord> =
        books.transfers.iter().map(|transfer| (transfer.id.as_str(), transfer)).collect();
    let mut reversed: BTreeMap<&str, i128> = BTreeMap::new();
    for transfer in &books.transfers {
        let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &transfer.id, detail));
        if transfer.amount <= 0 {
            tell("amount-positive", format!("it moves {}", transfer.amount));
        }
        if transfer.debit_account == transfer.credit_account {
            tell("two-accounts", format!("{} pays itself", transfer.debit_account));
        }
        if !(0..=transfer.amount).contains(&transfer.reversed) {
            tell(
                "reversed-within-amount",
                format!("{} of {} are sent back", transfer.reversed, transfer.amount),
            );
        }
        if (transfer.kind == TransferKind::Reversal) != transfer.reverses.is_some() {
            tell("reversal-of-transfer", "only a reversal reverses, and it reverses something".to_owned());
        }
        let Some(original) = &transfer.reverses else { continue };
        *reversed.entry(original).or_default() += i128::from(transfer.amount);
        match by_id.get(original.as_str()) {
            None => tell("reversal-of-transfer", format!("{original} does not exist")),
            Some(original) if !goes_back(transfer, original) => {
                tell("reversal-of-transfer", format!("it does not go the way of {} back", original.id));
            }
            Some(_) => {}
        }
    }
    for transfer in &books.transfers {
        // The reversal of a capture is an entry of its own, which its transaction tells of.
        let is_marked = transfer.kind != TransferKind::Capture;
        let sum = reversed.get(transfer.id.as_str()).copied().filter(|_| is_marked).unwrap_or_default();
        if i128::from(transfer.reversed) != sum {
            let detail = format!("{} is noted as sent back, but its reversals make {sum}", transfer.reversed);
            violations.push(Violation::new("reversed-of-reversals", &transfer.id, detail));
        }
    }
}

fn goes_back(reversal: &TransferRecord, original: &TransferRecord) -> bool {
    reversal.debit_account == original.credit_account
        && reversal.credit_account == original.debit_account
        && reversal.currency == original.currency
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, broken_by};

    fn of_kind(books: &mut Books, kind: TransferKind) -> &mut TransferRecord {
        books.transfers.iter_mut().find(|transfer| transfer.kind == kind).unwrap()
    }

    fn balance<'a>(books: &'a mut Books, prefix: &str) -> &'a mut Balance {
        let fits = |balance: &&mut Balance| balance.pk.starts_with(prefix) && balance.record.balance != 0;
        books.balances.iter_mut().find(fits).unwrap()
    }

    #[test]
    fn money_that_appears_is_found() {
        let rules = broken_by(|books| balance(books, "ACCT#acct_u").record.balance += 1);
        assert_eq!(rules, ["balance-of-transfers", "money-conserved"]);
        let rules = broken_by(|books| balance(books, "ACCT#acct_m").record.balance -= 1);
        assert_eq!(rules, ["balance-of-transfers", "money-conserved"]);
    }

    #[test]
    fn money_that_changes_hands_without_a_transfer_is_found() {
        let rules = broken_by(|books| {
            balance(books, "ACCT#acct_u").record.balance += 1;
            balance(books, "ACCT#acct_m").record.balance -= 1;
        });
        assert_eq!(rules, ["balance-of-transfers"]);
    }

    #[test]
    fn reserved_money_counts() {
        let rules = broken_by(|books| balance(books, "ACCT#acct_u").record.held += 1);
        assert_eq!(rules, ["balance-of-transfers", "held-of-authorizations", "money-conserved"]);
        let rules = broken_by(|books| {
            let record = &mut balance(books, "ACCT#acct_u").record;
            (record.balance, record.held) = (record.balance + record.held + 1, -1);
        });
        assert_eq!(rules, ["balance-not-negative", "held-of-authorizations"]);
    }

    #[test]
    fn units_that_appear_are_found() {
        let rules = broken_by(|books| balance(books, "ACCT#acct_b").record.balance += 1);
        assert_eq!(rules, ["balance-of-transfers", "money-conserved"]);
        let rules = broken_by(|books| books.receipts[0].consumed[0].amount += 1);
        assert_eq!(rules, ["balance-of-transfers"]);
        let rules = broken_by(|books| books.receipts[0].consumed[0].currency = Currency::CNY);
        assert_eq!(rules, ["consumed-of-item", "one-currency"]);
    }

    #[test]
    fn currencies_are_summed_apart() {
        let rules = broken_by(|books| balance(books, "ACCT#acct_x").record.currency = Currency::USD);
        assert_eq!(rules, ["money-conserved", "one-currency"]);
    }

    #[test]
    fn a_debt_is_found_even_where_other_items_make_up_for_it() {
        let rules = broken_by(|books| {
            balance(books, "ACCT#acct_m").record.balance += 1;
            let empty = |b: &&mut Balance| b.pk.starts_with("ACCT#acct_m") && b.record.balance == 0;
            let account = balance(books, "ACCT#acct_m").record.account.clone();
            let mut shards = books.balances.iter_mut().filter(empty);
            shards.find(|shard| shard.record.account == account).unwrap().record.balance = -1;
        });
        assert_eq!(rules, ["balance-not-negative"]);
    }

    #[test]
    fn a_missing_or_misplaced_item_is_found() {
        let rules = broken_by(|books| {
            let empty = |b: &Balance| b.pk.starts_with("ACCT#acct_m") && b.record.balance == 0;
            let place = books.balances.iter().position(empty).unwrap();
            books.balances.remove(place);
        });
        assert_eq!(rules, ["account-complete"]);
        let rules = broken_by(|books| balance(books, "ACCT#acct_u").pk = "ACCT#elsewhere".into());
        assert_eq!(rules, ["account-known"]);
        let rules = broken_by(|books| {
            books.balances.retain(|balance| !balance.pk.starts_with("ACCT#acct_u"));
        });
        assert_eq!(rules, ["account-known", "held-of-authorizations", "money-conserved"]);
    }

    #[test]
    fn a_transfer_that_vanishes_or_appears_is_found() {
        let rules =
            broken_by(|books| books.transfers.retain(|transfer| transfer.kind != TransferKind::Deposit));
        assert_eq!(rules, ["balance-of-transfers"]);
        let rules = broken_by(|books| {
            let mut twice = of_kind(books, TransferKind::Deposit).clone();
            twice.id = sample::transfer("twice");
            books.transfers.push(twice);
        });
        assert_eq!(rules, ["balance-of-transfers"]);
    }

    #[test]
    fn transfers_that_make_no_sense_are_found() {
        let rules = broken_by(|books| {
            let nothing =
                TransferRecord { amount: 0, id: sample::transfer("none"), ..books.transfers[0].clone() };
            books.transfers.push(nothing);
        });
        assert_eq!(rules, ["amount-positive"]);
        let rules = broken_by(|books| {
            let mut own = TransferRecord { id: sample::transfer("own"), ..books.transfers[0].clone() };
            own.debit_account.clone_from(&own.credit_account);
            books.transfers.push(own);
        });
        assert_eq!(rules, ["entry-listed", "two-accounts"]);
        let rules = broken_by(|books| of_kind(books, TransferKind::Deposit).currency = Currency::USD);
        assert_eq!(rules, ["one-currency"]);
    }

    #[test]
    fn what_was_sent_back_is_what_reversals_say() {
        for kind in [TransferKind::Deposit, TransferKind::Capture] {
            assert_eq!(broken_by(|books| of_kind(books, kind).reversed = 1), ["reversed-of-reversals"]);
        }
        let rules = broken_by(|books| {
            let paid = books.transfers.iter_mut().find(|transfer| transfer.reversed > 0).unwrap();
            paid.reversed = paid.amount + 1;
        });
        assert_eq!(rules, ["reversed-of-reversals", "reversed-within-amount"]);
    }

    #[test]
    fn a_reversal_goes_back_where_the_money_came_from() {
        let rules = broken_by(|books| of_kind(books, TransferKind::Deposit).kind = TransferKind::Reversal);
        assert_eq!(rules, ["reversal-of-transfer"]);
        let rules = broken_by(|books| {
            of_kind(books, TransferKind::Reversal).reverses = Some(sample::transfer("none"));
        });
        assert_eq!(rules, ["reversal-of-transfer", "reversed-of-reversals"]);
        let rules = broken_by(|books| {
            let deposit = of_kind(books, TransferKind::Deposit).id.clone();
            of_kind(books, TransferKind::Reversal).reverses = Some(deposit);
        });
        assert_eq!(rules, ["reversal-of-transfer", "reversed-of-reversals"]);
    }
}
