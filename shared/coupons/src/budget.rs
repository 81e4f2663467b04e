//! What a use takes off a campaign's budget, and what its reversal gives back beside the coupons themselves: to budgets
//! and stock. Several coupons may have come from the same item, which a transaction writes once.

use crate::campaign::budget_key;
use crate::coupon::CouponRecord;
use crate::coupons::Coupons;
use crate::stock::{StockRecord, TakerRecord, taker_key};
use scrip_refusal::Failure;
use scrip_store::{Key, Write};
use std::collections::BTreeMap;

impl Coupons {
    /// The write that takes what a use deducts off its campaign's budget, if that much is left.
    pub fn taken_from_budget(&self, campaign: &str, deducted: i64) -> Write {
        Write::update(&self.table, budget_key(campaign), "SET #left = #left - :deducted")
            .when("#left >= :deducted")
            .name("#left", "left")
            .value(":deducted", deducted)
    }

    /// The writes that give campaigns' budgets back what these uses took.
    pub fn returned_to_budgets(&self, used: &[CouponRecord]) -> Vec<Write> {
        let mut amounts: BTreeMap<&str, i64> = BTreeMap::new();
        for coupon in used.iter().filter(|coupon| coupon.terms.has_budget) {
            let deducted = coupon.used.as_ref().and_then(|used| used.deducted).unwrap_or_default();
            let amount = amounts.entry(&coupon.campaign).or_default();
            *amount = amount.saturating_add(deducted);
        }
        let amounts = amounts.into_iter().filter(|(_, amount)| *amount > 0);
        let write = |(campaign, amount): (&str, i64)| {
            Write::update(&self.table, budget_key(campaign), "SET #left = #left + :amount")
                .when("attribute_exists(pk)")
                .name("#left", "left")
                .value(":amount", amount)
        };
        amounts.map(write).collect()
    }

    /// The writes that put coupons back into their campaigns' stock, and take them off what their holders have taken.
    pub async fn returned_to_stock(&self, coupons: &[CouponRecord]) -> Result<Vec<Write>, Failure> {
        let mut counts: BTreeMap<(&str, u32), i64> = BTreeMap::new();
        for coupon in coupons {
            *counts.entry((&coupon.campaign, coupon.shard)).or_default() += 1;
        }
        let shards = counts.into_iter();
        let mut writes: Vec<_> = shards
            .map(|((campaign, shard), count)| {
                StockRecord::give_back_write(&self.table, campaign, shard, count)
            })
            .collect();
        for (key, taker) in self.takers_without(coupons).await? {
            writes.push(taker.write(&self.table, &key)?);
        }
        Ok(writes)
    }

    async fn takers_without(&self, coupons: &[CouponRecord]) -> Result<Vec<(Key, TakerRecord)>, Failure> {
        let mut gone: BTreeMap<Key, Vec<&str>> = BTreeMap::new();
        for coupon in coupons {
            gone.entry(taker_key(&coupon.campaign, &coupon.holder)).or_default().push(&coupon.id);
        }
        let found: Vec<_> = gone.keys().map(|key| key.clone().at(&self.table)).collect();
        let found: Vec<Option<TakerRecord>> = self.store.read(found).await?;
        let mut takers = Vec::with_capacity(found.len());
        for ((key, gone), taker) in gone.into_iter().zip(found) {
            let taker = taker.ok_or_else(|| Failure::broken("nobody has taken a coupon that is held"))?;
            let taker = gone.into_iter().fold(taker, TakerRecord::without);
            takers.push((key, taker));
        }
        Ok(takers)
    }
}
