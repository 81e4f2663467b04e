//! A group as it is stored and shown.

use schemars::JsonSchema;
use scrip_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The stored group. Who is in it and what was said stand in items of their own, in the same partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The id, `grp_…`.
    pub id: String,
    /// What its members call it.
    pub name: String,
    /// Who may rename it and remove others.
    pub owner: String,
    /// How many are in it; none once the last one has left.
    pub member_count: i64,
    /// Counts renamings.
    pub version: i64,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: i64,
    /// The last renamings, oldest first: repeated, each gets its first answer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub renamings: Vec<Renaming>,
    /// The hash of the request that made it.
    pub request_hash: String,
}

/// A renaming, by which a repeated one is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renaming {
    /// Derived from who asked with which key and body.
    pub request: String,
    /// The version that it made.
    pub version: i64,
}

/// A group as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Group", example = json!({
    "id": "grp_0123456789abcdefghjkmnpqrs",
    "name": "Thursday lunch",
    "owner": "alice",
    "version": 1,
    "member_count": 3,
    "seq": 12,
    "read": 10,
    "unread": 1,
    "members": ["alice", "bo", "chen"],
}))]
pub struct GroupView {
    /// The group.
    #[serde(flatten)]
    pub summary: GroupSummary,
    /// The ids of its users, who came first at first.
    pub members: Vec<String>,
}

/// A group in a member's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "grp_0123456789abcdefghjkmnpqrs",
    "name": "Thursday lunch",
    "owner": "alice",
    "version": 1,
    "member_count": 3,
    "seq": 12,
    "read": 10,
    "unread": 1,
}))]
pub struct GroupSummary {
    /// The id, `grp_…`.
    pub id: String,
    /// What its members call it, 1 to 100 characters.
    pub name: String,
    /// The id of the user who may rename it and remove others.
    pub owner: String,
    /// Counts renamings; told when it is renamed.
    pub version: i64,
    /// How many users are in it, 100 at most.
    pub member_count: i64,
    /// The number of its last message; 0 before the first one.
    pub seq: i64,
    /// The number of the message up to which this member has read.
    pub read: i64,
    /// How many messages of others this member has not read, 100 at most: who has more is told 100.
    pub unread: i64,
}

impl GroupRecord {
    /// The key of a group.
    pub fn key(group: &str) -> Key {
        Key::new(partition(group), "META")
    }
}

/// Where all that belongs to a group stands.
pub(crate) fn partition(group: &str) -> String {
    format!("GRP#{group}")
}
