//! What is asked of a user, and what a user asks for, over all groups.

use crate::payments::Payments;
use crate::request::RequestStatus;
use crate::share::{DUE, SETTLED};
use crate::view::PaymentRequestView;
use scrip_refusal::Failure;
use scrip_store::{MergedList, Page, PageRequest, Query, text};

/// Which part a user has in what is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// They are asked.
    Asked,
    /// They ask.
    Requester,
}

/// Which of them are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those on which the user still owes something.
    Due,
    /// Those that stand so.
    Status(RequestStatus),
}

impl Payments {
    /// One page, newest first. Where a status is wanted, a page may hold fewer than there are.
    pub async fn list(
        &self,
        user: &str,
        role: Role,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<Page<PaymentRequestView>, Failure> {
        let found = match role {
            Role::Requester => {
                let query = Query::of_index(&self.table, "by-requester", "requester", user).newest_first();
                self.store.page(&query, page).await?
            }
            Role::Asked => {
                let lists = if wanted == Wanted::Due { &[DUE][..] } else { &[DUE, SETTLED] };
                let parts = lists.iter().map(|list| {
                    Query::of_index(&self.table, "by-debtor", "debtor", &format!("{list}{user}"))
                });
                let name = format!("asked of {user} {}", lists.len());
                self.store.merged_page(MergedList::new(name, "owed", parts), page).await?
            }
        };
        let mut items = Vec::new();
        for item in &found.items {
            let request = text(item, "pk").and_then(|pk| pk.strip_prefix("REQ#"));
            let request = request.ok_or_else(|| Failure::broken("an index without keys"))?;
            if let Some(view) = self.card(user, request).await?.filter(|view| is_wanted(view, wanted)) {
                items.push(view);
            }
        }
        Ok(Page { items, next: found.next })
    }
}

fn is_wanted(view: &PaymentRequestView, wanted: Wanted) -> bool {
    match wanted {
        Wanted::All => true,
        // The index may lag behind what was just paid.
        Wanted::Due => view.my_share.as_ref().is_some_and(|share| share.status.is_payable()),
        Wanted::Status(status) => view.status == status,
    }
}
