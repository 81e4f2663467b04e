//! The deployed program under Lambda's runtime API, beside the function that one writes from the documentation: what a
//! cold start and a warm invocation take. Both speak plain HTTP with the same canned store, so TLS is in no figure.

mod aws;
mod baseline;
mod events;
mod function;
mod http;
mod runtime_api;

use crate::figures::{decimal, grouped, hundredths, median, microseconds, milliseconds, per_step};
use crate::program::find;
use crate::report::Report;
use crate::{Bench, Pace};
use aws::Aws;
use events::Event;
use function::Function;
use std::path::Path;
use std::time::Duration;

const ARTIFACT_TARGET_BYTES: u64 = 9_000_000;
const COLD_TARGET_HUNDREDTHS: u64 = 33;
const WARM_TARGET_HUNDREDTHS: u64 = 130;
/// Invocations of each process whose time is taken; the first of them is cold.
const TIMED_INVOCATIONS: usize = 21;
const BYTES_PER_HUNDREDTH: u64 = 10_000;

const NOTES: &[&str] = &[
    "Instructions are counted by valgrind, which offers no SHA extensions: signing a request takes more of them here than \
     on Lambda's processors. Times are the median of all processes, from exec and from the event's being handed over.",
    "The baseline is one conditional put as one writes it from the documentation, with the default features of aws-config, \
     aws-sdk-dynamodb and lambda_http, built with the same release profile. Most of its init reads this machine's trusted \
     certificates, as it would Lambda's. The second baseline is the same program with Amazon's five, as ours has them; \
     ours has besides connected to the store when init ends.",
    "Both have Lambda's variables, so neither reads profiles, and talk plain HTTP with the same canned store: no TLS \
     handshake is in a figure. A user's token is ES256, a device's EdDSA; the first user's answer fetches the issuer's keys.",
];

/// What one function takes.
#[derive(Default)]
struct Figures {
    name: &'static str,
    /// Instructions until the first event is asked for.
    init: u64,
    /// Instructions until the second is.
    first: u64,
    /// Instructions of each further invocation.
    warm: u64,
    init_times: Vec<Duration>,
    first_times: Vec<Duration>,
    warm_times: Vec<Duration>,
}

/// How many steps of the progress there are.
pub(crate) fn steps(pace: &Pace) -> usize {
    1 + FUNCTIONS.len() + pace.starts
}

const TRANSFER: &str = "transfer";
const BASELINE: &str = "baseline";
/// The same program, made to trust no more than ours: what its start takes besides reading the system's certificates.
const BASELINE_OF_FEW_ROOTS: &str = "baseline, Amazon's roots";
const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/bootstrap/src/amazon-roots.pem");
const FUNCTIONS: [(&str, &str, Event); 5] = [
    (TRANSFER, "transfer", Event::Transfer),
    (BASELINE, "transfer", Event::Transfer),
    (BASELINE_OF_FEW_ROOTS, "transfer", Event::Transfer),
    ("authorize a user", "authorize", Event::AuthorizeUser),
    ("authorize a device", "authorize", Event::AuthorizeDevice),
];

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    let program = find("bootstrap")?;
    bench.begin("building the function to measure against");
    let outside = baseline::BASELINE;
    let baseline = if bench.pace.builds { Some(outside.build().await?) } else { outside.built()? };
    bench.done();

    let size = std::fs::metadata(&program)?.len();
    let target = format!("< {} MB", ARTIFACT_TARGET_BYTES / 1_000_000);
    report.target("artifact", &megabytes(size), &target, size < ARTIFACT_TARGET_BYTES);
    if let Some(baseline) = &baseline {
        report.figure("  baseline's", &megabytes(std::fs::metadata(baseline)?.len()));
    }

    let aws = Aws::start().await?;
    let functions = functions(&program, baseline.as_deref());
    let mut measured = Vec::new();
    for (name, function) in &functions {
        bench.begin(format!("{name}: instructions"));
        measured.push(count(&bench.pace, &aws, name, function).await?);
        bench.done();
    }
    // In turns, so that what else the machine does hits all of them.
    for start in 1..=bench.pace.starts {
        bench.begin(format!("start {start} of each function"));
        for ((_, function), figures) in functions.iter().zip(&mut measured) {
            figures.add(function.time(&aws, TIMED_INVOCATIONS).await?);
        }
        bench.done();
    }
    tell(report, &measured);
    for note in NOTES {
        report.note(note);
    }
    Ok(())
}

fn functions(program: &Path, baseline: Option<&Path>) -> Vec<(&'static str, Function)> {
    let function = |(name, handler, event): (&'static str, &'static str, Event)| {
        let program = if name.starts_with(BASELINE) { baseline? } else { program };
        let roots = (name == BASELINE_OF_FEW_ROOTS).then_some(ROOTS);
        Some((name, Function { program: program.to_owned(), handler, event, roots }))
    };
    FUNCTIONS.into_iter().filter_map(function).collect()
}

async fn count(pace: &Pace, aws: &Aws, name: &'static str, function: &Function) -> anyhow::Result<Figures> {
    let [few, many] = pace.counted;
    let (init, first) = (function.count(aws, 0).await?, function.count(aws, 1).await?);
    let warm = per_step((few, function.count(aws, few).await?), (many, function.count(aws, many).await?));
    Ok(Figures { name, init, first, warm, ..Figures::default() })
}

impl Figures {
    fn add(&mut self, times: function::Times) {
        self.init_times.push(times.init);
        let mut answers = times.answers.into_iter();
        self.first_times.extend(answers.next().map(|first| times.init + first));
        self.warm_times.extend(answers);
    }
}

fn tell(report: &mut Report, measured: &[Figures]) {
    for figures in measured {
        let name = figures.name;
        report.figure(&format!("{name}: instructions of init"), &grouped(figures.init));
        report.figure(&format!("{name}: instructions until the first answer"), &grouped(figures.first));
        report.figure(&format!("{name}: instructions of a warm invocation"), &grouped(figures.warm));
        let [init, first] =
            [&figures.init_times, &figures.first_times].map(|times| milliseconds(median(times)));
        let warm = microseconds(median(&figures.warm_times));
        report.figure(&format!("{name}: init, first answer, warm"), &format!("{init}, {first}, {warm}"));
    }
    let named = |name| measured.iter().find(|figures| figures.name == name);
    let (Some(ours), Some(theirs), Some(few)) =
        (named(TRANSFER), named(BASELINE), named(BASELINE_OF_FEW_ROOTS))
    else {
        report.not_measured("transfer against the baseline", "a quick run does not build the baseline");
        return;
    };
    let mut compare = |what: &str, ours: u64, theirs: u64, target: Option<u64>| {
        let (ratio, what) = (hundredths(ours, theirs), format!("transfer / baseline: {what}"));
        match target {
            None => report.figure(&what, &decimal(ratio)),
            Some(target) => {
                report.target(&what, &decimal(ratio), &format!("≤ {}", decimal(target)), ratio <= target);
            }
        }
    };
    compare("init", ours.init, theirs.init, None);
    compare("until the first answer", ours.first, theirs.first, Some(COLD_TARGET_HUNDREDTHS));
    compare("the same, both with Amazon's roots", ours.first, few.first, None);
    compare("warm", ours.warm, theirs.warm, Some(WARM_TARGET_HUNDREDTHS));
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", decimal(bytes / BYTES_PER_HUNDREDTH))
}
