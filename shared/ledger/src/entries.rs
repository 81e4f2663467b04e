//! The entries of an account: what went in and out, newest first.

use crate::account::AccountId;
use crate::ledger::Ledger;
use crate::transfer::{TransferKind, TransferRecord, is_transfer_id};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Page, PageRequest, Query, decode};
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
    /// The transfer.
    pub transfer: String,
    /// How much: negative for what went out.
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
        let before = page.after.as_deref().map(check_cursor).transpose()?;
        let debits = self.side("by-debit", "debit_account", account, before, page.limit).await?;
        let credits = self.side("by-credit", "credit_account", account, before, page.limit).await?;
        let mut records: Vec<TransferRecord> = debits.into_iter().chain(credits).collect();
        records.sort_by(|a, b| b.posted.cmp(&a.posted));
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| more).map(|record| record.posted.replace('#', "."));
        let items = records.iter().map(|record| entry(record, account)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// One more than asked for, to know whether there is a next page.
    async fn side(
        &self,
        index: &str,
        attribute: &str,
        account: &AccountId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<TransferRecord>, Failure> {
        let mut query = Query::of_index(&self.table, index, attribute, account.as_str()).newest_first();
        if let Some(before) = before {
            query = query.range("posted < :before").value(":before", before.replace('.', "#"));
        }
        let items = self.store.all(&query, limit.saturating_add(1)).await?;
        items.into_iter().map(decode).collect()
    }
}

/// The cursor is the place of the last entry shown: `<milliseconds>.<transfer>`.
fn check_cursor(cursor: &str) -> Result<&str, Refusal> {
    let fits = cursor.split_once('.').is_some_and(|(at, id)| {
        at.len() == 13 && at.bytes().all(|byte| byte.is_ascii_digit()) && is_transfer_id(id)
    });
    if fits {
        return Ok(cursor);
    }
    Err(Refusal::new(Code::InvalidCursor, "Send the value of next from this list's last page, or none."))
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

    #[test]
    fn cursors_are_what_was_handed_out() {
        assert!(check_cursor("1764000000000.txn_00000000000000000000000000").is_ok());
        for bad in
            ["", "x", "1764000000000.bill_1", "1764000000000#txn_00000000000000000000000000", "9.txn_0"]
        {
            assert_eq!(check_cursor(bad).unwrap_err().code, Code::InvalidCursor, "{bad}");
        }
    }
}
