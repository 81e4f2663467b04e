//! What Scrip costs over the store: transfers over HTTP against the same writes made by the SDK alone. Both take turns
//! on one store, so that what else the machine does hits both.

use crate::load::{self, Load};
use crate::people::{self, Sender};
use crate::report::Report;
use crate::transaction::Writer;
use crate::{Bench, figures, platform};
use scrip_test_support::Scrip;

/// Transfers for each transaction of the store alone, in hundredths.
const TARGET_HUNDREDTHS: u64 = 70;

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("transfers: users and merchants");
    let running = platform::start(&bench.folder.join("data")).await?;
    let scrip = Scrip::at(running.base_url());
    let mut writers = Writer::all(&running, people::payers(&scrip).await);
    let address = running.address().to_string();
    let mut senders = Sender::all(&address, people::payers(&scrip).await).await?;

    let (mut transactions, mut transfers) = (Vec::new(), Vec::new());
    let (mut write, mut send) = (Load::default(), Load::default());
    for round in 1..=bench.pace.rounds {
        bench.begin(format!("round {round}: the store alone"));
        write = load::run(&mut writers, bench.pace.round).await?;
        transactions.push(write.per_second());
        bench.done();
        bench.begin(format!("round {round}: transfers over HTTP"));
        send = load::run(&mut senders, bench.pace.round).await?;
        transfers.push(send.per_second());
        bench.done();
    }
    bench.begin("transfers: every balance against its transfers");
    drop(senders);
    scrip.check_books().await;
    running.shutdown().await;

    report.note(&figures::by_round("Store", &transactions));
    report.note(&figures::by_round("Transfers", &transfers));
    let [transactions, transfers] = [transactions, transfers].map(|rates| figures::median(&rates));
    report.figure("store: durable transactions of 3 items", &format!("{}/s", figures::grouped(transactions)));
    report.latencies(&write.times);
    report.figure("transfers over HTTP", &format!("{}/s", figures::grouped(transfers)));
    report.latencies(&send.times);
    let ratio = figures::hundredths(transfers, transactions);
    let target = format!("≥ {}", figures::decimal(TARGET_HUNDREDTHS));
    report.target("  of the store's rate", &figures::decimal(ratio), &target, ratio >= TARGET_HUNDREDTHS);
    Ok(())
}
