//! One request, its caller proven.

use crate::body;
use crate::limits::{DEFAULT_PAGE_ITEMS, MAX_BODY_BYTES, MAX_PAGE_ITEMS};
use crate::principal::{Device, DeviceKind, Principal, User};
use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Refusal};
use scrip_store::{Fingerprint, IdempotencyKey, Origin, PageRequest, is_id};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request as a gateway hands it on, before the caller's claim about the body is checked.
#[derive(Clone, Debug, Default)]
pub struct RawCall {
    /// The path that was asked for, without the stage.
    pub path: String,
    /// The values of the route's path parameters, decoded.
    pub path_parameters: BTreeMap<String, String>,
    /// The query, decoded; the last of several values counts.
    pub query: BTreeMap<String, String>,
    /// Header fields, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// What the authorizer found.
    pub context: BTreeMap<String, String>,
    /// The id under which the log knows this request.
    pub request_id: String,
}

/// A request whose caller is proven, and whose body is the one the caller signed for.
#[derive(Clone, Debug)]
pub struct Call {
    operation: String,
    raw: RawCall,
    principal: Principal,
}

impl Call {
    /// Accepts a request for an operation.
    ///
    /// # Errors
    /// `body-too-large`; `unauthenticated` when the token has expired since the authorizer saw it, whose answer is
    /// cached; `body-hash-mismatch` when a device signed for another body.
    pub fn accept(operation: &str, raw: RawCall, now: Timestamp) -> Result<Self, Problem> {
        if raw.body.len() > MAX_BODY_BYTES {
            let detail = format!("Send at most {MAX_BODY_BYTES} bytes.");
            return Err(Refusal::new(Code::BodyTooLarge, detail).into());
        }
        let principal = Principal::from_context(&raw.context)?;
        let expires_at = raw.context.get("expires_at").and_then(|seconds| seconds.parse::<i64>().ok());
        if expires_at.is_some_and(|expires_at| now.as_second() >= expires_at) {
            return Err(Refusal::new(Code::Unauthenticated, "The token has expired. Get a new one.").into());
        }
        if let Principal::Device(device) = &principal
            && URL_SAFE_NO_PAD.encode(Sha256::digest(&raw.body)) != device.body_sha256
        {
            let detail = "Sign the token over the SHA-256 of exactly the bytes that are sent.";
            return Err(Refusal::new(Code::BodyHashMismatch, detail).into());
        }
        Ok(Self { operation: operation.to_owned(), raw, principal })
    }

    /// The id under which the log knows this request.
    pub fn request_id(&self) -> &str {
        &self.raw.request_id
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

    /// A header field by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.get(name).map(String::as_str)
    }

    /// The body as it came, for a signature over its bytes.
    pub fn raw_body(&self) -> &[u8] {
        &self.raw.body
    }

    /// The id in the path.
    ///
    /// # Errors
    /// `not-found` for what can't be an id of this kind.
    pub fn id(&self, parameter: &str, prefix: &str) -> Result<String, Problem> {
        match self.raw.path_parameters.get(parameter) {
            Some(id) if is_id(prefix, id) => Ok(id.clone()),
            _ => Err(Refusal::new(Code::NotFound, "Nothing has this id.").into()),
        }
    }

    /// The id in the query, if there is one.
    ///
    /// # Errors
    /// `not-found` for what can't be an id of this kind.
    pub fn query_id(&self, parameter: &str, prefix: &str) -> Result<Option<&str>, Problem> {
        match self.query(parameter) {
            Some(id) if !is_id(prefix, id) => {
                Err(Refusal::new(Code::NotFound, "Nothing has this id.").into())
            }
            id => Ok(id),
        }
    }

    /// A path parameter as it stands, decoded.
    pub fn path_parameter(&self, parameter: &str) -> Option<&str> {
        self.raw.path_parameters.get(parameter).map(String::as_str)
    }

    /// A query parameter.
    pub fn query(&self, parameter: &str) -> Option<&str> {
        self.raw.query.get(parameter).map(String::as_str)
    }

    /// The request in the body.
    ///
    /// # Errors
    /// `malformed-json`, or `invalid-request` with what is wrong with which field.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Ok(body::parse(&self.raw.body)?)
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

    /// Where what this request creates comes from.
    ///
    /// # Errors
    /// `idempotency-key-missing`, `idempotency-key-invalid`, `malformed-json`.
    pub fn origin(&self) -> Result<Origin, Problem> {
        self.origin_by(&[])
    }

    /// The same for a request that holds a PIN or code: its hash is keyed, so that none can be guessed from it.
    ///
    /// # Errors
    /// As [`Self::origin`].
    pub fn origin_by(&self, key: &[u8]) -> Result<Origin, Problem> {
        let Some(text) = self.raw.headers.get(IDEMPOTENCY_KEY) else {
            let detail = "Send an Idempotency-Key, such as a UUID, that is new for each new request.";
            return Err(Refusal::new(Code::IdempotencyKeyMissing, detail).into());
        };
        self.origin_of(self.principal.name(), IdempotencyKey::parse(text)?, key)
    }

    /// The same for a proof of another kind, which brings a key of its own.
    ///
    /// # Errors
    /// `malformed-json`.
    pub fn origin_of(
        &self,
        principal: String,
        key: IdempotencyKey,
        hash_key: &[u8],
    ) -> Result<Origin, Problem> {
        let body = body::canonical(&self.raw.body)?;
        let parts = [hash_key, self.operation.as_bytes(), self.raw.path.as_bytes(), &body];
        Ok(Origin { principal, operation: self.operation.clone(), key, fingerprint: Fingerprint::of(&parts) })
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
    use super::*;

    fn raw(context: &Principal, body: &str) -> RawCall {
        RawCall {
            path: "/transfers".into(),
            body: Bytes::from(body.to_owned()),
            context: context.to_context(),
            headers: BTreeMap::from([(IDEMPOTENCY_KEY.to_owned(), "\"k1\"".to_owned())]),
            ..RawCall::default()
        }
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
        assert!(Call::accept("add-items", raw(&terminal(empty), ""), Timestamp::UNIX_EPOCH).is_ok());
        let problem =
            Call::accept("add-items", raw(&terminal(empty), "{}"), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(problem.code(), Code::BodyHashMismatch);
    }

    #[test]
    fn a_terminal_is_no_point_of_sale() {
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        let of = |kind| {
            let Principal::Device(device) = terminal(empty) else { unreachable!() };
            let principal = Principal::Device(Device { kind, ..device });
            Call::accept("create-pos-transaction", raw(&principal, ""), Timestamp::UNIX_EPOCH).unwrap()
        };
        for kind in [DeviceKind::Terminal, DeviceKind::Server] {
            assert_eq!(of(kind).pos().unwrap_err().code(), Code::WrongRole);
        }
        assert!(of(DeviceKind::Pos).pos().is_ok());
        assert_eq!(of(DeviceKind::Pos).terminal().unwrap_err().code(), Code::WrongRole);
    }

    #[test]
    fn a_token_counts_no_longer_than_it_says() {
        let mut raw = raw(&user(), "{}");
        raw.context.insert("expires_at".into(), "60".into());
        let at = |second| Call::accept("transfer", raw.clone(), Timestamp::from_second(second).unwrap());
        assert!(at(59).is_ok());
        assert_eq!(at(60).unwrap_err().code(), Code::Unauthenticated);
    }

    #[test]
    fn the_same_request_has_the_same_origin() {
        let origin = |body: &str| {
            Call::accept("transfer", raw(&user(), body), Timestamp::UNIX_EPOCH).unwrap().origin().unwrap()
        };
        assert_eq!(origin(r#"{"a":1,"b":2}"#), origin(r#"{ "b": 2, "a": 1 }"#));
        assert_eq!(origin("{}").id("txn_"), origin(r#"{"a":1}"#).id("txn_"));
        assert_ne!(origin("{}").fingerprint, origin(r#"{"a":1}"#).fingerprint);
    }

    #[test]
    fn a_body_has_a_bound() {
        let body = " ".repeat(MAX_BODY_BYTES + 1);
        assert_eq!(
            Call::accept("transfer", raw(&user(), &body), Timestamp::UNIX_EPOCH).unwrap_err().code(),
            Code::BodyTooLarge
        );
    }

    #[test]
    fn a_page_has_1_to_100_items() {
        for (limit, expected) in [(None, Some(20)), (Some("1"), Some(1)), (Some("100"), Some(100))] {
            let mut raw = raw(&user(), "");
            raw.query.extend(limit.map(|limit| ("limit".to_owned(), limit.to_owned())));
            assert_eq!(
                Call::accept("list", raw, Timestamp::UNIX_EPOCH).unwrap().page().ok().map(|page| page.limit),
                expected
            );
        }
        for limit in ["0", "101", "-1", "ten", ""] {
            let mut raw = raw(&user(), "");
            raw.query.insert("limit".into(), limit.into());
            assert_eq!(
                Call::accept("list", raw, Timestamp::UNIX_EPOCH).unwrap().page().unwrap_err().code(),
                Code::InvalidRequest,
                "{limit}"
            );
        }
    }
}
