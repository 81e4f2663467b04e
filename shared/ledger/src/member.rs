//! Member accounts: what users have of merchants' deduction items. They come into being with their first credit, and
//! their transfers are recorded by whoever moves the units, as part of something larger.

use crate::account::{AccountId, AccountRecord, OPEN, unknown_account};
use crate::ledger::Ledger;
use crate::posting::{
    Debit, NewTransfer, add_debit, add_record, explain_credit, external, internal, room_for,
};
use crate::transfer::TransferRecord;
use scrip_clock::Timestamp;
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::{Item, Origin, Transaction, Write, decode, text};

impl Ledger {
    /// Adds a credit of a member account, which it opens where there is none. `holder` is `user:<id>`. Refused as the
    /// credit of a transfer is: `not-found` for another holder, `currency-mismatch`, `account-closed`, `amount-too-large`.
    pub fn add_member_credit(
        &self,
        transaction: &mut Transaction<'_>,
        account: &AccountId,
        holder: &str,
        amount: Money,
    ) {
        let expression = "SET balance = if_not_exists(balance, :zero) + :amount, account = :account, \
                          holder = :holder, currency = :currency, #status = :open, \
                          request_hash = if_not_exists(request_hash, :none)";
        let fits = "currency = :currency AND holder = :holder AND #status = :open AND balance <= :room";
        let write = Write::update(&self.table, account.balance_key(0), expression)
            .when(format!("attribute_not_exists(pk) OR ({fits})"))
            .name("#status", "status")
            .value(":zero", 0)
            .value(":amount", amount.amount)
            .value(":account", account.as_str())
            .value(":holder", holder)
            .value(":currency", amount.currency.code())
            .value(":open", OPEN)
            .value(":none", "none")
            .value(":room", room_for(amount));
        let holder = holder.to_owned();
        transaction.require(write, move |item| {
            let is_held = item.as_ref().is_none_or(|item| text(item, "holder") == Some(holder.as_str()));
            if is_held { explain_credit(item.as_ref(), amount) } else { unknown_account("/to") }
        });
    }

    /// Adds the other side of what changes elsewhere in the transaction, on an external account. `id`, of what is done,
    /// picks the item, as a transfer's id does; a negative change takes away.
    pub fn add_external(
        &self,
        transaction: &mut Transaction<'_>,
        account: &AccountId,
        id: &str,
        change: Money,
    ) {
        let write = external(&self.table, account, account.shard_for(id), change.amount, change);
        transaction.require(write, internal);
    }

    /// Adds a debit alone. What it pays must be in the same transaction.
    pub fn add_debit(&self, transaction: &mut Transaction<'_>, debit: &Debit) {
        add_debit(transaction, &self.table, debit);
    }

    /// Adds a transfer's record alone: the lock against doing it twice. Its debit and credit must be in the same
    /// transaction.
    pub fn add_record(
        &self,
        transaction: &mut Transaction<'_>,
        transfer: &NewTransfer,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<TransferRecord, Failure> {
        let record = transfer.record(origin, now, &self.spread);
        add_record(transaction, &self.table, &record)?;
        Ok(record)
    }

    /// What can be spent of an account that is one item; `None` if nothing ever came in.
    pub async fn available(&self, account: &AccountId) -> Result<Option<Money>, Failure> {
        available(self.store.get(&self.table, &account.balance_key(0)).await?)
    }
}

/// What can be spent, by an account's item read together with others; `None` if there is none.
pub fn available(item: Option<Item>) -> Result<Option<Money>, Failure> {
    let record: Option<AccountRecord> = item.map(decode).transpose()?;
    Ok(record.map(|record| Money::new(record.balance, record.currency)))
}
