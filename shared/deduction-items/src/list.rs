//! Listing a merchant's items.

use crate::automatic::{Automatic, automatic_key};
use crate::deductions::Deductions;
use crate::item::{ItemRecord, ItemView, is_item, items_partition};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Page, PageRequest, Query, decode};

/// Which items somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// All, as the owner does.
    All,
    /// Those that count now.
    Current,
}

impl Deductions {
    /// A merchant's items in the order of their names. Where not all are seen, a page may have fewer than its limit.
    pub async fn list(
        &self,
        merchant: &str,
        listed: Listed,
        page: &PageRequest,
    ) -> Result<Page<ItemView>, Failure> {
        let query = Query::of(&self.table, &items_partition(merchant));
        let found = self.store.page(&query, page).await?.try_map(decode::<ItemRecord>)?;
        self.shown(listed, found)
    }

    /// A merchant's items that apply without being named: there are few, so that one read finds them.
    pub async fn list_automatic(
        &self,
        merchant: &str,
        listed: Listed,
        page: &PageRequest,
    ) -> Result<Page<ItemView>, Failure> {
        let after = page.after.as_deref().unwrap_or_default();
        if page.after.is_some() && !is_item(after) {
            let detail = "Send the value of next from this list's last page, or none.";
            return Err(Refusal::new(Code::InvalidCursor, detail).into());
        }
        let found = self.store.get(&self.table, &automatic_key(merchant)).await?;
        let automatic: Option<Automatic> = found.map(decode).transpose()?;
        let mut items = automatic.unwrap_or_default().items;
        items.retain(|item| item.item.as_str() > after);
        let limit = usize::try_from(page.limit).map_err(Failure::broken)?;
        let is_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| is_more).map(|last| last.item.clone());
        self.shown(listed, Page { items, next })
    }

    fn shown(&self, listed: Listed, page: Page<ItemRecord>) -> Result<Page<ItemView>, Failure> {
        let now = self.now();
        let seen = |item: &ItemRecord| listed == Listed::All || item.validity(now).is_none();
        let items = page.items.iter().filter(|item| seen(item)).map(ItemRecord::view);
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: page.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::{off, record};
    use crate::tests::{NOW, deductions};
    use scrip_deduction::Kind;

    #[test]
    fn the_owner_sees_all_and_others_what_counts_now() {
        let now = NOW.as_millisecond();
        let item = |name: &str| record(name, Kind::Promotion, &off(1));
        let page = || Page {
            items: vec![
                ItemRecord { valid_until: Some(now), ..item("past") },
                item("now"),
                ItemRecord { valid_from: Some(now + 1), ..item("to_come") },
            ],
            next: Some("to_come".to_owned()),
        };
        let shown = |listed| {
            let page = deductions().shown(listed, page()).unwrap();
            (page.items.into_iter().map(|item| item.item).collect::<Vec<_>>().join(" "), page.next)
        };
        assert_eq!(shown(Listed::All), ("past now to_come".to_owned(), Some("to_come".to_owned())));
        assert_eq!(shown(Listed::Current), ("now".to_owned(), Some("to_come".to_owned())));
    }
}
