//! Whether each transaction of a point of sale has exactly the transfers that its status says, and clearing holds what is
//! approved and not settled.

use crate::books::Books;
use crate::offline::Transaction;
use crate::report::Violation;
use scrip_ledger::{AccountId, TransferKind, TransferRecord};
use scrip_money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Checks transactions against transfers, and transfers against transactions.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let transfers: BTreeMap<&str, &TransferRecord> =
        books.transfers.iter().map(|transfer| (transfer.id.as_str(), transfer)).collect();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for transaction in &books.transactions {
        let owed = owed(transaction);
        if owed.is_none() {
            let detail = format!("it is {}, and what it took is not told", transaction.status);
            violations.push(Violation::new("captured", &transaction.id, detail));
        }
        for (rule, id, owed) in owed.into_iter().flatten() {
            if let Some(wrong) = owed.differs(transfers.get(id.as_str()).copied()) {
                violations.push(Violation::new(rule, &transaction.id, format!("{id} {wrong}")));
            }
            known.insert(id);
        }
    }
    for transfer in books.transfers.iter().filter(|transfer| is_capture(transfer, &transfers)) {
        if !known.contains(&transfer.id) {
            let detail = "no transaction of a point of sale tells of it";
            violations.push(Violation::new("transaction-known", &transfer.id, detail));
        }
    }
    check_clearing(books, violations);
}

/// Whether it is a transfer that only a transaction makes.
fn is_capture(transfer: &TransferRecord, transfers: &BTreeMap<&str, &TransferRecord>) -> bool {
    let original = transfer.reverses.as_deref().and_then(|original| transfers.get(original));
    transfer.kind == TransferKind::Capture
        || original.is_some_and(|original| original.kind == TransferKind::Capture)
}

/// A transfer that a transaction says was made.
struct Owed {
    kind: TransferKind,
    from: String,
    to: String,
    amount: i64,
    currency: Currency,
    reverses: Option<String>,
}

impl Owed {
    fn differs(&self, found: Option<&TransferRecord>) -> Option<String> {
        let Some(found) = found else { return Some("does not exist".to_owned()) };
        let parts = [
            ("kind", found.kind == self.kind),
            ("payer", found.debit_account == self.from),
            ("payee", found.credit_account == self.to),
            ("amount", (found.amount, found.currency) == (self.amount, self.currency)),
            ("original", found.reverses == self.reverses),
        ];
        let wrong: Vec<&str> = parts.iter().filter(|(_, fits)| !fits).map(|(part, _)| *part).collect();
        (!wrong.is_empty()).then(|| format!("has another {}", wrong.join(", ")))
    }
}

/// The transfers that a transaction says were made; `None` if it does not say what it must.
fn owed(transaction: &Transaction) -> Option<Vec<(&'static str, String, Owed)>> {
    let tells_of_none = transaction.capture.is_none()
        && (transaction.status == "declined"
            || transaction.reversal.as_ref().is_some_and(|reversal| reversal.first));
    if tells_of_none {
        return Some(Vec::new());
    }
    let decided = transaction.decided.as_ref()?;
    let capture = transaction.capture.as_ref()?;
    let clearing = AccountId::clearing(decided.currency).to_string();
    let transfer = |kind, from: &str, to: &str, reverses: Option<&String>| Owed {
        kind,
        from: from.to_owned(),
        to: to.to_owned(),
        amount: decided.amount,
        currency: decided.currency,
        reverses: reverses.cloned(),
    };
    let captured = transfer(TransferKind::Capture, &capture.account, &clearing, None);
    let mut owed = vec![("captured", decided.key.clone(), captured)];
    match transaction.status.as_str() {
        // What pays the merchant pays others too: settlements are checked by themselves.
        "approved" | "settled" => {}
        "reversed" => {
            let reversal = transaction.reversal.as_ref()?;
            let reversed = transfer(TransferKind::Reversal, &clearing, &capture.account, Some(&decided.key));
            owed.push(("reversed-once", reversal.key.clone(), reversed));
        }
        _ => return None,
    }
    Some(owed)
}

fn check_clearing(books: &Books, violations: &mut Vec<Violation>) {
    let mut approved: BTreeMap<Currency, i128> = BTreeMap::new();
    for balance in &books.balances {
        let currency = balance.record.currency;
        let account = &balance.record.account;
        if *account == AccountId::clearing(currency).to_string() {
            *approved.entry(currency).or_default() -= i128::from(balance.record.balance);
        }
    }
    for transaction in books.transactions.iter().filter(|transaction| transaction.status == "approved") {
        if let Some(decided) = &transaction.decided {
            *approved.entry(decided.currency).or_default() += i128::from(decided.amount);
        }
    }
    for (currency, missing) in approved.into_iter().filter(|(_, missing)| *missing != 0) {
        let detail = format!("clearing holds {missing} less than what is approved");
        violations.push(Violation::new("clearing-of-approved", currency.code(), detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, broken_by};
    use crate::sample_offline::transaction;

    fn named<'a>(books: &'a mut Books, name: &str) -> &'a mut Transaction {
        books.transactions.iter_mut().find(|found| found.id == transaction(name)).unwrap()
    }

    fn made<'a>(books: &'a mut Books, name: &str) -> &'a mut TransferRecord {
        books.transfers.iter_mut().find(|found| found.id == sample::transfer(name)).unwrap()
    }

    #[test]
    fn a_capture_that_is_missing_or_another_one_is_found() {
        let rules =
            broken_by(|books| books.transfers.retain(|found| found.id != sample::transfer("approved")));
        assert_eq!(rules, ["balance-of-transfers", "captured"]);
        let rules = broken_by(|books| made(books, "approved").amount += 1);
        assert_eq!(rules, ["balance-of-transfers", "captured"]);
        let rules = broken_by(|books| made(books, "approved").kind = TransferKind::Transfer);
        assert_eq!(rules, ["captured"]);
        let rules = broken_by(|books| named(books, "settled").capture = None);
        assert_eq!(rules, ["authorization-used", "captured", "transaction-known"]);
    }

    #[test]
    fn money_that_left_clearing_twice_or_never_is_found() {
        let rules = broken_by(|books| named(books, "settled").status = "approved".to_owned());
        assert_eq!(rules, ["clearing-of-approved", "settled-once", "settlement-sum", "slot-entered"]);
        let rules = broken_by(|books| named(books, "approved").status = "settled".to_owned());
        assert_eq!(rules, ["clearing-of-approved", "settled-once", "slot-left"]);
        let rules = broken_by(|books| {
            named(books, "settled").status = "reversed".to_owned();
            let key = named(books, "reversed").reversal.clone();
            named(books, "settled").reversal = key;
        });
        assert_eq!(rules, ["authorization-used", "reversed-once", "settled-once", "settlement-sum"]);
        let rules = broken_by(|books| named(books, "reversed").status = "approved".to_owned());
        assert_eq!(
            rules,
            ["authorization-used", "clearing-of-approved", "slot-entered", "transaction-known"]
        );
        let rules = broken_by(|books| named(books, "reversed").reversal = None);
        assert_eq!(rules, ["captured", "transaction-known"]);
    }

    #[test]
    fn transfers_of_no_transaction_are_found() {
        let rules = broken_by(|books| books.transactions.retain(|found| found.id != transaction("settled")));
        assert_eq!(rules, ["authorization-used", "settled-once", "settlement-sum", "transaction-known"]);
        let rules = broken_by(|books| named(books, "approved").status = "declined".to_owned());
        assert_eq!(rules, ["captured", "clearing-of-approved", "slot-left", "transaction-known"]);
    }

    #[test]
    fn clearing_holds_what_is_approved_and_no_more() {
        let rules = broken_by(|books| {
            let clearing = AccountId::clearing(Currency::CNY);
            let parts = books.balances.iter_mut();
            let mut of_clearing = parts.filter(|balance| balance.record.account == clearing.as_str());
            of_clearing.next().unwrap().record.balance += 1;
        });
        assert_eq!(rules, ["balance-of-transfers", "clearing-of-approved", "money-conserved"]);
    }
}
