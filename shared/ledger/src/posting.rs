//! The writes of a transfer.

use crate::account::{AccountClass, AccountId, MAX_BALANCE_MINOR_UNITS, OPEN, unknown_account};
use crate::spread::{Spread, require_known};
use crate::transfer::{TransferKind, TransferRecord, posted, transfer_key};
use scrip_clock::Timestamp;
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Item, Origin, Transaction, Write, encode, number, shard_of, text};

/// Which of an account's money is spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DebitSource {
    /// What can be spent.
    #[default]
    Available,
    /// What is reserved.
    Held,
}

/// Which of an account's money grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreditTarget {
    /// What can be spent.
    #[default]
    Available,
    /// What is reserved: it came from there, and is still authorized.
    Held,
}

/// Takes money from one item of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debit {
    /// The account.
    pub account: AccountId,
    /// Which of its items.
    pub shard: u8,
    /// How much.
    pub amount: Money,
    /// Who must hold it, where that is not known yet: the write checks it.
    pub holder: Option<String>,
    /// Which of its money; an external account has one kind alone.
    pub source: DebitSource,
}

/// A transfer to be posted.
#[derive(Clone, Debug)]
pub struct NewTransfer {
    /// Its id.
    pub id: String,
    /// Why money moves.
    pub kind: TransferKind,
    /// The payer.
    pub from: AccountId,
    /// The payee.
    pub to: AccountId,
    /// How much.
    pub amount: Money,
    /// What the payer wrote.
    pub reference: Option<String>,
    /// The transfer that it reverses.
    pub reverses: Option<String>,
}

impl NewTransfer {
    /// The record of this transfer, posted now for this request.
    pub(crate) fn record(&self, origin: &Origin, now: Timestamp, spread: &Spread) -> TransferRecord {
        let record = TransferRecord {
            id: self.id.clone(),
            kind: self.kind,
            debit_account: self.from.to_string(),
            credit_account: self.to.to_string(),
            amount: self.amount.amount,
            currency: self.amount.currency,
            reference: self.reference.clone(),
            at: now.as_millisecond(),
            posted: posted(now, &self.id),
            debit_shard: None,
            credit_shard: None,
            reversed: 0,
            reverses: self.reverses.clone(),
            principal: origin.principal.clone(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        record.listed_over(&self.from, &self.to, |account| spread.known(account))
    }
}

/// The items to debit of an account whose balance is spread, as these are their balances. `None` if all together hold too
/// little.
pub(crate) fn gather(account: &AccountId, balances: &[i64], amount: Money) -> Option<Vec<Debit>> {
    let parts = scrip_money::gather((0_u8..).zip(balances.iter().copied()), amount.amount)?;
    let debit = |(shard, part)| Debit {
        account: account.clone(),
        shard,
        amount: Money::new(part, amount.currency),
        holder: None,
        source: DebitSource::Available,
    };
    Some(parts.into_iter().map(debit).collect())
}

/// Adds a transfer's record: the lock against posting it twice.
pub(crate) fn add_record(
    transaction: &mut Transaction<'_>,
    table: &str,
    record: &TransferRecord,
) -> Result<(), Failure> {
    transaction.create(table, encode(&transfer_key(&record.id), record)?);
    Ok(())
}

/// Adds the debit of an account's item.
pub(crate) fn add_debit(transaction: &mut Transaction<'_>, table: &str, debit: &Debit) {
    let amount = debit.amount;
    let key = debit.account.balance_key(debit.shard);
    if debit.account.class() == AccountClass::External {
        transaction.require(external(table, &debit.account, debit.shard, -amount.amount, amount), internal);
        return;
    }
    let expression = match debit.source {
        DebitSource::Available => "SET balance = balance - :amount",
        DebitSource::Held => "SET held = held - :amount",
    };
    let enough = match debit.source {
        DebitSource::Available => "balance >= :amount",
        DebitSource::Held => "held >= :amount",
    };
    let write = Write::update(table, key, expression).value(":amount", amount.amount);
    require_payer(transaction, write, enough, debit.holder.as_deref(), amount);
}

/// Requires of a write to a payer's item that it is open, has this currency and holder, and holds enough.
pub(crate) fn require_payer(
    transaction: &mut Transaction<'_>,
    write: Write,
    enough: &str,
    holder: Option<&str>,
    amount: Money,
) {
    let mut condition =
        format!("attribute_exists(pk) AND currency = :currency AND #status = :open AND {enough}");
    let mut write =
        write.name("#status", "status").value(":currency", amount.currency.code()).value(":open", OPEN);
    if let Some(holder) = holder {
        condition.push_str(" AND holder = :holder");
        write = write.value(":holder", holder);
    }
    let holder = holder.map(str::to_owned);
    transaction
        .require(write.when(condition), move |item| explain_debit(item.as_ref(), amount, holder.as_deref()));
}

/// Adds the credit of the item that this transfer's id picks.
pub(crate) fn add_credit(
    transaction: &mut Transaction<'_>,
    (table, spread): (&str, &Spread),
    transfer: &NewTransfer,
    target: CreditTarget,
) {
    let (account, amount) = (&transfer.to, transfer.amount);
    let shards = spread.known(account);
    let shard = shard_of(&transfer.id, shards);
    if account.class() == AccountClass::External {
        transaction.require(external(table, account, shard, amount.amount, amount), internal);
        return;
    }
    // An item has no attribute `held` until something is reserved there.
    let (expression, room) = match target {
        CreditTarget::Available => ("SET balance = balance + :amount", "balance <= :room"),
        CreditTarget::Held => (
            "SET held = if_not_exists(held, :zero) + :amount",
            "(attribute_not_exists(held) OR held <= :room)",
        ),
    };
    let mut write = Write::update(table, account.balance_key(shard), expression)
        .when(format!("attribute_exists(pk) AND currency = :currency AND #status = :open AND {room}"))
        .name("#status", "status")
        .value(":amount", amount.amount)
        .value(":currency", amount.currency.code())
        .value(":open", OPEN)
        .value(":room", room_for(amount));
    if target == CreditTarget::Held {
        write = write.value(":zero", 0);
    }
    let (account, spread) = (account.clone(), spread.clone());
    transaction.require(require_known(write, &account, shards), move |item| {
        spread
            .was_unknown(item.as_ref(), &account, shard, shards)
            .unwrap_or_else(|| explain_credit(item.as_ref(), amount).into())
    });
}

/// What an item may hold at most, to take this amount on top.
pub(crate) fn room_for(amount: Money) -> i64 {
    MAX_BALANCE_MINOR_UNITS.saturating_sub(amount.amount)
}

/// External accounts have no owner, no bound, and items that appear when they are first used.
pub(crate) fn external(table: &str, account: &AccountId, shard: u8, change: i64, money: Money) -> Write {
    let expression = "SET balance = if_not_exists(balance, :zero) + :change, account = :account, holder = :holder, \
                      currency = :currency, #status = :open, request_hash = :none";
    Write::update(table, account.balance_key(shard), expression)
        .name("#status", "status")
        .value(":zero", 0)
        .value(":change", change)
        .value(":account", account.as_str())
        .value(":holder", "external")
        .value(":currency", money.currency.code())
        .value(":open", OPEN)
        .value(":none", "none")
}

pub(crate) fn internal(_: Option<Item>) -> Refusal {
    Refusal::new(Code::Internal, "An unconditional write was refused.")
}

fn explain_debit(item: Option<&Item>, amount: Money, holder: Option<&str>) -> Refusal {
    let Some(item) = item else { return unknown_account("/from") };
    if holder.is_some() && text(item, "holder") != holder {
        return unknown_account("/from");
    }
    if text(item, "currency") != Some(amount.currency.code()) {
        return currency_mismatch(item);
    }
    if text(item, "status") != Some(OPEN) {
        return Refusal::new(Code::AccountClosed, "The payer's account is closed.");
    }
    Refusal::new(Code::InsufficientFunds, "The account has less available than this amount.")
}

pub(crate) fn explain_credit(item: Option<&Item>, amount: Money) -> Refusal {
    let Some(item) = item else { return unknown_account("/to") };
    if text(item, "currency") != Some(amount.currency.code()) {
        return currency_mismatch(item);
    }
    if text(item, "status") != Some(OPEN) {
        return Refusal::new(Code::AccountClosed, "The payee's account is closed.");
    }
    debug_assert!(number(item, "balance").is_some());
    Refusal::new(Code::AmountTooLarge, "The payee's balance would exceed the largest one.")
}

fn currency_mismatch(item: &Item) -> Refusal {
    let currency = text(item, "currency").unwrap_or_default();
    Refusal::new(
        Code::CurrencyMismatch,
        format!("This account is in {currency}. Name an amount in {currency}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, clearing, fen, merchant, origin, plan, transfer, user};
    use proptest::prelude::*;
    use scrip_store::AttributeValue;

    fn debit(account: AccountId, shard: u8, holder: Option<&str>, source: DebitSource) -> Debit {
        Debit { account, shard, amount: fen(70), holder: holder.map(str::to_owned), source }
    }

    fn of(transfer: &NewTransfer, debits: &[Debit], target: CreditTarget) -> Vec<String> {
        plan(|ledger, transaction| {
            ledger.add_into(transaction, transfer, debits, target, &origin(), NOW).unwrap();
        })
    }

    #[test]
    fn a_payment_is_its_record_a_debit_if_there_is_enough_and_a_credit_if_there_is_room() {
        let order = transfer(&user(), &merchant(), 70);
        let debit = debit(user(), 0, Some("user:alice"), DebitSource::Available);
        let lines = of(&order, &[debit], CreditTarget::Available);
        let (shard, room) = (merchant().shard_for("txn_1"), MAX_BALANCE_MINOR_UNITS - 70);
        let [record, debit, credit] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(record.starts_with("put ledger {amount: 70, at: 1796040000000, "), "{record}");
        for part in [
            r#"credit_account: "MERCHANT", "#,
            &format!(r#"credit_shard: "MERCHANT#{shard:02}", "#),
            r#"debit_account: "USER", debit_shard: "USER", "#,
            r#"pk: "TXN#txn_1", posted: "1796040000000#txn_1", principal: "user:alice", "#,
            r#"reversed: 0, sk: "TRANSFER"} IF attribute_not_exists(pk)"#,
        ] {
            assert!(record.contains(part), "{part} is not in {record}");
        }
        assert_eq!(
            debit,
            "update ledger ACCT#USER BALANCE: SET balance = balance - 70 IF attribute_exists(pk) \
             AND currency = \"CNY\" AND status = \"open\" AND balance >= 70 AND holder = \"user:alice\""
        );
        let expected = format!(
            "update ledger ACCT#MERCHANT#{shard:02} BALANCE: SET balance = balance + 70 IF attribute_exists(pk) \
             AND currency = \"CNY\" AND status = \"open\" AND balance <= {room} \
             AND (attribute_not_exists(shards) OR shards <= 16)"
        );
        assert_eq!(*credit, expected);
    }

    #[test]
    fn what_was_reserved_is_spent_from_there_and_goes_back_there() {
        let source = DebitSource::Held;
        let lines =
            of(&transfer(&user(), &user(), 70), &[debit(user(), 0, None, source)], CreditTarget::Held);
        let room = MAX_BALANCE_MINOR_UNITS - 70;
        let credit = format!(
            "update ledger ACCT#USER BALANCE: SET held = if_not_exists(held, 0) + 70 IF attribute_exists(pk) \
             AND currency = \"CNY\" AND status = \"open\" AND (attribute_not_exists(held) OR held <= {room})"
        );
        let debit = "update ledger ACCT#USER BALANCE: SET held = held - 70 IF attribute_exists(pk) \
                     AND currency = \"CNY\" AND status = \"open\" AND held >= 70";
        assert_eq!(lines.split_first().unwrap().1, [debit, &credit]);
    }

    #[test]
    fn external_accounts_are_debited_and_credited_without_a_condition() {
        let source = DebitSource::Available;
        let lines = of(
            &transfer(&clearing(), &clearing(), 70),
            &[debit(clearing(), 5, None, source)],
            CreditTarget::Available,
        );
        let credited = clearing().shard_for("txn_1");
        let change = |shard: u8, change: i64| {
            format!(
                "update ledger ACCT#CLEARING#{shard:02} BALANCE: SET balance = if_not_exists(balance, 0) + {change}, \
                 account = \"CLEARING\", holder = \"external\", currency = \"CNY\", status = \"open\", \
                 request_hash = \"none\""
            )
        };
        assert_eq!(lines.split_first().unwrap().1, [change(5, -70), change(credited, 70)]);
    }

    fn item(holder: &str, currency: &str, status: &str) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([
            ("holder".to_owned(), text(holder)),
            ("currency".to_owned(), text(currency)),
            ("status".to_owned(), text(status)),
            ("balance".to_owned(), AttributeValue::N("7".to_owned())),
        ])
    }

    #[test]
    fn a_refused_debit_says_the_first_reason_in_order_of_precedence() {
        let code = |item: Option<Item>, holder| explain_debit(item.as_ref(), fen(70), holder).code;
        let alice = Some("user:alice");
        assert_eq!(code(None, None), Code::NotFound);
        assert_eq!(code(Some(item("user:bob", "USD", "closed")), alice), Code::NotFound);
        assert_eq!(code(Some(item("user:alice", "USD", "closed")), alice), Code::CurrencyMismatch);
        assert_eq!(code(Some(item("user:bob", "USD", "closed")), None), Code::CurrencyMismatch);
        assert_eq!(code(Some(item("user:alice", "CNY", "closed")), alice), Code::AccountClosed);
        assert_eq!(code(Some(item("user:alice", "CNY", "open")), alice), Code::InsufficientFunds);
    }

    #[test]
    fn a_refused_credit_says_the_first_reason_in_order_of_precedence() {
        let code = |item: Option<Item>| explain_credit(item.as_ref(), fen(70)).code;
        assert_eq!(code(None), Code::NotFound);
        assert_eq!(code(Some(item("user:bob", "USD", "closed"))), Code::CurrencyMismatch);
        assert_eq!(code(Some(item("user:bob", "CNY", "closed"))), Code::AccountClosed);
        assert_eq!(code(Some(item("user:bob", "CNY", "open"))), Code::AmountTooLarge);
    }

    proptest! {
        #[test]
        fn no_credit_that_fits_passes_the_largest_balance(
            amount in 1..=MAX_BALANCE_MINOR_UNITS, balance in 0..=MAX_BALANCE_MINOR_UNITS,
        ) {
            prop_assert_eq!(balance <= room_for(fen(amount)), balance + amount <= MAX_BALANCE_MINOR_UNITS);
        }

        #[test]
        fn what_is_gathered_is_debited_from_the_items_that_hold_it(
            balances in prop::collection::vec(0_i64..100, 1..64), amount in 1_i64..4_000,
        ) {
            let debits = gather(&merchant(), &balances, fen(amount));
            prop_assert_eq!(debits.is_some(), balances.iter().sum::<i64>() >= amount);
            if let Some(debits) = debits {
                prop_assert_eq!(debits.iter().map(|debit| debit.amount.amount).sum::<i64>(), amount);
                for Debit { account, shard, amount, holder, source } in debits {
                    prop_assert!(amount.amount <= balances[usize::from(shard)]);
                    prop_assert_eq!((account, holder, source), (merchant(), None, DebitSource::Available));
                }
            }
        }
    }
}
