//! What every function is given, apart from its environment.

use crate::issuer::Issuer;
use crate::platform::Wire;
use aws_types::SdkConfig;
use scrip_clock::Clock;
use scrip_function::{Environment, Fetch, Log, World};
use scrip_identity::KeyringSource;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The variable of functions that are given the master secret.
const MASTER_SECRET: &str = "MASTER_SECRET_ARN";

/// What functions' worlds are made of.
pub(crate) struct Worlds {
    pub(crate) clock: Clock,
    pub(crate) aws: SdkConfig,
    pub(crate) fetch: Fetch,
    pub(crate) keyrings: Arc<KeyringSource>,
    pub(crate) log: Arc<dyn Log>,
    /// How long an attempt to reach a service may take.
    pub(crate) attempt: Duration,
    pub(crate) wire: Option<Wire>,
}

impl Worlds {
    /// The world of a function with these variables.
    pub(crate) fn world(&self, function: &'static str, environment: &BTreeMap<String, String>) -> World {
        let keyrings = environment.contains_key(MASTER_SECRET).then(|| self.keyrings.clone());
        let environment = Environment::new(environment.clone());
        let clock = self.clock.clone();
        let mut aws = self.aws.clone();
        if let (Some(wire), Some(client)) = (&self.wire, aws.http_client()) {
            let spliced = (wire.splice)(function, client);
            aws = aws.into_builder().http_client(spliced).build();
        }
        let mut world = World::new(environment, clock, keyrings, aws, self.fetch.clone(), self.log.clone());
        world.attempt = self.wire.as_ref().map_or(self.attempt, |wire| wire.attempt);
        world
    }
}

/// Functions fetch the development issuer's keys and nothing else.
pub(crate) fn fetch(issuer: &Arc<Issuer>, keys_url: String) -> Fetch {
    let issuer = issuer.clone();
    Arc::new(move |url| {
        let answer = if url == keys_url {
            Ok(issuer.key_set())
        } else {
            Err(format!("{url} is not an address that the embedded platform fetches"))
        };
        Box::pin(std::future::ready(answer))
    })
}
