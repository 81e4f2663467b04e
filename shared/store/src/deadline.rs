//! How long an invocation may wait for others: in all, and for one answer.

use scrip_refusal::Failure;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What is left for the answer and its log line after the last attempt.
const ANSWER_RESERVE: Duration = Duration::from_millis(250);
/// What is left when an invocation is given up that still waits for something else than an attempt.
const LAST_RESERVE: Duration = Duration::from_millis(100);

/// The end of an invocation, and how long one attempt to reach somebody may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    attempt: Duration,
}

impl Deadline {
    /// For an invocation that is ended at `end`. No attempt takes longer than `attempt`, nor outlives the invocation.
    pub fn new(end: std::time::Instant, attempt: Duration) -> Self {
        Self { end: end.into(), attempt }
    }

    /// When the invocation is ended.
    pub fn end(self) -> std::time::Instant {
        self.end.into_std()
    }

    /// How long attempts may still take.
    pub fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now()).saturating_sub(ANSWER_RESERVE)
    }

    /// Makes one attempt, as long as it may take.
    ///
    /// # Errors
    /// [`Failure::Busy`] where no time is left, so that nothing is asked; [`Failure::Unknown`] where no answer came in time.
    pub async fn attempt<T>(self, request: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let left = self.left();
        if left.is_zero() {
            return Err(Failure::Busy("no time is left for another attempt".to_owned()));
        }
        match timeout_at(Instant::now() + left.min(self.attempt), request).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Unknown("no answer came in time".to_owned())),
        }
    }

    /// Waits for the whole work of an invocation, until just before it is ended.
    ///
    /// # Errors
    /// [`Failure::Unknown`] where it was not done by then.
    pub async fn bound<T, E: From<Failure>>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let last = self.end.checked_sub(LAST_RESERVE).unwrap_or(self.end);
        match timeout_at(last, work).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Unknown("the work was not done in time".to_owned()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::future::pending;

    /// How many milliseconds a future takes, in tokio's own time.
    fn waited<T>(work: impl FnOnce(std::time::Instant) -> T) -> (u64, T::Output)
    where
        T: Future,
    {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let output = work(start.into_std()).await;
            (u64::try_from(start.elapsed().as_millis()).unwrap(), output)
        })
    }

    fn deadline(start: std::time::Instant, milliseconds: u64, attempt: u64) -> Deadline {
        Deadline::new(start + Duration::from_millis(milliseconds), Duration::from_millis(attempt))
    }

    proptest! {
        #[test]
        fn no_attempt_outlives_the_time_for_the_answer(milliseconds in 0_u64..70_000, attempt in 1_u64..5_000) {
            let reserve = u64::try_from(ANSWER_RESERVE.as_millis()).unwrap();
            let (took, result) = waited(|start| async move {
                deadline(start, milliseconds, attempt).attempt(pending::<Result<(), Failure>>()).await
            });
            let expected = milliseconds.saturating_sub(reserve).min(attempt);
            // Timers go off in whole milliseconds, rounded up.
            prop_assert!((expected..=expected + 1).contains(&took), "{} instead of {}", took, expected);
            let is_asked = milliseconds > reserve;
            prop_assert_eq!(matches!(result, Err(Failure::Unknown(_))), is_asked);
            prop_assert_eq!(matches!(result, Err(Failure::Busy(_))), !is_asked);
        }
    }

    #[test]
    fn work_that_never_ends_is_given_up_before_the_end() {
        for milliseconds in [500, 5_000, 60_000] {
            let (took, result) = waited(|start| async move {
                deadline(start, milliseconds, 50).bound(pending::<Result<(), Failure>>()).await
            });
            assert!(matches!(result, Err(Failure::Unknown(_))));
            assert!((milliseconds - 100..milliseconds).contains(&took), "{took} of {milliseconds}");
        }
    }

    #[test]
    fn what_ends_in_time_is_left_as_it_is() {
        let (took, result) = waited(|start| async move {
            let deadline = deadline(start, 5_000, 50);
            deadline.bound(deadline.attempt(async { Ok::<_, Failure>(7) })).await
        });
        assert_eq!((took, result.unwrap()), (0, 7));
    }
}
