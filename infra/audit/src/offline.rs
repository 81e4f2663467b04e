//! Whether authorizations have left what payments did not use of them, and accounts hold what authorizations reserve.

use crate::books::Books;
use crate::report::Violation;
use scrip_money::Currency;
use scrip_slots::Slot;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The terms of an authorization, and what was left when it ended.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) currency: Currency,
    pub(crate) limit: i64,
    pub(crate) uses: i64,
    pub(crate) status: String,
    pub(crate) remaining: i64,
    pub(crate) uses_left: i64,
    pub(crate) valid_until: i64,
    #[serde(flatten)]
    pub(crate) slot: Option<Slot>,
}

/// The codes of a user, with what is left of their authorizations.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Codes {
    pub(crate) authorizations: BTreeMap<String, Grant>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Grant {
    pub(crate) account: String,
    pub(crate) currency: Currency,
    pub(crate) remaining: i64,
    pub(crate) uses_left: i64,
    pub(crate) reserve: bool,
    pub(crate) ended: bool,
}

/// A transaction of a point of sale.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) status: String,
    pub(crate) decided: Option<Decided>,
    pub(crate) capture: Option<Capture>,
    pub(crate) reversal: Option<Reversal>,
    /// What paid the merchant.
    pub(crate) settlement: Option<String>,
    #[serde(flatten)]
    pub(crate) slot: Option<Slot>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decided {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// The transfer, if it made one.
    pub(crate) key: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Capture {
    pub(crate) account: String,
    pub(crate) consumed: Consumed,
    pub(crate) settles_at: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Consumed {
    pub(crate) authorization: String,
    pub(crate) amount: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reversal {
    /// The transfer, if it made one.
    pub(crate) key: String,
    /// It came before its transaction.
    #[serde(default)]
    pub(crate) first: bool,
}

/// Whether items of this kind move nothing: misses of devices and of nobody, batches, and what is not final.
pub(crate) fn is_aside(kind: &str) -> bool {
    matches!(kind, "LOCK" | "TOLD" | "BATCH" | "PIN_REQUIRED" | "DEFERRED") || kind.starts_with("RESULTS#")
}

/// What payments used of an authorization.
#[derive(Clone, Copy, Default)]
struct Used {
    amount: i128,
    uses: i128,
    /// Of that, what may have been given back.
    reversed_amount: i128,
    reversed_uses: i128,
}

/// Checks authorizations, and what accounts hold for them.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let grants: BTreeMap<&str, &Grant> = books
        .codes
        .iter()
        .flat_map(|codes| &codes.authorizations)
        .map(|(id, grant)| (id.as_str(), grant))
        .collect();
    let mut used = used(books);
    for authorization in &books.authorizations {
        let grant = grants.get(authorization.id.as_str()).copied();
        let used = used.remove(authorization.id.as_str()).unwrap_or_default();
        check_one(authorization, grant, used, violations);
    }
    let known: BTreeSet<&str> = books.authorizations.iter().map(|record| record.id.as_str()).collect();
    for id in used.into_keys().chain(grants.keys().copied()).filter(|id| !known.contains(id)) {
        violations.push(Violation::new("authorization-known", id, "it is used, but does not exist"));
    }
    check_holds(books, &grants, violations);
}

fn used(books: &Books) -> BTreeMap<&str, Used> {
    let mut all: BTreeMap<&str, Used> = BTreeMap::new();
    for transaction in &books.transactions {
        let Some(Capture { consumed, .. }) = &transaction.capture else { continue };
        let used = all.entry(&consumed.authorization).or_default();
        let is_reversed = transaction.status == "reversed";
        used.amount += i128::from(consumed.amount);
        used.uses += 1;
        if is_reversed {
            used.reversed_amount += i128::from(consumed.amount);
            used.reversed_uses += 1;
        }
    }
    for receipt in &books.receipts {
        let used = all.entry(&receipt.authorization).or_default();
        used.amount += i128::from(receipt.second_value);
        used.uses += 1;
    }
    all
}

fn check_one(
    authorization: &Authorization,
    grant: Option<&Grant>,
    used: Used,
    violations: &mut Vec<Violation>,
) {
    let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &authorization.id, detail));
    let (remaining, uses_left) = match grant {
        Some(grant) => (grant.remaining, grant.uses_left),
        None => (authorization.remaining, authorization.uses_left),
    };
    let is_usable = grant.is_some_and(|grant| !grant.ended);
    if is_usable != (authorization.status == "approved") {
        let state = if is_usable { "can" } else { "can not" };
        tell("authorization-ended", format!("it is {}, but {state} be used", authorization.status));
    }
    let is_same =
        |grant: &Grant| (&grant.account, grant.currency) == (&authorization.account, authorization.currency);
    if !grant.is_none_or(is_same) {
        tell("authorization-ended", "its code pays from elsewhere".to_owned());
    }
    // What is reversed once an authorization has ended is not given back to it.
    let may = |most: i128, reversed: i128| -> RangeInclusive<i128> {
        if is_usable { most - reversed..=most - reversed } else { most - reversed..=most }
    };
    for (what, limit, left, may) in [
        ("minor units", authorization.limit, remaining, may(used.amount, used.reversed_amount)),
        ("uses", authorization.uses, uses_left, may(used.uses, used.reversed_uses)),
    ] {
        let counted = i128::from(limit) - i128::from(left);
        if left < 0 || !may.contains(&counted) {
            let detail =
                format!("{counted} {what} are counted, but payments make {} to {}", may.start(), may.end());
            tell("authorization-used", detail);
        }
    }
}

fn check_holds(books: &Books, grants: &BTreeMap<&str, &Grant>, violations: &mut Vec<Violation>) {
    let mut missing: BTreeMap<&str, i128> = BTreeMap::new();
    for grant in grants.values().filter(|grant| grant.reserve) {
        *missing.entry(&grant.account).or_default() += i128::from(grant.remaining);
    }
    for balance in &books.balances {
        *missing.entry(&balance.record.account).or_default() -= i128::from(balance.record.held);
    }
    for (account, missing) in missing.into_iter().filter(|(_, missing)| *missing != 0) {
        let detail = format!("it holds {missing} less than what authorizations reserve");
        violations.push(Violation::new("held-of-authorizations", account, detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::broken_by;
    use crate::sample_offline::{authorization, transaction};

    fn grant<'a>(books: &'a mut Books, name: &str) -> &'a mut Grant {
        books.codes.iter_mut().find_map(|codes| codes.authorizations.get_mut(&authorization(name))).unwrap()
    }

    fn record<'a>(books: &'a mut Books, name: &str) -> &'a mut Authorization {
        books.authorizations.iter_mut().find(|record| record.id == authorization(name)).unwrap()
    }

    #[test]
    fn what_is_left_that_payments_do_not_make_is_found() {
        for change in [-1, 1] {
            let rules = broken_by(|books| grant(books, "lunch").remaining += change);
            assert_eq!(rules, ["authorization-used", "held-of-authorizations"]);
            assert_eq!(broken_by(|books| grant(books, "lunch").uses_left += change), ["authorization-used"]);
        }
        assert_eq!(broken_by(|books| record(books, "lunch").limit += 1), ["authorization-used"]);
        assert_eq!(broken_by(|books| record(books, "lunch").uses -= 1), ["authorization-used"]);
        assert_eq!(
            broken_by(|books| books.receipts[0].second_value += 1),
            ["authorization-used", "receipt-paid"]
        );
    }

    #[test]
    fn an_ended_authorization_may_lack_what_was_reversed_since_and_no_more() {
        for (left, uses) in [(1_500, 1), (1_600, 2)] {
            let rules = broken_by(|books| {
                let ended = record(books, "breakfast");
                (ended.remaining, ended.uses_left) = (left, uses);
            });
            assert!(rules.is_empty(), "{rules:?}");
        }
        for left in [1_499, 1_601] {
            let rules = broken_by(|books| record(books, "breakfast").remaining = left);
            assert_eq!(rules, ["authorization-used"]);
        }
        for uses in [0, 3] {
            let rules = broken_by(|books| record(books, "breakfast").uses_left = uses);
            assert_eq!(rules, ["authorization-used"]);
        }
    }

    #[test]
    fn what_ended_is_not_used_and_what_is_used_has_not_ended() {
        let rules = broken_by(|books| record(books, "lunch").status = "revoked".to_owned());
        assert_eq!(rules, ["authorization-ended", "slot-left"]);
        let rules = broken_by(|books| record(books, "breakfast").status = "approved".to_owned());
        assert_eq!(rules, ["authorization-ended", "slot-entered"]);
        let rules = broken_by(|books| grant(books, "lunch").currency = Currency::JPY);
        assert_eq!(rules, ["authorization-ended"]);
        let rules =
            broken_by(|books| books.authorizations.retain(|record| record.id != authorization("lunch")));
        assert_eq!(rules, ["authorization-known"]);
    }

    #[test]
    fn what_is_reserved_without_an_authorization_is_found() {
        assert_eq!(broken_by(|books| grant(books, "lunch").reserve = false), ["held-of-authorizations"]);
        let rules = broken_by(|books| {
            books.codes.clear();
            let lunch = record(books, "lunch");
            (lunch.status, lunch.remaining, lunch.uses_left) = ("expired".to_owned(), 7_800, 2);
        });
        assert_eq!(rules, ["held-of-authorizations", "slot-left"]);
    }

    #[test]
    fn a_payment_without_its_count_is_found() {
        let rules = broken_by(|books| {
            let paid =
                books.transactions.iter_mut().find(|found| found.id == transaction("approved")).unwrap();
            paid.capture.as_mut().unwrap().consumed.amount = 0;
        });
        assert_eq!(rules, ["authorization-used"]);
    }
}
