//! A campaign's stock, spread over items so that a rush is not a rush on one of them, and what each user has taken,
//! beside the stock where that user is at home.

use crate::coupons::changed_item;
use crate::limits::{SPREAD_QUANTITY, STOCK_SHARDS};
use scrip_fields::user_in_key;
use scrip_refusal::Failure;
use scrip_store::{Key, Write, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The stock in one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockRecord {
    /// How many coupons can still be taken from it.
    pub remaining: i64,
    /// How many there were.
    pub quantity: i64,
}

/// What a user has taken of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakerRecord {
    /// The user.
    pub user: String,
    /// The coupons in order, rewards among them.
    pub coupons: Vec<String>,
    /// The number of the merchant's day on which the last one was taken.
    pub day: i64,
    /// How many were taken on that day.
    pub day_taken: u32,
    /// Counts changes.
    pub version: i64,
}

/// The partition of one shard.
pub(crate) fn shard_partition(campaign: &str, shard: u32) -> String {
    format!("CMP#{campaign}#{shard:02}")
}

/// The key of a shard's stock.
pub(crate) fn stock_key(campaign: &str, shard: u32) -> Key {
    Key::new(shard_partition(campaign, shard), "STOCK")
}

/// The key of what a user has taken, in the user's home shard.
pub(crate) fn taker_key(campaign: &str, user: &str) -> Key {
    Key::new(shard_partition(campaign, home_shard(campaign, user)), format!("TAKER#{}", user_in_key(user)))
}

/// Where a user is at home, which can be told before the campaign is read. Users are spread anew in each campaign.
pub(crate) fn home_shard(campaign: &str, user: &str) -> u32 {
    let hash = Sha256::new().chain_update(campaign).chain_update([0]).chain_update(user).finalize();
    let number = hash.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    number % STOCK_SHARDS
}

/// How many coupons lie in each shard, all of them together: as evenly as can be, or in the first one if they are too
/// few for a rush that lasts.
pub(crate) fn split(quantity: u32) -> impl Iterator<Item = u32> {
    let spread = if quantity < SPREAD_QUANTITY { 1 } else { STOCK_SHARDS };
    let (each, more) = (quantity / spread, quantity % spread);
    (0..STOCK_SHARDS).map(move |shard| if shard < spread { each + u32::from(shard < more) } else { 0 })
}

/// How much of a campaign's budget lies in each of its parts, of which there are as many as of its stock.
pub(crate) fn split_budget(budget: i64, quantity: u32) -> impl Iterator<Item = i64> {
    let spread = if quantity < SPREAD_QUANTITY { 1 } else { i64::from(STOCK_SHARDS) };
    let (each, more) = (budget / spread, budget % spread);
    (0..spread).map(move |shard| each + i64::from(shard < more))
}

impl StockRecord {
    /// Takes one out of a shard, if there is one.
    pub(crate) fn take_write(table: &str, campaign: &str, shard: u32) -> Write {
        Write::update(table, stock_key(campaign, shard), "SET remaining = remaining - :one")
            .when("remaining >= :one")
            .value(":one", 1_i64)
    }

    /// Puts coupons back into a shard.
    pub(crate) fn give_back_write(table: &str, campaign: &str, shard: u32, count: i64) -> Write {
        Write::update(table, stock_key(campaign, shard), "SET remaining = remaining + :count")
            .when("remaining < quantity")
            .value(":count", count)
    }
}

impl TakerRecord {
    /// How many the user took on a day.
    pub(crate) fn taken_on(&self, day: i64) -> u32 {
        if self.day == day { self.day_taken } else { 0 }
    }

    /// The same with one coupon more.
    pub(crate) fn with(mut self, coupon: &str, day: i64) -> Self {
        self.day_taken = self.taken_on(day).saturating_add(1);
        self.day = day;
        self.coupons.push(coupon.to_owned());
        self
    }

    /// The same without a coupon. What was taken on a day stays taken.
    pub(crate) fn without(mut self, coupon: &str) -> Self {
        self.coupons.retain(|id| id != coupon);
        self
    }

    /// The write that puts this in the place of what was read.
    pub(crate) fn write(mut self, table: &str, key: &Key) -> Result<Write, Failure> {
        let before = self.version;
        self.version = before.saturating_add(1);
        let item = encode(key, &self)?;
        if before == 0 {
            return Ok(Write::put_new(table, item));
        }
        Ok(changed_item(Write::put(table, item), before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shards_hold_all_of_it_evenly(quantity in 1_u32..=10_000_000) {
            let parts: Vec<u32> = split(quantity).collect();
            prop_assert_eq!(parts.len(), STOCK_SHARDS as usize);
            prop_assert_eq!(parts.iter().sum::<u32>(), quantity);
            let (least, most) = (parts.iter().min(), parts.iter().max());
            prop_assert!(most.unwrap() - least.unwrap() <= 1 || quantity < SPREAD_QUANTITY && parts[0] == quantity);
        }

        #[test]
        fn parts_of_a_budget_are_all_of_it(budget in 1_i64..=1_000_000, quantity in 1_u32..400) {
            let parts: Vec<i64> = split_budget(budget, quantity).collect();
            prop_assert_eq!(parts.iter().sum::<i64>(), budget);
            prop_assert_eq!(parts.len(), if quantity < SPREAD_QUANTITY { 1 } else { 16 });
            prop_assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }

        #[test]
        fn what_was_taken_counts_for_its_day(days in prop::collection::vec(0_i64..3, 1..20)) {
            let mut taker = TakerRecord::default();
            let mut sorted = days.clone();
            sorted.sort_unstable();
            for (index, day) in sorted.iter().enumerate() {
                taker = taker.with(&index.to_string(), *day);
            }
            let last = *sorted.last().unwrap();
            prop_assert_eq!(taker.taken_on(last) as usize, days.iter().filter(|day| **day == last).count());
            prop_assert_eq!(taker.taken_on(last + 1), 0);
            prop_assert_eq!(taker.coupons.len(), days.len());
        }
    }

    #[test]
    fn users_are_spread_over_all_shards() {
        let homes: std::collections::BTreeSet<u32> =
            (0..400).map(|n| home_shard("cmp_1", &format!("user-{n}"))).collect();
        assert_eq!(homes, (0..STOCK_SHARDS).collect());
    }

    #[test]
    fn a_coupon_that_is_taken_back_leaves_its_day_counted() {
        let taker = TakerRecord::default().with("a", 1).with("b", 1).without("a");
        assert_eq!((taker.coupons.as_slice(), taker.taken_on(1)), (["b".to_owned()].as_slice(), 2));
    }
}
