//! From the start of the process to its first answer, with new data and with much of it.

use crate::figures::{grouped, median, milliseconds};
use crate::program::{Program, find};
use crate::report::Report;
use crate::{Bench, platform};
use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use scrip_ledger::{TransferKind, TransferRecord, transfer_key};
use scrip_local::Running;
use scrip_money::Currency;
use scrip_store::{derive_id, encode};
use std::path::Path;
use std::time::Duration;

const NEW_TARGET: Duration = Duration::from_millis(300);
const FULL_TARGET: Duration = Duration::from_secs(1);
/// As many as a transaction takes. The store syncs once for each, but for a `BatchWriteItem` once for each item.
const BATCH: usize = 100;
/// Accounts over which the transfers are spread.
const ACCOUNTS: usize = 1_000;
const FIRST_MILLISECOND: i64 = 1_780_000_000_000;

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    find("scrip")?;
    let mut times = Vec::new();
    for round in 1..=bench.pace.rounds {
        bench.begin(format!("start {round} with an empty directory"));
        let program = Program::start(&bench.folder.join(format!("new-{round}"))).await?;
        times.push(program.started_in);
        program.stop().await?;
        bench.done();
    }
    told(report, "start with an empty directory", &times, NEW_TARGET);

    let full = bench.folder.join("full");
    bench.begin(format!("{} items for a start with much data", grouped(bench.pace.items as u64)));
    let running = platform::start(&full).await?;
    fill(&running, bench.pace.items).await?;
    running.shutdown().await;
    bench.done();

    let mut times = Vec::new();
    for round in 1..=bench.pace.rounds {
        bench.begin(format!("start {round} with much data"));
        let program = Program::start(&full).await?;
        times.push(program.started_in);
        program.stop().await?;
        bench.done();
    }
    let megabytes = size(&full)? / 1_000_000;
    let what = format!("start with {} items, {megabytes} MB", grouped(bench.pace.items as u64));
    told(report, &what, &times, FULL_TARGET);
    Ok(())
}

fn told(report: &mut Report, what: &str, times: &[Duration], target: Duration) {
    let median = median(times);
    report.target(what, &milliseconds(median), &format!("< {} ms", target.as_millis()), median < target);
}

/// Writes as many transfers, each of which stands in two indexes too.
async fn fill(running: &Running, items: usize) -> anyhow::Result<()> {
    let function = running.application().function("transfer").context("no transfers")?;
    let table = function.environment.get("LEDGER_TABLE").context("no ledger")?;
    let client = Client::new(running.aws());
    let numbers: Vec<usize> = (0..items).collect();
    for batch in numbers.chunks(BATCH) {
        let puts = batch.iter().map(|number| put(table, *number)).collect::<anyhow::Result<Vec<_>>>()?;
        client.transact_write_items().set_transact_items(Some(puts)).send().await?;
    }
    Ok(())
}

fn put(table: &str, number: usize) -> anyhow::Result<TransactWriteItem> {
    let id = derive_id("txn_", &[&number.to_string()]);
    let account = |number: usize| derive_id("acct_u", &[&(number % ACCOUNTS).to_string()]);
    let at = FIRST_MILLISECOND + i64::try_from(number)?;
    let record = TransferRecord {
        posted: format!("{at:013}#{id}"),
        id,
        kind: TransferKind::Transfer,
        debit_account: account(number),
        credit_account: account(number + 1),
        amount: 1,
        currency: Currency::CNY,
        reference: None,
        at,
        debit_shard: Some(account(number)),
        credit_shard: Some(account(number + 1)),
        reversed: 0,
        reverses: None,
        principal: "user:alice".to_owned(),
        request_hash: derive_id("", &[&number.to_string()]),
    };
    let item =
        encode(&transfer_key(&record.id), &record).map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    let put = Put::builder().table_name(table).set_item(Some(item)).build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
