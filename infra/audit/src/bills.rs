//! Whether each bill is what its items make it, and is paid exactly once.

use crate::books::{Addition, Books};
use crate::report::Violation;
use scrip_bills::{BillRecord, BillStatus};
use scrip_ledger::{AccountId, TransferKind, TransferRecord};
use std::collections::{BTreeMap, BTreeSet};

/// What a bill's items make.
#[derive(Default)]
struct Made {
    total: i128,
    items: i64,
    by_merchant: BTreeMap<String, i128>,
}

/// Checks bills, their items and their payments.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let mut additions: BTreeMap<&str, Vec<&Addition>> = BTreeMap::new();
    for addition in &books.additions {
        additions.entry(addition.bill()).or_default().push(addition);
    }
    let mut payments: BTreeMap<&str, Vec<&TransferRecord>> = BTreeMap::new();
    for transfer in books.transfers.iter().filter(|transfer| transfer.kind == TransferKind::Bill) {
        payments.entry(transfer.reference.as_deref().unwrap_or_default()).or_default().push(transfer);
    }
    for bill in &books.bills {
        let made = add_up(bill, additions.remove(bill.id.as_str()).unwrap_or_default(), violations);
        check_sums(bill, &made, violations);
        check_payments(bill, &made, &payments.remove(bill.id.as_str()).unwrap_or_default(), violations);
    }
    for (bill, additions) in additions {
        let detail = format!("{} items are on it, but it does not exist", additions.len());
        violations.push(Violation::new("bill-known", bill, detail));
    }
    for (bill, payments) in payments {
        for payment in payments {
            let detail = format!("it pays {bill:?}, which is no bill");
            violations.push(Violation::new("bill-known", &payment.id, detail));
        }
    }
}

fn add_up(bill: &BillRecord, additions: Vec<&Addition>, violations: &mut Vec<Violation>) -> Made {
    let mut made = Made::default();
    for addition in additions {
        if !bill.terminals.contains_key(&addition.terminal) {
            let detail = format!("{} added {}, but is not on it", addition.terminal, addition.id);
            violations.push(Violation::new("items-of-terminals", &bill.id, detail));
        }
        for line in addition.lines.iter().filter(|line| !line.removed) {
            if line.quantity <= 0 || line.unit_price.amount <= 0 || line.unit_price.currency != bill.currency
            {
                let quantity = line.quantity;
                let price = line.unit_price;
                let detail =
                    format!("{} holds {quantity} of {} {}", addition.id, price.amount, price.currency);
                violations.push(Violation::new("items-priced", &bill.id, detail));
            }
            let amount = i128::from(line.quantity) * i128::from(line.unit_price.amount);
            made.total += amount;
            made.items += 1;
            *made.by_merchant.entry(addition.merchant.clone()).or_default() += amount;
        }
    }
    made
}

fn check_sums(bill: &BillRecord, made: &Made, violations: &mut Vec<Violation>) {
    let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &bill.id, detail));
    if i128::from(bill.total) != made.total {
        tell("total-of-items", format!("the total is {}, but the items make {}", bill.total, made.total));
    }
    if bill.item_count != made.items {
        tell(
            "count-of-items",
            format!("{} items are counted, but {} are there", bill.item_count, made.items),
        );
    }
    let merchants: BTreeSet<&String> = bill.by_merchant.keys().chain(made.by_merchant.keys()).collect();
    for merchant in merchants {
        let noted = bill.by_merchant.get(merchant).copied().unwrap_or_default();
        let made = made.by_merchant.get(merchant).copied().unwrap_or_default();
        if i128::from(noted) != made {
            tell("shares-of-items", format!("{merchant} has {noted}, but its items make {made}"));
        }
    }
    if bill.ceiling.is_some_and(|ceiling| bill.total > ceiling) {
        tell("total-below-ceiling", format!("the total is {}", bill.total));
    }
    let is_given_up = matches!(bill.status, BillStatus::Cancelled | BillStatus::Expired);
    if is_given_up && made.items > 0 {
        tell("given-up-empty", format!("it is {} with {} items", bill.status, made.items));
    }
}

fn check_payments(
    bill: &BillRecord,
    made: &Made,
    payments: &[&TransferRecord],
    violations: &mut Vec<Violation>,
) {
    let mut tell = |detail: String| violations.push(Violation::new("paid-exactly-once", &bill.id, detail));
    if bill.status != BillStatus::Settled {
        for payment in payments {
            tell(format!("it is {}, but {} pays for it", bill.status, payment.id));
        }
        return;
    }
    let mut owed: BTreeMap<String, i128> = made
        .by_merchant
        .iter()
        .map(|(merchant, amount)| (AccountId::of_merchant(merchant).to_string(), *amount))
        .collect();
    for payment in payments {
        if payment.debit_account != bill.account || payment.currency != bill.currency {
            let payer = &payment.debit_account;
            let currency = payment.currency;
            tell(format!("{} is paid by {payer} in {currency}", payment.id));
        }
        match owed.remove(&payment.credit_account) {
            None => tell(format!("{} pays {} for nothing, or again", payment.id, payment.credit_account)),
            Some(amount) if amount != i128::from(payment.amount) => {
                tell(format!("{} pays {} where {amount} is owed", payment.id, payment.amount));
            }
            Some(_) => {}
        }
    }
    for (account, amount) in owed {
        tell(format!("it is settled, but nothing pays {amount} to {account}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, broken_by};
    use scrip_money::Currency;

    fn bill<'a>(books: &'a mut Books, name: &str) -> &'a mut BillRecord {
        books.bills.iter_mut().find(|bill| bill.id == sample::bill(name)).unwrap()
    }

    fn addition<'a>(books: &'a mut Books, name: &str) -> &'a mut Addition {
        books.additions.iter_mut().find(|addition| addition.bill() == sample::bill(name)).unwrap()
    }

    #[test]
    fn sums_that_are_not_those_of_the_items_are_found() {
        assert_eq!(broken_by(|books| bill(books, "open").total += 1), ["total-of-items"]);
        assert_eq!(broken_by(|books| bill(books, "open").item_count += 1), ["count-of-items"]);
        let rules = broken_by(|books| *bill(books, "open").by_merchant.values_mut().next().unwrap() += 1);
        assert_eq!(rules, ["shares-of-items"]);
        let rules = broken_by(|books| {
            bill(books, "open").by_merchant.insert("mch_other".into(), 5);
        });
        assert_eq!(rules, ["shares-of-items"]);
    }

    #[test]
    fn what_was_taken_off_does_not_count() {
        let rules = broken_by(|books| {
            let addition = addition(books, "settled");
            addition.lines.iter_mut().find(|line| line.removed).unwrap().removed = false;
        });
        assert_eq!(rules, ["count-of-items", "paid-exactly-once", "shares-of-items", "total-of-items"]);
    }

    #[test]
    fn items_that_can_not_be_are_found() {
        let rules = broken_by(|books| addition(books, "open").lines[0].unit_price.currency = Currency::USD);
        assert_eq!(rules, ["items-priced"]);
        let rules = broken_by(|books| addition(books, "open").terminal = "dev_other".into());
        assert_eq!(rules, ["items-of-terminals"]);
        let rules = broken_by(|books| bill(books, "open").ceiling = Some(1));
        assert_eq!(rules, ["total-below-ceiling"]);
        let rules = broken_by(|books| bill(books, "open").status = BillStatus::Expired);
        assert_eq!(rules, ["given-up-empty", "slot-left"]);
    }

    #[test]
    fn a_bill_that_is_paid_wrongly_is_found() {
        let is_payment = |transfer: &TransferRecord| transfer.kind == TransferKind::Bill;
        let rules = broken_by(|books| {
            let place = books.transfers.iter().rposition(is_payment).unwrap();
            books.transfers.remove(place);
        });
        assert_eq!(rules, ["balance-of-transfers", "paid-exactly-once", "reversal-of-transfer"]);
        let rules = broken_by(|books| {
            let mut again = books.transfers.iter().find(|transfer| is_payment(transfer)).unwrap().clone();
            again.id = sample::transfer("again");
            books.transfers.push(again);
        });
        assert_eq!(rules, ["balance-of-transfers", "paid-exactly-once"]);
        let rules = broken_by(|books| {
            books.transfers.iter_mut().find(|transfer| is_payment(transfer)).unwrap().amount += 1;
        });
        assert_eq!(rules, ["balance-of-transfers", "paid-exactly-once"]);
        for status in [BillStatus::Unpaid, BillStatus::Locked] {
            assert_eq!(broken_by(|books| bill(books, "settled").status = status), ["paid-exactly-once"]);
        }
    }

    #[test]
    fn items_and_payments_belong_to_bills() {
        let rules = broken_by(|books| {
            let gone = sample::bill("settled");
            books.bills.retain(|bill| bill.id != gone);
        });
        assert_eq!(rules, ["bill-known"]);
    }
}
