//! Bills whose time is over in the same minute: until the last one is written down as expired, by the embedded platform, whose
//! store refuses what DynamoDB would refuse.

use crate::client::Client;
use crate::load::CALLERS;
use crate::people::CURRENCY;
use crate::report::Report;
use crate::{Bench, figures, platform};
use anyhow::{Context, ensure};
use futures::future::try_join_all;
use scrip_test_support::Scrip;
use serde_json::json;
use std::time::{Duration, Instant};

/// All of them have to be done before the next minute's are due.
const TARGET: Duration = Duration::from_mins(1);

const NOTE: &str = "Expiries: bills without items, opened one after the other. The clock is set behind the end of their time at once, \
     and what is measured is how long until all are expired and nothing is due.";

/// Opens bills one after the other: their ids.
async fn opened(address: &str, token: &str, account: &str, bills: usize) -> anyhow::Result<Vec<String>> {
    let mut client = Client::connect(address).await?;
    let request = json!({ "account": account, "effective_for": "PT2H" }).to_string().into_bytes();
    let mut ids = Vec::with_capacity(bills);
    for _ in 0..bills {
        let bill = client.post("/v1/bills", token, request.clone()).await?;
        ids.push(bill["id"].as_str().context("a bill without an id")?.to_owned());
    }
    Ok(ids)
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("expiries: bills");
    let running = platform::start_contended(&bench.folder.join("data")).await?;
    let (scrip, address) = (Scrip::at(running.base_url()), running.address().to_string());
    let mut customers = Vec::new();
    for number in 0..CALLERS {
        let user = scrip.user(&format!("customer-{number}")).await;
        customers.push((scrip.account(&user, 0, CURRENCY).await, user));
    }
    let each = bench.pace.bills / CALLERS;
    let opening = customers.iter().map(|(account, user)| opened(&address, &user.token, account, each));
    let bills: Vec<String> = try_join_all(opening).await?.into_iter().flatten().collect();
    bench.done();

    bench.begin("expiries: until all are expired");
    let began = Instant::now();
    scrip.advance("PT2H1M").await;
    let took = began.elapsed();
    let mut client = Client::connect(&address).await?;
    let due = client.get("/local/due").await?;
    ensure!(due["items"] == json!([]), "something is still due: {due}");
    scrip.check_books().await;
    running.shutdown().await;
    bench.done();

    report.note(NOTE);
    let what = format!("{} bills that expire in the same minute", figures::grouped(bills.len().try_into()?));
    let seconds = figures::decimal(u64::try_from(took.as_millis())? / 10);
    report.target(&what, &format!("{seconds} s"), &format!("≤ {} s", TARGET.as_secs()), took <= TARGET);
    Ok(())
}
