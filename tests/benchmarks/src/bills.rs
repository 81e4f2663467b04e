//! Bills from their opening to their settlement: opened, one addition, verification asked for and given.

use crate::client::Client;
use crate::load::{self, CALLERS, Caller, Times};
use crate::people::CURRENCY;
use crate::report::Report;
use crate::{Bench, figures, platform};
use anyhow::Context;
use scrip_clock::Clock;
use scrip_identity::{Algorithm, PresentationKey, SigningKey};
use scrip_test_support::{Caller as _, Scrip, Terminal, User};
use serde_json::{Value, json};
use std::time::Instant;

const OPENING_BALANCE: i64 = 1_000_000_000;
const PIN: &str = "493817";
const MERCHANTS: usize = 4;

/// A user with a phone, who buys at one terminal.
struct Customer {
    user: User,
    account: String,
    phone: SigningKey,
    device: String,
    terminal: Terminal,
    clock: Clock,
    proof: Proof,
    user_client: Client,
    terminal_client: Client,
}

#[derive(Clone, Copy)]
enum Proof {
    Pin,
    Device,
}

impl Customer {
    async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.user_client.post(path, &self.user.token, body.to_string().into_bytes()).await
    }

    async fn add(&mut self, path: &str, key: &PresentationKey) -> anyhow::Result<Value> {
        let now = self.clock.now();
        let price = json!({ "amount": 250, "currency": CURRENCY });
        let item = json!({ "name": "Tea", "quantity": 2, "unit_price": price });
        let body = json!({ "presentation_code": key.code_at(now), "items": [item] }).to_string().into_bytes();
        let token = self.terminal.token(&body, now);
        self.terminal_client.post(path, &token, body).await
    }

    fn proof(&self, request: &Value) -> Value {
        let id = &request["id"];
        match self.proof {
            Proof::Pin => json!({ "verification_request": id, "method": "pin", "pin": PIN }),
            Proof::Device => {
                let challenge = request["challenge"].as_str().unwrap_or_default();
                let signature = self.phone.sign(challenge.as_bytes());
                let device = &self.device;
                json!({ "verification_request": id, "method": "device", "device": device, "signature": signature })
            }
        }
    }
}

impl Caller for Customer {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        let request = json!({ "account": self.account, "effective_for": "PT2H" });
        let began = Instant::now();
        let bill = self.post("/v1/bills", &request).await?;
        times.record("1 open a bill", began);

        let id = bill["id"].as_str().context("a bill without an id")?;
        let key: PresentationKey = bill["presentation_key"].as_str().context("no key")?.parse()?;
        let began = Instant::now();
        self.add(&format!("/v1/bills/{id}/items"), &key).await?;
        times.record("2 add items", began);

        let began = Instant::now();
        let request = self.post(&format!("/v1/bills/{id}/verification-requests"), &json!({})).await?;
        times.record("3 request verification", began);

        let proof = self.proof(&request);
        let began = Instant::now();
        let settled = self.post(&format!("/v1/bills/{id}/verifications"), &proof).await?;
        times.record("4 verify and settle", began);
        anyhow::ensure!(settled["status"] == "settled", "{settled}");
        Ok(())
    }
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("bills: users, phones and terminals");
    let running = platform::start(&bench.folder.join("data")).await?;
    let mut customers =
        customers(&Scrip::at(running.base_url()), running.clock(), &running.address().to_string()).await?;
    let time = bench.pace.round * 3;
    for (proof, what) in
        [(Proof::Pin, "bills settled, by PIN"), (Proof::Device, "bills settled, by a device's signature")]
    {
        bench.begin(what);
        for customer in &mut customers {
            customer.proof = proof;
        }
        let load = load::run(&mut customers, time).await?;
        report.figure(what, &format!("{}/s", figures::grouped(load.per_second())));
        report.latencies(&load.times);
        bench.done();
    }
    drop(customers);
    running.shutdown().await;
    Ok(())
}

async fn customers(scrip: &Scrip, clock: &Clock, address: &str) -> anyhow::Result<Vec<Customer>> {
    let mut shops = Vec::new();
    for number in 0..MERCHANTS {
        shops.push(scrip.shop(&format!("owner-{number}"), CURRENCY).await);
    }
    let mut customers = Vec::new();
    for number in 0..CALLERS {
        let user = scrip.user(&format!("customer-{number}")).await;
        let account = scrip.account(&user, OPENING_BALANCE, CURRENCY).await;
        user.set_pin(scrip, PIN).await;
        let phone = SigningKey::generate(Algorithm::EdDsa);
        let public_key: Value = serde_json::from_str(&phone.public_jwk().canonical_json())?;
        let device = json!({ "name": "Phone", "public_key": public_key });
        let device = scrip.post(&user, "/v1/me/devices", &device).await.expect(201).text("id");
        customers.push(Customer {
            user,
            account,
            phone,
            device,
            terminal: shops[number % MERCHANTS].terminal(scrip).await,
            clock: clock.clone(),
            proof: Proof::Pin,
            user_client: Client::connect(address).await?,
            terminal_client: Client::connect(address).await?,
        });
    }
    Ok(customers)
}
