//! The ledger's own writes, as capabilities put them into their transactions, on the system under test.

use aws_sdk_dynamodb::Client;
use scrip_capability::{Capability, Context, Environment};
use scrip_clock::{Clock, SignedDuration};
use scrip_ledger::{AccountId, CreditTarget, Debit, DebitSource, Ledger, NewTransfer, TransferKind};
use scrip_money::{Currency, Money};
use scrip_refusal::Failure;
use scrip_store::{Deadline, Fingerprint, IdempotencyKey, Origin, Store, Transaction, derive_id};
use scrip_test_support::{Scrip, User, fresh_key};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than a test takes.
const WITHIN: Duration = Duration::from_hours(1);

pub struct Books {
    pub ledger: Ledger,
    pub store: Store,
    clock: Clock,
}

pub fn fen(amount: i64) -> Money {
    Money::new(amount, Currency::CNY)
}

fn origin(key: &str) -> Origin {
    Origin {
        principal: "pos:test".to_owned(),
        operation: "test".to_owned(),
        key: IdempotencyKey::internal(key),
        fingerprint: Fingerprint::of(&[]),
    }
}

/// A transfer that no other one is.
pub fn order(kind: TransferKind, from: &AccountId, to: &AccountId, amount: Money) -> NewTransfer {
    let id = derive_id("txn_", &[&fresh_key()]);
    NewTransfer { id, kind, from: from.clone(), to: to.clone(), amount, reference: None, reverses: None }
}

impl Books {
    pub async fn of(scrip: &Scrip) -> Self {
        let deadline = Deadline::new(Instant::now() + WITHIN, WITHIN);
        let store = Store::new(Client::new(&scrip.aws()), deadline);
        let table = ("LEDGER_TABLE".to_owned(), scrip.table("LedgerTable").await);
        let environment = Arc::new(Environment::new(BTreeMap::from([table])));
        let clock = scrip.running().clock().clone();
        let (kept, keyring) = (Arc::default(), None);
        let context =
            Context { environment, kept, clock: clock.clone(), store: store.clone(), deadline, keyring };
        Self { ledger: Ledger::new(&context).unwrap(), store, clock }
    }

    pub async fn commit(&self, transaction: Transaction<'_>) -> Result<(), Failure> {
        self.store.commit(transaction).await.map(drop)
    }

    pub async fn hold(&self, account: &AccountId, holder: &User, amount: Money) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        self.ledger.add_hold(&mut transaction, account, &format!("user:{}", holder.id), amount);
        self.commit(transaction).await
    }

    pub async fn release(&self, account: &AccountId, amount: Money) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        self.ledger.add_release(&mut transaction, account, amount);
        self.commit(transaction).await
    }

    pub async fn pay(
        &self,
        transfer: &NewTransfer,
        source: DebitSource,
        target: CreditTarget,
    ) -> Result<(), Failure> {
        let shard = transfer.from.shard_for(&transfer.id);
        let debit =
            Debit { account: transfer.from.clone(), shard, amount: transfer.amount, holder: None, source };
        let mut transaction = Transaction::new();
        // As with each request over HTTP: what is done one after the other has an order.
        self.clock.advance(SignedDuration::from_millis(1));
        let (origin, now) = (origin(&transfer.id), self.clock.now());
        self.ledger.add_into(&mut transaction, transfer, &[debit], target, &origin, now)?;
        self.commit(transaction).await
    }
}
