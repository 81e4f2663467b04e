//! What users and merchants are told of what happened to what is theirs.

use crate::Directory;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_fields::user_in_key;
use scrip_refusal::Failure;
use scrip_store::{Key, MergedList, Page, PageRequest, Query, Write, decode, derive_id, encode, shard_of};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How long a notification is kept.
pub const NOTIFICATION_KEPT_DAYS: i64 = 90;
/// Over how many partitions what a merchant is told is spread. It is told of each confirmation and each bill that goes
/// unpaid, in order of time, so one alone would hold up a busy day. How this is raised stands in `docs/operations.md`.
pub const MERCHANT_NOTIFICATION_SHARDS: u8 = 16;
/// In how many partitions it is looked for: raised a release before [`MERCHANT_NOTIFICATION_SHARDS`] is, and not lowered
/// while something is kept that was told before.
const MERCHANT_NOTIFICATION_SHARDS_READ: u8 = 16;
const _: () = assert!(MERCHANT_NOTIFICATION_SHARDS <= MERCHANT_NOTIFICATION_SHARDS_READ);
const OWN_MEMBERS: [&str; 3] = ["id", "kind", "at"];

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A user, by id.
    User(String),
    /// A merchant, `mch_…`: its owner and operators.
    Merchant(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct NotificationRecord {
    id: String,
    kind: String,
    at: i64,
    facts: Map<String, Value>,
    ttl: i64,
}

/// A notification as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Notification", example = json!({
    "id": "note_0123456789abcdefghjkmnpqrs",
    "kind": "bill-unpaid",
    "at": "2026-11-30T14:15:00Z",
    "bill": "bill_0123456789abcdefghjkmnpqrs",
}))]
pub struct NotificationView {
    /// The id, `note_…`.
    pub id: String,
    /// What happened, such as `bill-unpaid`.
    pub kind: String,
    /// When it happened.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// What it happened to.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

impl Recipient {
    /// The name of what they are told, by which ids are derived.
    fn list(&self) -> String {
        match self {
            Self::User(user) => format!("NOTE#user:{}", user_in_key(user)),
            Self::Merchant(merchant) => format!("NOTE#{merchant}"),
        }
    }

    /// The partition in which a notification stands.
    fn partition(&self, note: &str) -> String {
        match self {
            Self::User(_) => self.list(),
            Self::Merchant(_) => self.shard(shard_of(note, MERCHANT_NOTIFICATION_SHARDS)),
        }
    }

    fn shard(&self, shard: u8) -> String {
        format!("{}#{shard:02}", self.list())
    }
}

impl NotificationRecord {
    fn view(self) -> Result<NotificationView, Failure> {
        let Self { id, kind, at, mut facts, ttl: _ } = self;
        // The store keeps no order of members; answers have one all the same.
        facts.sort_keys();
        facts.values_mut().for_each(Value::sort_all_objects);
        Ok(NotificationView {
            id,
            kind,
            at: Timestamp::from_millisecond(at).map_err(Failure::broken)?,
            facts,
        })
    }
}

impl Directory {
    /// The write that tells `recipient`, without a condition: the same kind, `unique` text and time make the same
    /// item, so telling twice tells once. Facts stand beside `id`, `kind` and `at` and have other names.
    pub fn notification(
        &self,
        recipient: &Recipient,
        kind: &str,
        facts: Map<String, Value>,
        at: Timestamp,
        unique: &str,
    ) -> Result<Write, Failure> {
        let (key, record) = notification(recipient, kind, facts, at, unique)?;
        Ok(Write::put(&self.table, encode(&key, &record)?))
    }

    /// What somebody was told, newest first.
    pub async fn notifications(
        &self,
        recipient: &Recipient,
        page: &PageRequest,
    ) -> Result<Page<NotificationView>, Failure> {
        let found = match recipient {
            Recipient::User(_) => {
                let query = Query::of(&self.table, &recipient.list()).newest_first();
                self.store.page(&query, page).await?
            }
            Recipient::Merchant(_) => {
                let parts = (0..MERCHANT_NOTIFICATION_SHARDS_READ)
                    .map(|shard| Query::of(&self.table, &recipient.shard(shard)));
                self.store.merged_page(MergedList::new(recipient.list(), "sk", parts), page).await?
            }
        };
        found.try_map(|item| decode::<NotificationRecord>(item)?.view())
    }
}

fn notification(
    recipient: &Recipient,
    kind: &str,
    facts: Map<String, Value>,
    at: Timestamp,
    unique: &str,
) -> Result<(Key, NotificationRecord), Failure> {
    if let Some(name) = OWN_MEMBERS.iter().find(|name| facts.contains_key(**name)) {
        return Err(Failure::broken(format!("a notification's fact is named {name}")));
    }
    let id = derive_id("note_", &[&recipient.list(), kind, unique]);
    // Milliseconds have 13 digits until the year 2286.
    let key = Key::new(recipient.partition(&id), format!("{:013}#{id}", at.as_millisecond()));
    let ttl = (at + SignedDuration::from_hours(24 * NOTIFICATION_KEPT_DAYS)).as_second();
    Ok((key, NotificationRecord { id, kind: kind.to_owned(), at: at.as_millisecond(), facts, ttl }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn told(recipient: &Recipient, kind: &str, at: Timestamp, unique: &str) -> Key {
        notification(recipient, kind, Map::new(), at, unique).unwrap().0
    }

    #[test]
    fn telling_twice_tells_once() {
        let alice = Recipient::User("alice".into());
        let time = at(1_764_000_000_000);
        let key = told(&alice, "bill-unpaid", time, "bill_1");
        assert_eq!(told(&alice, "bill-unpaid", time, "bill_1"), key);
        assert_ne!(told(&alice, "bill-unpaid", time, "bill_2"), key);
        assert_ne!(told(&alice, "bill-settled", time, "bill_1"), key);
        assert_ne!(told(&Recipient::Merchant("mch_1".into()), "bill-unpaid", time, "bill_1").pk, key.pk);
    }

    #[test]
    fn what_a_merchant_is_told_lies_in_many_partitions_and_what_a_user_is_told_in_one() {
        let partitions = |recipient: &Recipient| -> std::collections::BTreeSet<String> {
            let unique = (0..400).map(|n| n.to_string());
            unique.map(|unique| told(recipient, "confirmation-rewarded", at(0), &unique).pk).collect()
        };
        let merchant = partitions(&Recipient::Merchant("mch_1".into()));
        let all = (0..MERCHANT_NOTIFICATION_SHARDS).map(|shard| format!("NOTE#mch_1#{shard:02}"));
        assert_eq!(merchant, all.collect());
        assert_eq!(partitions(&Recipient::User("alice".into())).len(), 1);
    }

    #[test]
    fn keys_order_by_time() {
        let alice = Recipient::User("alice".into());
        let earlier = told(&alice, "z", at(999_999_999_999), "z");
        let later = told(&alice, "a", at(1_000_000_000_000), "a");
        assert!(earlier.sk < later.sk);
    }

    #[test]
    fn it_is_shown_with_its_facts_and_kept_for_its_days() {
        let facts = Map::from_iter([("bill".to_owned(), json!("bill_1")), ("total".to_owned(), json!(1250))]);
        let recipient = Recipient::Merchant("mch_1".into());
        let (key, record) =
            notification(&recipient, "bill-unpaid", facts, at(1_764_000_000_000), "bill_1").unwrap();
        assert_eq!(record.ttl, 1_764_000_000 + 90 * 86_400);

        let item = encode(&key, &record).unwrap();
        let view = decode::<NotificationRecord>(item).unwrap().view().unwrap();
        assert_eq!(
            serde_json::to_value(view).unwrap(),
            json!({
                "id": record.id, "kind": "bill-unpaid", "at": "2025-11-24T16:00:00Z", "bill": "bill_1", "total": 1250,
            })
        );
    }

    #[test]
    fn facts_do_not_hide_its_own_members() {
        let facts = Map::from_iter([("kind".to_owned(), json!("x"))]);
        let told = notification(&Recipient::User("alice".into()), "k", facts, at(0), "u");
        assert!(matches!(told, Err(Failure::Broken(_))));
    }
}
