//! What an audit finds.

use crate::books::Books;
use scrip_ledger::{AccountClass, AccountId};
use scrip_money::Currency;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    about: String,
    detail: String,
}

/// The balances of a currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CurrencySums {
    pub(crate) users: i128,
    pub(crate) members: i128,
    pub(crate) merchants: i128,
    pub(crate) external: i128,
}

/// What was counted, and what must not be.
#[derive(Debug)]
pub struct Report {
    counts: Vec<(&'static str, BTreeMap<String, usize>)>,
    currencies: BTreeMap<Currency, CurrencySums>,
    violations: Vec<Violation>,
}

impl Violation {
    pub(crate) fn new(rule: &'static str, about: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { rule, about: about.into(), detail: detail.into() }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.rule, self.about, self.detail)
    }
}

impl CurrencySums {
    pub(crate) fn total(self) -> i128 {
        [self.users, self.members, self.merchants, self.external].into_iter().fold(0, i128::saturating_add)
    }
}

impl Report {
    pub(crate) fn new(
        books: &Books,
        currencies: BTreeMap<Currency, CurrencySums>,
        violations: Vec<Violation>,
    ) -> Self {
        let accounts: BTreeSet<&str> =
            books.balances.iter().map(|balance| balance.record.account.as_str()).collect();
        let classes = accounts.iter().map(|account| match AccountId::stored(account).map(|id| id.class()) {
            Some(AccountClass::User) => "user".to_owned(),
            Some(AccountClass::Merchant) => "merchant".to_owned(),
            Some(AccountClass::External) => "external".to_owned(),
            Some(AccountClass::Member) => "member".to_owned(),
            None => "unknown".to_owned(),
        });
        let lines = books.additions.iter().flat_map(|addition| &addition.lines);
        let workflows = books.waiting().map(|waiting| match books.executions.get(waiting.id) {
            Some(status) => status.to_ascii_lowercase(),
            None if books.pending.contains(waiting.id) => "to be started".to_owned(),
            None => "missing".to_owned(),
        });
        let counts = vec![
            ("accounts", tally(classes)),
            (
                "transfers",
                tally(books.transfers.iter().map(|transfer| format!("{:?}", transfer.kind).to_lowercase())),
            ),
            ("bills", tally(books.bills.iter().map(|bill| bill.status.to_string()))),
            (
                "items",
                tally(lines.map(|line| if line.removed { "taken off" } else { "on a bill" }.to_owned())),
            ),
            ("authorizations", tally(books.authorizations.iter().map(|record| record.status.clone()))),
            ("transactions", tally(books.transactions.iter().map(|record| record.status.clone()))),
            ("settlements", tally(books.settlements.iter().map(|record| record.currency.to_string()))),
            ("receipts", tally(books.receipts.iter().map(|receipt| receipt.currency.to_string()))),
            ("campaigns", tally(books.campaigns.iter().map(|campaign| campaign.terms.currency.to_string()))),
            ("coupons", tally(books.coupons.iter().map(|coupon| coupon.place.clone()))),
            ("redemptions", tally(books.redemptions.iter().map(|redemption| redemption.status.clone()))),
            ("workflows", tally(workflows)),
        ];
        Self { counts, currencies, violations }
    }

    /// Whether nothing was found that must never be.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

fn tally(kinds: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    kinds.fold(BTreeMap::new(), |mut counts, kind| {
        *counts.entry(kind).or_default() += 1;
        counts
    })
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, kinds) in &self.counts {
            let parts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            let line = format!("{what:<14}{:>9}  {}", kinds.values().sum::<usize>(), parts.join(", "));
            writeln!(f, "{}", line.trim_end())?;
        }
        let columns = ["users", "members", "merchants", "external", "sum"];
        write!(f, "\n{:<14}", "balances")?;
        columns.iter().try_for_each(|column| write!(f, "{column:>20}"))?;
        for (currency, sums) in &self.currencies {
            write!(f, "\n{:<14}", currency.code())?;
            for amount in [sums.users, sums.members, sums.merchants, sums.external, sums.total()] {
                write!(f, "{:>20}", decimal(amount, currency.exponent()))?;
            }
        }
        writeln!(f, "\n")?;
        match self.violations.len() {
            0 => writeln!(f, "No violations."),
            1 => writeln!(f, "1 violation:"),
            count => writeln!(f, "{count} violations:"),
        }?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "{violation}"))
    }
}

/// Minor units as people write them.
fn decimal(amount: i128, exponent: u32) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let digits = amount.unsigned_abs();
    let Some(unit) = 10_u128.checked_pow(exponent).filter(|unit| *unit > 1) else {
        return amount.to_string();
    };
    format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = exponent as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, sample};

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        let written =
            [(0, 2), (5, 2), (-5, 2), (123_456, 2), (-123_456, 3), (7, 0)].map(|(n, e)| decimal(n, e));
        assert_eq!(written, ["0.00", "0.05", "-0.05", "1234.56", "-123.456", "7"]);
    }

    #[test]
    fn a_report_is_a_short_table() {
        let text = check(&sample::books()).to_string();
        let expected = "\
accounts              7  3 external, 1 member, 2 merchant, 1 user
transfers            14  2 bill, 5 capture, 1 deposit, 1 grant, 1 purchase, 3 reversal, 1 settlement
bills                 3  1 expired, 1 open, 1 settled
items                 5  4 on a bill, 1 taken off
authorizations        2  1 approved, 1 expired
transactions          7  1 approved, 1 declined, 3 reversed, 2 settled
settlements           1  1 CNY
receipts              1  1 CNY
campaigns             2  2 CNY
coupons               7  2 held, 2 pooled, 2 redeemed, 1 revoked
redemptions           4  1 redeemed, 1 refused, 1 reversed, 1 rewarded
workflows             1  1 succeeded

balances                     users             members           merchants            external                 sum
CNY                         906.00                0.00               87.00             -993.00                0.00
XXX                              0                  30                   0                 -30                   0

No violations.
";
        assert_eq!(text, expected);
    }
}
