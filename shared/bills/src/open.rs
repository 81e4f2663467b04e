//! Opening a bill.

use crate::BILL_PREFIX;
use crate::bill::{BillRecord, BillStatus, time};
use crate::bills::Bills;
use crate::limits::{
    DEFAULT_GRACE_SECONDS, MAX_EFFECTIVE_SECONDS, MAX_GRACE_SECONDS, MIN_EFFECTIVE_SECONDS,
    MIN_GRACE_SECONDS, VERIFICATION_ATTEMPTS,
};
use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin, Timestamp};
use scrip_ledger::{AccountClass, AccountId, unknown_account};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Currency, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Origin, Transaction, check_replay, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The terms of a new bill.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "account": "acct_u0123456789abcdefghjkmnpqrs",
    "effective_for": "PT2H",
    "ceiling": { "amount": 9_000, "currency": "CNY" },
}))]
pub struct OpenBill {
    /// The account that will pay.
    #[schemars(pattern(AccountId::pattern()))]
    pub account: String,
    /// How long terminals may add items, PT1M to P7D.
    #[schemars(with = "PeriodWithin<MIN_EFFECTIVE_SECONDS, MAX_EFFECTIVE_SECONDS>")]
    pub effective_for: Period,
    /// The most that may be on it.
    #[schemars(with = "Option<PositiveMoney>")]
    pub ceiling: Option<Money>,
    /// How long it waits for verification after that, PT1M to P1D; PT15M if not said.
    #[schemars(with = "Option<PeriodWithin<MIN_GRACE_SECONDS, MAX_GRACE_SECONDS>>")]
    pub grace_for: Option<Period>,
}

/// A bill that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "bill_0123456789abcdefghjkmnpqrs",
    "status": "open",
    "version": 1,
    "effective_until": "2026-11-30T14:00:00Z",
    "ceiling": { "amount": 9_000, "currency": "CNY" },
    "presentation_key": "c2NyaXAtZXhhbXBsZS1wcmVzZW50YXRpb24ta2V5LTE",
}))]
pub struct OpenedBill {
    /// The id, `bill_…`.
    pub id: String,
    /// `open`.
    pub status: BillStatus,
    /// Named when the terms are changed.
    pub version: i64,
    /// Until when terminals may add items.
    #[schemars(with = "scrip_clock::DateTime")]
    pub effective_until: Timestamp,
    /// The most that may be on it.
    pub ceiling: Option<Money>,
    /// The key of the codes that the phone shows: RFC 6238, SHA-256, 8 digits, 30 s; base64url.
    pub presentation_key: String,
}

impl Bills {
    /// Opens a bill that an account of this user will pay. The stored bill is itself the event that starts its
    /// expiry; `cause` is the id of the request, under which the log knows all that follows.
    pub async fn open(
        &self,
        user: &str,
        request: &OpenBill,
        origin: &Origin,
        cause: &str,
    ) -> Result<Created<OpenedBill>, Failure> {
        let effective =
            within(request.effective_for, MIN_EFFECTIVE_SECONDS, MAX_EFFECTIVE_SECONDS, "/effective_for")?;
        let grace = match request.grace_for {
            Some(period) => within(period, MIN_GRACE_SECONDS, MAX_GRACE_SECONDS, "/grace_for")?,
            None => DEFAULT_GRACE_SECONDS,
        };
        let ceiling = request.ceiling.map(|ceiling| ceiling.positive("/ceiling")).transpose()?;
        let (account, currency) = self.account_of(user, &request.account).await?;
        if ceiling.is_some_and(|ceiling| ceiling.currency != currency) {
            return Err(MoneyError::CurrencyMismatch.into());
        }

        let id = origin.id(BILL_PREFIX);
        let now = self.now().as_millisecond();
        let until = now.saturating_add(effective.saturating_mul(1_000));
        let bill = BillRecord {
            id: id.clone(),
            user: user.to_owned(),
            account: account.to_string(),
            currency,
            status: BillStatus::Open,
            version: 1,
            opened: format!("{now:013}#{id}"),
            opened_at: now,
            effective_until: until,
            grace_seconds: grace,
            ceiling: ceiling.map(|ceiling| ceiling.amount),
            total: 0,
            item_count: 0,
            by_merchant: BTreeMap::new(),
            terminals: BTreeMap::new(),
            verification: None,
            verification_requests: 0,
            attempts_left: VERIFICATION_ATTEMPTS,
            wrong_answers: BTreeMap::new(),
            additions: 0,
            amendments: Vec::new(),
            ended_by: None,
            slot: Some(self.expiry_slot(&id, until)?.caused_by(cause)),
            request_hash: origin.fingerprint.as_str().to_owned(),
            generation: self.keyring()?.current(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&BillRecord::key(&id), &bill)?);
        let (opened, replayed) = match self.store.commit(transaction).await? {
            Commit::Done => (bill, false),
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                (decode::<BillRecord>(item)?, true)
            }
        };
        // Made of the request, not of the bill as it is now: a repeated request gets the first answer.
        let value = OpenedBill {
            status: BillStatus::Open,
            version: 1,
            effective_until: time(opened.opened_at.saturating_add(effective.saturating_mul(1_000)))?,
            ceiling,
            presentation_key: self.presentation_key(&id, opened.generation)?.to_base64url(),
            id,
        };
        Ok(Created { value, replayed })
    }

    /// An account of this user's, with its currency.
    async fn account_of(&self, user: &str, account: &str) -> Result<(AccountId, Currency), Failure> {
        let unknown = || unknown_account("/account");
        let account = AccountId::parse(account).filter(|account| account.class() == AccountClass::User);
        let account = account.ok_or_else(unknown)?;
        let (view, holder) = self.ledger.account(&account).await?.ok_or_else(unknown)?;
        if holder != format!("user:{user}") {
            return Err(unknown().into());
        }
        Ok((account, view.currency))
    }
}

/// The seconds of a period that lies within its bounds.
pub(crate) fn within(period: Period, least: i64, most: i64, pointer: &str) -> Result<i64, Refusal> {
    let seconds = period.as_seconds();
    if (least..=most).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Refusal::field(pointer, Code::OutOfRange, format!("a duration from {least} to {most} seconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_open_for_a_week_and_waits_for_a_day_at_most() {
        assert_eq!((MAX_EFFECTIVE_SECONDS, MAX_GRACE_SECONDS), (604_800, 86_400));
        assert_eq!(DEFAULT_GRACE_SECONDS, 900);
    }

    #[test]
    fn a_period_lies_within_its_bounds_both_included() {
        let within = |period: &str| within(period.parse().unwrap(), 60, 120, "/effective_for");
        assert_eq!((within("PT1M"), within("PT2M")), (Ok(60), Ok(120)));
        for beyond in ["PT59S", "PT2M1S"] {
            assert_eq!(within(beyond).unwrap_err().fields[0].code, Code::OutOfRange, "{beyond}");
        }
    }
}
