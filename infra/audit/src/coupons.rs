//! Whether campaigns have issued what is missing from their stock, to whom they say, and no more than they promised; and
//! whether each coupon is in one place.

use crate::books::Books;
use crate::report::Violation;
use scrip_money::Currency;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) quantity: usize,
    pub(crate) per_user: usize,
    #[serde(default)]
    pub(crate) budget: Option<i64>,
    pub(crate) terms: Terms,
}

/// What its coupons hold a copy of.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Terms {
    pub(crate) merchant: String,
    pub(crate) currency: Currency,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) campaign: String,
    pub(crate) shard: u32,
    pub(crate) holder: String,
    /// `held`, `pooled`, `redeemed` or `revoked`.
    pub(crate) place: String,
    pub(crate) terms: Terms,
    #[serde(default)]
    pub(crate) pool: Option<String>,
    #[serde(default)]
    pub(crate) pooled: Option<String>,
    #[serde(default)]
    pub(crate) reservation: Option<Reserved>,
    #[serde(rename = "use", default)]
    pub(crate) used: Option<Used>,
    #[serde(default)]
    pub(crate) reward_for: Option<Rewarded>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reserved {
    pub(crate) user: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Used {
    pub(crate) redemption: String,
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) deducted: Option<i64>,
    /// The place that it was used from.
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) reward: Option<String>,
}

/// The use that a coupon rewards.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rewarded {
    pub(crate) redemption: String,
    pub(crate) coupon: String,
}

/// The stock in one shard of a campaign.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Stock {
    pub(crate) pk: String,
    pub(crate) remaining: i64,
    pub(crate) quantity: i64,
}

/// What a user has taken of a campaign.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Taker {
    pub(crate) pk: String,
    pub(crate) user: String,
    pub(crate) coupons: Vec<String>,
}

/// What is left of a part of a campaign's budget.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Budget {
    pub(crate) pk: String,
    pub(crate) left: i64,
}

pub(crate) const REDEEMED: &str = "redeemed";
pub(crate) const REVOKED: &str = "revoked";
const POOLED: &str = "pooled";

/// Whether items under this key say nothing that is not said elsewhere: lists, and requests that were seen before.
pub(crate) fn is_aside(pk: &str) -> bool {
    ["CAMPAIGNS#", "SHARE#", "RSV#"].iter().any(|prefix| pk.starts_with(prefix))
}

/// The campaign and the shard of a partition.
fn shard_of(pk: &str) -> Option<(&str, u32)> {
    let (campaign, shard) = pk.strip_prefix("CMP#")?.split_once('#')?;
    Some((campaign, shard.parse().ok()?))
}

/// What is in somebody's hands, or was used. What was revoked went back into stock.
fn is_issued(coupon: &Coupon) -> bool {
    coupon.place != REVOKED
}

/// Checks coupons, and what campaigns and users have of them.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let mut campaigns: BTreeMap<&str, Vec<&Coupon>> = BTreeMap::new();
    for coupon in books.coupons.iter().filter(|coupon| is_issued(coupon)) {
        campaigns.entry(&coupon.campaign).or_default().push(coupon);
    }
    for campaign in &books.campaigns {
        let issued = campaigns.remove(campaign.id.as_str()).unwrap_or_default();
        let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &campaign.id, detail));
        check_stock(books, campaign, &issued, &mut tell);
        check_takers(books, campaign, &issued, &mut tell);
        check_budget(books, campaign, &issued, &mut tell);
    }
    for coupon in campaigns.into_values().flatten() {
        violations.push(Violation::new("campaign-known", &coupon.id, "its campaign does not exist"));
    }
    for coupon in &books.coupons {
        if let Some(wrong) = misplaced(coupon) {
            violations.push(Violation::new("coupon-in-one-place", &coupon.id, wrong));
        }
    }
}

type Tell<'a> = dyn FnMut(&'static str, String) + 'a;

fn check_stock(books: &Books, campaign: &Campaign, issued: &[&Coupon], tell: &mut Tell<'_>) {
    if issued.len() > campaign.quantity {
        tell("issued-of-quantity", format!("{} of {} coupons are issued", issued.len(), campaign.quantity));
    }
    let shards = books.stocks.iter().filter_map(|stock| Some((shard_of(&stock.pk)?, stock)));
    let mut in_all = 0_i64;
    let mut missing: BTreeMap<u32, i64> = BTreeMap::new();
    for ((_, shard), stock) in shards.filter(|((id, _), _)| *id == campaign.id) {
        in_all = in_all.saturating_add(stock.quantity);
        *missing.entry(shard).or_default() += stock.quantity.saturating_sub(stock.remaining);
        if !(0..=stock.quantity).contains(&stock.remaining) {
            tell(
                "issued-of-stock",
                format!("{} of {} remain in shard {shard}", stock.remaining, stock.quantity),
            );
        }
    }
    if in_all != i64::try_from(campaign.quantity).unwrap_or(i64::MAX) {
        tell("issued-of-stock", format!("its shards held {in_all} of {} coupons", campaign.quantity));
    }
    for coupon in issued {
        *missing.entry(coupon.shard).or_default() -= 1;
    }
    for (shard, missing) in missing.into_iter().filter(|(_, missing)| *missing != 0) {
        tell(
            "issued-of-stock",
            format!("{missing} more are missing from shard {shard} than were issued from it"),
        );
    }
}

fn check_takers(books: &Books, campaign: &Campaign, issued: &[&Coupon], tell: &mut Tell<'_>) {
    let mut held: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for coupon in issued {
        held.entry(&coupon.holder).or_default().push(&coupon.id);
    }
    let takers =
        books.takers.iter().filter(|taker| shard_of(&taker.pk).is_some_and(|(id, _)| id == campaign.id));
    for taker in takers {
        let mut counted: Vec<&str> = taker.coupons.iter().map(String::as_str).collect();
        let mut found = held.remove(taker.user.as_str()).unwrap_or_default();
        counted.sort_unstable();
        found.sort_unstable();
        if counted != found {
            tell("taken-by-holder", format!("{} took {counted:?} and holds {found:?}", taker.user));
        }
        if found.len() > campaign.per_user {
            tell("taken-by-holder", format!("{} holds {} of {}", taker.user, found.len(), campaign.per_user));
        }
    }
    for (holder, coupons) in held {
        tell("taken-by-holder", format!("{holder} holds {coupons:?} and took none"));
    }
}

fn check_budget(books: &Books, campaign: &Campaign, issued: &[&Coupon], tell: &mut Tell<'_>) {
    let of_campaign = format!("BUDGET#{}#", campaign.id);
    let parts: Vec<_> = books.budgets.iter().filter(|part| part.pk.starts_with(&of_campaign)).collect();
    let left = parts.iter().map(|part| i128::from(part.left)).reduce(|left, part| left + part);
    let used = issued.iter().filter_map(|coupon| coupon.used.as_ref()?.deducted).map(i128::from);
    let expected = campaign.budget.map(|budget| i128::from(budget) - used.sum::<i128>());
    if left != expected || parts.iter().any(|part| part.left < 0) {
        tell("budget-of-uses", format!("it has {left:?} left, and uses leave {expected:?}"));
    }
}

/// Why a coupon is not in exactly the one place that it says.
fn misplaced(coupon: &Coupon) -> Option<&'static str> {
    let pool = coupon.pool.as_ref();
    let used = coupon.used.as_ref();
    let is_own_pool =
        pool.is_none_or(|pool| *pool == coupon.holder) && pool.is_some() == coupon.pooled.is_some();
    let is_reserved_by_holder = coupon.reservation.as_ref().is_some_and(|found| found.user == coupon.holder);
    let is_right = match coupon.place.as_str() {
        "held" => pool.is_none() && used.is_none() && coupon.reservation.is_none(),
        POOLED => pool.is_some() && used.is_none(),
        REDEEMED => used.is_some_and(|used| (used.from == POOLED) == pool.is_some()),
        REVOKED => pool.is_none() && used.is_none() && coupon.reward_for.is_some(),
        _ => false,
    };
    match (is_right, is_own_pool, is_reserved_by_holder) {
        (false, ..) => Some("it is not only where it says"),
        (_, false, _) => Some("it lies in another's pool"),
        (.., true) => Some("its holder has reserved it"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::broken_by;
    use crate::sample_coupons::{campaign, coupon};

    fn change(name: &str, change: impl FnOnce(&mut Coupon)) -> Vec<&'static str> {
        broken_by(|books| change(books.coupons.iter_mut().find(|found| found.id == coupon(name)).unwrap()))
    }

    fn of_campaign<'a>(books: &'a mut Books, name: &str) -> &'a mut Campaign {
        books.campaigns.iter_mut().find(|found| found.id == campaign(name)).unwrap()
    }

    #[test]
    fn a_coupon_more_or_less_than_is_missing_from_stock_is_found() {
        for shard in [0, 1] {
            for by in [-1, 1] {
                assert_eq!(broken_by(|books| books.stocks[shard].remaining += by), ["issued-of-stock"]);
            }
        }
        assert_eq!(broken_by(|books| books.stocks[0].quantity += 1), ["issued-of-stock"]);
        assert_eq!(broken_by(|books| of_campaign(books, "shared").quantity -= 1), ["issued-of-stock"]);
        let rules = broken_by(|books| of_campaign(books, "shared").quantity = 4);
        assert_eq!(rules, ["issued-of-quantity", "issued-of-stock"]);
        assert_eq!(change("held", |coupon| coupon.shard += 1), ["issued-of-stock"]);
        let rules = broken_by(|books| {
            let (left, right) = books.stocks.split_at_mut(1);
            (left[0].remaining, right[0].remaining) = (-1, right[0].remaining + left[0].remaining + 1);
        });
        assert_eq!(rules, ["issued-of-stock"]);
    }

    #[test]
    fn a_coupon_that_its_holder_did_not_take_is_found() {
        assert_eq!(change("held", |coupon| coupon.holder = "mallory".into()), ["taken-by-holder"]);
        assert_eq!(broken_by(|books| books.takers[0].coupons.push("cpn_other".into())), ["taken-by-holder"]);
        assert_eq!(broken_by(|books| books.takers.truncate(1)), ["taken-by-holder"]);
        assert_eq!(broken_by(|books| of_campaign(books, "shared").per_user = 3), ["taken-by-holder"]);
        let rules = broken_by(|books| books.campaigns.retain(|found| found.id != campaign("shared")));
        assert_eq!(rules, ["campaign-known"]);
    }

    #[test]
    fn a_budget_that_uses_do_not_leave_is_found() {
        for by in [-1, 1] {
            assert_eq!(broken_by(|books| books.budgets[0].left += by), ["budget-of-uses"]);
        }
        assert_eq!(broken_by(|books| books.budgets.clear()), ["budget-of-uses"]);
        let rules = broken_by(|books| {
            of_campaign(books, "shared").budget = Some(999);
            books.budgets[0].left = -1;
        });
        assert_eq!(rules, ["budget-of-uses"]);
    }

    #[test]
    fn a_coupon_in_two_places_is_found() {
        for (name, place) in [("held", "pooled"), ("held", "redeemed"), ("pooled", "held")] {
            let rules = change(name, |coupon| coupon.place = place.to_owned());
            assert!(rules.contains(&"coupon-in-one-place"), "{name} as {place:?}: {rules:?}");
        }
        assert_eq!(change("pooled", |coupon| coupon.pool = Some("mallory".into())), ["coupon-in-one-place"]);
        assert_eq!(change("pooled", |coupon| coupon.pooled = None), ["coupon-in-one-place"]);
        let reserved = change("pooled", |coupon| coupon.reservation.as_mut().unwrap().user = "alice".into());
        assert_eq!(reserved, ["coupon-in-one-place"]);
        assert_eq!(
            change("shared", |coupon| coupon.used.as_mut().unwrap().from = "held".to_owned()),
            ["coupon-in-one-place"]
        );
        assert_eq!(
            change("revoked", |coupon| coupon.reward_for = None),
            ["coupon-in-one-place", "revoked-with-use"]
        );
    }
}
