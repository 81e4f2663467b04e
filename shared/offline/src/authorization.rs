//! Authorizations as they are stored and shown.

use crate::codes::Codes;
use crate::grant::{DailyLimit, Grant};
use crate::limits::{CODE_KEPT_HOURS, MAX_USES_PER_DAY};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_ledger::AccountId;
use scrip_money::schema::PositiveMoney;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_secure_code::Alias;
use scrip_slots::Slot;
use scrip_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What every authorization's id begins with.
pub const AUTHORIZATION_PREFIX: &str = "auth_";

/// Where an authorization stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OfflineAuthorizationStatus")]
pub enum AuthorizationStatus {
    /// It can be used.
    Approved,
    /// Its time is over.
    Expired,
    /// Its user took it back.
    Revoked,
}

/// What kind of code an authorization has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SecureCodeScheme")]
pub enum Scheme {
    /// 12 to 24 digits that count for several payments.
    Static,
    /// RFC 6238, 8 digits, 30 seconds.
    Totp,
}

/// The payments that one UTC day may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DailyLimit")]
pub struct PerDay {
    /// How many, 1 to 50.
    #[schemars(range(min = 1, max = MAX_USES_PER_DAY))]
    pub count: i64,
    /// The sum of its payments, in minor units of the account's currency.
    #[schemars(with = "PositiveMoney")]
    pub amount: Money,
}

/// The stored authorization: its terms, and once it has ended what was left of it. While it can be used, what is left
/// stands among its user's codes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationRecord {
    pub(crate) id: String,
    pub(crate) user: String,
    /// The time, then the alias, so that a list finds the user's codes without another read.
    pub(crate) granted: String,
    pub(crate) alias: Alias,
    pub(crate) account: AccountId,
    pub(crate) currency: Currency,
    pub(crate) scheme: Scheme,
    pub(crate) limit: i64,
    pub(crate) per_transaction_limit: i64,
    pub(crate) uses: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) per_day: Option<DailyLimit>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) pin_above: Option<i64>,
    pub(crate) pos: Vec<String>,
    pub(crate) reserve: bool,
    pub(crate) valid_from: i64,
    pub(crate) valid_until: i64,
    pub(crate) status: AuthorizationStatus,
    pub(crate) remaining: i64,
    pub(crate) uses_left: i64,
    /// Where it waits for its end, and then for its code to be forgotten.
    #[serde(flatten)]
    pub(crate) slot: Option<Slot>,
    pub(crate) request_hash: String,
}

/// An authorization as its user sees it. Its code or secret is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "OfflineAuthorization", example = json!({
    "id": "auth_0123456789abcdefghjkmnpqrs",
    "status": "approved",
    "account": "acct_u0123456789abcdefghjkmnpqrs",
    "scheme": "totp",
    "alias": "204615873",
    "valid_from": "2026-11-30T12:00:00Z",
    "valid_until": "2026-12-01T12:00:00Z",
    "limit": { "amount": 5_000, "currency": "CNY" },
    "remaining": { "amount": 5_000, "currency": "CNY" },
    "per_transaction_limit": { "amount": 2_000, "currency": "CNY" },
    "uses": 3,
    "uses_left": 3,
    "per_day": null,
    "pin_above": null,
    "pos": null,
    "reserve": false,
}))]
pub struct AuthorizationView {
    /// The id, `auth_…`.
    pub id: String,
    /// Where it stands.
    pub status: AuthorizationStatus,
    /// The account that pays.
    pub account: String,
    /// What kind of code it has.
    pub scheme: Scheme,
    /// Nine digits that stand for the user: a phone shows them before a time-based code.
    pub alias: String,
    /// From when on it counts.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_from: Timestamp,
    /// Until when it counts.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_until: Timestamp,
    /// What it may take in all.
    pub limit: Money,
    /// What it may still take.
    pub remaining: Money,
    /// What one payment may take.
    pub per_transaction_limit: Money,
    /// How many payments it allows in all.
    pub uses: i64,
    /// How many it still allows.
    pub uses_left: i64,
    /// What a day may take.
    pub per_day: Option<PerDay>,
    /// Amounts above this need the PIN.
    pub pin_above: Option<Money>,
    /// The points of sale at which it counts; all if not said.
    pub pos: Option<Vec<String>>,
    /// Whether what remains is reserved in the account.
    pub reserve: bool,
}

impl AuthorizationStatus {
    /// The name that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl AuthorizationRecord {
    pub(crate) fn key(id: &str) -> Key {
        Key::new(format!("AUTH#{id}"), "AUTHORIZATION")
    }

    /// When its code is forgotten.
    pub(crate) const fn erase_at(&self) -> i64 {
        self.valid_until.saturating_add(CODE_KEPT_HOURS * 3_600_000)
    }

    /// The authorization among its user's codes, unless its code is erased.
    pub(crate) fn grant<'a>(&self, codes: &'a Codes) -> Option<&'a Grant> {
        codes.record.as_ref()?.authorizations.get(&self.id)
    }

    /// As it is now. `grant` is what the user's codes hold of it.
    pub(crate) fn view(&self, grant: Option<&Grant>, now: Timestamp) -> Result<AuthorizationView, Failure> {
        let money = |amount: i64| Money::new(amount, self.currency);
        let time = |at: i64| Timestamp::from_millisecond(at).map_err(Failure::broken);
        let is_over = now.as_millisecond() >= self.valid_until;
        let status = match self.status {
            AuthorizationStatus::Approved if is_over => AuthorizationStatus::Expired,
            status => status,
        };
        let per_day = self.per_day.map(|day| PerDay { count: day.count, amount: money(day.amount) });
        Ok(AuthorizationView {
            id: self.id.clone(),
            status,
            account: self.account.to_string(),
            scheme: self.scheme,
            alias: self.alias.to_string(),
            valid_from: time(self.valid_from)?,
            valid_until: time(self.valid_until)?,
            limit: money(self.limit),
            remaining: money(grant.map_or(self.remaining, |grant| grant.remaining)),
            per_transaction_limit: money(self.per_transaction_limit),
            uses: self.uses,
            uses_left: grant.map_or(self.uses_left, |grant| grant.uses_left),
            per_day,
            pin_above: self.pin_above.map(money),
            pos: (!self.pos.is_empty()).then(|| self.pos.clone()),
            reserve: self.reserve,
        })
    }

    /// As it was granted: the answer to a repeated request.
    pub(crate) fn as_granted(&self) -> Result<AuthorizationView, Failure> {
        let granted = Self {
            status: AuthorizationStatus::Approved,
            remaining: self.limit,
            uses_left: self.uses,
            ..self.clone()
        };
        granted.view(None, Timestamp::from_millisecond(self.valid_from).map_err(Failure::broken)?)
    }
}

/// The refusal of an authorization that does not exist, or that the caller must not know.
pub(crate) fn no_such_authorization() -> Refusal {
    Refusal::new(Code::NotFound, "Nothing has this id.")
}
