//! What a use takes off a campaign's budget, and what its reversal gives back beside the coupons themselves: to budgets
//! and stock. Several coupons may have come from the same item, which a transaction writes once.
//!
//! A budget lies in parts, as the stock does, so that uses do not queue for one item. A use takes all from the part of its
//! coupon's own shard; only who finds too little there looks at all of them, and takes from several.

use crate::campaign::{BudgetRecord, budget_key};
use crate::coupon::CouponRecord;
use crate::coupons::Coupons;
use crate::limits::STOCK_SHARDS;
use crate::stock::{StockRecord, TakerRecord, taker_key};
use scrip_money::gather;
use scrip_refusal::Failure;
use scrip_store::{Address, Key, Write};
use std::collections::BTreeMap;

/// What a use takes off one part of its campaign's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenFromBudget {
    /// Which part.
    pub shard: u32,
    /// How much, in minor units.
    pub amount: i64,
}

impl Coupons {
    /// The write that takes what a use deducts off one part of its campaign's budget, if that much is left there.
    pub fn taken_from_budget(&self, campaign: &str, taken: TakenFromBudget) -> Write {
        Write::update(&self.table, budget_key(campaign, taken.shard), "SET #left = #left - :deducted")
            .when("#left >= :deducted")
            .name("#left", "left")
            .value(":deducted", taken.amount)
    }

    /// From which parts of a campaign's budget this much can be taken, by what is left of each now. `None` if
    /// all together have less.
    pub async fn gathered_from_budget(
        &self,
        campaign: &str,
        deducted: i64,
    ) -> Result<Option<Vec<TakenFromBudget>>, Failure> {
        let parts: Vec<Option<BudgetRecord>> = self.store.read(self.budget_addresses(campaign)).await?;
        let left = (0..).zip(parts).filter_map(|(shard, part)| Some((shard, part?.left)));
        let taken = gather(left, deducted);
        Ok(taken.map(|taken| {
            taken.into_iter().map(|(shard, amount)| TakenFromBudget { shard, amount }).collect()
        }))
    }

    /// Where the parts of a campaign's budget stand. A small campaign has the first one alone.
    pub fn budget_addresses(&self, campaign: &str) -> Vec<Address> {
        (0..STOCK_SHARDS).map(|shard| budget_key(campaign, shard).at(&self.table)).collect()
    }

    /// The writes that give campaigns' budgets back what these uses took.
    pub fn returned_to_budgets(&self, used: &[CouponRecord]) -> Vec<Write> {
        let mut amounts: BTreeMap<(&str, u32), i64> = BTreeMap::new();
        for coupon in used.iter().filter(|coupon| coupon.terms.has_budget) {
            let deducted = coupon.used.as_ref().and_then(|used| used.deducted).unwrap_or_default();
            let amount = amounts.entry((&coupon.campaign, coupon.shard)).or_default();
            *amount = amount.saturating_add(deducted);
        }
        let amounts = amounts.into_iter().filter(|(_, amount)| *amount > 0);
        let write = |((campaign, shard), amount): ((&str, u32), i64)| {
            Write::update(&self.table, budget_key(campaign, shard), "SET #left = #left + :amount")
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
