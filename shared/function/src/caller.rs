//! Who may call an operation. That is for a role; whether the caller may do it with this bill or that account, each
//! operation judges itself.

use scrip_http::{Principal, TREASURY_SCOPE};
use scrip_identity::DeviceKind;
use scrip_refusal::{Code, Refusal};

/// A kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person, by an access token.
    User,
    /// A person whose token has the scope `treasury`.
    Treasury,
    /// A merchant's terminal, by a token that it signed itself.
    Terminal,
    /// A merchant's point of sale, by a token that it signed itself.
    PointOfSale,
    /// A merchant's server, by a token that it signed itself.
    Server,
    /// A third party that signs the body (Standard Webhooks).
    Signer,
    /// Everybody, without a proof.
    Anybody,
}

/// What proves who calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A token.
    Token,
    /// A signature over the body (Standard Webhooks).
    Signature,
    /// Nothing.
    None,
}

impl Caller {
    /// Who has a token of whatever kind: for operations that tell callers apart by what they hold.
    pub const WITH_TOKEN: &[Self] = &[Self::User, Self::Terminal, Self::PointOfSale, Self::Server];

    /// The same in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Treasury => "treasury",
            Self::Terminal => "terminal",
            Self::PointOfSale => "pos",
            Self::Server => "server",
            Self::Signer => "webhook",
            Self::Anybody => "anybody",
        }
    }

    /// Who this is, in a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::Treasury => "a user with the scope treasury",
            Self::Terminal => "a merchant's terminal",
            Self::PointOfSale => "a merchant's point of sale",
            Self::Server => "a merchant's server",
            Self::Signer => "whoever signs the body with a merchant's webhook key",
            Self::Anybody => "anybody",
        }
    }

    /// What proves that it is such a caller.
    pub const fn proof(self) -> Proof {
        match self {
            Self::Signer => Proof::Signature,
            Self::Anybody => Proof::None,
            _ => Proof::Token,
        }
    }

    fn is(self, principal: &Principal) -> bool {
        match (self, principal) {
            (Self::User, Principal::User(_)) | (Self::Signer | Self::Anybody, _) => true,
            (Self::Treasury, Principal::User(user)) => user.scopes.contains(TREASURY_SCOPE),
            (Self::Terminal, Principal::Device(device)) => device.kind == DeviceKind::Terminal,
            (Self::PointOfSale, Principal::Device(device)) => device.kind == DeviceKind::Pos,
            (Self::Server, Principal::Device(device)) => device.kind == DeviceKind::Server,
            _ => false,
        }
    }
}

/// Requires that the caller is one of these.
///
/// # Errors
/// `wrong-role`; `unauthenticated` for who has proven nothing.
pub(crate) fn require(callers: &[Caller], principal: &Principal) -> Result<(), Refusal> {
    if callers.iter().any(|caller| caller.is(principal)) {
        return Ok(());
    }
    if let Principal::Unproven = principal {
        let detail = "Send Authorization: Bearer with a token that holds now.";
        return Err(Refusal::new(Code::Unauthenticated, detail));
    }
    Err(Refusal::new(Code::WrongRole, whom(callers, principal)))
}

/// Whom the operation is for. Where a person may call as well, only devices come here, and are told of devices.
fn whom(callers: &[Caller], principal: &Principal) -> &'static str {
    let has = |caller| callers.contains(&caller);
    match principal {
        Principal::User(_) if has(Caller::Treasury) => "Use a token with the scope treasury.",
        _ if has(Caller::Terminal) => "Only a merchant's terminal may do this.",
        _ if has(Caller::PointOfSale) => "Only a merchant's point of sale may do this.",
        _ if has(Caller::Server) => "Only a merchant's server may do this.",
        _ => "Only a user may do this.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_http::{Device, User};

    fn user(scopes: &[&str]) -> Principal {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Principal::User(User { id: "alice".into(), scopes })
    }

    fn device(kind: DeviceKind) -> Principal {
        Principal::Device(Device {
            id: "dev_1".into(),
            kind,
            merchant: "mch_1".into(),
            store: "s1".into(),
            currency: "CNY".into(),
            body_sha256: "x".into(),
        })
    }

    fn told(callers: &[Caller], principal: &Principal) -> Option<(Code, String)> {
        require(callers, principal).err().map(|refusal| (refusal.code, refusal.detail))
    }

    #[test]
    fn a_device_is_one_kind_of_device() {
        let kinds = [
            (Caller::Terminal, DeviceKind::Terminal, "Only a merchant's terminal may do this."),
            (Caller::PointOfSale, DeviceKind::Pos, "Only a merchant's point of sale may do this."),
            (Caller::Server, DeviceKind::Server, "Only a merchant's server may do this."),
        ];
        for (caller, kind, detail) in kinds {
            assert_eq!(told(&[caller], &device(kind)), None);
            let others = kinds.iter().filter(|(_, other, _)| *other != kind);
            for principal in others.map(|(_, other, _)| device(*other)).chain([user(&[])]) {
                assert_eq!(told(&[caller], &principal), Some((Code::WrongRole, detail.to_owned())));
            }
        }
    }

    #[test]
    fn a_device_is_no_user_and_the_treasury_is_one_with_a_scope() {
        let terminal = device(DeviceKind::Terminal);
        for callers in [[Caller::User], [Caller::Treasury]] {
            let refused = (Code::WrongRole, "Only a user may do this.".to_owned());
            assert_eq!(told(&callers, &terminal), Some(refused));
        }
        assert_eq!(told(&[Caller::Treasury], &user(&["treasury"])), None);
        let refused = (Code::WrongRole, "Use a token with the scope treasury.".to_owned());
        assert_eq!(told(&[Caller::Treasury], &user(&["wallet"])), Some(refused));
    }

    #[test]
    fn who_has_proven_nothing_may_do_what_needs_no_token() {
        for (callers, expected) in [
            (Caller::WITH_TOKEN, Some(Code::Unauthenticated)),
            (&[Caller::User], Some(Code::Unauthenticated)),
            (&[Caller::Signer], None),
            (&[Caller::Anybody], None),
        ] {
            assert_eq!(told(callers, &Principal::Unproven).map(|(code, _)| code), expected, "{callers:?}");
        }
    }
}
