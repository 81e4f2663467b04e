//! The codes of a user: one item with all authorizations that can be used, so that a payment reads and writes one.

use crate::bucket::{Bucket, Rule};
use crate::grant::{Change, Grant};
use crate::guesses::{Guesses, Lock, Next, Tags, is_told_again};
use crate::judge::Consumed;
use crate::limits::{
    DEVICE_MISS_MINUTES, DEVICE_MISSES, MAX_STEPS, MISSES_KEPT_HOURS, ROOM_WHEN_SENT_AGAIN,
    STORED_MISS_MINUTES, STORED_MISSES,
};
use crate::offline::Offline;
use scrip_clock::Timestamp;
use scrip_refusal::Failure;
use scrip_secure_code::{Alias, Step};
use scrip_store::{AttributeValue, Key, Write, decode, encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The stored codes of a user, or the misses of somebody who has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodesRecord {
    /// Whose they are; nobody's where only an alias was presented that nobody has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) user: Option<String>,
    #[serde(flatten)]
    pub(crate) guesses: Guesses,
    /// Counts misses and changes of the set of authorizations. What is judged holds only while it is the same, so that
    /// a right code among many guesses at once loses against a miss that is counted.
    pub(crate) guard: i64,
    pub(crate) authorizations: BTreeMap<String, Grant>,
    /// When the item is forgotten, in seconds since the epoch, if no authorization is left in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ttl: Option<i64>,
}

/// Where the codes of a user are, and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub(crate) alias: Alias,
    pub(crate) record: Option<CodesRecord>,
}

#[derive(Serialize)]
struct Told {
    ttl: i64,
}

/// Of what is presented at a device now.
const OF_DEVICE: Rule = Rule { misses: DEVICE_MISSES, minutes: DEVICE_MISS_MINUTES };
/// Of what it stored: nobody stands at the till any more, and what was mistyped all day arrives at once.
const OF_STORED: Rule = Rule { misses: STORED_MISSES, minutes: STORED_MISS_MINUTES };

/// The stored misses of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeviceRecord {
    pub(crate) misses: Bucket,
    #[serde(default)]
    pub(crate) stored: Bucket,
    /// When its merchant was told of a lock, in milliseconds since the epoch.
    #[serde(default)]
    pub(crate) told_at: i64,
    /// Counts misses.
    pub(crate) version: i64,
    pub(crate) ttl: i64,
}

impl CodesRecord {
    pub(crate) fn partition(alias: Alias) -> String {
        format!("CODES#{alias}")
    }

    pub(crate) fn key(alias: Alias) -> Key {
        Key::new(Self::partition(alias), CODES)
    }

    /// No authorization and no miss.
    pub(crate) fn empty(user: Option<&str>) -> Self {
        let guesses = Guesses { merchants: Some(BTreeMap::new()), ..Guesses::default() };
        Self { user: user.map(str::to_owned), guesses, guard: 0, authorizations: BTreeMap::new(), ttl: None }
    }
}

const CODES: &str = "CODES";

impl Codes {
    pub(crate) fn guard(&self) -> i64 {
        self.record.as_ref().map_or(0, |record| record.guard)
    }

    /// The authorizations that are kept there.
    pub(crate) fn grants(&self) -> impl Iterator<Item = (&str, &Grant)> {
        self.record.iter().flat_map(|record| &record.authorizations).map(|(id, grant)| (id.as_str(), grant))
    }

    fn update(&self, table: &str, expression: impl Into<String>, more: &str) -> Write {
        Write::update(table, CodesRecord::key(self.alias), expression)
            .when(format!("guard = :seen{more}"))
            .value(":seen", self.guard())
    }

    /// Changes nothing, but holds only while no miss and no change came between.
    pub(crate) fn unchanged(&self, table: &str) -> Write {
        Write::check(table, CodesRecord::key(self.alias)).when("guard = :seen").value(":seen", self.guard())
    }

    /// How many milliseconds no code is looked at for this merchant, if so.
    pub(crate) fn left(&self, merchant: &Tags, now: Timestamp) -> Option<i64> {
        self.record.as_ref()?.guesses.left(merchant, now)
    }

    /// Counts a miss at a merchant, if the code was looked at, and says which lock the user is to be told of. `user` is who
    /// was named, so that somebody without codes costs what others do.
    pub(crate) fn missed(
        &self,
        table: &str,
        user: Option<&str>,
        (merchant, is_looked_at): (&Tags, bool),
        now: Timestamp,
    ) -> Result<(Write, Option<Lock>), Failure> {
        let after = |guesses: &Guesses| {
            if is_looked_at { guesses.missed(merchant, now) } else { guesses.passed_over(merchant, now) }
        };
        let Some(record) = &self.record else {
            let mut record = CodesRecord { ttl: Some(forgotten_at(now)), ..CodesRecord::empty(user) };
            let next = after(&record.guesses);
            record.guesses = next.as_first(merchant);
            let write = Write::put_new(table, encode(&CodesRecord::key(self.alias), &record)?);
            return Ok((write, next.lock));
        };
        let next = after(&record.guesses);
        let expression = "SET everywhere = :everywhere, at_new = :at_new, told_at = :told_at, told = :told, \
                          guard = guard + :one";
        let mut write = self
            .update(table, expression, "")
            .value(":everywhere", next.everywhere.0)
            .value(":at_new", next.at_new.0)
            .value(":told_at", next.told_at)
            .value(":told", next.told.as_str())
            .value(":one", 1);
        if record.authorizations.is_empty() {
            write = write.set("#ttl = :ttl").name("#ttl", "ttl").value(":ttl", forgotten_at(now));
        }
        let lock = next.lock;
        Ok((standing(write, record, merchant, &next)?, lock))
    }

    /// Costs what telling somebody of a lock does.
    pub(crate) fn told_nobody(&self, table: &str, now: Timestamp) -> Result<Write, Failure> {
        let key = Key::new(CodesRecord::partition(self.alias), "TOLD");
        Ok(Write::put(table, encode(&key, &Told { ttl: forgotten_at(now) })?))
    }

    /// Uses an authorization, if it still allows that when the write takes place. Its user is known to the merchant then.
    pub(crate) fn used(
        &self,
        table: &str,
        (id, grant): (&str, &Grant),
        change: &Change,
        step: Option<Step>,
        (merchant, now): (&Tags, Timestamp),
    ) -> Result<Write, Failure> {
        let record = self.record.as_ref().ok_or_else(|| Failure::broken("codes that were there"))?;
        let mut expression = format!("SET {CHANGE}");
        let mut condition =
            " AND authorizations.#id.uses_left >= :one AND authorizations.#id.remaining >= :cost \
                             AND authorizations.#id.reserve = :reserve"
                .to_owned();
        if step.is_some() {
            expression.push_str(", authorizations.#id.steps = list_append(authorizations.#id.steps, :steps)");
            condition.push_str(
                " AND NOT contains(authorizations.#id.steps, :step) AND size(authorizations.#id.steps) < :most_steps",
            );
        }
        if grant.per_day.is_some() {
            condition.push_str(
                " AND (attribute_not_exists(authorizations.#id.day_counts.#day) \
                 OR authorizations.#id.day_counts.#day < :day_count) \
                 AND (attribute_not_exists(authorizations.#id.day_amounts.#day) \
                 OR authorizations.#id.day_amounts.#day <= :day_room)",
            );
        }
        let cost = -change.amount;
        let mut write = with_change(self.update(table, expression, &condition), id, change)
            .value(":one", 1)
            .value(":cost", cost)
            .value(":reserve", grant.reserve);
        if let Some(Step(step)) = step {
            let step = AttributeValue::N(step.to_string());
            write = write
                .value(":step", step.clone())
                .value(":steps", AttributeValue::L(vec![step]))
                .value(":most_steps", MAX_STEPS);
        }
        if let Some(most) = grant.per_day {
            write =
                write.value(":day_count", most.count).value(":day_room", most.amount.saturating_sub(cost));
        }
        standing(write, record, merchant, &record.guesses.paid(merchant, now))
    }

    /// Adds an authorization, in the place of one that has ended if need be. Its user was there, with the PIN, so that
    /// what strangers guessed keeps nobody from paying any more. Who is known in the user's other places is known here then.
    pub(crate) fn granted(
        &self,
        table: &str,
        user: &str,
        (id, grant): (&str, &Grant),
        (instead_of, others): (Option<&str>, &[Self]),
    ) -> Result<Write, Failure> {
        let others = others.iter().filter_map(|codes| codes.record.as_ref()).map(|record| &record.guesses);
        let Some(record) = &self.record else {
            let mut record = CodesRecord::empty(Some(user));
            record.guesses.merchants = Some(record.guesses.known_elsewhere(others));
            record.authorizations.insert(id.to_owned(), grant.clone());
            return Ok(Write::put_new(table, encode(&CodesRecord::key(self.alias), &record)?));
        };
        let is_there = record.guesses.merchants.is_some();
        let known = if is_there { record.guesses.known_elsewhere(others) } else { BTreeMap::new() };
        let own = "SET #user = :user, authorizations.#id = :grant, everywhere = :empty, at_new = :empty, \
                   guard = guard + :one";
        let mut assignments = vec![own.to_owned()];
        assignments.extend((0..known.len()).map(|place| format!("merchants.#known{place} = :known{place}")));
        let mut expression = assignments.join(", ");
        expression.push_str(" REMOVE #ttl");
        if instead_of.is_some() {
            expression.push_str(", authorizations.#old");
        }
        let value: AttributeValue = serde_dynamo::to_attribute_value(grant).map_err(Failure::broken)?;
        let mut write = self
            .update(table, expression, "")
            .name("#user", "user")
            .name("#id", id)
            .name("#ttl", "ttl")
            .value(":user", user)
            .value(":grant", value)
            .value(":empty", Bucket::default().0)
            .value(":one", 1);
        for (place, (tag, standing)) in known.iter().enumerate() {
            let standing: AttributeValue =
                serde_dynamo::to_attribute_value(standing).map_err(Failure::broken)?;
            write = write.name(&format!("#known{place}"), tag).value(&format!(":known{place}"), standing);
        }
        Ok(if let Some(old) = instead_of { write.name("#old", old) } else { write })
    }

    /// Forgets what strangers guessed, as a grant in another of the user's places does. Where nothing is, there is no write.
    pub(crate) fn relieved(&self, table: &str) -> Option<Write> {
        let expression = "SET everywhere = :empty, at_new = :empty, guard = guard + :one";
        let relieved = || self.update(table, expression, "").value(":empty", Bucket::default().0);
        self.record.as_ref().map(|_| relieved().value(":one", 1))
    }

    /// Marks an authorization as ended: its code is kept for what occurred before, its reserve is not.
    pub(crate) fn ended(&self, table: &str, id: &str, grant: &Grant) -> Write {
        let expression =
            "SET authorizations.#id.ended = :true, authorizations.#id.reserve = :false, guard = guard + :one";
        as_counted(self.update(table, expression, AS_COUNTED), id, grant)
            .value(":true", true)
            .value(":false", false)
            .value(":one", 1)
    }

    /// Takes an authorization out, with its code.
    pub(crate) fn erased(&self, table: &str, id: &str, grant: &Grant, now: Timestamp) -> Write {
        let is_last = self.record.as_ref().is_some_and(|record| record.authorizations.len() == 1);
        let expression = if is_last {
            "SET guard = guard + :one, #ttl = :ttl REMOVE authorizations.#id"
        } else {
            "SET guard = guard + :one REMOVE authorizations.#id"
        };
        let write = as_counted(self.update(table, expression, AS_COUNTED), id, grant).value(":one", 1);
        if is_last { write.name("#ttl", "ttl").value(":ttl", forgotten_at(now)) } else { write }
    }
}

/// Sets how a merchant stands, at the end of an update's assignments, and forgets others to make room for it.
fn standing(write: Write, record: &CodesRecord, merchant: &Tags, next: &Next) -> Result<Write, Failure> {
    if record.guesses.merchants.is_none() {
        let merchants = next.as_first(merchant).merchants;
        let merchants: AttributeValue =
            serde_dynamo::to_attribute_value(merchants).map_err(Failure::broken)?;
        let write = write.set("merchants = :merchants").value(":merchants", merchants);
        return Ok(write.when("attribute_not_exists(merchants)"));
    }
    let value: AttributeValue = serde_dynamo::to_attribute_value(next.standing).map_err(Failure::broken)?;
    let placeholders: Vec<_> = (0..next.forgotten.len()).map(|place| format!("#forgotten{place}")).collect();
    let mut last = "merchants.#merchant = :standing".to_owned();
    for (place, placeholder) in placeholders.iter().enumerate() {
        last.push_str(if place == 0 { " REMOVE " } else { ", " });
        last.push_str("merchants.");
        last.push_str(placeholder);
    }
    let write = write.set(&last).name("#merchant", &merchant.current).value(":standing", value);
    let named = placeholders.iter().zip(&next.forgotten);
    Ok(named.fold(write, |write, (placeholder, forgotten)| write.name(placeholder, forgotten)))
}

/// The numbers of an authorization, changed by what a payment takes or a reversal gives back.
const CHANGE: &str = "authorizations.#id.remaining = authorizations.#id.remaining + :amount, \
     authorizations.#id.uses_left = authorizations.#id.uses_left + :uses, \
     authorizations.#id.day_counts.#day = if_not_exists(authorizations.#id.day_counts.#day, :zero) - :uses, \
     authorizations.#id.day_amounts.#day = if_not_exists(authorizations.#id.day_amounts.#day, :zero) - :amount";

fn with_change(write: Write, id: &str, change: &Change) -> Write {
    write
        .name("#id", id)
        .name("#day", &change.day)
        .value(":amount", change.amount)
        .value(":uses", change.uses)
        .value(":zero", 0)
}

/// The numbers of the authorization are still those that were read.
const AS_COUNTED: &str =
    " AND authorizations.#id.remaining = :remaining AND authorizations.#id.uses_left = :uses_left";

fn as_counted(write: Write, id: &str, grant: &Grant) -> Write {
    write.name("#id", id).value(":remaining", grant.remaining).value(":uses_left", grant.uses_left)
}

/// Gives an authorization back what a reversed transaction used of it, unless it has ended.
pub(crate) fn restored(table: &str, consumed: &Consumed) -> Write {
    let change = Change::by_reversal(consumed.amount, consumed.day.clone());
    let write = Write::update(table, Key::new(&consumed.codes, CODES), format!("SET {CHANGE}"))
        .when("authorizations.#id.ended = :false")
        .value(":false", false);
    with_change(write, &consumed.authorization, &change)
}

impl DeviceRecord {
    pub(crate) fn key(device: &str) -> Key {
        Key::new(format!("DEVICE#{device}"), "LOCK")
    }

    /// How many milliseconds nothing that is presented at the device is looked at, if so.
    pub(crate) fn left(&self, now: Timestamp) -> Option<i64> {
        self.misses.left(OF_DEVICE, now)
    }

    /// How many milliseconds nothing that it stored is looked at, if so: until several misses fit in, since what waits
    /// comes together.
    pub(crate) fn left_for_stored(&self, now: Timestamp) -> Option<i64> {
        self.stored.left(OF_STORED, now)?;
        Some(self.stored.left_for(ROOM_WHEN_SENT_AGAIN, OF_STORED, now))
    }

    /// After one more miss, of what is presented now or was stored; and the milliseconds of a lock that its merchant is to
    /// be told of.
    pub(crate) fn after_miss(this: Option<Self>, is_stored: bool, now: Timestamp) -> (Self, Option<i64>) {
        let mut next = this.unwrap_or_default();
        let left = if is_stored {
            next.stored = next.stored.missed(OF_STORED, now);
            next.left_for_stored(now)
        } else {
            next.misses = next.misses.missed(OF_DEVICE, now);
            next.left(now)
        };
        let told = left.filter(|_| is_told_again(next.told_at, now));
        if told.is_some() {
            next.told_at = now.as_millisecond();
        }
        next.version += 1;
        next.ttl = forgotten_at(now);
        (next, told)
    }

    /// Puts this in the place of what was read, if no other miss came between.
    pub(crate) fn write(&self, seen: Option<Self>, table: &str, device: &str) -> Result<Write, Failure> {
        let item = encode(&Self::key(device), self)?;
        Ok(match seen {
            None => Write::put_new(table, item),
            Some(seen) => Write::put(table, item)
                .when("#version = :seen")
                .name("#version", "version")
                .value(":seen", seen.version),
        })
    }
}

fn forgotten_at(now: Timestamp) -> i64 {
    now.as_second().saturating_add(MISSES_KEPT_HOURS * 3_600)
}

impl Offline {
    /// The codes under an alias, as they are now.
    pub(crate) async fn codes(&self, alias: Alias) -> Result<Codes, Failure> {
        let found = self.store.get(&self.table, &CodesRecord::key(alias)).await?;
        Ok(Codes { alias, record: found.map(decode).transpose()? })
    }
}

#[cfg(test)]
mod tests;
