//! Who calls, as the authorizer found it. It comes as the flat string map in which API Gateway hands it on.

use scrip_identity::DeviceKind;
use scrip_refusal::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// The scope that may create money.
pub const TREASURY_SCOPE: &str = "treasury";

/// A proven caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person, by an access token.
    User(User),
    /// A merchant's device, by a token that it signed itself.
    Device(Device),
    /// Somebody whom no authorizer was asked about: the operation looks for another proof, or refuses.
    Unproven,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The token's `sub`.
    pub id: String,
    /// The token's scopes.
    pub scopes: BTreeSet<String>,
}

/// A merchant's terminal, POS or server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id, `dev_…`.
    pub id: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The merchant it belongs to, `mch_…`.
    pub merchant: String,
    /// The merchant's store it stands in.
    pub store: String,
    /// The merchant's currency.
    pub currency: String,
    /// What the token says is the SHA-256 of the body, base64url.
    pub body_sha256: String,
}

impl Principal {
    /// Reads the authorizer's context.
    pub fn from_context(context: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let member = |name: &str| {
            context
                .get(name)
                .cloned()
                .ok_or_else(|| Failure::broken(format!("the authorizer's context lacks {name}")))
        };
        if !context.contains_key("kind") {
            return Ok(Self::Unproven);
        }
        match member("kind")?.as_str() {
            "user" => Ok(Self::User(User {
                id: member("user")?,
                scopes: member("scope")?.split_ascii_whitespace().map(str::to_owned).collect(),
            })),
            "device" => Ok(Self::Device(Device {
                id: member("device")?,
                kind: DeviceKind::parse(&member("device_kind")?).ok_or_else(|| {
                    Failure::broken("the authorizer's context has an unknown kind of device")
                })?,
                merchant: member("merchant")?,
                store: member("store")?,
                currency: member("currency")?,
                body_sha256: member("body_sha256")?,
            })),
            other => Err(Failure::broken(format!("the authorizer's context has an unknown kind {other}"))),
        }
    }

    /// The context that [`Self::from_context`] reads.
    pub fn to_context(&self) -> BTreeMap<String, String> {
        let pairs: Vec<(&str, String)> = match self {
            Self::User(user) => vec![
                ("kind", "user".into()),
                ("user", user.id.clone()),
                ("scope", user.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
            ],
            Self::Device(device) => vec![
                ("kind", "device".into()),
                ("device", device.id.clone()),
                ("device_kind", device.kind.as_str().into()),
                ("merchant", device.merchant.clone()),
                ("store", device.store.clone()),
                ("currency", device.currency.clone()),
                ("body_sha256", device.body_sha256.clone()),
            ],
            Self::Unproven => Vec::new(),
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What ids are derived from, and what the log tells apart.
    pub fn name(&self) -> String {
        match self {
            Self::User(user) => format!("user:{}", user.id),
            Self::Device(device) => format!("device:{}", device.id),
            Self::Unproven => "unproven".to_owned(),
        }
    }

    /// The kind alone, for the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Device(device) => device.kind.as_str(),
            Self::Unproven => "unproven",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_round_trip() {
        let user = User { id: "alice".into(), scopes: BTreeSet::from(["treasury".into(), "wallet".into()]) };
        let device = Device {
            id: "dev_1".into(),
            kind: DeviceKind::Pos,
            merchant: "mch_1".into(),
            store: "s1".into(),
            currency: "CNY".into(),
            body_sha256: "x".into(),
        };
        for principal in [Principal::User(user), Principal::Device(device)] {
            assert_eq!(Principal::from_context(&principal.to_context()).unwrap(), principal);
        }
    }

    #[test]
    fn a_context_without_a_member_is_broken() {
        let context = BTreeMap::from([("kind".to_owned(), "device".to_owned())]);
        assert!(matches!(Principal::from_context(&context), Err(Failure::Broken(_))));
    }
}
