//! An order while it is deducted from: what is left of it and of each of its lines.

use crate::{Base, DeductionError, Effect, FreeUnits, Line, Order, Rule, Spread};
use scrip_money::{Allocation, Currency, Money, MoneyError, Ratio, Rounding};
use std::cmp::Reverse;
use std::num::NonZeroU64;

/// The order's lines sum to `left` at any time, if it has any.
pub(crate) struct Cart<'o> {
    pub(crate) currency: Currency,
    pub(crate) first_value: i64,
    pub(crate) left: i64,
    pub(crate) lines: Vec<CartLine<'o>>,
    /// Places of the lines by price, then by all else that rules see: so no result depends on the order of lines.
    by_price: Vec<usize>,
}

pub(crate) struct CartLine<'o> {
    pub(crate) line: &'o Line,
    first: i64,
    pub(crate) left: i64,
    selected: bool,
    /// What the present rule takes from this line; the most it may take, until that is known.
    share: i64,
    /// The most that it may take, while a smaller total is spread.
    gives: i64,
    /// The fraction of a minor unit that spreading has cut off.
    lost: i64,
}

/// What a rule targets.
pub(crate) struct Measure {
    /// Its value, on the rule's base.
    pub(crate) value: i64,
    /// Its pieces; unknown, and none, without lines.
    pub(crate) pieces: i64,
    /// What earlier deductions have left of it.
    pub(crate) left: i64,
}

impl<'o> Cart<'o> {
    pub(crate) fn new(order: &'o Order) -> Result<Self, DeductionError> {
        let Money { amount: first_value, currency } = order.value()?;
        let mut lines = Vec::with_capacity(order.lines.len());
        for (at, line) in order.lines.iter().enumerate() {
            let first = line.value(at)?.amount;
            lines.push(CartLine { line, first, left: first, selected: false, share: 0, gives: 0, lost: 0 });
        }
        let mut by_price: Vec<usize> = (0..lines.len()).collect();
        by_price.sort_unstable_by(|&a, &b| {
            let key = |at: usize| {
                let line = &order.lines[at];
                (line.unit_price.amount, &line.sku, &line.category, line.quantity, at)
            };
            key(a).cmp(&key(b))
        });
        Ok(Self { currency, first_value, left: first_value, lines, by_price })
    }

    pub(crate) fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }

    /// Selects what the rule targets; nothing, when the order has none of it.
    pub(crate) fn select(&mut self, rule: &Rule) -> Option<Measure> {
        let first = rule.stacking.base == Base::First;
        let mut measure = Measure { value: 0, pieces: 0, left: 0 };
        let mut any = false;
        for line in &mut self.lines {
            line.selected = rule.target.selects(line.line);
            if line.selected {
                any = true;
                // No sum of lines is above the order's value.
                measure.value += if first { line.first } else { line.left };
                measure.pieces += line.line.quantity;
                measure.left += line.left;
            }
        }
        if self.lines.is_empty() && rule.target.is_order() {
            let value = if first { self.first_value } else { self.left };
            return Some(Measure { value, pieces: 0, left: self.left });
        }
        any.then_some(measure)
    }

    /// What the effect alone would deduct. Sets what each selected line can give to it.
    pub(crate) fn wanted(
        &mut self,
        effect: Effect,
        rule: &Rule,
        measure: &Measure,
    ) -> Result<i64, MoneyError> {
        let (base, rounding) = (rule.stacking.base, rule.rounding);
        if let Effect::FreeUnits(offer) = effect {
            return self.free(offer, rule);
        }
        if rule.target.spread() == Spread::Across {
            for line in &mut self.lines {
                line.share = if line.selected { line.left } else { 0 };
            }
            let value = self.money(measure.value);
            return Ok(match effect {
                Effect::Percentage(percentage) => value.portion(percentage, rounding)?.amount,
                Effect::Amount(amount) => amount.amount.max(0),
                Effect::FixedPrice(price) => above(measure.value, price.amount),
                Effect::FreeUnits(_) => 0,
            });
        }
        let currency = self.currency;
        self.each(|line| {
            let value = line.value(base);
            let quantity = line.line.quantity;
            Ok(match effect {
                Effect::Percentage(percentage) => {
                    Money::new(value, currency).portion(percentage, rounding)?.amount
                }
                Effect::Amount(amount) => amount.amount.max(0).saturating_mul(quantity),
                Effect::FixedPrice(price) => above(value, price.amount.saturating_mul(quantity)),
                Effect::FreeUnits(_) => 0,
            })
        })
    }

    /// Of all selected pieces together, or of those of each line, the cheapest are free.
    fn free(&mut self, offer: FreeUnits, rule: &Rule) -> Result<i64, MoneyError> {
        let (base, rounding) = (rule.stacking.base, rule.rounding);
        let currency = self.currency;
        match rule.target.spread() {
            Spread::Each => {
                self.each(|line| line.free(offer.of(line.line.quantity), base, currency, rounding))
            }
            Spread::Across => {
                let pieces = self.lines.iter().filter(|line| line.selected);
                let mut free = offer.of(pieces.map(|line| line.line.quantity).sum());
                let mut wanted = 0_i64;
                for &at in &self.by_price {
                    let line = &mut self.lines[at];
                    line.share = 0;
                    if line.selected {
                        let here = free.min(line.line.quantity);
                        free -= here;
                        wanted = wanted.saturating_add(line.give(line.free(here, base, currency, rounding)?));
                    }
                }
                Ok(wanted)
            }
        }
    }

    fn each(&mut self, of: impl Fn(&CartLine<'_>) -> Result<i64, MoneyError>) -> Result<i64, MoneyError> {
        let mut wanted = 0_i64;
        for line in &mut self.lines {
            line.share = 0;
            if line.selected {
                wanted = wanted.saturating_add(line.give(of(line)?));
            }
        }
        Ok(wanted)
    }

    /// What the selected lines can give to the effect; for an order without lines, what is left of it.
    pub(crate) fn available(&self) -> i64 {
        if self.lines.is_empty() { self.left } else { self.lines.iter().map(|line| line.share).sum() }
    }

    /// Takes `total`, which is at most what is available, and says from which lines.
    pub(crate) fn take(&mut self, total: i64, rule: Allocation) -> Vec<Money> {
        if !self.lines.is_empty() && total != self.available() {
            self.allocate(total, rule);
        }
        self.left -= total;
        let currency = self.currency;
        let taken = self.lines.iter_mut().map(|line| {
            line.left -= line.share;
            Money::new(line.share, currency)
        });
        taken.collect()
    }

    /// Spreads `total` over the lines in proportion to what each can give, and never more than that. Done here and not
    /// by `scrip_money::allocate`, since what spills must respect what a line can give.
    fn allocate(&mut self, total: i64, rule: Allocation) {
        let sum = self.available();
        let mut rest = total;
        for line in &mut self.lines {
            line.gives = line.share;
            (line.share, line.lost) = part(total, line.gives, sum);
            rest -= line.share;
        }
        let spill = |line: &mut CartLine<'_>| {
            let more = rest.min(line.gives - line.share);
            line.share += more;
            rest -= more;
        };
        match rule {
            Allocation::SpillFirst => self.lines.iter_mut().for_each(spill),
            Allocation::SpillLast => self.lines.iter_mut().rev().for_each(spill),
            Allocation::LargestRemainder => {
                // Fewer units are left than lines have lost a fraction, so no line gives more than it can.
                let mut order = self.by_price.clone();
                order.sort_by_key(|&at| Reverse(self.lines[at].lost));
                for at in order.into_iter().take(usize::try_from(rest).unwrap_or(0)) {
                    self.lines[at].share += 1;
                }
            }
        }
    }
}

/// `total * weight / sum`, rounded down, and the remainder. Nothing where the sum is nothing.
fn part(total: i64, weight: i64, sum: i64) -> (i64, i64) {
    if let Some(product) = total.checked_mul(weight) {
        return (product.checked_div(sum).unwrap_or(0), product.checked_rem(sum).unwrap_or(0));
    }
    let (product, sum) = (i128::from(total) * i128::from(weight), i128::from(sum.max(1)));
    // Neither is larger than what it is a part of.
    let narrow = |part: i128| i64::try_from(part).unwrap_or(0);
    (narrow(product / sum), narrow(product % sum))
}

impl CartLine<'_> {
    fn value(&self, base: Base) -> i64 {
        if base == Base::First { self.first } else { self.left }
    }

    /// What so many free pieces are worth.
    fn free(
        &self,
        pieces: i64,
        base: Base,
        currency: Currency,
        rounding: Rounding,
    ) -> Result<i64, MoneyError> {
        let Some(quantity) = NonZeroU64::new(self.line.quantity.unsigned_abs()) else { return Ok(0) };
        let part = Ratio::new(pieces.unsigned_abs(), quantity);
        Ok(Money::new(self.value(base), currency).portion(part, rounding)?.amount)
    }

    /// Sets what this line gives when so much is wanted, and returns what is wanted.
    fn give(&mut self, wanted: i64) -> i64 {
        self.share = wanted.min(self.left);
        wanted
    }
}

impl FreeUnits {
    /// How many of so many pieces are free.
    fn of(self, pieces: i64) -> i64 {
        let get = i64::from(self.get);
        pieces.checked_div(i64::from(self.buy) + get).unwrap_or(0) * get
    }
}

fn above(value: i64, price: i64) -> i64 {
    value.saturating_sub(price.max(0)).max(0)
}
