//! Rules as the server signs them, and what a terminal remembers of them.

use crate::client::Client;
use crate::problem::CallError;
use crate::retries::Waiter;
use crate::segment::segment;
use crate::signature::{PublishedKeys, SignatureError};
use crate::transport::Transport;
use jiff::{SignedDuration, Timestamp};
use scrip_deduction::{Item, Kind, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// After this time the keys are fetched anew, so that one that was withdrawn is not believed for ever.
const KEYS_AGE_HOURS: i64 = 24;
/// After this time the list of automatic items is fetched anew. A wrong list does no harm: the server disagrees, and it
/// is fetched at once.
const AUTOMATIC_AGE_MINUTES: i64 = 5;
const PAGE_ITEMS: usize = 100;

/// A rule that the server has signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignedRule {
    /// The merchant whose item it is.
    pub merchant: String,
    /// The item.
    pub item: String,
    /// The version; each change of the item has a higher one.
    pub version: u32,
    /// What the item is.
    pub kind: Kind,
    /// The rule.
    pub rule: Rule,
    /// From when on it applies.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Until when it applies.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
    /// Until when the signed text may be used, in seconds since 1970.
    #[serde(default)]
    exp: Option<i64>,
}

/// What a terminal remembers between restarts. Nothing in it is believed without its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    keys: Option<Aged<PublishedKeys>>,
    automatic: Option<Aged<BTreeSet<String>>>,
    /// The signed rules, by item.
    signed: BTreeMap<String, String>,
    /// The highest version of each item that was heard of: lower ones are never used again.
    versions: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Aged<V> {
    value: V,
    fetched_at: Timestamp,
}

/// Why a rule can't be used.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleError {
    /// It can't be had.
    Call(CallError),
    /// It is not the server's.
    Signature(SignatureError),
    /// It is signed for another item or merchant.
    OtherItem(String),
    /// It is older than one that was seen.
    Outdated(String),
    /// Its time is over.
    Expired(String),
    /// Its time has not come.
    NotYetValid(String),
}

#[derive(Deserialize)]
struct Answered {
    signature: String,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Listed>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    item: String,
}

impl<V> Aged<V> {
    fn is_young(&self, age: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.fetched_at).abs() < age
    }
}

impl SignedRule {
    /// As the calculation takes it.
    pub(crate) fn applied(&self) -> Item<'_> {
        Item { item: &self.item, kind: self.kind, version: Some(self.version), rule: &self.rule }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| now >= until)
            || self.exp.is_some_and(|exp| now.as_second() >= exp)
    }
}

impl Rules {
    /// The rule of an item: the one remembered while it may be used, else fetched.
    pub(crate) async fn rule<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        merchant: &str,
        item: &str,
    ) -> Result<SignedRule, RuleError> {
        if let Some(jws) = self.signed.get(item).cloned()
            && let Ok(rule) = self.accept(client, merchant, item, &jws).await
        {
            return Ok(rule);
        }
        let path = format!("/v1/merchants/{}/deduction-items/{}/rule", segment(merchant), segment(item));
        let answered: Answered = client.get(&path).await?;
        self.take(client, merchant, item, answered.signature).await
    }

    /// Remembers a signed rule, if it holds.
    pub(crate) async fn take<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        merchant: &str,
        item: &str,
        jws: String,
    ) -> Result<SignedRule, RuleError> {
        let rule = self.accept(client, merchant, item, &jws).await?;
        self.signed.insert(item.to_owned(), jws);
        self.versions.insert(item.to_owned(), rule.version);
        Ok(rule)
    }

    /// Never uses the remembered rule of an item again, nor any before this version.
    pub(crate) fn outdate(&mut self, item: &str, version: u32) {
        self.signed.remove(item);
        let known = self.versions.entry(item.to_owned()).or_default();
        *known = version.max(*known);
    }

    /// What the signed text says, if it is the server's and may be used now.
    async fn accept<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        merchant: &str,
        item: &str,
        jws: &str,
    ) -> Result<SignedRule, RuleError> {
        let rule: SignedRule = match self.keys(client, false).await?.verify(jws) {
            // The server may have begun to sign with a key that is newer than those remembered.
            Err(SignatureError::UnknownKey(_)) => self.keys(client, true).await?.verify(jws)?,
            verified => verified?,
        };
        let now = client.now();
        if rule.merchant != merchant || rule.item != item {
            return Err(RuleError::OtherItem(item.to_owned()));
        }
        if self.versions.get(item).is_some_and(|known| rule.version < *known) {
            return Err(RuleError::Outdated(item.to_owned()));
        }
        if rule.is_over(now) {
            return Err(RuleError::Expired(item.to_owned()));
        }
        if rule.valid_from.is_some_and(|from| now < from) {
            return Err(RuleError::NotYetValid(item.to_owned()));
        }
        Ok(rule)
    }

    async fn keys<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        anew: bool,
    ) -> Result<&PublishedKeys, RuleError> {
        let now = client.now();
        let age = SignedDuration::from_hours(KEYS_AGE_HOURS);
        if anew || !self.keys.as_ref().is_some_and(|keys| keys.is_young(age, now)) {
            let set: Value = client.get("/v1/deductions/keys").await?;
            let value = PublishedKeys::parse(&set).ok_or(SignatureError::Malformed("key set"))?;
            self.keys = Some(Aged { value, fetched_at: now });
        }
        self.keys.as_ref().map(|keys| &keys.value).ok_or(SignatureError::Malformed("key set").into())
    }

    /// The items that apply without being named.
    pub(crate) async fn automatic<T: Transport, W: Waiter>(
        &mut self,
        client: &Client<T, W>,
        merchant: &str,
    ) -> Result<BTreeSet<String>, RuleError> {
        let now = client.now();
        let age = SignedDuration::from_mins(AUTOMATIC_AGE_MINUTES);
        if let Some(automatic) = self.automatic.as_ref().filter(|automatic| automatic.is_young(age, now)) {
            return Ok(automatic.value.clone());
        }
        let mut value = BTreeSet::new();
        let mut after = String::new();
        loop {
            let items = format!("/v1/merchants/{}/deduction-items", segment(merchant));
            let page: Page = client.get(&format!("{items}?automatic=true&limit={PAGE_ITEMS}{after}")).await?;
            value.extend(page.items.into_iter().map(|listed| listed.item));
            match page.next {
                Some(next) => after = format!("&after={}", segment(&next)),
                None => break,
            }
        }
        self.automatic = Some(Aged { value: value.clone(), fetched_at: now });
        Ok(value)
    }

    /// Has everything but the keys fetched anew.
    pub(crate) fn forget(&mut self) {
        self.automatic = None;
        self.signed.clear();
    }
}

impl From<CallError> for RuleError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<SignatureError> for RuleError {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::OtherItem(item) => write!(f, "the rule that was answered for {item} is another item's"),
            Self::Outdated(item) => write!(f, "the rule of {item} is older than one that was seen"),
            Self::Expired(item) => write!(f, "the rule of {item} has expired"),
            Self::NotYetValid(item) => write!(f, "the rule of {item} is not yet valid"),
        }
    }
}

impl std::error::Error for RuleError {}

#[cfg(test)]
mod tests;
