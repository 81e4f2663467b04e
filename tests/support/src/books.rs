//! The ledger, read past the API: what must be true of it at every moment.

use crate::Scrip;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Item = HashMap<String, AttributeValue>;

/// What one `IN` of an expression takes.
const MAX_OPERANDS: usize = 100;

/// Balances and transfers.
#[derive(Debug, Default)]
pub struct Books {
    /// Each item that holds a balance: account, currency, minor units.
    balances: Vec<(String, String, i64)>,
    /// Each transfer's item.
    transfers: Vec<Item>,
    /// What purchases used up of balances, told by their receipts alone: payer's account, item's source, units.
    consumed: Vec<(String, String, i64)>,
    /// Whether it is all of the ledger, and not only what belongs to a few accounts.
    is_whole: bool,
}

/// What items must be like to be read.
#[derive(Default)]
struct Filter {
    expression: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

/// Balances of these accounts, and transfers from and to them.
fn of_accounts(accounts: &BTreeSet<String>) -> Filter {
    let values: HashMap<_, _> = (accounts.iter().enumerate())
        .map(|(index, account)| (format!(":{index}"), AttributeValue::S(account.clone())))
        .collect();
    let names: Vec<_> = values.keys().cloned().collect();
    let parts = names.chunks(MAX_OPERANDS).flat_map(|names| {
        let names = names.join(", ");
        ["account", "debit_account", "credit_account"].map(|attribute| format!("{attribute} IN ({names})"))
    });
    let expression = parts.collect::<Vec<_>>().join(" OR ");
    // A test without accounts has nothing in the ledger.
    let expression = if accounts.is_empty() { "attribute_not_exists(pk)".to_owned() } else { expression };
    Filter { expression, values, ..Filter::default() }
}

impl Scrip {
    /// Reads the ledger: the whole of it, or what belongs to this test where tests share one. It is all of one moment
    /// only while nothing is written.
    pub async fn books(&self) -> Books {
        let own = self.own_accounts();
        let mut books = Books { is_whole: own.is_none(), ..Books::default() };
        for item in self.scanned("LedgerTable", own.as_ref().map(of_accounts)).await {
            books.add(item);
        }
        let found: BTreeSet<_> = books.balances.iter().map(|(account, ..)| account.clone()).collect();
        assert!(own.is_none_or(|own| own == found), "not the accounts of this test: {found:?}");
        let names = HashMap::from([("#used".to_owned(), "consumed".to_owned())]);
        let receipts =
            Filter { expression: "attribute_exists(#used)".to_owned(), names, ..Filter::default() };
        for item in self.scanned("DeductionsTable", Some(receipts)).await {
            books.add_consumed(&item);
        }
        books
    }

    /// The items of a table that pass. What others keep there does not travel.
    async fn scanned(&self, table: &str, filter: Option<Filter>) -> Vec<Item> {
        let scan = Client::new(&self.aws()).scan().table_name(self.table(table).await).consistent_read(true);
        let scan = match filter {
            Some(Filter { expression, names, values }) => scan
                .filter_expression(expression)
                .set_expression_attribute_names((!names.is_empty()).then_some(names))
                .set_expression_attribute_values((!values.is_empty()).then_some(values)),
            None => scan,
        };
        let (mut pages, mut items) = (scan.into_paginator().send(), Vec::new());
        while let Some(page) = pages.next().await {
            items.extend(page.expect("a page of items").items.unwrap_or_default());
        }
        items
    }

    /// Checks the ledger, and gives the balance of each account.
    pub async fn check_books(&self) -> BTreeMap<String, i64> {
        self.books().await.check()
    }
}

impl Books {
    fn add(&mut self, item: Item) {
        match item["sk"].as_s().map(String::as_str) {
            Ok("BALANCE") => {
                let account = text(&item, "account");
                // What is reserved is still in the account.
                let held = item.get("held").map_or(0, |_| number(&item, "held"));
                assert!(held >= 0, "{account} holds {held} in reserve");
                self.balances.push((account, text(&item, "currency"), number(&item, "balance") + held));
            }
            Ok("TRANSFER") => self.transfers.push(item),
            _ => panic!("what is this in the ledger? {item:?}"),
        }
    }

    fn add_consumed(&mut self, item: &Item) {
        let consumed = item.get("consumed").and_then(|consumed| consumed.as_l().ok());
        for used in consumed.into_iter().flatten().filter_map(|used| used.as_m().ok()) {
            let units = number(used, "amount");
            self.consumed.push((text(used, "debit_account"), text(used, "credit_account"), units));
        }
    }

    pub fn transfers(&self) -> usize {
        self.transfers.len()
    }

    /// Balances sum to zero in each currency; none is negative but external ones; each account has what its transfers
    /// say; and what was sent back is what reversals say, never more than the transfer.
    pub fn check(&self) -> BTreeMap<String, i64> {
        let (mut sums, mut accounts) = (BTreeMap::new(), BTreeMap::new());
        for (account, currency, balance) in &self.balances {
            assert!(*balance >= 0 || account.starts_with("acct_x"), "a part of {account} holds {balance}");
            *sums.entry(currency.clone()).or_insert(0) += balance;
            *accounts.entry(account.clone()).or_insert(0) += balance;
        }
        let is_zero = sums.values().all(|sum| *sum == 0);
        assert!(is_zero || !self.is_whole, "balances that do not sum to zero: {sums:?}");

        let (mut moved, mut sent_back) = (BTreeMap::new(), BTreeMap::new());
        for transfer in &self.transfers {
            let amount = number(transfer, "amount");
            *moved.entry(text(transfer, "debit_account")).or_insert(0) -= amount;
            *moved.entry(text(transfer, "credit_account")).or_insert(0) += amount;
            if transfer.contains_key("reverses") {
                *sent_back.entry(text(transfer, "reverses")).or_insert(0) += amount;
            }
        }
        for (debit, credit, units) in &self.consumed {
            *moved.entry(debit.clone()).or_insert(0) -= units;
            *moved.entry(credit.clone()).or_insert(0) += units;
        }
        for (account, balance) in &accounts {
            assert_eq!(moved.get(account).copied().unwrap_or(0), *balance, "{account} against its transfers");
        }
        let is_known = moved.keys().all(|account| accounts.contains_key(account));
        assert!(is_known || !self.is_whole, "a transfer of no account");
        for transfer in &self.transfers {
            let (reversed, amount) = (number(transfer, "reversed"), number(transfer, "amount"));
            let id = text(transfer, "id");
            let sent_back = sent_back.get(&id).copied().unwrap_or(0);
            if text(transfer, "kind") == "capture" {
                assert!(
                    [0, amount].contains(&sent_back) && reversed == 0,
                    "{id} goes back as a whole, unmarked"
                );
                continue;
            }
            assert_eq!(sent_back, reversed, "{id} against its reversals");
            assert!(reversed <= amount, "more than {id} was sent back");
        }
        accounts
    }
}

fn text(item: &Item, name: &str) -> String {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.unwrap_or_else(|| panic!("no text {name}: {item:?}")).clone()
}

fn number(item: &Item, name: &str) -> i64 {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number {name}: {item:?}"))
}
