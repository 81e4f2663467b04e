//! What a handler may be: an `async fn` that takes what it works with, each made from the invocation, and at last what
//! it is asked.

use crate::Outcome;
use crate::causes::CAUSE;
use crate::invocation::Invocation;
use futures::FutureExt;
use futures::future::BoxFuture;
use scrip_capability::Capability;
use scrip_http::{Answer, Call, Path};
use scrip_refusal::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::{Future, ready};
use std::sync::Arc;

/// What a handler can take beside the request: a capability, or the invocation itself.
pub trait FromInvocation: Send + Sized + 'static {
    /// Makes it for one invocation.
    ///
    /// # Errors
    /// The function is not given something that this needs.
    fn from_invocation(invocation: &Invocation) -> Result<Self, Failure>;
}

impl<C: Capability + Send + 'static> FromInvocation for C {
    fn from_invocation(invocation: &Invocation) -> Result<Self, Failure> {
        C::new(&invocation.context)
    }
}

impl FromInvocation for Invocation {
    fn from_invocation(invocation: &Invocation) -> Result<Self, Failure> {
        Ok(invocation.clone())
    }
}

/// An `async fn` that answers a request: `A` are the types that it takes.
pub trait AnswersCall<A>: Copy + Send + Sync + 'static {
    /// What the path names.
    type Path: Path;

    /// Answers.
    fn answer(self, invocation: &Invocation, call: Call) -> BoxFuture<'static, Answer>;
}

/// An `async fn` that handles an event: `A` are the types that it takes.
pub trait HandlesEvent<A>: Copy + Send + Sync + 'static {
    /// Handles it.
    fn handle(self, invocation: &Invocation, event: Value) -> BoxFuture<'static, Outcome<Value>>;
}

macro_rules! handlers {
    ($($argument:ident $name:ident),*) => {
        impl<H, P, F, $($argument),*> AnswersCall<(P, $($argument,)*)> for H
        where
            H: Fn($($argument,)* Call<P>) -> F + Copy + Send + Sync + 'static,
            P: Path,
            F: Future<Output = Answer> + Send + 'static,
            $($argument: FromInvocation,)*
        {
            type Path = P;

            #[allow(unused_variables, reason = "a handler may take nothing beside the request")]
            fn answer(self, invocation: &Invocation, call: Call) -> BoxFuture<'static, Answer> {
                $(
                    let $name = match $argument::from_invocation(invocation) {
                        Ok(made) => made,
                        Err(failure) => return ready(Err(failure.into())).boxed(),
                    };
                )*
                self($($name,)* call.with_path()).boxed()
            }
        }

        impl<H, I, O, F, $($argument),*> HandlesEvent<(I, O, $($argument,)*)> for H
        where
            H: Fn($($argument,)* I) -> F + Copy + Send + Sync + 'static,
            I: DeserializeOwned,
            O: Serialize,
            F: Future<Output = Outcome<O>> + Send + 'static,
            $($argument: FromInvocation,)*
        {
            #[allow(unused_variables, reason = "a handler may take nothing beside the event")]
            fn handle(self, invocation: &Invocation, event: Value) -> BoxFuture<'static, Outcome<Value>> {
                $(
                    let $name = match $argument::from_invocation(invocation) {
                        Ok(made) => made,
                        Err(failure) => return ready(Err(failure)).boxed(),
                    };
                )*
                let event = match serde_json::from_value(event) {
                    Ok(event) => event,
                    Err(error) => return ready(Err(Failure::broken(error))).boxed(),
                };
                let answer = self($($name,)* event);
                async move { serde_json::to_value(answer.await?).map_err(Failure::broken) }.boxed()
            }
        }
    };
}

handlers!();
handlers!(A a);
handlers!(A a, B b);
handlers!(A a, B b, C c);

type HttpHandler = Arc<dyn Fn(&Invocation, Call) -> BoxFuture<'static, Answer> + Send + Sync>;
type EventHandler = Arc<dyn Fn(&Invocation, Value) -> BoxFuture<'static, Outcome<Value>> + Send + Sync>;

/// A handler whose types are forgotten.
#[derive(Clone)]
pub(crate) enum Handler {
    Http(HttpHandler),
    Event(EventHandler),
}

impl Handler {
    pub(crate) fn http<A: 'static>(handler: impl AnswersCall<A>) -> Self {
        Self::Http(Arc::new(move |invocation, call| handler.answer(invocation, call)))
    }

    /// What a task's payload says of its cause is for the log: the handler is not told.
    pub(crate) fn task<A: 'static>(handler: impl HandlesEvent<A>) -> Self {
        Self::Event(Arc::new(move |invocation, mut event| {
            if let Some(payload) = event.as_object_mut() {
                payload.remove(CAUSE);
            }
            handler.handle(invocation, event)
        }))
    }

    pub(crate) fn event<A: 'static>(handler: impl HandlesEvent<A>) -> Self {
        Self::Event(Arc::new(move |invocation, event| handler.handle(invocation, event)))
    }
}
