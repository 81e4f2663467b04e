//! Pools: a user's coupons that their contacts can reach. Only whoever is a contact at this moment sees one.

use crate::alias::Alias;
use crate::coupon::{CouponRecord, Place, no_such_coupon};
use crate::coupons::{Coupons, changed};
use crate::limits::LOCKS_KEPT_DAYS;
use crate::show::CouponView;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    Commit, Created, Key, Origin, Page, PageRequest, Query, Raw, Transaction, check_replay, encode,
};
use serde::Serialize;

/// That a request shared a coupon. It is the lock against doing so twice, and kept as long as requests are repeated.
#[derive(Serialize)]
struct ShareRecord<'a> {
    coupon: &'a str,
    request_hash: &'a str,
    ttl: i64,
}

impl Coupons {
    /// Puts a coupon into its holder's pool.
    ///
    /// # Errors
    /// `not-found`, `revoked`, `already-redeemed`, `expired`, `not-shareable`.
    pub async fn share(
        &self,
        coupon: &str,
        user: &str,
        origin: &Origin,
    ) -> Result<Created<CouponView>, Failure> {
        self.store.until_unchanged(|| self.try_share(coupon, user, origin)).await
    }

    async fn try_share(&self, id: &str, user: &str, origin: &Origin) -> Result<Created<CouponView>, Failure> {
        let lock = Key::new(origin.id("SHARE#"), "SHARE");
        let asked = (lock.clone().at(&self.table), CouponRecord::key(Alias::of(id)).at(&self.table));
        let (before, coupon): (Option<Raw>, Option<CouponRecord>) = self.store.read(asked).await?;
        let is_own = |coupon: &CouponRecord| coupon.id == id && coupon.holder == user;
        let mut coupon = coupon.filter(is_own).ok_or_else(no_such_coupon)?;
        let now = self.now();
        if let Some(Raw(before)) = before {
            check_replay(&before, &origin.fingerprint)?;
            // What was read with the lock may be the coupon as it was before it was shared.
            coupon = Some(self.coupon(id).await?).filter(is_own).ok_or_else(no_such_coupon)?;
            return Ok(Created { value: coupon.view(now)?, replayed: true });
        }
        check_shareable(&coupon, now)?;
        let already = coupon.place == Place::Pooled;
        let mut transaction = Transaction::new();
        let ttl = (now + SignedDuration::from_hours(24 * LOCKS_KEPT_DAYS)).as_second();
        let record = ShareRecord { coupon: id, request_hash: origin.fingerprint.as_str(), ttl };
        transaction.create(&self.table, encode(&lock, &record)?);
        if !already {
            coupon.place = Place::Pooled;
            coupon.pool = Some(user.to_owned());
            coupon.pooled = Some(format!("{:013}#{id}", now.as_millisecond()));
            transaction.require(coupon.clone().replace(&self.table)?, |_| changed());
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: coupon.view(now)?, replayed: false }),
            Commit::Exists(existing) => {
                check_replay(&existing, &origin.fingerprint)?;
                Err(changed())
            }
        }
    }

    /// Takes a coupon out of its holder's pool. One that does not lie there is left as it is.
    ///
    /// # Errors
    /// `not-found`, `already-redeemed`, `coupon-reserved`.
    pub async fn withdraw(&self, coupon: &str, user: &str) -> Result<(), Failure> {
        self.store.until_unchanged(|| self.try_withdraw(coupon, user)).await
    }

    async fn try_withdraw(&self, id: &str, user: &str) -> Result<(), Failure> {
        let mut coupon = self.coupon(id).await?;
        if coupon.holder != user {
            return Err(no_such_coupon().into());
        }
        match coupon.place {
            Place::Held | Place::Revoked => return Ok(()),
            Place::Redeemed => {
                return Err(Refusal::new(Code::AlreadyRedeemed, "The coupon was used.").into());
            }
            Place::Pooled => {}
        }
        if let Some(reservation) = coupon.reserved(self.now()) {
            let until = Timestamp::from_millisecond(reservation.until).map_err(Failure::broken)?;
            let refusal = Refusal::new(Code::CouponReserved, "A contact has reserved it. Try again later.");
            return Err(refusal.with("reserved_until", until.to_string()).into());
        }
        coupon.place = Place::Held;
        (coupon.pool, coupon.pooled, coupon.reservation) = (None, None, None);
        let mut transaction = Transaction::new();
        transaction.require(coupon.replace(&self.table)?, |_| changed());
        self.store.commit(transaction).await.map(drop)
    }

    /// A pool, newest first, for its owner and for contacts of the owner. It lags a moment behind what was just shared.
    ///
    /// # Errors
    /// `not-found` for everybody else.
    pub async fn pool(
        &self,
        owner: &str,
        user: &str,
        page: &PageRequest,
    ) -> Result<Page<CouponView>, Failure> {
        if owner != user && !self.directory.are_contacts(owner, user).await? {
            return Err(no_such_pool().into());
        }
        let query = Query::of_index(&self.table, "by-pool", "pool", owner).newest_first();
        let Page { items, next } = self.store.page(&query, page).await?;
        let views = self.views(&items, "pooled").await?;
        // The index may still name what was withdrawn a moment ago.
        let in_pool = views.into_iter().filter(|coupon| coupon.shared_by.as_deref() == Some(owner));
        Ok(Page { items: in_pool.map(|coupon| coupon.seen_by(user)).collect(), next })
    }
}

pub(crate) fn no_such_pool() -> Refusal {
    Refusal::new(Code::NotFound, "No pool of yours or of a contact of yours is here.")
}

fn check_shareable(coupon: &CouponRecord, now: Timestamp) -> Result<(), Refusal> {
    match coupon.place {
        Place::Revoked => return Err(Refusal::new(Code::Revoked, "The coupon was taken back.")),
        Place::Redeemed => return Err(Refusal::new(Code::AlreadyRedeemed, "The coupon was used.")),
        Place::Held | Place::Pooled => {}
    }
    if now.as_millisecond() >= coupon.terms.valid_until {
        return Err(Refusal::new(Code::Expired, "The coupon's time is over."));
    }
    if !coupon.terms.shareable {
        return Err(Refusal::new(Code::NotShareable, "Coupons of this campaign are for who took them."));
    }
    Ok(())
}
