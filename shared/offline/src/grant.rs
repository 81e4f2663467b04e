//! An authorization as it is judged: what is left of it, and what its code is.

use crate::decline::DeclineCause;
use crate::limits::MAX_STEPS;
use scrip_clock::Timestamp;
use scrip_ledger::AccountId;
use scrip_money::{Currency, Money};
use scrip_secure_code::{Step, TotpAlgorithm};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An authorization among its user's codes. Amounts are minor units, times milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) account: AccountId,
    pub(crate) currency: Currency,
    pub(crate) credential: Credential,
    pub(crate) remaining: i64,
    pub(crate) uses_left: i64,
    pub(crate) per_transaction_limit: i64,
    pub(crate) valid_from: i64,
    pub(crate) valid_until: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) per_day: Option<DailyLimit>,
    /// Payments of each UTC date.
    pub(crate) day_counts: BTreeMap<String, i64>,
    /// What they took.
    pub(crate) day_amounts: BTreeMap<String, i64>,
    /// Amounts above this need the PIN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) pin_above: Option<i64>,
    /// The devices at which it counts; all if there are none.
    pub(crate) pos: Vec<String>,
    /// Whether what remains is reserved in the account.
    pub(crate) reserve: bool,
    /// Whether it was expired: only what occurred before still counts.
    pub(crate) ended: bool,
    /// The steps of the time-based codes that were used.
    pub(crate) steps: Vec<u64>,
}

/// What a day may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DailyLimit {
    pub(crate) count: i64,
    pub(crate) amount: i64,
}

/// What a code is known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case")]
pub(crate) enum Credential {
    /// A keyed hash of the code.
    Static { tag: String },
    /// The secret, sealed.
    Totp { sealed: String, algorithm: TotpAlgorithm },
}

/// What a payment changes in the numbers of an authorization, or its reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) amount: i64,
    pub(crate) uses: i64,
    pub(crate) day: String,
}

impl Change {
    /// A payment uses it up.
    pub(crate) fn by_payment(amount: i64, day: String) -> Self {
        Self { amount: -amount, uses: -1, day }
    }

    /// A reversal gives it back.
    pub(crate) fn by_reversal(amount: i64, day: String) -> Self {
        Self { amount, uses: 1, day }
    }
}

impl Grant {
    /// Whether it pays this amount, apart from the PIN. The code is right.
    pub(crate) fn judge(
        &self,
        device: &str,
        amount: Money,
        at: Timestamp,
        step: Option<Step>,
    ) -> Result<(), DeclineCause> {
        let moment = at.as_millisecond();
        let day = day_of(at);
        let today = |days: &BTreeMap<String, i64>| days.get(&day).copied().unwrap_or(0);
        let is_full = i64::try_from(self.steps.len()).is_ok_and(|steps| steps >= MAX_STEPS);
        if moment < self.valid_from {
            return Err(DeclineCause::NotYetValid);
        }
        if moment >= self.valid_until {
            return Err(DeclineCause::Expired);
        }
        if !self.pos.is_empty() && !self.pos.iter().any(|pos| pos == device) {
            return Err(DeclineCause::OtherDevice);
        }
        if step.is_some_and(|Step(step)| self.steps.contains(&step)) {
            return Err(DeclineCause::CodeUsed);
        }
        if self.uses_left < 1 || (step.is_some() && is_full) {
            return Err(DeclineCause::NoUsesLeft);
        }
        if amount.currency != self.currency {
            return Err(DeclineCause::CurrencyMismatch);
        }
        if amount.amount > self.per_transaction_limit {
            return Err(DeclineCause::TransactionLimit);
        }
        if amount.amount > self.remaining {
            return Err(DeclineCause::TotalLimit);
        }
        let is_over = |most: DailyLimit| {
            today(&self.day_counts) >= most.count
                || today(&self.day_amounts) > most.amount.saturating_sub(amount.amount)
        };
        if self.per_day.is_some_and(is_over) {
            return Err(DeclineCause::DailyLimit);
        }
        Ok(())
    }

    /// Whether an amount of its currency needs the PIN.
    pub(crate) fn needs_pin(&self, amount: Money) -> bool {
        self.pin_above.is_some_and(|above| amount.amount > above)
    }
}

/// The UTC date of a time, `2026-11-23`.
pub(crate) fn day_of(at: Timestamp) -> String {
    jiff::tz::TimeZone::UTC.to_datetime(at).date().to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use scrip_store::derive_id;

    const START: i64 = 1_764_000_000_000;
    const DAY: i64 = 24 * 3_600 * 1_000;

    pub(crate) fn grant(limit: i64, uses: i64) -> Grant {
        Grant {
            account: AccountId::parse(&derive_id("acct_u", &["a"])).unwrap(),
            currency: Currency::CNY,
            credential: Credential::Static { tag: "tag".into() },
            remaining: limit,
            uses_left: uses,
            per_transaction_limit: limit,
            valid_from: START,
            valid_until: START + 7 * DAY,
            per_day: None,
            day_counts: BTreeMap::new(),
            day_amounts: BTreeMap::new(),
            pin_above: None,
            pos: Vec::new(),
            reserve: false,
            ended: false,
            steps: Vec::new(),
        }
    }

    fn cny(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn each_limit_has_its_cause() {
        let whole = grant(1_000, 2);
        let judged =
            |grant: &Grant, amount: i64, time: i64| grant.judge("dev_1", cny(amount), at(time), None);
        assert_eq!(judged(&whole, 1_000, START), Ok(()));
        assert_eq!(judged(&whole, 1, START - 1), Err(DeclineCause::NotYetValid));
        assert_eq!(judged(&whole, 1, START + 7 * DAY), Err(DeclineCause::Expired));
        let bound = Grant { pos: vec!["dev_2".into()], ..whole.clone() };
        assert_eq!(judged(&bound, 1, START), Err(DeclineCause::OtherDevice));
        let spent = Grant { uses_left: 0, ..whole.clone() };
        assert_eq!(judged(&spent, 1, START), Err(DeclineCause::NoUsesLeft));
        let small = Grant { per_transaction_limit: 10, ..whole.clone() };
        assert_eq!(judged(&small, 11, START), Err(DeclineCause::TransactionLimit));
        let little = Grant { remaining: 10, ..whole.clone() };
        assert_eq!(judged(&little, 11, START), Err(DeclineCause::TotalLimit));
        let yen = Money::new(1, Currency::JPY);
        assert_eq!(whole.judge("dev_1", yen, at(START), None), Err(DeclineCause::CurrencyMismatch));
        let used = Grant { steps: vec![7], ..whole.clone() };
        assert_eq!(used.judge("dev_1", cny(1), at(START), Some(Step(7))), Err(DeclineCause::CodeUsed));
        assert_eq!(used.judge("dev_1", cny(1), at(START), Some(Step(8))), Ok(()));
        assert!(!whole.needs_pin(cny(1_000)));
        let with_pin = Grant { pin_above: Some(500), ..whole };
        assert_eq!([500, 501].map(|amount| with_pin.needs_pin(cny(amount))), [false, true]);
    }

    #[test]
    fn a_day_has_its_count_and_its_amount_and_the_last_use_counts() {
        let day = day_of(at(START));
        assert_eq!(day, "2025-11-24");
        let used = |count, amount| Grant {
            per_day: Some(DailyLimit { count: 2, amount: 600 }),
            day_counts: [(day.clone(), count)].into(),
            day_amounts: [(day.clone(), amount)].into(),
            ..grant(1_000, 9)
        };
        let judged = |grant: &Grant, amount, time| grant.judge("dev_1", cny(amount), at(time), None);
        assert_eq!(judged(&used(1, 500), 100, START), Ok(()));
        assert_eq!(judged(&used(1, 500), 101, START), Err(DeclineCause::DailyLimit));
        assert_eq!(judged(&used(2, 2), 1, START), Err(DeclineCause::DailyLimit));
        assert_eq!(judged(&used(2, 600), 600, START + DAY), Ok(()));
        assert_eq!(judged(&grant(1_000, 1), 1, START), Ok(()));
    }

    #[test]
    fn codes_that_reversals_give_back_are_never_forgotten() {
        let steps = (0..u64::try_from(MAX_STEPS).unwrap()).collect();
        let full = Grant { steps, ..grant(1_000, 2) };
        let next = Some(Step(u64::try_from(MAX_STEPS).unwrap()));
        assert_eq!(full.judge("dev_1", cny(1), at(START), next), Err(DeclineCause::NoUsesLeft));
        assert_eq!(full.judge("dev_1", cny(1), at(START), None), Ok(()));
    }

    /// As the store applies it.
    fn apply(grant: &mut Grant, change: &Change) {
        grant.remaining += change.amount;
        grant.uses_left += change.uses;
        *grant.day_counts.entry(change.day.clone()).or_default() -= change.uses;
        *grant.day_amounts.entry(change.day.clone()).or_default() -= change.amount;
    }

    #[derive(Clone, Debug)]
    enum Event {
        Pay { amount: i64, day: i64 },
        Reverse { which: prop::sample::Index },
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            3 => (1_i64..400, 0_i64..7).prop_map(|(amount, day)| Event::Pay { amount, day }),
            1 => any::<prop::sample::Index>().prop_map(|which| Event::Reverse { which }),
        ]
    }

    proptest! {
        #[test]
        fn no_sequence_of_payments_and_reversals_passes_a_limit(
            events in proptest::collection::vec(event(), 0..120),
            limit in 1_i64..2_000,
            uses in 1_i64..=50,
            per_day in proptest::option::of((1_i64..5, 1_i64..600)),
        ) {
            let mut grant = grant(limit, uses);
            grant.per_day = per_day.map(|(count, amount)| DailyLimit { count, amount });
            let mut paid: Vec<(i64, String)> = Vec::new();
            for event in events {
                match event {
                    Event::Pay { amount, day } => {
                        let time = at(START + day * DAY);
                        if grant.judge("dev_1", cny(amount), time, None).is_ok() {
                            apply(&mut grant, &Change::by_payment(amount, day_of(time)));
                            paid.push((amount, day_of(time)));
                        }
                    }
                    Event::Reverse { which } if !paid.is_empty() => {
                        let (amount, day) = paid.swap_remove(which.index(paid.len()));
                        apply(&mut grant, &Change::by_reversal(amount, day));
                    }
                    Event::Reverse { .. } => {}
                }
                prop_assert_eq!(grant.remaining + paid.iter().map(|(amount, _)| amount).sum::<i64>(), limit);
                prop_assert_eq!(grant.uses_left + i64::try_from(paid.len()).unwrap(), uses);
                prop_assert!(grant.remaining >= 0 && grant.uses_left >= 0);
                for (day, count) in &grant.day_counts {
                    let of_day = paid.iter().filter(|(_, paid_on)| paid_on == day);
                    let amount: i64 = of_day.clone().map(|(amount, _)| amount).sum();
                    prop_assert_eq!((*count, grant.day_amounts[day]), (i64::try_from(of_day.count()).unwrap(), amount));
                    if let Some(most) = grant.per_day {
                        prop_assert!(*count <= most.count && amount <= most.amount);
                    }
                }
            }
        }
    }
}
