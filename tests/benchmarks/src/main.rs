//! How fast Scrip is on this machine: everything is measured in one run, and told in one table with its targets.
//! Missed targets are told too; they are no failure of the run.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that can't go on fails")]

mod approvals;
mod bills;
mod captures;
mod client;
mod coupons;
mod expiries;
mod figures;
mod lambda;
mod load;
mod memory;
mod outside;
mod people;
mod platform;
mod program;
mod report;
mod rules;
mod startup;
mod transaction;
mod transfers;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use report::Report;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the progress bar is drawn anew.
const TICK: Duration = Duration::from_millis(200);

/// Measures Scrip on this machine, in under three minutes.
#[derive(Parser, Debug)]
struct Arguments {
    /// Measure for a few seconds only: whether it works, not how fast
    #[arg(long)]
    quick: bool,
    /// Measure this alone; may be given several times
    #[arg(long, value_enum)]
    only: Vec<Benchmark>,
    /// Where the data is kept meanwhile: a directory on the disk to be measured [default: beside this program]
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// The store's transactions against transfers over HTTP
    Transfers,
    /// Offline payments approved over HTTP, against the store's transactions
    Approvals,
    /// Coupons taken from one hot campaign, its stock spread and not
    Coupons,
    /// Rule calculations, against engines for rules of any kind
    Rules,
    /// Bills from opening to settlement
    Bills,
    /// Bills whose time is over in the same minute
    Expiries,
    /// From start to the first answer
    Startup,
    /// Resident memory
    Memory,
    /// The deployed program's cold start and warm invocation, against a minimal function's
    Lambda,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Rounds of what is compared or repeated.
    pub(crate) rounds: usize,
    /// One round of a load.
    pub(crate) round: Duration,
    /// Bills that expire in the same minute.
    pub(crate) bills: usize,
    /// Items in the directory that is not empty.
    pub(crate) items: usize,
    /// Starts of each function.
    pub(crate) starts: usize,
    /// Invocations in two runs, between which the difference is counted.
    pub(crate) counted: [usize; 2],
    /// Whether what is measured against is built first, which takes minutes.
    pub(crate) builds: bool,
}

const THOROUGH: Pace = Pace {
    rounds: 5,
    round: Duration::from_secs(5),
    bills: 10_000,
    items: 100_000,
    starts: 20,
    counted: [20, 120],
    builds: true,
};
const QUICK: Pace = Pace {
    rounds: 2,
    round: Duration::from_millis(400),
    bills: 320,
    items: 2_000,
    starts: 3,
    counted: [2, 7],
    builds: false,
};

/// Where a benchmark works, and whom it tells how far it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) pace: Pace,
    pub(crate) folder: &'a Path,
    bar: &'a ProgressBar,
}

impl Bench<'_> {
    /// Says what is done next.
    pub(crate) fn begin(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// One of the steps that [`Benchmark::steps`] counts is done.
    pub(crate) fn done(&self) {
        self.bar.inc(1);
    }
}

impl Benchmark {
    fn steps(self, pace: &Pace) -> usize {
        match self {
            Self::Transfers | Self::Approvals | Self::Coupons => pace.rounds * 2,
            Self::Bills | Self::Rules | Self::Expiries => 2,
            Self::Startup => pace.rounds * 2 + 1,
            Self::Memory => 1,
            Self::Lambda => lambda::steps(pace),
        }
    }

    async fn measure(self, bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
        match self {
            Self::Transfers => transfers::measure(bench, report).await,
            Self::Approvals => approvals::measure(bench, report).await,
            Self::Coupons => coupons::measure(bench, report).await,
            Self::Rules => rules::measure(bench, report).await,
            Self::Bills => bills::measure(bench, report).await,
            Self::Expiries => expiries::measure(bench, report).await,
            Self::Startup => startup::measure(bench, report).await,
            Self::Memory => memory::measure(bench, report).await,
            Self::Lambda => lambda::measure(bench, report).await,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { quick, only, data } = Arguments::parse();
    let pace = if quick { QUICK } else { THOROUGH };
    let data = match data {
        Some(data) => data,
        None => program::folder()?,
    };
    let folder = tempfile::Builder::new().prefix("scrip-benchmarks-").tempdir_in(&data);
    let folder = folder.with_context(|| format!("{} can't be written", data.display()))?;
    let chosen = Benchmark::value_variants().iter().filter(|one| only.is_empty() || only.contains(one));
    let chosen: Vec<Benchmark> = chosen.copied().collect();

    let steps: usize = chosen.iter().map(|benchmark| benchmark.steps(&pace)).sum();
    let bar = ProgressBar::new(steps.try_into()?);
    bar.set_style(
        ProgressStyle::with_template("{elapsed:>4} [{bar:32}] {pos}/{len} {msg}")?.progress_chars("=> "),
    );
    bar.enable_steady_tick(TICK);

    let mut report = Report::default();
    for benchmark in chosen {
        let own = folder.path().join(format!("{benchmark:?}"));
        std::fs::create_dir(&own)?;
        let bench = Bench { pace, folder: &own, bar: &bar };
        if let Err(error) = benchmark.measure(bench, &mut report).await {
            report.not_measured(&format!("{benchmark:?}"), &format!("{error:#}"));
        }
        // Each starts with the disk as the one before found it.
        std::fs::remove_dir_all(&own)?;
    }
    bar.finish_and_clear();
    report.print(&data, quick)?;
    Ok(())
}
