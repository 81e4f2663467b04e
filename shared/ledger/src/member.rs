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
use scrip_refusal::{Failure, Refusal};
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
        transaction.require(write, move |item| explain_member_credit(item.as_ref(), &holder, amount));
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

fn explain_member_credit(item: Option<&Item>, holder: &str, amount: Money) -> Refusal {
    let is_held = item.is_none_or(|item| text(item, "holder") == Some(holder));
    if is_held { explain_credit(item, amount) } else { unknown_account("/to") }
}

/// What can be spent, by an account's item read together with others; `None` if there is none.
pub fn available(item: Option<Item>) -> Result<Option<Money>, Failure> {
    let record: Option<AccountRecord> = item.map(decode).transpose()?;
    Ok(record.map(|record| Money::new(record.balance, record.currency)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::MAX_BALANCE_MINOR_UNITS;
    use crate::posting::DebitSource;
    use crate::tests::{NOW, clearing, fen, ledger, merchant, origin, plan, points, transfer, user};
    use crate::transfer::transfer_key;
    use scrip_money::Currency;
    use scrip_refusal::Code;
    use scrip_store::{AttributeValue, encode};

    fn item(holder: &str, balance: i64) -> Item {
        Item::from([
            ("account".to_owned(), AttributeValue::S(points().to_string())),
            ("holder".to_owned(), AttributeValue::S(holder.to_owned())),
            ("currency".to_owned(), AttributeValue::S("XXX".to_owned())),
            ("status".to_owned(), AttributeValue::S(OPEN.to_owned())),
            ("balance".to_owned(), AttributeValue::N(balance.to_string())),
            ("request_hash".to_owned(), AttributeValue::S("none".to_owned())),
        ])
    }

    #[test]
    fn a_member_credit_opens_the_account_or_adds_to_what_its_holder_has() {
        let credit = |ledger: &Ledger, transaction: &mut Transaction<'_>| {
            ledger.add_member_credit(transaction, &points(), "user:alice", Money::new(7, Currency::XXX));
        };
        let room = MAX_BALANCE_MINOR_UNITS - 7;
        let expected = format!(
            "update ledger ACCT#POINTS BALANCE: SET balance = if_not_exists(balance, 0) + 7, account = \"POINTS\", \
             holder = \"user:alice\", currency = \"XXX\", status = \"open\", \
             request_hash = if_not_exists(request_hash, \"none\") \
             IF attribute_not_exists(pk) OR (currency = \"XXX\" AND holder = \"user:alice\" AND status = \"open\" \
             AND balance <= {room})"
        );
        assert_eq!(plan(credit), [expected]);
    }

    #[test]
    fn a_member_credit_of_another_holders_account_is_told_as_of_none() {
        let amount = Money::new(7, Currency::XXX);
        let code = |holder: &str| explain_member_credit(Some(&item(holder, 9)), "user:alice", amount).code;
        assert_eq!(code("user:bob"), Code::NotFound);
        assert_eq!(code("user:alice"), Code::AmountTooLarge);
    }

    #[test]
    fn the_other_side_of_a_change_is_written_with_its_sign() {
        let change = |amount| {
            plan(|ledger, transaction| {
                ledger.add_external(transaction, &clearing(), "txn_1", fen(amount));
            })
        };
        let shard = clearing().shard_for("txn_1");
        let expected = |amount| {
            format!(
                "update ledger ACCT#CLEARING#{shard:02} BALANCE: SET balance = if_not_exists(balance, 0) + {amount}, \
             account = \"CLEARING\", holder = \"external\", currency = \"CNY\", status = \"open\", \
             request_hash = \"none\""
            )
        };
        assert_eq!(change(70), [expected(70)]);
        assert_eq!(change(-70), [expected(-70)]);
    }

    #[test]
    fn a_debit_and_a_record_can_be_written_alone() {
        let source = DebitSource::Available;
        let debit = Debit { account: user(), shard: 0, amount: fen(70), holder: None, source };
        let lines = plan(|ledger, transaction| ledger.add_debit(transaction, &debit));
        assert_eq!(
            lines,
            ["update ledger ACCT#USER BALANCE: SET balance = balance - 70 IF attribute_exists(pk) \
              AND currency = \"CNY\" AND status = \"open\" AND balance >= 70"]
        );
        let order = transfer(&user(), &merchant(), 70);
        let record = order.record(&origin(), NOW, &ledger().spread);
        let mut expected = Transaction::new();
        expected.create("ledger", encode(&transfer_key(&order.id), &record).unwrap());
        let mut transaction = Transaction::new();
        assert_eq!(ledger().add_record(&mut transaction, &order, &origin(), NOW).unwrap(), record);
        assert_eq!(transaction.plan(), expected.plan());
    }

    #[test]
    fn what_can_be_spent_is_what_the_item_holds() {
        assert_eq!(available(None).unwrap(), None);
        assert_eq!(available(Some(item("user:alice", 9))).unwrap(), Some(Money::new(9, Currency::XXX)));
    }
}
