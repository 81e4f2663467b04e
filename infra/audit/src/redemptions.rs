//! Whether each used coupon has exactly the redemption that used it, and each reward exactly the use that it rewards.

use crate::books::Books;
use crate::coupons::{Coupon, REDEEMED, REVOKED};
use crate::report::Violation;
use scrip_slots::Slot;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// A verification or a confirmation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Redemption {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) status: String,
    pub(crate) lines: Vec<Line>,
    #[serde(default)]
    pub(crate) verified_for: Option<String>,
    #[serde(default)]
    pub(crate) reversal: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) workflow: Option<IgnoredAny>,
    pub(crate) at: i64,
    #[serde(flatten)]
    pub(crate) slot: Option<Slot>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) coupon: Option<String>,
    #[serde(default)]
    pub(crate) deducted: Option<i64>,
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) sharer: Option<String>,
    #[serde(default)]
    pub(crate) reward: Option<String>,
}

pub(crate) const ACCEPTED: &str = "accepted";
const REWARDED: &str = "rewarded";
const REFUSED: &str = "refused";
pub(crate) const REVERSED: &str = "reversed";

/// Checks redemptions against coupons, and coupons against redemptions.
pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let coupons: BTreeMap<&str, &Coupon> =
        books.coupons.iter().map(|coupon| (coupon.id.as_str(), coupon)).collect();
    let redemptions: BTreeMap<&str, &Redemption> =
        books.redemptions.iter().map(|redemption| (redemption.id.as_str(), redemption)).collect();
    for redemption in &books.redemptions {
        let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &redemption.id, detail));
        if let Some(wrong) = unlike_its_lines(redemption) {
            tell("redemption-of-lines", wrong.to_owned());
        }
        for line in redemption.lines.iter().filter(|line| is_used(line)) {
            check_line(redemption, line, &coupons, &mut tell);
        }
    }
    for coupon in &books.coupons {
        let mut tell = |rule, detail: &str| violations.push(Violation::new(rule, &coupon.id, detail));
        check_use(coupon, &redemptions, &mut tell);
        check_reward(coupon, &redemptions, &mut tell);
    }
}

fn is_used(line: &Line) -> bool {
    line.status == REDEEMED || line.status == REWARDED
}

/// Why a redemption does not stand where its lines make it stand.
fn unlike_its_lines(redemption: &Redemption) -> Option<&'static str> {
    let has = |status: &str| redemption.lines.iter().any(|line| line.status == status);
    let expected = match redemption.lines.as_slice() {
        [] => return Some("it has no codes"),
        _ if has(ACCEPTED) => ACCEPTED,
        _ if has(REVERSED) => REVERSED,
        _ if has(REWARDED) => REWARDED,
        _ if has(REDEEMED) => REDEEMED,
        _ => REFUSED,
    };
    let is_half_reversed = has(REVERSED) && (has(REDEEMED) || has(REWARDED));
    let has_code = redemption.lines.iter().any(|line| line.code.is_some() != (line.status == ACCEPTED));
    match redemption.status.as_str() {
        status if status != expected || is_half_reversed => Some("it does not stand where its codes do"),
        REVERSED if redemption.reversal.is_none() => Some("nobody has reversed it"),
        _ if has_code => Some("a code is kept that was judged, or missing that was not"),
        _ => None,
    }
}

/// A used line's coupon is used by this redemption alone, and a rewarded one's reward was issued for it.
fn check_line(
    redemption: &Redemption,
    line: &Line,
    coupons: &BTreeMap<&str, &Coupon>,
    tell: &mut impl FnMut(&'static str, String),
) {
    let named = |id: &Option<String>| id.as_deref().and_then(|id| coupons.get(id).copied());
    let Some(coupon) = named(&line.coupon) else {
        return tell("redeemed-once", "a coupon that it used does not exist".to_owned());
    };
    let used = coupon.used.as_ref().filter(|_| coupon.place == REDEEMED);
    let is_same = used.is_some_and(|used| {
        used.redemption == redemption.id
            && Some(&used.user) == line.user.as_ref()
            && used.deducted == line.deducted
            && used.reward == line.reward
    });
    if !is_same || coupon.terms.merchant != redemption.merchant {
        tell("redeemed-once", format!("{} was not used as it says", coupon.id));
    }
    if line
        .sharer
        .as_ref()
        .is_some_and(|sharer| *sharer != coupon.holder || Some(sharer) == line.user.as_ref())
    {
        tell("reward-of-sharer", format!("{} was not shared by who it says", coupon.id));
    }
    if (line.status == REWARDED) != line.reward.is_some() {
        tell("reward-of-one-use", format!("the use of {} is rewarded without a reward", coupon.id));
    }
    let Some(reward) = &line.reward else { return };
    let is_issued = coupons.get(reward.as_str()).is_some_and(|reward| {
        let rewards = reward.reward_for.as_ref();
        rewards.is_some_and(|rewards| rewards.redemption == redemption.id && rewards.coupon == coupon.id)
            && Some(&reward.holder) == line.sharer.as_ref()
            && reward.place != REVOKED
    });
    if !is_issued {
        tell("reward-of-one-use", format!("{reward} is not the reward for {}", coupon.id));
    }
}

/// The redemption that a used coupon names has used it.
fn check_use(
    coupon: &Coupon,
    redemptions: &BTreeMap<&str, &Redemption>,
    tell: &mut impl FnMut(&'static str, &str),
) {
    let Some(used) = &coupon.used else { return };
    let lines = redemptions.get(used.redemption.as_str()).map(|redemption| redemption.lines.as_slice());
    let has_it = |line: &&Line| is_used(line) && line.coupon.as_ref() == Some(&coupon.id);
    if lines.unwrap_or_default().iter().filter(has_it).count() != 1 {
        tell("redeemed-once", "the redemption that it names has not used it once");
    }
}

/// The redemption that a reward names has it for one use, or lost it by being reversed.
fn check_reward(
    coupon: &Coupon,
    redemptions: &BTreeMap<&str, &Redemption>,
    tell: &mut impl FnMut(&'static str, &str),
) {
    let Some(rewards) = &coupon.reward_for else {
        if coupon.place == REVOKED {
            tell("revoked-with-use", "it was revoked, and rewarded nothing");
        }
        return;
    };
    let redemption = redemptions.get(rewards.redemption.as_str());
    let lines = redemption.map_or(&[][..], |redemption| &redemption.lines);
    let brings = |line: &&Line| {
        line.reward.as_ref() == Some(&coupon.id) && line.coupon.as_ref() == Some(&rewards.coupon)
    };
    if lines.iter().filter(brings).count() != 1 {
        tell("reward-of-one-use", "the use that it rewards does not know it");
    }
    let is_reversed = redemption.is_some_and(|redemption| redemption.status == REVERSED);
    if is_reversed != (coupon.place == REVOKED) {
        tell("revoked-with-use", "it is revoked without its use being reversed, or the other way round");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupons::Rewarded;
    use crate::sample::broken_by;
    use crate::sample_coupons::{coupon, redemption};

    fn change(name: &str, change: impl FnOnce(&mut Redemption)) -> Vec<&'static str> {
        broken_by(|books| {
            change(books.redemptions.iter_mut().find(|found| found.id == redemption(name)).unwrap());
        })
    }

    fn of_coupon(name: &str, change: impl FnOnce(&mut Coupon)) -> Vec<&'static str> {
        broken_by(|books| change(books.coupons.iter_mut().find(|found| found.id == coupon(name)).unwrap()))
    }

    #[test]
    fn a_use_without_its_redemption_is_found() {
        let rules = broken_by(|books| books.redemptions.retain(|found| found.id != redemption("verified")));
        assert_eq!(rules, ["redeemed-once"]);
        let rules = of_coupon("used", |coupon| {
            coupon.used.as_mut().unwrap().redemption = redemption("confirmed");
        });
        assert_eq!(rules, ["redeemed-once"]);
        assert_eq!(
            of_coupon("used", |coupon| coupon.used.as_mut().unwrap().user = "bob".into()),
            ["redeemed-once"]
        );
        let rules = change("verified", |record| record.lines[0].coupon = Some("cpn_none".into()));
        assert_eq!(rules, ["redeemed-once"]);
        let rules = change("verified", |record| record.merchant = "mch_other".into());
        assert_eq!(rules, ["redeemed-once", "verification-listed"]);
    }

    #[test]
    fn a_coupon_that_two_redemptions_used_is_found() {
        let rules = broken_by(|books| {
            let first = books.redemptions.iter().find(|found| found.id == redemption("verified")).unwrap();
            let second = Redemption { id: redemption("second"), ..first.clone() };
            books.redemptions.push(second);
        });
        assert_eq!(rules, ["redeemed-once"]);
    }

    #[test]
    fn a_reward_without_exactly_one_use_is_found() {
        let rules = of_coupon("reward", |coupon| coupon.reward_for = None);
        assert_eq!(rules, ["reward-of-one-use"]);
        let rules = of_coupon("reward", |reward| {
            reward.reward_for.as_mut().unwrap().redemption = redemption("verified");
        });
        assert_eq!(rules, ["reward-of-one-use"]);
        let rules = of_coupon("held", |held| {
            held.reward_for =
                Some(Rewarded { redemption: redemption("confirmed"), coupon: coupon("shared") });
        });
        assert_eq!(rules, ["reward-of-one-use"]);
        assert_eq!(
            change("confirmed", |record| record.lines[0].reward = None),
            ["redeemed-once", "reward-of-one-use"]
        );
    }

    #[test]
    fn a_reward_for_ones_own_use_is_found() {
        let rules = broken_by(|books| {
            let record =
                books.redemptions.iter_mut().find(|found| found.id == redemption("confirmed")).unwrap();
            record.lines[0].user = Some("alice".into());
            let used = books.coupons.iter_mut().find(|found| found.id == coupon("shared")).unwrap();
            used.used.as_mut().unwrap().user = "alice".into();
        });
        assert_eq!(rules, ["reward-of-sharer"]);
    }

    #[test]
    fn a_reward_that_outlives_its_use_is_found() {
        let rules = change("reversed", |record| {
            record.status = REFUSED.to_owned();
            record.lines[0].status = REFUSED.to_owned();
        });
        assert_eq!(rules, ["revoked-with-use"]);
        let rules = of_coupon("revoked", |coupon| coupon.place = "held".to_owned());
        assert!(rules.contains(&"revoked-with-use"), "{rules:?}");
    }

    #[test]
    fn a_redemption_that_is_not_as_its_codes_is_found() {
        assert_eq!(change("refused", |record| record.status = REDEEMED.to_owned()), ["redemption-of-lines"]);
        assert_eq!(change("refused", |record| record.lines.clear()), ["redemption-of-lines"]);
        assert_eq!(
            change("refused", |record| record.lines[0].code = Some("x".into())),
            ["redemption-of-lines"]
        );
        assert_eq!(change("reversed", |record| record.reversal = None), ["redemption-of-lines"]);
    }
}
