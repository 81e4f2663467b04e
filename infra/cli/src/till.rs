//! What simulated tills have in common: a key that the merchant has registered, and how it is read.

use crate::address::Address;
use crate::network::{Network, RealTime, Session, UserArguments, new_key};
use crate::{answer, state_file};
use anyhow::{Context, anyhow, ensure};
use clap::Args;
use scrip_clock::{Clock, Timestamp};
use scrip_identity::{Algorithm, SigningKey};
use scrip_money::{Currency, Money};
use scrip_terminal::{Client, Device, OrderReference, Payer, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A device of a merchant, as its file keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Till {
    pub(crate) merchant: String,
    pub(crate) currency: Currency,
    device: String,
    /// The private JWK.
    key: Value,
    /// The number of the next order that nobody names.
    next_order: u32,
}

/// The merchant, and its owner who registers the device.
#[derive(Args, Debug)]
pub(crate) struct Register {
    /// The file that becomes the device; only you can read it
    #[arg(long)]
    state: PathBuf,
    /// The merchant, mch_…
    #[arg(long)]
    merchant: String,
    /// The merchant's owner
    #[arg(long)]
    owner: String,
    /// The merchant's currency
    #[arg(long, default_value = "CNY")]
    currency: Currency,
    /// What the device is called
    #[arg(long)]
    name: Option<String>,
    /// The store in which it stands
    #[arg(long, default_value = "s1")]
    store: String,
    #[command(flatten)]
    who: UserArguments,
}

/// What the payer presents.
#[derive(Args, Debug)]
pub(crate) struct PayerArguments {
    /// The 18 digits that the phone shows
    #[arg(long, required_unless_present = "user")]
    presentation: Option<String>,
    /// The payer's id, with --code instead of --presentation
    #[arg(long, requires = "code", conflicts_with = "presentation")]
    user: Option<String>,
    /// The payer's code: static, or the 8 digits of this moment
    #[arg(long, requires = "user")]
    code: Option<String>,
    /// The payer's PIN, if it was asked for
    #[arg(long)]
    pin: Option<String>,
}

#[derive(Deserialize)]
struct Registered {
    id: String,
}

impl Register {
    /// Registers a device of this kind and keeps it, with whatever else is to stand in its file.
    pub(crate) async fn run<S: Serialize>(
        self,
        kind: &str,
        state: impl FnOnce(Till) -> S,
    ) -> anyhow::Result<()> {
        ensure!(!self.state.exists(), "{} exists; a key is not overwritten", self.state.display());
        let key = SigningKey::generate(Algorithm::EdDsa);
        let public: Value = serde_json::from_str(&key.public_jwk().canonical_json())?;
        let name = self.name.unwrap_or_else(|| format!("Simulated {kind}"));
        let body = json!({ "kind": kind, "name": name, "store": self.store, "public_key": public });
        let session = Session::of(&self.owner, &self.who).await?;
        let path = format!("/v1/merchants/{}/devices", self.merchant);
        let Registered { id } = session.post(&path, &new_key(), &body).await?;
        let till = Till {
            merchant: self.merchant,
            currency: self.currency,
            device: id.clone(),
            key: serde_json::from_str(&key.to_private_jwk())?,
            next_order: 1,
        };
        state_file::write(&self.state, &state(till))?;
        answer(&format!("{id} is registered and kept in {}", self.state.display()))
    }
}

impl Till {
    /// What it talks to the platform with, at the platform's time.
    pub(crate) async fn client(&self, address: &Address) -> anyhow::Result<Client<Network, RealTime>> {
        let key =
            SigningKey::from_private_jwk(&self.key.to_string()).context("the file holds no private key")?;
        let device = Device { id: self.device.clone(), key };
        let system = Clock::system();
        let clock = Clock::ahead_by(address.now().await.duration_since(system.now()));
        Ok(Client::new(Network::new(address)?, RealTime, clock, device))
    }

    /// The order's reference: as named, or the next number.
    pub(crate) fn order(&mut self, named: Option<&OrderReference>) -> anyhow::Result<OrderReference> {
        if let Some(named) = named {
            return Ok(named.clone());
        }
        let number = self.next_order;
        self.next_order = number.checked_add(1).context("there are no more numbers for orders")?;
        Ok(format!("order-{number}").parse()?)
    }

    pub(crate) fn money(&self, minor_units: i64) -> Money {
        Money::new(minor_units, self.currency)
    }
}

impl PayerArguments {
    pub(crate) fn payer(&self) -> anyhow::Result<Payer> {
        match (&self.presentation, &self.user, &self.code) {
            (Some(digits), ..) => Payer::scanned(digits).map_err(|why| anyhow!("--presentation: {why}")),
            (None, Some(user), Some(code)) => {
                Payer::named(user, code).map_err(|why| anyhow!("--code: {why}"))
            }
            _ => Err(anyhow!("name the payer with --presentation, or with --user and --code")),
        }
    }

    pub(crate) fn pin(&self) -> Option<Secret> {
        self.pin.clone().map(Secret::from)
    }
}

/// A time as people give it, RFC 3339.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time such as 2026-11-23T12:00:00Z".to_owned())
}

/// An order's reference as people give it.
pub(crate) fn reference(text: &str) -> Result<OrderReference, String> {
    text.parse().map_err(|why: scrip_terminal::NotAReference| why.to_string())
}

/// What `{state}` keeps, which `register` has made.
pub(crate) fn kept<S: serde::de::DeserializeOwned>(path: &Path, kind: &str) -> anyhow::Result<S> {
    state_file::expect(path, &format!("scrip {kind} register"))
}

#[cfg(test)]
impl Till {
    /// A device of nobody's, for tests.
    pub(crate) fn sample() -> Self {
        let key = SigningKey::generate(Algorithm::EdDsa);
        Self {
            merchant: "mch_1".into(),
            currency: Currency::CNY,
            device: "dev_1".into(),
            key: serde_json::from_str(&key.to_private_jwk()).unwrap(),
            next_order: 1,
        }
    }
}
