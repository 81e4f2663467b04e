//! The calculation: one item after the other is asked whether it applies, and takes off what it may.

use crate::cart::{Cart, Measure};
use crate::limits::MAX_ITEMS;
use crate::{
    Calculation, Consumed, Context, DeductionError, Effect, Exchange, Item, Kind, Limit, Order, Reason, Rule,
    Step,
};
use scrip_money::{Currency, Money, MoneyError};
use std::borrow::Cow;

/// Applies `items` to `order`, in the order that the crate's documentation gives, and changes nothing else.
///
/// # Errors
/// What is wrong with the order, with the currencies of the rules or with the set of items. That an item does not
/// apply is no error: its step says so.
pub fn calculate<'a>(
    order: &Order,
    items: &[Item<'a>],
    context: &Context,
) -> Result<Calculation<'a>, DeductionError> {
    let cart = Cart::new(order)?;
    let items = in_order(items, cart.currency)?;
    let mut steps = Vec::with_capacity(items.len());
    let mut run = Run { cart, context, least: 0, applied: Applied::Nothing, consumed: Vec::new() };
    for item in items {
        steps.push(run.step(item)?);
    }
    let Run { cart, consumed, .. } = run;
    Ok(Calculation {
        first_value: cart.money(cart.first_value),
        second_value: cart.money(cart.left),
        steps,
        lines: cart.lines.iter().map(|line| cart.money(line.left)).collect(),
        consumed,
    })
}

/// The items in the order of application: priority, lines before the order, name.
fn in_order<'a, 'i>(items: &'i [Item<'a>], currency: Currency) -> Result<Vec<&'i Item<'a>>, DeductionError> {
    if items.len() > MAX_ITEMS {
        return Err(DeductionError::TooManyItems);
    }
    for (at, item) in items.iter().enumerate() {
        if items[..at].iter().any(|earlier| earlier.item == item.item) {
            return Err(DeductionError::ItemRepeated { item: at });
        }
        if item.rule.amounts().any(|amount| amount.currency != currency) {
            return Err(DeductionError::CurrencyMismatch);
        }
    }
    let mut items: Vec<_> = items.iter().collect();
    items.sort_unstable_by_key(|item| (item.rule.stacking.priority, item.rule.target.is_order(), item.item));
    Ok(items)
}

struct Run<'o, 'a> {
    cart: Cart<'o>,
    context: &'o Context,
    /// The highest minimum payable of the rules that have applied.
    least: i64,
    applied: Applied,
    consumed: Vec<Consumed<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Applied {
    Nothing,
    Something,
    Exclusively,
}

/// Why a step goes no further.
enum Stop {
    Refused(Reason),
    Broken(DeductionError),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl From<MoneyError> for Stop {
    fn from(error: MoneyError) -> Self {
        Self::Broken(error.into())
    }
}

struct Deducted {
    lines: Vec<Money>,
    limited_by: Option<Limit>,
}

impl<'a> Run<'_, 'a> {
    fn step(&mut self, item: &Item<'a>) -> Result<Step<'a>, DeductionError> {
        let before = self.cart.left;
        let (reason, Deducted { lines, limited_by }) = match self.apply(item) {
            Ok(deducted) => (None, deducted),
            Err(Stop::Refused(reason)) => (Some(reason), Deducted { lines: Vec::new(), limited_by: None }),
            Err(Stop::Broken(error)) => return Err(error),
        };
        let after = self.cart.left;
        Ok(Step {
            item: Cow::Borrowed(item.item),
            version: item.version,
            before: self.cart.money(before),
            after: self.cart.money(after),
            deducted: self.cart.money(before - after),
            reason,
            limited_by,
            lines,
        })
    }

    fn apply(&mut self, item: &Item<'a>) -> Result<Deducted, Stop> {
        let rule = item.rule;
        match self.applied {
            Applied::Exclusively => return Err(Reason::Excluded.into()),
            Applied::Something if rule.stacking.exclusive => return Err(Reason::Exclusive.into()),
            Applied::Nothing | Applied::Something => {}
        }
        let measure = self.cart.select(rule).ok_or(Reason::TargetNotInOrder)?;
        let effect = effect(rule, &measure, self.context)?;
        if measure.left == 0 {
            return Err(Reason::NothingLeft.into());
        }
        let least = rule.minimum_payable.map_or(0, |least| least.amount).max(self.least);
        let room = self.cart.left.saturating_sub(least);
        if room <= 0 {
            return Err(Reason::MinimumPayable.into());
        }
        let funds = funds(item, self.context);
        if funds == Some(0) {
            return Err(Reason::InsufficientFunds.into());
        }

        let wanted = self.cart.wanted(effect, rule, &measure)?;
        let bounds = [
            (Some(self.cart.available()), Limit::Value),
            (rule.cap.map(|cap| cap.amount.max(0)), Limit::Cap),
            (Some(room), Limit::MinimumPayable),
            (funds, Limit::InsufficientFunds),
        ];
        let mut total = wanted;
        let mut limited_by = None;
        for (bound, limit) in bounds {
            if let Some(bound) = bound.filter(|&bound| bound < total) {
                (total, limited_by) = (bound, Some(limit));
            }
        }
        if total == 0 {
            return Err(Reason::NoEffect.into());
        }

        let units = units(item, total)?;
        let lines = self.cart.take(total, rule.allocation);
        if let Some((units, currency)) = units {
            let currency = currency.then_some(self.cart.currency);
            self.consumed.push(Consumed { item: Cow::Borrowed(item.item), units, currency });
        }
        self.least = least;
        self.applied = if rule.stacking.exclusive { Applied::Exclusively } else { Applied::Something };
        Ok(Deducted { lines, limited_by })
    }
}

/// The effect that counts, if all conditions hold.
fn effect(rule: &Rule, measure: &Measure, context: &Context) -> Result<Effect, Reason> {
    let conditions = &rule.conditions;
    let level =
        || context.member_level.as_ref().is_some_and(|level| conditions.member_levels.contains(level));
    if !conditions.member_levels.is_empty() && !level() {
        return Err(Reason::MemberLevelNotMet);
    }
    if conditions.nth_order.is_some() && conditions.nth_order != context.order_count {
        return Err(Reason::NthOrderNotMet);
    }
    if conditions.minimum_quantity.is_some_and(|least| measure.pieces < i64::from(least)) {
        return Err(Reason::MinimumQuantityNotMet);
    }
    if conditions.threshold.is_some_and(|threshold| measure.value < threshold.amount) {
        return Err(Reason::ThresholdNotMet);
    }
    let reached = rule.tiers.iter().rev().find(|tier| measure.value >= tier.from.amount);
    reached.map(|tier| tier.effect).or(rule.effect).ok_or(Reason::ThresholdNotMet)
}

/// The most that the item's balance pays for, in minor units; nothing where it is not bounded.
fn funds(item: &Item<'_>, context: &Context) -> Option<i64> {
    let balance = context.balances.get(item.item).copied()?.max(0);
    match item.kind {
        Kind::Coupon => (balance == 0).then_some(0),
        Kind::StoredValue => Some(balance),
        Kind::Points => Some(worth(balance, item.rule.exchange)),
        Kind::Member | Kind::Promotion => None,
    }
}

/// What so many points are worth, rounded down.
fn worth(points: i64, exchange: Option<Exchange>) -> i64 {
    let Some(Exchange { units, worth }) = exchange else { return points };
    let amount = (i128::from(points) * i128::from(worth.amount)).checked_div(i128::from(units)).unwrap_or(0);
    i64::try_from(amount.max(0)).unwrap_or(i64::MAX)
}

/// The units that a deduction of so much consumes, and whether they are of the order's currency.
fn units(item: &Item<'_>, deducted: i64) -> Result<Option<(i64, bool)>, MoneyError> {
    Ok(match item.kind {
        Kind::Coupon => Some((1, false)),
        Kind::StoredValue => Some((deducted, true)),
        Kind::Points => Some((points(deducted, item.rule.exchange)?, false)),
        Kind::Member | Kind::Promotion => None,
    })
}

/// The points that so much costs, rounded up.
fn points(deducted: i64, exchange: Option<Exchange>) -> Result<i64, MoneyError> {
    let Some(Exchange { units, worth }) = exchange else { return Ok(deducted) };
    let worth = i128::from(worth.amount.max(1));
    let points = (i128::from(deducted) * i128::from(units) + worth - 1) / worth;
    i64::try_from(points).map_err(|_| MoneyError::Overflow)
}
