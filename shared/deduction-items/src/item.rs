//! An item as it is stored and shown.

use crate::limits::{MAX_ITEM_CHARACTERS, MAX_RULE_BYTES};
use crate::steps::Validity;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_deduction::{Item, Kind, Rule};
use scrip_fields::is_word_of;
use scrip_refusal::{Code, Failure, FieldError, Refusal};
use scrip_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What an owner says of an item.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "kind": "promotion",
    "rule": { "effect": { "percentage": "10" }, "cap": { "amount": 500, "currency": "CNY" } },
}))]
pub struct NewItem {
    /// What it is. It never changes.
    pub kind: Kind,
    /// What it deducts. As JSON it has at most 24,576 bytes.
    #[schemars(extend("x-maximum-bytes" = MAX_RULE_BYTES))]
    pub rule: Rule,
    /// From when on it counts; from now on, if not said.
    #[serde(default)]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_from: Option<Timestamp>,
    /// Until when it counts; without end, if not said.
    #[serde(default)]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_until: Option<Timestamp>,
}

/// The stored version of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ItemRecord {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// Its name, unique within the merchant.
    pub item: String,
    /// Counts changes, from 1.
    pub version: u32,
    /// What it is.
    pub kind: Kind,
    /// The rule as JSON, as the rule itself writes it: equal rules are equal texts.
    pub rule: String,
    /// Whether it applies without being named.
    pub automatic: bool,
    /// In milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_from: Option<i64>,
    /// In milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<i64>,
    /// When it was put, in milliseconds since the epoch.
    pub put_at: i64,
}

/// An item, as its merchant's devices and users see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeductionItem", example = json!({
    "item": "spring",
    "version": 1,
    "kind": "promotion",
    "rule": { "effect": { "percentage": "10" }, "cap": { "amount": 500, "currency": "CNY" } },
    "automatic": false,
    "valid_from": null,
    "valid_until": null,
}))]
pub struct ItemView {
    /// Its name.
    pub item: String,
    /// Counts changes, from 1.
    pub version: u32,
    /// What it is.
    pub kind: Kind,
    /// What it deducts.
    pub rule: Rule,
    /// Whether it applies without being named.
    pub automatic: bool,
    /// From when on it counts.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_from: Option<Timestamp>,
    /// Until when it counts.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_until: Option<Timestamp>,
}

/// An item's rule that can be believed without asking again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "item": "spring",
    "version": 1,
    "kind": "promotion",
    "rule": { "effect": { "percentage": "10" }, "cap": { "amount": 500, "currency": "CNY" } },
    "valid_from": null,
    "valid_until": "2026-11-30T13:00:00Z",
    "signature": "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJpdGVtIjoic3ByaW5nIn0.c2lnbmF0dXJl",
}))]
pub struct SignedRule {
    /// Its name.
    pub item: String,
    /// The rule's version.
    pub version: u32,
    /// What it is.
    pub kind: Kind,
    /// What it deducts.
    pub rule: Rule,
    /// From when on it counts.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_from: Option<Timestamp>,
    /// Until when it counts.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub valid_until: Option<Timestamp>,
    /// A compact JWS (RFC 7515), `EdDSA`, over all of this with `merchant`, `iat` and `exp`, until when it may be kept.
    pub signature: String,
}

/// Whether this can be an item's name: 1 to 64 of `A`–`Z`, `a`–`z`, `0`–`9`, `_` and `-`.
pub fn is_item(text: &str) -> bool {
    is_word_of(text, MAX_ITEM_CHARACTERS)
}

pub(crate) fn items_partition(merchant: &str) -> String {
    format!("ITEM#{merchant}")
}

/// The key of an item's current version.
pub(crate) fn item_key(merchant: &str, item: &str) -> Key {
    Key::new(items_partition(merchant), format!("ITEM#{item}"))
}

/// The key of any version.
pub(crate) fn version_key(merchant: &str, item: &str, version: u32) -> Key {
    Key::new(format!("VERSION#{merchant}#{item}"), format!("{version:08}"))
}

impl ItemRecord {
    pub(crate) fn rule(&self) -> Result<Rule, Failure> {
        serde_json::from_str(&self.rule).map_err(Failure::broken)
    }

    /// Why it does not count at this time, if it does not.
    pub(crate) fn validity(&self, now: Timestamp) -> Option<Validity> {
        let now = now.as_millisecond();
        if self.valid_from.is_some_and(|from| now < from) {
            return Some(Validity::NotYetValid);
        }
        self.valid_until.is_some_and(|until| now >= until).then_some(Validity::Expired)
    }

    /// Whether both say the same, whenever it was put.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        (self.kind, &self.rule, self.valid_from, self.valid_until)
            == (other.kind, &other.rule, other.valid_from, other.valid_until)
    }

    pub(crate) fn view(&self) -> Result<ItemView, Failure> {
        Ok(ItemView {
            item: self.item.clone(),
            version: self.version,
            kind: self.kind,
            rule: self.rule()?,
            automatic: self.automatic,
            valid_from: self.valid_from.map(time).transpose()?,
            valid_until: self.valid_until.map(time).transpose()?,
        })
    }

    /// As the calculation takes it.
    pub(crate) fn applied<'a>(&'a self, rule: &'a Rule) -> Item<'a> {
        Item { item: &self.item, kind: self.kind, version: Some(self.version), rule }
    }
}

/// Whether using an item takes something from a balance.
pub(crate) const fn has_balance(kind: Kind) -> bool {
    matches!(kind, Kind::Coupon | Kind::Points | Kind::StoredValue)
}

pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(Failure::broken)
}

/// The item of a path.
pub(crate) fn no_such_item() -> Refusal {
    Refusal::new(Code::NotFound, "The merchant has no such item.")
}

/// An item that a request names.
pub(crate) fn unknown_item(pointer: String) -> Refusal {
    let mut refusal = no_such_item();
    let detail = "no such item of this merchant".to_owned();
    refusal.fields.push(FieldError { pointer, code: Code::NotFound, detail });
    refusal
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use scrip_deduction::Effect;
    use scrip_money::{Currency, Money};

    pub(crate) fn record(item: &str, kind: Kind, rule: &Rule) -> ItemRecord {
        ItemRecord {
            merchant: "mch_1".to_owned(),
            item: item.to_owned(),
            version: 3,
            kind,
            rule: serde_json::to_string(rule).unwrap(),
            automatic: rule.automatic,
            valid_from: None,
            valid_until: None,
            put_at: 0,
        }
    }

    pub(crate) fn off(amount: i64) -> Rule {
        Rule::of(Effect::Amount(Money::new(amount, Currency::CNY)))
    }

    #[test]
    fn names_hold_nothing_that_means_something_in_a_key() {
        for good in ["a", "10-off", "A_b", &"x".repeat(64)] {
            assert!(is_item(good), "{good}");
        }
        for bad in ["", "a#b", "a b", "ü", "a/b", "a.b", &"x".repeat(65)] {
            assert!(!is_item(bad), "{bad}");
        }
    }

    #[test]
    fn an_item_counts_from_its_beginning_and_not_at_its_end() {
        let bounded =
            ItemRecord { valid_from: Some(10), valid_until: Some(20), ..record("a", Kind::Coupon, &off(1)) };
        for (now, why) in [
            (9, Some(Validity::NotYetValid)),
            (10, None),
            (19, None),
            (20, Some(Validity::Expired)),
            (21, Some(Validity::Expired)),
        ] {
            assert_eq!(bounded.validity(time(now).unwrap()), why, "{now}");
        }
        assert_eq!(record("a", Kind::Coupon, &off(1)).validity(Timestamp::MAX), None);
    }

    #[test]
    fn each_merchants_items_and_versions_have_their_own_place() {
        let key = |merchant: &str, item: &str| item_key(merchant, item);
        assert_eq!(key("mch_1", "a"), Key::new("ITEM#mch_1", "ITEM#a"));
        assert_eq!(version_key("mch_1", "a", 12), Key::new("VERSION#mch_1#a", "00000012"));
    }

    #[test]
    fn what_counts_is_kind_rule_and_time_and_not_when_it_was_put() {
        let item = record("a", Kind::Coupon, &off(1));
        let put_again = ItemRecord { version: 4, put_at: 7, ..item.clone() };
        assert!(put_again.says_the_same_as(&item));
        for other in [
            ItemRecord { kind: Kind::Promotion, ..item.clone() },
            ItemRecord { valid_from: Some(1), ..item.clone() },
            ItemRecord { valid_until: Some(1), ..item.clone() },
            record("a", Kind::Coupon, &off(2)),
        ] {
            assert!(!other.says_the_same_as(&item), "{other:?}");
        }
    }

    #[test]
    fn equal_rules_are_equal_texts() {
        let written =
            r#"{"automatic":false,"effect":{"amount":{"currency":"CNY","amount":5}},"target":"order"}"#;
        let read: Rule = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), record("a", Kind::Coupon, &off(5)).rule);
    }
}
