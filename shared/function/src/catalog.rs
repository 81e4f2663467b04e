//! A function as a capability lists it.

use crate::Outcome;
use crate::causes::CAUSE;
use crate::world::Invocation;
use futures::FutureExt;
use futures::future::BoxFuture;
use scrip_http::{Answer, Call};
use scrip_refusal::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::sync::Arc;

/// What a handler works with, made for each invocation.
pub trait Capability: Send + Sized + 'static {
    /// Makes it from what the invocation has.
    fn of(invocation: &Invocation) -> Result<Self, Failure>;
}

/// What invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A route of the API.
    Http,
    /// The API, to learn who calls.
    Authorizer,
    /// A table's stream.
    Stream,
    /// A queue.
    Queue,
    /// A state of a workflow.
    Task,
}

pub(crate) type HttpHandler = Arc<dyn Fn(Invocation, Call) -> BoxFuture<'static, Answer> + Send + Sync>;
pub(crate) type EventHandler =
    Arc<dyn Fn(Invocation, Value) -> BoxFuture<'static, Outcome<Value>> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Handler {
    Http(HttpHandler),
    Event(EventHandler),
}

/// A function of the catalog.
#[derive(Clone)]
pub struct Function {
    /// Its name, which is the template's `Handler`.
    pub name: &'static str,
    /// What invokes it.
    pub trigger: Trigger,
    pub(crate) handler: Handler,
}

impl Function {
    /// A function behind a route.
    pub fn http<C, H, F>(name: &'static str, handler: H) -> Self
    where
        C: Capability,
        H: Fn(C, Call) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler: HttpHandler = Arc::new(move |invocation, call| match C::of(&invocation) {
            Ok(capability) => handler(capability, call).boxed(),
            Err(failure) => std::future::ready(Err(failure.into())).boxed(),
        });
        Self { name, trigger: Trigger::Http, handler: Handler::Http(handler) }
    }

    /// The task of a workflow's state. What it goes back to is for the log: the handler is not told of it.
    pub fn task<C, I, O, H, F>(name: &'static str, handler: H) -> Self
    where
        C: Capability,
        I: DeserializeOwned,
        O: Serialize,
        H: Fn(C, I) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Outcome<O>> + Send + 'static,
    {
        Self::of_event(name, Trigger::Task, handler, |mut event| {
            if let Some(payload) = event.as_object_mut() {
                payload.remove(CAUSE);
            }
            event
        })
    }

    /// A function that is sent events.
    pub fn event<C, I, O, H, F>(name: &'static str, trigger: Trigger, handler: H) -> Self
    where
        C: Capability,
        I: DeserializeOwned,
        O: Serialize,
        H: Fn(C, I) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Outcome<O>> + Send + 'static,
    {
        Self::of_event(name, trigger, handler, |event| event)
    }

    fn of_event<C, I, O, H, F>(
        name: &'static str,
        trigger: Trigger,
        handler: H,
        prepare: fn(Value) -> Value,
    ) -> Self
    where
        C: Capability,
        I: DeserializeOwned,
        O: Serialize,
        H: Fn(C, I) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Outcome<O>> + Send + 'static,
    {
        let handler: EventHandler = Arc::new(move |invocation, event| {
            let prepared = C::of(&invocation).and_then(|capability| {
                Ok((capability, serde_json::from_value(prepare(event)).map_err(Failure::broken)?))
            });
            match prepared {
                Ok((capability, event)) => {
                    let answer = handler(capability, event);
                    async move { serde_json::to_value(answer.await?).map_err(Failure::broken) }.boxed()
                }
                Err(failure) => std::future::ready(Err(failure)).boxed(),
            }
        });
        Self { name, trigger, handler: Handler::Event(handler) }
    }
}
