//! A rush on one campaign: coupons taken over HTTP while its stock is spread over 16 items, and while all of it lies in
//! one. The store refuses what DynamoDB would refuse: transactions that meet at an item, and more than 500 of them a
//! second for one item.

use crate::client::Client;
use crate::load::{self, CALLERS, Caller, Load, Times};
use crate::people::CURRENCY;
use crate::report::Report;
use crate::transaction::number;
use crate::{Bench, figures, platform};
use anyhow::{Context, ensure};
use aws_sdk_dynamodb::Client as Store;
use scrip_clock::{Clock, SignedDuration};
use scrip_local::Running;
use scrip_store::{Item, Key};
use scrip_test_support::{Scrip, Shop, User};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// Coupons taken from a spread stock for each from one that is not, in hundredths.
const TARGET_HUNDREDTHS: u64 = 200;
/// More than are taken.
const QUANTITY: i64 = 1_000_000;
const SHARDS: u32 = 16;
/// How many a user takes before the next one comes: as many as one may have.
const EACH: usize = 20;

const NOTE: &str = "Coupons: 16 users at once, each of whom takes 20 and then makes room for another, whose token is part of what is \
     measured. The store cancels transactions that meet at an item and limits an item to 1,000 write units a second, \
     as DynamoDB documents it; how long a transaction holds its items is this machine's time, not DynamoDB's.";

/// A user who takes one coupon after the other.
struct Taker {
    client: Client,
    scrip: Arc<Scrip>,
    campaign: String,
    name: String,
    user: User,
    taken: usize,
}

impl Taker {
    async fn all(running: &Running, scrip: &Arc<Scrip>, campaign: &str) -> anyhow::Result<Vec<Self>> {
        let mut takers = Vec::new();
        for number in 0..CALLERS {
            let client = Client::connect(&running.address().to_string()).await?;
            let name = format!("taker-{number}");
            let user = scrip.user(&name).await;
            takers.push(Self {
                client,
                scrip: scrip.clone(),
                campaign: campaign.to_owned(),
                name,
                user,
                taken: 0,
            });
        }
        Ok(takers)
    }
}

impl Caller for Taker {
    async fn step(&mut self, times: &mut Times) -> anyhow::Result<()> {
        if self.taken > 0 && self.taken.is_multiple_of(EACH) {
            self.user = self.scrip.user(&format!("{}-{}", self.name, self.taken / EACH)).await;
        }
        let path = format!("/v1/campaigns/{}/coupons", self.campaign);
        let began = Instant::now();
        let coupon = self.client.post(&path, &self.user.token, b"{}".to_vec()).await?;
        times.record("coupon", began);
        ensure!(coupon["status"] == "held", "{coupon}");
        self.taken += 1;
        Ok(())
    }
}

async fn campaign(scrip: &Scrip, shop: &Shop) -> String {
    let now = Clock::system().now();
    let request = json!({
        "name": "Rush", "benefit": { "effect": { "amount": { "amount": 100, "currency": CURRENCY } } },
        "quantity": QUANTITY, "per_user": EACH, "valid_from": now.to_string(),
        "valid_until": (now + SignedDuration::from_hours(24)).to_string(), "shareable": false,
    });
    let path = format!("/v1/merchants/{}/campaigns", shop.id);
    scrip.post(&shop.owner, &path, &request).await.expect(201).text("id")
}

/// The stock of campaigns, past the API.
struct Stock {
    store: Store,
    table: String,
}

impl Stock {
    fn of(running: &Running) -> anyhow::Result<Self> {
        let function = running.application().function("take-coupon").context("no such function")?;
        let table = function.environment.get("COUPONS_TABLE").context("no such table")?.clone();
        Ok(Self { store: Store::new(running.aws()), table })
    }

    fn key(campaign: &str, shard: u32) -> Item {
        Key::new(format!("CMP#{campaign}#{shard:02}"), "STOCK").to_item()
    }

    /// Moves all of a campaign's into its first shard.
    async fn gather(&self, campaign: &str) -> anyhow::Result<()> {
        for shard in 0..SHARDS {
            let quantity = if shard == 0 { QUANTITY } else { 0 };
            let update = self.store.update_item().table_name(&self.table);
            let update = update.set_key(Some(Self::key(campaign, shard)));
            let update = update.update_expression("SET remaining = :all, quantity = :all");
            update.expression_attribute_values(":all", number(quantity)).send().await?;
        }
        Ok(())
    }

    /// How many coupons are missing from a campaign's stock.
    async fn missing(&self, campaign: &str) -> anyhow::Result<i64> {
        let mut left = 0;
        for shard in 0..SHARDS {
            let get = self.store.get_item().table_name(&self.table).consistent_read(true);
            let item =
                get.set_key(Some(Self::key(campaign, shard))).send().await?.item.context("no stock")?;
            let remaining = item.get("remaining").and_then(|value| value.as_n().ok()).context("no number")?;
            left += remaining.parse::<i64>()?;
        }
        Ok(QUANTITY - left)
    }
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("coupons: two campaigns");
    let running = platform::start_contended(&bench.folder.join("data")).await?;
    let scrip = Arc::new(Scrip::at(running.base_url()));
    let shop = scrip.shop("owner", CURRENCY).await;
    let [spread, gathered] = [campaign(&scrip, &shop).await, campaign(&scrip, &shop).await];
    let stock = Stock::of(&running)?;
    stock.gather(&gathered).await?;
    let mut of_spread = Taker::all(&running, &scrip, &spread).await?;
    let mut of_gathered = Taker::all(&running, &scrip, &gathered).await?;

    let campaigns = [spread, gathered];
    let (mut spread, mut gathered) = (Vec::new(), Vec::new());
    let (mut last_spread, mut last_gathered) = (Load::default(), Load::default());
    for round in 1..=bench.pace.rounds {
        bench.begin(format!("round {round}: stock in one item"));
        last_gathered = load::run(&mut of_gathered, bench.pace.round).await?;
        gathered.push(last_gathered.per_second());
        bench.done();
        bench.begin(format!("round {round}: stock in {SHARDS} items"));
        last_spread = load::run(&mut of_spread, bench.pace.round).await?;
        spread.push(last_spread.per_second());
        bench.done();
    }
    bench.begin("coupons: what was taken against what is missing from stock");
    for (campaign, takers) in campaigns.iter().zip([of_spread, of_gathered]) {
        let taken: usize = takers.iter().map(|taker| taker.taken).sum();
        let missing = stock.missing(campaign).await?;
        ensure!(i64::try_from(taken)? == missing, "{taken} were taken, and {missing} are missing");
    }
    running.shutdown().await;

    report.note(&figures::by_round("Coupons from one item", &gathered));
    report.note(&figures::by_round("Coupons from 16 items", &spread));
    report.note(NOTE);
    let [spread, gathered] = [spread, gathered].map(|rates| figures::median(&rates));
    report.figure(
        "coupons taken from one hot campaign, unsharded",
        &format!("{}/s", figures::grouped(gathered)),
    );
    report.latencies(&last_gathered.times);
    report.figure("coupons taken from one hot campaign, sharded", &format!("{}/s", figures::grouped(spread)));
    report.latencies(&last_spread.times);
    let ratio = figures::hundredths(spread, gathered);
    let target = format!("≥ {}", figures::decimal(TARGET_HUNDREDTHS));
    report.target("  of the unsharded rate", &figures::decimal(ratio), &target, ratio >= TARGET_HUNDREDTHS);
    Ok(())
}
