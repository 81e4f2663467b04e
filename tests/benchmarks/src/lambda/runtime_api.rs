//! Lambda's side: the runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use super::http::{self, Answer};
use anyhow::{Context, bail};
use hyper::body::Bytes;
use hyper::{Method, Request};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PREFIX: &str = "/2018-06-01/runtime/invocation/";
const INVOCATION_SECONDS: u64 = 60;
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:f";
const TRACE_ID: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";

/// Serves invocations to one function.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    events: UnboundedSender<Bytes>,
    moments: UnboundedReceiver<Moment>,
}

/// What the function did, and when.
enum Moment {
    Asked(Instant),
    Answered(Instant, Bytes),
}

struct Served {
    events: Mutex<UnboundedReceiver<Bytes>>,
    moments: UnboundedSender<Moment>,
}

impl RuntimeApi {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let (events, received) = unbounded_channel();
        let (sent, moments) = unbounded_channel();
        let served = Arc::new(Served { events: Mutex::new(received), moments: sent });
        let address = http::serve(move |request| served.clone().answer(request)).await?;
        Ok(Self { address, events, moments })
    }

    /// When the function asked for its next event.
    pub(super) async fn asked(&mut self) -> anyhow::Result<Instant> {
        match self.moments.recv().await {
            Some(Moment::Asked(at)) => Ok(at),
            Some(Moment::Answered(_, body)) => bail!("it answered {}", String::from_utf8_lossy(&body)),
            None => bail!("nobody serves events"),
        }
    }

    /// Hands the function the event that it asked for: how long its answer took, and what it is.
    pub(super) async fn invoke(&mut self, event: &Value) -> anyhow::Result<(Duration, Value)> {
        let event = Bytes::from(event.to_string());
        let handed = Instant::now();
        self.events.send(event)?;
        match self.moments.recv().await {
            Some(Moment::Answered(at, body)) => Ok((at - handed, serde_json::from_slice(&body)?)),
            _ => bail!("it did not answer"),
        }
    }
}

impl Served {
    async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Answer {
        let at = Instant::now();
        let path = request.uri().path().strip_prefix(PREFIX).context("not in the runtime API")?;
        if request.method() == Method::GET {
            self.moments.send(Moment::Asked(at))?;
            return self.next().await;
        }
        if !path.ends_with("/response") {
            bail!("it failed: {}", String::from_utf8_lossy(request.body()));
        }
        self.moments.send(Moment::Answered(at, request.into_body()))?;
        http::json(202, r#"{"status":"OK"}"#)
    }

    /// The next event, as soon as there is one.
    async fn next(&self) -> Answer {
        let event = self.events.lock().await.recv().await.context("there are no more events")?;
        let deadline =
            SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(INVOCATION_SECONDS);
        let mut answer = http::json(200, event)?;
        for (name, value) in [
            ("lambda-runtime-aws-request-id", scrip_test_support::fresh_key()),
            ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
            ("lambda-runtime-invoked-function-arn", FUNCTION_ARN.to_owned()),
            ("lambda-runtime-trace-id", TRACE_ID.to_owned()),
        ] {
            answer.headers_mut().insert(name, value.parse()?);
        }
        Ok(answer)
    }
}
