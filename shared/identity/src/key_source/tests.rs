use super::*;
use crate::{Algorithm, SigningKey};
use serde_json::json;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An issuer that publishes one key, under an id that it can change, or is down.
#[derive(Clone)]
struct Issuer {
    published: Arc<StdMutex<Result<String, String>>>,
    fetches: Arc<AtomicUsize>,
}

impl Issuer {
    fn new() -> Self {
        let issuer = Self { published: Arc::new(StdMutex::new(Err(String::new()))), fetches: Arc::default() };
        issuer.publish("k1");
        issuer
    }

    fn publish(&self, kid: &str) {
        let mut key = serde_json::to_value(SigningKey::generate(Algorithm::EdDsa).public_jwk()).unwrap();
        key["kid"] = kid.into();
        *self.published.lock().unwrap() = Ok(json!({"keys": [key]}).to_string());
    }

    fn answer(&self, answer: Result<&str, &str>) {
        *self.published.lock().unwrap() = answer.map(str::to_owned).map_err(str::to_owned);
    }

    fn cached(&self, clock: &Clock) -> CachedKeys {
        let issuer = self.clone();
        CachedKeys::new(clock.clone(), move || {
            issuer.fetches.fetch_add(1, Ordering::SeqCst);
            let answer = issuer.published.lock().unwrap().clone();
            async move {
                tokio::task::yield_now().await;
                answer.map(String::into_bytes)
            }
        })
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

async fn has(keys: &CachedKeys, kid: &str) -> bool {
    keys.keys(Some(kid)).await.unwrap().contains(kid)
}

#[tokio::test]
async fn keys_are_fetched_once_in_ten_minutes() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    let keys = issuer.cached(&clock);

    assert!(has(&keys, "k1").await);
    clock.advance(SignedDuration::from_secs(9 * 60 + 50));
    assert!(has(&keys, "k1").await);
    assert!(keys.keys(None).await.is_ok());
    assert_eq!(issuer.fetches(), 1);

    clock.advance(SignedDuration::from_secs(10));
    assert!(has(&keys, "k1").await);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn an_unknown_key_id_fetches_at_most_once_a_minute() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    let keys = issuer.cached(&clock);
    assert!(has(&keys, "k1").await);
    issuer.publish("k2");

    assert!(!has(&keys, "k2").await, "the first fetch was less than a minute ago");
    assert_eq!(issuer.fetches(), 1);

    clock.advance(SignedDuration::from_secs(60));
    assert!(has(&keys, "k2").await);
    assert_eq!(issuer.fetches(), 2);

    for invented in ["k3", "k4", "k5"] {
        assert!(!has(&keys, invented).await);
    }
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn old_keys_stay_in_use_for_a_day_while_fetching_fails() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    let keys = issuer.cached(&clock);
    assert!(has(&keys, "k1").await);

    for (answer, fetches) in [(Err("503"), 2), (Ok("<html>"), 3), (Ok(r#"{"keys": []}"#), 4)] {
        issuer.answer(answer);
        clock.advance(SignedDuration::from_mins(11));
        assert!(has(&keys, "k1").await);
        assert!(has(&keys, "k1").await, "asked again within the minute");
        assert_eq!(issuer.fetches(), fetches);
    }

    issuer.answer(Err("503"));
    clock.advance(SignedDuration::from_hours(24));
    assert_eq!(keys.keys(Some("k1")).await.unwrap_err(), KeysUnavailable("503".to_owned()));

    issuer.publish("k1");
    assert!(has(&keys, "k1").await, "without any keys there is no minute to wait for");
}

#[tokio::test]
async fn without_any_keys_the_reason_is_told_and_the_next_call_tries_again() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    issuer.answer(Err("connection refused"));
    let keys = issuer.cached(&clock);

    assert_eq!(keys.keys(None).await.unwrap_err(), KeysUnavailable("connection refused".to_owned()));
    issuer.publish("k1");
    assert!(has(&keys, "k1").await);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_fetch() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    let keys = issuer.cached(&clock);
    let callers: Vec<_> = (0..20).map(|_| has(&keys, "k1")).collect();
    assert!(futures::future::join_all(callers).await.into_iter().all(|has| has));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_blocks_nobody() {
    let (issuer, clock) = (Issuer::new(), Clock::standing());
    let keys = issuer.cached(&clock);

    let mut given_up = keys.keys(None);
    assert!(futures::poll!(&mut given_up).is_pending());
    drop(given_up);

    assert!(has(&keys, "k1").await);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn static_keys_are_always_the_same() {
    let keys = StaticKeys::new(KeySet::of("dev", SigningKey::generate(Algorithm::Es256).public_jwk()));
    assert!(keys.keys(None).await.unwrap().contains("dev"));
    assert!(!keys.keys(Some("other")).await.unwrap().contains("other"));
}
