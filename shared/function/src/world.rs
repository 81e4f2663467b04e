//! What a function is given: its environment, the clock, the store.

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use bytes::Bytes;
use futures::future::BoxFuture;
use scrip_clock::Clock;
use scrip_identity::Keyring;
use scrip_refusal::{Code, Failure};
use scrip_store::Store;
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tracing::debug;

use crate::log::{Level, Line, Log};
use crate::sdk;

/// The variable that holds the environment's name.
const ENVIRONMENT: &str = "ENVIRONMENT";

/// Fetches what is at an `https` address, or at one on this machine.
pub type Fetch = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync>;

/// The environment variables that the template gives a function.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables as given.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    /// The variable `name`.
    pub fn get(&self, name: &str) -> Result<&str, Failure> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Failure::broken(format!("{name} is not in the environment")))
    }

    /// All variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// What the environment itself is called, such as `prod`.
    pub fn name(&self) -> &str {
        self.0.get(ENVIRONMENT).map_or("unnamed", String::as_str)
    }
}

/// All that one function has, for as long as its process runs.
pub struct World {
    /// Its variables.
    pub environment: Environment,
    /// The time.
    pub clock: Clock,
    /// The SDK's configuration, for clients other than the store's.
    pub aws: SdkConfig,
    /// How a function gets what is published elsewhere, such as the keys of a token's issuer.
    pub fetch: Fetch,
    /// Where log lines go.
    pub log: Arc<dyn Log>,
    keyring: Option<Keyring>,
    dynamodb: Client,
    kept: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
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
        let fetch = traced(fetch);
        Self { environment, clock, aws, fetch, log, keyring, dynamodb, kept: Mutex::default() }
    }

    /// Keys derived from the master secret.
    pub fn keyring(&self) -> Result<&Keyring, Failure> {
        self.keyring.as_ref().ok_or_else(|| Failure::broken("this function has no master secret"))
    }

    /// A store for one invocation.
    pub fn store(&self, deadline: Instant) -> Store {
        Store::new(self.dynamodb.clone(), deadline)
    }

    /// What a capability keeps from one invocation to the next, made at its first use.
    pub fn keep<T: Any + Send + Sync>(
        &self,
        make: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept.get(&TypeId::of::<T>()).cloned().and_then(|value| value.downcast().ok()) {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        kept.insert(TypeId::of::<T>(), value.clone());
        Ok(value)
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

/// One invocation of a function.
#[derive(Clone)]
pub struct Invocation {
    /// The function's name.
    pub operation: &'static str,
    /// What the function has.
    pub world: Arc<World>,
    /// The store, metered for this invocation.
    pub store: Store,
    /// The id under which the log knows it.
    pub request_id: String,
}

impl Invocation {
    /// Logs what became of one record or message among several. The invocation itself succeeds, so its own line does
    /// not tell.
    pub fn note(&self, cause: Option<&str>, failure: &Failure, detail: &str) {
        let is_busy = matches!(failure, Failure::Busy(_));
        let cause = cause.map(str::to_owned);
        self.world.log.write(&Line {
            level: if is_busy { Level::Info } else { Level::Error },
            time: self.world.clock.now(),
            environment: self.world.environment.name(),
            request_id: &self.request_id,
            causes: cause.as_slice(),
            operation: self.operation,
            principal: "system",
            outcome: if is_busy { Code::Busy.as_str() } else { Code::Internal.as_str() },
            status: None,
            measures: None,
            reason: None,
            detail: Some(detail),
        });
    }
}
