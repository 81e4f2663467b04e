//! Who asks gives up a share, or says that it was paid in another way; and takes either back.

use crate::payments::{Payments, changed};
use crate::request::RequestRecord;
use crate::share::{ShareRecord, ShareStatus, debtor};
use crate::view::ShareView;
use schemars::JsonSchema;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Origin, Transaction, Write};
use serde::Deserialize;
use serde_json::json;

/// What who asks says of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ShareSettlement")]
pub enum Settlement {
    /// The rest is given up.
    Waived,
    /// The rest was paid in another way.
    PaidOutside,
    /// Either is taken back.
    Due,
}

/// What becomes of what is due on a share.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "version": 1, "status": "paid_outside" }))]
pub struct SettleShare {
    /// The version of the share that the caller saw.
    #[schemars(range(min = 1))]
    pub version: i64,
    /// What it is to be.
    pub status: Settlement,
}

impl Settlement {
    const fn status(self) -> ShareStatus {
        match self {
            Self::Waived => ShareStatus::Waived,
            Self::PaidOutside => ShareStatus::PaidOutside,
            Self::Due => ShareStatus::Due,
        }
    }
}

impl Payments {
    /// Settles a share without a payment, or takes that back.
    pub async fn settle(
        &self,
        requester: &str,
        request: &str,
        user: &str,
        settle: SettleShare,
        origin: &Origin,
    ) -> Result<Created<ShareView>, Failure> {
        self.store.until_unchanged(|| self.try_settle(requester, request, user, settle, origin)).await
    }

    async fn try_settle(
        &self,
        requester: &str,
        request: &str,
        user: &str,
        settle: SettleShare,
        origin: &Origin,
    ) -> Result<Created<ShareView>, Failure> {
        let (head, shares) = self.own(requester, request).await?;
        let missing = || Refusal::new(Code::NotFound, "Nobody of this id is asked for a share.");
        let share = shares.into_iter().find(|share| share.user == user).ok_or_else(missing)?;
        let this = origin.id_within(origin.fingerprint.as_str(), "shst_");
        let next = settle.version.saturating_add(1);
        if share.set_by.as_deref() == Some(this.as_str()) && share.version == next {
            return told(&head, &share, requester, true);
        }
        head.require_open(self.now())?;
        judge(&share, settle)?;
        let status = settle.status.status();
        let set = "SET #status = :after, version = :next, set_by = :this, debtor = :debtor";
        let write = Write::update(&self.table, ShareRecord::key(request, user), set)
            .when("#status = :before AND rest = :due AND version = :version AND expires_at > :now")
            .name("#status", "status")
            .value(":after", status.as_str())
            .value(":next", next)
            .value(":this", this.as_str())
            .value(":debtor", debtor(user, status))
            .value(":before", share.status.as_str())
            .value(":due", share.due)
            .value(":version", share.version)
            .value(":now", self.now().as_millisecond());
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        self.store.commit(transaction).await?;
        let after = ShareRecord { status, version: next, set_by: Some(this), ..share };
        told(&head, &after, requester, false)
    }
}

fn told(
    head: &RequestRecord,
    share: &ShareRecord,
    requester: &str,
    replayed: bool,
) -> Result<Created<ShareView>, Failure> {
    Ok(Created { value: head.share_view(share, requester, false)?, replayed })
}

fn judge(share: &ShareRecord, settle: SettleShare) -> Result<(), Refusal> {
    if share.version != settle.version {
        let detail = "The share was set meanwhile. Read it and decide again.";
        return Err(Refusal::new(Code::VersionStale, detail).with("current", share.version));
    }
    let is_settled = matches!(share.status, ShareStatus::Waived | ShareStatus::PaidOutside);
    if is_settled || share.status.is_payable() { Ok(()) } else { share.require_payable() }
}

/// The refusal of a key that another request has.
pub(crate) fn reused() -> Refusal {
    let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
    Refusal::new(Code::IdempotencyKeyReused, detail)
}
