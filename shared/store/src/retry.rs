//! Repeats what may succeed the next time, with capped exponential backoff and full jitter, within the time left.

use rand::Rng;
use scrip_refusal::Failure;
use std::future::Future;
use std::time::{Duration, Instant};

const FIRST_PAUSE_MILLISECONDS: u64 = 10;
const LONGEST_PAUSE_MILLISECONDS: u64 = 500;
/// What is left for the answer after the last attempt.
const RESERVE_MILLISECONDS: u64 = 250;

/// Calls `attempt` until it succeeds, fails for good, or the time is up.
pub(crate) async fn within<T, F, A>(deadline: Instant, mut attempt: A) -> Result<T, Failure>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Failure>>,
{
    let mut ceiling = FIRST_PAUSE_MILLISECONDS;
    loop {
        match attempt().await {
            Err(Failure::Busy(why)) => {
                let pause = Duration::from_millis(rand::rng().random_range(0..=ceiling));
                let left = deadline.saturating_duration_since(Instant::now());
                if left < pause + Duration::from_millis(RESERVE_MILLISECONDS) {
                    return Err(Failure::Busy(why));
                }
                tokio::time::sleep(pause).await;
                ceiling = (ceiling * 2).min(LONGEST_PAUSE_MILLISECONDS);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn busy_is_repeated_until_it_succeeds() {
        let mut calls = 0;
        let answer = within(in_seconds(30), || {
            calls += 1;
            let call = calls;
            async move { if call < 4 { Err(Failure::Busy("throttled".into())) } else { Ok(call) } }
        })
        .await;
        assert_eq!(answer.unwrap(), 4);
    }

    #[tokio::test]
    async fn broken_is_not_repeated() {
        let mut calls = 0;
        let answer: Result<(), _> = within(in_seconds(30), || {
            calls += 1;
            async { Err(Failure::Broken("no such table".into())) }
        })
        .await;
        assert!(matches!(answer, Err(Failure::Broken(_))));
        assert_eq!(calls, 1);
    }

    #[tokio::test]
    async fn it_gives_up_in_time_to_answer() {
        let answer: Result<(), _> =
            within(Instant::now(), || async { Err(Failure::Busy("throttled".into())) }).await;
        assert!(matches!(answer, Err(Failure::Busy(_))));
    }
}
