//! What a function is given: its environment, the clock, the store.

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use bytes::Bytes;
use futures::future::BoxFuture;
use scrip_capability::{Context, Environment, Kept};
use scrip_clock::Clock;
use scrip_identity::Keyring;
use scrip_refusal::Failure;
use scrip_store::{Deadline, Store};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::debug;

use crate::log::Log;
use crate::sdk;

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
    keyring: Option<Keyring>,
    dynamodb: Client,
    kept: Arc<Kept>,
}

impl World {
    /// A world. Only functions whose template entry names the master secret have a keyring.
    pub fn new(
        environment: Environment,
        clock: Clock,
        keyring: Option<Keyring>,
        aws: SdkConfig,
        fetch: Fetch,
        log: Arc<dyn Log>,
    ) -> Self {
        let dynamodb = sdk::dynamodb(&aws);
        let environment = Arc::new(environment);
        let fetch = traced(fetch);
        let (attempt, kept) = (sdk::ATTEMPT, Arc::default());
        Self { environment, clock, aws, fetch, log, attempt, keyring, dynamodb, kept }
    }

    /// Keys derived from the master secret.
    pub fn keyring(&self) -> Result<&Keyring, Failure> {
        self.keyring.as_ref().ok_or_else(|| Failure::broken("this function has no master secret"))
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
            keyring: self.keyring.clone(),
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
