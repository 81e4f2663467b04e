//! Opening accounts, moving money, reading balances.

use crate::account::{AccountClass, AccountId, AccountRecord, AccountView, OPEN, USER};
use crate::gather::gather;
use crate::posting::{CreditTarget, Debit, DebitSource, NewTransfer, add_credit, add_debit, add_record};
use crate::transfer::{TransferKind, TransferRecord, transfer_key};
use scrip_capability::capability;
use scrip_clock::Timestamp;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    Commit, Item, Key, Origin, Page, PageRequest, Query, Transaction, Write, check_replay, decode, encode,
};

/// How often a debit of a spread balance is planned anew when payments change it meanwhile.
const GATHER_ATTEMPTS: usize = 8;
/// The external account from which the treasury deposits.
const TREASURY: &str = "treasury";

capability! {
    /// The ledger, for one invocation.
    pub struct Ledger in "LEDGER_TABLE" {}
}

/// What was created, now or by an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    /// It.
    pub value: T,
    /// Whether an earlier request created it.
    pub replayed: bool,
}

impl<T> Created<T> {
    /// The same in another form.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Created<U>, E> {
        Ok(Created { value: f(self.value)?, replayed: self.replayed })
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
        let keys = found
            .items
            .iter()
            .map(|item| Key::of(item).ok_or_else(|| Failure::broken("an index without keys")));
        let keys = keys.map(|key| Ok((self.table.as_str(), key?))).collect::<Result<Vec<_>, Failure>>()?;
        let accounts = self.store.get_many(&keys).await?.into_iter().flatten();
        let items = accounts.map(|item| {
            let record: AccountRecord = decode(item)?;
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

    /// The items that hold an account's balance, in order of their number; `None` unless all exist.
    async fn balances(&self, id: &AccountId) -> Result<Option<Vec<AccountRecord>>, Failure> {
        let keys: Vec<_> = self.balance_keys(id).collect();
        whole(self.store.get_many(&keys).await?)
    }

    fn balance_keys<'a>(&'a self, id: &'a AccountId) -> impl Iterator<Item = (&'a str, Key)> {
        (0..id.shards()).map(|shard| (self.table.as_str(), id.balance_key(shard)))
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
        self.post(&transfer, vec![debit], Vec::new(), origin).await
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
            return self.post(transfer, vec![debit], more(), origin).await;
        }
        for _ in 0..GATHER_ATTEMPTS {
            let debits = match self.plan(transfer, origin).await? {
                Plan::Posted(record) => return Ok(Created { value: *record, replayed: true }),
                Plan::Debits(debits) => debits,
            };
            match self.post(transfer, debits, more(), origin).await {
                // A part was spent between reading and writing; the whole may still be enough.
                Err(failure) if failure.code() == Some(Code::InsufficientFunds) => {}
                other => return other,
            }
        }
        Err(Failure::Busy("the payer's balance changes faster than it can be gathered".into()))
    }

    /// One round trip finds an earlier transfer of the same id and all items that hold the payer's balance.
    async fn plan(&self, transfer: &NewTransfer, origin: &Origin) -> Result<Plan, Failure> {
        let mut keys = vec![(self.table.as_str(), transfer_key(&transfer.id))];
        keys.extend(self.balance_keys(&transfer.from));
        let mut found = self.store.get_many(&keys).await?;
        let balances = found.split_off(1);
        if let Some(item) = found.pop().flatten() {
            check_replay(&item, &origin.fingerprint)?;
            return Ok(Plan::Posted(Box::new(as_posted(item)?)));
        }
        let Some(balances) = whole(balances)? else {
            return Err(crate::account::unknown_account("/from").into());
        };
        if balances.iter().any(|record| record.currency != transfer.amount.currency) {
            return Err(scrip_money::MoneyError::CurrencyMismatch.into());
        }
        let balances: Vec<i64> = balances.iter().map(|record| record.balance).collect();
        gather(&transfer.from, &balances, transfer.amount).map(Plan::Debits).ok_or_else(|| {
            Refusal::new(Code::InsufficientFunds, "The account has less available than this amount.").into()
        })
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
        let record = transfer.record(origin, now);
        add_record(transaction, &self.table, &record)?;
        for debit in debits {
            add_debit(transaction, &self.table, debit);
        }
        add_credit(transaction, &self.table, transfer, target);
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

fn whole(items: Vec<Option<Item>>) -> Result<Option<Vec<AccountRecord>>, Failure> {
    let found: Option<Vec<Item>> = items.into_iter().collect();
    found.map(|items| items.into_iter().map(decode).collect()).transpose()
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
