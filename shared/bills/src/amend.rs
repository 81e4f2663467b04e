//! The user changes the terms of an open bill.

use crate::bill::{Amended, BillRecord, BillStatus, BillSummary};
use crate::bills::{Bills, judge_again};
use crate::limits::{AMENDMENTS_REMEMBERED, MAX_EFFECTIVE_SECONDS, MIN_EFFECTIVE_SECONDS};
use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin, Timestamp};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};
use serde::Deserialize;
use serde_json::json;

/// What is changed; at least one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "version": 1,
    "ceiling": { "amount": 12_000, "currency": "CNY" },
    "extend_by": "PT30M",
}))]
pub struct Amendment {
    /// The version of the terms that the user saw.
    #[schemars(range(min = 1))]
    pub version: i64,
    /// The new ceiling: not below what is on the bill.
    #[schemars(with = "Option<PositiveMoney>")]
    pub ceiling: Option<Money>,
    /// How much longer terminals may add items; P7D from the opening at most.
    #[schemars(with = "Option<PeriodWithin<1, { MAX_EFFECTIVE_SECONDS - MIN_EFFECTIVE_SECONDS }>>")]
    pub extend_by: Option<Period>,
}

impl Bills {
    /// Changes the ceiling or extends the time: the bill then waits in another slot.
    pub async fn amend(
        &self,
        user: &str,
        bill: &str,
        amendment: &Amendment,
        origin: &Origin,
    ) -> Result<Created<BillSummary>, Failure> {
        self.store.until_unchanged(|| self.try_amend(user, bill, amendment, origin)).await
    }

    async fn try_amend(
        &self,
        user: &str,
        bill: &str,
        amendment: &Amendment,
        origin: &Origin,
    ) -> Result<Created<BillSummary>, Failure> {
        let record = self.bill_of(user, bill).await?;
        let this = origin.id_within(origin.fingerprint.as_str(), "bamd_");
        if let Some(amended) = record.amendments.iter().find(|amended| amended.request == this) {
            return Ok(Created { value: with_terms(&record, amended).summary()?, replayed: true });
        }
        let now = self.now();
        judge(&record, amendment, now)?;

        let amended = Amended {
            request: this.clone(),
            version: record.version + 1,
            ceiling: amendment.ceiling.map(|ceiling| ceiling.amount).or(record.ceiling),
            effective_until: extended(&record, amendment),
        };
        let write = self.amend_write(&record, &amended, now)?;
        let mut transaction = Transaction::new();
        // The same request may have come twice at once: what it did is no reason to refuse it.
        transaction.require(write, |item| {
            judge_again(item, |bill| {
                let is_done = bill.amendments.iter().any(|amended| amended.request == this);
                if is_done { Ok(()) } else { judge(&bill, amendment, now) }
            })
        });
        self.store.commit(transaction).await?;

        Ok(Created { value: with_terms(&record, &amended).summary()?, replayed: false })
    }

    fn amend_write(&self, bill: &BillRecord, amended: &Amended, now: Timestamp) -> Result<Write, Failure> {
        let forgotten = (bill.amendments.len() + 1).saturating_sub(AMENDMENTS_REMEMBERED);
        let remembered: Vec<_> = bill.amendments.iter().skip(forgotten).chain([amended]).collect();
        let remembered: AttributeValue =
            serde_dynamo::to_attribute_value(remembered).map_err(Failure::broken)?;
        let set = "SET version = :next, effective_until = :until, amendments = :amendments";
        let write = Write::update(&self.table, BillRecord::key(&bill.id), set)
            .when("#status = :open AND effective_until > :now AND version = :version")
            .name("#status", "status")
            .value(":next", amended.version)
            .value(":until", amended.effective_until)
            .value(":amendments", remembered)
            .value(":open", "open")
            .value(":now", now.as_millisecond())
            .value(":version", bill.version);
        let write = if amended.effective_until == bill.effective_until {
            write
        } else {
            self.expiry_slot(&bill.id, amended.effective_until)?.enter(write)
        };
        let Some(ceiling) = amended.ceiling else { return Ok(write) };
        Ok(write
            .set("ceiling = :ceiling")
            .when("#total <= :ceiling")
            .name("#total", "total")
            .value(":ceiling", ceiling))
    }
}

/// The bill as it was right after its terms were changed, as far as they go.
fn with_terms(bill: &BillRecord, amended: &Amended) -> BillRecord {
    BillRecord {
        status: BillStatus::Open,
        version: amended.version,
        ceiling: amended.ceiling,
        effective_until: amended.effective_until,
        ..bill.clone()
    }
}

fn extended(bill: &BillRecord, amendment: &Amendment) -> i64 {
    let more = amendment.extend_by.map_or(0, Period::as_seconds);
    bill.effective_until.saturating_add(more.saturating_mul(1_000))
}

fn judge(bill: &BillRecord, amendment: &Amendment, now: Timestamp) -> Result<(), Refusal> {
    if amendment.ceiling.is_none() && amendment.extend_by.is_none() {
        return Err(Refusal::field(
            "/ceiling",
            Code::MissingField,
            "name a new ceiling, or extend_by, or both",
        ));
    }
    let ceiling = amendment.ceiling.map(|ceiling| ceiling.positive("/ceiling")).transpose()?;
    if extended(bill, amendment) > bill.opened_at + MAX_EFFECTIVE_SECONDS * 1_000 {
        return Err(Refusal::field(
            "/extend_by",
            Code::OutOfRange,
            "a bill is open for at most 7 days in all",
        ));
    }
    bill.require_open(now)?;
    if bill.version != amendment.version {
        let detail = "The terms have changed. Read the bill and decide again.";
        return Err(Refusal::new(Code::VersionStale, detail).with("current", bill.version));
    }
    if let Some(ceiling) = ceiling {
        if ceiling.currency != bill.currency {
            return Err(MoneyError::CurrencyMismatch.into());
        }
        if ceiling.amount < bill.total {
            let detail = "Name a ceiling that is not below the bill's total.";
            return Err(Refusal::new(Code::CeilingBelowTotal, detail).with("total", bill.total));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, NOW_MS, bill, bills, fen};
    use scrip_money::Currency;

    const MOST: i64 = 604_800;

    fn amendment(version: i64, ceiling: Option<Money>, extend_by: Option<&str>) -> Amendment {
        Amendment { version, ceiling, extend_by: extend_by.map(|period| period.parse().unwrap()) }
    }

    fn judged(bill: &BillRecord, amendment: &Amendment) -> Result<(), Code> {
        let judged = judge(bill, amendment, NOW);
        judged.map_err(|refusal| refusal.fields.first().map_or(refusal.code, |field| field.code))
    }

    #[test]
    fn terms_change_within_the_bounds_of_the_bill() {
        let ceiling = |amount| amendment(1, Some(fen(amount)), None);
        assert_eq!(judged(&bill(), &ceiling(100)), Ok(()));
        assert_eq!(judged(&bill(), &ceiling(99)), Err(Code::CeilingBelowTotal));
        assert_eq!(judged(&bill(), &ceiling(0)), Err(Code::AmountNotPositive));
        let yen = amendment(1, Some(Money::new(100, Currency::JPY)), None);
        assert_eq!(judged(&bill(), &yen), Err(Code::CurrencyMismatch));
        assert_eq!(judged(&bill(), &amendment(1, None, None)), Err(Code::MissingField));
        assert_eq!(judged(&bill(), &amendment(2, Some(fen(100)), None)), Err(Code::VersionStale));
        let ended = BillRecord { effective_until: NOW_MS, ..bill() };
        assert_eq!(judged(&ended, &ceiling(100)), Err(Code::Expired));

        let longer = amendment(1, None, Some("PT1H"));
        assert_eq!(extended(&bill(), &longer), NOW_MS + 7_200_000);
        let nearly = |left: i64| BillRecord { effective_until: NOW_MS + (MOST - left) * 1_000, ..bill() };
        assert_eq!(judged(&nearly(3_600), &longer), Ok(()));
        assert_eq!(judged(&nearly(3_599), &longer), Err(Code::OutOfRange));
    }

    fn amended(version: i64, ceiling: Option<i64>) -> Amended {
        Amended { request: format!("bamd_{version}"), version, ceiling, effective_until: NOW_MS + 60_000 }
    }

    #[test]
    fn an_amendment_is_written_over_the_version_that_was_seen_and_the_last_ones_are_remembered() {
        let plan = |bill: &BillRecord, amended: &Amended| {
            let mut transaction = Transaction::new();
            let write = bills().amend_write(bill, amended, NOW).unwrap();
            transaction.require(write, |_| Failure::Changed(""));
            transaction.plan().concat()
        };
        let bill =
            BillRecord { version: 11, amendments: (2..=11).map(|n| amended(n, None)).collect(), ..bill() };
        let line = plan(&bill, &amended(12, Some(500)));
        let (set, remembered) = line.split_once("amendments = [").unwrap();
        let until = NOW_MS + 60_000;
        assert_eq!(
            set,
            format!("update bills BILL#bill_1 BILL: SET version = 12, effective_until = {until}, ")
        );
        assert_eq!(remembered.matches('{').count(), AMENDMENTS_REMEMBERED);
        assert!(!remembered.contains("\"bamd_2\"") && remembered.contains("\"bamd_3\""), "{remembered}");
        let expected = format!(
            "{{ceiling: 500, effective_until: {until}, request: \"bamd_12\", version: 12}}], \
             slot = \"bill-expiry#0\", due = \"{until}#expiry#bill_1\", ceiling = 500 REMOVE slot_tries \
             IF status = \"open\" AND effective_until > {NOW_MS} AND version = 11 AND total <= 500"
        );
        assert!(remembered.ends_with(&expected), "{remembered}");
        assert!(plan(&bill, &amended(12, None)).ends_with("AND version = 11"));
    }

    #[test]
    fn a_repeated_amendment_is_answered_with_its_own_terms() {
        let locked = BillRecord { status: BillStatus::Locked, version: 9, ceiling: Some(900), ..bill() };
        let then = with_terms(&locked, &amended(2, Some(500)));
        assert_eq!((then.status, then.version, then.ceiling), (BillStatus::Open, 2, Some(500)));
        assert_eq!(then.effective_until, NOW_MS + 60_000);
    }
}
