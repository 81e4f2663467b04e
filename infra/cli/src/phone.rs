//! `scrip phone`: a simulated phone, kept in a file.

mod credential;

use crate::network::{Session, Unanswered, UserArguments, new_key};
use crate::till::time;
use crate::{answer, state_file};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use credential::Credential;
use scrip_clock::{Clock, Timestamp};
use scrip_money::{Currency, Money};
use scrip_secure_code::Alias;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

const AUTHORIZATIONS: &str = "/v1/offline/authorizations";
const FIRST: &str = "scrip phone authorize";

/// What is done with the phone.
#[derive(Args, Debug)]
pub(crate) struct Phone {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Authorize payments while online: the phone makes a code's secret, and the platform takes it
    Authorize(Box<Authorize>),
    /// Show what a point of sale scans, 18 digits, or the static code; opens no connection
    Show(Show),
    /// Ask what is left of the authorization
    Status(Online),
    /// Revoke the authorization, and forget its secret
    Revoke(Online),
}

#[derive(Args, Debug)]
struct Authorize {
    /// The phone's file; only you can read it
    #[arg(long)]
    state: PathBuf,
    /// Whose phone it is
    #[arg(long)]
    user: String,
    /// The account that pays, acct_…
    #[arg(long)]
    account: String,
    /// The user's PIN
    #[arg(long)]
    pin: String,
    /// How much may be spent in all, in minor units: 5000 for 50.00 CNY
    #[arg(long, default_value_t = 10_000)]
    limit: i64,
    /// How much may be spent at once, in minor units [default: the limit]
    #[arg(long)]
    per_transaction: Option<i64>,
    /// How often
    #[arg(long, default_value_t = 10)]
    uses: u32,
    /// For how long, ISO 8601
    #[arg(long, default_value = "PT24H")]
    valid_for: String,
    /// How often on one day, with --per-day-amount
    #[arg(long, requires = "per_day_amount")]
    per_day_count: Option<u32>,
    /// How much on one day, in minor units, with --per-day-count
    #[arg(long, requires = "per_day_count")]
    per_day_amount: Option<i64>,
    /// Above which amount the PIN must be typed, in minor units
    #[arg(long)]
    pin_above: Option<i64>,
    /// A device that may take the code, `dev_…`; may be repeated [default: all]
    #[arg(long)]
    pos: Vec<String>,
    /// Set the limit aside in the account, so that it can't be spent otherwise
    #[arg(long)]
    reserve: bool,
    /// A static code of 16 digits instead of one that changes every 30 seconds
    #[arg(long = "static")]
    fixed: bool,
    #[command(flatten)]
    who: UserArguments,
}

#[derive(Args, Debug)]
struct Show {
    /// The phone's file
    #[arg(long)]
    state: PathBuf,
    /// The time, RFC 3339 [default: now, by this machine's clock]
    #[arg(long, value_parser = time)]
    at: Option<Timestamp>,
}

#[derive(Args, Debug)]
struct Online {
    /// The phone's file
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    who: UserArguments,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct State {
    user: String,
    credential: Credential,
    progress: Progress,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// The request may have been sent; it is sent with this key, so that the platform takes it once.
    Asked { key: String, terms: Value },
    /// The platform has approved it.
    Approved(Approved),
}

#[derive(Serialize, Deserialize)]
struct Approved {
    id: String,
    alias: Alias,
    valid_until: Timestamp,
}

#[derive(Deserialize)]
struct Account {
    balance: Money,
}

/// An authorization as the platform tells it.
#[derive(Deserialize)]
struct Told {
    status: String,
    remaining: Money,
    uses_left: u32,
    valid_until: Timestamp,
}

impl Phone {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Authorize(authorize) => authorize.run().await,
            Action::Show(show) => show.run(),
            Action::Status(online) => online.status().await,
            Action::Revoke(online) => online.revoke().await,
        }
    }
}

impl Authorize {
    async fn run(self) -> anyhow::Result<()> {
        let session = Session::of(&self.user, &self.who).await?;
        let state = match state_file::read::<State>(&self.state)? {
            Some(State { progress: Progress::Approved(Approved { id, .. }), .. }) => {
                bail!("{} holds {id}; revoke it first, or take another file", self.state.display())
            }
            // Its answer was lost: it is asked for again, as it was.
            Some(asked) => {
                ensure!(asked.user == self.user, "{} is {}'s phone", self.state.display(), asked.user);
                asked
            }
            None => {
                let account: Account = session.get(&format!("/v1/accounts/{}", self.account)).await?;
                let credential = Credential::generate(self.fixed);
                let terms = self.terms(account.balance.currency);
                let progress = Progress::Asked { key: new_key(), terms };
                State { user: self.user.clone(), credential, progress }
            }
        };
        state_file::write(&self.state, &state)?;
        let Progress::Asked { key, terms } = &state.progress else {
            bail!("{} holds an authorization", self.state.display())
        };
        let mut body = terms.clone();
        body["pin"] = json!(self.pin);
        body["secure_code"] = state.credential.request();
        let approved = match session.post::<Approved>(AUTHORIZATIONS, key, &body).await {
            Ok(approved) => approved,
            // Who asks is looked at before what was asked, so these say nothing about an earlier request.
            Err(Unanswered::Refused(problem)) if !matches!(problem.status, 401 | 403 | 429) => {
                std::fs::remove_file(&self.state)
                    .with_context(|| format!("{} can't be removed", self.state.display()))?;
                bail!("{problem}");
            }
            Err(unknown) => return Err(unknown.into()),
        };
        let told = format!("{} approved, valid until {}", approved.id, approved.valid_until);
        state_file::write(&self.state, &State { progress: Progress::Approved(approved), ..state })?;
        answer(&told)
    }

    fn terms(&self, currency: Currency) -> Value {
        let money = |amount| Money::new(amount, currency);
        let mut terms = json!({
            "account": self.account,
            "limit": money(self.limit),
            "per_transaction_limit": money(self.per_transaction.unwrap_or(self.limit)),
            "uses": self.uses,
            "valid_for": self.valid_for,
        });
        if let (Some(count), Some(amount)) = (self.per_day_count, self.per_day_amount) {
            terms["per_day"] = json!({ "count": count, "amount": money(amount) });
        }
        if let Some(above) = self.pin_above {
            terms["pin_above"] = json!(money(above));
        }
        if !self.pos.is_empty() {
            terms["pos"] = json!(self.pos);
        }
        if self.reserve {
            terms["reserve"] = json!(true);
        }
        terms
    }
}

impl Show {
    fn run(&self) -> anyhow::Result<()> {
        answer(&self.shown()?)
    }

    /// Nothing here knows an address: a phone shows its code where there is no network.
    fn shown(&self) -> anyhow::Result<String> {
        let state: State = state_file::expect(&self.state, FIRST)?;
        let Approved { alias, valid_until, .. } = state.approved()?;
        let at = self.at.unwrap_or_else(|| Clock::system().now());
        ensure!(at < *valid_until, "the authorization has expired at {valid_until}");
        Ok(state.credential.shown(*alias, at))
    }
}

impl Online {
    async fn status(&self) -> anyhow::Result<()> {
        let state: State = state_file::expect(&self.state, FIRST)?;
        let Approved { id, .. } = state.approved()?;
        let session = Session::of(&state.user, &self.who).await?;
        let told: Told = session.get(&format!("{AUTHORIZATIONS}/{id}")).await?;
        let Told { status, remaining, uses_left, valid_until } = told;
        answer(&format!("{id} {status}, {remaining} in {uses_left} uses remain, valid until {valid_until}"))
    }

    async fn revoke(&self) -> anyhow::Result<()> {
        let state: State = state_file::expect(&self.state, FIRST)?;
        let Approved { id, .. } = state.approved()?;
        let session = Session::of(&state.user, &self.who).await?;
        session.delete(&format!("{AUTHORIZATIONS}/{id}")).await?;
        std::fs::remove_file(&self.state)
            .with_context(|| format!("{} can't be removed", self.state.display()))?;
        answer(&format!("{id} revoked"))
    }
}

impl State {
    fn approved(&self) -> anyhow::Result<&Approved> {
        match &self.progress {
            Progress::Approved(approved) => Ok(approved),
            Progress::Asked { .. } => {
                bail!("nobody knows whether the authorization was approved; `{FIRST}` asks again")
            }
        }
    }
}

#[cfg(test)]
mod tests;
