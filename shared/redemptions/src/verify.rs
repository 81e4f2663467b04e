//! An operator verifies a code: read and judge, then use the coupon, or say why not, in one transaction.

use crate::judge::{Attempt, Judged, judge, with_miss};
use crate::limits::{KEPT_SCAN_MINUTES, MAX_CODE_CHARACTERS, VERIFICATION_SHARDS};
use crate::redeem::Occasion;
use crate::redemption::{
    EarlierUse, Found, Line, RedemptionRecord, RedemptionStatus, UsedOn, VERIFICATION_PREFIX, listed_under,
};
use crate::redemptions::Redemptions;
use crate::verdict::VerdictView;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_coupons::{Alias, CouponCode, CouponRecord, CouponStatus, changed};
use scrip_directory::{MembershipsRecord, memberships_key};
use scrip_fields::schema::Text;
use scrip_fields::{MAX_ORDER_REFERENCE_CHARACTERS, MAX_STORE_CHARACTERS, check_text};
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    Commit, Created, Item, Origin, Raw, Transaction, check_replay, decode, encode, id_pattern, is_id,
    shard_of,
};
use serde::Deserialize;
use serde_json::json;

/// A code that an operator has scanned or typed.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "code": "204615873493827164",
    "store": "s1",
    "order": { "total": { "amount": 3_000, "currency": "CNY" } },
}))]
pub struct NewVerification {
    /// The code: 18 digits, in groups if they were typed so, or what the QR code holds.
    #[schemars(with = "Text<MAX_CODE_CHARACTERS>")]
    pub code: String,
    /// The store in which the operator stands.
    #[schemars(with = "Text<MAX_STORE_CHARACTERS>")]
    pub store: String,
    /// The order that the coupon is to be used on.
    pub order: Option<VerifiedOrder>,
    /// When the code was scanned, by the operator's clock. A rotating code counts that was shown then, up to an hour ago,
    /// so that a scan which could not be sent at once is not lost. Everything else is judged as of now.
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    #[serde(default)]
    pub scanned_at: Option<Timestamp>,
    /// The merchant, `mch_…`; needed by an operator of several that have a store of this name.
    #[schemars(pattern(id_pattern("mch_")))]
    pub merchant: Option<String>,
}

/// The order that a coupon is to be used on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifiedOrder {
    /// The merchant's own reference, 1 to 64 characters.
    #[schemars(with = "Option<Text<MAX_ORDER_REFERENCE_CHARACTERS>>")]
    pub reference: Option<String>,
    /// Its total before any deduction.
    #[schemars(with = "PositiveMoney")]
    pub total: Money,
}

/// Who verifies.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// The operator.
    pub operator: &'a str,
    /// The request.
    pub origin: &'a Origin,
    /// The id of the request, under which the log knows all that follows.
    pub cause: &'a str,
}

/// What was read before anything is judged.
struct Seen {
    record: Option<Raw>,
    memberships: MembershipsRecord,
    coupon: Option<CouponRecord>,
}

impl NewVerification {
    /// Checks what can be known before the code is judged.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn check(&self) -> Result<(), Refusal> {
        check_text(&self.code, "/code", MAX_CODE_CHARACTERS)?;
        check_text(&self.store, "/store", MAX_STORE_CHARACTERS)?;
        if let Some(order) = &self.order {
            order.check()?;
        }
        match &self.merchant {
            Some(merchant) if !is_id("mch_", merchant) => {
                Err(Refusal::field("/merchant", Code::InvalidField, "the id of a merchant"))
            }
            _ => Ok(()),
        }
    }

    /// From when on rotating codes count.
    fn since(&self, now: Timestamp) -> Timestamp {
        let earliest = now - SignedDuration::from_mins(KEPT_SCAN_MINUTES);
        // No clock of a shop is to be trusted, and none that is wrong is to stop the shop.
        self.scanned_at.map_or(now, |scanned_at| scanned_at.clamp(earliest, now))
    }

    fn total(&self) -> Option<Money> {
        self.order.as_ref().map(|order| order.total)
    }
}

impl VerifiedOrder {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if let Some(reference) = &self.reference {
            check_text(reference, "/order/reference", MAX_ORDER_REFERENCE_CHARACTERS)?;
        }
        self.total.positive("/order/total").map(|_| ())
    }
}

impl Redemptions {
    /// Verifies a code, and uses the coupon if nothing speaks against it. The record is the lock on the request: the
    /// same one again gets the first answer. That a code is refused is no error.
    ///
    /// # Errors
    /// As [`NewVerification::check`]; `wrong-role` for who is no operator of the store, `idempotency-key-reused`.
    pub async fn verify(
        &self,
        verifier: Verifier<'_>,
        new: &NewVerification,
    ) -> Result<Created<VerdictView>, Failure> {
        new.check()?;
        self.store.until_unchanged(|| Box::pin(self.try_verify(verifier, new))).await
    }

    async fn try_verify(
        &self,
        verifier: Verifier<'_>,
        new: &NewVerification,
    ) -> Result<Created<VerdictView>, Failure> {
        let id = verifier.origin.id(VERIFICATION_PREFIX);
        let code = CouponCode::parse(&new.code).ok();
        let Seen { record, memberships, coupon } =
            self.see(&id, verifier.operator, code.as_ref().map(|code| code.alias)).await?;
        if let Some(Raw(item)) = record {
            return replayed(item, coupon.as_ref(), verifier.origin);
        }
        let merchant = merchant_of(new, coupon.as_ref(), &memberships)?;
        let (now, keyring) = (self.now(), self.keyring()?);
        let since = new.since(now);
        let coupon = coupon.filter(|coupon| coupon.terms.merchant == merchant);
        let shown = code.zip(coupon.as_ref()).map(|(code, coupon)| code.shows(coupon, keyring, since, now));
        let attempt = Attempt { merchant: &merchant, store: Some(&new.store), total: new.total(), at: now };
        let draft = draft(&id, verifier, new, &attempt);
        let Some(coupon) = coupon else {
            return self.refuse(draft, Code::CodeNotAccepted, None, None, verifier.origin).await;
        };
        match judge(&coupon, shown.flatten(), &attempt)? {
            Ok(judged) => self.accept(draft, coupon, &judged, verifier).await,
            Err(code) => {
                let is_wrong = shown == Some(None);
                let missed = is_wrong.then(|| with_miss(&coupon, now)).flatten();
                self.refuse(draft, code, Some(&coupon), missed, verifier.origin).await
            }
        }
    }

    async fn see(&self, id: &str, operator: &str, alias: Option<Alias>) -> Result<Seen, Failure> {
        let asked = (
            RedemptionRecord::key(id).at(&self.table),
            memberships_key(operator).at(self.directory.table()),
            alias.map(|alias| CouponRecord::key(alias).at(&self.table)),
        );
        let (record, memberships, coupon): (_, Option<MembershipsRecord>, _) = self.store.read(asked).await?;
        Ok(Seen { record, memberships: memberships.unwrap_or_default(), coupon })
    }

    async fn accept(
        &self,
        draft: RedemptionRecord,
        coupon: CouponRecord,
        judged: &Judged,
        verifier: Verifier<'_>,
    ) -> Result<Created<VerdictView>, Failure> {
        let mut record = accepted(draft.clone(), &coupon, judged, verifier.cause);
        if record.workflow.is_some() {
            record.slot = Some(self.second_chance(&record.id, verifier.cause)?);
        }
        let occasion = Occasion {
            redemption: &record.id,
            store: record.store.as_deref(),
            operator: record.operator.as_deref(),
            at: record.at,
        };
        let begun = || -> Result<Transaction<'_>, Failure> {
            let mut transaction = Transaction::new();
            transaction.create(&self.table, encode(&RedemptionRecord::key(&record.id), &record)?);
            Ok(transaction)
        };
        match self.commit_use(&coupon, &occasion, judged, begun).await {
            Ok(Commit::Done) => fresh(&record, Some(&coupon)),
            Ok(Commit::Exists(item)) => replayed(item, Some(&coupon), verifier.origin),
            Err(failure) => match failure.code() {
                Some(code @ (Code::BudgetExhausted | Code::NotSharedWithYou)) => {
                    self.refuse(draft, code, Some(&coupon), None, verifier.origin).await
                }
                _ => Err(failure),
            },
        }
    }

    async fn refuse(
        &self,
        mut record: RedemptionRecord,
        code: Code,
        coupon: Option<&CouponRecord>,
        missed: Option<CouponRecord>,
        origin: &Origin,
    ) -> Result<Created<VerdictView>, Failure> {
        for line in &mut record.lines {
            line.reason = Some(code.to_string());
        }
        // What a wrong code names, nobody learns from it.
        if let Some(coupon) = coupon.filter(|_| code != Code::CodeNotAccepted) {
            let now = Timestamp::from_millisecond(record.at).map_err(Failure::broken)?;
            let earlier = earlier(coupon).filter(|_| code == Code::AlreadyRedeemed);
            record.found = Some(found(coupon, coupon.status(now), earlier));
            for line in &mut record.lines {
                line.coupon = Some(coupon.id.clone());
            }
        }
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&RedemptionRecord::key(&record.id), &record)?);
        if let Some(missed) = missed {
            transaction.require(missed.replace(&self.table)?, |_| changed());
        }
        match self.store.commit(transaction).await? {
            Commit::Done => fresh(&record, coupon),
            Commit::Exists(item) => replayed(item, coupon, origin),
        }
    }
}

/// For which of the operator's merchants a code is verified: the one named, the coupon's, or the only one with this
/// store.
fn merchant_of(
    new: &NewVerification,
    coupon: Option<&CouponRecord>,
    memberships: &MembershipsRecord,
) -> Result<String, Refusal> {
    let issuer = coupon.map(|coupon| &coupon.terms.merchant);
    let mut own = memberships.merchants.keys().filter(|merchant| memberships.has(merchant, &new.store));
    let known = new.merchant.as_ref().or(issuer).filter(|merchant| memberships.has(merchant, &new.store));
    match (known, &new.merchant, own.next(), own.next()) {
        (Some(merchant), ..) | (None, None, Some(merchant), None) => Ok(merchant.clone()),
        (None, None, Some(_), Some(_)) => {
            let detail = "Several of your merchants have a store of this name.";
            Err(Refusal::field("/merchant", Code::MissingField, detail))
        }
        (None, ..) => {
            Err(Refusal::new(Code::WrongRole, "Only an operator of this store may verify codes in it."))
        }
    }
}

/// A record of this request, refused until it is judged.
fn draft(id: &str, verifier: Verifier<'_>, new: &NewVerification, attempt: &Attempt<'_>) -> RedemptionRecord {
    let at = attempt.at.as_millisecond();
    RedemptionRecord {
        id: id.to_owned(),
        merchant: attempt.merchant.to_owned(),
        status: RedemptionStatus::Refused,
        lines: vec![Line {
            code: None,
            coupon: None,
            status: RedemptionStatus::Refused,
            reason: None,
            deducted: None,
            user: None,
            sharer: None,
            reward: None,
        }],
        order: new
            .order
            .as_ref()
            .map(|order| UsedOn { reference: order.reference.clone(), total: Some(order.total) }),
        store: Some(new.store.clone()),
        operator: Some(verifier.operator.to_owned()),
        found: None,
        reward_campaign: None,
        at,
        verified_for: Some(listed_under(attempt.merchant, shard_of(id, VERIFICATION_SHARDS))),
        verified: Some(format!("{at:013}#{id}")),
        reversal: None,
        version: 1,
        request_hash: verifier.origin.fingerprint.as_str().to_owned(),
        cause: verifier.cause.to_owned(),
        workflow: None,
        slot: None,
    }
}

/// The record of a use. If it is to be rewarded, it is itself the event that starts that.
fn accepted(
    mut record: RedemptionRecord,
    coupon: &CouponRecord,
    judged: &Judged,
    cause: &str,
) -> RedemptionRecord {
    record.status = RedemptionStatus::Redeemed;
    record.found = Some(found(coupon, CouponStatus::Redeemed, None));
    for line in &mut record.lines {
        line.coupon = Some(coupon.id.clone());
        line.status = RedemptionStatus::Redeemed;
        line.deducted = judged.deducted.map(|deducted| deducted.amount);
        line.user = Some(judged.user.clone());
        line.sharer.clone_from(&judged.sharer);
    }
    let is_rewarded = judged.sharer.is_some() && coupon.terms.reward.is_some();
    record.workflow = is_rewarded
        .then(|| json!({ "machine": "coupon-reward", "input": { "redemption": record.id }, "cause": cause }));
    record
}

fn found(coupon: &CouponRecord, status: CouponStatus, earlier: Option<EarlierUse>) -> Found {
    Found { campaign: coupon.campaign.clone(), name: coupon.terms.name.clone(), status, earlier }
}

fn earlier(coupon: &CouponRecord) -> Option<EarlierUse> {
    coupon.used.as_ref().map(|used| EarlierUse {
        redemption: used.redemption.clone(),
        at: used.at,
        store: used.store.clone(),
        operator: used.operator.clone(),
    })
}

fn fresh(record: &RedemptionRecord, coupon: Option<&CouponRecord>) -> Result<Created<VerdictView>, Failure> {
    Ok(Created { value: record.verdict_view(coupon)?, replayed: false })
}

fn replayed(
    item: Item,
    coupon: Option<&CouponRecord>,
    origin: &Origin,
) -> Result<Created<VerdictView>, Failure> {
    check_replay(&item, &origin.fingerprint)?;
    let record: RedemptionRecord = decode(item)?;
    Ok(Created { value: record.verdict_view(coupon)?, replayed: true })
}

#[cfg(test)]
mod tests;
