//! Payment requests, for one invocation.

use crate::limits::MAX_SHARES;
use crate::request::{RequestRecord, no_such_request, partition, time};
use crate::share::{SHARE, ShareRecord};
use scrip_capability::capability;
use scrip_directory::Directory;
use scrip_groups::{Groups, MemberRecord};
use scrip_ledger::{AccountClass, AccountId, Ledger, unknown_account};
use scrip_refusal::{Failure, Refusal};
use scrip_slots::{Kind, Slot, Slots};
use scrip_store::{Query, decode, text};

capability! {
    /// Payment requests in groups. They lie in the table of groups.
    pub struct Payments in "GROUPS_TABLE" {
        pub(crate) groups: Groups,
        pub(crate) ledger: Ledger,
        pub(crate) directory: Directory,
        pub(crate) slots: Slots,
    }
}

impl Payments {
    /// A request with all of its shares, as they are at one moment.
    pub(crate) async fn whole(
        &self,
        request: &str,
    ) -> Result<Option<(RequestRecord, Vec<ShareRecord>)>, Failure> {
        let most = u32::try_from(MAX_SHARES + 1).map_err(Failure::broken)?;
        let items = self.store.all(&Query::of(&self.table, &partition(request)), most).await?;
        let (mut head, mut shares) = (None, Vec::new());
        for item in items {
            if text(&item, "sk").is_some_and(|sk| sk.starts_with(SHARE)) {
                shares.push(decode(item)?);
            } else {
                head = Some(decode(item)?);
            }
        }
        Ok(head.map(|head| (head, shares)))
    }

    /// The same of one that this user has posted.
    pub(crate) async fn own(
        &self,
        requester: &str,
        request: &str,
    ) -> Result<(RequestRecord, Vec<ShareRecord>), Failure> {
        let (head, shares) = self.seen(requester, request).await?;
        if head.requester == requester {
            return Ok((head, shares));
        }
        let detail = "Only who asks for the payment may do this.";
        Err(Refusal::new(scrip_refusal::Code::WrongRole, detail).into())
    }

    /// The same of one that concerns this user: who asks, who is asked, and who was in the group when it was posted.
    pub(crate) async fn seen(
        &self,
        user: &str,
        request: &str,
    ) -> Result<(RequestRecord, Vec<ShareRecord>), Failure> {
        let (head, shares) = self.whole(request).await?.ok_or_else(no_such_request)?;
        if head.requester == user || shares.iter().any(|share| share.user == user) {
            return Ok((head, shares));
        }
        let member = MemberRecord::key(&head.group, user).at(&self.table);
        let member: Option<MemberRecord> = self.store.read(member).await?;
        if member.is_some_and(|member| member.from_seq < head.seq) {
            return Ok((head, shares));
        }
        Err(no_such_request().into())
    }

    /// Where a request waits for what comes next.
    pub(crate) fn slot(&self, head: &RequestRecord) -> Result<Slot, Failure> {
        let (moment, at) = head.next_moment();
        self.slots.slot(Kind::PaymentRequest, moment, &head.id, time(at)?)
    }
}

/// An account that a user names.
pub(crate) fn account_of_user(account: &str, pointer: &str) -> Result<AccountId, Refusal> {
    AccountId::parse(account)
        .filter(|account| account.class() == AccountClass::User)
        .ok_or_else(|| unknown_account(pointer))
}

/// The request changed meanwhile; nothing is wrong.
pub(crate) fn changed() -> Failure {
    Failure::Changed("The payment request is changing. Send the same request again.")
}
