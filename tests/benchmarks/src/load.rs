//! Callers that each send their next request when the last one is answered.

use crate::figures;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many callers there are at once.
pub(crate) const CALLERS: usize = 16;

/// What one caller does over and over.
pub(crate) trait Caller: Send + 'static {
    /// Does it once, and records what its requests took.
    fn step(&mut self, times: &mut Times) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How long requests took, by their kind.
#[derive(Default)]
pub(crate) struct Times(BTreeMap<&'static str, Vec<Duration>>);

impl Times {
    /// Records a request that began at this time.
    pub(crate) fn record(&mut self, kind: &'static str, began: Instant) {
        self.0.entry(kind).or_default().push(began.elapsed());
    }

    /// The kinds with their p50 and p99.
    pub(crate) fn percentiles(&self) -> impl Iterator<Item = (&'static str, Duration, Duration)> {
        self.0.iter().map(|(kind, times)| (*kind, figures::median(times), figures::percentile(times, 99)))
    }

    fn add(&mut self, other: Self) {
        for (kind, times) in other.0 {
            self.0.entry(kind).or_default().extend(times);
        }
    }
}

/// What was done in one round.
#[derive(Default)]
pub(crate) struct Load {
    steps: usize,
    took: Duration,
    pub(crate) times: Times,
}

impl Load {
    /// Steps in a second.
    pub(crate) fn per_second(&self) -> u64 {
        figures::per_second(self.steps, self.took)
    }
}

/// Has all callers work for this long. What they are in the middle of then is finished, and counts.
pub(crate) async fn run<C: Caller>(callers: &mut Vec<C>, time: Duration) -> anyhow::Result<Load> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers.drain(..) {
        tasks.spawn(async move {
            let (mut steps, mut times) = (0, Times::default());
            while began.elapsed() < time {
                caller.step(&mut times).await?;
                steps += 1;
            }
            anyhow::Ok((caller, steps, times))
        });
    }
    let mut load = Load::default();
    while let Some(ended) = tasks.join_next().await {
        let (caller, steps, times) = ended??;
        callers.push(caller);
        load.steps += steps;
        load.times.add(times);
    }
    load.took = began.elapsed();
    Ok(load)
}
