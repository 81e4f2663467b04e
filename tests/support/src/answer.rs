//! What the system answers.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body; null if there is none.
    pub body: Value,
    /// The operation that answered, where the API's description knows it.
    pub operation: Option<String>,
}

#[allow(clippy::return_self_not_must_use, reason = "what is expected may be all that matters")]
impl Answer {
    /// The answer, with its text as the test is to see it.
    pub(crate) async fn of(
        response: reqwest::Response,
        seen: impl Fn(&str) -> String,
    ) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()));
        let headers = headers.collect();
        let bytes = response.bytes().await?;
        let text = seen(&String::from_utf8_lossy(&bytes));
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text))
        };
        Ok(Self { status, headers, body, operation: None })
    }

    /// What is told, without the id that each problem has of its own.
    pub fn told(&self) -> Value {
        let mut told = self.body.clone();
        if let Some(members) = told.as_object_mut() {
            members.remove("request_id");
        }
        told
    }

    /// The same, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The same, if it is a problem of this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
        self
    }

    /// The same, if this operation refused with this status and code.
    #[track_caller]
    pub fn refused(self, operation: &str, status: u16, code: &str) -> Self {
        let answer = self.expect_problem(status, code);
        assert_eq!(answer.operation.as_deref(), Some(operation));
        answer
    }

    /// The same, if this operation refused this one field with this code.
    #[track_caller]
    pub fn refused_field(self, operation: &str, pointer: &str, code: &str) -> Self {
        let status = if code == "not-found" { (404, code) } else { (400, "invalid-request") };
        let answer = self.refused(operation, status.0, status.1);
        let errors = &answer.body["errors"];
        let first = (errors[0]["pointer"].as_str(), errors[0]["code"].as_str());
        assert_eq!(first, (Some(pointer), Some(code)), "{}", answer.body);
        answer
    }

    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {}", self.body)).to_owned()
    }

    /// Whether it says that it is an earlier answer.
    pub fn is_replay(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
    }

    /// Status and body, with what differs between runs replaced.
    pub fn snapshot(&self) -> String {
        let mut text = self.status.to_string();
        if self.is_replay() {
            text.push_str(" replayed");
        }
        if !self.body.is_null() {
            let mut body = self.body.clone();
            redact(&mut body);
            // The order of members is the serializer's, and means nothing.
            body.sort_all_objects();
            let _ = write!(text, "\n{body:#}");
        }
        text
    }
}

const PREFIXES: [&str; 19] = [
    "acct_", "auth_", "bill_", "btch_", "chk_", "cmp_", "conf_", "cpn_", "dev_", "item_", "key_", "mch_",
    "note_", "pos_", "rsv_", "txn_", "vfy_", "vreq_", "whk_",
];
/// Digits of a coupon's code.
const CODE_DIGITS: usize = 18;

fn redact(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "alias" | "request_id" | "token" | "challenge" | "presentation_key" | "next" | "x"
                    | "y" | "qr" | "secret"
                        if member.is_string() =>
                    {
                        *member = Value::from(format!("[{name}]"));
                    }
                    _ => redact(member),
                }
            }
        }
        Value::String(text) => {
            if let Some(prefix) = PREFIXES.iter().find(|prefix| text.starts_with(**prefix) && text.len() > 20)
            {
                *text = format!("[{}]", prefix.trim_end_matches('_'));
            } else if text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
                "[code]".clone_into(text);
            } else if text.parse::<scrip_clock::Timestamp>().is_ok() {
                "[time]".clone_into(text);
            }
        }
        _ => {}
    }
}
