//! The store's own work for an offline payment that is approved, without anything of Scrip around it: the same six
//! writes, through the same SDK and connector.

use crate::approvals::Buyer;
use crate::load::{Caller, Times};
use crate::people::CURRENCY;
use crate::transaction::{debit, number, put_new, text};
use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use scrip_clock::Clock;
use scrip_ledger::{AccountId, transfer_key};
use scrip_local::Running;
use scrip_money::Currency;
use scrip_store::{Item, Key, derive_id};
use std::time::Instant;

/// More than are ever made. One authorization allows 50, which are gone in a moment.
const USES: i64 = 1_000_000_000;

/// The tables of offline payments, of the ledger and of what users are told, past the API.
#[derive(Clone)]
pub(crate) struct Tables {
    client: Client,
    offline: String,
    ledger: String,
    directory: String,
}

impl Tables {
    pub(crate) fn of(running: &Running) -> anyhow::Result<Self> {
        let function =
            running.application().function("create-pos-transaction").context("no such function")?;
        let table = |name: &str| function.environment.get(name).cloned().context("no such table");
        let [offline, ledger, directory] =
            [table("OFFLINE_TABLE")?, table("LEDGER_TABLE")?, table("DIRECTORY_TABLE")?];
        Ok(Self { client: Client::new(running.aws()), offline, ledger, directory })
    }

    async fn get(&self, table: &str, key: Key) -> anyhow::Result<Item> {
        let get = self.client.get_item().table_name(table).set_key(Some(key.to_item()));
        get.consistent_read(true).send().await?.item.context("an item that was written")
    }

    /// The first thing that a user was told.
    async fn note(&self, user: &str) -> anyhow::Result<Item> {
        let query = self.client.query().table_name(&self.directory).key_condition_expression("pk = :list");
        let query = query.expression_attribute_values(":list", text(&format!("NOTE#user:{user}")));
        query.limit(1).send().await?.items.and_then(|mut items| items.pop()).context("a payer who was told")
    }

    /// All items with the codes of a user.
    async fn codes(&self) -> anyhow::Result<Vec<Item>> {
        let scan = self.client.scan().table_name(&self.offline).consistent_read(true);
        let scan = scan.filter_expression("sk = :codes").expression_attribute_values(":codes", text("CODES"));
        Ok(scan.into_paginator().items().send().try_collect().await?)
    }

    /// Lets every authorization be used as often as it is measured.
    pub(crate) async fn allow_all_uses(&self) -> anyhow::Result<()> {
        for codes in self.codes().await? {
            for authorization in map(&codes, "authorizations")?.keys() {
                let update =
                    self.client.update_item().table_name(&self.offline).set_key(Some(key_of(&codes)));
                let update = update.update_expression("SET authorizations.#id.uses_left = :uses");
                let update = update.expression_attribute_names("#id", authorization);
                update.expression_attribute_values(":uses", number(USES)).send().await?;
            }
        }
        Ok(())
    }
}

/// A payer whose payments go straight to the store, each like one that Scrip approved.
pub(crate) struct Captor {
    tables: Tables,
    account: AccountId,
    holder: AttributeValue,
    codes: Item,
    guard: AttributeValue,
    authorization: String,
    payment: Item,
    transfer: Item,
    note: Item,
}

impl Captor {
    /// One for each of those who have paid once.
    pub(crate) async fn all(tables: &Tables, paid: &[(Buyer, String)]) -> anyhow::Result<Vec<Self>> {
        let codes = tables.codes().await?;
        let mut captors = Vec::new();
        for (buyer, payment) in paid {
            let user = text(&buyer.user.id);
            let codes = codes.iter().find(|codes| codes.get("user") == Some(&user)).context("no codes")?;
            captors.push(Self::like(tables, buyer, payment, codes).await?);
        }
        Ok(captors)
    }

    async fn like(tables: &Tables, buyer: &Buyer, payment: &str, codes: &Item) -> anyhow::Result<Self> {
        let key = Key::new(format!("POS#{payment}"), "TRANSACTION");
        // It waits in a slot as the payment does, until long after what is measured.
        let payment = tables.get(&tables.offline, key).await?;
        let transfer = map(&payment, "decided")?.get("key").and_then(|key| key.as_s().ok());
        let transfer = tables.get(&tables.ledger, transfer_key(transfer.context("no transfer")?)).await?;
        let authorization = map(codes, "authorizations")?.keys().next().context("no authorization")?;
        Ok(Self {
            tables: tables.clone(),
            account: AccountId::parse(&buyer.account).context("no account")?,
            holder: text(&format!("user:{}", buyer.user.id)),
            guard: codes.get("guard").context("no guard")?.clone(),
            authorization: authorization.clone(),
            codes: key_of(codes),
            payment,
            transfer,
            note: tables.note(&buyer.user.id).await?,
        })
    }

    fn payment(&self) -> Item {
        let id = derive_id("pos_", &[&scrip_test_support::fresh_key()]);
        let mut payment = self.payment.clone();
        payment.insert("pk".to_owned(), text(&format!("POS#{id}")));
        payment.insert("id".to_owned(), text(&id));
        payment
    }

    fn transfer(&self, id: &str) -> Item {
        let mut transfer = self.transfer.clone();
        transfer.extend(transfer_key(id).to_item());
        let at = Clock::system().now().as_millisecond();
        transfer.insert("id".to_owned(), text(id));
        transfer.insert("posted".to_owned(), text(&format!("{at:013}#{id}")));
        transfer
    }

    fn note(&self, transfer: &str) -> anyhow::Result<TransactWriteItem> {
        let mut note = self.note.clone();
        let at = Clock::system().now().as_millisecond();
        note.insert("sk".to_owned(), text(&format!("{at:013}#{}", transfer.replace("txn_", "note_"))));
        let put = Put::builder().table_name(&self.tables.directory).set_item(Some(note)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn used(&self) -> anyhow::Result<TransactWriteItem> {
        let update = Update::builder().table_name(&self.tables.offline).set_key(Some(self.codes.clone()));
        let update = update.update_expression(
            "SET merchants.#merchant = :standing, \
             authorizations.#id.remaining = authorizations.#id.remaining - :one, \
             authorizations.#id.uses_left = authorizations.#id.uses_left - :one",
        );
        let update = update.condition_expression(
            "guard = :seen AND authorizations.#id.uses_left >= :one AND authorizations.#id.remaining >= :one",
        );
        let update = update.expression_attribute_names("#id", &self.authorization);
        let update = update.expression_attribute_values(":seen", self.guard.clone());
        let standing = std::collections::HashMap::from([("paid_at".to_owned(), number(1_764_000_000_000))]);
        let update = update.expression_attribute_names("#merchant", "AbCdEfGh");
        let update = update.expression_attribute_values(":standing", AttributeValue::M(standing));
        let update = update.expression_attribute_values(":one", number(1));
        let update =
            update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn credit(&self, transfer: &str) -> anyhow::Result<TransactWriteItem> {
        let clearing = AccountId::clearing(Currency::CNY);
        let key = clearing.balance_key(clearing.shard_for(transfer)).to_item();
        let update = Update::builder().table_name(&self.tables.ledger).set_key(Some(key));
        let update = update.update_expression(
            "SET balance = if_not_exists(balance, :zero) + :one, account = :account, holder = :holder, \
             currency = :currency, #status = :open, request_hash = :none",
        );
        let update = update.expression_attribute_names("#status", "status");
        let update = update.expression_attribute_values(":zero", number(0));
        let update = update.expression_attribute_values(":one", number(1));
        let update = update.expression_attribute_values(":account", text(clearing.as_str()));
        let update = update.expression_attribute_values(":holder", text("external"));
        let update = update.expression_attribute_values(":currency", text(CURRENCY));
        let update = update.expression_attribute_values(":open", text("open"));
        let update = update.expression_attribute_values(":none", text("none"));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

impl Caller for Captor {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        let began = Instant::now();
        let transfer = derive_id("txn_", &[&scrip_test_support::fresh_key()]);
        let ledger = &self.tables.ledger;
        let holder = (":holder", self.holder.clone());
        let transaction = self.tables.client.transact_write_items();
        let transaction = transaction
            .client_request_token(&transfer[..transfer.len().min(36)])
            .transact_items(put_new(&self.tables.offline, self.payment())?)
            .transact_items(self.used()?)
            .transact_items(debit(ledger, self.account.balance_key(0).to_item(), holder)?)
            .transact_items(self.credit(&transfer)?)
            .transact_items(put_new(ledger, self.transfer(&transfer))?)
            .transact_items(self.note(&transfer)?)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        transaction.send().await?;
        times.record("transaction", began);
        Ok(())
    }
}

fn map<'a>(item: &'a Item, name: &str) -> anyhow::Result<&'a Item> {
    item.get(name).and_then(|value| value.as_m().ok()).with_context(|| format!("no map {name}"))
}

fn key_of(item: &Item) -> Item {
    item.iter()
        .filter(|(name, _)| matches!(name.as_str(), "pk" | "sk"))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}
