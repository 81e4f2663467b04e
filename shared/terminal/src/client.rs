//! Requests of a device: signed anew for each attempt, and repeated where that is safe.

use crate::problem::{CallError, Problem};
use crate::retries::{Retries, Waiter};
use crate::transport::{Method, Request, Response, Transport, TransportError};
use jiff::Timestamp;
use scrip_clock::Clock;
use scrip_identity::{SigningKey, sign_device};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A merchant's device, as registered with the server.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its id, `dev_…`.
    pub id: String,
    /// Its private key.
    pub key: SigningKey,
}

/// What a device talks to the server with.
#[derive(Clone, Debug)]
pub struct Client<T, W> {
    transport: T,
    waiter: W,
    clock: Clock,
    device: Device,
    retries: Retries,
}

/// An answer to a request that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<A> {
    /// What the server says.
    pub value: A,
    /// Whether it was done by an earlier attempt.
    pub replayed: bool,
}

/// What one attempt came to.
enum Attempt<A> {
    Answered(Answer<A>),
    Refused(Problem),
    /// Whether the server may have done it, the seconds it asks to wait, and why there is no answer.
    Again {
        unknown: bool,
        asked_seconds: u64,
        problem: Option<Problem>,
        why: String,
    },
}

impl<T: Transport, W: Waiter> Client<T, W> {
    /// A client for this device.
    pub fn new(transport: T, waiter: W, clock: Clock, device: Device) -> Self {
        Self { transport, waiter, clock, device, retries: Retries::default() }
    }

    /// The same, repeating its requests otherwise.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries, ..self }
    }

    /// The time, as the server and this device take it to be.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The device's id.
    pub fn device(&self) -> &str {
        &self.device.id
    }

    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, CallError> {
        Ok(self.call(Method::Get, path, None, Vec::new()).await?.value)
    }

    /// Sends a POST under an Idempotency-Key, until there is an answer or it has been tried often enough.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        body: &impl Serialize,
    ) -> Result<Answer<A>, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| CallError::Unreachable(error.to_string()))?;
        self.call(Method::Post, path, Some(key), body).await
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Answer<A>, CallError> {
        let mut may_be_done = false;
        let mut attempt = 0;
        loop {
            let request = self.signed(method, path, key, &body);
            let (unknown, asked_seconds, problem, why) = match understood(self.transport.send(request).await)
            {
                Attempt::Answered(answer) => return Ok(answer),
                // Who calls is looked at before what was done: such a refusal says nothing about earlier attempts.
                Attempt::Refused(problem) if may_be_done && matches!(problem.status, 401 | 403) => {
                    return Err(CallError::OutcomeUnknown(problem.to_string()));
                }
                Attempt::Refused(problem) => return Err(CallError::Refused(Box::new(problem))),
                Attempt::Again { unknown, asked_seconds, problem, why } => {
                    (unknown, asked_seconds, problem, why)
                }
            };
            may_be_done |= unknown && method == Method::Post;
            let Some(wait) = self.retries.wait_after(attempt, asked_seconds, rand::random()) else {
                return Err(match problem {
                    _ if may_be_done => CallError::OutcomeUnknown(why),
                    Some(problem) => CallError::Refused(Box::new(problem)),
                    None => CallError::Unreachable(why),
                });
            };
            self.waiter.wait(wait).await;
            attempt += 1;
        }
    }

    /// The request with a token of this moment, since tokens are short-lived.
    fn signed(&self, method: Method, path: &str, key: Option<&str>, body: &[u8]) -> Request {
        let token = sign_device(&self.device.key, &self.device.id, body, self.now());
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Request { method, path: path.to_owned(), headers, body: body.to_owned() }
    }
}

fn understood<A: DeserializeOwned>(sent: Result<Response, TransportError>) -> Attempt<A> {
    let again =
        |unknown, asked_seconds, problem, why| Attempt::Again { unknown, asked_seconds, problem, why };
    let response = match sent {
        Ok(response) => response,
        Err(TransportError::NotSent(why)) => return again(false, 0, None, why),
        Err(TransportError::NoAnswer(why)) => return again(true, 0, None, why),
    };
    let status = response.status;
    if (200..300).contains(&status) {
        let replayed = response.header("idempotent-replayed") == Some("true");
        // What is not ours is a proxy's, or a network's that wants a login; the server may never have seen the request.
        return match serde_json::from_slice(&response.body) {
            Ok(value) => Attempt::Answered(Answer { value, replayed }),
            Err(error) => {
                again(true, 0, None, format!("{status} with an answer that can't be read: {error}"))
            }
        };
    }
    let asked_seconds = response.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(0);
    match serde_json::from_slice::<Problem>(&response.body) {
        Ok(problem) if status == 429 => {
            let why = problem.to_string();
            again(false, asked_seconds, Some(problem), why)
        }
        Ok(problem) if status < 500 => Attempt::Refused(Problem { status, ..problem }),
        Ok(problem) => again(true, asked_seconds, None, problem.to_string()),
        Err(_) => again(true, asked_seconds, None, format!("{status} without a reason")),
    }
}

#[cfg(test)]
mod tests;
