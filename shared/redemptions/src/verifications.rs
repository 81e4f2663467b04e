//! What was verified for a merchant: a list that can be searched, and the same as CSV.

use crate::confirmation::OrderView;
use crate::limits::{MAX_EXPORT_DAYS, MAX_EXPORT_ROWS, MAX_LIST_PAGES, VERIFICATION_SHARDS_READ};
use crate::redemption::{RedemptionRecord, RedemptionStatus, listed_under};
use crate::redemptions::Redemptions;
use crate::verdict::{Verdict, VerifiedCoupon};
use schemars::{JsonSchema, json_schema};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_csv::Csv;
use scrip_fields::{MAX_STORE_CHARACTERS, MAX_USER_CHARACTERS, check_text};
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{MergedList, Page, PageRequest, Query, decode};
use serde::Serialize;
use serde_json::json;

const INDEX: &str = "by-merchant";

/// A verification as the merchant's people find it in their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Verification", example = json!({
    "id": "vfy_0123456789abcdefghjkmnpqrs",
    "verdict": "accepted",
    "status": "redeemed",
    "coupon": { "id": "cpn_0123456789abcdefghjkmnpqrs", "campaign": "cmp_0123456789abcdefghjkmnpqrs", "name": "A tenth off", "status": "redeemed" },
    "deduction": { "amount": 300, "currency": "CNY" },
    "order": { "total": { "amount": 3_000, "currency": "CNY" } },
    "store": "s1",
    "operator": "olga",
    "at": "2026-11-30T12:00:00Z",
}))]
pub struct VerificationView {
    /// The id, `vfy_…`.
    pub id: String,
    /// What the operator was told.
    pub verdict: Verdict,
    /// Where it stands now.
    pub status: RedemptionStatus,
    /// Why it was refused, or why it brought the sharer no reward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The coupon, if the code was right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<VerifiedCoupon>,
    /// What it took off, if the order was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduction: Option<Money>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderView>,
    /// The store in which the coupon was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The id of the user who verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// When it was verified.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// The coupon that rewards who had shared this one, `cpn_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<String>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub reversed_at: Option<Timestamp>,
}

/// Which verifications are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerificationFilter {
    store: Option<String>,
    operator: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl VerificationFilter {
    /// Reads query parameters. A time is RFC 3339; a date is the whole day in UTC. What begins at `from` and what ends
    /// before `to` is found, `to` itself included if it is a date.
    ///
    /// # Errors
    /// `invalid-field` for what is no time, `out-of-range` for a period that ends before it begins and for names that
    /// are too long.
    pub fn parse<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Refusal> {
        let text = |name: &str, most: usize| {
            let text = query(name).map(str::to_owned);
            text.as_deref().map_or(Ok(()), |text| check_text(text, &format!("/{name}"), most)).map(|()| text)
        };
        let (store, operator) =
            (text("store", MAX_STORE_CHARACTERS)?, text("operator", MAX_USER_CHARACTERS)?);
        let time = |name: &str, day: i64| query(name).map(|text| moment(text, name, day)).transpose();
        let (from, to) = (time("from", 0)?, time("to", 1)?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Refusal::field("/to", Code::OutOfRange, "after from"));
        }
        Ok(Self { store, operator, from, to })
    }

    fn list(&self, table: &str, merchant: &str) -> MergedList {
        let place = |time: Timestamp| format!("{:013}", time.as_millisecond().max(0));
        let parts = (0..VERIFICATION_SHARDS_READ)
            .map(|shard| Query::of_index(table, INDEX, "verified_for", &listed_under(merchant, shard)));
        let list = MergedList::new(format!("verifications of {merchant}"), "verified", parts);
        // Places are longer than the bare time, so that none is the upper bound itself.
        list.within(self.from.map(place), self.to.map(place))
    }

    fn finds(&self, record: &RedemptionRecord) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        is(&self.store, &record.store) && is(&self.operator, &record.operator)
    }

    /// Requires a period that an export may cover.
    fn check_export(&self) -> Result<(), Refusal> {
        let missing =
            |pointer: &str| Refusal::field(pointer, Code::MissingField, "this parameter is required");
        let (from, to) = (self.from.ok_or_else(|| missing("/from"))?, self.to.ok_or_else(|| missing("/to"))?);
        if to.duration_since(from) > SignedDuration::from_hours(24 * MAX_EXPORT_DAYS) {
            return Err(Refusal::field("/to", Code::OutOfRange, format!("at most {MAX_EXPORT_DAYS} days")));
        }
        Ok(())
    }
}

impl Redemptions {
    /// What was verified for a merchant, newest first. Where few of many are looked for, a page may have fewer than its
    /// limit though there are more.
    ///
    /// # Errors
    /// `invalid-cursor`.
    pub async fn verifications(
        &self,
        merchant: &str,
        filter: &VerificationFilter,
        page: &PageRequest,
    ) -> Result<Page<VerificationView>, Failure> {
        let list = filter.list(&self.table, merchant).after(page.after.as_deref())?;
        let mut merge = self.store.merge(list, page.limit);
        let mut items = Vec::new();
        for _ in 0..page.limit.saturating_mul(MAX_LIST_PAGES) {
            let Some(item) = merge.next().await? else { break };
            let record: RedemptionRecord = decode(item)?;
            if filter.finds(&record) {
                items.push(record.verification_view()?);
            }
            if u32::try_from(items.len()).is_ok_and(|count| count == page.limit) {
                break;
            }
        }
        Ok(Page { items, next: merge.cursor().await? })
    }

    /// The same as CSV (RFC 4180) with a header, whole: at most 31 days, and 10,000 verifications of all stores.
    ///
    /// # Errors
    /// `missing-field` without a period, `out-of-range` for a longer one, `too-many` for more verifications.
    pub async fn export_verifications(
        &self,
        merchant: &str,
        filter: &VerificationFilter,
    ) -> Result<String, Failure> {
        filter.check_export()?;
        let mut merge = self.store.merge(filter.list(&self.table, merchant), MAX_EXPORT_ROWS);
        let mut csv = Csv::new(&HEADER);
        let mut rows = 0_u32;
        while let Some(item) = merge.next().await? {
            rows = rows.saturating_add(1);
            if rows > MAX_EXPORT_ROWS {
                let detail = format!("At most {MAX_EXPORT_ROWS} verifications; ask for fewer days.");
                return Err(Refusal::field("/to", Code::TooMany, detail).into());
            }
            let record: RedemptionRecord = decode(item)?;
            if filter.finds(&record) {
                csv.row(&record.verification_view()?.cells()?);
            }
        }
        Ok(csv.into_text())
    }
}

/// The columns of an export. Amounts are whole minor units, as everywhere.
const HEADER: [&str; 15] = [
    "id",
    "at",
    "store",
    "operator",
    "verdict",
    "status",
    "reason",
    "coupon",
    "campaign",
    "name",
    "order_reference",
    "order_total",
    "deduction",
    "currency",
    "reversed_at",
];

impl RedemptionRecord {
    fn verification_view(&self) -> Result<VerificationView, Failure> {
        let line = self.only_line()?;
        let reversed_at = self.reversal.as_ref().map(|reversal| Timestamp::from_millisecond(reversal.at));
        Ok(VerificationView {
            id: self.id.clone(),
            verdict: line.verdict(),
            status: self.status,
            reason: line.reason.clone(),
            coupon: self.verified_coupon(line),
            deduction: self.deduction(line),
            order: self.order_view(),
            store: self.store.clone(),
            operator: self.operator.clone(),
            at: self.received()?,
            reward: line.reward.clone(),
            reversed_at: reversed_at.transpose().map_err(Failure::broken)?,
        })
    }
}

impl VerificationView {
    fn cells(&self) -> Result<[String; 15], Failure> {
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let amount = |money: Option<Money>| money.map(|money| money.amount.to_string()).unwrap_or_default();
        let coupon = self.coupon.as_ref();
        let total = self.order.as_ref().and_then(|order| order.total);
        Ok([
            self.id.clone(),
            self.at.to_string(),
            text(self.store.as_ref()),
            text(self.operator.as_ref()),
            word(&self.verdict)?,
            word(&self.status)?,
            text(self.reason.as_ref()),
            text(coupon.map(|coupon| &coupon.id)),
            text(coupon.map(|coupon| &coupon.campaign)),
            text(coupon.map(|coupon| &coupon.name)),
            text(self.order.as_ref().and_then(|order| order.reference.as_ref())),
            amount(total),
            amount(self.deduction),
            total.map(|total| total.currency.to_string()).unwrap_or_default(),
            self.reversed_at.map(|at| at.to_string()).unwrap_or_default(),
        ])
    }
}

/// A value as JSON names it.
fn word<T: Serialize>(value: &T) -> Result<String, Failure> {
    let value = serde_json::to_value(value).map_err(Failure::broken)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// Stands for what `from` and `to` may be in the API's description.
#[derive(Debug)]
pub enum Moment {}

scrip_schema::inline!(Moment: {
    let formats = ["date-time", "date"].map(|format| json_schema!({ "type": "string", "format": format }));
    json_schema!({ "anyOf": formats })
});

/// A time, or a date: the beginning of the day so many days after it.
fn moment(text: &str, name: &str, day: i64) -> Result<Timestamp, Refusal> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let midnight: Option<Timestamp> =
        (text.len() == 10).then(|| format!("{text}T00:00:00Z").parse().ok()).flatten();
    let moment =
        midnight.and_then(|midnight| midnight.checked_add(SignedDuration::from_hours(24 * day)).ok());
    moment.ok_or_else(|| {
        let detail = "a date, 2026-11-24, or a time, 2026-11-24T08:00:00Z";
        Refusal::field(format!("/{name}"), Code::InvalidField, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::tests::record;

    fn parsed(parameters: &[(&str, &'static str)]) -> Result<VerificationFilter, (String, Code)> {
        let find = |name: &str| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        VerificationFilter::parse(find).map_err(|refusal| {
            let field = &refusal.fields[0];
            (field.pointer.clone(), field.code)
        })
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_is_a_whole_day() {
        let day = parsed(&[("from", "2026-11-24"), ("to", "2026-11-24")]).unwrap();
        assert_eq!(
            (day.from, day.to),
            (Some(time("2026-11-24T00:00:00Z")), Some(time("2026-11-25T00:00:00Z")))
        );
        let times = parsed(&[("from", "2026-11-24T08:00:00+08:00"), ("to", "2026-11-24T09:00:00+08:00")]);
        let times = times.unwrap();
        assert_eq!(
            (times.from, times.to),
            (Some(time("2026-11-24T00:00:00Z")), Some(time("2026-11-24T01:00:00Z")))
        );
        assert_eq!(parsed(&[]), Ok(VerificationFilter::default()));
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "today", "2026-13-01", "2026-11-31", "24.11.2026", "2026-11-24T25:00:00Z"] {
            let of = |name: &'static str| parsed(&[(name, text)]);
            assert_eq!(of("from"), Err(("/from".into(), Code::InvalidField)), "{text}");
            assert_eq!(of("to"), Err(("/to".into(), Code::InvalidField)), "{text}");
        }
        let backwards = [("from", "2026-11-24"), ("to", "2026-11-23")];
        assert_eq!(parsed(&backwards), Err(("/to".into(), Code::OutOfRange)));
    }

    #[test]
    fn names_are_no_longer_than_names_can_be() {
        let long: &'static str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        assert_eq!(parsed(&[("store", long)]), Err(("/store".into(), Code::OutOfRange)));
        assert!(parsed(&[("store", &long[1..]), ("operator", long)]).is_ok());
        assert_eq!(parsed(&[("operator", "")]), Err(("/operator".into(), Code::OutOfRange)));
    }

    #[test]
    fn what_is_looked_for_is_of_the_store_and_the_operator() {
        let record =
            RedemptionRecord { store: Some("s1".into()), operator: Some("olga".into()), ..record(1) };
        let finds = |parameters: &[(&str, &'static str)]| parsed(parameters).unwrap().finds(&record);
        assert!(finds(&[]) && finds(&[("store", "s1")]) && finds(&[("store", "s1"), ("operator", "olga")]));
        assert!(!finds(&[("store", "s2")]) && !finds(&[("store", "s1"), ("operator", "otto")]));
    }

    #[test]
    fn each_cell_of_an_export_stands_under_its_name() {
        let mut record = RedemptionRecord { id: "vfy_1".into(), store: Some("s1".into()), ..record(1) };
        (record.status, record.lines[0].status) = (RedemptionStatus::Redeemed, RedemptionStatus::Redeemed);
        record.lines[0].deducted = Some(500);
        let cells = record.verification_view().unwrap().cells().unwrap();
        let filled: Vec<_> = HEADER.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()).collect();
        let at = record.received().unwrap().to_string();
        let expected = [
            ("id", "vfy_1"),
            ("at", at.as_str()),
            ("store", "s1"),
            ("verdict", "accepted"),
            ("status", "redeemed"),
            ("order_reference", "o-1"),
            ("order_total", "1000"),
            ("deduction", "500"),
            ("currency", "CNY"),
        ];
        let filled: Vec<_> = filled.into_iter().map(|(name, cell)| (*name, cell.as_str())).collect();
        assert_eq!(filled, expected);
    }

    #[test]
    fn an_export_has_a_period_of_at_most_31_days() {
        let checked = |parameters: &[(&str, &'static str)]| {
            let refusal = parsed(parameters).unwrap().check_export().err()?;
            Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
        };
        assert_eq!(checked(&[("to", "2026-11-24")]), Some(("/from".into(), Code::MissingField)));
        assert_eq!(checked(&[("from", "2026-11-24")]), Some(("/to".into(), Code::MissingField)));
        assert_eq!(checked(&[("from", "2026-10-01"), ("to", "2026-10-31")]), None);
        let long = checked(&[("from", "2026-10-01"), ("to", "2026-11-01")]);
        assert_eq!(long, Some(("/to".into(), Code::OutOfRange)));
    }
}
