//! Putting an item: its content as a new version, unless it is what it was.

use crate::automatic::{Automatic, automatic_key};
use crate::deductions::{Deductions, changed};
use crate::item::{ItemRecord, ItemView, NewItem, has_balance, item_key, version_key};
use crate::limits::MAX_RULE_BYTES;
use scrip_clock::Timestamp;
use scrip_directory::MerchantRecord;
use scrip_money::Currency;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write, encode};

impl Deductions {
    /// Puts an item of a merchant whose owner asks. The same content again is the same version; other content is the
    /// next one, and no two requests ever make the same.
    pub async fn put(
        &self,
        merchant: &MerchantRecord,
        item: &str,
        new: &NewItem,
    ) -> Result<ItemView, Failure> {
        check(new, merchant.currency)?;
        self.store.until_unchanged(|| self.try_put(&merchant.id, item, new)).await
    }

    async fn try_put(&self, merchant: &str, item: &str, new: &NewItem) -> Result<ItemView, Failure> {
        let table = self.table.as_str();
        let asked = (item_key(merchant, item).at(table), automatic_key(merchant).at(table));
        let (before, automatic): (Option<ItemRecord>, Option<Automatic>) = self.store.read(asked).await?;
        let automatic = automatic.unwrap_or_default();
        let put = ItemRecord {
            merchant: merchant.to_owned(),
            item: item.to_owned(),
            version: before.as_ref().map_or(1, |before| before.version.saturating_add(1)),
            kind: new.kind,
            rule: serde_json::to_string(&new.rule).map_err(Failure::broken)?,
            automatic: new.rule.automatic,
            valid_from: new.valid_from.map(Timestamp::as_millisecond),
            valid_until: new.valid_until.map(Timestamp::as_millisecond),
            put_at: self.now().as_millisecond(),
        };
        if let Some(before) = &before {
            if before.kind != put.kind {
                let detail = "The kind of an item never changes. Put an item of another name.";
                let current = serde_json::to_value(before.kind).map_err(Failure::broken)?;
                return Err(Refusal::new(Code::AlreadyExists, detail).with("current", current).into());
            }
            if before.says_the_same_as(&put) {
                return before.view();
            }
        }

        let mut transaction = Transaction::new();
        let current = encode(&item_key(merchant, item), &put)?;
        let current = match &before {
            None => Write::put_new(table, current),
            Some(before) => Write::put(table, current)
                .when("#version = :before")
                .name("#version", "version")
                .value(":before", i64::from(before.version)),
        };
        transaction.require(current, |_| changed());
        let version = encode(&version_key(merchant, item, put.version), &put)?;
        transaction.require(Write::put_new(table, version), |_| changed());
        if let Some(automatic) = automatic.with(&put)? {
            transaction.require(automatic.write(table, merchant)?, |_| changed());
        }
        self.store.commit(transaction).await?;
        put.view()
    }
}

fn check(new: &NewItem, currency: Currency) -> Result<(), Refusal> {
    new.rule.check_at("/rule", currency)?;
    new.rule.check_kind("/rule", new.kind)?;
    if new.rule.automatic && has_balance(new.kind) {
        let detail =
            "Only promotions and what members get apply without being named: nothing else is free to use.";
        return Err(Refusal::field("/rule/automatic", Code::InvalidField, detail));
    }
    let bytes = serde_json::to_vec(&new.rule).map_or(usize::MAX, |rule| rule.len());
    if bytes > MAX_RULE_BYTES {
        return Err(Refusal::field("/rule", Code::OutOfRange, format!("at most {MAX_RULE_BYTES} bytes")));
    }
    if let (Some(from), Some(until)) = (new.valid_from, new.valid_until)
        && until <= from
    {
        return Err(Refusal::field("/valid_until", Code::OutOfRange, "later than valid_from"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::off;
    use scrip_deduction::{Kind, LinesTarget, Rule, Selection, Target};

    fn refused(new: &NewItem) -> Option<(String, Code)> {
        let refusal = check(new, Currency::CNY).err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    fn new(kind: Kind, rule: Rule) -> NewItem {
        NewItem { kind, rule, valid_from: None, valid_until: None }
    }

    #[test]
    fn what_has_a_balance_is_not_used_unasked() {
        let rule = Rule { automatic: true, ..off(1) };
        for (kind, is_refused) in [
            (Kind::Promotion, false),
            (Kind::Member, false),
            (Kind::Coupon, true),
            (Kind::Points, true),
            (Kind::StoredValue, true),
        ] {
            let expected = is_refused.then(|| ("/rule/automatic".to_owned(), Code::InvalidField));
            assert_eq!(refused(&new(kind, rule.clone())), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_rule_has_a_size_and_a_time_its_length() {
        let rule = |bytes: usize| {
            // Each of the 200 names has 64 characters of 1 byte, of which as many take 2 more as are needed, and one 1 more.
            let more = |wider: usize, has_odd: bool| {
                let mut left = wider;
                let skus = (0..200).map(|n| {
                    let wide = left.min(60);
                    left -= wide;
                    let odd = if has_odd && n == 0 { "é" } else { "x" };
                    format!("{n:03}{odd}{}{}", "茶".repeat(wide), "x".repeat(60 - wide))
                });
                let lines = Selection { skus: skus.collect(), ..Selection::default() };
                let target = Target::Lines(LinesTarget { lines, ..LinesTarget::default() });
                new(Kind::Promotion, Rule { target, ..off(1) })
            };
            let least = serde_json::to_vec(&more(0, false).rule).unwrap().len();
            let rule = more((bytes - least) / 2, (bytes - least) % 2 == 1);
            assert_eq!(serde_json::to_vec(&rule.rule).unwrap().len(), bytes);
            rule
        };
        assert_eq!(refused(&rule(24 * 1_024)), None);
        assert_eq!(refused(&rule(24 * 1_024 + 1)), Some(("/rule".to_owned(), Code::OutOfRange)));

        let time = |text: &str| Some(text.parse().unwrap());
        let (from, until) = (time("2026-12-01T00:00:00Z"), time("2026-12-02T00:00:00Z"));
        assert_eq!(
            refused(&NewItem { valid_from: from, valid_until: until, ..new(Kind::Coupon, off(1)) }),
            None
        );
        let backwards = NewItem { valid_from: until, valid_until: from, ..new(Kind::Coupon, off(1)) };
        assert_eq!(refused(&backwards), Some(("/valid_until".to_owned(), Code::OutOfRange)));
    }
}
