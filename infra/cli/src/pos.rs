//! `scrip pos`: a simulated point of sale, kept in a file.

use crate::address::Address;
use crate::till::{PayerArguments, Register, Till, kept, reference, time};
use crate::{answer, state_file, tell};
use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use scrip_clock::{Clock, Timestamp};
use scrip_terminal::pos::{BatchReport, Pos, Sale, Status, Transaction};
use scrip_terminal::{CallError, OrderReference};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How often, and after which time, an upload asks whether all its sales are decided.
const REPORT_ATTEMPTS: u32 = 20;
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// What the point of sale does.
#[derive(Args, Debug)]
pub(crate) struct PosCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make a key, and register it as a point of sale of a merchant
    Register(Register),
    /// Have an order paid; an outcome that stays unknown is asked for, and taken back if need be
    Sell(Sell),
    /// Ask what became of an order
    Query(Order),
    /// Take an order back, before it is settled
    Reverse(Order),
    /// Keep a sale that is made without a network; opens no connection
    Store(Store),
    /// Send the stored sales, and tell what became of them
    Upload(Upload),
}

#[derive(Args, Debug)]
struct Sell {
    /// The point of sale's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    payer: PayerArguments,
    /// How much, in minor units: 1250 for 12.50 CNY
    #[arg(long)]
    amount: i64,
    /// What the order is called [default: the next number]
    #[arg(long, value_parser = reference)]
    order: Option<OrderReference>,
    #[command(flatten)]
    address: Address,
}

#[derive(Args, Debug)]
struct Order {
    /// The point of sale's file
    #[arg(long)]
    state: PathBuf,
    /// What the order is called
    #[arg(long = "order", value_parser = reference)]
    reference: OrderReference,
    #[command(flatten)]
    address: Address,
}

#[derive(Args, Debug)]
struct Store {
    /// The point of sale's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    payer: PayerArguments,
    /// How much, in minor units
    #[arg(long)]
    amount: i64,
    /// What the order is called [default: the next number]
    #[arg(long, value_parser = reference)]
    order: Option<OrderReference>,
    /// When it was sold, RFC 3339 [default: now, by this machine's clock]
    #[arg(long, value_parser = time)]
    at: Option<Timestamp>,
}

#[derive(Args, Debug)]
struct Upload {
    /// The point of sale's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    address: Address,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct State {
    till: Till,
    pos: Pos,
}

impl PosCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Register(register) => {
                register.run("pos", |till| State { till, pos: Pos::default() }).await
            }
            Action::Sell(order) => order.run().await,
            Action::Query(order) => order.query().await,
            Action::Reverse(order) => order.reverse().await,
            Action::Store(store) => store.run(),
            Action::Upload(upload) => upload.run().await,
        }
    }
}

impl Sell {
    async fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "pos")?;
        let client = state.till.client(&self.address).await?;
        let sale = sale(&mut state.till, &self.payer, self.amount, self.order.as_ref())?;
        let reference = sale.order_reference.clone();
        let begun = state.pos.begin(sale, client.now())?;
        state_file::write(&self.state, &state)?;
        let sold = match state.pos.sell(&client, &begun).await {
            Err(CallError::OutcomeUnknown(why)) => {
                tell(&format!("scrip: {reference}: {why}; asking what became of it"));
                state.pos.resolve(&client, &reference).await
            }
            sold => sold,
        };
        state_file::write(&self.state, &state)?;
        match sold {
            Ok(transaction) => tell_sale(&reference, &transaction),
            Err(error) if state.pos.open().contains_key(&reference) => {
                bail!(
                    "{reference}: {error}; find out with `scrip pos query`, or take it back with `scrip pos reverse`"
                )
            }
            Err(error) => bail!("{reference}: {error}"),
        }
    }
}

impl Order {
    async fn query(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "pos")?;
        let client = state.till.client(&self.address).await?;
        let found = state.pos.query(&client, &self.reference).await?;
        state_file::write(&self.state, &state)?;
        match found {
            Some(transaction) => answer(&line(&self.reference, &transaction)),
            None => bail!("{}: the platform has not heard of it", self.reference),
        }
    }

    async fn reverse(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "pos")?;
        let client = state.till.client(&self.address).await?;
        let reversed = state.pos.reverse(&client, &self.reference).await?;
        state_file::write(&self.state, &state)?;
        answer(&line(&self.reference, &reversed))
    }
}

impl Store {
    fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "pos")?;
        let sale = sale(&mut state.till, &self.payer, self.amount, self.order.as_ref())?;
        let reference = sale.order_reference.clone();
        let amount = sale.amount;
        state.pos.store(sale, self.at.unwrap_or_else(|| Clock::system().now()))?;
        state_file::write(&self.state, &state)?;
        answer(&format!("{reference} stored {amount}; {} to upload", state.pos.stored_count()))
    }
}

impl Upload {
    async fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "pos")?;
        let client = state.till.client(&self.address).await?;
        while state.pos.pack(client.now()).is_ok() {}
        if let (Some(due), true) = (state.pos.next_due(), state.pos.batches().is_empty()) {
            bail!("{} of the stored sales wait, the first until {due}", state.pos.stored_count());
        }
        ensure!(!state.pos.batches().is_empty(), "no sale is stored");
        state_file::write(&self.state, &state)?;
        let uploaded = state.pos.upload(&client).await;
        state_file::write(&self.state, &state)?;
        uploaded?;

        for (order, why) in state.pos.batches().iter().filter_map(|batch| batch.refusal()) {
            tell(&format!("scrip: {order} is not taken: {why}"));
        }
        let accepted: Vec<_> =
            state.pos.batches().iter().filter_map(|batch| batch.id()).map(str::to_owned).collect();
        for id in accepted {
            for attempt in 1..=REPORT_ATTEMPTS {
                let report = state.pos.report(&client, &id).await;
                let is_told = match &report {
                    Ok(report) if report.is_completed() || attempt == REPORT_ATTEMPTS => {
                        tell_report(&id, report)?;
                        true
                    }
                    _ => false,
                };
                // What was told is forgotten only now: who is killed before tells it again.
                state_file::write(&self.state, &state)?;
                report?;
                if is_told {
                    break;
                }
                tokio::time::sleep(REPORT_INTERVAL).await;
            }
        }
        Ok(())
    }
}

fn tell_report(id: &str, report: &BatchReport) -> anyhow::Result<()> {
    for result in &report.results {
        let order = &result.order_reference;
        let reason = result.reason.as_deref();
        if let Some(seconds) = result.retry_after_seconds {
            let why = reason.unwrap_or("no reason");
            answer(&format!("{order} is kept and can be sent again in {seconds} s: {why}"))?;
            continue;
        }
        let again = if result.duplicate { " (known before)" } else { "" };
        let said = [result.decision.as_deref(), reason, result.transaction.as_deref()];
        let said: Vec<_> = said.into_iter().flatten().collect();
        answer(&format!("{order} {}{again}", said.join(" ")))?;
    }
    answer(&format!("{id} {}", report.status))
}

fn sale(
    till: &mut Till,
    payer: &PayerArguments,
    amount: i64,
    order: Option<&OrderReference>,
) -> anyhow::Result<Sale> {
    ensure!(amount > 0, "--amount is not positive");
    let amount = till.money(amount);
    let pin = payer.pin();
    let payer = payer.payer()?;
    Ok(Sale { order_reference: till.order(order)?, payer, amount, pin })
}

/// What became of a sale; one that is not paid is an error.
fn tell_sale(reference: &OrderReference, transaction: &Transaction) -> anyhow::Result<()> {
    let line = line(reference, transaction);
    if transaction.is_paid() { answer(&line) } else { bail!("{line}") }
}

/// `order-1 approved pos_… 12.50 CNY, settles at 2026-11-23T12:30:00Z`
fn line(reference: &OrderReference, transaction: &Transaction) -> String {
    let status = match transaction.status {
        Status::Approved => "approved",
        Status::Declined => "declined",
        Status::Reversed => "reversed",
        Status::Settled => "settled",
    };
    let mut line = format!("{reference} {status} {}", transaction.id);
    if let Some(amount) = transaction.amount {
        let _ = write!(line, " {amount}");
    }
    if let Some(reason) = transaction.reason.as_deref().filter(|_| !transaction.is_paid()) {
        let _ = write!(line, ": {reason}");
    }
    if let Some(at) = transaction.settles_at.filter(|_| transaction.status == Status::Approved) {
        let _ = write!(line, ", settles at {at}");
    }
    line
}

#[cfg(test)]
mod tests;
