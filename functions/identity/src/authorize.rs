//! The authorizer: who calls, by the token in the header. It is sent no body; a device's claim about it is handed on.

use crate::Proofs;
use crate::permission::Permission;
use scrip_clock::Timestamp;
use scrip_directory::MerchantDeviceRecord;
use scrip_function::{Operation, Outcome, Trigger};
use scrip_http::{Device, Principal, User};
use scrip_identity::{Kind, TokenError, classify, verify_device};
use scrip_refusal::{Code, Failure, Refusal};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) fn operation() -> Operation {
    Operation::event("authorize", "Prove who calls", Trigger::Authorizer, authorize).budget(1, 0)
}

/// What API Gateway sends a `REQUEST` authorizer of a REST API, as far as it counts here. It holds the token, so it is
/// not to be shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    method_arn: String,
    headers: Option<BTreeMap<String, String>>,
}

/// A proven caller, and when the proof ends.
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn authorize(proofs: Proofs, request: Request) -> Outcome<Permission> {
    let token = request.token()?;

    let caller = match classify(token) {
        Kind::User => proofs.user(token).await?,
        Kind::Device(id) => proofs.device(&id, token).await?,
    };

    Permission::of(&caller, &request.method_arn)
}

impl Request {
    /// The bearer token (RFC 6750 section 2.1); neither the header's name nor the scheme's has a case.
    fn token(&self) -> Result<&str, Refusal> {
        let headers = self.headers.iter().flatten();
        let value = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let token = value.and_then(|(_, value)| value.trim().split_once(' '));
        match token {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
            _ => Err(unauthenticated("there is no bearer token")),
        }
    }
}

impl Proofs {
    async fn user(&self, token: &str) -> Result<Caller, Failure> {
        let user = self.users.verify(token, self.clock.now()).await.map_err(|error| refused(&error))?;
        let principal = Principal::User(User { id: user.id, scopes: user.scopes.into_iter().collect() });
        Ok(Caller { principal, expires_at: user.expires_at })
    }

    /// A merchant's device, by one read. A user's own device calls with the user's token and is none of these.
    async fn device(&self, id: &str, token: &str) -> Result<Caller, Failure> {
        let device = self.directory.merchant_device(id).await?.filter(MerchantDeviceRecord::is_active);
        let device = device.ok_or_else(|| unauthenticated("no active device has this id"))?;
        let claims =
            verify_device(token, &device.public_key, self.clock.now()).map_err(|error| refused(&error))?;
        let principal = Principal::Device(Device {
            id: device.id,
            kind: device.kind,
            merchant: device.merchant,
            store: device.store,
            currency: device.currency.code().to_owned(),
            body_sha256: claims.body_sha256,
        });
        Ok(Caller { principal, expires_at: claims.expires_at })
    }
}

fn refused(error: &TokenError) -> Failure {
    if error.is_retryable() {
        Failure::Busy(error.to_string())
    } else {
        unauthenticated(&error.to_string()).into()
    }
}

/// The reason is for the log: API Gateway answers every caller the same.
fn unauthenticated(why: &str) -> Refusal {
    Refusal::new(Code::Unauthenticated, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(headers: &serde_json::Value) -> Request {
        serde_json::from_value(json!({
            "type": "REQUEST", "methodArn": "arn", "resource": "/bills", "headers": headers, "multiValueHeaders": null,
        }))
        .unwrap()
    }

    #[test]
    fn the_token_stands_behind_its_scheme() {
        for headers in [
            json!({"Authorization": "Bearer a.b.c"}),
            json!({"authorization": "bearer a.b.c", "host": "x"}),
            json!({"AUTHORIZATION": " BEARER  a.b.c "}),
        ] {
            assert_eq!(request(&headers).token().unwrap(), "a.b.c", "{headers}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_proves_nothing() {
        for headers in [
            json!(null),
            json!({}),
            json!({"Authorization": "a.b.c"}),
            json!({"Authorization": "Basic YTpi"}),
            json!({"X-Authorization": "Bearer a.b.c"}),
        ] {
            let refusal = request(&headers).token().unwrap_err();
            assert_eq!(refusal.code, Code::Unauthenticated, "{headers}");
        }
    }

    #[test]
    fn keys_that_are_not_there_are_no_fault_of_the_caller() {
        assert!(matches!(refused(&TokenError::KeysUnavailable("timeout".into())), Failure::Busy(_)));
        assert_eq!(refused(&TokenError::Expired).code(), Some(Code::Unauthenticated));
    }
}
