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
        let record = record.filter(|bill| may_read(bill, reader)).ok_or_else(no_such_bill)?;
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
        let items = bills.into_iter().flatten().map(|bill| bill.summary());
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
