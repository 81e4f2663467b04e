//! How requests reach the server. The terminal brings its own HTTP client.

use std::fmt;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It reads.
    Get,
    /// It changes something.
    Post,
}

impl Method {
    /// As it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request, complete but for the server's address. `Debug` shows neither its headers nor its body, which hold
/// tokens and codes.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The path with its query, such as `/v1/pos/transactions`.
    pub path: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, which must be sent as it is to the last byte: the token names its hash.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; their names are compared without case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// Not a byte was sent, as when no connection can be made: the server can't have done anything. Whoever is not
    /// sure answers [`Self::NoAnswer`].
    NotSent(String),
    /// It may have arrived: a timeout, a connection that broke.
    NoAnswer(String),
}

/// Sends one request and waits for its answer, not longer than a customer would.
pub trait Transport {
    /// Sends the request once. Repeating it is not the transport's business.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

impl Response {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::NoAnswer(why) => write!(f, "no answer: {why}"),
        }
    }
}

impl std::error::Error for TransportError {}
