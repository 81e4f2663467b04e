//! What settles together: the captures of one merchant and currency whose window ends in the same minute.

use crate::offline::Offline;
use crate::transaction::time;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::Kind;
use scrip_store::{Key, Page, PageRequest, Query, decode, derive_id};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What every settlement's id begins with.
pub const SETTLEMENT_PREFIX: &str = "stl_";
/// Captures that one transaction pays: beside them it holds the settlement and its page, three writes of the ledger and what
/// the merchant is told, of 100 in all.
pub(crate) const PAGE_CAPTURES: usize = 90;
/// Characters of an id that are its minute, so that ids are in the order of time.
const MINUTE_CHARACTERS: usize = 8;
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Which captures: those of this merchant and currency that lie in these slots for this moment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The currency.
    pub currency: Currency,
    /// Since when they are due.
    pub window: Timestamp,
    /// For when they lie in their slots: the same, but if they were put off before they were started.
    pub due: Timestamp,
    /// The slots in which they lie.
    pub slots: Vec<String>,
}

/// The stored settlement. It names the captures of its first page; further pages are items of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SettlementRecord {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) currency: Currency,
    pub(crate) window: i64,
    pub(crate) total: i64,
    pub(crate) count: i64,
    pub(crate) pages: i64,
    pub(crate) captures: Vec<String>,
    /// Whether the merchant was told of all of it.
    pub(crate) told: bool,
}

/// A further page of a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageRecord {
    pub(crate) captures: Vec<String>,
}

/// What was settled together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Settlement", example = json!({
    "id": "stl_00xqvk200123456789abcdefgh",
    "window": "2026-11-30T12:31:00Z",
    "total": { "amount": 12_500, "currency": "CNY" },
    "count": 10,
}))]
pub struct SettlementView {
    /// The id, `stl_…`.
    pub id: String,
    /// The minute in which the windows of its captures ended; of those that could not be settled then, the moment at
    /// which they were due again.
    #[schemars(with = "scrip_clock::DateTime")]
    pub window: Timestamp,
    /// What the merchant got.
    pub total: Money,
    /// For how many captures.
    pub count: i64,
}

impl Window {
    /// The id of the settlement, of which there is one for each window.
    pub(crate) fn settlement(&self) -> String {
        let milliseconds = self.window.as_millisecond();
        let parts = [&*self.merchant, self.currency.code(), &milliseconds.to_string()];
        let hash = derive_id("", &parts);
        format!("{SETTLEMENT_PREFIX}{}{}", minute(milliseconds / 60_000), &hash[MINUTE_CHARACTERS..])
    }

    /// What the place of each of its captures in the index begins with.
    pub(crate) fn due_prefix(&self) -> String {
        Kind::PosSettlement.due_prefix("window", &group(&self.merchant, self.currency), self.due)
    }
}

/// What the captures of one merchant and currency have in common.
pub(crate) fn group(merchant: &str, currency: Currency) -> String {
    format!("{merchant}#{}", currency.code())
}

/// A number in as many characters as every other one has, whose order is theirs.
fn minute(number: i64) -> String {
    let digit = |place: usize| {
        let bits = u32::try_from(5 * (MINUTE_CHARACTERS - 1 - place)).unwrap_or(0);
        char::from(DIGITS[usize::try_from((number >> bits) & 31).unwrap_or(0)])
    };
    (0..MINUTE_CHARACTERS).map(digit).collect()
}

impl SettlementRecord {
    pub(crate) fn key(merchant: &str, id: &str) -> Key {
        Key::new(list(merchant), id)
    }

    /// The key of a further page, numbered from 1.
    pub(crate) fn page_key(id: &str, page: i64) -> Key {
        Key::new(format!("SETTLEMENT#{id}"), format!("PAGE#{page:06}"))
    }

    pub(crate) fn view(&self) -> Result<SettlementView, Failure> {
        Ok(SettlementView {
            id: self.id.clone(),
            window: time(self.window)?,
            total: Money::new(self.total, self.currency),
            count: self.count,
        })
    }
}

fn list(merchant: &str) -> String {
    format!("SETTLEMENTS#{merchant}")
}

impl Offline {
    /// One page of a merchant's settlements, newest first.
    pub async fn settlements(
        &self,
        merchant: &str,
        page: &PageRequest,
    ) -> Result<Page<SettlementView>, Failure> {
        let query = Query::of(&self.table, &list(merchant)).newest_first();
        let found = self.store.page(&query, page).await?;
        found.try_map(|item| decode::<SettlementRecord>(item)?.view())
    }

    /// A settlement of this merchant.
    pub(crate) async fn settlement(&self, merchant: &str, id: &str) -> Result<SettlementRecord, Failure> {
        let item = self.store.get(&self.table, &SettlementRecord::key(merchant, id)).await?;
        let record = item.map(decode::<SettlementRecord>).transpose()?;
        Ok(record
            .ok_or_else(|| Refusal::new(Code::NotFound, "No settlement of this merchant has this id."))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scrip_store::is_id;

    fn window(merchant: &str, currency: Currency, at: i64) -> Window {
        let window = Timestamp::from_millisecond(at).unwrap();
        Window { merchant: merchant.into(), currency, window, due: window, slots: Vec::new() }
    }

    #[test]
    fn each_window_has_a_settlement_of_its_own() {
        let id = window("mch_1", Currency::CNY, 1_764_009_000_000).settlement();
        assert!(is_id(SETTLEMENT_PREFIX, &id), "{id}");
        for other in [
            window("mch_2", Currency::CNY, 1_764_009_000_000),
            window("mch_1", Currency::USD, 1_764_009_000_000),
            window("mch_1", Currency::CNY, 1_764_009_060_000),
            window("mch_1", Currency::CNY, 1_764_009_000_001),
        ] {
            assert_ne!(other.settlement(), id);
        }
    }

    proptest! {
        #[test]
        fn ids_are_in_the_order_of_time(one in 0_i64..200_000_000, other in 0_i64..200_000_000) {
            let id = |minute: i64| window("mch_1", Currency::CNY, minute * 60_000).settlement();
            prop_assert_eq!(one.cmp(&other), id(one).cmp(&id(other)));
        }
    }
}
