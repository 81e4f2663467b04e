//! What the server says about an order.

use jiff::Timestamp;
use scrip_money::Money;
use serde::Deserialize;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Paid; the merchant gets the money at `settles_at`.
    Approved,
    /// Not paid.
    Declined,
    /// The payer has the money back, or never paid.
    Reversed,
    /// The merchant has the money.
    Settled,
}

/// An order as the server keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Told")]
pub struct Transaction {
    /// Its id, `pos_…`.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// Why it was declined, such as `code-not-accepted`.
    pub reason: Option<String>,
    /// How much.
    pub amount: Option<Money>,
    /// When it settles; until then it can be reversed.
    pub settles_at: Option<Timestamp>,
}

/// A decision tells no status of its own where it is the status.
#[derive(Deserialize)]
struct Told {
    id: String,
    status: Option<Status>,
    decision: Option<Status>,
    reason: Option<String>,
    amount: Option<Money>,
    settles_at: Option<Timestamp>,
}

impl TryFrom<Told> for Transaction {
    type Error = &'static str;

    fn try_from(told: Told) -> Result<Self, Self::Error> {
        let Told { id, status, decision, reason, amount, settles_at } = told;
        let status = status.or(decision).ok_or("neither decision nor status")?;
        Ok(Self { id, status, reason, amount, settles_at })
    }
}

impl Transaction {
    /// Whether the goods may be handed out.
    pub fn is_paid(&self) -> bool {
        matches!(self.status, Status::Approved | Status::Settled)
    }
}
