//! The ledger as a whole, read past the API: what must be true of it at every moment.

use crate::Scrip;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All balances and transfers.
#[derive(Debug, Default)]
pub struct Books {
    /// Each item that holds a balance: account, currency, minor units.
    balances: Vec<(String, String, i64)>,
    /// Each transfer's item.
    transfers: Vec<Value>,
}

impl Scrip {
    /// Reads the whole ledger. It is all of one moment only while nothing is written.
    pub async fn books(&self) -> Books {
        let tables = self.dynamodb("ListTables", &json!({})).await;
        let names = tables["TableNames"].as_array().expect("names").iter().filter_map(Value::as_str);
        let ledger = names.into_iter().find(|name| name.to_lowercase().contains("ledger")).expect("a ledger");
        let (mut books, mut request) =
            (Books::default(), json!({ "TableName": ledger, "ConsistentRead": true }));
        loop {
            let page = self.dynamodb("Scan", &request).await;
            page["Items"].as_array().expect("items").iter().for_each(|item| books.add(item));
            match &page["LastEvaluatedKey"] {
                Value::Null => return books,
                key => request["ExclusiveStartKey"] = key.clone(),
            }
        }
    }

    /// Checks the whole ledger, and gives the balance of each account.
    pub async fn check_books(&self) -> BTreeMap<String, i64> {
        self.books().await.check()
    }

    async fn dynamodb(&self, operation: &str, request: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.0")];
        self.raw(Method::POST, "/local/aws", &headers, request.to_string().into_bytes())
            .await
            .expect(200)
            .body
    }
}

impl Books {
    fn add(&mut self, item: &Value) {
        match item["sk"]["S"].as_str() {
            Some("BALANCE") => {
                self.balances.push((text(item, "account"), text(item, "currency"), number(item, "balance")));
            }
            Some("TRANSFER") => self.transfers.push(item.clone()),
            _ => panic!("what is this in the ledger? {item}"),
        }
    }

    /// The number of transfers.
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
        assert!(sums.values().all(|sum| *sum == 0), "balances that do not sum to zero: {sums:?}");

        let (mut moved, mut sent_back) = (BTreeMap::new(), BTreeMap::new());
        for transfer in &self.transfers {
            let amount = number(transfer, "amount");
            *moved.entry(text(transfer, "debit_account")).or_insert(0) -= amount;
            *moved.entry(text(transfer, "credit_account")).or_insert(0) += amount;
            if transfer["reverses"]["S"].is_string() {
                *sent_back.entry(text(transfer, "reverses")).or_insert(0) += amount;
            }
        }
        for (account, balance) in &accounts {
            assert_eq!(moved.get(account).copied().unwrap_or(0), *balance, "{account} against its transfers");
        }
        assert!(moved.keys().all(|account| accounts.contains_key(account)), "a transfer of no account");
        for transfer in &self.transfers {
            let reversed = number(transfer, "reversed");
            let id = text(transfer, "id");
            assert_eq!(sent_back.get(&id).copied().unwrap_or(0), reversed, "{id} against its reversals");
            assert!(reversed <= number(transfer, "amount"), "more than {id} was sent back");
        }
        accounts
    }
}

fn text(item: &Value, name: &str) -> String {
    item[name]["S"].as_str().unwrap_or_else(|| panic!("no text {name}: {item}")).to_owned()
}

fn number(item: &Value, name: &str) -> i64 {
    item[name]["N"]
        .as_str()
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no number {name}: {item}"))
}
