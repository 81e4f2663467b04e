//! What a user has of a merchant's items.

use crate::deductions::Deductions;
use crate::grant::{Holding, holdings_partition, money_currency};
use schemars::JsonSchema;
use scrip_deduction::Kind;
use scrip_ledger::{AccountId, AccountRecord};
use scrip_money::Currency;
use scrip_refusal::Failure;
use scrip_store::{Page, PageRequest, Query, decode};
use serde::Serialize;
use serde_json::json;

/// What a user has of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeductionBalance", example = json!({
    "item": "points",
    "kind": "points",
    "units": 300,
    "currency": null,
}))]
pub struct BalanceView {
    /// The item's name in the merchant's list of deductions.
    pub item: String,
    /// What it is.
    pub kind: Kind,
    /// Pieces, points, or minor units of stored value.
    pub units: i64,
    /// The currency of stored value.
    pub currency: Option<Currency>,
}

impl Deductions {
    /// What a user was ever given of a merchant's items, and what is left of it, in the order of the items' names.
    pub async fn balances(
        &self,
        merchant: &str,
        user: &str,
        page: &PageRequest,
    ) -> Result<Page<BalanceView>, Failure> {
        let query = Query::of(&self.table, &holdings_partition(merchant, user));
        let held = self.store.page(&query, page).await?.try_map(decode::<Holding>)?;
        let accounts = held.items.iter().map(|held| AccountId::member(user, merchant, &held.item));
        let accounts: Vec<_> =
            accounts.map(|account| account.balance_key(0).at(self.ledger.table())).collect();
        let accounts: Vec<Option<AccountRecord>> = self.store.read(accounts).await?;
        let items = held.items.into_iter().zip(accounts).map(|(held, account)| {
            let account = account.ok_or_else(|| Failure::broken("a holding without its account"))?;
            let currency = money_currency(account.currency);
            Ok(BalanceView { item: held.item, kind: held.kind, units: account.balance, currency })
        });
        Ok(Page { items: items.collect::<Result<_, Failure>>()?, next: held.next })
    }
}
