//! Issuing a coupon: to a user who takes one, or as a reward. Stock, the user's limits and the coupon are one
//! transaction, so that there is never one too many.

use crate::alias::Alias;
use crate::campaign::{CAMPAIGN_PREFIX, CampaignRecord, campaign_key, no_such_campaign};
use crate::coupon::{COUPON_PREFIX, CouponRecord, Place, RewardFor};
use crate::coupons::{Coupons, changed};
use crate::limits::STOCK_SHARDS;
use crate::show::CouponView;
use crate::stock::{StockRecord, TakerRecord, home_shard, stock_key, taker_key};
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    Commit, Created, Fingerprint, Item, Origin, Raw, Transaction, check_replay, decode, derive_id, encode,
    is_id, text,
};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many ids are tried for a coupon whose alias another one has. Each try fails once in a hundred if a hundred
/// million coupons exist.
const MAX_ID_ATTEMPTS: u32 = 5;

/// A coupon to be issued.
#[derive(Clone, Debug)]
pub struct Issue<'a> {
    /// The campaign, `cmp_…`.
    pub campaign: &'a str,
    /// Whose it is to be.
    pub holder: &'a str,
    /// The id that the request asks for, by which it is recognised.
    pub origin_id: String,
    /// The hash of the request.
    pub fingerprint: Fingerprint,
    /// [`Place::Held`] or [`Place::Pooled`].
    pub place: Place,
    /// What it rewards, if it is a reward.
    pub reward_for: Option<RewardFor>,
}

/// What else is written with a coupon.
pub type Also<'a> = dyn Fn(&CouponRecord, &mut Transaction<'_>) -> Result<(), Failure> + Send + Sync + 'a;

/// How often somebody who comes too late at a shard tries another one.
const MAX_TRIES: u32 = 40;

/// What is read before a coupon is issued.
struct Read {
    campaign: Option<CampaignRecord>,
    taker: TakerRecord,
    /// At the user's home, and in the first shard, where a small campaign has all.
    in_stock: [i64; 2],
    existing: Option<Item>,
}

impl Coupons {
    /// A user takes a coupon.
    ///
    /// # Errors
    /// `not-found`, `expired`, `limit-exceeded`, `sold-out`.
    pub async fn take(
        &self,
        campaign: &str,
        user: &str,
        origin: &Origin,
    ) -> Result<Created<CouponView>, Failure> {
        let issue = Issue {
            campaign,
            holder: user,
            origin_id: origin.id(COUPON_PREFIX),
            fingerprint: origin.fingerprint.clone(),
            place: Place::Held,
            reward_for: None,
        };
        let now = self.now();
        self.issue(&issue, &|_, _| Ok(())).await?.try_map(|coupon| coupon.view(now))
    }

    /// Issues a coupon, together with what `also` adds.
    ///
    /// # Errors
    /// `not-found`, `expired`, `limit-exceeded`, `sold-out`, and those of `also`.
    pub async fn issue(&self, issue: &Issue<'_>, also: &Also<'_>) -> Result<Created<CouponRecord>, Failure> {
        // Each time that a shard is found empty somebody else got a coupon: this ends, and nobody is sent away busy
        // while there are coupons.
        let mut tries = 1;
        loop {
            let contended = AtomicBool::new(false);
            let result = self.try_issue(issue, also, tries > 1, &contended).await;
            if tries == MAX_TRIES || !contended.load(Ordering::Relaxed) {
                return result;
            }
            tries += 1;
        }
    }

    /// One try. `contended` is set if somebody else took the same stock, or the same user another coupon.
    async fn try_issue(
        &self,
        issue: &Issue<'_>,
        also: &Also<'_>,
        late: bool,
        contended: &AtomicBool,
    ) -> Result<Created<CouponRecord>, Failure> {
        let mut read = self.read_for(issue).await?;
        let id = match self.free_id(issue, read.existing.take()).await? {
            Ok(id) => id,
            Err(issued) => return Ok(Created { value: issued, replayed: true }),
        };
        let now = self.now();
        let campaign = read.campaign.as_ref().ok_or_else(no_such_campaign)?;
        if let Err(refusal) = check_limits(campaign, &read.taker, now) {
            return Err(self.unless_issued(&id, refusal, contended).await);
        }
        let home = home_shard(issue.campaign, issue.holder);
        let shard = match read.in_stock {
            // The home is tried once. Who came too late there looks at all of them.
            [in_home, _] if in_home > 0 && !late => home,
            [_, in_first] if in_first > 0 && !late => 0,
            _ => match self.shard_in_stock(issue.campaign, home).await? {
                Some(shard) => shard,
                None => return Err(self.unless_issued(&id, sold_out(), contended).await),
            },
        };

        let coupon = coupon(issue, campaign, id, shard, now);
        let taker = read.taker.with(&coupon.id, campaign.terms.day(now));
        let table = self.table.as_str();
        let contention = |_| {
            contended.store(true, Ordering::Relaxed);
            changed()
        };
        let mut transaction = Transaction::new();
        transaction.create(table, encode(&CouponRecord::key(Alias::of(&coupon.id)), &coupon)?);
        transaction.require(StockRecord::take_write(table, issue.campaign, shard), contention);
        let taker = taker.write(table, &taker_key(issue.campaign, issue.holder))?;
        transaction.require(taker, contention);
        also(&coupon, &mut transaction)?;
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: coupon, replayed: false }),
            // The same request came twice at once, or the alias was free a moment ago: the next try tells.
            Commit::Exists(_) => Err(contention(None)),
        }
    }

    /// An id whose alias no other coupon has, or the coupon that this very request has issued before.
    async fn free_id(
        &self,
        issue: &Issue<'_>,
        mut existing: Option<Item>,
    ) -> Result<Result<String, CouponRecord>, Failure> {
        let mut id = issue.origin_id.clone();
        let mut attempt = 0;
        while let Some(item) = existing {
            if text(&item, "origin") == Some(&issue.origin_id) {
                check_replay(&item, &issue.fingerprint)?;
                return Ok(Err(decode(item)?));
            }
            attempt += 1;
            if attempt == MAX_ID_ATTEMPTS {
                return Err(Failure::Busy("no free alias was found for a coupon".into()));
            }
            id = derive_id(COUPON_PREFIX, &[&issue.origin_id, &attempt.to_string()]);
            let address = CouponRecord::key(Alias::of(&id)).at(&self.table);
            existing = self.store.read::<_, Option<Raw>>(address).await?.map(|Raw(item)| item);
        }
        Ok(Ok(id))
    }

    async fn read_for(&self, issue: &Issue<'_>) -> Result<Read, Failure> {
        if !is_id(CAMPAIGN_PREFIX, issue.campaign) {
            return Err(no_such_campaign().into());
        }
        let table = self.table.as_str();
        let home = home_shard(issue.campaign, issue.holder);
        let asked = (
            campaign_key(issue.campaign).at(table),
            taker_key(issue.campaign, issue.holder).at(table),
            CouponRecord::key(Alias::of(&issue.origin_id)).at(table),
            stock_key(issue.campaign, home).at(table),
            stock_key(issue.campaign, 0).at(table),
        );
        let (campaign, taker, existing, at_home, first): (_, Option<TakerRecord>, Option<Raw>, _, _) =
            self.store.read(asked).await?;
        let remaining = |stock: Option<StockRecord>| stock.map_or(0, |stock| stock.remaining);
        Ok(Read {
            campaign,
            taker: taker
                .unwrap_or_else(|| TakerRecord { user: issue.holder.to_owned(), ..TakerRecord::default() }),
            in_stock: [remaining(at_home), remaining(first)],
            existing: existing.map(|Raw(item)| item),
        })
    }

    /// A shard that has coupons, beginning behind a user's home so that late comers are spread, too.
    async fn shard_in_stock(&self, campaign: &str, home: u32) -> Result<Option<u32>, Failure> {
        let shards: Vec<u32> = (1..=STOCK_SHARDS).map(|step| (home + step) % STOCK_SHARDS).collect();
        let stocks: Vec<_> = shards.iter().map(|shard| stock_key(campaign, *shard).at(&self.table)).collect();
        let stocks: Vec<Option<StockRecord>> = self.store.read(stocks).await?;
        let found = shards.into_iter().zip(stocks);
        let mut in_stock = found.filter(|(_, stock)| stock.as_ref().is_some_and(|stock| stock.remaining > 0));
        Ok(in_stock.next().map(|(shard, _)| shard))
    }

    /// A refusal, unless this very request has taken the coupon that is missing: then the next try finds it.
    async fn unless_issued(&self, coupon: &str, refusal: Refusal, contended: &AtomicBool) -> Failure {
        let made = CouponRecord::key(Alias::of(coupon)).at(&self.table);
        let refused = self.store.unless_made(made, refusal).await;
        contended.fetch_or(matches!(refused, Failure::Changed(_)), Ordering::Relaxed);
        refused
    }
}

fn sold_out() -> Refusal {
    Refusal::new(Code::SoldOut, "All coupons of this campaign are taken.")
}

fn check_limits(campaign: &CampaignRecord, taker: &TakerRecord, now: Timestamp) -> Result<(), Refusal> {
    let exceeded = |detail: String| Err(Refusal::new(Code::LimitExceeded, detail));
    if taker.coupons.len() >= campaign.per_user as usize {
        return exceeded(format!("One user may take {} of these coupons.", campaign.per_user));
    }
    if let Some(per_day) = campaign.per_day
        && taker.taken_on(campaign.terms.day(now)) >= per_day
    {
        return exceeded(format!("One user may take {per_day} of these coupons a day."));
    }
    if now.as_millisecond() >= campaign.terms.valid_until {
        return Err(Refusal::new(Code::Expired, "The time of this campaign is over."));
    }
    Ok(())
}

fn coupon(
    issue: &Issue<'_>,
    campaign: &CampaignRecord,
    id: String,
    shard: u32,
    now: Timestamp,
) -> CouponRecord {
    let place = format!("{:013}#{id}", now.as_millisecond());
    let is_pooled = issue.place == Place::Pooled;
    CouponRecord {
        campaign: campaign.id.clone(),
        shard,
        holder: issue.holder.to_owned(),
        place: issue.place,
        terms: campaign.terms.clone(),
        pool: is_pooled.then(|| issue.holder.to_owned()),
        pooled: is_pooled.then(|| place.clone()),
        taken: place,
        reservation: None,
        used: None,
        reward_for: issue.reward_for.clone(),
        misses: 0,
        missed_at: None,
        missed_by: None,
        version: 1,
        origin: issue.origin_id.clone(),
        request_hash: issue.fingerprint.as_str().to_owned(),
        id,
    }
}
