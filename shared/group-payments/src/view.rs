//! A payment request as those see it whom it concerns.

use crate::request::{Amounts, RequestRecord, RequestStatus, SplitKind, time};
use crate::share::{ShareRecord, ShareStatus};
use crate::split::{AmountOf, PercentageOf, Split, WeightOf};
use schemars::JsonSchema;
use scrip_clock::{Period, Timestamp};
use scrip_money::{Allocation, Money};
use scrip_refusal::Failure;
use serde::Serialize;
use serde_json::{Value, json};

/// A request to the members of a group to pay their shares of a sum. At any moment, `total` is `own` and all shares; and
/// what is asked for is what was collected, paid outside, waived, closed, and is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PaymentRequest", example = request_example())]
pub struct PaymentRequestView {
    /// The id, `preq_…`.
    pub id: String,
    /// The group, `grp_…`.
    pub group: String,
    /// The message that asks.
    pub message: MessageOf,
    /// The id of the user who asks, and is paid.
    pub requester: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// Counts changes of its terms; told when they are changed.
    pub version: i64,
    /// What it is for, 1 to 200 characters.
    pub note: Option<String>,
    /// The whole sum, in minor units.
    pub total: Money,
    /// What of the sum is the requester's own, and collected from nobody.
    pub own: Money,
    /// The sum of all shares.
    pub to_collect: Money,
    /// What was paid so far.
    pub collected: Money,
    /// What is still to be paid.
    pub due: Money,
    /// How many users are asked.
    pub asked: i64,
    /// How many of them have paid all of their shares.
    pub paid: i64,
    /// How the sum was split; null for those from whom amounts are hidden.
    pub split: Option<Split>,
    /// Who got the minor units that were left over.
    pub allocation: Allocation,
    /// Whether members see what others owe.
    pub amounts: Amounts,
    /// Who is asked, in the order of the split.
    pub shares: Vec<ShareView>,
    /// The reader's own share; null for who is not asked.
    pub my_share: Option<ShareView>,
    /// When it was asked.
    #[schemars(with = "scrip_clock::DateTime")]
    pub created_at: Timestamp,
    /// When what is not paid is closed.
    #[schemars(with = "scrip_clock::DateTime")]
    pub expires_at: Timestamp,
    /// After how long who has not paid is reminded by the system, at most twice; null for never.
    pub remind_after: Option<Period>,
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MessageReference")]
pub struct MessageOf {
    /// The id, `msg_…`.
    pub id: String,
    /// Its number in the group.
    pub seq: i64,
}

/// What one user is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Share", example = share_example())]
pub struct ShareView {
    /// The id of the user who is asked.
    pub user: String,
    /// Where it stands.
    pub status: ShareStatus,
    /// What is asked for, in minor units; null where it is hidden.
    pub amount: Option<Money>,
    /// What of it is still to be paid; null where it is hidden.
    pub due: Option<Money>,
    /// Counts what the requester sets; told when it is set again.
    pub version: i64,
    /// The id of the user who paid last, who may be another one.
    pub paid_by: Option<String>,
    /// When that was.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub paid_at: Option<Timestamp>,
    /// Why it was declined; for the requester and who is asked alone.
    pub reason: Option<String>,
    /// Whether who is asked wants no reminders; told to the requester and to them alone, false to others.
    pub muted: bool,
}

pub(crate) fn share_example() -> Value {
    json!({
        "user": "bo",
        "status": "paid",
        "amount": { "amount": 3_333, "currency": "CNY" },
        "due": { "amount": 0, "currency": "CNY" },
        "version": 1,
        "paid_by": "bo",
        "paid_at": "2026-11-30T12:30:00Z",
        "reason": null,
        "muted": false,
    })
}

pub(crate) fn request_example() -> Value {
    let money = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
    json!({
        "id": "preq_0123456789abcdefghjkmnpqrs",
        "group": "grp_0123456789abcdefghjkmnpqrs",
        "message": { "id": "msg_0123456789abcdefghjkmnpqrs", "seq": 13 },
        "requester": "alice",
        "status": "completed",
        "version": 1,
        "note": "Lunch",
        "total": money(6_667),
        "own": money(3_334),
        "to_collect": money(3_333),
        "collected": money(3_333),
        "due": money(0),
        "asked": 1,
        "paid": 1,
        "split": { "equal": ["alice", "bo"] },
        "allocation": "largest_remainder",
        "amounts": "shown",
        "shares": [share_example()],
        "my_share": share_example(),
        "created_at": "2026-11-30T12:00:00Z",
        "expires_at": "2026-12-07T12:00:00Z",
        "remind_after": "PT24H",
    })
}

impl RequestRecord {
    /// As a user sees it, with all of its shares.
    pub fn view(
        &self,
        shares: &[ShareRecord],
        reader: &str,
        now: Timestamp,
    ) -> Result<PaymentRequestView, Failure> {
        let mut shares: Vec<&ShareRecord> = shares.iter().collect();
        shares.sort_by_key(|share| share.place);
        let money = |amount: i64| Money::new(amount, self.currency);
        let sum = |part: &dyn Fn(&ShareRecord) -> i64| {
            Money::checked_sum(self.currency, shares.iter().map(|share| money(part(share))))
        };
        let is_over = self.require_open(now).is_err();
        let shown = |share: &ShareRecord| self.share_view(share, reader, is_over);
        let own = shares.iter().find(|share| share.user == reader);
        let paid = shares.iter().filter(|share| share.status == ShareStatus::Paid).count();
        let is_hidden = self.amounts == Amounts::Hidden && reader != self.requester;
        let still_due = |share: &ShareRecord| {
            if share.status.is_payable() && !is_over { share.due } else { 0 }
        };
        let remind_after = self.remind_after.map(Period::from_seconds);
        Ok(PaymentRequestView {
            id: self.id.clone(),
            group: self.group.clone(),
            message: MessageOf { id: self.message.clone(), seq: self.seq },
            requester: self.requester.clone(),
            status: self.status_with(&shares, now),
            version: self.version,
            note: self.note.clone(),
            total: money(self.total),
            own: money(self.own),
            to_collect: sum(&|share| share.amount)?,
            collected: sum(&|share| share.amount - share.due)?,
            due: sum(&still_due)?,
            asked: i64::try_from(shares.len()).map_err(Failure::broken)?,
            paid: i64::try_from(paid).map_err(Failure::broken)?,
            split: if is_hidden { None } else { Some(self.split(&shares)?) },
            allocation: self.allocation,
            amounts: self.amounts,
            shares: shares.iter().map(|share| shown(share)).collect::<Result<_, _>>()?,
            my_share: own.map(|share| shown(share)).transpose()?,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            remind_after: remind_after.flatten(),
        })
    }

    /// Where it stands, whether or not somebody has written it down: all that is asked for may have been paid, or its time
    /// may be over.
    pub(crate) fn status_with(&self, shares: &[&ShareRecord], now: Timestamp) -> RequestStatus {
        match self.status {
            RequestStatus::Open if !shares.iter().any(|share| share.status.is_payable()) => {
                RequestStatus::Completed
            }
            RequestStatus::Open if now.as_millisecond() >= self.expires_at => RequestStatus::Expired,
            status => status,
        }
    }

    /// A share as a user sees it. Once the request is over, nothing is due on it any more.
    pub(crate) fn share_view(
        &self,
        share: &ShareRecord,
        reader: &str,
        is_over: bool,
    ) -> Result<ShareView, Failure> {
        let concerns = reader == self.requester || reader == share.user;
        let is_seen = concerns || self.amounts == Amounts::Shown;
        let is_closed = is_over && share.status.is_payable();
        let status = if is_closed { ShareStatus::Closed } else { share.status };
        let due = if status.is_payable() { share.due } else { 0 };
        let last = share.payments.last();
        let reason = share.decline.as_ref().filter(|_| concerns).and_then(|decline| decline.reason.clone());
        Ok(ShareView {
            user: share.user.clone(),
            status,
            amount: is_seen.then_some(Money::new(share.amount, self.currency)),
            due: is_seen.then_some(Money::new(due, self.currency)),
            version: share.version,
            paid_by: last.map(|payment| payment.payer.clone()),
            paid_at: last.map(|payment| time(payment.at)).transpose()?,
            reason,
            muted: concerns && share.muted,
        })
    }

    /// The split as it was posted.
    fn split(&self, shares: &[&ShareRecord]) -> Result<Split, Failure> {
        let mut parts: Vec<(u32, &str, i64, Option<&str>)> = shares
            .iter()
            .map(|share| (share.place, share.user.as_str(), share.amount, share.part.as_deref()))
            .collect();
        if let Some(own) = &self.own_part {
            parts.push((own.place, &self.requester, self.own, own.part.as_deref()));
        }
        parts.sort_by_key(|part| part.0);
        let mut split = Split::default();
        match self.kind {
            SplitKind::Equal => {
                split.equal = Some(parts.iter().map(|(_, user, ..)| (*user).to_owned()).collect());
            }
            SplitKind::Amounts => {
                let amount = |amount| Money::new(amount, self.currency);
                let each = parts.iter();
                let each =
                    each.map(|(_, user, of, _)| AmountOf { user: (*user).to_owned(), amount: amount(*of) });
                split.amounts = Some(each.collect());
            }
            SplitKind::Weights => {
                let each = parts.iter().map(|(_, user, _, part)| {
                    let weight = part_of(*part)?.parse().map_err(Failure::broken)?;
                    Ok(WeightOf { user: (*user).to_owned(), weight })
                });
                split.weights = Some(each.collect::<Result<_, Failure>>()?);
            }
            SplitKind::Percentages => {
                let each = parts.iter().map(|(_, user, _, part)| {
                    let percentage = part_of(*part)?.parse().map_err(Failure::broken)?;
                    Ok(PercentageOf { user: (*user).to_owned(), percentage })
                });
                split.percentages = Some(each.collect::<Result<_, Failure>>()?);
            }
        }
        Ok(split)
    }
}

fn part_of(part: Option<&str>) -> Result<&str, Failure> {
    part.ok_or_else(|| Failure::broken("a share without its part"))
}
