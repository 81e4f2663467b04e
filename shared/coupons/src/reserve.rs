//! Reservations: a pooled coupon is a contact's alone for a while, and then lapses by itself.

use crate::alias::Alias;
use crate::code::CouponCode;
use crate::coupon::{CouponRecord, Place, RESERVATION_PREFIX, Reservation, no_such_coupon};
use crate::coupons::{Coupons, changed};
use crate::limits::{LOCKS_KEPT_DAYS, MINUTE_MILLISECONDS, RESERVATION_MINUTES};
use crate::pool::no_such_pool;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Key, Origin, Raw, Transaction, check_replay, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a request reserved: the lock against doing so twice, and what its repetition is answered with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ReservationRecord {
    coupon: String,
    reservation: Reservation,
    request_hash: String,
    ttl: i64,
}

/// A reservation, as the contact who made it sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReservedCoupon", example = json!({
    "id": "rsv_0123456789abcdefghjkmnpqrs",
    "coupon": "cpn_0123456789abcdefghjkmnpqrs",
    "code": "204615873493827164",
    "reserved_until": "2026-11-30T12:15:00Z",
}))]
pub struct ReservedView {
    /// The id, `rsv_…`.
    pub id: String,
    /// The coupon, `cpn_…`.
    pub coupon: String,
    /// 18 digits that count as long as the reservation, for a shop on the web.
    pub code: String,
    /// Until when the coupon is kept.
    #[schemars(with = "scrip_clock::DateTime")]
    pub reserved_until: Timestamp,
}

fn lock_key(reservation: &str) -> Key {
    Key::new(format!("RSV#{reservation}"), "RESERVATION")
}

impl Coupons {
    /// A contact of `owner` reserves a coupon in the pool.
    ///
    /// # Errors
    /// `not-found` for who is no contact, `self-redemption`, `already-redeemed`, `coupon-reserved`, `expired`.
    pub async fn reserve(
        &self,
        owner: &str,
        coupon: &str,
        user: &str,
        origin: &Origin,
    ) -> Result<Created<ReservedView>, Failure> {
        self.store.until_unchanged(|| self.try_reserve(owner, coupon, user, origin)).await
    }

    async fn try_reserve(
        &self,
        owner: &str,
        id: &str,
        user: &str,
        origin: &Origin,
    ) -> Result<Created<ReservedView>, Failure> {
        let lock = lock_key(&origin.id(RESERVATION_PREFIX));
        let table = self.table.as_str();
        let asked = (lock.clone().at(table), CouponRecord::key(Alias::of(id)).at(table));
        let (before, coupon): (Option<Raw>, Option<CouponRecord>) = self.store.read(asked).await?;
        let mut coupon = coupon
            .filter(|coupon| coupon.id == id && coupon.pool.as_deref() == Some(owner))
            .ok_or_else(no_such_coupon)?;
        if let Some(Raw(before)) = before {
            check_replay(&before, &origin.fingerprint)?;
            let record: ReservationRecord = decode(before)?;
            let value = self.reserved_view(&coupon, &record.reservation)?;
            return Ok(Created { value, replayed: true });
        }
        let now = self.now();
        // Who is no contact learns nothing of the coupon, so that is asked before all else is told.
        if let Err(refusal) = check_reservable(&coupon, user, now) {
            let visible = owner == user || self.directory.are_contacts(owner, user).await?;
            if !visible {
                return Err(no_such_pool().into());
            }
            return Err(self.store.unless_made(lock.at(table), refusal).await);
        }
        let until =
            (now.as_millisecond() + RESERVATION_MINUTES * MINUTE_MILLISECONDS).min(coupon.terms.valid_until);
        let reservation = Reservation {
            id: origin.id(RESERVATION_PREFIX),
            user: user.to_owned(),
            at: now.as_millisecond(),
            until,
        };
        let record = ReservationRecord {
            coupon: id.to_owned(),
            reservation: reservation.clone(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            ttl: (now + SignedDuration::from_hours(24 * LOCKS_KEPT_DAYS)).as_second(),
        };
        coupon.reservation = Some(reservation.clone());
        let value = self.reserved_view(&coupon, &reservation)?;
        let mut transaction = Transaction::new();
        transaction.create(table, encode(&lock, &record)?);
        transaction.require(self.directory.contact_check(owner, user), |_| no_such_pool());
        transaction.require(coupon.replace(table)?, |_| changed());
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value, replayed: false }),
            Commit::Exists(existing) => {
                check_replay(&existing, &origin.fingerprint)?;
                Err(changed())
            }
        }
    }

    fn reserved_view(
        &self,
        coupon: &CouponRecord,
        reservation: &Reservation,
    ) -> Result<ReservedView, Failure> {
        Ok(ReservedView {
            id: reservation.id.clone(),
            coupon: coupon.id.clone(),
            code: CouponCode::of_reservation(coupon, reservation, self.keyring()?).to_string(),
            reserved_until: Timestamp::from_millisecond(reservation.until).map_err(Failure::broken)?,
        })
    }

    /// The contact gives a reservation up. One that is over is left as it is.
    ///
    /// # Errors
    /// `not-found` for everybody else's, `already-redeemed`.
    pub async fn release(&self, owner: &str, coupon: &str, id: &str, user: &str) -> Result<(), Failure> {
        self.store.until_unchanged(|| self.try_release(owner, coupon, id, user)).await
    }

    async fn try_release(&self, owner: &str, coupon: &str, id: &str, user: &str) -> Result<(), Failure> {
        let no_such = || Refusal::new(Code::NotFound, "No reservation of yours has this id.");
        let table = self.table.as_str();
        let asked = (lock_key(id).at(table), CouponRecord::key(Alias::of(coupon)).at(table));
        let (record, found): (Option<ReservationRecord>, Option<CouponRecord>) =
            self.store.read(asked).await?;
        let record = record
            .filter(|record| record.coupon == coupon && record.reservation.user == user)
            .ok_or_else(no_such)?;
        let mut coupon = found.ok_or_else(no_such)?;
        if coupon.holder != owner || coupon.id != record.coupon {
            return Err(no_such().into());
        }
        let is_last = coupon.reservation.as_ref().is_some_and(|reservation| reservation.id == id);
        match coupon.place {
            Place::Redeemed if is_last => {
                Err(Refusal::new(Code::AlreadyRedeemed, "The coupon was used.").into())
            }
            Place::Pooled if is_last => {
                coupon.reservation = None;
                let mut transaction = Transaction::new();
                transaction.require(coupon.replace(table)?, |_| changed());
                self.store.commit(transaction).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}

fn check_reservable(coupon: &CouponRecord, user: &str, now: Timestamp) -> Result<(), Refusal> {
    if coupon.holder == user {
        let detail = "Your own coupon: withdraw it from the pool to use it yourself.";
        return Err(Refusal::new(Code::SelfRedemption, detail));
    }
    match coupon.place {
        Place::Redeemed => return Err(Refusal::new(Code::AlreadyRedeemed, "The coupon was used.")),
        Place::Pooled => {}
        Place::Held | Place::Revoked => return Err(no_such_coupon()),
    }
    if now.as_millisecond() >= coupon.terms.valid_until {
        return Err(Refusal::new(Code::Expired, "The coupon's time is over."));
    }
    match coupon.reserved(now) {
        Some(_) => Err(Refusal::new(Code::CouponReserved, "Somebody has reserved it. Try again later.")),
        None => Ok(()),
    }
}
