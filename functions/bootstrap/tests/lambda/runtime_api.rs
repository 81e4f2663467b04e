//! Lambda's side: the runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use crate::http::{self, Answer};
use hyper::body::Bytes;
use hyper::{Method, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PREFIX: &str = "/2018-06-01/runtime/invocation/";

/// What a function answered: its response, or its error.
pub type Outcome = Result<Value, Value>;

/// Serves invocations to one function.
pub struct RuntimeApi {
    pub address: String,
    events: UnboundedSender<(Duration, Value)>,
    outcomes: UnboundedReceiver<(String, Outcome)>,
    invocations: usize,
}

#[derive(Clone)]
struct Served {
    events: Arc<Mutex<UnboundedReceiver<(Duration, Value)>>>,
    outcomes: UnboundedSender<(String, Outcome)>,
    count: Arc<Mutex<usize>>,
}

impl RuntimeApi {
    pub async fn start() -> Self {
        let (events, received) = unbounded_channel();
        let (sent, outcomes) = unbounded_channel();
        let served = Served { events: Arc::new(Mutex::new(received)), outcomes: sent, count: Arc::default() };
        let address = http::serve(move |request| served.clone().answer(request)).await;
        Self { address, events, outcomes, invocations: 0 }
    }

    /// Hands the function an event, and waits for what it makes of it.
    pub async fn invoke(&mut self, time: Duration, event: Value) -> Outcome {
        self.invocations += 1;
        self.events.send((time, event)).unwrap();
        let (id, outcome) = self.outcomes.recv().await.unwrap();
        assert_eq!(id, format!("invocation-{}", self.invocations));
        outcome
    }
}

impl Served {
    async fn answer(self, request: Request<Bytes>) -> Answer {
        let path = request.uri().path().strip_prefix(PREFIX).unwrap().to_owned();
        if request.method() == Method::GET {
            assert_eq!(path, "next");
            return self.next().await;
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let (id, kind) = path.split_once('/').unwrap();
        let outcome = match kind {
            "response" => Ok(body),
            "error" => Err(body),
            _ => unreachable!("{path}"),
        };
        self.outcomes.send((id.to_owned(), outcome)).unwrap();
        http::json(202, &json!({ "status": "OK" }))
    }

    /// The next event, as soon as there is one.
    async fn next(self) -> Answer {
        let Some((time, event)) = self.events.lock().await.recv().await else {
            return http::json(500, &json!({ "errorMessage": "the test is over" }));
        };
        let mut count = self.count.lock().await;
        *count += 1;
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        let mut answer = http::json(200, &event);
        for (name, value) in [
            ("lambda-runtime-aws-request-id", format!("invocation-{count}")),
            ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:f".to_owned(),
            ),
            ("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned()),
        ] {
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        answer
    }
}
