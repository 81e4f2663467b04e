//! Campaigns: what a merchant promises, to how many, and for how long. They never change.

use crate::coupons::Coupons;
use crate::day_offset::{OFFSET_PATTERN, day_offset};
use crate::limits::{
    MAX_BENEFIT_BYTES, MAX_CAMPAIGN_QUANTITY, MAX_CAMPAIGN_STORES, MAX_PER_USER, MAX_VALIDITY_DAYS,
};
use crate::stock::{StockRecord, split, split_budget, stock_key};
use crate::terms::{Reward, Terms};
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_deduction::{Kind, Rule};
use scrip_directory::MerchantRecord;
use scrip_fields::schema::{Text, Word};
use scrip_fields::{MAX_STORE_CHARACTERS, check_text, is_word_of};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    Commit, Created, Key, Origin, Page, PageRequest, Query, Transaction, check_replay, decode, encode, is_id,
    text,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// What the ids of campaigns begin with.
pub const CAMPAIGN_PREFIX: &str = "cmp_";
/// The longest name of a campaign.
pub const MAX_CAMPAIGN_NAME_CHARACTERS: usize = 100;

/// What an owner says of a campaign.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "name": "A tenth off",
    "benefit": { "effect": { "percentage": "10" } },
    "quantity": 100,
    "per_user": 5,
    "valid_from": "2026-11-30T00:00:00Z",
    "valid_until": "2027-01-01T00:00:00Z",
    "shareable": true,
    "reward": { "campaign": "cmp_0123456789abcdefghjkmnpqrs", "to": "sharer" },
}))]
pub struct NewCampaign {
    /// What its coupons are called.
    #[schemars(with = "Text<MAX_CAMPAIGN_NAME_CHARACTERS>")]
    pub name: String,
    /// What a coupon takes off: not `automatic`, without `exchange`. As JSON it has at most 2,048 bytes.
    #[schemars(extend("x-maximum-bytes" = MAX_BENEFIT_BYTES))]
    pub benefit: Rule,
    /// How many coupons there are.
    #[schemars(range(min = 1, max = MAX_CAMPAIGN_QUANTITY))]
    pub quantity: u32,
    /// How many of them one user may take.
    #[schemars(range(min = 1, max = MAX_PER_USER))]
    pub per_user: u32,
    /// How many one user may take on one day of the merchant: at most `per_user`.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_PER_USER))]
    pub per_day: Option<u32>,
    /// How much all coupons together may take off.
    #[serde(default)]
    #[schemars(with = "Option<PositiveMoney>")]
    pub budget: Option<Money>,
    /// The least that an order must come to.
    #[serde(default)]
    #[schemars(with = "Option<PositiveMoney>")]
    pub order_minimum: Option<Money>,
    /// From when on coupons can be used. They can be taken before.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_from: Timestamp,
    /// Until when coupons can be taken and used: at most 3,660 days later.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_until: Timestamp,
    /// Where coupons can be used; everywhere, if not said.
    #[serde(default)]
    #[schemars(
        with = "Vec<Word<MAX_STORE_CHARACTERS>>",
        length(max = MAX_CAMPAIGN_STORES),
        extend("uniqueItems" = true)
    )]
    pub stores: Vec<String>,
    /// Whether coupons may be shared in pools.
    #[serde(default)]
    pub shareable: bool,
    /// What a contact's use of a shared coupon brings who shared it.
    #[serde(default)]
    pub reward: Option<Reward>,
    /// How far the merchant's day is ahead of UTC's, such as `+08:00`; `Z` if not said.
    #[serde(default)]
    #[schemars(pattern(OFFSET_PATTERN))]
    pub utc_offset: Option<String>,
}

/// The stored campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRecord {
    /// The id, `cmp_…`.
    pub id: String,
    /// What its coupons hold a copy of.
    pub terms: Terms,
    /// How many coupons there are.
    pub quantity: u32,
    /// How many one user may take.
    pub per_user: u32,
    /// How many one user may take on one day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub per_day: Option<u32>,
    /// How much all coupons together may take off, in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub budget: Option<i64>,
    /// In milliseconds since the epoch.
    pub created: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// What is left of a part of a budget, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRecord {
    /// Never below zero.
    pub left: i64,
}

/// A campaign, as anybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Campaign", example = json!({
    "id": "cmp_0123456789abcdefghjkmnpqrs",
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "name": "A tenth off",
    "benefit": { "effect": { "percentage": "10" } },
    "quantity": 100,
    "per_user": 5,
    "per_day": null,
    "budget": null,
    "order_minimum": null,
    "valid_from": "2026-11-30T00:00:00Z",
    "valid_until": "2027-01-01T00:00:00Z",
    "stores": [],
    "shareable": true,
    "reward": { "campaign": "cmp_zyxwvtsrqpnmkjhgfedcba9876", "to": "sharer" },
}))]
pub struct CampaignView {
    /// The id, `cmp_…`.
    pub id: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What its coupons are called.
    pub name: String,
    /// What a coupon takes off.
    pub benefit: Rule,
    /// How many coupons there are.
    pub quantity: u32,
    /// How many one user may take.
    pub per_user: u32,
    /// How many one user may take on one day.
    pub per_day: Option<u32>,
    /// How much all coupons together may take off.
    pub budget: Option<Money>,
    /// The least that an order must come to.
    pub order_minimum: Option<Money>,
    /// From when on coupons can be used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_from: Timestamp,
    /// Until when coupons can be taken and used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_until: Timestamp,
    /// Where coupons can be used; everywhere, if empty.
    pub stores: Vec<String>,
    /// Whether coupons may be shared in pools.
    pub shareable: bool,
    /// What a contact's use of a shared coupon brings who shared it.
    pub reward: Option<Reward>,
}

pub(crate) fn campaign_key(campaign: &str) -> Key {
    Key::new(format!("CMP#{campaign}"), "CAMPAIGN")
}

/// The key of what is left of a part of a campaign's budget.
pub(crate) fn budget_key(campaign: &str, shard: u32) -> Key {
    Key::new(format!("BUDGET#{campaign}#{shard:02}"), "BUDGET")
}

fn listing_partition(merchant: &str) -> String {
    format!("CAMPAIGNS#{merchant}")
}

pub(crate) fn no_such_campaign() -> Refusal {
    Refusal::new(Code::NotFound, "No campaign has this id.")
}

impl CampaignRecord {
    /// The campaign as it is shown.
    pub fn view(&self) -> Result<CampaignView, Failure> {
        let terms = &self.terms;
        let time = |at| Timestamp::from_millisecond(at).map_err(Failure::broken);
        Ok(CampaignView {
            id: self.id.clone(),
            merchant: terms.merchant.clone(),
            name: terms.name.clone(),
            benefit: terms.rule()?,
            quantity: self.quantity,
            per_user: self.per_user,
            per_day: self.per_day,
            budget: self.budget.map(|amount| Money::new(amount, terms.currency)),
            order_minimum: terms.order_minimum(),
            valid_from: time(terms.valid_from)?,
            valid_until: time(terms.valid_until)?,
            stores: terms.stores.iter().cloned().collect(),
            shareable: terms.shareable,
            reward: terms.reward.clone(),
        })
    }
}

impl Coupons {
    /// Issues a campaign of a merchant whose owner asks.
    ///
    /// # Errors
    /// `invalid-request`; `currency-mismatch`.
    pub async fn create_campaign(
        &self,
        merchant: &MerchantRecord,
        new: &NewCampaign,
        origin: &Origin,
    ) -> Result<Created<CampaignRecord>, Failure> {
        let terms = terms(merchant, new)?;
        let id = origin.id(CAMPAIGN_PREFIX);
        if let Some(reward) = &terms.reward {
            self.check_reward(&merchant.id, &reward.campaign, &id).await?;
        }
        let record = CampaignRecord {
            id,
            quantity: new.quantity,
            per_user: new.per_user,
            per_day: new.per_day,
            budget: new.budget.map(|budget| budget.amount),
            created: self.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            terms,
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&campaign_key(&record.id), &record)?);
        for (shard, quantity) in (0..).zip(split(record.quantity)) {
            let stock = StockRecord { remaining: quantity.into(), quantity: quantity.into() };
            transaction.create(&self.table, encode(&stock_key(&record.id, shard), &stock)?);
        }
        if let Some(budget) = record.budget {
            for (shard, left) in (0..).zip(split_budget(budget, record.quantity)) {
                let part = BudgetRecord { left };
                transaction.create(&self.table, encode(&budget_key(&record.id, shard), &part)?);
            }
        }
        let place = format!("{:013}#{}", record.created, record.id);
        let listed = Key::new(listing_partition(&merchant.id), place);
        transaction.create(&self.table, encode(&listed, &json!({ "campaign": record.id }))?);
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: record, replayed: false }),
            Commit::Exists(existing) => {
                check_replay(&existing, &origin.fingerprint)?;
                Ok(Created { value: decode(existing)?, replayed: true })
            }
        }
    }

    async fn check_reward(&self, merchant: &str, campaign: &str, own: &str) -> Result<(), Failure> {
        let found = match self.campaign(campaign).await {
            Err(failure) if failure.code() != Some(Code::NotFound) => return Err(failure),
            found => found.ok(),
        };
        if found.is_some_and(|found| found.terms.merchant == merchant && found.id != own) {
            return Ok(());
        }
        let detail = "another campaign of this merchant";
        Err(Refusal::field("/reward/campaign", Code::InvalidField, detail).into())
    }

    /// A campaign by its id.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn campaign(&self, id: &str) -> Result<CampaignRecord, Failure> {
        if !is_id(CAMPAIGN_PREFIX, id) {
            return Err(no_such_campaign().into());
        }
        Ok(self.read(&campaign_key(id)).await?.ok_or_else(no_such_campaign)?)
    }

    /// A merchant's campaigns, newest first.
    pub async fn campaigns(&self, merchant: &str, page: &PageRequest) -> Result<Page<CampaignView>, Failure> {
        let query = Query::of(&self.table, &listing_partition(merchant)).newest_first();
        let Page { items, next } = self.store.page(&query, page).await?;
        let ids = items.iter().filter_map(|item| text(item, "campaign"));
        let campaigns: Vec<_> = ids.map(|id| campaign_key(id).at(&self.table)).collect();
        let campaigns: Vec<Option<CampaignRecord>> = self.store.read(campaigns).await?;
        let views = campaigns.into_iter().flatten().map(|campaign| campaign.view());
        Ok(Page { items: views.collect::<Result<_, _>>()?, next })
    }
}

fn terms(merchant: &MerchantRecord, new: &NewCampaign) -> Result<Terms, Failure> {
    check(new, merchant.currency)?;
    Ok(Terms {
        merchant: merchant.id.clone(),
        currency: merchant.currency,
        name: new.name.clone(),
        benefit: serde_json::to_string(&new.benefit).map_err(Failure::broken)?,
        order_minimum: new.order_minimum.map(|minimum| minimum.amount),
        has_budget: new.budget.is_some(),
        valid_from: new.valid_from.as_millisecond(),
        valid_until: new.valid_until.as_millisecond(),
        stores: new.stores.iter().cloned().collect(),
        shareable: new.shareable,
        reward: new.reward.clone(),
        day_offset_minutes: day_offset(new.utc_offset.as_deref())?,
    })
}

fn check(new: &NewCampaign, currency: Currency) -> Result<(), Refusal> {
    check_text(&new.name, "/name", MAX_CAMPAIGN_NAME_CHARACTERS)?;
    let range = |pointer: &str, detail: String| Err(Refusal::field(pointer, Code::OutOfRange, detail));
    check_benefit(&new.benefit, currency)?;
    if !(1..=MAX_CAMPAIGN_QUANTITY).contains(&new.quantity) {
        return range("/quantity", format!("1 to {MAX_CAMPAIGN_QUANTITY}"));
    }
    if !(1..=MAX_PER_USER).contains(&new.per_user) {
        return range("/per_user", format!("1 to {MAX_PER_USER}"));
    }
    if new.per_day.is_some_and(|per_day| !(1..=new.per_user).contains(&per_day)) {
        return range("/per_day", "1 to per_user".to_owned());
    }
    for (pointer, money) in [("/budget", new.budget), ("/order_minimum", new.order_minimum)] {
        let Some(money) = money else { continue };
        if money.positive(pointer)?.currency != currency {
            let detail = format!("Use the merchant's currency, {currency}, in {}.", &pointer[1..]);
            return Err(Refusal::new(Code::CurrencyMismatch, detail));
        }
    }
    if new.valid_until <= new.valid_from {
        return range("/valid_until", "later than valid_from".to_owned());
    }
    if new.valid_until.duration_since(new.valid_from) > SignedDuration::from_hours(24 * MAX_VALIDITY_DAYS) {
        return range("/valid_until", format!("at most {MAX_VALIDITY_DAYS} days after valid_from"));
    }
    if new.reward.is_some() && !new.shareable {
        let detail = "only shareable coupons can reward a sharer";
        return Err(Refusal::field("/reward", Code::InvalidField, detail));
    }
    check_stores(&new.stores)
}

fn check_benefit(benefit: &Rule, currency: Currency) -> Result<(), Refusal> {
    benefit.check_at("/benefit", currency)?;
    benefit.check_kind("/benefit", Kind::Coupon)?;
    if benefit.automatic {
        let detail = "A coupon is used by who holds it, never by itself.";
        return Err(Refusal::field("/benefit/automatic", Code::InvalidField, detail));
    }
    let bytes = serde_json::to_vec(benefit).map_or(usize::MAX, |rule| rule.len());
    if bytes > MAX_BENEFIT_BYTES {
        let detail = format!("at most {MAX_BENEFIT_BYTES} bytes");
        return Err(Refusal::field("/benefit", Code::OutOfRange, detail));
    }
    Ok(())
}

fn check_stores(stores: &[String]) -> Result<(), Refusal> {
    if stores.len() > MAX_CAMPAIGN_STORES {
        let detail = format!("at most {MAX_CAMPAIGN_STORES} stores");
        return Err(Refusal::field("/stores", Code::TooMany, detail));
    }
    let mut seen = BTreeSet::new();
    for (index, store) in stores.iter().enumerate() {
        if !is_word_of(store, MAX_STORE_CHARACTERS) || !seen.insert(store) {
            let detail = format!("each store once, 1 to {MAX_STORE_CHARACTERS} of A-Z, a-z, 0-9, _ and -");
            return Err(Refusal::field(format!("/stores/{index}"), Code::InvalidField, detail));
        }
    }
    Ok(())
}
