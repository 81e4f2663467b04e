//! Reserved money, and money that points of sale move: what other capabilities write with their own transactions, as the
//! wallet's operations show it.

use crate::api::operations::ledger::{Books, fen, order};
use crate::api::world::{World, money, transfer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use scrip_ledger::{AccountId, CreditTarget, DebitSource, TransferKind};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure};
use scrip_test_support::{Scrip, User};
use serde_json::json;

/// What Alice's account shows: all that is in it, and what she can spend.
async fn shown(world: &World) -> [i64; 2] {
    let path = format!("/v1/accounts/{}", world.account);
    let read = world.scrip.get(&world.alice, &path).await.expect(200).body;
    let listed = world.scrip.get(&world.alice, "/v1/accounts").await.expect(200).body;
    assert_eq!(listed["items"].as_array().unwrap().as_slice(), std::slice::from_ref(&read));
    ["balance", "available"].map(|member| read[member]["amount"].as_i64().unwrap())
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it asks the ledger itself, where users have other names")]
async fn what_is_reserved_is_in_the_account_but_can_not_be_spent() {
    let world = World::start().await;
    let books = Books::of(&world.scrip).await;
    let account = AccountId::parse(&world.account).unwrap();
    books.hold(&account, &world.alice, fen(60_000)).await.unwrap();
    assert_eq!(shown(&world).await, [99_000, 39_000]);

    let pay = async |amount| {
        let order = transfer(&world.account, &world.mallorys, amount);
        world.scrip.post(&world.alice, "/v1/transfers", &order).await
    };
    world.unchanged(pay(39_001)).await.refused("transfer", 422, "insufficient-funds");
    pay(9_000).await.expect(201);
    books.hold(&account, &world.alice, fen(30_000)).await.unwrap();
    assert_eq!(shown(&world).await, [90_000, 0]);
    books.release(&account, fen(89_999)).await.unwrap();
    assert_eq!(shown(&world).await, [90_000, 89_999]);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it asks the ledger itself, where users have other names")]
async fn a_hold_is_refused_as_a_payment_is() {
    let world = World::start().await;
    let books = Books::of(&world.scrip).await;
    let account = AccountId::parse(&world.account).unwrap();
    let nobodys = AccountId::parse(&format!("acct_u{}", crate::api::world::NOBODY)).unwrap();
    let yen = Money::new(1, Currency::JPY);
    let hold = async |account, caller: &User, amount| {
        let held = world.unchanged(books.hold(account, caller, amount)).await;
        held.unwrap_err().code().unwrap()
    };
    assert_eq!(hold(&account, &world.mallory, fen(1)).await, Code::NotFound);
    assert_eq!(hold(&nobodys, &world.alice, fen(1)).await, Code::NotFound);
    assert_eq!(hold(&account, &world.alice, yen).await, Code::CurrencyMismatch);
    assert_eq!(hold(&account, &world.alice, fen(99_001)).await, Code::InsufficientFunds);

    books.hold(&account, &world.alice, fen(500)).await.unwrap();
    for amount in [fen(501), yen] {
        let released = world.unchanged(books.release(&account, amount)).await;
        assert_eq!(released.unwrap_err().code(), Some(Code::Internal));
    }
    world.close(&world.account).await;
    assert_eq!(hold(&account, &world.alice, fen(1)).await, Code::AccountClosed);
    books.release(&account, fen(500)).await.unwrap();
    assert_eq!(shown(&world).await, [99_000, 99_000]);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it asks the ledger itself, where users have other names")]
async fn what_a_point_of_sale_moves_is_seen_by_its_parties_and_reversed_by_none() {
    let world = World::start().await;
    let books = Books::of(&world.scrip).await;
    let (alice, shop) =
        (AccountId::parse(&world.account).unwrap(), AccountId::parse(&world.shop.account).unwrap());
    let clearing = AccountId::clearing(Currency::CNY);
    books.hold(&alice, &world.alice, fen(2_000)).await.unwrap();

    let captured = order(TransferKind::Capture, &alice, &clearing, fen(700));
    books.pay(&captured, DebitSource::Held, CreditTarget::Available).await.unwrap();
    assert_eq!(shown(&world).await, [98_300, 97_000]);
    let too_much = order(TransferKind::Capture, &alice, &clearing, fen(1_301));
    let refused = world.unchanged(books.pay(&too_much, DebitSource::Held, CreditTarget::Available)).await;
    assert_eq!(refused.unwrap_err().code(), Some(Code::InsufficientFunds));

    let mut restored = order(TransferKind::Reversal, &clearing, &alice, fen(200));
    restored.reverses = Some(captured.id.clone());
    world.scrip.advance("PT1S").await;
    books.pay(&restored, DebitSource::Available, CreditTarget::Held).await.unwrap();
    assert_eq!(shown(&world).await, [98_500, 97_000]);
    let before = world.scrip.balance(&world.shop.owner, &world.shop.account).await;
    let settled = order(TransferKind::Settlement, &clearing, &shop, fen(500));
    books.pay(&settled, DebitSource::Available, CreditTarget::Available).await.unwrap();
    assert_eq!(world.scrip.balance(&world.shop.owner, &world.shop.account).await, before + 500);

    let bob = &world.shop.owner;
    let read = async |caller: &User, id: &str| world.scrip.get(caller, &format!("/v1/transfers/{id}")).await;
    assert_eq!(read(&world.alice, &captured.id).await.expect(200).body["kind"], "capture");
    assert_eq!(read(bob, &settled.id).await.expect(200).body["kind"], "settlement");
    read(bob, &captured.id).await.refused("get-transfer", 404, "not-found");
    read(&world.alice, &settled.id).await.refused("get-transfer", 404, "not-found");
    let entries = |account| format!("/v1/accounts/{account}/entries");
    let entries = world.scrip.get(&world.alice, &entries(&world.account)).await.expect(200).body;
    assert_eq!(
        [&entries["items"][0], &entries["items"][1]].map(|entry| (&entry["kind"], &entry["amount"])),
        [(&json!("reversal"), &money(200)), (&json!("capture"), &money(-700))]
    );

    let reverse = async |caller: &User, id: &str| {
        let path = format!("/v1/transfers/{id}/reversals");
        world.unchanged(world.scrip.post(caller, &path, &json!({}))).await
    };
    reverse(bob, &settled.id).await.refused("reverse-transfer", 422, "not-reversible");
    reverse(&world.treasury, &captured.id).await.refused("reverse-transfer", 422, "not-reversible");
    reverse(&world.alice, &captured.id).await.refused("reverse-transfer", 403, "wrong-role");
    reverse(bob, &captured.id).await.refused("reverse-transfer", 404, "not-found");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it asks the ledger itself, where users have other names")]
async fn a_purchase_is_sent_back_by_its_merchant() {
    let world = World::start().await;
    let books = Books::of(&world.scrip).await;
    let (alice, shop) =
        (AccountId::parse(&world.account).unwrap(), AccountId::parse(&world.shop.account).unwrap());
    let purchase = order(TransferKind::Purchase, &alice, &shop, fen(900));
    books.pay(&purchase, DebitSource::Available, CreditTarget::Available).await.unwrap();
    let path = format!("/v1/transfers/{}/reversals", purchase.id);
    let refused = world.unchanged(world.scrip.post(&world.alice, &path, &json!({}))).await;
    refused.refused("reverse-transfer", 403, "wrong-role");
    world.scrip.post(&world.shop.owner, &path, &json!({ "amount": money(300) })).await.expect(201);
    assert_eq!(shown(&world).await, [98_400, 98_400]);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it asks the ledger itself, where users have other names")]
async fn clearing_takes_part_in_no_request() {
    let world = World::start().await;
    let clearing = AccountId::clearing(Currency::CNY);
    let (from, to) =
        (transfer(clearing.as_str(), &world.account, 1), transfer(&world.account, clearing.as_str(), 1));
    for order in [from, to] {
        let answer = world.unchanged(world.scrip.post(&world.treasury, "/v1/transfers", &order)).await;
        answer.refused("transfer", 404, "not-found");
    }
    let deposit = json!({ "amount": money(1), "reference": "wire" });
    let path = format!("/v1/accounts/{clearing}/deposits");
    world.scrip.post(&world.treasury, &path, &deposit).await.refused("deposit", 404, "not-found");
}

/// What can happen to an account that holds reserved money.
#[derive(Clone, Copy, Debug)]
enum Step {
    Hold,
    Release,
    Pay(DebitSource),
    Paid(CreditTarget),
}

fn any_step() -> impl Strategy<Value = (Step, i64)> {
    let step = prop_oneof![
        Just(Step::Hold),
        Just(Step::Release),
        Just(Step::Pay(DebitSource::Available)),
        Just(Step::Pay(DebitSource::Held)),
        Just(Step::Paid(CreditTarget::Available)),
        Just(Step::Paid(CreditTarget::Held)),
    ];
    (step, 1_i64..60)
}

/// What an account has by the rules, said once more.
fn after((available, held): (i64, i64), step: Step, amount: i64) -> Option<(i64, i64)> {
    let (available, held) = match step {
        Step::Hold => (available - amount, held + amount),
        Step::Release => (available + amount, held - amount),
        Step::Pay(DebitSource::Available) => (available - amount, held),
        Step::Pay(DebitSource::Held) => (available, held - amount),
        Step::Paid(CreditTarget::Available) => (available + amount, held),
        Step::Paid(CreditTarget::Held) => (available, held + amount),
    };
    (available >= 0 && held >= 0).then_some((available, held))
}

async fn take(
    books: &Books,
    account: &AccountId,
    owner: &User,
    step: Step,
    amount: Money,
) -> Result<(), Failure> {
    let clearing = AccountId::clearing(Currency::CNY);
    match step {
        Step::Hold => books.hold(account, owner, amount).await,
        Step::Release => books.release(account, amount).await,
        Step::Pay(source) => {
            let order = order(TransferKind::Capture, account, &clearing, amount);
            books.pay(&order, source, CreditTarget::Available).await
        }
        Step::Paid(target) => {
            let order = order(TransferKind::Reversal, &clearing, account, amount);
            books.pay(&order, DebitSource::Available, target).await
        }
    }
}

#[test]
#[cfg_attr(feature = "deployed", ignore = "hundreds of round trips, and others use the clearing account")]
fn reserved_and_available_money_never_mix() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scrip = runtime.block_on(Scrip::start());
    let alice = runtime.block_on(scrip.user("alice"));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
    let cases = proptest::collection::vec(any_step(), 1..24);
    runner
        .run(&cases, |steps| {
            runtime.block_on(async {
                let id = scrip.account(&alice, 100, "CNY").await;
                let (books, account) = (Books::of(&scrip).await, AccountId::parse(&id).unwrap());
                let mut model = (100, 0);
                for (step, amount) in steps {
                    let expected = after(model, step, amount);
                    let done = take(&books, &account, &alice, step, fen(amount)).await;
                    prop_assert_eq!(done.is_ok(), expected.is_some(), "{:?} {} of {:?}", step, amount, model);
                    model = expected.unwrap_or(model);
                    let shown = scrip.get(&alice, &format!("/v1/accounts/{id}")).await.expect(200).body;
                    prop_assert_eq!(&shown["available"], &money(model.0));
                    prop_assert_eq!(&shown["balance"], &money(model.0 + model.1));
                }
                Ok(())
            })
        })
        .unwrap();
}
