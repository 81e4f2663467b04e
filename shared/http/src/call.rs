//! One request, its caller proven.

mod origin;

use crate::body;
use crate::limits::{DEFAULT_PAGE_ITEMS, MAX_BODY_BYTES, MAX_PAGE_ITEMS};
use crate::path::{Path, no_such_id};
use crate::principal::{Device, Principal, User};
use crate::problem::Problem;
use crate::request::{GatewayContext, Request, header_text, query_parameters};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;
use scrip_clock::Timestamp;
use scrip_identity::DeviceKind;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{PageRequest, is_id};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A request whose caller is proven, and whose body is the one the caller signed for.
#[derive(Clone, Debug)]
pub struct Call<P = ()> {
    /// What its path names.
    pub path: P,
    operation: String,
    headers: HeaderMap,
    query: BTreeMap<String, String>,
    body: Bytes,
    gateway: GatewayContext,
    principal: Principal,
}

impl Call {
    /// Accepts a request for an operation.
    ///
    /// # Errors
    /// `body-too-large`; `unauthenticated` when the token has expired since the authorizer saw it, whose answer is
    /// cached; `body-hash-mismatch` when a device signed for another body.
    pub fn accept(operation: &str, request: Request, now: Timestamp) -> Result<Self, Problem> {
        let (mut head, body) = request.into_parts();
        let gateway: GatewayContext = head
            .extensions
            .remove()
            .ok_or_else(|| Failure::broken("the gateway told nothing of this request"))?;
        if body.len() > MAX_BODY_BYTES {
            let detail = format!("Send at most {MAX_BODY_BYTES} bytes.");
            return Err(Refusal::new(Code::BodyTooLarge, detail).into());
        }
        let principal = Principal::from_context(&gateway.authorizer)?;
        let expires_at = gateway.authorizer.get("expires_at");
        let expires_at = expires_at.and_then(|seconds| seconds.parse::<i64>().ok());
        if expires_at.is_some_and(|expires_at| now.as_second() >= expires_at) {
            return Err(Refusal::new(Code::Unauthenticated, "The token has expired. Get a new one.").into());
        }
        if let Principal::Device(device) = &principal
            && BASE64URL_NOPAD.encode(&Sha256::digest(&body)) != device.body_sha256
        {
            let detail = "Sign the token over the SHA-256 of exactly the bytes that are sent.";
            return Err(Refusal::new(Code::BodyHashMismatch, detail).into());
        }
        let query = query_parameters(head.uri.query());
        let operation = operation.to_owned();
        Ok(Self { path: (), operation, headers: head.headers, query, body, gateway, principal })
    }

    /// The same call, with what its path names.
    pub fn with_path<P: Path>(self) -> Call<P> {
        let Self { operation, headers, query, body, gateway, principal, .. } = self;
        Call { path: P::of(&gateway.path_parameters), operation, headers, query, body, gateway, principal }
    }
}

impl<P> Call<P> {
    /// The id under which the log knows this request.
    pub fn request_id(&self) -> &str {
        &self.gateway.request_id
    }

    /// Who calls.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The person who calls.
    ///
    /// # Errors
    /// `wrong-role` for a device.
    pub fn user(&self) -> Result<&User, Problem> {
        match &self.principal {
            Principal::User(user) => Ok(user),
            Principal::Device(_) => Err(Refusal::new(Code::WrongRole, "Only a user may do this.").into()),
            Principal::Unproven => Err(unproven().into()),
        }
    }

    /// The terminal that calls.
    ///
    /// # Errors
    /// `wrong-role` for everyone else.
    pub fn terminal(&self) -> Result<&Device, Problem> {
        match &self.principal {
            Principal::Device(device) if device.kind == DeviceKind::Terminal => Ok(device),
            Principal::Unproven => Err(unproven().into()),
            _ => Err(Refusal::new(Code::WrongRole, "Only a merchant's terminal may do this.").into()),
        }
    }

    /// The point of sale that calls.
    ///
    /// # Errors
    /// `wrong-role` for everyone else.
    pub fn pos(&self) -> Result<&Device, Problem> {
        match &self.principal {
            Principal::Device(device) if device.kind == DeviceKind::Pos => Ok(device),
            Principal::Unproven => Err(unproven().into()),
            _ => Err(Refusal::new(Code::WrongRole, "Only a merchant's point of sale may do this.").into()),
        }
    }

    /// The merchant's server that calls.
    ///
    /// # Errors
    /// `wrong-role` for everyone else.
    pub fn server(&self) -> Result<&Device, Problem> {
        match &self.principal {
            Principal::Device(device) if device.kind == DeviceKind::Server => Ok(device),
            Principal::Unproven => Err(unproven().into()),
            _ => Err(Refusal::new(Code::WrongRole, "Only a merchant's server may do this.").into()),
        }
    }

    /// A header field by its name; the last of several counts.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        header_text(&self.headers, name)
    }

    /// The body as it came, for a signature over its bytes.
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }

    /// The id in the query, if there is one.
    ///
    /// # Errors
    /// `not-found` for what can't be an id of this kind.
    pub fn query_id(&self, parameter: &str, prefix: &str) -> Result<Option<&str>, Problem> {
        match self.query(parameter) {
            Some(id) if !is_id(prefix, id) => Err(no_such_id().into()),
            id => Ok(id),
        }
    }

    /// A query parameter.
    pub fn query(&self, parameter: &str) -> Option<&str> {
        self.query.get(parameter).map(String::as_str)
    }

    /// The request in the body.
    ///
    /// # Errors
    /// `malformed-json`, or `invalid-request` with what is wrong with which field.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Ok(body::parse(&self.body)?)
    }

    /// Requires that the body says nothing: it is empty, or an empty object.
    ///
    /// # Errors
    /// As [`Self::body`].
    pub fn empty_body(&self) -> Result<(), Problem> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let Nothing {} = self.body()?;
        Ok(())
    }

    /// The page asked for.
    ///
    /// # Errors
    /// `invalid-request` for a limit that is not 1 to 100.
    pub fn page(&self) -> Result<PageRequest, Problem> {
        let limit = match self.query("limit") {
            None => DEFAULT_PAGE_ITEMS,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=MAX_PAGE_ITEMS).contains(limit)).ok_or_else(|| {
                    Refusal::field(
                        "/limit",
                        Code::OutOfRange,
                        format!("a whole number from 1 to {MAX_PAGE_ITEMS}"),
                    )
                })?
            }
        };
        Ok(PageRequest { limit, after: self.query("after").map(str::to_owned) })
    }
}

fn unproven() -> Refusal {
    Refusal::new(Code::Unauthenticated, "Send Authorization: Bearer with a token that holds now.")
}

#[cfg(test)]
mod tests {
    use super::origin::IDEMPOTENCY_KEY;
    use super::*;

    fn request(principal: &Principal, body: &str) -> Request {
        asked("/transfers", principal.to_context(), body)
    }

    fn asked(uri: &str, authorizer: BTreeMap<String, String>, body: &str) -> Request {
        let context = GatewayContext { path: "/transfers".into(), authorizer, ..GatewayContext::default() };
        let request =
            http::Request::builder().uri(uri).header("Idempotency-Key", "\"k1\"").extension(context);
        request.body(Bytes::from(body.to_owned())).unwrap()
    }

    fn user() -> Principal {
        Principal::User(User { id: "alice".into(), scopes: std::collections::BTreeSet::new() })
    }

    fn terminal(body_sha256: &str) -> Principal {
        Principal::Device(Device {
            id: "dev_1".into(),
            kind: DeviceKind::Terminal,
            merchant: "mch_1".into(),
            store: "s1".into(),
            currency: "CNY".into(),
            body_sha256: body_sha256.into(),
        })
    }

    #[test]
    fn a_device_signs_for_its_body() {
        // SHA-256 of the empty string, FIPS 180-4.
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert!(Call::accept("add-items", request(&terminal(empty), ""), Timestamp::UNIX_EPOCH).is_ok());
        let problem =
            Call::accept("add-items", request(&terminal(empty), "{}"), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(problem.code(), Code::BodyHashMismatch);
    }

    #[test]
    fn a_terminal_is_no_point_of_sale() {
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        let of = |kind| {
            let Principal::Device(device) = terminal(empty) else { unreachable!() };
            let principal = Principal::Device(Device { kind, ..device });
            Call::accept("create-pos-transaction", request(&principal, ""), Timestamp::UNIX_EPOCH).unwrap()
        };
        for kind in [DeviceKind::Terminal, DeviceKind::Server] {
            assert_eq!(of(kind).pos().unwrap_err().code(), Code::WrongRole);
        }
        assert!(of(DeviceKind::Pos).pos().is_ok());
        assert_eq!(of(DeviceKind::Pos).terminal().unwrap_err().code(), Code::WrongRole);
    }

    #[test]
    fn a_token_counts_no_longer_than_it_says() {
        let mut authorizer = user().to_context();
        authorizer.insert("expires_at".into(), "60".into());
        let at = |second| {
            let request = asked("/transfers", authorizer.clone(), "{}");
            Call::accept("transfer", request, Timestamp::from_second(second).unwrap())
        };
        assert!(at(59).is_ok());
        assert_eq!(at(60).unwrap_err().code(), Code::Unauthenticated);
    }

    #[test]
    fn the_same_request_has_the_same_origin() {
        let origin = |body: &str| {
            Call::accept("transfer", request(&user(), body), Timestamp::UNIX_EPOCH).unwrap().origin().unwrap()
        };
        assert_eq!(origin(r#"{"a":1,"b":2}"#), origin(r#"{ "b": 2, "a": 1 }"#));
        assert_eq!(origin("{}").id("txn_"), origin(r#"{"a":1}"#).id("txn_"));
        assert_ne!(origin("{}").fingerprint, origin(r#"{"a":1}"#).fingerprint);
    }

    #[test]
    fn without_a_key_the_body_is_what_a_request_is_known_by() {
        let call = |key: Option<&str>, body: &str| {
            let mut request = request(&user(), body);
            request.headers_mut().remove(IDEMPOTENCY_KEY);
            if let Some(key) = key {
                request.headers_mut().insert(IDEMPOTENCY_KEY, key.parse().unwrap());
            }
            Call::accept("amend-bill", request, Timestamp::UNIX_EPOCH).unwrap()
        };
        let origin = |key: Option<&str>, body: &str| call(key, body).origin_or_body();
        assert_eq!(origin(None, "{}"), origin(None, "{ }"));
        assert_ne!(origin(None, "{}"), origin(None, r#"{"a":1}"#));
        assert_ne!(origin(Some("k1"), "{}"), origin(Some("k2"), "{}"));
        for (key, is_known) in [(None, false), (Some("k1"), true)] {
            assert_eq!(call(key, "{}").origin_if_keyed_by(&[*b"x"]).unwrap().is_some(), is_known);
        }
        assert_eq!(origin(Some("two words"), "{}"), origin(None, "{}"));
    }

    #[test]
    fn a_body_has_a_bound() {
        let body = " ".repeat(MAX_BODY_BYTES + 1);
        assert_eq!(
            Call::accept("transfer", request(&user(), &body), Timestamp::UNIX_EPOCH).unwrap_err().code(),
            Code::BodyTooLarge
        );
    }

    #[test]
    fn a_page_has_1_to_100_items() {
        let page = |query: &str| {
            let request = asked(&format!("/entries{query}"), user().to_context(), "");
            Call::accept("list", request, Timestamp::UNIX_EPOCH).unwrap().page()
        };
        for (query, expected) in [("", 20), ("?limit=1", 1), ("?limit=100", 100), ("?limit=1&limit=2", 2)] {
            assert_eq!(page(query).unwrap().limit, expected, "{query}");
        }
        for limit in ["0", "101", "-1", "ten", ""] {
            assert_eq!(page(&format!("?limit={limit}")).unwrap_err().code(), Code::InvalidRequest, "{limit}");
        }
    }

    #[test]
    fn of_a_header_that_is_sent_twice_the_last_value_counts() {
        let mut request = request(&user(), "{}");
        request.headers_mut().append("Webhook-Id", "first".parse().unwrap());
        request.headers_mut().append("webhook-id", "Äpfel".parse().unwrap());
        let call = Call::accept("transfer", request, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(call.header("webhook-id").as_deref(), Some("Äpfel"));
        assert_eq!(call.header("webhook-timestamp"), None);
    }

    #[test]
    fn a_request_without_a_gateway_is_broken() {
        let request = Request::new(Bytes::new());
        let problem = Call::accept("transfer", request, Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(problem.code(), Code::Internal);
    }
}
