//! Answers.

use crate::problem::Problem;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use scrip_refusal::Failure;
use scrip_store::Page;
use serde::Serialize;
use serde_json::json;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
/// What answers are about may change at any moment, and is nobody else's.
const NOT_STORED: &str = "no-store";

/// What an operation answers.
pub type Answer = Result<Reply, Problem>;

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    body: Option<Bytes>,
    content_type: &'static str,
    cache_control: &'static str,
    headers: Vec<(&'static str, String)>,
    replayed: bool,
    reason: Option<&'static str>,
}

/// An answer as it is sent, successful or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// The outcome for the log: `ok`, or the problem's code.
    pub outcome: &'static str,
    /// Why it came to this outcome, for the log alone.
    pub reason: Option<&'static str>,
    /// What only the log is told.
    pub log_detail: Option<String>,
}

impl Reply {
    /// 201 with what was created.
    pub fn created<T: Serialize>(created: &T) -> Answer {
        Self::json(201, created)
    }

    /// 202 with what was accepted, and is worked on later.
    pub fn accepted<T: Serialize>(accepted: &T) -> Answer {
        Self::json(202, accepted)
    }

    /// 200.
    pub fn ok<T: Serialize>(value: &T) -> Answer {
        Self::json(200, value)
    }

    /// 204.
    pub fn no_content() -> Answer {
        Ok(Self::new(204, None, JSON))
    }

    /// 200 with one page of a list.
    pub fn page<T: Serialize>(page: &Page<T>) -> Answer {
        Self::json(200, &json!({ "items": page.items, "next": page.next }))
    }

    fn json<T: Serialize>(status: u16, value: &T) -> Answer {
        let body = serde_json::to_vec(value).map_err(Failure::broken)?;
        Ok(Self::new(status, Some(Bytes::from(body)), JSON))
    }

    fn new(status: u16, body: Option<Bytes>, content_type: &'static str) -> Self {
        let (cache_control, headers) = (NOT_STORED, Vec::new());
        Self { status, body, content_type, cache_control, headers, replayed: false, reason: None }
    }

    /// 200 with a table, which is UTF-8 (RFC 7111).
    pub fn csv(table: String) -> Answer {
        Ok(Self::new(200, Some(Bytes::from(table)), CSV))
    }

    /// 200 with a file, which is text: `cache_control` says for how long it may be kept (RFC 9111).
    pub fn file(content_type: &'static str, cache_control: &'static str, file: Bytes) -> Self {
        Self { cache_control, ..Self::new(200, Some(file), content_type) }
    }

    /// Adds a header field; its name is in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that this is the answer of an earlier request with the same key.
    #[must_use]
    pub fn replayed(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }

    /// Tells the log, and nobody else, why. Never a secret.
    #[must_use]
    pub fn because(mut self, reason: Option<&'static str>) -> Self {
        self.reason = reason;
        self
    }
}

impl Response {
    /// The answer as it is sent.
    pub fn of(answer: Answer, request_id: &str) -> Self {
        let mut cache_control = NOT_STORED;
        let mut response = match answer {
            Ok(reply) => {
                cache_control = reply.cache_control;
                let mut headers = reply.headers;
                if reply.body.is_some() {
                    headers.push(("content-type", reply.content_type.to_owned()));
                }
                if reply.replayed {
                    headers.push(("idempotent-replayed", "true".to_owned()));
                }
                let body = reply.body.unwrap_or_default();
                Self {
                    status: reply.status,
                    headers,
                    body,
                    outcome: "ok",
                    reason: reply.reason,
                    log_detail: None,
                }
            }
            Err(problem) => problem.into_response(request_id),
        };
        response.headers.push(("x-request-id", request_id.to_owned()));
        response.headers.push(("cache-control", cache_control.to_owned()));
        response
    }
}

impl From<Response> for http::Response<Bytes> {
    fn from(response: Response) -> Self {
        let mut sent = Self::new(response.body);
        *sent.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
        for (name, value) in response.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                sent.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_is_told_to_the_log_alone() {
        let declined = json!({ "decision": "declined" });
        let reply = Reply::created(&declined).unwrap().because(Some("code-used"));
        let response = Response::of(Ok(reply), "r1");
        assert_eq!((response.status, response.reason), (201, Some("code-used")));
        let sent = format!("{:?} {:?}", response.headers, response.body);
        assert!(!sent.contains("code-used"), "{sent}");
    }

    #[test]
    fn a_table_says_that_it_is_one() {
        let response = Response::of(Reply::csv("id\r\n".into()), "r1");
        assert_eq!((response.status, &response.body[..]), (200, &b"id\r\n"[..]));
        assert!(response.headers.contains(&("content-type", "text/csv".to_owned())));
    }

    #[test]
    fn a_file_says_what_it_is_and_how_long_it_may_be_kept() {
        let page =
            Reply::file("text/html", "no-cache", "<p>".into()).header("referrer-policy", "same-origin");
        let response = Response::of(Ok(page), "r1");
        assert_eq!((response.status, &response.body[..]), (200, &b"<p>"[..]));
        for (name, value) in
            [("content-type", "text/html"), ("cache-control", "no-cache"), ("referrer-policy", "same-origin")]
        {
            let values = response.headers.iter().filter(|(found, _)| *found == name);
            assert_eq!(values.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), [value], "{name}");
        }
    }

    #[test]
    fn what_is_worked_on_later_is_accepted() {
        let response = Response::of(Reply::accepted(&json!({ "status": "accepted" })), "r1");
        assert_eq!((response.status, response.outcome, response.reason), (202, "ok", None));
    }
}
