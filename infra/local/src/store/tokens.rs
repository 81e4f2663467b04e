//! `ClientRequestToken`: a transaction that is sent again is answered, not done again.
//!
//! The engine's own memory of tokens looks through all of them at each transaction, so none reaches it. A request that is
//! sent again is told the capacity that the first one used; DynamoDB tells what reading the items takes.
//!
//! Source: DynamoDB API Reference, `TransactWriteItems`, of `ClientRequestToken` and of
//! `IdempotentParameterMismatchException`.

use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// How long `DynamoDB` knows a token, in real time: whoever sends a request again pauses in real time.
const KNOWN: Duration = Duration::from_mins(10);
/// How many tokens are known at most; beyond, the oldest is forgotten early.
const MAX_TOKENS: usize = 10_000;
/// How long a token may be, by `DynamoDB`.
const MAX_TOKEN_CHARACTERS: usize = 36;

/// What was done under which token.
#[derive(Default)]
pub(super) struct Tokens {
    done: HashMap<String, Done>,
    order: VecDeque<(Instant, String)>,
}

struct Done {
    request: Digest,
    answer: String,
}

/// Tells whether two requests are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(u64);

/// The token came with another request before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch;

impl Digest {
    /// Of a request's body, in whatever order its members stand.
    pub(super) fn of(body: &str) -> Self {
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        hash(&request, &mut hasher);
        Self(hasher.finish())
    }
}

fn hash(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            ('{', members.len()).hash(hasher);
            for (name, value) in members {
                name.hash(hasher);
                hash(value, hasher);
            }
        }
        Value::Array(elements) => {
            ('[', elements.len()).hash(hasher);
            for element in elements {
                hash(element, hasher);
            }
        }
        scalar => scalar.to_string().hash(hasher),
    }
}

/// Whether a token has the length that `DynamoDB` takes, or its words for one that has not.
pub(super) fn check(token: &str) -> Result<(), String> {
    let bound = match token.chars().count() {
        0 => "greater than or equal to 1".to_owned(),
        1..=MAX_TOKEN_CHARACTERS => return Ok(()),
        _ => format!("less than or equal to {MAX_TOKEN_CHARACTERS}"),
    };
    Err(format!(
        "1 validation error detected: Value '{token}' at 'clientRequestToken' failed to satisfy constraint: \
         Member must have length {bound}"
    ))
}

impl Tokens {
    /// The answer that this request got under this token, if it was done.
    pub(super) fn answer(
        &mut self,
        token: &str,
        request: Digest,
        now: Instant,
    ) -> Result<Option<String>, Mismatch> {
        self.forget(now);
        match self.done.get(token) {
            None => Ok(None),
            Some(done) if done.request == request => Ok(Some(done.answer.clone())),
            Some(_) => Err(Mismatch),
        }
    }

    /// Remembers what was done.
    pub(super) fn remember(&mut self, token: String, request: Digest, answer: &str, now: Instant) {
        let done = Done { request, answer: answer.to_owned() };
        if self.done.insert(token.clone(), done).is_none() {
            self.order.push_back((now, token));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_token_is_remembered_for_ten_minutes() {
        let mut tokens = Tokens::default();
        let start = Instant::now();
        let (one, other) = (Digest::of("{\"a\": 1}"), Digest::of("{\"a\": 2}"));
        assert_eq!(tokens.answer("t", one, start), Ok(None));
        tokens.remember("t".into(), one, "done", start);

        let in_time = start + Duration::from_secs(599);
        assert_eq!(tokens.answer("t", one, in_time), Ok(Some("done".into())));
        assert_eq!(tokens.answer("t", other, in_time), Err(Mismatch));
        assert_eq!(tokens.answer("t", one, start + KNOWN), Ok(None));
    }

    #[test]
    fn no_more_request_tokens_are_remembered_than_the_bound() {
        let mut tokens = Tokens::default();
        let now = Instant::now();
        let request = Digest::of("{}");
        for n in 0..MAX_TOKENS + 5 {
            tokens.remember(n.to_string(), request, "done", now);
        }
        assert_eq!(tokens.answer("4", request, now), Ok(None));
        assert_eq!(tokens.answer("5", request, now), Ok(Some("done".into())));
        assert_eq!((tokens.done.len(), tokens.order.len()), (MAX_TOKENS, MAX_TOKENS));
    }

    #[test]
    fn requests_are_the_same_in_whatever_order_their_members_stand() {
        let request = r#"{"a": [{"b": 1, "c": {"S": "x"}}, 2], "d": null}"#;
        for same in [r#"{"d":null,"a":[{"c":{"S":"x"},"b":1},2]}"#, request] {
            assert_eq!(Digest::of(same), Digest::of(request), "{same}");
        }
        for other in [
            r#"{"a": [2, {"b": 1, "c": {"S": "x"}}], "d": null}"#,
            r#"{"a": [{"b": 1, "c": {"S": "x"}}, 2]}"#,
            r#"{"a": [{"b": "1", "c": {"S": "x"}}, 2], "d": null}"#,
            r#"{"a": [{"b": 1, "c": {"N": "x"}}, 2], "d": null}"#,
            r#"{"a": [{"b": 1, "c": {"S": "x"}}, 2, 2], "d": null}"#,
        ] {
            assert_ne!(Digest::of(other), Digest::of(request), "{other}");
        }
    }

    #[test]
    fn a_token_has_1_to_36_characters() {
        assert!(check("t").is_ok() && check(&"ä".repeat(36)).is_ok());
        assert!(check("").unwrap_err().ends_with("length greater than or equal to 1"));
        assert!(check(&"t".repeat(37)).unwrap_err().ends_with("length less than or equal to 36"));
    }
}
