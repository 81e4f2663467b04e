//! A merchant's server asks what codes would come to if it confirmed them now. Nothing is used.

use crate::judge::{Attempt, Judged, judge, with_miss};
use crate::limits::{CONFIRMED_CODE_MINUTES, MAX_CODE_CHARACTERS, MAX_CODES};
use crate::redemptions::Redemptions;
use crate::verdict::{Benefit, Verdict, VerifiedCoupon};
use crate::verify::VerifiedOrder;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_coupons::limits::STOCK_SHARDS;
use scrip_coupons::{BudgetRecord, CouponCode, CouponRecord, changed};
use scrip_directory::{ContactRecord, contact_key};
use scrip_fields::check_text;
use scrip_fields::schema::Text;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Origin, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Codes that a merchant's server asks about.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "codes": ["204615873493827164"],
    "order": { "reference": "web-1", "total": { "amount": 3_000, "currency": "CNY" } },
}))]
pub struct CheckRequest {
    /// The codes, 1 to 10, each once, as they were scanned or typed.
    #[schemars(
        with = "Vec<Text<MAX_CODE_CHARACTERS>>",
        length(min = 1, max = MAX_CODES),
        extend("uniqueItems" = true)
    )]
    pub codes: Vec<String>,
    /// The order that they are to be used on.
    pub order: Option<VerifiedOrder>,
}

/// What the codes would come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CouponCheck", example = json!({
    "verdicts": [{
        "code_index": 0,
        "verdict": "accepted",
        "coupon": { "id": "cpn_0123456789abcdefghjkmnpqrs", "campaign": "cmp_0123456789abcdefghjkmnpqrs", "name": "A tenth off", "status": "reserved" },
        "benefit": { "rule": { "effect": { "percentage": "10" } }, "deduction": { "amount": 300, "currency": "CNY" } },
    }],
}))]
pub struct CheckView {
    /// One verdict for each code, in their order.
    pub verdicts: Vec<CheckedCode>,
}

/// What one code would come to, by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckedCode {
    /// The code's place in the request, from zero.
    pub code_index: usize,
    /// Whether the coupon can be used.
    pub verdict: Verdict,
    /// Why it can't: a code of the common vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The coupon, if the code is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<VerifiedCoupon>,
    /// What it is worth, if the code is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Benefit>,
}

/// A code as it was judged.
struct Checked {
    /// The coupon that it names, if it is of this merchant.
    coupon: Option<CouponRecord>,
    verdict: Result<Judged, Code>,
    is_miss: bool,
}

impl CheckRequest {
    /// Checks what can be known before any code is judged.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.codes.is_empty() || self.codes.len() > MAX_CODES {
            let code = if self.codes.is_empty() { Code::OutOfRange } else { Code::TooMany };
            return Err(Refusal::field("/codes", code, format!("1 to {MAX_CODES} codes")));
        }
        let mut aliases = Vec::new();
        for (index, code) in self.codes.iter().enumerate() {
            let pointer = format!("/codes/{index}");
            check_text(code, &pointer, MAX_CODE_CHARACTERS)?;
            let alias = CouponCode::parse(code).ok().map(|code| code.alias);
            if alias.is_some() && aliases.contains(&alias) {
                return Err(Refusal::field(pointer, Code::InvalidField, "each coupon once"));
            }
            aliases.push(alias);
        }
        self.order.as_ref().map_or(Ok(()), VerifiedOrder::check)
    }
}

impl Redemptions {
    /// Judges codes for a merchant as a confirmation would be judged that came now. Nothing changes but the count of a
    /// coupon's wrong codes: otherwise codes could be guessed here for as long as it takes.
    ///
    /// # Errors
    /// As [`CheckRequest::check`].
    pub async fn check(
        &self,
        merchant: &str,
        request: &CheckRequest,
        origin: &Origin,
    ) -> Result<CheckView, Failure> {
        request.check()?;
        self.store.until_unchanged(|| self.try_check(merchant, request, origin)).await
    }

    async fn try_check(
        &self,
        merchant: &str,
        request: &CheckRequest,
        origin: &Origin,
    ) -> Result<CheckView, Failure> {
        let now = self.now();
        let total = request.order.as_ref().map(|order| order.total);
        let attempt = Attempt { merchant, store: None, total, at: now };
        let mut checked = self.judged_codes(request, &attempt).await?;
        self.refuse_unwritable(&mut checked).await?;

        let mut transaction = Transaction::new();
        // A request that is sent again is judged again, and counted once.
        let these = origin.request_ids("miss_");
        let missed = checked.iter().filter(|checked| checked.is_miss);
        let missed = missed.filter_map(|checked| checked.coupon.as_ref());
        let uncounted =
            missed.filter(|coupon| !coupon.missed_by.as_ref().is_some_and(|by| these.contains(by)));
        for missed in uncounted.filter_map(|coupon| with_miss(coupon, now)) {
            let missed = CouponRecord { missed_by: these.first().cloned(), ..missed };
            transaction.require(missed.replace(&self.table)?, |_| changed());
        }
        self.store.commit(transaction).await?;
        let views = checked.iter().enumerate().map(|(index, checked)| checked.view(index, now));
        Ok(CheckView { verdicts: views.collect::<Result<_, _>>()? })
    }

    async fn judged_codes(
        &self,
        request: &CheckRequest,
        attempt: &Attempt<'_>,
    ) -> Result<Vec<Checked>, Failure> {
        let codes: Vec<_> = request.codes.iter().map(|code| CouponCode::parse(code).ok()).collect();
        let coupons = codes.iter().flatten().map(|code| CouponRecord::key(code.alias).at(&self.table));
        let coupons: Vec<Option<CouponRecord>> = self.store.read(coupons.collect::<Vec<_>>()).await?;
        let mut coupons = coupons.into_iter();
        let since = attempt.at - SignedDuration::from_mins(CONFIRMED_CODE_MINUTES);
        let mut checked = Vec::with_capacity(codes.len());
        for code in &codes {
            let coupon = code.as_ref().and_then(|_| coupons.next()).flatten();
            let coupon = coupon.filter(|coupon| coupon.terms.merchant == attempt.merchant);
            let Some((code, coupon)) = code.as_ref().zip(coupon) else {
                let verdict = Err(Code::CodeNotAccepted);
                checked.push(Checked { coupon: None, verdict, is_miss: false });
                continue;
            };
            let shown = code.shows(&coupon, self.keyring()?, since, attempt.at);
            let verdict = judge(&coupon, shown, attempt)?;
            checked.push(Checked { coupon: Some(coupon), verdict, is_miss: shown.is_none() });
        }
        Ok(checked)
    }

    /// Refuses what a write would be refused for: budgets that are used up, and users who are contacts no more.
    async fn refuse_unwritable(&self, checked: &mut [Checked]) -> Result<(), Failure> {
        let (mut campaigns, mut contacts) = (BTreeSet::new(), Vec::new());
        for (coupon, judged) in checked.iter().filter_map(Checked::usable) {
            campaigns.extend(judged.of_budget(coupon).map(|_| coupon.campaign.clone()));
            let sharer = judged.sharer.as_ref();
            contacts
                .extend(sharer.map(|sharer| contact_key(sharer, &judged.user).at(self.directory.table())));
        }
        let parts = campaigns.iter().flat_map(|campaign| self.coupons.budget_addresses(campaign));
        let (parts, contacts): (Vec<Option<BudgetRecord>>, Vec<Option<ContactRecord>>) =
            self.store.read((parts.collect::<Vec<_>>(), contacts)).await?;
        let left = parts
            .chunks(STOCK_SHARDS as usize)
            .map(|parts| parts.iter().flatten().fold(0_i64, |left, part| left.saturating_add(part.left)));
        let budgets: BTreeMap<String, i64> = campaigns.into_iter().zip(left).collect();
        refuse(checked, &budgets, contacts);
        Ok(())
    }
}

/// Refuses each for which its campaign has too little left, and each whose sharer and user are no contacts of each other:
/// `contacts` has one for each that is shared.
fn refuse(checked: &mut [Checked], budgets: &BTreeMap<String, i64>, contacts: Vec<Option<ContactRecord>>) {
    let mut contacts = contacts.into_iter();
    for checked in checked {
        let Some((coupon, judged)) = checked.usable() else { continue };
        let left = budgets.get(&coupon.campaign).copied().unwrap_or_default();
        let is_short = judged.of_budget(coupon).is_some_and(|deducted| left < deducted);
        let is_apart = judged.sharer.is_some()
            && !contacts.next().flatten().is_some_and(|contact| contact.mine && contact.theirs);
        if is_short {
            checked.verdict = Err(Code::BudgetExhausted);
        } else if is_apart {
            checked.verdict = Err(Code::NotSharedWithYou);
        }
    }
}

impl Judged {
    /// What a use takes from the campaign's budget, if there is one.
    pub(crate) fn of_budget(&self, coupon: &CouponRecord) -> Option<i64> {
        self.deducted.filter(|_| coupon.terms.has_budget).map(|deducted| deducted.amount)
    }
}

impl Checked {
    fn usable(&self) -> Option<(&CouponRecord, &Judged)> {
        self.coupon.as_ref().zip(self.verdict.as_ref().ok())
    }

    fn view(&self, code_index: usize, now: Timestamp) -> Result<CheckedCode, Failure> {
        let reason = self.verdict.as_ref().err().copied();
        // What a wrong code names, nobody learns from it.
        let named = self.coupon.as_ref().filter(|_| reason != Some(Code::CodeNotAccepted));
        let deduction = self.verdict.as_ref().ok().and_then(|judged| judged.deducted);
        let benefit = named.map(|coupon| Ok::<_, Failure>(Benefit { rule: coupon.terms.rule()?, deduction }));
        Ok(CheckedCode {
            code_index,
            verdict: if reason.is_some() { Verdict::Refused } else { Verdict::Accepted },
            reason: reason.map(|code| code.to_string()),
            coupon: named.map(|coupon| VerifiedCoupon {
                id: coupon.id.clone(),
                campaign: coupon.campaign.clone(),
                name: coupon.terms.name.clone(),
                status: coupon.status(now),
            }),
            benefit: benefit.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::cny;
    use scrip_coupons::CouponStatus;
    use scrip_coupons::examples::{NOW, coupon, time};

    fn refused(codes: &[&str]) -> Option<(String, Code)> {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        let refusal = CheckRequest { codes, order: None }.check().err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn a_check_has_1_to_10_codes() {
        assert_eq!(refused(&["x"; MAX_CODES]), None, "what is no code of a coupon may stand twice");
        assert_eq!(refused(&["x"; MAX_CODES + 1]), Some(("/codes".into(), Code::TooMany)));
        assert_eq!(refused(&[]), Some(("/codes".into(), Code::OutOfRange)));
        assert_eq!(refused(&["x", ""]), Some(("/codes/1".into(), Code::OutOfRange)));
        let order = Some(VerifiedOrder { reference: None, total: cny(0) });
        assert!(CheckRequest { codes: vec!["x".into()], order }.check().is_err());
    }

    #[test]
    fn only_a_coupon_with_a_budget_takes_from_it() {
        let judged = |deducted: Option<i64>| Judged {
            user: "alice".into(),
            sharer: None,
            deducted: deducted.map(cny),
        };
        let mut coupon = coupon();
        assert_eq!(judged(Some(500)).of_budget(&coupon), None);
        coupon.terms.has_budget = true;
        assert_eq!(
            (judged(Some(500)).of_budget(&coupon), judged(None).of_budget(&coupon)),
            (Some(500), None)
        );
    }

    #[test]
    fn what_only_a_write_would_find_out_is_refused_of_each_code_by_itself() {
        let contact = |mine, theirs| {
            let (user, contact) = ("alice".to_owned(), "bob".to_owned());
            Some(ContactRecord { user, contact, mine, theirs, version: 1 })
        };
        let checked = |sharer: Option<&str>, has_budget| {
            let mut coupon = coupon();
            coupon.terms.has_budget = has_budget;
            let sharer = sharer.map(str::to_owned);
            let verdict = Ok(Judged { user: "bob".into(), sharer, deducted: Some(cny(500)) });
            Checked { coupon: Some(coupon), verdict, is_miss: false }
        };
        let told = |mut checked: Vec<Checked>, left: i64, contacts| {
            refuse(&mut checked, &BTreeMap::from([("cmp_1".to_owned(), left)]), contacts);
            checked.into_iter().map(|checked| checked.verdict.err()).collect::<Vec<_>>()
        };
        let of_budget = |left| told(vec![checked(None, true)], left, Vec::new());
        assert_eq!((of_budget(500), of_budget(499)), (vec![None], vec![Some(Code::BudgetExhausted)]));
        let shared = || checked(Some("alice"), false);
        let codes = vec![checked(None, false), shared(), shared(), shared(), shared()];
        let contacts = vec![contact(true, true), contact(true, false), contact(false, true), None];
        let apart = Some(Code::NotSharedWithYou);
        assert_eq!(told(codes, 0, contacts), [None, None, apart, apart, apart]);
    }

    #[test]
    fn nobody_learns_from_a_wrong_code_what_it_names() {
        let view =
            |verdict| Checked { coupon: Some(coupon()), verdict, is_miss: false }.view(2, time(NOW)).unwrap();
        let wrong = view(Err(Code::CodeNotAccepted));
        assert_eq!((wrong.code_index, wrong.verdict), (2, Verdict::Refused));
        assert_eq!((wrong.coupon, wrong.benefit), (None, None));
        let expired = view(Err(Code::Expired));
        assert_eq!((expired.verdict, expired.reason.as_deref()), (Verdict::Refused, Some("expired")));
        assert_eq!(expired.benefit.unwrap().deduction, None);
        let right = view(Ok(Judged { user: "alice".into(), sharer: None, deducted: Some(cny(500)) }));
        assert_eq!((right.verdict, right.reason), (Verdict::Accepted, None));
        assert_eq!(right.coupon.unwrap().status, CouponStatus::Held);
        assert_eq!(right.benefit.unwrap().deduction, Some(cny(500)));
    }
}
