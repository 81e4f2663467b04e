//! How simulated phones and tills reach the platform.

use crate::address::{self, Address};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use rand::Rng;
use reqwest::{Client, Method, StatusCode};
use scrip_clock::SignedDuration;
use scrip_terminal::{Problem, Request, Response, Transport, TransportError, Waiter};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A device's connection to the platform.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    http: Client,
    base: String,
}

/// Waits as long as it is told to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealTime;

impl Network {
    pub(crate) fn new(address: &Address) -> anyhow::Result<Self> {
        Ok(Self { http: address::client()?, base: address.base() })
    }
}

impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let method = Method::from_bytes(request.method.as_str().as_bytes());
        let method = method.map_err(|error| TransportError::NotSent(error.to_string()))?;
        let mut sent = self.http.request(method, format!("{}{}", self.base, request.path)).body(request.body);
        for (name, value) in request.headers {
            sent = sent.header(name, value);
        }
        let lost = |error: reqwest::Error| {
            let why = root_cause(&error);
            if error.is_connect() || error.is_builder() {
                TransportError::NotSent(why)
            } else {
                TransportError::NoAnswer(why)
            }
        };
        let answer = sent.send().await.map_err(lost)?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let headers = headers.collect();
        let body = answer.bytes().await.map_err(|error| TransportError::NoAnswer(root_cause(&error)))?;
        Ok(Response { status, headers, body: body.to_vec() })
    }
}

impl Waiter for RealTime {
    async fn wait(&self, time: SignedDuration) {
        tokio::time::sleep(time.unsigned_abs()).await;
    }
}

/// The innermost cause says what is wrong; the others repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A user, and where the platform is.
#[derive(Args, Clone, Debug)]
pub(crate) struct UserArguments {
    /// The user's access token [default: the development issuer's]
    #[arg(long, env = "SCRIP_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    pub(crate) address: Address,
}

/// Requests of a user. Each is sent once.
pub(crate) struct Session {
    network: Network,
    token: String,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
}

/// Why a user's request has no answer to go on with.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The server refuses, and nothing has changed.
    Refused(Problem),
    /// Anything else.
    Failed(anyhow::Error),
}

impl Session {
    pub(crate) async fn of(user: &str, arguments: &UserArguments) -> anyhow::Result<Self> {
        let network = Network::new(&arguments.address)?;
        if let Some(token) = &arguments.token {
            return Ok(Self { network, token: token.clone() });
        }
        let url = format!("{}/local/tokens", network.base);
        let answer = network.http.post(&url).json(&json!({ "user": user })).send().await;
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                anyhow!("nothing listens at {}; start it with `cargo run` first", network.base)
            } else {
                anyhow!("{url} does not answer: {}", root_cause(&error))
            }
        })?;
        if !answer.status().is_success() {
            bail!("{url} gives no token ({}); name one with --token", answer.status());
        }
        let Issued { token } =
            answer.json().await.with_context(|| format!("{url} answers something else"))?;
        Ok(Self { network, token })
    }

    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, Unanswered> {
        self.call(Method::GET, path, None, None).await
    }

    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<A, Unanswered> {
        self.call(Method::POST, path, Some(key), Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Unanswered> {
        let Value::Null = self.call(Method::DELETE, path, None, None).await? else {
            return Err(Unanswered::Failed(anyhow!("{path} answers more than that it is done")));
        };
        Ok(())
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<A, Unanswered> {
        let Network { http, base } = &self.network;
        let mut request = http.request(method, format!("{base}{path}")).bearer_auth(&self.token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error: reqwest::Error| anyhow!("{base}{path} does not answer: {}", root_cause(&error));
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(failed)?;
        if status.is_success() {
            let bytes = if status == StatusCode::NO_CONTENT { b"null" } else { bytes.as_ref() };
            let answer = serde_json::from_slice(bytes);
            return Ok(answer.with_context(|| format!("{path} answers something else"))?);
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) if status.is_client_error() => Err(Unanswered::Refused(problem)),
            Ok(problem) => Err(Unanswered::Failed(anyhow!("{problem}"))),
            Err(_) => Err(Unanswered::Failed(anyhow!("{base}{path} answers {status}"))),
        }
    }
}

impl From<anyhow::Error> for Unanswered {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Unanswered> for anyhow::Error {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Refused(problem) => anyhow!("{problem}"),
            Unanswered::Failed(error) => error,
        }
    }
}

/// An Idempotency-Key that nobody else has.
pub(crate) fn new_key() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
