//! One question, what the documents have for it, and who is known to answer otherwise.

use super::place::{Place, Server};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Ours,
    Moto,
}

type Run = Box<dyn Fn(Place) -> BoxFuture<'static, Value> + Send + Sync>;

pub(super) struct Case {
    pub(super) name: &'static str,
    run: Run,
    documented: Value,
    otherwise: Vec<Otherwise>,
}

/// A known difference.
struct Otherwise {
    engine: Engine,
    /// `None` if there is no answer to speak of, and so nothing is asked.
    told: Option<Value>,
    why: &'static str,
}

/// A case whose answer is the one of the documents for everybody, unless more is said of it.
pub(super) fn case<F, R>(name: &'static str, documented: Value, run: F) -> Case
where
    F: Fn(Place) -> R + Send + Sync + 'static,
    R: Future<Output = Value> + Send + 'static,
{
    Case { name, run: Box::new(move |at| run(at).boxed()), documented, otherwise: Vec::new() }
}

impl Case {
    /// The second store answers this instead.
    pub(super) fn moto(self, told: Value, why: &'static str) -> Self {
        self.otherwise(Engine::Moto, Some(told), why)
    }

    /// The second store fails here (its own 500), which says nothing of ours.
    pub(super) fn moto_fails(self, why: &'static str) -> Self {
        self.otherwise(Engine::Moto, None, why)
    }

    /// The embedded store answers this instead, and its engine has no way to be told better.
    pub(super) fn ours(self, told: Value, why: &'static str) -> Self {
        self.otherwise(Engine::Ours, Some(told), why)
    }

    fn otherwise(mut self, engine: Engine, told: Option<Value>, why: &'static str) -> Self {
        self.otherwise.push(Otherwise { engine, told, why });
        self
    }

    /// What the server answers, where it is not what is expected of it.
    pub(super) async fn ask(&self, server: &Server, engine: Engine) -> Option<String> {
        let known = self.otherwise.iter().find(|known| known.engine == engine);
        let (expected, why) = match known {
            None => (&self.documented, "as documented"),
            Some(Otherwise { told: Some(told), why, .. }) => (told, *why),
            Some(Otherwise { told: None, .. }) => return None,
        };
        let told = (self.run)(server.place(self.name)).await;
        (told != *expected)
            .then(|| format!("{}\n  told:     {told}\n  expected: {expected} ({why})", self.name))
    }
}
