//! Resident memory of the program: after its first answer, and after it has served a load.

use crate::Bench;
use crate::figures::grouped;
use crate::load;
use crate::people::{self, Sender};
use crate::program::Program;
use crate::report::Report;
use scrip_test_support::Scrip;

const IDLE_TARGET_MEGABYTES: u64 = 60;
const LOADED_TARGET_MEGABYTES: u64 = 250;
const KILOBYTES_PER_MEGABYTE: u64 = 1_024;

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("memory under transfers");
    let program = Program::start(&bench.folder.join("data")).await?;
    let idle = program.resident_kilobytes()?;
    let scrip = Scrip::at(format!("http://{}", program.address));
    let mut senders = Sender::all(&program.address, people::payers(&scrip).await).await?;
    let load = load::run(&mut senders, bench.pace.round * 3).await?;
    let loaded = program.resident_kilobytes()?;
    drop(senders);
    program.stop().await?;
    bench.done();

    told(report, "resident memory, idle", idle, IDLE_TARGET_MEGABYTES);
    told(report, "resident memory, after transfers", loaded, LOADED_TARGET_MEGABYTES);
    report
        .figure("  these transfers, served by another process", &format!("{}/s", grouped(load.per_second())));
    Ok(())
}

fn told(report: &mut Report, what: &str, kilobytes: u64, target: u64) {
    let megabytes = kilobytes.div_ceil(KILOBYTES_PER_MEGABYTE);
    let met = kilobytes < target * KILOBYTES_PER_MEGABYTE;
    report.target(what, &format!("{megabytes} MB"), &format!("< {target} MB"), met);
}
