//! The user changes the terms of an open bill.

use crate::bill::{BillRecord, BillSummary};
use crate::bills::{Bills, judge_again};
use crate::limits::{MAX_EFFECTIVE_SECONDS, MIN_EFFECTIVE_SECONDS};
use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin, Timestamp};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write};
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
    /// Changes the ceiling or extends the time. The bill's expiry reads the new time when it wakes.
    pub async fn amend(&self, user: &str, bill: &str, amendment: &Amendment) -> Result<BillSummary, Failure> {
        self.store.until_unchanged(|| self.try_amend(user, bill, amendment)).await
    }

    async fn try_amend(&self, user: &str, bill: &str, amendment: &Amendment) -> Result<BillSummary, Failure> {
        let mut record = self.bill_of(user, bill).await?;
        let now = self.now();
        judge(&record, amendment, now)?;

        let ceiling = amendment.ceiling.map(|ceiling| ceiling.amount).or(record.ceiling);
        let until = extended(&record, amendment);
        let set = "SET version = version + :one, effective_until = :until";
        let mut write = Write::update(&self.table, BillRecord::key(bill), set)
            .when("#status = :open AND effective_until > :now AND version = :version")
            .name("#status", "status")
            .value(":one", 1)
            .value(":until", until)
            .value(":open", "open")
            .value(":now", now.as_millisecond())
            .value(":version", amendment.version);
        if let Some(ceiling) = ceiling {
            write = write
                .set("ceiling = :ceiling")
                .when("#total <= :ceiling")
                .name("#total", "total")
                .value(":ceiling", ceiling);
        }
        let mut transaction = Transaction::new();
        transaction.require(write, |item| judge_again(item, |bill| judge(&bill, amendment, now)));
        self.store.commit(transaction).await?;

        record.version += 1;
        record.ceiling = ceiling;
        record.effective_until = until;
        record.summary()
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
