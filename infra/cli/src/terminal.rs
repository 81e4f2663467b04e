//! `scrip terminal`: a simulated intelligent terminal, kept in a file.

mod receipt;

use crate::address::Address;
use crate::network::{Network, RealTime};
use crate::till::{PayerArguments, Register, Till, kept, reference};
use crate::{answer, state_file, tell};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use scrip_deduction::{Line, Order};
use scrip_terminal::{CallError, OrderReference, Outcome, Payment, Receipt, Rules, Terminal, TerminalError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How often a price that went down is agreed to before the payer is asked.
const AGREEMENTS: u32 = 3;

/// What the terminal does.
#[derive(Args, Debug)]
pub(crate) struct TerminalCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make a key, and register it as a terminal of a merchant
    Register(Register),
    /// Fetch and verify rules, and show them: those of the items named, and of those that apply by themselves
    Rules(ShowRules),
    /// Calculate what an order costs
    Calculate(Calculate),
    /// Calculate, agree with the platform, and be paid; what is unknown from before is found out first
    Pay(Pay),
}

#[derive(Args, Debug)]
struct ShowRules {
    /// The terminal's file
    #[arg(long)]
    state: PathBuf,
    /// A deduction item; may be repeated
    #[arg(long)]
    item: Vec<String>,
    #[command(flatten)]
    address: Address,
}

/// What is ordered, and what is known about who orders.
#[derive(Args, Debug)]
struct OrderArguments {
    /// A deduction item that is to be applied; may be repeated
    #[arg(long)]
    item: Vec<String>,
    /// The file with the order's lines, a JSON array of objects as the API takes them
    #[arg(long, required_unless_present = "first_value")]
    lines: Option<PathBuf>,
    /// The order's value instead of its lines, in minor units
    #[arg(long, conflicts_with = "lines")]
    first_value: Option<i64>,
    /// The member's level
    #[arg(long)]
    member_level: Option<String>,
    /// How many orders the member has placed, this one included
    #[arg(long)]
    order_count: Option<u32>,
    /// The most units of an item that may be used, such as points=500; may be repeated
    #[arg(long, value_parser = balance)]
    balance: Vec<(String, i64)>,
}

#[derive(Args, Debug)]
struct Calculate {
    /// The terminal's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    order: OrderArguments,
    #[command(flatten)]
    address: Address,
}

#[derive(Args, Debug)]
struct Pay {
    /// The terminal's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    order: OrderArguments,
    #[command(flatten)]
    payer: PayerArguments,
    /// What the order is called [default: the next number]
    #[arg(long = "order", value_parser = reference)]
    reference: Option<OrderReference>,
    #[command(flatten)]
    address: Address,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct State {
    till: Till,
    rules: Rules,
    /// A payment that may have been sent and whose outcome is not known.
    open: Option<Payment>,
}

impl TerminalCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Register(register) => {
                register.run("terminal", |till| State { till, rules: Rules::default(), open: None }).await
            }
            Action::Rules(rules) => rules.run().await,
            Action::Calculate(calculate) => calculate.run().await,
            Action::Pay(pay) => pay.run().await,
        }
    }
}

impl State {
    async fn terminal(&self, address: &Address) -> anyhow::Result<Terminal<Network, RealTime>> {
        Ok(Terminal::new(self.till.client(address).await?, self.till.merchant.clone(), self.rules.clone()))
    }

    fn keep(&mut self, path: &Path, terminal: &Terminal<Network, RealTime>) -> anyhow::Result<()> {
        self.rules = terminal.rules().clone();
        state_file::write(path, self)
    }
}

impl ShowRules {
    async fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "terminal")?;
        let mut terminal = state.terminal(&self.address).await?;
        let mut items = terminal.automatic().await?;
        items.extend(self.item);
        ensure!(!items.is_empty(), "no item applies by itself; name some with --item");
        for item in items {
            let rule = terminal.rule(&item).await;
            state.keep(&self.state, &terminal)?;
            answer(&receipt::of_rule(&rule?)?)?;
        }
        Ok(())
    }
}

impl Calculate {
    async fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "terminal")?;
        let mut terminal = state.terminal(&self.address).await?;
        let (order, items, context) = self.order.read(&state.till)?;
        let quote = terminal.calculate(order, items, context).await;
        state.keep(&self.state, &terminal)?;
        answer(&receipt::of_calculation(&quote?.calculation))
    }
}

impl Pay {
    async fn run(self) -> anyhow::Result<()> {
        let mut state: State = kept(&self.state, "terminal")?;
        let mut terminal = state.terminal(&self.address).await?;
        if let Some(open) = state.open.clone() {
            tell(&format!(
                "scrip: {} has no known outcome; the same request again finds out",
                open.order_reference
            ));
            let same = self.reference.as_ref() == Some(&open.order_reference);
            let ended = send(&self.state, &mut state, &mut terminal, open).await;
            if same {
                return ended;
            }
            if let Err(error) = ended {
                ensure!(state.open.is_none(), "{error:#}");
                tell(&format!("scrip: {error:#}"));
            }
        }
        let (order, items, context) = self.order.read(&state.till)?;
        let payer = self.payer.payer()?;
        let pin = self.payer.pin();
        let quote = terminal.calculate(order, items, context).await;
        state.keep(&self.state, &terminal)?;
        let quote = quote?;
        answer(&receipt::of_calculation(&quote.calculation))?;
        let order_reference = state.till.order(self.reference.as_ref())?;
        send(&self.state, &mut state, &mut terminal, Payment { quote, payer, pin, order_reference }).await
    }
}

/// Sends a payment that is kept until its outcome is known. A price that went down meanwhile is agreed to; one that
/// went up is the payer's to agree to.
async fn send(
    path: &Path,
    state: &mut State,
    terminal: &mut Terminal<Network, RealTime>,
    mut payment: Payment,
) -> anyhow::Result<()> {
    for _ in 0..AGREEMENTS {
        state.open = Some(payment.clone());
        state.keep(path, terminal)?;
        let outcome = terminal.pay(&payment).await;
        if !matches!(outcome, Err(TerminalError::Call(CallError::OutcomeUnknown(_)))) {
            state.open = None;
        }
        state.keep(path, terminal)?;
        let reference = &payment.order_reference;
        match outcome.with_context(|| reference.to_string())? {
            Outcome::Paid { receipt: Receipt { id, amount, at }, replayed } => {
                let before = if replayed { " by an earlier request" } else { "" };
                return answer(&format!("{reference} paid {amount} at {at} with {id}{before}"));
            }
            Outcome::Changed(quote) => {
                answer("\nThe rules have changed:")?;
                answer(&receipt::of_calculation(&quote.calculation))?;
                let before = payment.quote.calculation.second_value;
                let now = quote.calculation.second_value;
                if now.amount > before.amount {
                    bail!(
                        "{reference} costs {now} now instead of {before}; nothing is paid, run it again to agree"
                    );
                }
                payment.quote = *quote;
            }
        }
    }
    bail!("{}: the rules keep changing; nothing is paid", payment.order_reference)
}

impl OrderArguments {
    fn read(self, till: &Till) -> anyhow::Result<(Order, BTreeSet<String>, scrip_deduction::Context)> {
        let order = match (&self.lines, self.first_value) {
            (Some(path), _) => {
                let shown = path.display();
                let json = std::fs::read(path).with_context(|| format!("{shown} can't be read"))?;
                let lines: Vec<Line> =
                    serde_json::from_slice(&json).with_context(|| format!("{shown} holds no lines"))?;
                Order::of_lines(lines)
            }
            (None, Some(minor_units)) => Order::of_value(till.money(minor_units)),
            (None, None) => bail!("name the order with --lines or --first-value"),
        };
        let context = scrip_deduction::Context {
            member_level: self.member_level,
            order_count: self.order_count,
            balances: self.balance.into_iter().collect::<BTreeMap<_, _>>(),
        };
        Ok((order, self.item.into_iter().collect(), context))
    }
}

fn balance(text: &str) -> Result<(String, i64), &'static str> {
    let (item, units) = text.split_once('=').ok_or("not an item and its units, such as points=500")?;
    Ok((item.to_owned(), units.parse().map_err(|_| "the units are not a whole number")?))
}

#[cfg(test)]
mod tests;
