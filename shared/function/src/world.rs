//! What a function is given: its environment, the clock, the store.

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use bytes::Bytes;
use futures::future::BoxFuture;
use scrip_capability::{Context, Environment, Kept};
use scrip_clock::Clock;
use scrip_identity::KeyringSource;
use scrip_refusal::Failure;
use scrip_store::{Deadline, Store};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::debug;

use crate::log::Log;
use crate::sdk;

/// What part of an invocation's time may go by with reading the master secret again.
const REFRESH_SHARE: u32 = 4;

/// Fetches what is at an `https` address, or at one on this machine.
pub type Fetch = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync>;

/// All that one function has, for as long as its process runs.
pub struct World {
    /// Its variables.
    pub environment: Arc<Environment>,
    /// The time.
    pub clock: Clock,
    /// The SDK's configuration, for clients other than the store's.
    pub aws: SdkConfig,
    /// How a function gets what is published elsewhere, such as the keys of a token's issuer.
    pub fetch: Fetch,
    /// Where log lines go.
    pub log: Arc<dyn Log>,
    /// How long one attempt to reach a service of AWS may take.
    pub attempt: Duration,
    keyrings: Option<Arc<KeyringSource>>,
    dynamodb: Client,
    kept: Arc<Kept>,
}

impl World {
    /// A world. Only functions whose template entry names the master secret have keyrings.
    pub fn new(
        environment: Environment,
        clock: Clock,
        keyrings: Option<Arc<KeyringSource>>,
        aws: SdkConfig,
        fetch: Fetch,
        log: Arc<dyn Log>,
    ) -> Self {
        let dynamodb = sdk::dynamodb(&aws);
        let environment = Arc::new(environment);
        let fetch = traced(fetch);
        let (attempt, kept) = (sdk::ATTEMPT, Arc::default());
        Self { environment, clock, aws, fetch, log, attempt, keyrings, dynamodb, kept }
    }

    /// Where keys derived from the master secret come from.
    pub fn keyrings(&self) -> Option<&Arc<KeyringSource>> {
        self.keyrings.as_ref()
    }

    /// Reads the master secret again if it is time to, so that what an invocation makes can be opened by every other. A
    /// secret that can't be read is told, and stops nothing.
    pub(crate) async fn refresh(&self, deadline: Instant) -> Option<String> {
        let keyrings = self.keyrings.as_ref()?;
        let left = deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left / REFRESH_SHARE, keyrings.refresh()).await {
            Ok(refreshed) => refreshed.err(),
            Err(_) => Some("the master secret was not read again in time".to_owned()),
        }
    }

    /// What capabilities are made of in an invocation that ends at `deadline`.
    pub fn context(&self, deadline: Instant) -> Context {
        let deadline = Deadline::new(deadline, self.attempt);
        Context {
            environment: self.environment.clone(),
            kept: self.kept.clone(),
            clock: self.clock.clone(),
            store: Store::new(self.dynamodb.clone(), deadline),
            deadline,
            keyring: self.keyrings.as_ref().map(|keyrings| keyrings.keyring()),
        }
    }

    /// What is kept from one invocation to the next, made at its first use.
    pub fn keep<T: Any + Send + Sync>(
        &self,
        make: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        self.kept.keep(make)
    }
}

fn traced(fetch: Fetch) -> Fetch {
    Arc::new(move |address| {
        let fetched = fetch(address);
        Box::pin(async move {
            let fetched = fetched.await;
            debug!(outcome = if fetched.is_ok() { "ok" } else { "failed" }, "document fetched");
            fetched
        })
    })
}
