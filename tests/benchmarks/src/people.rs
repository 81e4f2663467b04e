//! Users with money who send it to each other and to merchants.

use crate::client::Client;
use crate::load::{CALLERS, Caller, Times};
use scrip_test_support::{Scrip, User};
use serde_json::json;
use std::time::Instant;

/// More than is spent, one minor unit at a time.
const OPENING_BALANCE: i64 = 1_000_000_000;
const MERCHANTS: usize = 4;
pub(crate) const CURRENCY: &str = "CNY";

/// A user with an account, and two to pay: another user and a merchant.
pub(crate) struct Payer {
    pub(crate) user: User,
    pub(crate) account: String,
    pub(crate) payees: [String; 2],
}

/// One payer for each caller, and merchants.
pub(crate) async fn payers(scrip: &Scrip) -> Vec<Payer> {
    let mut merchants = Vec::new();
    for number in 0..MERCHANTS {
        merchants.push(scrip.shop(&format!("owner-{number}"), CURRENCY).await.account);
    }
    let mut holders = Vec::new();
    for number in 0..CALLERS {
        let user = scrip.user(&format!("payer-{number}")).await;
        let account = scrip.account(&user, OPENING_BALANCE, CURRENCY).await;
        holders.push((user, account));
    }
    let accounts: Vec<String> = holders.iter().map(|(_, account)| account.clone()).collect();
    let payers = holders.into_iter().enumerate().map(|(number, (user, account))| {
        let other = accounts[(number + 1) % accounts.len()].clone();
        Payer { user, account, payees: [other, merchants[number % MERCHANTS].clone()] }
    });
    payers.collect()
}

/// A payer who sends transfers over HTTP, to a user and a merchant by turns.
pub(crate) struct Sender {
    client: Client,
    payer: Payer,
    sent: usize,
}

impl Sender {
    /// One for each payer, with a connection of its own.
    pub(crate) async fn all(address: &str, payers: Vec<Payer>) -> anyhow::Result<Vec<Self>> {
        let mut senders = Vec::new();
        for payer in payers {
            senders.push(Self { client: Client::connect(address).await?, payer, sent: 0 });
        }
        Ok(senders)
    }
}

impl Caller for Sender {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        let Payer { user, account, payees } = &self.payer;
        let to = &payees[self.sent % payees.len()];
        let amount = json!({ "amount": 1, "currency": CURRENCY });
        let body = json!({ "from": account, "to": to, "amount": amount, "reference": "for tea" });
        let began = Instant::now();
        self.client.post("/v1/transfers", &user.token, body.to_string().into_bytes()).await?;
        times.record("transfer", began);
        self.sent += 1;
        Ok(())
    }
}
