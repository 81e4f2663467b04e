//! What users have of merchants' deduction items: written with other capabilities' transactions, named by no request.

use crate::api::operations::ledger::{Books, fen};
use crate::api::world::{World, money, transfer};
use scrip_ledger::{AccountId, Debit, DebitSource};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure};
use scrip_store::{Transaction, derive_id};
use scrip_test_support::fresh_key;
use serde_json::json;

const POINTS: fn(i64) -> Money = |amount| Money::new(amount, Currency::XXX);

/// Alice's points at the shop.
struct Points {
    books: Books,
    account: AccountId,
    issuer: AccountId,
    holder: String,
}

impl Points {
    async fn of(world: &World) -> Self {
        let account = AccountId::member(&world.alice.id, &world.shop.id, "points");
        let issuer = AccountId::external(&format!("deduction-item:{}:points", world.shop.id), Currency::XXX);
        let holder = format!("user:{}", world.alice.id);
        Self { books: Books::of(&world.scrip).await, account, issuer, holder }
    }

    async fn grant(&self, holder: &str, amount: Money) -> Result<(), Failure> {
        let (mut transaction, id) = (Transaction::new(), derive_id("txn_", &[&fresh_key()]));
        let ledger = &self.books.ledger;
        ledger.add_member_credit(&mut transaction, &self.account, holder, amount);
        ledger.add_external(&mut transaction, &self.issuer, &id, amount.checked_neg().unwrap());
        self.books.commit(transaction).await
    }

    async fn consume(&self, amount: Money) -> Result<(), Failure> {
        let (mut transaction, id) = (Transaction::new(), derive_id("txn_", &[&fresh_key()]));
        let debit = Debit {
            account: self.account.clone(),
            shard: 0,
            amount,
            holder: Some(self.holder.clone()),
            source: DebitSource::Available,
        };
        self.books.ledger.add_debit(&mut transaction, &debit);
        self.books.ledger.add_external(&mut transaction, &self.issuer, &id, amount);
        self.books.commit(transaction).await
    }

    /// What is left, and what the issuer gave out.
    async fn left(&self) -> (Option<i64>, i64) {
        let left = self.books.ledger.available(&self.account).await.unwrap();
        let mut issued = 0;
        for shard in 0..self.issuer.shards() {
            let key = self.issuer.balance_key(shard);
            let item = self.books.store.get(self.books.ledger.table(), &key).await.unwrap();
            issued += scrip_ledger::available(item).unwrap().map_or(0, |part| part.amount);
        }
        (left.map(|left| left.amount), -issued)
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it uses the ledger in this process")]
async fn a_member_account_opens_with_what_comes_in_and_gives_no_more() {
    let world = World::start().await;
    let points = Points::of(&world).await;
    assert_eq!(points.left().await, (None, 0));
    assert_eq!(points.consume(POINTS(1)).await.unwrap_err().code(), Some(Code::NotFound));
    points.grant(&points.holder, POINTS(70)).await.unwrap();
    points.grant(&points.holder, POINTS(30)).await.unwrap();
    points.consume(POINTS(40)).await.unwrap();
    assert_eq!(points.left().await, (Some(60), 60));
    assert_eq!(points.consume(POINTS(61)).await.unwrap_err().code(), Some(Code::InsufficientFunds));
    points.consume(POINTS(60)).await.unwrap();
    assert_eq!(points.left().await, (Some(0), 0));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it uses the ledger in this process")]
async fn a_member_account_takes_no_other_unit_no_other_holder_and_not_too_much() {
    let world = World::start().await;
    let points = Points::of(&world).await;
    points.grant(&points.holder, POINTS(1)).await.unwrap();
    let most = POINTS(scrip_ledger::MAX_BALANCE_MINOR_UNITS);
    assert_eq!(points.grant(&points.holder, fen(1)).await.unwrap_err().code(), Some(Code::CurrencyMismatch));
    assert_eq!(points.grant(&points.holder, most).await.unwrap_err().code(), Some(Code::AmountTooLarge));
    assert_eq!(points.grant("user:else", POINTS(1)).await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(points.left().await, (Some(1), 1));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it uses the ledger in this process")]
async fn no_request_names_a_member_account() {
    let world = World::start().await;
    let points = Points::of(&world).await;
    points.grant(&points.holder, fen(500)).await.unwrap();
    let id = points.account.as_str();
    for path in [format!("/v1/accounts/{id}"), format!("/v1/accounts/{id}/entries")] {
        world.scrip.get(&world.alice, &path).await.expect_problem(404, "not-found");
    }
    for order in [transfer(id, &world.mallorys, 1), transfer(&world.account, id, 1)] {
        let answer = world.unchanged(world.scrip.post(&world.alice, "/v1/transfers", &order)).await;
        answer.refused("transfer", 404, "not-found");
    }
    let deposit = json!({ "amount": money(1), "reference": "wire" });
    let path = format!("/v1/accounts/{id}/deposits");
    world.scrip.post(&world.treasury, &path, &deposit).await.refused("deposit", 404, "not-found");
    let bill = json!({ "account": id, "effective_for": "PT2H" });
    world.scrip.post(&world.alice, "/v1/bills", &bill).await.refused("open-bill", 404, "not-found");
    let listed = world.scrip.get(&world.alice, "/v1/accounts").await.expect(200).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(points.left().await, (Some(500), 500));
}
