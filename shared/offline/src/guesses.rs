//! What wrong codes of one user count for: first against the merchant at which they were presented, then against all at
//! which the user has never paid, together, and last against the user. Without I/O.

use crate::bucket::{Bucket, Rule};
use crate::limits::{
    MAX_KNOWN_MERCHANTS, MAX_NEW_MERCHANTS, MERCHANT_MISS_MINUTES, MERCHANT_MISSES,
    NEW_MERCHANTS_MISS_MINUTES, NEW_MERCHANTS_MISSES, TOLD_AGAIN_MINUTES, USER_MISS_MINUTES, USER_MISSES,
};
use scrip_clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of one merchant.
const OF_MERCHANT: Rule = Rule { misses: MERCHANT_MISSES, minutes: MERCHANT_MISS_MINUTES };
/// Of all merchants at which the user has never paid.
const OF_NEW_MERCHANTS: Rule = Rule { misses: NEW_MERCHANTS_MISSES, minutes: NEW_MERCHANTS_MISS_MINUTES };
/// Of all.
const OF_USER: Rule = Rule { misses: USER_MISSES, minutes: USER_MISS_MINUTES };

/// The misses of one user's codes. Merchants are named by [`crate::count::merchant_tags`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guesses {
    /// At all merchants.
    #[serde(default)]
    pub(crate) everywhere: Bucket,
    /// At those at which the user has never paid.
    #[serde(default)]
    pub(crate) at_new: Bucket,
    /// When the user was told of a lock, in milliseconds since the epoch.
    #[serde(default)]
    pub(crate) told_at: i64,
    /// Of which one.
    #[serde(default)]
    pub(crate) told: Scope,
    /// Those at which the user has paid, and those of the last misses. Absent in what was stored before there were any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) merchants: Option<BTreeMap<String, Standing>>,
}

/// What a merchant is named by: the current keys, and others that are held, by which it may have been named before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(crate) current: String,
    pub(crate) others: Vec<String>,
    /// When the user paid there last by what is known in another place, in milliseconds since the epoch; 0 if never.
    pub(crate) paid_at: i64,
}

/// How a merchant stands with a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// When the user paid there last, in milliseconds since the epoch; 0 if never.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(crate) paid_at: i64,
    /// The misses there.
    #[serde(skip_serializing_if = "is_never", default)]
    pub(crate) misses: Bucket,
}

/// Where no code of the user is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// At this merchant.
    #[default]
    Merchant,
    /// At all at which the user has never paid.
    NewMerchants,
    /// Nowhere.
    Everywhere,
}

/// What a presented code changes: the numbers, the merchant's standing, and whose standing is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) everywhere: Bucket,
    pub(crate) at_new: Bucket,
    pub(crate) told_at: i64,
    pub(crate) told: Scope,
    pub(crate) standing: Standing,
    pub(crate) forgotten: Vec<String>,
    /// The lock that the user is to be told of.
    pub(crate) lock: Option<Lock>,
}

/// A lock, and until when it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) scope: Scope,
    /// In milliseconds since the epoch.
    pub(crate) until: i64,
}

impl Scope {
    /// As the user is told, and as it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::NewMerchants => "new-merchants",
            Self::Everywhere => "everywhere",
        }
    }
}

impl Next {
    /// What is stored where nothing was known of any merchant.
    pub(crate) fn as_first(&self, merchant: &Tags) -> Guesses {
        Guesses {
            everywhere: self.everywhere,
            at_new: self.at_new,
            told_at: self.told_at,
            told: self.told,
            merchants: Some(BTreeMap::from([(merchant.current.clone(), self.standing)])),
        }
    }
}

impl Tags {
    fn has(&self, tag: &str) -> bool {
        self.current == tag || self.others.iter().any(|other| other == tag)
    }
}

impl Standing {
    fn is_known(self) -> bool {
        self.paid_at != 0
    }
}

impl Guesses {
    /// The widest lock that keeps codes from being looked at for this merchant, and the milliseconds that all last.
    fn locked(&self, merchant: &Tags, now: Timestamp) -> Option<(Scope, i64)> {
        let standing = self.standing(merchant);
        let at_new = (!standing.is_known()).then(|| self.at_new.left(OF_NEW_MERCHANTS, now)).flatten();
        let locks = [
            (Scope::Merchant, standing.misses.left(OF_MERCHANT, now)),
            (Scope::NewMerchants, at_new),
            (Scope::Everywhere, self.everywhere.left(OF_USER, now)),
        ];
        let locks = locks.into_iter().filter_map(|(scope, left)| left.map(|left| (scope, left)));
        locks.reduce(|(_, longest), (scope, left)| (scope, left.max(longest)))
    }

    /// How many milliseconds no code of the user is looked at for this merchant, if so.
    pub(crate) fn left(&self, merchant: &Tags, now: Timestamp) -> Option<i64> {
        self.locked(merchant, now).map(|(_, left)| left)
    }

    /// After a miss at this merchant. What is not looked at counts for nothing.
    pub(crate) fn missed(&self, merchant: &Tags, now: Timestamp) -> Next {
        if self.left(merchant, now).is_some() {
            return self.passed_over(merchant, now);
        }
        let mut after = self.clone();
        let mut standing = self.standing(merchant);
        if !standing.is_known() {
            after.at_new = after.at_new.missed(OF_NEW_MERCHANTS, now);
        }
        after.everywhere = after.everywhere.missed(OF_USER, now);
        standing.misses = standing.misses.missed(OF_MERCHANT, now);
        after.merchants.get_or_insert_default().insert(merchant.current.clone(), standing);
        let lock = after.locked(merchant, now).filter(|(scope, _)| self.is_news(*scope, now));
        let lock = lock.map(|(scope, left)| Lock { scope, until: now.as_millisecond().saturating_add(left) });
        let next = after.with(merchant, standing, now);
        match lock {
            Some(Lock { scope, .. }) => Next { told_at: now.as_millisecond(), told: scope, lock, ..next },
            None => next,
        }
    }

    /// After a code at this merchant that was not looked at.
    pub(crate) fn passed_over(&self, merchant: &Tags, now: Timestamp) -> Next {
        self.with(merchant, self.standing(merchant), now)
    }

    /// After a payment at this merchant: it is known from then on, and the payer was no guesser.
    pub(crate) fn paid(&self, merchant: &Tags, now: Timestamp) -> Next {
        let standing = Standing { paid_at: now.as_millisecond(), misses: Bucket::default() };
        self.with(merchant, standing, now)
    }

    fn with(&self, merchant: &Tags, standing: Standing, now: Timestamp) -> Next {
        Next {
            everywhere: self.everywhere,
            at_new: self.at_new,
            told_at: self.told_at,
            told: self.told,
            standing,
            forgotten: self.forgotten(merchant, standing, now),
            lock: None,
        }
    }

    /// When the user paid at this merchant last, in milliseconds since the epoch; 0 if never.
    pub(crate) fn paid_at(&self, merchant: &Tags) -> i64 {
        self.standing(merchant).paid_at
    }

    /// The merchants at which the user has paid by what is known in other places and not here, as far as there is room: the
    /// last ones.
    pub(crate) fn known_elsewhere<'a>(
        &self,
        others: impl Iterator<Item = &'a Self>,
    ) -> BTreeMap<String, Standing> {
        let here = self.merchants.iter().flatten();
        let room =
            MAX_KNOWN_MERCHANTS.saturating_sub(here.filter(|(_, standing)| standing.is_known()).count());
        let is_here = |tag: &String| self.merchants.as_ref().is_some_and(|here| here.contains_key(tag));
        let there = others.flat_map(|other| other.merchants.iter().flatten());
        let mut known: Vec<_> =
            there.filter(|(tag, standing)| standing.is_known() && !is_here(tag)).collect();
        known.sort_by_key(|(_, standing)| std::cmp::Reverse(standing.paid_at));
        known.into_iter().take(room).map(|(tag, standing)| (tag.clone(), *standing)).collect()
    }

    /// Whether the user was not told of this lock or a wider one a short time ago.
    fn is_news(&self, scope: Scope, now: Timestamp) -> bool {
        scope > self.told || is_told_again(self.told_at, now)
    }

    /// By whichever keys it is named: what counts longest counts.
    fn standing(&self, merchant: &Tags) -> Standing {
        let named = self.merchants.iter().flatten().filter(|(tag, _)| merchant.has(tag));
        let elsewhere = Standing { paid_at: merchant.paid_at, misses: Bucket::default() };
        named.fold(elsewhere, |all, (_, one)| Standing {
            paid_at: all.paid_at.max(one.paid_at),
            misses: all.misses.max(one.misses),
        })
    }

    /// Whose standing makes room for this one: its own by other keys, strangers without misses, and of each kind those that
    /// were here first. Strangers never take the place of a merchant at which the user has paid.
    fn forgotten(&self, merchant: &Tags, standing: Standing, now: Timestamp) -> Vec<String> {
        let (own, others): (Vec<_>, Vec<_>) =
            self.merchants.iter().flatten().partition(|(tag, _)| merchant.has(tag));
        let (mut known, strangers): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, other)| other.is_known());
        let (idle, mut strangers): (Vec<_>, Vec<_>) =
            strangers.into_iter().partition(|(_, other)| other.misses.is_empty(now));
        known.sort_by_key(|(_, other)| other.paid_at);
        strangers.sort_by_key(|(_, other)| other.misses);
        let (of_known, of_strangers) = if standing.is_known() { (1, 0) } else { (0, 1) };
        let excess = |count: usize, of_these: usize, most: usize| (count + of_these).saturating_sub(most);
        let too_many_known = excess(known.len(), of_known, MAX_KNOWN_MERCHANTS);
        let too_many_strangers = excess(strangers.len(), of_strangers, MAX_NEW_MERCHANTS);
        let first = |list: Vec<(&String, &Standing)>, count: usize| {
            list.into_iter().take(count).map(|(tag, _)| tag.clone()).collect::<Vec<_>>()
        };
        let renamed = own.into_iter().filter(|(tag, _)| **tag != merchant.current);
        let at_once = renamed.chain(idle).map(|(tag, _)| tag.clone());
        at_once.chain(first(strangers, too_many_strangers)).chain(first(known, too_many_known)).collect()
    }
}

/// Whether who was told of a lock then is told of another one now.
pub(crate) fn is_told_again(told_at: i64, now: Timestamp) -> bool {
    now.as_millisecond().saturating_sub(told_at) >= TOLD_AGAIN_MINUTES.saturating_mul(60_000)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_never(bucket: &Bucket) -> bool {
    *bucket == Bucket::default()
}

#[cfg(test)]
mod tests;
