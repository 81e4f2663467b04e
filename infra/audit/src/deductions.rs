//! Whether each purchase with deductions was paid as its receipt says, and used up what it says from where it must come.

use crate::books::Books;
use crate::report::Violation;
use scrip_ledger::{AccountId, TransferKind, TransferRecord};
use scrip_money::Currency;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What was paid with which deductions.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Receipt {
    /// The transfer, unless nothing was left to pay.
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) user: String,
    pub(crate) authorization: String,
    pub(crate) first_value: i64,
    pub(crate) second_value: i64,
    pub(crate) currency: Currency,
    #[serde(default)]
    pub(crate) consumed: Vec<Used>,
}

/// What was used up of one balance.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Used {
    pub(crate) item: String,
    pub(crate) debit_account: String,
    pub(crate) credit_account: String,
    pub(crate) amount: i64,
    #[serde(deserialize_with = "scrip_money::stored_currency")]
    pub(crate) currency: Currency,
}

/// Whether items under this key move nothing: items and their versions, who has what, and keys that were used.
pub(crate) fn is_aside(pk: &str) -> bool {
    ["ITEM#", "VERSION#", "AUTOMATIC#", "HOLDER#", "KEY#"].iter().any(|prefix| pk.starts_with(prefix))
}

/// Checks receipts against transfers, and purchases against receipts.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let is_purchase = |transfer: &&TransferRecord| transfer.kind == TransferKind::Purchase;
    let mut purchases: BTreeMap<&str, &TransferRecord> =
        books.transfers.iter().filter(is_purchase).map(|transfer| (transfer.id.as_str(), transfer)).collect();
    for receipt in &books.receipts {
        let mut tell = |rule, detail: &str| violations.push(Violation::new(rule, &receipt.id, detail));
        let paid = purchases.remove(receipt.id.as_str());
        let account = books.authorizations.iter().find(|found| found.id == receipt.authorization);
        match paid {
            None if receipt.second_value == 0 => {}
            None => tell("receipt-paid", "no purchase pays it"),
            Some(paid) => {
                let owed = (receipt.second_value, receipt.currency);
                let payee = AccountId::of_merchant(&receipt.merchant);
                if (paid.amount, paid.currency) != owed || paid.credit_account != payee.as_str() {
                    tell("receipt-paid", "its purchase pays something else");
                }
                if account.is_some_and(|account| account.account != paid.debit_account) {
                    tell("receipt-paid", "its purchase is paid from elsewhere");
                }
            }
        }
        if !(0..=receipt.first_value).contains(&receipt.second_value) {
            tell("receipt-deducts", "its second value is not within its first");
        }
        for used in &receipt.consumed {
            check_used(receipt, used, &mut tell);
        }
    }
    for purchase in purchases.into_keys() {
        violations.push(Violation::new("receipt-known", purchase, "no receipt tells of this purchase"));
    }
}

fn check_used(receipt: &Receipt, used: &Used, tell: &mut impl FnMut(&'static str, &str)) {
    let member = AccountId::member(&receipt.user, &receipt.merchant, &used.item);
    let source = format!("deduction-item:{}:{}", receipt.merchant, used.item);
    let source = AccountId::external(&source, used.currency);
    if used.debit_account != member.as_str() || used.credit_account != source.as_str() {
        tell("consumed-of-item", "what it used up is not the payer's of this item");
    }
    if used.amount <= 0 {
        tell("consumed-of-item", "it used up nothing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, broken_by};

    fn purchase(books: &mut Books) -> &mut TransferRecord {
        books.transfers.iter_mut().find(|found| found.id == sample::transfer("purchase")).unwrap()
    }

    #[test]
    fn a_purchase_that_is_not_its_receipts_is_found() {
        let rules = broken_by(|books| purchase(books).amount += 1);
        assert_eq!(rules, ["balance-of-transfers", "receipt-paid"]);
        let rules = broken_by(|books| purchase(books).kind = TransferKind::Transfer);
        assert_eq!(rules, ["receipt-paid"]);
        let rules = broken_by(|books| books.receipts[0].merchant = "mch_other".to_owned());
        assert_eq!(rules, ["consumed-of-item", "receipt-paid"]);
        let rules = broken_by(|books| books.receipts[0].first_value = 999);
        assert_eq!(rules, ["receipt-deducts"]);
        let rules = broken_by(|books| books.receipts.clear());
        assert_eq!(rules, ["authorization-used", "balance-of-transfers", "receipt-known"]);
    }

    #[test]
    fn what_is_used_up_is_the_payers() {
        let rules = broken_by(|books| books.receipts[0].user = "mallory".to_owned());
        assert_eq!(rules, ["consumed-of-item"]);
        let rules = broken_by(|books| books.receipts[0].consumed.clear());
        assert_eq!(rules, ["balance-of-transfers"]);
        let rules = broken_by(|books| books.receipts[0].consumed[0].amount = 0);
        assert_eq!(rules, ["balance-of-transfers", "consumed-of-item"]);
    }

    #[test]
    fn a_payment_from_another_account_than_was_authorized_is_found() {
        let rules = broken_by(|books| {
            let lunch = purchase(books).clone();
            let noodles = AccountId::of_merchant(&sample::merchant("noodles")).to_string();
            let flowers = AccountId::of_merchant(&sample::merchant("flowers")).to_string();
            assert_eq!(lunch.credit_account, noodles);
            purchase(books).debit_account = flowers;
        });
        assert_eq!(rules, ["balance-of-transfers", "entry-listed", "receipt-paid"]);
    }
}
