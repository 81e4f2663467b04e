//! A member of a group, and who was one.

use crate::group::partition;
use crate::limits::LEAVING_REMEMBERED_DAYS;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_fields::user_in_key;
use scrip_store::Key;
use serde::{Deserialize, Serialize};

/// What the keys of members begin with.
pub(crate) const MEMBER: &str = "MBR#";

/// The stored member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The group.
    pub group: String,
    /// Who it is: the index `by-member` has it under this name.
    pub member: String,
    /// The place in the list of the user's groups: when they joined, and the group.
    pub joined: String,
    /// The last message that was there before: nothing up to it is for this member to see.
    pub from_seq: i64,
    /// Up to which message the member has read.
    pub read_seq: i64,
}

/// That somebody was a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRecord {
    /// The group.
    pub group: String,
    /// When it is forgotten, in seconds since the epoch.
    pub ttl: i64,
}

impl MemberRecord {
    /// Somebody who joins a group now, in which this was the last message.
    pub(crate) fn new(group: &str, user: &str, now: Timestamp, seq: i64) -> Self {
        Self {
            group: group.to_owned(),
            member: user.to_owned(),
            joined: format!("{:013}#{group}", now.as_millisecond()),
            from_seq: seq,
            read_seq: seq,
        }
    }

    /// The key of a member.
    pub fn key(group: &str, user: &str) -> Key {
        Key::new(partition(group), format!("{MEMBER}{}", user_in_key(user)))
    }
}

impl LeftRecord {
    /// The key of who was a member.
    pub fn key(group: &str, user: &str) -> Key {
        Key::new(partition(group), format!("LEFT#{}", user_in_key(user)))
    }

    pub(crate) fn new(group: &str, now: Timestamp) -> Self {
        let ttl = now + SignedDuration::from_hours(24 * LEAVING_REMEMBERED_DAYS);
        Self { group: group.to_owned(), ttl: ttl.as_second() }
    }
}
