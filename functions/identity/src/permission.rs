//! What the authorizer answers: a policy, and who calls.

use crate::authorize::Caller;
use scrip_refusal::Failure;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the policy language.
const POLICY_VERSION: &str = "2012-10-17";

/// Lets a proven caller in. API Gateway keeps it for the token, whatever the token is used for next: so it names the
/// whole stage, and every operation authorises what it is asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Permission {
    principal_id: String,
    policy_document: Policy,
    context: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: String,
}

impl Permission {
    /// `method_arn` is `arn:…:api/stage/METHOD/path`. The context says in `expires_at`, in seconds since the epoch,
    /// when the proof ends, since it may be kept for longer.
    pub(crate) fn of(caller: &Caller, method_arn: &str) -> Result<Self, Failure> {
        let mut context = caller.principal.to_context();
        context.insert("expires_at".to_owned(), caller.expires_at.as_second().to_string());
        let statement =
            Statement { action: "execute-api:Invoke", effect: "Allow", resource: whole_stage(method_arn)? };
        Ok(Self {
            principal_id: caller.principal.name(),
            policy_document: Policy { version: POLICY_VERSION, statement: [statement] },
            context,
        })
    }
}

fn whole_stage(method_arn: &str) -> Result<String, Failure> {
    let mut parts = method_arn.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(api), Some(stage), Some(_)) if !stage.is_empty() => Ok(format!("{api}/{stage}/*")),
        _ => Err(Failure::broken(format!("not the ARN of a method: {method_arn}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_clock::Timestamp;
    use scrip_http::{Device, Principal};
    use scrip_identity::DeviceKind;
    use serde_json::json;

    const METHOD: &str =
        "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/v1/POST/bills/bill_1/items";

    fn caller() -> Caller {
        let device = Device {
            id: "dev_1".into(),
            kind: DeviceKind::Terminal,
            merchant: "mch_1".into(),
            store: "s1".into(),
            currency: "CNY".into(),
            body_sha256: "x".into(),
        };
        Caller {
            principal: Principal::Device(device),
            expires_at: Timestamp::from_second(1_764_000_060).unwrap(),
        }
    }

    #[test]
    fn a_caller_may_reach_every_method_of_the_stage() {
        let permission = serde_json::to_value(Permission::of(&caller(), METHOD).unwrap()).unwrap();
        assert_eq!(
            permission,
            json!({
                "principalId": "device:dev_1",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Action": "execute-api:Invoke",
                        "Effect": "Allow",
                        "Resource": "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/v1/*",
                    }],
                },
                "context": {
                    "kind": "device", "device": "dev_1", "device_kind": "terminal", "merchant": "mch_1", "store": "s1",
                    "currency": "CNY", "body_sha256": "x", "expires_at": "1764000060",
                },
            })
        );
    }

    #[test]
    fn operations_read_back_who_calls() {
        let permission = Permission::of(&caller(), METHOD).unwrap();
        assert_eq!(Principal::from_context(&permission.context).unwrap(), caller().principal);
    }

    #[test]
    fn what_names_no_method_opens_nothing() {
        for arn in ["", "*", "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234", "api/v1", "api//GET"]
        {
            assert!(matches!(Permission::of(&caller(), arn), Err(Failure::Broken(_))), "{arn}");
        }
    }
}
