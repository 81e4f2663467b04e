//! How often and after which times a request is repeated.

use jiff::SignedDuration;

/// Waits between attempts. Time is somebody else's, so that tests need none.
pub trait Waiter {
    /// Ends after that time.
    fn wait(&self, time: SignedDuration) -> impl Future<Output = ()> + Send;
}

/// The pattern of repeated attempts: each wait doubles, up to a longest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a request is sent, at most.
    pub attempts: u32,
    /// The wait after the first attempt.
    pub first_milliseconds: u32,
    /// The longest wait. A server that asks for a longer one is not asked again.
    pub longest_milliseconds: u32,
}

impl Default for Retries {
    /// Five attempts within four seconds of waiting, as long as a customer stands at a till.
    fn default() -> Self {
        Self { attempts: 5, first_milliseconds: 250, longest_milliseconds: 5_000 }
    }
}

impl Retries {
    /// The wait after the attempt of this number, counted from 0: the full one, and `chance` of `u32::MAX` parts of its
    /// second half left out, so that terminals that failed together don't come back together. `None` once it is enough,
    /// or if the server asks for more than the longest wait.
    pub(crate) fn wait_after(self, attempt: u32, asked_seconds: u64, chance: u32) -> Option<SignedDuration> {
        let asked = asked_seconds.saturating_mul(1_000);
        if attempt.saturating_add(1) >= self.attempts || asked > u64::from(self.longest_milliseconds) {
            return None;
        }
        let doubled = u64::from(self.first_milliseconds).saturating_mul(1 << attempt.min(31));
        let full = doubled.min(u64::from(self.longest_milliseconds));
        let spared = (full / 2).saturating_mul(u64::from(chance)) / u64::from(u32::MAX);
        Some(SignedDuration::from_millis(i64::try_from((full - spared).max(asked)).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let retries = Retries { attempts: 5, first_milliseconds: 500, longest_milliseconds: 1_500 };
        let waits: Vec<_> = (0..5).map(|attempt| retries.wait_after(attempt, 0, 0)).collect();
        let milliseconds = |milliseconds| Some(SignedDuration::from_millis(milliseconds));
        assert_eq!(
            waits,
            [milliseconds(500), milliseconds(1_000), milliseconds(1_500), milliseconds(1_500), None]
        );
    }

    #[test]
    fn what_the_server_asks_for_is_waited_unless_it_is_too_long() {
        let retries = Retries::default();
        assert_eq!(retries.wait_after(0, 3, 0), Some(SignedDuration::from_secs(3)));
        assert_eq!(retries.wait_after(0, 900, 0), None);
    }

    proptest! {
        #[test]
        fn chance_shortens_a_wait_by_half_at_most(attempt in 0..4_u32, chance: u32) {
            let full = Retries::default().wait_after(attempt, 0, 0).unwrap();
            let wait = Retries::default().wait_after(attempt, 0, chance).unwrap();
            prop_assert!(wait <= full && wait * 2 >= full);
        }
    }
}
