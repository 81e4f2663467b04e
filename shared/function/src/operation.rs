//! An operation: everything about it but its route and its rights, which stand in the template alone.

use crate::caller::{Caller, Proof};
use crate::described::{Body, QueryParameter, SchemaOf, Tag};
use crate::handler::{AnswersCall, Handler, HandlesEvent};
use schemars::{JsonSchema, SchemaGenerator};
use scrip_http::Path;
use scrip_refusal::Code;

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
    /// The time, again and again.
    Schedule,
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
    /// What a client has to know beyond that.
    pub description: &'static str,
    /// Under what it stands in the API's description: its capability's, once the catalog has made it.
    pub tag: Option<Tag>,
    /// What invokes it.
    pub trigger: Trigger,
    /// Who may call it, if it is behind a route. That is checked before the handler sees anything.
    pub callers: &'static [Caller],
    /// The parameters of its path.
    pub path: &'static [&'static str],
    /// What they are like, in the same order.
    pub path_patterns: fn() -> Vec<Option<String>>,
    /// Query parameters beside those of a page.
    pub query: &'static [QueryParameter],
    /// The request's schema, if it has a body.
    pub request: Option<SchemaOf>,
    /// The status of success and the answer's body, if it has one.
    pub response: (u16, Body),
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
        Self {
            path: <H::Path as Path>::PARAMETERS,
            path_patterns: <H::Path as Path>::patterns,
            ..Self::new(name, summary, Trigger::Http, Handler::http(handler))
        }
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
            description: "",
            tag: None,
            trigger,
            callers: &[],
            path: &[],
            path_patterns: Vec::new,
            query: &[],
            request: None,
            response: (204, Body::None),
            budget: Budget::default(),
            handler,
            refusals: &[],
        }
    }

    /// What a client has to know beyond the summary: what it changes, what it counts, what comes later.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
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
    pub const fn query(mut self, query: &'static [QueryParameter]) -> Self {
        self.query = query;
        self
    }

    /// The body it takes.
    #[must_use]
    pub fn request<T: JsonSchema>(mut self) -> Self {
        self.request = Some(T::json_schema);
        self
    }

    /// What it answers.
    #[must_use]
    pub fn response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.response = (status, Body::Json(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// It answers a table as CSV.
    #[must_use]
    pub const fn csv(mut self) -> Self {
        self.response = (200, Body::Text(&["text/csv"]));
        self
    }

    /// It answers a text of one of these types.
    #[must_use]
    pub const fn file(mut self, media_types: &'static [&'static str]) -> Self {
        self.response = (200, Body::Text(media_types));
        self
    }

    /// It answers pages of what `T` describes.
    #[must_use]
    pub fn list<T: JsonSchema>(mut self) -> Self {
        self.response = (200, Body::Page(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// The round trips and write units that it may take at most.
    #[must_use]
    pub const fn budget(mut self, round_trips: u64, write_units: u64) -> Self {
        self.budget = Budget { round_trips, write_units };
        self
    }

    /// Whether it answers pages.
    pub fn is_list(&self) -> bool {
        matches!(self.response.1, Body::Page(_))
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
    /// What is said of all operations of the list.
    pub tag: Tag,
}

impl Entry {
    /// Makes the operation.
    pub fn make(&self) -> Operation {
        Operation { tag: Some(self.tag), ..(self.operation)() }
    }

    /// Whether the operation has this name.
    pub fn is_named(&self, name: &str) -> bool {
        let letters = self.file.bytes().map(|letter| if letter == b'_' { b'-' } else { letter });
        letters.eq(name.bytes())
    }
}

/// Lists a capability's operations: one word for each, which is the name of its file, behind the name and the description
/// that they share in the API's description.
///
/// It declares their modules and `OPERATIONS`. Nothing is made before it is asked for.
#[macro_export]
macro_rules! operations {
    ($tag:literal: $description:literal; $($file:ident,)+) => {
        $(mod $file;)+

        /// The operations, in the order of the list.
        pub const OPERATIONS: &[$crate::Entry] = &[$($crate::Entry {
            file: stringify!($file),
            operation: $file::operation,
            tag: $crate::Tag { name: $tag, description: $description },
        },)+];
    };
}
