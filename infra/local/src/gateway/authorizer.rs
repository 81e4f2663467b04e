//! The Lambda authorizer of type REQUEST, as API Gateway asks it and keeps its answers.
//!
//! Source: API Gateway Developer Guide, "Use API Gateway Lambda authorizers".

use crate::functions::{Functions, InvocationError};
use hyper::http::request::Parts;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_http::{GatewayContext, Problem, header_text, query_parameters};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_sam::AuthorizerSpec;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// How many answers are kept at most.
const KEPT_MAX: usize = 1_000;
/// The error message that API Gateway makes a 401 of.
const UNAUTHORIZED: &str = "Unauthorized";

pub(crate) struct Authorizer {
    spec: AuthorizerSpec,
    stage: String,
    clock: Clock,
    kept: Mutex<HashMap<String, Kept>>,
}

/// An answer, for as long as it may be used.
struct Kept {
    until: Timestamp,
    // A clock that was advanced since makes the answer an old one, however far it was.
    offset: SignedDuration,
    answer: Arc<Value>,
}

/// What a request asks to be let through to.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// The route's path, with its parameters' names.
    pub(super) resource: &'a str,
    pub(super) head: &'a Parts,
    pub(super) context: &'a GatewayContext,
}

impl Authorizer {
    pub(crate) fn new(spec: AuthorizerSpec, stage: &str, clock: Clock) -> Self {
        Self { spec, stage: stage.trim_start_matches('/').to_owned(), clock, kept: Mutex::default() }
    }

    /// The context that the authorizer gives the request.
    pub(super) async fn authorize(
        &self,
        functions: &Functions,
        asked: Asked<'_>,
    ) -> Result<BTreeMap<String, String>, Problem> {
        let identity = header_text(&asked.head.headers, &self.spec.identity_header);
        let Some(identity) = identity.filter(|identity| !identity.is_empty()) else {
            return Err(unauthenticated());
        };
        let method_arn = format!(
            "arn:aws:execute-api:{}:000000000000:local/{}/{}{}",
            crate::REGION,
            self.stage,
            asked.method,
            asked.context.path
        );
        let answer = if let Some(answer) = self.kept(&identity) {
            answer
        } else {
            let now = self.clock.now();
            let offset = self.clock.offset();
            let event = self.event(&asked, &method_arn);
            let answer = functions.ask(&self.spec.function, event).await;
            self.keep(&identity, now, offset, Arc::new(answer.map_err(|error| refusal(&error))?))
        };
        if !is_allowed(&answer, &method_arn) {
            return Err(Refusal::new(Code::WrongRole, "This operation is for another role.").into());
        }
        Ok(context(&answer)?)
    }

    fn event(&self, asked: &Asked<'_>, method_arn: &str) -> Value {
        let headers = &asked.head.headers;
        let headers: BTreeMap<&str, _> =
            headers.keys().map(|name| (name.as_str(), header_text(headers, name.as_str()))).collect();
        json!({
            "type": "REQUEST",
            "methodArn": method_arn,
            "resource": asked.resource,
            "path": asked.context.path,
            "httpMethod": asked.method,
            "headers": headers,
            "pathParameters": asked.context.path_parameters,
            "queryStringParameters": query_parameters(asked.head.uri.query()),
            "stageVariables": {},
            "requestContext": {
                "requestId": asked.context.request_id,
                "accountId": "000000000000",
                "apiId": "local",
                "stage": self.stage,
                "httpMethod": asked.method,
                "resourcePath": asked.resource,
                "path": format!("/{}{}", self.stage, asked.context.path),
                "identity": { "sourceIp": "127.0.0.1" },
            },
        })
    }

    fn kept(&self, identity: &str) -> Option<Arc<Value>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(identity)?;
        (found.offset == self.clock.offset() && self.clock.now() < found.until).then(|| found.answer.clone())
    }

    fn keep(
        &self,
        identity: &str,
        asked: Timestamp,
        offset: SignedDuration,
        answer: Arc<Value>,
    ) -> Arc<Value> {
        let until = asked + SignedDuration::from_secs(self.spec.ttl_seconds.into());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| kept.until > asked);
        }
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(identity.to_owned(), Kept { until, offset, answer: answer.clone() });
        answer
    }
}

fn unauthenticated() -> Problem {
    Refusal::new(Code::Unauthenticated, "Send Authorization: Bearer with a token that holds now.").into()
}

fn refusal(error: &InvocationError) -> Problem {
    if error.message == UNAUTHORIZED {
        return unauthenticated();
    }
    Failure::Broken(format!("the authorizer failed: {error}")).into()
}

/// Whether the policy allows the method: one statement does, and none denies it.
fn is_allowed(answer: &Value, method_arn: &str) -> bool {
    let statements = one_or_many(&answer["policyDocument"]["Statement"]);
    let effects: Vec<&str> = statements
        .iter()
        .filter(|statement| {
            let matches = |member: &str, text: &str| {
                let patterns = one_or_many(&statement[member]);
                patterns.iter().filter_map(|pattern| pattern.as_str()).any(|pattern| is_like(pattern, text))
            };
            matches("Action", "execute-api:Invoke") && matches("Resource", method_arn)
        })
        .filter_map(|statement| statement["Effect"].as_str())
        .collect();
    effects.contains(&"Allow") && !effects.contains(&"Deny")
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

/// Whether the text is what a pattern with `*` and `?` describes.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let mut p = 0;
    let mut t = 0;
    // Where to go on if the last star has to stand for one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The context as functions get it: API Gateway makes a text of every value.
fn context(answer: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let empty = Map::new();
    let members = answer["context"].as_object().unwrap_or(&empty);
    let principal = answer["principalId"].as_str().map(|id| ("principalId".to_owned(), id.to_owned()));
    let texts = members.iter().map(|(name, value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
        _ => Err(Failure::Broken(format!(
            "the authorizer's context has no text, number or truth value as {name}"
        ))),
    });
    principal.into_iter().map(Ok).chain(texts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:execute-api:local:000000000000:local/v1/GET/bills/bill_1";

    fn allowed(statements: &Value) -> bool {
        is_allowed(&json!({ "policyDocument": { "Statement": statements } }), ARN)
    }

    #[test]
    fn a_policy_allows_what_it_names_and_does_not_deny() {
        let statement = |effect: &str, resource: &str| json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource });
        assert!(allowed(&json!([statement("Allow", "*")])));
        assert!(allowed(&statement("Allow", "arn:aws:execute-api:*:*:*/v1/*/bills/*")));
        assert!(!allowed(&json!([statement("Allow", "*"), statement("Deny", "*/GET/*")])));
        assert!(!allowed(&json!([statement("Allow", "arn:aws:execute-api:*/POST/*")])));
        assert!(!allowed(&json!([])));
        assert!(!allowed(&json!(null)));
        assert!(!allowed(&json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }])));
    }

    #[test]
    fn context_values_become_texts() {
        let answer = json!({ "principalId": "alice", "context": { "a": "x", "b": 7, "c": true } });
        let texts = context(&answer).unwrap();
        let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(texts, [("a", "x"), ("b", "7"), ("c", "true"), ("principalId", "alice")]);
        assert!(context(&json!({ "context": { "a": [] } })).is_err());
    }

    proptest! {
        #[test]
        fn stars_stand_for_anything(a in "[a-c]{0,5}", b in "[a-c]{0,5}", c in "[a-c]{0,5}") {
            prop_assert!(is_like("*", &a));
            let pattern = format!("{a}*{c}");
            let text = format!("{a}{b}{c}");
            prop_assert!(is_like(&pattern, &text));
            prop_assert_eq!(is_like(&a, &b), a == b);
            let pattern = format!("{a}d*");
            prop_assert!(!is_like(&pattern, &b));
        }
    }
}
