//! Whether each settlement holds exactly the captures that name it, and was paid for just these.

use crate::books::Books;
use crate::offline::Transaction;
use crate::report::Violation;
use scrip_clock::Timestamp;
use scrip_ledger::{AccountId, TransferKind, TransferRecord};
use scrip_money::Currency;
use scrip_slots::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was settled together.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Settlement {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) currency: Currency,
    pub(crate) total: i64,
    pub(crate) count: i64,
    pub(crate) pages: i64,
    /// Those of its first page.
    pub(crate) captures: Vec<String>,
}

/// A further page of a settlement.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SettlementPage {
    pk: String,
    captures: Vec<String>,
}

impl SettlementPage {
    fn settlement(&self) -> &str {
        self.pk.strip_prefix("SETTLEMENT#").unwrap_or(&self.pk)
    }
}

pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let mut naming: BTreeMap<&str, BTreeMap<&str, &Transaction>> = BTreeMap::new();
    for transaction in books.transactions.iter().filter(|transaction| transaction.status == "settled") {
        let Some(id) = &transaction.settlement else {
            let detail = "it is settled, and names no settlement";
            violations.push(Violation::new("settled-once", &transaction.id, detail));
            continue;
        };
        naming.entry(id).or_default().insert(&transaction.id, transaction);
    }
    check_late(books, violations);
    let mut paid: BTreeMap<&str, Vec<&TransferRecord>> = BTreeMap::new();
    for transfer in books.transfers.iter().filter(|transfer| transfer.kind == TransferKind::Settlement) {
        paid.entry(transfer.reference.as_deref().unwrap_or_default()).or_default().push(transfer);
    }
    for settlement in &books.settlements {
        let id = settlement.id.as_str();
        let captures = naming.remove(id).unwrap_or_default();
        check_captures(books, settlement, &captures, violations);
        check_payments(settlement, &paid.remove(id).unwrap_or_default(), violations);
    }
    for (id, captures) in naming {
        let detail = format!("{} captures name it, and it does not exist", captures.len());
        violations.push(Violation::new("settled-once", id, detail));
    }
    for transfer in paid.into_values().flatten() {
        let detail = "it settles what is no settlement";
        violations.push(Violation::new("transaction-known", &transfer.id, detail));
    }
}

/// What could be settled is settled by now, or something keeps it from that.
fn check_late(books: &Books, violations: &mut Vec<Violation>) {
    let Some(now) = books.now else { return };
    let approved = books.transactions.iter().filter(|transaction| transaction.status == "approved");
    for transaction in approved {
        let settles_at = transaction.capture.as_ref().map(|capture| capture.settles_at);
        let settles_at = settles_at.and_then(|at| Timestamp::from_millisecond(at).ok());
        if let Some(at) = settles_at.filter(|at| now.duration_since(*at) > Kind::PosSettlement.late_after()) {
            let detail = format!("its time was over at {at}, and no settlement holds it");
            violations.push(Violation::new("settled-in-time", &transaction.id, detail));
        }
    }
}

fn check_captures(
    books: &Books,
    settlement: &Settlement,
    captures: &BTreeMap<&str, &Transaction>,
    violations: &mut Vec<Violation>,
) {
    let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &settlement.id, detail));
    let pages: Vec<_> =
        books.settlement_pages.iter().filter(|page| page.settlement() == settlement.id).collect();
    let found = pages.len() + usize::from(!settlement.captures.is_empty());
    if i64::try_from(found) != Ok(settlement.pages) {
        tell("settlement-pages", format!("it has {found} pages, and says {}", settlement.pages));
    }
    let listed: Vec<&str> = settlement
        .captures
        .iter()
        .chain(pages.iter().flat_map(|page| &page.captures))
        .map(String::as_str)
        .collect();
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    if once.len() != listed.len() || !once.iter().eq(captures.keys()) {
        tell("settled-once", "what it lists is not what names it".to_owned());
    }
    let decided = captures.values().filter_map(|capture| capture.decided.as_ref());
    let sum: i128 = decided.clone().map(|decided| i128::from(decided.amount)).sum();
    if sum != i128::from(settlement.total) || i64::try_from(captures.len()) != Ok(settlement.count) {
        let (total, count) = (settlement.total, settlement.count);
        tell("settlement-sum", format!("{} captures make {sum}, not {total} for {count}", captures.len()));
    }
    let is_other = |capture: &&&Transaction| capture.merchant != settlement.merchant;
    if captures.values().any(|capture| is_other(&capture))
        || decided.clone().any(|decided| decided.currency != settlement.currency)
    {
        tell("settlement-sum", "some captures are of another merchant or currency".to_owned());
    }
}

fn check_payments(settlement: &Settlement, paid: &[&TransferRecord], violations: &mut Vec<Violation>) {
    let clearing = AccountId::clearing(settlement.currency).to_string();
    let merchant = AccountId::of_merchant(&settlement.merchant).to_string();
    let is_right = |transfer: &&&TransferRecord| {
        (&transfer.debit_account, &transfer.credit_account) == (&clearing, &merchant)
            && transfer.currency == settlement.currency
    };
    let sum: i128 = paid.iter().map(|transfer| i128::from(transfer.amount)).sum();
    let fits = paid.iter().filter(is_right).count() == paid.len() && sum == i128::from(settlement.total);
    if !fits || i64::try_from(paid.len()) != Ok(settlement.pages) {
        let detail = format!("{} transfers of {sum} pay for {}", paid.len(), settlement.total);
        violations.push(Violation::new("settlement-paid", &settlement.id, detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::broken_by;
    use crate::sample_offline::transaction;
    use scrip_clock::SignedDuration;

    #[test]
    fn a_settlement_that_does_not_hold_its_captures_is_found() {
        let first = |books: &mut Books, change: &dyn Fn(&mut Settlement)| change(&mut books.settlements[0]);
        let rules = broken_by(|books| first(books, &|settlement| settlement.captures.truncate(1)));
        assert_eq!(rules, ["settled-once"]);
        let twice = |settlement: &mut Settlement| {
            let again = settlement.captures[0].clone();
            settlement.captures.push(again);
        };
        assert_eq!(broken_by(|books| first(books, &twice)), ["settled-once"]);
        assert_eq!(broken_by(|books| first(books, &|settlement| settlement.count += 1)), ["settlement-sum"]);
        assert_eq!(
            broken_by(|books| first(books, &|settlement| settlement.pages += 1)),
            ["settlement-pages", "settlement-paid"]
        );
        let rules = broken_by(|books| first(books, &|settlement| settlement.total += 1));
        assert_eq!(rules, ["settlement-paid", "settlement-sum"]);
        let rules = broken_by(|books| books.settlements.clear());
        assert_eq!(rules, ["settled-once", "transaction-known"]);
        let unnamed = |books: &mut Books| {
            let id = transaction("settled");
            let settled = books.transactions.iter_mut().find(|found| found.id == id).unwrap();
            settled.settlement = None;
        };
        assert_eq!(broken_by(unnamed), ["settled-once", "settlement-sum"]);
    }

    #[test]
    fn a_capture_that_should_be_settled_by_now_is_found() {
        let settles_at = |books: &Books| {
            let approved =
                books.transactions.iter().find(|found| found.id == transaction("approved")).unwrap();
            Timestamp::from_millisecond(approved.capture.as_ref().unwrap().settles_at).unwrap()
        };
        let after = |minutes| {
            broken_by(|books| books.now = Some(settles_at(books) + SignedDuration::from_mins(minutes)))
        };
        assert!(after(6).is_empty());
        assert_eq!(after(7), ["settled-in-time"]);
    }

    #[test]
    fn a_settlement_that_is_paid_wrongly_is_found() {
        let is_settlement = |transfer: &TransferRecord| transfer.kind == TransferKind::Settlement;
        let rules = broken_by(|books| books.transfers.retain(|transfer| !is_settlement(transfer)));
        assert_eq!(rules, ["balance-of-transfers", "settlement-paid"]);
        let rules = broken_by(|books| {
            books.transfers.iter_mut().find(|transfer| is_settlement(transfer)).unwrap().reference = None;
        });
        assert_eq!(rules, ["settlement-paid", "transaction-known"]);
    }
}
