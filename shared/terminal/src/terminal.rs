//! What a terminal does at the till: calculate, agree with the server, be paid.

use crate::client::Client;
use crate::payment::{OrderReference, Payer, Secret};
use crate::problem::{CallError, Problem};
use crate::retries::Waiter;
use crate::rules::{RuleError, Rules, SignedRule};
use crate::transport::Transport;
use jiff::Timestamp;
use scrip_deduction::{Calculation, Context, DeductionError, Order, calculate};
use scrip_identity::body_sha256;
use scrip_money::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

const TRANSFERS: &str = "/v1/deductions/transfers";
/// How the server refuses a rule of another version than its own.
const VERSION_STALE: &str = "rule-version-stale";
/// How it refuses a second value that is not its own.
const MISMATCH: &str = "deduction-mismatch";

/// A merchant's terminal. Its [`Rules`] are what it keeps between restarts.
#[derive(Clone, Debug)]
pub struct Terminal<T, W> {
    client: Client<T, W>,
    merchant: String,
    rules: Rules,
}

/// An item as it was calculated with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemVersion {
    /// The item.
    pub item: String,
    /// The version of its rule.
    pub version: u32,
}

/// A second value, and all that it was calculated from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The items that the payer or the merchant named.
    pub named: BTreeSet<String>,
    /// All items, those that apply by themselves included.
    pub items: Vec<ItemVersion>,
    /// What is ordered.
    pub order: Order,
    /// What is known about who orders.
    pub context: Context,
    /// The second value and how it came about.
    pub calculation: Calculation<'static>,
}

/// A payment to be sent: always the same request, however often and after whatever restart. It holds the payer's code:
/// keep it as safely as a key, and no longer than its outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What is to be paid.
    pub quote: Quote,
    /// Who pays.
    pub payer: Payer,
    /// The PIN, if it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
    /// What the merchant calls the order.
    pub order_reference: OrderReference,
}

/// A payment that was made, as the server keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The transfer, `txn_…`.
    pub id: String,
    /// What was paid.
    pub amount: Money,
    /// When it was paid.
    pub at: Timestamp,
}

/// How a payment that was sent ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is paid.
    Paid {
        /// What the server says of it.
        receipt: Receipt,
        /// Whether an earlier attempt had done it.
        replayed: bool,
    },
    /// Nothing is paid, since the rules have changed. This is what it costs by the new ones: show it, and pay that.
    Changed(Box<Quote>),
}

/// Why nothing can be calculated or paid.
#[derive(Clone, Debug, PartialEq)]
pub enum TerminalError {
    /// A rule can't be used.
    Rule(RuleError),
    /// The order can't be calculated.
    Deduction(DeductionError),
    /// By the same rules the server comes to another second value. Nothing is paid.
    Mismatch {
        /// The terminal's.
        ours: Money,
        /// What the server says, its figures and steps among the facts.
        problem: Box<Problem>,
    },
    /// The server refuses, or nobody knows.
    Call(CallError),
}

impl<T: Transport, W: Waiter> Terminal<T, W> {
    /// A terminal of a merchant, with what it has kept.
    pub fn new(client: Client<T, W>, merchant: impl Into<String>, rules: Rules) -> Self {
        Self { client, merchant: merchant.into(), rules }
    }

    /// What is to be kept between restarts. It holds no secret.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rule of an item, verified and valid now.
    pub async fn rule(&mut self, item: &str) -> Result<SignedRule, RuleError> {
        self.rules.rule(&self.client, &self.merchant, item).await
    }

    /// The items that apply without being named.
    pub async fn automatic(&mut self) -> Result<BTreeSet<String>, RuleError> {
        self.rules.automatic(&self.client, &self.merchant).await
    }

    /// What an order costs with these items and those that apply by themselves. Needs no network while all rules are
    /// remembered and valid.
    pub async fn calculate(
        &mut self,
        order: Order,
        named: BTreeSet<String>,
        context: Context,
    ) -> Result<Quote, TerminalError> {
        let mut signed = Vec::new();
        for item in self.automatic().await?.union(&named) {
            match self.rule(item).await {
                Ok(rule) => signed.push(rule),
                // What nobody has asked for need not apply at this moment.
                Err(RuleError::Expired(_) | RuleError::NotYetValid(_)) if !named.contains(item) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let items: Vec<_> = signed.iter().map(SignedRule::applied).collect();
        let calculation = calculate(&order, &items, &context)?.into_owned();
        let versions =
            signed.iter().map(|rule| ItemVersion { item: rule.item.clone(), version: rule.version });
        Ok(Quote { named, items: versions.collect(), order, context, calculation })
    }

    /// Sends a payment. While its outcome is unknown, send the same again: that finds out, and pays once at most.
    ///
    /// # Errors
    /// Nothing is paid, or nobody knows ([`CallError::OutcomeUnknown`]).
    pub async fn pay(&mut self, payment: &Payment) -> Result<Outcome, TerminalError> {
        let error = match self.client.post(TRANSFERS, &payment.key(), &payment.body()).await {
            Ok(answer) => return Ok(Outcome::Paid { receipt: answer.value, replayed: answer.replayed }),
            Err(error) => error,
        };
        if let Some(problem) = error.refusal(VERSION_STALE) {
            self.replace(problem, &payment.quote).await;
            return Ok(Outcome::Changed(Box::new(self.calculate_anew(&payment.quote).await?)));
        }
        if let Some(problem) = error.refusal(MISMATCH) {
            // What applies without being named may have changed unnoticed, since its versions are not sent.
            self.rules.forget();
            let anew = self.calculate_anew(&payment.quote).await?;
            let ours = payment.quote.calculation.second_value;
            return if anew.items == payment.quote.items {
                Err(TerminalError::Mismatch { ours, problem: Box::new(problem.clone()) })
            } else {
                Ok(Outcome::Changed(Box::new(anew)))
            };
        }
        Err(error.into())
    }

    async fn calculate_anew(&mut self, quote: &Quote) -> Result<Quote, TerminalError> {
        self.calculate(quote.order.clone(), quote.named.clone(), quote.context.clone()).await
    }

    /// Takes the rule that the server answers in place of a stale one; all others are fetched anew, since more than one
    /// may be stale.
    async fn replace(&mut self, problem: &Problem, quote: &Quote) {
        self.rules.forget();
        let Some(current) = problem.facts.get("current") else { return };
        let Some(stale) = quote.items.iter().find(|stale| current["item"] == stale.item) else { return };
        self.rules.outdate(&stale.item, stale.version.saturating_add(1));
        if let Some(jws) = current["signature"].as_str() {
            // If it does not hold, it is fetched when it is used next.
            let _ = self.rules.take(&self.client, &self.merchant, &stale.item, jws.to_owned()).await;
        }
    }
}

impl Quote {
    /// The items that a request names; the server adds those that apply by themselves.
    fn named_versions(&self) -> impl Iterator<Item = &ItemVersion> {
        self.items.iter().filter(|item| self.named.contains(&item.item))
    }
}

impl Payment {
    /// Names the request: one key for one order and one set of terms. The payer's code is left out, so that it can't be
    /// guessed from the key.
    fn key(&self) -> String {
        let terms = body_sha256(self.terms().to_string().as_bytes());
        format!("{}.{terms}", self.order_reference)
    }

    fn body(&self) -> Value {
        let mut body = self.terms();
        body["payer"] = json!(self.payer);
        if let Some(pin) = &self.pin {
            body["payer"]["pin"] = json!(pin);
        }
        body
    }

    fn terms(&self) -> Value {
        let Quote { order, context, calculation, .. } = &self.quote;
        let mut terms = json!(order);
        terms["items"] = self.quote.named_versions().map(|named| json!(named)).collect();
        terms["second_value"] = json!(calculation.second_value);
        terms["order_reference"] = json!(self.order_reference);
        if *context != Context::default() {
            terms["context"] = json!(context);
        }
        terms
    }
}

impl From<RuleError> for TerminalError {
    fn from(error: RuleError) -> Self {
        Self::Rule(error)
    }
}

impl From<DeductionError> for TerminalError {
    fn from(error: DeductionError) -> Self {
        Self::Deduction(error)
    }
}

impl From<CallError> for TerminalError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl fmt::Display for TerminalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(error) => error.fmt(f),
            Self::Deduction(error) => error.fmt(f),
            Self::Mismatch { ours, problem } => {
                let theirs = problem.facts.get("expected").and_then(|value| Money::deserialize(value).ok());
                let theirs = theirs.map_or_else(|| "another value".to_owned(), |money| money.to_string());
                write!(
                    f,
                    "{MISMATCH}: the server comes to {theirs}, this terminal to {ours}; nothing is paid"
                )
            }
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TerminalError {}

#[cfg(test)]
mod tests;
