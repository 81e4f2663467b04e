//! What API Gateway's REST API sends: a transfer with the authorizer's context, and the authorizer's own requests.

use super::aws::{Aws, USER};
use anyhow::ensure;
use serde_json::{Value, json};

const REST_EVENT: &str = include_str!("rest_event.json");
const METHOD_ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/v1/POST/transfers";

/// An event of which each is new, and whose answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Transfer,
    AuthorizeUser,
    AuthorizeDevice,
}

impl Event {
    pub(super) fn make(self, aws: &Aws, number: usize) -> anyhow::Result<Value> {
        let mut event: Value = serde_json::from_str(REST_EVENT)?;
        event["requestContext"]["requestId"] = json!(format!("c6af9ac6-7b61-11e6-9a41-{number:012}"));
        event["headers"]["Idempotency-Key"] = json!(scrip_test_support::fresh_key());
        let body = transfer();
        let token = match self {
            Self::Transfer | Self::AuthorizeUser => aws.user_token(),
            Self::AuthorizeDevice => aws.device_token(body.as_bytes()),
        };
        event["headers"]["Authorization"] = json!(format!("Bearer {token}"));
        for (name, value) in event["headers"].as_object().cloned().unwrap_or_default() {
            event["multiValueHeaders"][name] = json!([value]);
        }
        if self == Self::Transfer {
            event["body"] = json!(body);
            let expires_at = scrip_clock::Clock::system().now().as_second() + 60;
            event["requestContext"]["authorizer"] = json!({
                "kind": "user", "user": USER, "scope": "", "expires_at": expires_at.to_string(),
                "principalId": format!("user:{USER}"), "integrationLatency": 12,
            });
        } else {
            event["type"] = json!("REQUEST");
            event["methodArn"] = json!(METHOD_ARN);
            for absent in ["body", "isBase64Encoded"] {
                event.as_object_mut().and_then(|event| event.remove(absent));
            }
        }
        Ok(event)
    }

    /// Only what succeeded is measured.
    pub(super) fn check(self, answer: &Value) -> anyhow::Result<()> {
        let succeeded = match self {
            Self::Transfer => answer["statusCode"] == 201,
            Self::AuthorizeUser => answer["context"]["user"] == USER,
            Self::AuthorizeDevice => answer["context"]["device_kind"] == "terminal",
        };
        ensure!(succeeded, "it answered {answer}");
        Ok(())
    }
}

fn transfer() -> String {
    let account = |letter: char| format!("acct_u{}", letter.to_string().repeat(26));
    json!({
        "from": account('a'), "to": account('b'), "amount": { "amount": 250, "currency": "CNY" },
        "reference": "for tea",
    })
    .to_string()
}
