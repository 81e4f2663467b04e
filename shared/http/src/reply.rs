//! Answers.

use crate::problem::Problem;
use bytes::Bytes;
use scrip_refusal::Failure;
use scrip_store::Page;
use serde::Serialize;
use serde_json::json;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// What an operation answers.
pub type Answer = Result<Reply, Problem>;

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    body: Option<Bytes>,
    content_type: &'static str,
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
        Ok(Self { status: 204, body: None, content_type: JSON, replayed: false, reason: None })
    }

    /// 200 with one page of a list.
    pub fn page<T: Serialize>(page: &Page<T>) -> Answer {
        Self::json(200, &json!({ "items": page.items, "next": page.next }))
    }

    fn json<T: Serialize>(status: u16, value: &T) -> Answer {
        let body = serde_json::to_vec(value).map_err(Failure::broken)?;
        Ok(Self { status, body: Some(Bytes::from(body)), content_type: JSON, replayed: false, reason: None })
    }

    /// 200 with a table, which is UTF-8 (RFC 7111).
    pub fn csv(table: String) -> Answer {
        let body = Some(Bytes::from(table));
        Ok(Self { status: 200, body, content_type: CSV, replayed: false, reason: None })
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
        let mut response = match answer {
            Ok(reply) => {
                let mut headers = Vec::new();
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
        response.headers.push(("cache-control", "no-store".to_owned()));
        response
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
    fn what_is_worked_on_later_is_accepted() {
        let response = Response::of(Reply::accepted(&json!({ "status": "accepted" })), "r1");
        assert_eq!((response.status, response.outcome, response.reason), (202, "ok", None));
    }
}
