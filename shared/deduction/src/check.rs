//! What makes no sense in a rule or a context.

use crate::limits::{
    MAX_BALANCES, MAX_CATEGORIES, MAX_CATEGORY_CHARACTERS, MAX_EXCHANGE_UNITS, MAX_FREE_UNITS,
    MAX_ITEM_CHARACTERS, MAX_MEMBER_LEVEL_CHARACTERS, MAX_MEMBER_LEVELS, MAX_NAME_CHARACTERS, MAX_NTH_ORDER,
    MAX_QUANTITY, MAX_SKU_CHARACTERS, MAX_SKUS, MAX_TIERS,
};
use crate::{Conditions, Context, Effect, Exchange, Kind, Order, Rule, Target, Tier};
use scrip_fields::check_text;
use scrip_money::{Currency, MAX_AMOUNT_MINOR_UNITS, Money};
use scrip_refusal::{Code, Refusal};
use std::collections::BTreeSet;

impl Rule {
    /// Lets only rules pass that can be applied to orders of `currency`. Pointers begin at the rule.
    ///
    /// # Errors
    /// A refusal of the first field that makes no sense.
    pub fn check(&self, currency: Currency) -> Result<(), Refusal> {
        self.check_at("", currency)
    }

    /// The same for a rule that stands at `pointer` of a request, such as `/rule`.
    ///
    /// # Errors
    /// A refusal of the first field that makes no sense.
    pub fn check_at(&self, pointer: &str, currency: Currency) -> Result<(), Refusal> {
        let check = Check { pointer, currency };
        match self.effect {
            Some(effect) => check.effect("/effect", effect)?,
            None if self.tiers.is_empty() => {
                return Err(check.refusal("/effect", Code::MissingField, "Name an effect, or tiers."));
            }
            None => {}
        }
        check.target(&self.target)?;
        check.tiers(&self.tiers)?;
        check.conditions(&self.conditions, self.tiers.first())?;
        for (field, amount) in [("/cap", self.cap), ("/minimum_payable", self.minimum_payable)] {
            if let Some(amount) = amount {
                check.amount(field, amount)?;
            }
        }
        if let Some(Exchange { units, worth }) = self.exchange {
            check.within("/exchange/units", units.into(), MAX_EXCHANGE_UNITS.into())?;
            check.amount("/exchange/worth", worth)?;
        }
        Ok(())
    }

    /// Lets only rules pass that say nothing that an item of this kind does not have. `pointer` is where the rule
    /// stands in the request.
    ///
    /// # Errors
    /// `invalid-field` at `exchange`, for all kinds but points.
    pub fn check_kind(&self, pointer: &str, kind: Kind) -> Result<(), Refusal> {
        if self.exchange.is_some() && kind != Kind::Points {
            let detail = "Only points have an exchange.";
            return Err(Refusal::field(format!("{pointer}/exchange"), Code::InvalidField, detail));
        }
        Ok(())
    }
}

struct Check<'p> {
    pointer: &'p str,
    currency: Currency,
}

impl Check<'_> {
    fn at(&self, field: &str) -> String {
        format!("{}{field}", self.pointer)
    }

    fn refusal(&self, field: &str, code: Code, detail: impl Into<String>) -> Refusal {
        Refusal::field(self.at(field), code, detail)
    }

    fn amount(&self, field: &str, amount: Money) -> Result<(), Refusal> {
        if amount.currency != self.currency {
            let detail = format!("Expected an amount in {}.", self.currency);
            return Err(self.refusal(&format!("{field}/currency"), Code::CurrencyMismatch, detail));
        }
        amount.positive(&self.at(field)).map(drop)
    }

    fn within(&self, field: &str, value: i64, most: i64) -> Result<(), Refusal> {
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(self.refusal(field, Code::OutOfRange, format!("1 to {most}")))
    }

    fn effect(&self, field: &str, effect: Effect) -> Result<(), Refusal> {
        match effect {
            Effect::Percentage(_) => Ok(()),
            Effect::Amount(amount) => self.amount(&format!("{field}/amount"), amount),
            Effect::FixedPrice(price) => self.amount(&format!("{field}/fixed_price"), price),
            Effect::FreeUnits(offer) => {
                let most = MAX_FREE_UNITS.into();
                self.within(&format!("{field}/free_units/buy"), offer.buy.into(), most)?;
                self.within(&format!("{field}/free_units/get"), offer.get.into(), most)
            }
        }
    }

    fn target(&self, target: &Target) -> Result<(), Refusal> {
        let Target::Lines(target) = target else { return Ok(()) };
        let lines = &target.lines;
        if lines.skus.is_empty() && lines.categories.is_empty() {
            let detail = "Name stock-keeping units, categories, or both.";
            return Err(self.refusal("/target/lines", Code::MissingField, detail));
        }
        self.texts("/target/lines/skus", &lines.skus, MAX_SKUS, MAX_SKU_CHARACTERS)?;
        let categories = &lines.categories;
        self.texts("/target/lines/categories", categories, MAX_CATEGORIES, MAX_CATEGORY_CHARACTERS)
    }

    fn texts(
        &self,
        field: &str,
        texts: &BTreeSet<String>,
        most: usize,
        characters: usize,
    ) -> Result<(), Refusal> {
        if texts.len() > most {
            return Err(self.refusal(field, Code::TooMany, format!("at most {most}")));
        }
        texts.iter().try_for_each(|text| check_text(text, &self.at(field), characters))
    }

    fn tiers(&self, tiers: &[Tier]) -> Result<(), Refusal> {
        if tiers.len() > MAX_TIERS {
            return Err(self.refusal("/tiers", Code::TooMany, format!("at most {MAX_TIERS} tiers")));
        }
        let mut below = 0;
        for (place, tier) in tiers.iter().enumerate() {
            let from = format!("/tiers/{place}/from");
            self.amount(&from, tier.from)?;
            if tier.from.amount <= below {
                let detail = "Expected more than the tier before begins with.";
                return Err(self.refusal(&from, Code::InvalidField, detail));
            }
            below = tier.from.amount;
            self.effect(&format!("/tiers/{place}/effect"), tier.effect)?;
        }
        Ok(())
    }

    fn conditions(&self, conditions: &Conditions, first_tier: Option<&Tier>) -> Result<(), Refusal> {
        if let Some(threshold) = conditions.threshold {
            self.amount("/conditions/threshold", threshold)?;
            if first_tier.is_some_and(|tier| tier.from.amount <= threshold.amount) {
                let detail = "Expected less than the first tier begins with: below it, nothing applies.";
                return Err(self.refusal("/conditions/threshold", Code::InvalidField, detail));
            }
        }
        if let Some(least) = conditions.minimum_quantity {
            self.within("/conditions/minimum_quantity", least.into(), MAX_QUANTITY)?;
        }
        if let Some(number) = conditions.nth_order {
            self.within("/conditions/nth_order", number.into(), MAX_NTH_ORDER.into())?;
        }
        let levels = &conditions.member_levels;
        self.texts("/conditions/member_levels", levels, MAX_MEMBER_LEVELS, MAX_MEMBER_LEVEL_CHARACTERS)
    }
}

impl Order {
    /// Lets only orders pass that a request may name: in `currency`, not above the largest amount, with texts of
    /// bounded length. Pointers are those of a request that has `first_value` and `lines` at its root.
    ///
    /// # Errors
    /// A refusal of the first field that makes no sense.
    pub fn check(&self, currency: Currency) -> Result<(), Refusal> {
        let value = self.value()?;
        if value.currency != currency {
            let pointer = if self.first_value.is_some() { "/first_value" } else { "/lines/0/unit_price" };
            let detail = format!("Expected an amount in {currency}.");
            return Err(Refusal::field(format!("{pointer}/currency"), Code::CurrencyMismatch, detail));
        }
        if value.amount > MAX_AMOUNT_MINOR_UNITS {
            let pointer = if self.first_value.is_some() { "/first_value/amount" } else { "/lines" };
            let detail = format!("Expected at most {MAX_AMOUNT_MINOR_UNITS} minor units.");
            return Err(Refusal::field(pointer, Code::OutOfRange, detail));
        }
        for (at, line) in self.lines.iter().enumerate() {
            check_text(&line.sku, &format!("/lines/{at}/sku"), MAX_SKU_CHARACTERS)?;
            if let Some(name) = &line.name {
                check_text(name, &format!("/lines/{at}/name"), MAX_NAME_CHARACTERS)?;
            }
            if let Some(category) = &line.category {
                check_text(category, &format!("/lines/{at}/category"), MAX_CATEGORY_CHARACTERS)?;
            }
        }
        Ok(())
    }
}

impl Context {
    /// Lets only contexts pass that a request may name. Pointers are those of a request with `context` at its root.
    ///
    /// # Errors
    /// A refusal of the first field that makes no sense.
    pub fn check(&self) -> Result<(), Refusal> {
        if let Some(level) = &self.member_level {
            check_text(level, "/context/member_level", MAX_MEMBER_LEVEL_CHARACTERS)?;
        }
        if self.order_count == Some(0) {
            let detail = "Expected 1 or more: this order counts.";
            return Err(Refusal::field("/context/order_count", Code::OutOfRange, detail));
        }
        if self.balances.len() > MAX_BALANCES {
            let detail = format!("at most {MAX_BALANCES} balances");
            return Err(Refusal::field("/context/balances", Code::TooMany, detail));
        }
        for (item, units) in &self.balances {
            check_text(item, "/context/balances", MAX_ITEM_CHARACTERS)?;
            if *units < 0 {
                let pointer = format!("/context/balances/{}", item.replace('~', "~0").replace('/', "~1"));
                return Err(Refusal::field(pointer, Code::OutOfRange, "Expected zero or more."));
            }
        }
        Ok(())
    }
}
