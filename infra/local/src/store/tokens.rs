//! `ClientRequestToken`: a transaction that is sent again is answered, not done again.
//!
//! The engine's own memory of tokens looks through all of them at each transaction, so none reaches it.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// How long `DynamoDB` knows a token, in real time: whoever sends a request again pauses in real time.
const KNOWN: Duration = Duration::from_mins(10);
/// How many tokens are known at most; beyond, the oldest is forgotten early.
const MAX_TOKENS: usize = 10_000;

/// What was done under which token.
#[derive(Default)]
pub(super) struct Tokens {
    done: HashMap<String, Done>,
    order: VecDeque<(Instant, String)>,
}

struct Done {
    request: u64,
    answer: String,
}

/// The token came with another request before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch;

impl Tokens {
    /// The answer that this request got under this token, if it was done.
    pub(super) fn answer(
        &mut self,
        token: &str,
        body: &str,
        now: Instant,
    ) -> Result<Option<String>, Mismatch> {
        self.forget(now);
        match self.done.get(token) {
            None => Ok(None),
            Some(done) if done.request == digest(body) => Ok(Some(done.answer.clone())),
            Some(_) => Err(Mismatch),
        }
    }

    /// Remembers what was done.
    pub(super) fn remember(&mut self, token: &str, body: &str, answer: &str, now: Instant) {
        let done = Done { request: digest(body), answer: answer.to_owned() };
        if self.done.insert(token.to_owned(), done).is_none() {
            self.order.push_back((now, token.to_owned()));
        }
    }

    /// Tokens are in the order of their time, so that only what is forgotten is looked at.
    fn forget(&mut self, now: Instant) {
        while let Some((at, token)) = self.order.front() {
            if self.order.len() <= MAX_TOKENS && now.duration_since(*at) < KNOWN {
                break;
            }
            self.done.remove(token);
            self.order.pop_front();
        }
    }
}

fn digest(body: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_token_is_remembered_for_ten_minutes() {
        let mut tokens = Tokens::default();
        let start = Instant::now();
        assert_eq!(tokens.answer("t", "{1}", start), Ok(None));
        tokens.remember("t", "{1}", "done", start);

        let in_time = start + Duration::from_secs(599);
        assert_eq!(tokens.answer("t", "{1}", in_time), Ok(Some("done".into())));
        assert_eq!(tokens.answer("t", "{2}", in_time), Err(Mismatch));
        assert_eq!(tokens.answer("t", "{1}", start + KNOWN), Ok(None));
    }

    #[test]
    fn no_more_request_tokens_are_remembered_than_the_bound() {
        let mut tokens = Tokens::default();
        let now = Instant::now();
        for n in 0..MAX_TOKENS + 5 {
            tokens.remember(&n.to_string(), "{}", "done", now);
        }
        assert_eq!(tokens.answer("4", "{}", now), Ok(None));
        assert_eq!(tokens.answer("5", "{}", now), Ok(Some("done".into())));
        assert_eq!((tokens.done.len(), tokens.order.len()), (MAX_TOKENS, MAX_TOKENS));
    }
}
