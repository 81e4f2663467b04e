//! Opening accounts, moving money, reading balances.

use crate::account::{AccountClass, AccountId, AccountRecord, AccountView, OPEN, USER};
use crate::posting::{
    CreditTarget, Debit, DebitSource, NewTransfer, add_credit, add_debit, add_record, gather,
};
use crate::spread::Spread;
use crate::transfer::{TransferKind, TransferRecord, transfer_key};
use scrip_capability::capability;
use scrip_clock::Timestamp;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal, SEND_AGAIN};
use scrip_store::{
    Address, Commit, Created, Item, Key, Origin, Page, PageRequest, Query, Raw, Transaction, Write,
    check_replay, decode, encode,
};
use std::ops::Range;

/// The external account from which the treasury deposits.
const TREASURY: &str = "treasury";

capability! {
    /// The ledger, for one invocation.
    pub struct Ledger in "LEDGER_TABLE" {
        /// What is known of accounts that are spread further.
        pub(crate) spread: Spread,
    }
}

/// A transfer that somebody asks for.
#[derive(Clone, Debug)]
pub struct TransferOrder {
    /// The payer.
    pub from: AccountId,
    /// Who must hold the payer's account; checked by the write itself.
    pub holder: String,
    /// The payee.
    pub to: AccountId,
    /// How much.
    pub amount: Money,
    /// What the payer wrote.
    pub reference: Option<String>,
}

impl Ledger {
    /// Opens a user's account.
    pub async fn open_account(
        &self,
        user: &str,
        currency: Currency,
        origin: &Origin,
    ) -> Result<Created<AccountView>, Failure> {
        let id = AccountId::of_user(origin.id(USER));
        let record = AccountRecord {
            account: id.to_string(),
            holder: format!("user:{user}"),
            owner: Some(user.to_owned()),
            opened: Some(format!("{:013}#{id}", self.clock.now().as_millisecond())),
            currency,
            balance: 0,
            held: 0,
            status: OPEN.to_owned(),
            shards: None,
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&id.balance_key(0), &record)?);
        let replayed = match self.store.commit(transaction).await? {
            Commit::Done => false,
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                true
            }
        };
        // The first answer again: an account is opened empty, whatever came in since.
        Ok(Created { value: AccountView::empty(&id, currency), replayed })
    }

    /// The accounts of a user, in the order of their opening.
    pub async fn accounts_of(&self, user: &str, page: &PageRequest) -> Result<Page<AccountView>, Failure> {
        // The index has keys alone, so that it costs nothing when a balance changes.
        let query = Query::of_index(&self.table, "by-owner", "owner", user);
        let found = self.store.page(&query, page).await?;
        let accounts = found.items.iter().map(|item| {
            let key = Key::of(item).ok_or_else(|| Failure::broken("an index without keys"))?;
            Ok(key.at(&self.table))
        });
        let accounts: Vec<_> = accounts.collect::<Result<_, Failure>>()?;
        let accounts: Vec<Option<AccountRecord>> = self.store.read(accounts).await?;
        let items = accounts.into_iter().flatten().map(|record| {
            let id = AccountId::stored(&record.account)
                .ok_or_else(|| Failure::broken("an account with a bad id"))?;
            Ok(AccountView::of(&id, record.currency, std::slice::from_ref(&record))?)
        });
        Ok(Page { items: items.collect::<Result<_, Failure>>()?, next: found.next })
    }

    /// An account and whose it is; `None` if it does not exist.
    pub async fn account(&self, id: &AccountId) -> Result<Option<(AccountView, String)>, Failure> {
        let Some(records) = self.balances(id).await? else { return Ok(None) };
        let Some(first) = records.first() else { return Ok(None) };
        Ok(Some((AccountView::of(id, first.currency, &records)?, first.holder.clone())))
    }

    /// The items that hold an account's balance, in order of their number; `None` unless all exist. Those of an external
    /// account come into being when they are used, so there it is those that exist.
    pub(crate) async fn balances(&self, id: &AccountId) -> Result<Option<Vec<AccountRecord>>, Failure> {
        let first = self.store.read(self.balance_addresses(id, 0..self.spread.known(id))).await?;
        self.all_balances(id, first).await
    }

    /// All of an account's items, of which the first ones were read.
    async fn all_balances(
        &self,
        id: &AccountId,
        mut found: Vec<Option<AccountRecord>>,
    ) -> Result<Option<Vec<AccountRecord>>, Failure> {
        if id.class() == AccountClass::External {
            let found: Vec<_> = found.into_iter().flatten().collect();
            return Ok((!found.is_empty()).then_some(found));
        }
        let Some(Some(first)) = found.first() else { return Ok(None) };
        let (read, shards) = (u8::try_from(found.len()).unwrap_or(u8::MAX), self.spread.told(id, first));
        if read < shards {
            let rest: Vec<Option<AccountRecord>> =
                self.store.read(self.balance_addresses(id, read..shards)).await?;
            found.extend(rest);
        }
        found.truncate(shards.into());
        Ok(found.into_iter().collect())
    }

    fn balance_addresses(&self, id: &AccountId, shards: Range<u8>) -> Vec<Address> {
        shards.map(|shard| id.balance_key(shard).at(&self.table)).collect()
    }

    /// Money comes in from outside, by the treasury's word.
    pub async fn deposit(
        &self,
        to: &AccountId,
        amount: Money,
        reference: String,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        let from = AccountId::external(TREASURY, amount.currency);
        let id = origin.id("txn_");
        let shard = from.shard_for(&id);
        let source = DebitSource::Available;
        let debit = Debit { account: from.clone(), shard, amount, holder: None, source };
        let transfer = NewTransfer {
            id,
            kind: TransferKind::Deposit,
            from,
            to: to.clone(),
            amount,
            reference: Some(reference),
            reverses: None,
        };
        let post = || self.post(&transfer, vec![debit.clone()], Vec::new(), origin);
        self.store.until_unchanged(post).await
    }

    /// A user sends money: one transaction, without a read before it unless the payer's balance is spread.
    pub async fn transfer(
        &self,
        order: TransferOrder,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        if order.from == order.to {
            return Err(Refusal::new(Code::SameAccount, "Name another account as payee.").into());
        }
        let transfer = NewTransfer {
            id: origin.id("txn_"),
            kind: TransferKind::Transfer,
            from: order.from,
            to: order.to,
            amount: order.amount,
            reference: order.reference,
            reverses: None,
        };
        self.post_from(&transfer, Some(order.holder), Vec::new, origin).await
    }

    /// Posts a transfer from an account of any class. `more` are writes that must hold with it.
    pub(crate) async fn post_from(
        &self,
        transfer: &NewTransfer,
        holder: Option<String>,
        more: impl Fn() -> Vec<Requirement>,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        if transfer.from.class() == AccountClass::User {
            let debit = Debit {
                account: transfer.from.clone(),
                shard: 0,
                amount: transfer.amount,
                holder,
                source: DebitSource::Available,
            };
            let post = || self.post(transfer, vec![debit.clone()], more(), origin);
            return self.store.until_unchanged(post).await;
        }
        self.store.until_unchanged(|| self.gather_and_post(transfer, more(), origin)).await
    }

    /// Posts a transfer from a balance that is spread.
    async fn gather_and_post(
        &self,
        transfer: &NewTransfer,
        more: Vec<Requirement>,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        let debits = match self.plan(transfer, origin).await? {
            Plan::Posted(record) => return Ok(Created { value: *record, replayed: true }),
            Plan::Debits(debits) => debits,
        };
        let posted = self.post(transfer, debits, more, origin).await;
        posted.map_err(|failure| match failure.code() {
            // A part was spent between reading and writing; the whole may still be enough.
            Some(Code::InsufficientFunds) => Failure::Changed(SEND_AGAIN),
            _ => failure,
        })
    }

    /// One round trip finds an earlier transfer of the same id and all items that hold the payer's balance.
    async fn plan(&self, transfer: &NewTransfer, origin: &Origin) -> Result<Plan, Failure> {
        let known = 0..self.spread.known(&transfer.from);
        let asked =
            (transfer_key(&transfer.id).at(&self.table), self.balance_addresses(&transfer.from, known));
        let (posted, balances): (Option<Raw>, Vec<Option<AccountRecord>>) = self.store.read(asked).await?;
        if let Some(Raw(item)) = posted {
            check_replay(&item, &origin.fingerprint)?;
            return Ok(Plan::Posted(Box::new(as_posted(item)?)));
        }
        let Some(balances) = self.all_balances(&transfer.from, balances).await? else {
            return Err(crate::account::unknown_account("/from").into());
        };
        if balances.iter().any(|record| record.currency != transfer.amount.currency) {
            return Err(scrip_money::MoneyError::CurrencyMismatch.into());
        }
        let balances: Vec<i64> = balances.iter().map(|record| record.balance).collect();
        if let Some(debits) = gather(&transfer.from, &balances, transfer.amount) {
            return Ok(Plan::Debits(debits));
        }
        let refusal =
            Refusal::new(Code::InsufficientFunds, "The account has less available than this amount.");
        Err(self.store.unless_made(transfer_key(&transfer.id).at(&self.table), refusal).await)
    }

    async fn post(
        &self,
        transfer: &NewTransfer,
        debits: Vec<Debit>,
        more: Vec<Requirement>,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        let mut transaction = Transaction::new();
        let record = self.add(&mut transaction, transfer, &debits, origin, self.clock.now())?;
        for Requirement { write, refusal } in more {
            transaction.require(write, move |_| refusal);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: record, replayed: false }),
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                Ok(Created { value: as_posted(item)?, replayed: true })
            }
        }
    }

    /// Adds a transfer to a transaction that does more than move money, such as one that settles a bill. `debits` may
    /// be empty where one debit pays several transfers.
    pub fn add(
        &self,
        transaction: &mut Transaction<'_>,
        transfer: &NewTransfer,
        debits: &[Debit],
        origin: &Origin,
        now: Timestamp,
    ) -> Result<TransferRecord, Failure> {
        self.add_into(transaction, transfer, debits, CreditTarget::Available, origin, now)
    }

    /// Adds a transfer as [`Self::add`] does, to what the payee can spend or to what is reserved there.
    pub fn add_into(
        &self,
        transaction: &mut Transaction<'_>,
        transfer: &NewTransfer,
        debits: &[Debit],
        target: CreditTarget,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<TransferRecord, Failure> {
        let record = transfer.record(origin, now, &self.spread);
        add_record(transaction, &self.table, &record)?;
        for debit in debits {
            add_debit(transaction, &self.table, debit);
        }
        add_credit(transaction, (&self.table, &self.spread), transfer, target);
        Ok(record)
    }

    /// A transfer, if it exists.
    pub async fn transfer_by_id(&self, id: &str) -> Result<Option<TransferRecord>, Failure> {
        self.store.get(&self.table, &transfer_key(id)).await?.map(decode).transpose()
    }
}

/// A write that must hold together with a transfer, and what is said if it does not.
pub(crate) struct Requirement {
    pub(crate) write: Write,
    pub(crate) refusal: Refusal,
}

enum Plan {
    Posted(Box<TransferRecord>),
    Debits(Vec<Debit>),
}

/// A transfer as it was when it was posted: the first answer again, whatever went back since.
pub(crate) fn as_posted(item: Item) -> Result<TransferRecord, Failure> {
    let record: TransferRecord = decode(item)?;
    Ok(TransferRecord { reversed: 0, ..record })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, ledger, merchant, origin, transfer, user};

    #[test]
    fn the_first_answer_knows_of_no_reversal_since() {
        let posted = transfer(&user(), &merchant(), 70).record(&origin(), NOW, &ledger().spread);
        let since = TransferRecord { reversed: 30, ..posted.clone() };
        let item = encode(&transfer_key(&since.id), &since).unwrap();
        assert_eq!(as_posted(item).unwrap(), posted);
    }
}
