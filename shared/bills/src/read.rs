//! Reading bills.

use crate::addition::AdditionRecord;
use crate::bill::{BillRecord, BillSummary, BillView, no_such_bill, partition};
use crate::bills::Bills;
use crate::limits::{MAX_ADDITIONS, MAX_VERIFICATION_REQUESTS};
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::{Page, PageRequest, Query, decode, text};

/// A bill, its additions and its verification requests: no partition of a bill holds more items.
/// One request is asked for by the bill's expiry, beside those that are counted.
const MAX_PARTITION_ITEMS: i64 = 1 + MAX_ADDITIONS + MAX_VERIFICATION_REQUESTS + 1;

/// Who reads a bill.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// Its user sees all.
    User(&'a str),
    /// A terminal sees what it added.
    Terminal(&'a str),
}

impl Bills {
    /// A bill with its items, as far as the reader may see it.
    pub async fn view(&self, reader: Reader<'_>, bill: &str) -> Result<BillView, Failure> {
        let most = u32::try_from(MAX_PARTITION_ITEMS).map_err(Failure::broken)?;
        let items = self.store.all(&Query::of(&self.table, &partition(bill)), most).await?;
        let (mut record, mut additions) = (None, Vec::new());
        for item in items {
            match text(&item, "sk") {
                Some("BILL") => record = Some(decode::<BillRecord>(item)?),
                Some(sk) if sk.starts_with("ADD#") => additions.push(decode::<AdditionRecord>(item)?),
                _ => {}
            }
        }
        let record = record.filter(|bill| may_read(bill, reader)).ok_or_else(no_such_bill)?.at(self.now())?;
        additions.sort_by(|a, b| (a.added_at, &a.addition).cmp(&(b.added_at, &b.addition)));
        let mut view = BillView { summary: record.summary()?, items: Vec::new() };
        for addition in additions {
            if matches!(reader, Reader::Terminal(terminal) if terminal != addition.terminal) {
                continue;
            }
            view.items.extend(addition.items(false)?);
        }
        if let Reader::Terminal(_) = reader {
            hide_from_terminal(&mut view, &record)?;
        }
        Ok(view)
    }

    /// One page of a user's bills, newest first.
    pub async fn list(&self, user: &str, page: &PageRequest) -> Result<Page<BillSummary>, Failure> {
        let query = Query::of_index(&self.table, "by-user", "user", user).newest_first();
        let found = self.store.page(&query, page).await?;
        let ids: Vec<&str> =
            found.items.iter().filter_map(|item| text(item, "pk")?.strip_prefix("BILL#")).collect();
        let bills: Vec<_> = ids.iter().map(|id| BillRecord::key(id).at(&self.table)).collect();
        let bills: Vec<Option<BillRecord>> = self.store.read(bills).await?;
        let now = self.now();
        let items = bills.into_iter().flatten().map(|bill| bill.at(now)?.summary());
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: found.next })
    }
}

fn may_read(bill: &BillRecord, reader: Reader<'_>) -> bool {
    match reader {
        Reader::User(user) => bill.user == user,
        Reader::Terminal(terminal) => bill.terminals.contains_key(terminal),
    }
}

/// A terminal is told the total of its own items; what others sold, and which account pays, is not its business.
fn hide_from_terminal(view: &mut BillView, bill: &BillRecord) -> Result<(), Failure> {
    let own = Money::checked_sum(bill.currency, view.items.iter().map(|item| item.amount))?;
    view.summary.total = own;
    view.summary.by_merchant.clear();
    view.summary.ceiling = None;
    view.summary.account = None;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addition::{LineRecord, LineRequest};
    use crate::tests::{NOW_MS, bill, fen};

    #[test]
    fn a_bill_is_read_with_all_that_it_may_see() {
        // Itself, 1,000 additions, 20 requests for verification, and the one of its expiry.
        assert_eq!(MAX_PARTITION_ITEMS, 1_022);
    }

    #[test]
    fn a_bill_is_read_by_its_user_and_by_terminals_that_added_to_it() {
        assert!(may_read(&bill(), Reader::User("alice")) && !may_read(&bill(), Reader::User("bob")));
        assert!(
            may_read(&bill(), Reader::Terminal("dev_1")) && !may_read(&bill(), Reader::Terminal("dev_2"))
        );
    }

    #[test]
    fn a_terminal_is_told_of_its_own_items_alone() {
        let line = LineRequest { name: "Tea".into(), quantity: 2, unit_price: fen(15), sku: None };
        let addition = AdditionRecord {
            addition: "item_1".to_owned(),
            terminal: "dev_1".to_owned(),
            merchant: "mch_2".to_owned(),
            added_at: NOW_MS,
            lines: vec![LineRecord { line, removed: false }],
            request_hash: "hash".to_owned(),
        };
        let record = BillRecord { ceiling: Some(500), ..bill() };
        let mut view = BillView { summary: record.summary().unwrap(), items: addition.items(false).unwrap() };
        hide_from_terminal(&mut view, &record).unwrap();
        let BillSummary { total, by_merchant, ceiling, account, .. } = view.summary;
        assert_eq!((total, by_merchant, ceiling, account), (fen(30), Vec::new(), None, None));
    }
}
