//! An operation: everything about it but its route and its rights, which stand in the template alone.

use crate::caller::{Caller, Proof};
use crate::handler::{AnswersCall, Handler, HandlesEvent};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use scrip_http::Path;
use scrip_refusal::Code;

/// Makes a schema in the document's generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What invokes an operation.
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

/// What an invocation may use of the store at most; a test holds each operation to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Requests that wait for an answer, one after the other.
    pub round_trips: u64,
    /// Write units of tables; those of indexes come on top.
    pub write_units: u64,
}

/// What is said of an operation, and its handler.
#[derive(Clone)]
pub struct Operation {
    /// Its name, which is the template's `Handler` and, with `_` for `-`, its file's.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What invokes it.
    pub trigger: Trigger,
    /// Who may call it, if it is behind a route. That is checked before the handler sees anything.
    pub callers: &'static [Caller],
    /// The parameters of its path.
    pub path: &'static [&'static str],
    /// Query parameters beside those of a page: name and meaning.
    pub query: &'static [(&'static str, &'static str)],
    /// The request's schema, if it has a body.
    pub request: Option<SchemaOf>,
    /// The status of success and the answer's schema, if it has a body.
    pub response: (u16, Option<SchemaOf>),
    /// The media type of the answer's body.
    pub media_type: &'static str,
    /// Whether the answer is a page of what the schema describes.
    pub is_list: bool,
    /// What it may use of the store.
    pub budget: Budget,
    pub(crate) handler: Handler,
    refusals: &'static [Code],
}

impl Operation {
    /// An operation behind a route. Until more is said it is for nobody, takes no body and answers 204.
    pub fn http<A: 'static, H: AnswersCall<A>>(
        name: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let path = <H::Path as Path>::PARAMETERS;
        Self { path, ..Self::new(name, summary, Trigger::Http, Handler::http(handler)) }
    }

    /// The task of a workflow's state. What it goes back to is for the log: the handler is not told of it.
    pub fn task<A: 'static>(
        name: &'static str,
        summary: &'static str,
        handler: impl HandlesEvent<A>,
    ) -> Self {
        Self::new(name, summary, Trigger::Task, Handler::task(handler))
    }

    /// An operation that is sent events.
    pub fn event<A: 'static>(
        name: &'static str,
        summary: &'static str,
        trigger: Trigger,
        handler: impl HandlesEvent<A>,
    ) -> Self {
        Self::new(name, summary, trigger, Handler::event(handler))
    }

    fn new(name: &'static str, summary: &'static str, trigger: Trigger, handler: Handler) -> Self {
        Self {
            name,
            summary,
            trigger,
            callers: &[],
            path: &[],
            query: &[],
            request: None,
            response: (204, None),
            media_type: "application/json",
            is_list: false,
            budget: Budget::default(),
            handler,
            refusals: &[],
        }
    }

    /// Who may call it. All others are told `wrong-role`.
    #[must_use]
    pub const fn callers(mut self, callers: &'static [Caller]) -> Self {
        self.callers = callers;
        self
    }

    /// The codes it may refuse with, beside those that follow from the rest that is said of it.
    #[must_use]
    pub const fn refuses(mut self, refusals: &'static [Code]) -> Self {
        self.refusals = refusals;
        self
    }

    /// The query parameters it takes beside those of a page.
    #[must_use]
    pub const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// The body it takes.
    #[must_use]
    pub fn request<T: JsonSchema>(mut self) -> Self {
        self.request = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// What it answers.
    #[must_use]
    pub fn response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.response = (status, Some(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// It answers a table as CSV.
    #[must_use]
    pub fn csv(mut self) -> Self {
        self.media_type = "text/csv";
        self.response::<String>(200)
    }

    /// It answers a file of whatever type.
    #[must_use]
    pub fn file(mut self) -> Self {
        self.media_type = "*/*";
        self.response::<serde_json::Value>(200)
    }

    /// It answers pages of what `T` describes.
    #[must_use]
    pub fn list<T: JsonSchema>(mut self) -> Self {
        self.response = (200, Some(SchemaGenerator::subschema_for::<T>));
        self.is_list = true;
        self
    }

    /// The round trips and write units that it may take at most.
    #[must_use]
    pub const fn budget(mut self, round_trips: u64, write_units: u64) -> Self {
        self.budget = Budget { round_trips, write_units };
        self
    }

    /// Whether it is behind a route.
    pub fn is_http(&self) -> bool {
        self.trigger == Trigger::Http
    }

    /// What proves who calls.
    pub fn proof(&self) -> Proof {
        self.callers.first().map_or(Proof::Token, |caller| caller.proof())
    }

    /// Whether some of those who have a token are of the wrong role.
    pub fn tells_roles_apart(&self) -> bool {
        self.proof() == Proof::Token && Caller::WITH_TOKEN.iter().any(|caller| !self.callers.contains(caller))
    }

    /// The codes it may refuse with, beside those that every operation has.
    pub fn refusals(&self) -> impl Iterator<Item = Code> + use<> {
        let by_role = self.tells_roles_apart().then_some(Code::WrongRole);
        by_role.into_iter().chain(self.refusals.iter().copied())
    }
}

/// A word of a capability's list.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name of the operation's file, without its ending.
    pub file: &'static str,
    /// What the file says of the operation.
    pub operation: fn() -> Operation,
}

impl Entry {
    /// Whether the operation has this name.
    pub fn is_named(&self, name: &str) -> bool {
        let letters = self.file.bytes().map(|letter| if letter == b'_' { b'-' } else { letter });
        letters.eq(name.bytes())
    }
}

/// Lists a capability's operations: one word for each, which is the name of its file.
///
/// It declares their modules and `OPERATIONS`. Nothing is made before it is asked for.
#[macro_export]
macro_rules! operations {
    ($($file:ident,)+) => {
        $(mod $file;)+

        /// The operations, in the order of the list.
        pub const OPERATIONS: &[$crate::Entry] =
            &[$($crate::Entry { file: stringify!($file), operation: $file::operation },)+];
    };
}
