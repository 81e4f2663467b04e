//! Puts the platform together, and takes it apart in order.

use crate::aws::{self, Aws, WrittenKey};
use crate::background::{drive, until};
use crate::data::{ClockMode, DataDirectory};
use crate::error::StartError;
use crate::functions::Functions;
use crate::gateway::{self, Authorizer, Gateway, Local, Router};
use crate::issuer::{self, Issuer};
use crate::schedules::Schedules;
use crate::sign_in::{self, SignIn};
use crate::source::Source;
use crate::store::Durability;
use crate::streams::Streams;
use crate::time::Time;
use crate::worlds::{self, Worlds};
use crate::{openapi, wiring};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use bytes::Bytes;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_function::{Fetch, Log, Operation, sdk};
use scrip_identity::{KeyringSource, MasterSecret};
use scrip_queues::Queues;
use scrip_sam::{Application, Parameters, Template};
use scrip_states_language::{Engine, Machine};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

const DEFAULT_AUDIENCE: &str = "scrip";
/// How many times as long as the template says a function may take where time stands: a limit of real time only ends what
/// would never end there, and a slow machine must not decide what an operation answers.
const PATIENCE_WHILE_TIME_STANDS: u32 = 12;

pub struct Options {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// Where everything is kept, or nowhere: then it is gone at the end.
    pub data: Option<PathBuf>,
    /// The operations that the template names.
    pub operations: Vec<Operation>,
    /// The template and the machines.
    pub source: Source,
    /// Where log lines go.
    pub log: Arc<dyn Log>,
    /// How time passes.
    pub clock: ClockMode,
    /// Whether writes are refused that meet at an item, or come too fast for it or for a key of an index, as `DynamoDB`
    /// refuses them.
    pub contention: bool,
    /// Who issues users' tokens, if not the development issuer.
    pub issuer: Option<TokenIssuer>,
    /// What stands between functions and services, if something does.
    pub wire: Option<Wire>,
    /// Values of the template's parameters that take the place of its own.
    pub parameters: Vec<(&'static str, &'static str)>,
}

/// An issuer of users' tokens elsewhere.
#[derive(Clone)]
pub struct TokenIssuer {
    /// The `iss` of its tokens.
    pub url: String,
    /// The `aud` of its tokens.
    pub audience: String,
    /// Where its keys are.
    pub keys_url: String,
    /// How functions get them.
    pub fetch: Fetch,
}

/// Puts something into the connection of a function, which is named, with the services.
pub type Splice = Arc<dyn Fn(&'static str, SharedHttpClient) -> SharedHttpClient + Send + Sync>;

/// The wire between functions and services, as a test would have it.
#[derive(Clone)]
pub struct Wire {
    /// What each function's connection goes through.
    pub splice: Splice,
    /// How long an attempt may take.
    pub attempt: Duration,
}

#[derive(Debug)]
pub enum Platform {}

/// A platform that runs. When it is dropped without [`Running::shutdown`] it stops too, but nobody waits for it.
pub struct Running {
    address: SocketAddr,
    data: Arc<DataDirectory>,
    application: Application,
    aws: SdkConfig,
    services: Aws,
    functions: Functions,
    time: Arc<Time>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Platform {
    /// Starts everything; requests are answered when this returns.
    ///
    /// # Errors
    /// What stands in the way. Nothing of the data has been changed then, but what is missing may have been created.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let Options { port, data, operations, source, log, clock, contention, wire, .. } = options;
        let (token_issuer, parameters) = (options.issuer, options.parameters);
        let (listener, address) = listen(port).await?;
        let base = format!("http://{address}");
        let plan = Plan::of(&source, &operations, &base, token_issuer.as_ref(), &parameters)?;
        let application = plan.application;

        let durability = if data.is_some() { Durability::Durable } else { Durability::Fleeting };
        let data = Arc::new(data.map_or_else(DataDirectory::temporary, |path| DataDirectory::open(&path))?);
        let patience =
            if matches!(clock, ClockMode::Standing { .. }) { PATIENCE_WHILE_TIME_STANDS } else { 1 };
        let clock = data.clock(clock)?;
        let store = wiring::open_store(&data, durability, &application).await?;
        let queues = wiring::open_queues(&data, durability, &application, &base, &clock)?;
        let aws = Aws::new(store.clone(), queues.clone());
        let aws = if contention { aws.with_contention(&application.tables) } else { aws };
        let issuer = Arc::new(issuer(&data, &application, &base, &clock)?);
        let worlds = Worlds {
            clock: clock.clone(),
            aws: aws::configuration(&aws, &format!("{base}/local/aws")),
            fetch: match token_issuer {
                Some(elsewhere) => elsewhere.fetch,
                None => worlds::fetch(&issuer, format!("{base}{}", issuer::KEYS_PATH)),
            },
            keyrings: Arc::new(keyrings(&data, &clock)?),
            log: log.clone(),
            attempt: sdk::ATTEMPT * patience,
            wire,
        };
        let functions = Functions::default();
        functions.deploy(&application, operations, patience, |function, environment| {
            worlds.world(function, environment)
        })?;
        let engine = wiring::open_engine(&data, durability, plan.machines, &clock, &functions)?;
        aws.set_engine(engine.clone());
        let poller = wiring::poller(&application, &queues, &functions)?;
        let streams = Streams::open(&application, &store, &functions, &queues, &clock).await;
        let streams = streams.map_err(|error| StartError::data(data.path(), error))?;
        let schedules = Schedules::of(&application, &store, &functions, &clock)?;
        let time = Arc::new(Time {
            clock: clock.clone(),
            data: data.clone(),
            functions: functions.clone(),
            store,
            tables: application.tables.clone(),
            schedules,
            streams,
            queues,
            poller,
            engine,
            advancing: tokio::sync::Mutex::default(),
        });
        let authorizer = application.authorizer.clone();
        let sign_in = SignIn::new(issuer.clone(), clock.clone());
        let gateway = Gateway {
            stage: format!("/{}", application.stage),
            router: plan.router,
            authorizer: authorizer.map(|spec| Authorizer::new(spec, &application.stage, clock.clone())),
            functions: functions.clone(),
            local: Local { sign_in, issuer, time: time.clone(), aws: aws.clone(), openapi: plan.openapi },
            clock,
            log: log.clone(),
        };
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        drive(&mut tasks, &time, &log, &stopped);
        tasks.spawn(gateway::serve(listener, Arc::new(gateway), until(stopped)));
        let (aws, services) = (worlds.aws, aws);
        Ok(Running { address, data, application, aws, services, functions, time, stop, tasks })
    }
}

/// What the source says, read and checked before any data is touched.
struct Plan {
    application: Application,
    machines: Vec<Machine>,
    router: Router,
    openapi: Bytes,
}

impl Plan {
    fn of(
        source: &Source,
        operations: &[Operation],
        base: &str,
        elsewhere: Option<&TokenIssuer>,
        parameters: &[(&str, &str)],
    ) -> Result<Self, StartError> {
        let (issuer, keys) = match elsewhere {
            Some(issuer) => (issuer.url.clone(), issuer.keys_url.clone()),
            None => (issuer::url(base), format!("{base}{}", issuer::KEYS_PATH)),
        };
        let mut overrides = vec![
            ("Environment", crate::ENVIRONMENT),
            ("TokenIssuer", &*issuer),
            ("TokenJwksUrl", &*keys),
            ("SignInClientId", sign_in::CLIENT),
            ("SignInAuthorizationUrl", sign_in::PATH),
            ("SignInTokenUrl", sign_in::TOKEN_PATH),
        ];
        overrides.extend(elsewhere.map(|issuer| ("TokenAudience", &*issuer.audience)));
        overrides.extend(parameters);
        let parameters = Parameters::local(&format!("{base}/local/aws"), &overrides);
        let application = Template::read(&source.templates, &parameters);
        let application = application.map_err(|error| StartError::Wiring(error.to_string()))?;
        let machines = wiring::machines(&application, source)?;
        let router = Router::new(&application.routes).map_err(StartError::Wiring)?;
        let document = openapi::document(&application, operations, base).map_err(StartError::Wiring)?;
        Ok(Self { application, machines, router, openapi: Bytes::from(document.to_string()) })
    }
}

/// Listens on 127.0.0.1; port 0 is any that is free.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let unavailable = |source| StartError::Port { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(unavailable)?;
    let address = listener.local_addr().map_err(unavailable)?;
    Ok((listener, address))
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its URLs begin with, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn clock(&self) -> &Clock {
        &self.time.clock
    }

    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// What the template wires.
    pub fn application(&self) -> &Application {
        &self.application
    }

    /// The SDK's configuration with which functions reach the tables, queues and machines.
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    /// The write units of each partition key of the tables and their indexes so far; they are counted where
    /// [`Options::contention`] is.
    pub fn units_written(&self) -> BTreeMap<WrittenKey, u64> {
        self.services.units_written()
    }

    pub fn engine(&self) -> &Engine {
        &self.time.engine
    }

    pub fn queues(&self) -> &Queues {
        &self.time.queues
    }

    /// Runs what is due now, and what follows from it.
    ///
    /// # Errors
    /// A part of the platform can't do its work.
    pub async fn settle(&self) -> Result<(), String> {
        self.time.settle().await
    }

    /// Advances the clock, and runs what becomes due in the order of time.
    ///
    /// # Errors
    /// A part of the platform can't do its work.
    pub async fn advance(&self, by: SignedDuration) -> Result<Timestamp, String> {
        self.time.advance(by).await
    }

    /// How many records a table's stream keeps.
    ///
    /// # Errors
    /// The store is closed or can't be read.
    pub async fn stream_records(&self, table: &str) -> Result<u64, String> {
        let table = table.to_owned();
        let count = self.time.store.with(move |tables| tables.records().count(&table)).await;
        count.map_err(|closed| closed.to_string())?.map_err(|error| error.to_string())
    }

    /// Finishes what is in flight, then stops everything and closes the files.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        let store = self.time.store.clone();
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.functions.retire();
    }
}

/// The keys of the master secret's file, which is read again as a deployed function reads its secret.
fn keyrings(data: &Arc<DataDirectory>, clock: &Clock) -> Result<KeyringSource, StartError> {
    let master = MasterSecret::parse(&data.master_secret()?);
    let master = master.map_err(|error| StartError::data(&data.master_secret_path(), error))?;
    let data = data.clone();
    let read = move || std::future::ready(data.master_secret_again().map_err(|error| error.to_string()));
    Ok(KeyringSource::new(clock.clone(), master, read))
}

fn issuer(
    data: &DataDirectory,
    application: &Application,
    base: &str,
    clock: &Clock,
) -> Result<Issuer, StartError> {
    let audience =
        application.functions.iter().find_map(|function| function.environment.get("TOKEN_AUDIENCE"));
    let audience = audience.cloned().unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned());
    Ok(Issuer::new(data.issuer_key()?, issuer::url(base), audience, clock.clone()))
}
