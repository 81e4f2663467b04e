//! Lists of coupons: a user's own, and those of a campaign.

use crate::coupon::{COUPON_PREFIX, CouponRecord};
use crate::coupons::Coupons;
use crate::limits::STOCK_SHARDS;
use crate::show::CouponView;
use crate::stock::{TakerRecord, shard_partition};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Item, Page, PageRequest, Query, decode, is_id, text};
use std::fmt;

/// How many holders are read at once: up to 20 coupons of each are read with them.
const TAKERS_READ: u32 = 5;

impl Coupons {
    /// What a user holds, shares, and has used, newest first. It lags a moment behind what was just taken.
    pub async fn coupons_of(&self, user: &str, page: &PageRequest) -> Result<Page<CouponView>, Failure> {
        let query = Query::of_index(&self.table, "by-holder", "holder", user).newest_first();
        let Page { items, next } = self.store.page(&query, page).await?;
        Ok(Page { items: self.views(&items, "taken").await?, next })
    }

    /// The coupons that the items of an index name, in its order, as they are now. A place in a list ends with the id.
    pub(crate) async fn views(&self, items: &[Item], place: &str) -> Result<Vec<CouponView>, Failure> {
        let ids = items.iter().filter_map(|item| text(item, place)?.split('#').nth(1).map(str::to_owned));
        self.views_of(ids.collect()).await
    }

    async fn views_of(&self, ids: Vec<String>) -> Result<Vec<CouponView>, Failure> {
        let now = self.now();
        let coupons: Vec<Option<CouponRecord>> = self.store.read(self.coupon_addresses(&ids)).await?;
        coupons.into_iter().flatten().map(|coupon| coupon.view(now)).collect()
    }

    /// All coupons of a campaign, shard by shard and holder by holder. A page may be shorter than was asked for and
    /// still have a next one.
    pub async fn coupons_of_campaign(
        &self,
        campaign: &str,
        page: &PageRequest,
    ) -> Result<Page<CouponView>, Failure> {
        let mut place = page.after.as_deref().map_or(Ok(Place::default()), Place::read)?;
        while place.shard < STOCK_SHARDS {
            let partition = shard_partition(campaign, place.shard);
            let query =
                Query::of(&self.table, &partition).range("begins_with(sk, :taker)").value(":taker", "TAKER#");
            let takers = PageRequest { limit: TAKERS_READ, after: place.after.clone() };
            let Page { items, next } = self.store.page(&query, &takers).await?;
            let takers: Vec<TakerRecord> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
            let mut ids: Vec<String> =
                takers.into_iter().flat_map(|taker| taker.coupons).skip(place.skipped).collect();
            let limit = page.limit as usize;
            if ids.len() > limit {
                ids.truncate(limit);
                place.skipped += limit;
            } else {
                place = match next {
                    Some(next) => Place { after: Some(next), skipped: 0, ..place },
                    None => Place { shard: place.shard + 1, ..Place::default() },
                };
            }
            if !ids.is_empty() {
                let next = (place.shard < STOCK_SHARDS).then(|| place.to_string());
                return Ok(Page { items: self.views_of(ids).await?, next });
            }
        }
        Ok(Page { items: Vec::new(), next: None })
    }

    /// A coupon as it is shown to its holder, or to a contact who has reserved it.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn coupon_view(&self, id: &str, user: &str) -> Result<CouponView, Failure> {
        Ok(self.visible_coupon(id, user).await?.view(self.now())?.seen_by(user))
    }

    /// A coupon, for its holder, for who has used it, or for a contact who has reserved it.
    ///
    /// # Errors
    /// `not-found`.
    pub(crate) async fn visible_coupon(&self, id: &str, user: &str) -> Result<CouponRecord, Failure> {
        if !is_id(COUPON_PREFIX, id) {
            return Err(crate::coupon::no_such_coupon().into());
        }
        let coupon = self.coupon(id).await?;
        if coupon.holder == user {
            return Ok(coupon);
        }
        let reserved = coupon.reserved(self.now()).is_some_and(|reservation| reservation.user == user);
        if coupon.used.as_ref().is_some_and(|used| used.user == user) {
            return Ok(coupon);
        }
        if reserved && self.directory.are_contacts(&coupon.holder, user).await? {
            return Ok(coupon);
        }
        Err(crate::coupon::no_such_coupon().into())
    }
}

/// Where in a campaign's list a page begins: in which shard, behind which holders, and behind how many coupons of the
/// holders who come next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    shard: u32,
    skipped: usize,
    after: Option<String>,
}

impl Place {
    fn read(cursor: &str) -> Result<Self, Refusal> {
        let mut parts = cursor.splitn(3, '.');
        let place = (|| {
            let shard = parts.next()?.parse().ok().filter(|shard| *shard < STOCK_SHARDS)?;
            let skipped = parts.next()?.parse().ok()?;
            let after = parts.next().filter(|after| !after.is_empty()).map(str::to_owned);
            Some(Self { shard, skipped, after })
        })();
        place
            .ok_or_else(|| Refusal::new(Code::InvalidCursor, "Use the next of an earlier page of this list."))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.shard, self.skipped, self.after.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_its_cursor_says() {
        for place in [
            Place::default(),
            Place { shard: 15, skipped: 7, after: None },
            Place { shard: 3, skipped: 0, after: Some("a.b-c".into()) },
        ] {
            assert_eq!(Place::read(&place.to_string()), Ok(place));
        }
        for cursor in ["", "1", "16.0.", "x.0.", "1.x.", "-1.0."] {
            assert_eq!(
                Place::read(cursor).map_err(|refusal| refusal.code),
                Err(Code::InvalidCursor),
                "{cursor}"
            );
        }
    }
}
