//! The store's own work for a transfer, without anything of Scrip around it: the same three writes, through the same
//! SDK and connector.

use crate::load::{Caller, Times};
use crate::people::{CURRENCY, Payer};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use scrip_clock::Clock;
use scrip_ledger::{AccountId, MAX_BALANCE_MINOR_UNITS, TransferKind, TransferRecord, transfer_key};
use scrip_local::Running;
use scrip_money::Currency;
use scrip_store::{Item, derive_id, encode};
use std::time::Instant;

const HASH_CHARACTERS: usize = 43;
const OPEN_ACCOUNT: &str = "attribute_exists(pk) AND currency = :currency AND #status = :open";

/// A payer whose transfers go straight to the store.
pub(crate) struct Writer {
    client: Client,
    table: String,
    payer: Payer,
    sent: usize,
}

impl Writer {
    /// One for each payer.
    pub(crate) fn all(running: &Running, payers: Vec<Payer>) -> Vec<Self> {
        let application = running.application();
        let table =
            application.function("transfer").and_then(|function| function.environment.get("LEDGER_TABLE"));
        let table = table.expect("transfers have a ledger").clone();
        let client = Client::new(running.aws());
        let writer = |payer| Self { client: client.clone(), table: table.clone(), payer, sent: 0 };
        payers.into_iter().map(writer).collect()
    }

    fn record(&self, from: &AccountId, to: &AccountId) -> TransferRecord {
        let id = derive_id("txn_", &[&scrip_test_support::fresh_key()]);
        let at = Clock::system().now().as_millisecond();
        let record = TransferRecord {
            posted: format!("{at:013}#{id}"),
            id,
            kind: TransferKind::Transfer,
            debit_account: from.to_string(),
            credit_account: to.to_string(),
            amount: 1,
            currency: Currency::CNY,
            reference: Some("for tea".to_owned()),
            at,
            debit_shard: None,
            credit_shard: None,
            reversed: 0,
            reverses: None,
            principal: format!("user:{}", self.payer.user.id),
            request_hash: "h".repeat(HASH_CHARACTERS),
        };
        record.listed(from, to)
    }
}

impl Caller for Writer {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        let account = |id: &str| AccountId::parse(id).ok_or_else(|| anyhow::anyhow!("{id} is no account"));
        let from = account(&self.payer.account)?;
        let to = account(&self.payer.payees[self.sent % self.payer.payees.len()])?;
        let began = Instant::now();
        let record = self.record(&from, &to);
        let shard = to.shard_for(&record.id);
        let holder = (":holder", text(&record.principal));
        let room = (":room", number(MAX_BALANCE_MINOR_UNITS - 1));
        let token = &record.id[..record.id.len().min(36)];
        let put =
            encode(&transfer_key(&record.id), &record).map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        let transaction = self.client.transact_write_items().client_request_token(token);
        let transaction = transaction
            .transact_items(put_new(&self.table, put)?)
            .transact_items(debit(&self.table, from.balance_key(0).to_item(), holder)?)
            .transact_items(balance(
                &self.table,
                to.balance_key(shard).to_item(),
                "SET balance = balance + :amount",
                "balance <= :room",
                room,
            )?)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        transaction.send().await?;
        times.record("transaction", began);
        self.sent += 1;
        Ok(())
    }
}

/// Puts what is not there yet.
pub(crate) fn put_new(table: &str, item: Item) -> anyhow::Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(pk)");
    let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

/// Takes one minor unit from who has it.
pub(crate) fn debit(
    table: &str,
    key: Item,
    holder: (&str, AttributeValue),
) -> anyhow::Result<TransactWriteItem> {
    let condition = "balance >= :amount AND holder = :holder";
    balance(table, key, "SET balance = balance - :amount", condition, holder)
}

fn balance(
    table: &str,
    key: Item,
    expression: &str,
    condition: &str,
    more: (&str, AttributeValue),
) -> anyhow::Result<TransactWriteItem> {
    let update = Update::builder().table_name(table).set_key(Some(key));
    let update = update.update_expression(expression);
    let update = update.condition_expression(format!("{OPEN_ACCOUNT} AND {condition}"));
    let update = update.expression_attribute_names("#status", "status");
    let update = update.expression_attribute_values(":amount", number(1));
    let update = update.expression_attribute_values(":currency", text(CURRENCY));
    let update = update.expression_attribute_values(":open", text("open"));
    let update = update.expression_attribute_values(more.0, more.1);
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
