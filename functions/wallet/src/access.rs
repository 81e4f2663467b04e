//! Whose an account is, as far as a caller may know.

use scrip_capability::{Capability, Context};
use scrip_directory::{Directory, MerchantRecord, merchant_key};
use scrip_http::{Principal, TREASURY_SCOPE};
use scrip_identity::DeviceKind;
use scrip_ledger::{AccountClass, AccountId, Ledger};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Address, Raw, Store, decode, text};

/// What tells whose an account is.
pub(crate) struct Access {
    store: Store,
    ledger: Ledger,
    directory: Directory,
}

impl Capability for Access {
    fn new(context: &Context) -> Result<Self, Failure> {
        let (ledger, directory) = (Ledger::new(context)?, Directory::new(context)?);
        Ok(Self { store: context.store.clone(), ledger, directory })
    }
}

impl Access {
    /// Which of these accounts the caller holds, in one round trip: its user, the owner of its merchant or that
    /// merchant's server; for external accounts, the treasury.
    pub(crate) async fn holds(
        &self,
        principal: &Principal,
        accounts: &[AccountId],
    ) -> Result<Vec<bool>, Failure> {
        let proofs: Vec<_> = accounts.iter().map(|account| self.proof_address(account)).collect();
        let found: Vec<Option<Raw>> = self.store.read(proofs).await?;
        accounts.iter().zip(found).map(|(account, item)| holds(principal, account, item)).collect()
    }

    /// A user's account names its holder; a merchant's owner stands in the directory.
    fn proof_address(&self, account: &AccountId) -> Address {
        match account.merchant() {
            Some(merchant) => merchant_key(&merchant).at(self.directory.table()),
            None => account.balance_key(0).at(self.ledger.table()),
        }
    }

    /// Whether the caller holds this one.
    pub(crate) async fn holds_one(
        &self,
        principal: &Principal,
        account: &AccountId,
    ) -> Result<bool, Failure> {
        Ok(self.holds(principal, std::slice::from_ref(account)).await? == [true])
    }

    /// The account, if the caller holds it.
    pub(crate) async fn held(&self, principal: &Principal, account: AccountId) -> Result<AccountId, Failure> {
        if self.holds_one(principal, &account).await? { Ok(account) } else { Err(no_such_account().into()) }
    }
}

fn holds(principal: &Principal, account: &AccountId, item: Option<Raw>) -> Result<bool, Failure> {
    // An external account's items appear when they are first used, so that the one read may be missing.
    Ok(match (account.class(), principal, item) {
        (AccountClass::External, Principal::User(user), _) => user.scopes.contains(TREASURY_SCOPE),
        (_, Principal::Unproven, _) | (AccountClass::External, Principal::Device(_), _) | (_, _, None) => {
            false
        }
        (AccountClass::User | AccountClass::Member, _, Some(Raw(item))) => {
            text(&item, "holder") == Some(principal.name().as_str())
        }
        (AccountClass::Merchant, Principal::User(user), Some(Raw(item))) => {
            decode::<MerchantRecord>(item)?.owner == user.id
        }
        (AccountClass::Merchant, Principal::Device(device), Some(_)) => {
            device.kind == DeviceKind::Server && Some(&device.merchant) == account.merchant().as_ref()
        }
    })
}

pub(crate) fn no_such_account() -> Refusal {
    Refusal::new(Code::NotFound, "No account of yours has this id.")
}

pub(crate) fn no_such_transfer() -> Refusal {
    Refusal::new(Code::NotFound, "No transfer of yours has this id.")
}
