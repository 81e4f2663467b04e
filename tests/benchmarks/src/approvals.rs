//! What Scrip costs over the store: offline payments that one point of sale has approved over HTTP, against the same
//! writes made by the SDK alone. Both take turns on one store.

use crate::captures::{Captor, Tables};
use crate::client::Client;
use crate::load::{self, CALLERS, Caller, Load, Times};
use crate::people::CURRENCY;
use crate::report::Report;
use crate::{Bench, figures, platform};
use anyhow::ensure;
use scrip_clock::Clock;
use scrip_test_support::{Caller as _, Scrip, Terminal, User};
use serde_json::{Value, json};
use std::time::Instant;

/// Approvals for each transaction of the store alone, in hundredths.
const TARGET_HUNDREDTHS: u64 = 50;
/// More than is spent, one minor unit at a time.
const OPENING_BALANCE: i64 = 1_000_000_000;
const PIN: &str = "493817";
const SECURE_CODE: &str = "582039174602";

const NOTE: &str = "Approvals: one point of sale signs for 16 users at once, each with an authorization with a static code. \
     Its uses are raised in the store, since the 50 that the API allows are gone in a moment.";

/// A user with money and an authorization.
pub(crate) struct Buyer {
    pub(crate) user: User,
    pub(crate) account: String,
}

impl Buyer {
    async fn new(scrip: &Scrip, number: usize) -> Self {
        let user = scrip.user(&format!("buyer-{number}")).await;
        let account = scrip.account(&user, OPENING_BALANCE, CURRENCY).await;
        user.set_pin(scrip, PIN).await;
        let most = json!({ "amount": OPENING_BALANCE, "currency": CURRENCY });
        let request = json!({
            "account": account, "pin": PIN, "secure_code": { "scheme": "static", "code": SECURE_CODE },
            "limit": most, "per_transaction_limit": most, "uses": 50, "valid_for": "P1D",
        });
        scrip.post(&user, "/v1/offline/authorizations", &request).await.expect(201);
        Self { user, account }
    }

    fn payment(&self) -> Value {
        json!({
            "user": self.user.id, "secure_code": SECURE_CODE, "order_reference": scrip_test_support::fresh_key(),
            "amount": { "amount": 1, "currency": CURRENCY },
        })
    }
}

/// The point of sale, where one user pays over and over.
struct Till {
    client: Client,
    device: Terminal,
    clock: Clock,
    buyer: Buyer,
}

impl Caller for Till {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        let body = self.buyer.payment().to_string().into_bytes();
        let token = self.device.token(&body, self.clock.now());
        let began = Instant::now();
        let decided = self.client.post("/v1/pos/transactions", &token, body).await?;
        times.record("approval", began);
        ensure!(decided["decision"] == "approved", "{decided}");
        Ok(())
    }
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("approvals: users with authorizations, and a point of sale");
    let running = platform::start(&bench.folder.join("data")).await?;
    let scrip = Scrip::at(running.base_url());
    let device = scrip.shop("owner", CURRENCY).await.device(&scrip, "pos").await;
    let mut paid = Vec::new();
    for number in 0..CALLERS {
        let buyer = Buyer::new(&scrip, number).await;
        let decided = scrip.post(&device, "/v1/pos/transactions", &buyer.payment()).await.expect(201);
        paid.push((buyer, decided.text("id")));
    }
    let tables = Tables::of(&running)?;
    tables.allow_all_uses().await?;
    let mut captors = Captor::all(&tables, &paid).await?;
    let mut tills = Vec::new();
    for (buyer, _) in paid {
        let client = Client::connect(&running.address().to_string()).await?;
        tills.push(Till { client, device: device.clone(), clock: running.clock().clone(), buyer });
    }

    let (mut transactions, mut approvals) = (Vec::new(), Vec::new());
    let (mut capture, mut approve) = (Load::default(), Load::default());
    for round in 1..=bench.pace.rounds {
        bench.begin(format!("round {round}: the store alone"));
        capture = load::run(&mut captors, bench.pace.round).await?;
        transactions.push(capture.per_second());
        bench.done();
        bench.begin(format!("round {round}: approvals over HTTP"));
        approve = load::run(&mut tills, bench.pace.round).await?;
        approvals.push(approve.per_second());
        bench.done();
    }
    bench.begin("approvals: every balance against its transfers");
    drop(tills);
    scrip.check_books().await;
    running.shutdown().await;

    report.note(&figures::by_round("Store, for approvals", &transactions));
    report.note(&figures::by_round("Approvals", &approvals));
    report.note(NOTE);
    let [transactions, approvals] = [transactions, approvals].map(|rates| figures::median(&rates));
    report.figure("store: durable transactions of 5 items", &format!("{}/s", figures::grouped(transactions)));
    report.latencies(&capture.times);
    report.figure("offline payments approved over HTTP", &format!("{}/s", figures::grouped(approvals)));
    report.latencies(&approve.times);
    let ratio = figures::hundredths(approvals, transactions);
    let target = format!("≥ {}", figures::decimal(TARGET_HUNDREDTHS));
    report.target("  of the store's rate", &figures::decimal(ratio), &target, ratio >= TARGET_HUNDREDTHS);
    Ok(())
}
