//! What was in a settlement: the file that a shop reconciles with.

use crate::offline::Offline;
use crate::settlement::{PageRecord, SettlementRecord};
use crate::transaction::{TransactionRecord, no_capture, time};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Page, PageRequest};
use serde::Serialize;
use serde_json::json;

/// The most captures of one export.
pub const MAX_EXPORT_ROWS: usize = 5_000;

/// A capture that was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SettledCapture", example = json!({
    "transaction": "pos_0123456789abcdefghjkmnpqrs",
    "order_reference": "table-4",
    "device": "dev_0123456789abcdefghjkmnpqrs",
    "amount": { "amount": 1_250, "currency": "CNY" },
    "at": "2026-11-30T12:00:30Z",
    "settled_at": "2026-11-30T12:31:07Z",
}))]
pub struct SettledCapture {
    /// The transaction, `pos_…`.
    pub transaction: String,
    /// The point of sale's own reference.
    pub order_reference: String,
    /// The point of sale, `dev_…`.
    pub device: String,
    /// What was captured, in minor units.
    pub amount: Money,
    /// When it was approved.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// When the merchant got it.
    #[schemars(with = "scrip_clock::DateTime")]
    pub settled_at: Timestamp,
}

/// Where a page of a settlement's captures begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    page: i64,
    offset: usize,
}

impl Place {
    /// Reads the cursor of this settlement.
    fn parse(cursor: &str, settlement: &str) -> Result<Self, Refusal> {
        let read = || {
            let (page, offset) = cursor.strip_prefix(settlement)?.strip_prefix('.')?.split_once('.')?;
            Some(Self { page: page.parse().ok()?, offset: offset.parse().ok()? })
        };
        let place = read().filter(|place| place.cursor(settlement) == cursor);
        place.ok_or_else(|| {
            Refusal::new(Code::InvalidCursor, "Send the value of next from this list's last page, or none.")
        })
    }

    fn cursor(self, settlement: &str) -> String {
        format!("{settlement}.{}.{}", self.page, self.offset)
    }
}

impl Offline {
    /// One page of what was in a settlement, in the order in which it was paid.
    ///
    /// # Errors
    /// `not-found`, `invalid-cursor`.
    pub async fn settled(
        &self,
        merchant: &str,
        id: &str,
        page: &PageRequest,
    ) -> Result<Page<SettledCapture>, Failure> {
        let settlement = self.settlement(merchant, id).await?;
        let place = page.after.as_deref().map(|cursor| Place::parse(cursor, id)).transpose()?;
        let limit = usize::try_from(page.limit).map_err(Failure::broken)?;
        let (ids, next) = self.captures(&settlement, place.unwrap_or_default(), limit).await?;
        Ok(Page { items: self.rows(&ids).await?, next: next.map(|next| next.cursor(id)) })
    }

    /// All that was in a settlement.
    ///
    /// # Errors
    /// `not-found`, `too-many` if it holds more than [`MAX_EXPORT_ROWS`].
    pub async fn all_settled(&self, merchant: &str, id: &str) -> Result<Vec<SettledCapture>, Failure> {
        let settlement = self.settlement(merchant, id).await?;
        if usize::try_from(settlement.count).is_ok_and(|count| count > MAX_EXPORT_ROWS) {
            let detail =
                format!("An export holds at most {MAX_EXPORT_ROWS} captures. Read this one page by page.");
            return Err(Refusal::new(Code::TooMany, detail).into());
        }
        let (ids, _) = self.captures(&settlement, Place::default(), MAX_EXPORT_ROWS).await?;
        let mut rows = Vec::with_capacity(ids.len());
        for ids in ids.chunks(READ_AT_ONCE) {
            rows.extend(self.rows(ids).await?);
        }
        Ok(rows)
    }

    /// The ids of at most `limit` captures from a place on, and the place behind them if there are more.
    async fn captures(
        &self,
        settlement: &SettlementRecord,
        from: Place,
        limit: usize,
    ) -> Result<(Vec<String>, Option<Place>), Failure> {
        let (mut ids, mut place) = (Vec::new(), from);
        while place.page < settlement.pages {
            let page = if place.page == 0 {
                settlement.captures.clone()
            } else {
                let key = SettlementRecord::page_key(&settlement.id, place.page).at(&self.table);
                let page: Option<PageRecord> = self.store.read(key).await?;
                page.ok_or_else(|| Failure::broken("a settlement without one of its pages"))?.captures
            };
            let room = limit - ids.len();
            let rest = page.get(place.offset..).unwrap_or_default();
            ids.extend(rest.iter().take(room).cloned());
            if rest.len() > room {
                return Ok((ids, Some(Place { offset: place.offset + room, ..place })));
            }
            place = Place { page: place.page + 1, offset: 0 };
            if ids.len() == limit {
                break;
            }
        }
        Ok((ids, (place.page < settlement.pages).then_some(place)))
    }

    async fn rows(&self, ids: &[String]) -> Result<Vec<SettledCapture>, Failure> {
        let addresses: Vec<_> = ids.iter().map(|id| TransactionRecord::key(id).at(&self.table)).collect();
        let records: Vec<Option<TransactionRecord>> = self.store.read(addresses).await?;
        records.into_iter().map(|record| row(record.ok_or_else(no_capture)?)).collect()
    }
}

/// What the store reads in one round trip.
const READ_AT_ONCE: usize = 100;

fn row(record: TransactionRecord) -> Result<SettledCapture, Failure> {
    let amount = record.money().ok_or_else(no_capture)?;
    let at = record.decided.as_ref().ok_or_else(no_capture)?.at;
    Ok(SettledCapture {
        transaction: record.id,
        order_reference: record.order_reference,
        device: record.device,
        amount,
        at: time(at)?,
        settled_at: time(record.settled_at.ok_or_else(no_capture)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_into_its_own_settlement_alone() {
        let place = Place { page: 3, offset: 40 };
        assert_eq!(Place::parse(&place.cursor("stl_1"), "stl_1"), Ok(place));
        for cursor in ["", "stl_1", "stl_1.3", "stl_1.3.40.1", "stl_1.03.40", "stl_1.3.-1", "stl_2.3.40", "x"]
        {
            assert!(Place::parse(cursor, "stl_1").is_err(), "{cursor}");
        }
    }
}
