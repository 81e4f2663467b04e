//! Reading authorizations.

use crate::authorization::{AuthorizationRecord, AuthorizationView, no_such_authorization};
use crate::codes::{Codes, CodesRecord};
use crate::offline::Offline;
use scrip_refusal::Failure;
use scrip_secure_code::Alias;
use scrip_store::{Page, PageRequest, Query, decode, text};
use std::collections::BTreeMap;

/// An authorization and the codes of its user.
pub(crate) struct Held {
    pub(crate) record: AuthorizationRecord,
    pub(crate) codes: Codes,
}

impl Offline {
    /// An authorization of this user, as it is now.
    pub async fn authorization(&self, user: &str, id: &str) -> Result<AuthorizationView, Failure> {
        let held = self.held(id, Some(user)).await?.ok_or_else(no_such_authorization)?;
        held.record.view(held.record.grant(&held.codes), self.now())
    }

    /// An authorization with its user's codes; `None` if there is none, or if it is not this user's.
    pub(crate) async fn held(&self, id: &str, user: Option<&str>) -> Result<Option<Held>, Failure> {
        let item = self.store.get(&self.table, &AuthorizationRecord::key(id)).await?;
        let record = item.map(decode::<AuthorizationRecord>).transpose()?;
        let own = record.filter(|record| user.is_none_or(|user| record.user == user));
        let Some(record) = own else { return Ok(None) };
        let codes = self.codes(record.alias).await?;
        Ok(Some(Held { record, codes }))
    }

    /// One page of a user's authorizations, newest first.
    pub async fn authorizations(
        &self,
        user: &str,
        page: &PageRequest,
    ) -> Result<Page<AuthorizationView>, Failure> {
        let query = Query::of_index(&self.table, "by-user", "user", user).newest_first();
        let found = self.store.page(&query, page).await?;
        let mut codes: BTreeMap<Alias, Codes> = BTreeMap::new();
        let mut authorizations = Vec::new();
        for item in &found.items {
            let id = text(item, "pk").and_then(|pk| pk.strip_prefix("AUTH#"));
            let alias = text(item, "granted").and_then(|granted| granted.split_once('#'));
            let (Some(id), Some((_, alias))) = (id, alias) else {
                return Err(Failure::broken("an index of authorizations that holds something else"));
            };
            let alias = Alias::parse(alias).map_err(Failure::broken)?;
            codes.insert(alias, Codes { alias, record: None });
            authorizations.push(AuthorizationRecord::key(id).at(&self.table));
        }
        let places: Vec<_> = codes.keys().map(|alias| CodesRecord::key(*alias).at(&self.table)).collect();
        let (records, places): (Vec<Option<AuthorizationRecord>>, Vec<Option<CodesRecord>>) =
            self.store.read((authorizations, places)).await?;
        for (codes, record) in codes.values_mut().zip(places) {
            codes.record = record;
        }
        let items = records.into_iter().flatten().map(|record| {
            let grant = codes.get(&record.alias).and_then(|codes| record.grant(codes));
            record.view(grant, self.now())
        });
        Ok(Page { items: items.collect::<Result<_, Failure>>()?, next: found.next })
    }
}
