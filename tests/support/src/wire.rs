//! A wire between functions and services that fails where a test plans it, and remembers what was written over it, so that
//! it can be undone.

mod answers;
mod journal;

use crate::Scrip;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
pub use journal::Written;
use journal::{Journal, written_keys};
use scrip_function::Operation;
use scrip_local::{Options, Splice};
use serde_json::Value;
use std::fmt;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What happens to one call of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// It never arrives, and the connection is reset.
    LoseRequest,
    /// It arrives, and the connection is reset before its answer comes.
    LoseAnswer,
    /// It never arrives, and nothing comes back.
    Hang,
    /// It arrives, and nothing comes back.
    HangAfter,
    /// The service has too much to do.
    Throttle,
    /// Another transaction holds an item.
    Conflict,
    /// Only a part of it is done, and the answer says so.
    Part,
    /// The function is ended before it.
    DieBefore,
    /// The function is ended after it.
    DieAfter,
    /// Of several items the one at this place is read, and the others when the test says so.
    Overtake(usize),
}

impl Break {
    /// All but those that depend on how much is read.
    pub const ALL: [Self; 9] = [
        Self::LoseRequest,
        Self::LoseAnswer,
        Self::Hang,
        Self::HangAfter,
        Self::Throttle,
        Self::Conflict,
        Self::Part,
        Self::DieBefore,
        Self::DieAfter,
    ];

    /// Whether the function is ended, so that its answer says nothing.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::DieBefore | Self::DieAfter)
    }

    /// Whether the same request comes in between.
    pub const fn is_overtaking(self) -> bool {
        matches!(self, Self::Overtake(_))
    }
}

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// It happened.
    Happened,
    /// The call was made, but nothing like it can happen to it.
    DoesNotApply,
    /// So many calls were not made.
    NotReached,
}

/// The wire of one system; clones are the same.
#[derive(Clone, Default)]
pub struct Wire(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Held while something is written, so that what was there before is what is remembered.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    journal: Option<Journal>,
    connector: Option<SharedHttpConnector>,
}

/// Stands for each call.
const ALL: usize = 0;

struct Plan {
    function: &'static str,
    /// From 1; or [`ALL`].
    call: usize,
    fault: Break,
    seen: usize,
    met: Met,
    noted: Vec<Vec<Break>>,
    /// The keys that are not read before the test says so.
    unread: Vec<String>,
    overtaken: Arc<Notify>,
}

impl Plan {
    fn new(function: &'static str, call: usize, fault: Break) -> Self {
        let (met, noted, unread) = (Met::NotReached, Vec::new(), Vec::new());
        Self { function, call, fault, seen: 0, met, noted, unread, overtaken: Arc::default() }
    }

    /// What happens to the next call of the function.
    fn next(&mut self, target: &str, body: &Value) -> Option<Break> {
        if !self.unread.is_empty() && self.unread == answers::named(&body["RequestItems"]) {
            return Some(Break::Throttle);
        }
        self.seen += 1;
        self.noted.push(answers::possible(target, body));
        if self.call == ALL {
            // A single key is read at last.
            let applies = answers::applies(self.fault, target, body) && answers::keys(body) != 1;
            return applies.then_some(self.fault);
        }
        if self.seen > self.call && self.fault.is_end() {
            return Some(Break::DieBefore);
        }
        if self.seen != self.call {
            return None;
        }
        self.met = if answers::applies(self.fault, target, body) { Met::Happened } else { Met::DoesNotApply };
        (self.met == Met::Happened).then_some(self.fault)
    }
}

impl Wire {
    /// What puts the wire into each function's connection.
    pub fn splice(&self) -> Splice {
        let wire = self.clone();
        Arc::new(move |function, inner| {
            SharedHttpClient::new(Spliced { function, wire: wire.clone(), inner })
        })
    }

    /// Has the n-th call that this function makes from now on meet a fault, and no other.
    pub fn plan(&self, function: &'static str, call: usize, fault: Break) {
        self.state().plan = Some(Plan::new(function, call, fault));
    }

    /// Has every call of this function meet a fault, where it applies, until the plan ends.
    pub fn plan_all(&self, function: &'static str, fault: Break) {
        self.state().plan = Some(Plan::new(function, ALL, fault));
    }

    /// Notes the calls that this function makes from now on, without a fault.
    pub fn note(&self, function: &'static str) {
        self.plan(function, usize::MAX, Break::Hang);
    }

    /// What can happen to each of the calls that were noted, in their order.
    pub fn noted(&self) -> Vec<Vec<Break>> {
        self.state().plan.take().map_or_else(Vec::new, |plan| plan.noted)
    }

    /// Ends the plan; what became of it.
    pub fn met(&self) -> Met {
        self.state().plan.take().map_or(Met::NotReached, |plan| plan.met)
    }

    /// Waits until a part of what a call reads is read, as was planned.
    pub async fn overtaken(&self) {
        let overtaken = self.state().plan.as_ref().map(|plan| plan.overtaken.clone());
        overtaken.expect("a plan").notified().await;
    }

    /// Has the rest be read from now on.
    pub fn read_on(&self) {
        if let Some(plan) = &mut self.state().plan {
            plan.unread.clear();
        }
    }

    fn hold(&self, left: &Value) -> Option<Arc<Notify>> {
        let mut state = self.state();
        let plan = state.plan.as_mut()?;
        plan.unread = answers::named(left);
        Some(plan.overtaken.clone())
    }

    fn next(&self, function: &str, target: &str, body: &Value) -> Option<Break> {
        let mut state = self.state();
        let plan = state.plan.as_mut().filter(|plan| plan.function == function);
        plan.and_then(|plan| plan.next(target, body))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the store past all functions.
    async fn store(&self, operation: &str, request: &Value) -> Value {
        let connector = self.state().connector.clone().expect("a function has been made");
        let answer = connector.call(answers::request(operation, request)).await.expect("the store answers");
        let (status, body) = (answer.status().as_u16(), answers::body(answer.body()));
        assert_eq!(status, 200, "{operation}: {body}");
        body
    }
}

/// Each call of an operation meets every fault, and one that looks for what is due makes a call for each shard.
const FEW_SHARDS: &str =
    "bill-expiry=2,offline-authorization=1,pos-settlement=2,payment-request=1,coupon-reward=1";

impl Scrip {
    /// The embedded platform in this process with these operations, which reach the services over this wire: an attempt that
    /// takes longer is given up.
    pub async fn wired(operations: Vec<Operation>, wire: &Wire, attempt: Duration) -> Self {
        let wire = scrip_local::Wire { splice: wire.splice(), attempt };
        let options = Self::options(None, operations);
        let parameters = vec![("SlotShards", FEW_SHARDS)];
        Self::start_platform(Options { wire: Some(wire), parameters, ..options }).await
    }
}

struct Spliced {
    function: &'static str,
    wire: Wire,
    inner: SharedHttpClient,
}

impl fmt::Debug for Spliced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the wire of {}", self.function)
    }
}

impl HttpClient for Spliced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        self.wire.state().connector.get_or_insert_with(|| inner.clone());
        SharedHttpConnector::new(Connection { function: self.function, wire: self.wire.clone(), inner })
    }
}

#[derive(Clone)]
struct Connection {
    function: &'static str,
    wire: Wire,
    inner: SharedHttpConnector,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a connection of {}", self.function)
    }
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connection = self.clone();
        HttpConnectorFuture::new(async move { connection.pass(request).await })
    }
}

type Passed = Result<HttpResponse, ConnectorError>;

impl Connection {
    async fn pass(self, request: HttpRequest) -> Passed {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = answers::body(request.body());
        match self.wire.next(self.function, &target, &body) {
            None => self.deliver(request, &target, &body).await,
            Some(Break::LoseRequest) => Err(reset()),
            Some(Break::LoseAnswer) => {
                let _lost = self.deliver(request, &target, &body).await;
                Err(reset())
            }
            Some(Break::Hang) => pending().await,
            Some(Break::HangAfter) => {
                let _lost = self.deliver(request, &target, &body).await;
                pending().await
            }
            Some(Break::Throttle) => Ok(answers::throttled(&target)),
            Some(Break::Conflict) => Ok(answers::conflict(&target, &body)),
            Some(fault @ (Break::Part | Break::Overtake(_))) => {
                let only = if let Break::Overtake(place) = fault { Some(place) } else { None };
                let (done, left) = answers::divided(&target, &body, only);
                let held = only.and_then(|_| self.wire.hold(&left));
                let answer = self.deliver(answers::instead_of(request, &done), &target, &done).await?;
                if let Some(overtaken) = held {
                    overtaken.notify_one();
                }
                Ok(answers::with_left(&target, &answer, left))
            }
            Some(Break::DieBefore) => Ok(answers::denied()),
            Some(Break::DieAfter) => {
                let _lost = self.deliver(request, &target, &body).await;
                Ok(answers::denied())
            }
        }
    }

    /// Lets a call through. What it writes over is remembered before.
    async fn deliver(&self, request: HttpRequest, target: &str, body: &Value) -> Passed {
        let keys = written_keys(target, body);
        if keys.is_empty() || self.wire.state().journal.is_none() {
            return self.inner.call(request).await;
        }
        let _alone = self.wire.0.writing.lock().await;
        for key in keys {
            self.wire.remember(key).await;
        }
        self.inner.call(request).await
    }
}

fn reset() -> ConnectorError {
    ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())
}

/// A body of text.
fn sdk_body(value: &Value) -> SdkBody {
    SdkBody::from(value.to_string())
}

/// How services are reached that accept everything and never answer.
pub fn silent_services() -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Silent)
        .build()
}

#[derive(Clone, Debug)]
struct Silent;

impl HttpClient for Silent {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(pending())
    }
}
