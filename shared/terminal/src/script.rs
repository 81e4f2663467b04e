//! A server that follows a script, for tests.

mod signer;

pub(crate) use signer::{MERCHANT, Signer, automatic};

use crate::{Client, Device, Request, Response, Transport, TransportError, Waiter};
use jiff::SignedDuration;
use scrip_clock::Clock;
use scrip_identity::{Algorithm, SigningKey, body_sha256, verify_device};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub(crate) const DEVICE: &str = "dev_1";

/// Answers each request with the next line, and remembers it.
#[derive(Clone)]
pub(crate) struct Script {
    lines: Arc<Mutex<VecDeque<Result<Response, TransportError>>>>,
    seen: Arc<Mutex<Vec<Request>>>,
    waits: Arc<Mutex<Vec<SignedDuration>>>,
    pub(crate) clock: Clock,
    key: SigningKey,
}

impl Script {
    pub(crate) fn of(lines: impl IntoIterator<Item = Result<Response, TransportError>>) -> Self {
        Self {
            lines: Arc::new(Mutex::new(lines.into_iter().collect())),
            seen: Arc::default(),
            waits: Arc::default(),
            clock: Clock::standing(),
            key: SigningKey::generate(Algorithm::EdDsa),
        }
    }

    pub(crate) fn client(&self) -> Client<Self, Self> {
        let device = Device { id: DEVICE.into(), key: self.key.clone() };
        Client::new(self.clone(), self.clone(), self.clock.clone(), device)
    }

    pub(crate) fn then(&self, line: Result<Response, TransportError>) {
        self.lines.lock().unwrap().push_back(line);
    }

    /// The requests since the last look.
    pub(crate) fn seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    pub(crate) fn waits(&self) -> Vec<SignedDuration> {
        self.waits.lock().unwrap().clone()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lines.lock().unwrap().is_empty()
    }
}

impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let token = header(&request, "authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
        let claims = verify_device(&token, self.key.public_jwk(), self.clock.now()).unwrap();
        assert_eq!(claims.body_sha256, body_sha256(&request.body));
        self.seen.lock().unwrap().push(request.clone());
        let line = self.lines.lock().unwrap().pop_front();
        line.unwrap_or_else(|| panic!("{request:?} is not in the script"))
    }
}

impl Waiter for Script {
    async fn wait(&self, time: SignedDuration) {
        self.waits.lock().unwrap().push(time);
        self.clock.advance(time);
    }
}

pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
}

pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[allow(clippy::unnecessary_wraps, reason = "a line of a script")]
pub(crate) fn answer(status: u16, body: impl Into<Value>) -> Result<Response, TransportError> {
    Ok(Response { status, headers: Vec::new(), body: body.into().to_string().into_bytes() })
}

pub(crate) fn problem(status: u16, code: &str) -> Result<Response, TransportError> {
    answer(status, serde_json::json!({ "status": status, "code": code, "detail": "Do otherwise." }))
}

pub(crate) fn retry_after(
    seconds: u64,
    line: Result<Response, TransportError>,
) -> Result<Response, TransportError> {
    let headers = vec![("Retry-After".to_owned(), seconds.to_string())];
    line.map(|response| Response { headers, ..response })
}

#[allow(clippy::unnecessary_wraps, reason = "a line of a script")]
pub(crate) fn lost() -> Result<Response, TransportError> {
    Err(TransportError::NoAnswer("timeout".into()))
}

#[allow(clippy::unnecessary_wraps, reason = "a line of a script")]
pub(crate) fn offline() -> Result<Response, TransportError> {
    Err(TransportError::NotSent("no network".into()))
}
