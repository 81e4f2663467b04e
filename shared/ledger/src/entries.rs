//! The entries of an account: what went in and out, newest first.

use crate::account::{AccountClass, AccountId, AccountRecord};
use crate::ledger::Ledger;
use crate::transfer::{TransferKind, TransferRecord};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::{MergedList, Page, PageRequest, Query, decode};
use serde::Serialize;
use serde_json::json;

/// A transfer from the side of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Entry", example = json!({
    "transfer": "txn_0123456789abcdefghjkmnpqrs",
    "amount": { "amount": -1_250, "currency": "CNY" },
    "kind": "transfer",
    "at": "2026-11-30T12:00:00Z",
    "counterparty": "acct_m0123456789abcdefghjkmnpqrs",
    "reference": "Lunch",
}))]
pub struct EntryView {
    /// The id of the transfer, `txn_…`.
    pub transfer: String,
    /// In minor units: negative for what went out.
    pub amount: Money,
    /// What kind of transfer it belongs to.
    pub kind: TransferKind,
    /// When it was booked.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// The other account.
    pub counterparty: String,
    /// What the payer wrote.
    pub reference: Option<String>,
}

impl Ledger {
    /// One page of an account's entries. The indexes it reads lag behind the balance by moments.
    pub async fn entries(&self, account: &AccountId, page: &PageRequest) -> Result<Page<EntryView>, Failure> {
        let shards = self.shards_of(account).await?;
        let parts = (0..shards).filter_map(|shard| account.entries_key(shard)).flat_map(|key| {
            [("by-debit", "debit_shard"), ("by-credit", "credit_shard")]
                .map(|(index, attribute)| Query::of_index(&self.table, index, attribute, &key))
        });
        let list = MergedList::new(format!("entries of {account}"), "posted", parts);
        self.store.merged_page(list, page).await?.try_map(|item| entry(&decode(item)?, account))
    }

    /// Over how many items an account's balance is spread now.
    async fn shards_of(&self, account: &AccountId) -> Result<u8, Failure> {
        if account.class() != AccountClass::Merchant {
            return Ok(account.shards());
        }
        let first: Option<AccountRecord> = self.store.read(account.balance_key(0).at(&self.table)).await?;
        Ok(first.map_or(0, |first| self.spread.told(account, &first)))
    }
}

fn entry(record: &TransferRecord, account: &AccountId) -> Result<EntryView, Failure> {
    let is_debit = record.debit_account == account.as_str();
    let amount = if is_debit { record.money().checked_neg()? } else { record.money() };
    let counterparty = if is_debit { &record.credit_account } else { &record.debit_account };
    Ok(EntryView {
        transfer: record.id.clone(),
        amount,
        kind: record.kind,
        at: Timestamp::from_millisecond(record.at).map_err(Failure::broken)?,
        counterparty: counterparty.clone(),
        reference: record.reference.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, fen, ledger, merchant, origin, transfer, user};

    #[test]
    fn what_went_out_is_negative_and_the_other_account_is_named() {
        let record = transfer(&user(), &merchant(), 70).record(&origin(), NOW, &ledger().spread);
        let paid = entry(&record, &user()).unwrap();
        assert_eq!((paid.amount, paid.counterparty.as_str()), (fen(-70), merchant().as_str()));
        let received = entry(&record, &merchant()).unwrap();
        assert_eq!((received.amount, received.counterparty.as_str()), (fen(70), user().as_str()));
        assert_eq!((received.at, received.transfer.as_str()), (NOW, "txn_1"));
    }
}
