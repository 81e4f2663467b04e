//! Repeats what may succeed the next time, with capped exponential backoff and full jitter, within the time left.

use crate::Store;
use crate::deadline::Deadline;
use rand::Rng;
use scrip_refusal::Failure;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::debug;

const FIRST_PAUSE_MILLISECONDS: u64 = 10;
const LONGEST_PAUSE_MILLISECONDS: u64 = 500;
/// How often an operation reads and judges at most while what it read keeps changing before it writes.
const MAX_READINGS: usize = 8;

impl Store {
    /// Calls `attempt` again while it only finds that what it read had changed before it wrote, within the time left.
    ///
    /// # Errors
    /// [`Failure::Changed`] of the last attempt, if it changed each time.
    pub async fn until_unchanged<T, F, A>(&self, attempt: A) -> Result<T, Failure>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        repeat(self.deadline, MAX_READINGS, |failure| matches!(failure, Failure::Changed(_)), attempt).await
    }

    /// The same for what many append to at once, each of whom has to wait for all that come first: the time left alone ends
    /// it.
    ///
    /// # Errors
    /// [`Failure::Changed`] of the last attempt, if others came first for all that time.
    pub async fn until_in_turn<T, F, A>(&self, attempt: A) -> Result<T, Failure>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        repeat(self.deadline, usize::MAX, |failure| matches!(failure, Failure::Changed(_)), attempt).await
    }

    /// Calls `attempt`, one request to DynamoDB, until it succeeds, fails for good, or the time is up.
    pub(crate) async fn while_busy<T, F, A>(&self, attempt: A) -> Result<T, Failure>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        self.until_told(attempt).await.map(|told| told.value)
    }

    /// The same for a write: what it is told last may be the effect of an attempt before, whose answer was lost.
    pub(crate) async fn until_told<T, F, A>(&self, mut attempt: A) -> Result<Told<T>, Failure>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let lost = AtomicBool::new(false);
        let bounded = || {
            let (lost, attempt) = (&lost, attempt());
            async move {
                let result = self.deadline.attempt(attempt).await;
                lost.fetch_or(matches!(result, Err(Failure::Unknown(_))), Ordering::Relaxed);
                result
            }
        };
        let is_passing = |failure: &Failure| matches!(failure, Failure::Busy(_) | Failure::Unknown(_));
        // On the heap, so that the futures of operations are not made of all that a request is made of.
        let result = Box::pin(repeat(self.deadline, usize::MAX, is_passing, bounded)).await;
        let after_a_lost_answer = lost.load(Ordering::Relaxed);
        match result {
            Ok(value) => Ok(Told { value, after_a_lost_answer }),
            Err(Failure::Busy(why)) if after_a_lost_answer => Err(Failure::Unknown(why)),
            Err(failure) => Err(failure),
        }
    }
}

/// What a request was told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told<T> {
    pub(crate) value: T,
    /// Whether an attempt before was not answered, so that it may have taken effect.
    pub(crate) after_a_lost_answer: bool,
}

async fn repeat<T, F, A>(
    deadline: Deadline,
    max_attempts: usize,
    may_pass: fn(&Failure) -> bool,
    mut attempt: A,
) -> Result<T, Failure>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempts = 0;
    let mut ceiling = FIRST_PAUSE_MILLISECONDS;
    loop {
        attempts += 1;
        match attempt().await {
            Err(failure) if attempts < max_attempts && may_pass(&failure) => {
                let pause = Duration::from_millis(rand::rng().random_range(0..=ceiling));
                if deadline.left() <= pause {
                    return Err(failure);
                }
                debug!(
                    attempt = attempts,
                    pause_milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    reason = reason(&failure),
                    "tried again"
                );
                tokio::time::sleep(pause).await;
                ceiling = (ceiling * 2).min(LONGEST_PAUSE_MILLISECONDS);
            }
            other => return other,
        }
    }
}

/// What is traced of a failure: its kind alone.
const fn reason(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(_) => "refused",
        Failure::Changed(_) => "changed",
        Failure::Busy(_) => "busy",
        Failure::Unknown(_) => "unknown",
        Failure::Broken(_) => "broken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tokio::time::Instant;

    const ATTEMPT: Duration = Duration::from_secs(3);
    const RESERVE_MILLISECONDS: u64 = 250;

    const ANY: fn(&Failure) -> bool = |failure| !matches!(failure, Failure::Refused(_));

    /// What an operation meets that fails `failures` times and has this many milliseconds.
    #[derive(Debug)]
    struct Seen {
        result: Result<usize, Failure>,
        /// Milliseconds from the start to each attempt, and to the end.
        at: Vec<u64>,
    }

    /// Runs in tokio's own time, which passes at once where everything waits.
    fn repeated(failures: usize, max_attempts: usize, milliseconds: u64, failure: &Failure) -> Seen {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let elapsed = || u64::try_from(start.elapsed().as_millis()).unwrap();
            let mut at = Vec::new();
            let end = (start + Duration::from_millis(milliseconds)).into_std();
            let result = repeat(Deadline::new(end, ATTEMPT), max_attempts, ANY, || {
                at.push(elapsed());
                let attempts = at.len();
                async move { if attempts <= failures { Err(failure.clone()) } else { Ok(attempts) } }
            })
            .await;
            at.push(elapsed());
            Seen { result, at }
        })
    }

    proptest! {
        #[test]
        fn an_operation_is_repeated_while_it_fails_and_may_be(failures in 0_usize..20, max in 1_usize..12) {
            let seen = repeated(failures, max, 60_000, &Failure::Changed("It is changing."));
            prop_assert_eq!(seen.at.len() - 1, max.min(failures + 1));
            match seen.result {
                Ok(attempts) => prop_assert_eq!(attempts, failures + 1),
                Err(failure) => {
                    prop_assert!(matches!(failure, Failure::Changed(_)), "{}", failure);
                    prop_assert!(failures >= max);
                }
            }
        }

        #[test]
        fn pauses_have_a_ceiling_that_doubles(failures in 1_usize..12) {
            let seen = repeated(failures, usize::MAX, 60_000, &Failure::Busy("throttled".into()));
            let mut ceiling = FIRST_PAUSE_MILLISECONDS;
            for pause in seen.at.windows(2).take(failures).map(|at| at[1] - at[0]) {
                // Timers go off in whole milliseconds, rounded up.
                prop_assert!(pause <= ceiling + 1, "{} above {}", pause, ceiling);
                ceiling = (ceiling * 2).min(LONGEST_PAUSE_MILLISECONDS);
            }
        }

        #[test]
        fn it_gives_up_in_time_to_answer(milliseconds in 0_u64..5_000) {
            let seen = repeated(usize::MAX, usize::MAX, milliseconds, &Failure::Busy("throttled".into()));
            prop_assert!(matches!(seen.result, Err(Failure::Busy(_))));
            let end = seen.at.last().copied().unwrap_or_default();
            prop_assert!(end <= milliseconds.saturating_sub(RESERVE_MILLISECONDS) + 1, "{:?}", seen.at);
        }
    }

    #[test]
    fn pauses_differ() {
        let pauses: std::collections::HashSet<u64> = (0..20)
            .map(|_| repeated(8, usize::MAX, 60_000, &Failure::Busy("throttled".into())).at[8])
            .collect();
        assert!(pauses.len() > 1, "twenty rows of eight random pauses took the same time");
    }

    /// What is traced, to be read afterwards.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_repetition_is_traced_with_its_pause_and_without_what_the_store_said() {
        // While one subscriber lives alone, the thread that comes to an event first decides for all threads whether anybody
        // wants it. With this one beside it, every subscriber is asked.
        let second = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(io::sink);
        let _second = tracing::Dispatch::new(second.finish());
        let written = Written::default();
        let sink = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || sink.clone())
            .finish();
        let busy = Failure::Busy("throttled: alices-key".into());
        tracing::subscriber::with_default(subscriber, || repeated(3, usize::MAX, 60_000, &busy));
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("alices-key"), "{text}");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let attempts: Vec<_> = lines.iter().map(|line| line["attempt"].as_u64().unwrap()).collect();
        assert_eq!(attempts, [1, 2, 3]);
        for (line, ceiling) in lines.iter().zip([10, 20, 40]) {
            assert!(
                line["pause_milliseconds"].as_u64().unwrap() <= ceiling && line["reason"] == "busy",
                "{line}"
            );
        }
    }

    #[test]
    fn what_can_not_pass_is_not_repeated() {
        let refused = scrip_refusal::Refusal::new(scrip_refusal::Code::NotFound, "No.").into();
        let seen = repeated(1, usize::MAX, 60_000, &refused);
        assert!(matches!(seen.result, Err(Failure::Refused(_))));
        assert_eq!(seen.at, [0, 0]);
    }

    #[tokio::test]
    async fn each_kind_is_repeated_where_it_belongs() {
        let store = crate::tests::store();
        for (failure, while_busy, until_unchanged) in [
            (Failure::Busy("throttled".into()), 2, 1),
            (Failure::Unknown("no answer".into()), 2, 1),
            (Failure::Changed("It is changing."), 1, 2),
            (Failure::Broken("no such table".into()), 1, 1),
        ] {
            let (mut busy, mut changed) = (0, 0);
            let first = |calls: usize| if calls == 1 { Err(failure.clone()) } else { Ok(()) };
            let _ = store
                .while_busy(|| {
                    busy += 1;
                    std::future::ready(first(busy))
                })
                .await;
            let _ = store
                .until_unchanged(|| {
                    changed += 1;
                    std::future::ready(first(changed))
                })
                .await;
            assert_eq!((busy, changed), (while_busy, until_unchanged), "{failure}");
        }
    }

    /// What a write is told whose attempts end so; `None` never ends.
    async fn told(outcomes: &[Option<Result<(), Failure>>]) -> Result<Told<()>, Failure> {
        let store = crate::tests::store_until(Duration::from_secs(5), Duration::from_millis(50));
        let mut outcomes = outcomes.iter().cloned();
        store
            .until_told(|| {
                let outcome = outcomes.next().unwrap_or(Some(Err(Failure::Busy("throttled".into()))));
                async move {
                    match outcome {
                        Some(outcome) => outcome,
                        None => std::future::pending().await,
                    }
                }
            })
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_was_not_answered_is_remembered() {
        let busy = || Some(Err(Failure::Busy("throttled".into())));
        let lost = || Some(Err(Failure::Unknown("reset".into())));
        for (outcomes, expected) in [
            (vec![Some(Ok(()))], false),
            (vec![busy(), Some(Ok(()))], false),
            (vec![lost(), busy(), Some(Ok(()))], true),
            (vec![busy(), None, Some(Ok(()))], true),
        ] {
            let told = told(&outcomes).await.unwrap();
            assert_eq!(told.after_a_lost_answer, expected, "{outcomes:?}");
        }
        // Whoever gives up does not say that nothing happened.
        assert!(matches!(told(&[lost(), busy()]).await, Err(Failure::Unknown(_))));
        assert!(matches!(told(&[busy(), busy()]).await, Err(Failure::Busy(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_never_answers_is_given_up_in_time() {
        for seconds in [3, 5, 10, 15, 30, 60] {
            let start = Instant::now();
            let store = crate::tests::store_until(Duration::from_secs(seconds), ATTEMPT);
            let result: Result<(), _> = store.while_busy(std::future::pending::<Result<(), Failure>>).await;
            assert!(matches!(result, Err(Failure::Unknown(_))), "{result:?}");
            let took = u64::try_from(start.elapsed().as_millis()).unwrap();
            assert!(took <= seconds * 1_000 - RESERVE_MILLISECONDS + 1, "{took} ms of {seconds} s");
        }
    }
}
