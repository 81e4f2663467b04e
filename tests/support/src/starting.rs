//! How a system starts.

use crate::deployed::Names;
use crate::provider::provider;
use crate::system::{Scrip, Target};
use crate::{MemoryLog, Stack, time};
use scrip_clock::Clock;
use scrip_function::Operation;
use scrip_local::{ClockMode, Options, Platform, Source};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(5);

impl Scrip {
    /// The system that this suite is about: the embedded platform in this process, with nothing kept; or the stack that
    /// was deployed, if the suite was built for one.
    pub async fn start() -> Self {
        if cfg!(feature = "deployed") { Self::deployed() } else { Self::embedded().await }
    }

    /// The embedded platform in this process, with nothing kept.
    pub async fn embedded() -> Self {
        Self::start_with(None, scrip_catalog::operations(), false).await
    }

    /// The same, whose store refuses writes that meet at an item, as `DynamoDB` does.
    pub async fn contended() -> Self {
        Self::start_with(None, scrip_catalog::operations(), true).await
    }

    fn deployed() -> Self {
        let scrip = Self::of(Stack::get().base(), Arc::default(), Target::Deployed(Names::new()));
        // A connection that was idle for as long as a test may wait is no longer there.
        let http = reqwest::Client::builder().pool_idle_timeout(IDLE).build().expect("a client");
        scrip.with_client(http)
    }

    /// The embedded platform in this process, with nothing kept and with these operations.
    pub async fn start_with_operations(operations: Vec<Operation>) -> Self {
        Self::start_with(None, operations, false).await
    }

    /// The embedded platform in this process, with its data in `data`.
    pub async fn start_in(data: &Path) -> Self {
        Self::start_with(Some(data), scrip_catalog::operations(), false).await
    }

    /// The embedded platform in this process, with nothing kept, whose template is given these parameters.
    pub async fn start_with_parameters(parameters: Vec<(&'static str, &'static str)>) -> Self {
        let options = Self::options(None, scrip_catalog::operations());
        Self::start_platform(Options { parameters, ..options }).await
    }

    pub(crate) async fn start_with(
        data: Option<&Path>,
        operations: Vec<Operation>,
        contention: bool,
    ) -> Self {
        Self::start_platform(Options { contention, ..Self::options(data, operations) }).await
    }

    /// The embedded platform in this process, with nothing kept, for users who sign in elsewhere. Its clock stands at the
    /// system's time, by which their tokens are made.
    pub async fn start_with_issuer(url: &str, audience: &str, keys_url: &str) -> Self {
        let issuer = Some(provider(url, audience, keys_url));
        let clock = ClockMode::Standing { from: Clock::system().now() };
        let options = Self::options(None, scrip_catalog::operations());
        Self::start_platform(Options { clock, issuer, ..options }).await
    }

    pub(crate) fn options(data: Option<&Path>, operations: Vec<Operation>) -> Options {
        Options {
            port: 0,
            data: data.map(Path::to_owned),
            operations,
            source: Source::embedded(),
            log: Arc::new(MemoryLog::default()),
            clock: ClockMode::Standing { from: time::start() },
            contention: false,
            issuer: None,
            wire: None,
            parameters: Vec::new(),
        }
    }

    pub(crate) async fn start_platform(options: Options) -> Self {
        let log = Arc::new(MemoryLog::default());
        let options = Options { log: log.clone(), ..options };
        let running = Platform::start(options).await.expect("the platform starts");
        Self::of(running.base_url(), log, Target::Embedded(Box::new(running)))
    }
}
