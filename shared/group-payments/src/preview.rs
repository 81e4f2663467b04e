//! What a split would ask of whom, without asking.

use crate::payments::Payments;
use crate::split::Split;
use schemars::JsonSchema;
use scrip_groups::{MemberRecord, no_such_group};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Allocation, Money};
use scrip_refusal::{Code, Failure, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A sum and how it is to be split.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "total": { "amount": 10_000, "currency": "CNY" },
    "split": { "equal": ["alice", "bo", "chen"] },
}))]
pub struct PreviewPayment {
    /// The whole sum, in minor units: more than zero.
    #[schemars(with = "PositiveMoney")]
    pub total: Money,
    /// Who pays how much of it.
    pub split: Split,
    /// Who gets the minor units that are left over; those whose shares lost most by rounding, if not said.
    #[serde(default)]
    pub allocation: Allocation,
}

/// What would be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PaymentPreview", example = json!({
    "shares": [
        { "user": "bo", "amount": { "amount": 3_333, "currency": "CNY" } },
        { "user": "chen", "amount": { "amount": 3_333, "currency": "CNY" } },
    ],
    "own": { "amount": 3_334, "currency": "CNY" },
    "to_collect": { "amount": 6_666, "currency": "CNY" },
    "leftover": [{ "user": "alice", "units": 1 }],
}))]
pub struct PreviewedPayment {
    /// What others would be asked for, in the order of the split.
    pub shares: Vec<PreviewedShare>,
    /// What would be the caller's own.
    pub own: Money,
    /// The sum of what others would be asked for.
    pub to_collect: Money,
    /// Who would get minor units beyond the exact share, rounded down.
    pub leftover: Vec<Leftover>,
}

/// What a user would be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreviewedShare {
    /// The id of the user.
    pub user: String,
    /// In minor units of the total's currency.
    pub amount: Money,
}

/// Minor units that somebody gets on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leftover {
    /// The id of the user.
    pub user: String,
    /// How many minor units.
    pub units: i64,
}

impl Payments {
    /// Calculates a split among the members of a group.
    pub async fn preview(
        &self,
        user: &str,
        group: &str,
        request: &PreviewPayment,
    ) -> Result<PreviewedPayment, Failure> {
        let users = request.split.users(user)?;
        let total = request.total.positive("/total")?;
        let key = |user: &str| MemberRecord::key(group, user).at(&self.table);
        let asked = (key(user), users.iter().map(|user| key(user)).collect::<Vec<_>>());
        let (member, members): (Option<MemberRecord>, Vec<Option<MemberRecord>>) =
            self.store.read(asked).await?;
        if member.is_none() {
            return Err(no_such_group().into());
        }
        require_members(&users, &members)?;
        let parts = request.split.divide(total, request.allocation)?;
        let of = |amount: i64| Money::new(amount, total.currency);
        let (own, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.user == user);
        let own = of(own.iter().map(|part| part.amount).sum());
        let leftover = parts.iter().filter(|part| part.leftover != 0);
        let share = |part: &&crate::Part| PreviewedShare { user: part.user.clone(), amount: of(part.amount) };
        Ok(PreviewedPayment {
            shares: others.iter().map(share).collect(),
            own,
            to_collect: total.checked_sub(own)?,
            leftover: leftover
                .map(|part| Leftover { user: part.user.clone(), units: part.leftover })
                .collect(),
        })
    }
}

/// Requires that all who are named are in the group.
pub(crate) fn require_members(users: &[&str], members: &[Option<MemberRecord>]) -> Result<(), Refusal> {
    match users.iter().zip(members).find(|(_, member)| member.is_none()) {
        Some((user, _)) => {
            let detail = "The split names somebody who is not in the group.";
            Err(Refusal::new(Code::NotAMember, detail).with("user", *user))
        }
        None => Ok(()),
    }
}
