//! Whose an account is, as far as a caller may know.

use crate::Wallet;
use scrip_http::{DeviceKind, Principal, TREASURY_SCOPE};
use scrip_ledger::{AccountClass, AccountId};
use scrip_refusal::{Code, Failure, Refusal};

impl Wallet {
    /// Whether the caller holds the account: its user, the owner of its merchant or that merchant's server; for
    /// external accounts, the treasury.
    pub(crate) async fn holds(&self, principal: &Principal, account: &AccountId) -> Result<bool, Failure> {
        match account.class() {
            AccountClass::User => {
                Ok(self.ledger.holder(account).await?.as_deref() == Some(principal.name().as_str()))
            }
            AccountClass::Merchant => self.runs_merchant(principal, account).await,
            AccountClass::External => {
                Ok(matches!(principal, Principal::User(user) if user.scopes.contains(TREASURY_SCOPE)))
            }
        }
    }

    async fn runs_merchant(&self, principal: &Principal, account: &AccountId) -> Result<bool, Failure> {
        let Some(merchant) = account.merchant() else { return Ok(false) };
        match principal {
            Principal::Device(device) => Ok(device.kind == DeviceKind::Server && device.merchant == merchant),
            Principal::User(user) => {
                Ok(self.directory.merchant(&merchant).await?.is_some_and(|merchant| merchant.owner == user.id))
            }
        }
    }

    /// The account of a path or request that the caller holds.
    pub(crate) async fn held(&self, principal: &Principal, id: &str) -> Result<AccountId, Failure> {
        let account = AccountId::parse(id).ok_or_else(no_such_account)?;
        if self.holds(principal, &account).await? { Ok(account) } else { Err(no_such_account().into()) }
    }
}

pub(crate) fn no_such_account() -> Refusal {
    Refusal::new(Code::NotFound, "No account of yours has this id.")
}

pub(crate) fn no_such_transfer() -> Refusal {
    Refusal::new(Code::NotFound, "No transfer of yours has this id.")
}
