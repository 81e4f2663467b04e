//! Where a token issuer's keys come from.

use crate::KeySet;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use scrip_clock::Clock;
use std::{fmt, future::Future, sync::Arc};
use tokio::sync::Mutex;

/// How long fetched keys are used without asking again.
const KEYS_FRESH_MINUTES: i64 = 10;
/// How long they are used at most while the issuer can't be reached. A key that it has withdrawn since is
/// trusted for as long.
const KEYS_STALE_HOURS: i64 = 24;
/// The least time between two fetches, so that tokens with invented key ids cause no load.
const REFETCH_AFTER_SECONDS: i64 = 60;

/// The keys can't be had, with the reason for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysUnavailable(pub String);

/// Hands out the issuer's keys.
pub trait KeySource: Send + Sync {
    /// The keys, as fresh as the token needs that names `kid`.
    ///
    /// # Errors
    /// There are none to be had.
    fn keys<'a>(&'a self, kid: Option<&'a str>) -> BoxFuture<'a, Result<Arc<KeySet>, KeysUnavailable>>;
}

/// Keys that never change.
#[derive(Clone, Debug)]
pub struct StaticKeys(Arc<KeySet>);

impl StaticKeys {
    /// These keys, for good.
    pub fn new(keys: KeySet) -> Self {
        Self(Arc::new(keys))
    }
}

impl KeySource for StaticKeys {
    fn keys<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<Arc<KeySet>, KeysUnavailable>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

type Fetch = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<u8>, String>> + Send + Sync>;

/// Keys that are fetched from the issuer and kept for 10 minutes. A token with an unknown key id has them
/// fetched again, at most once a minute, since the issuer may have changed its keys. When a fetch fails, the
/// old keys stay in use for a day.
pub struct CachedKeys {
    clock: Clock,
    fetch: Fetch,
    // Held while fetching: callers that come meanwhile wait for the same answer.
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    tried: Option<Timestamp>,
}

impl CachedKeys {
    /// Keys that `fetch` gets: the bytes of a JWK Set, or why there are none. It has to have its own time
    /// limit.
    pub fn new<F, A>(clock: Clock, fetch: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<u8>, String>> + Send + 'static,
    {
        Self { clock, fetch: Box::new(move || Box::pin(fetch())), cache: Mutex::default() }
    }

    async fn cached_or_fetched(&self, kid: Option<&str>) -> Result<Arc<KeySet>, KeysUnavailable> {
        let mut cache = self.cache.lock().await;
        let now = self.clock.now();
        if let Some(keys) = cache.sufficient(kid, now) {
            return Ok(keys);
        }

        // Noted before the answer: a caller that gives up while it waits has tried too.
        cache.tried = Some(now);
        let fetched = match (self.fetch)().await {
            Ok(json) => KeySet::parse(&json).map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                cache.keys = Some((keys.clone(), now));
                Ok(keys)
            }
            Err(why) => cache.usable(now).ok_or(KeysUnavailable(why)),
        }
    }
}

impl Cache {
    /// The keys, if there is no reason to fetch them again or it is too early to.
    fn sufficient(&self, kid: Option<&str>, now: Timestamp) -> Option<Arc<KeySet>> {
        let (keys, fetched) = self.keys.as_ref()?;
        let fresh = now.duration_since(*fetched) < SignedDuration::from_mins(KEYS_FRESH_MINUTES);
        let known = kid.is_none_or(|kid| keys.contains(kid));
        let tried_lately = self.tried.is_some_and(|tried| {
            now.duration_since(tried) < SignedDuration::from_secs(REFETCH_AFTER_SECONDS)
        });
        if (fresh && known) || tried_lately { self.usable(now) } else { None }
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        let (keys, fetched) = self.keys.as_ref()?;
        let usable = now.duration_since(*fetched) < SignedDuration::from_hours(KEYS_STALE_HOURS);
        usable.then(|| keys.clone())
    }
}

impl KeySource for CachedKeys {
    fn keys<'a>(&'a self, kid: Option<&'a str>) -> BoxFuture<'a, Result<Arc<KeySet>, KeysUnavailable>> {
        Box::pin(self.cached_or_fetched(kid))
    }
}

impl fmt::Debug for CachedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachedKeys")
    }
}

impl fmt::Display for KeysUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeysUnavailable {}

#[cfg(test)]
mod tests;
