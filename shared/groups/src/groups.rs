//! Groups, for one invocation.

use crate::group::{GroupRecord, partition};
use crate::member::{MEMBER, MemberRecord};
use crate::message::{EventKind, EventView, MessageKind, MessageRecord};
use crate::sequence::Sequence;
use crate::{MESSAGE_PREFIX, limits::MAX_MEMBERS};
use scrip_capability::capability;
use scrip_clock::Timestamp;
use scrip_directory::Directory;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Query, decode, derive_id};

capability! {
    /// Groups and their messages.
    pub struct Groups in "GROUPS_TABLE" {
        pub(crate) directory: Directory,
    }
}

impl Groups {
    /// All members, who joined first at first.
    pub(crate) async fn members(&self, group: &str) -> Result<Vec<MemberRecord>, Failure> {
        let query = Query::of(&self.table, &partition(group));
        let query = query.range("begins_with(sk, :prefix)").value(":prefix", MEMBER);
        let most = u32::try_from(MAX_MEMBERS).map_err(Failure::broken)?;
        let items = self.store.all(&query, most).await?;
        let mut members: Vec<MemberRecord> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        members.sort_by(|one, other| (&one.joined, &one.member).cmp(&(&other.joined, &other.member)));
        Ok(members)
    }

    /// A group that somebody is in, with its numbers.
    pub(crate) async fn group_of(
        &self,
        user: &str,
        group: &str,
    ) -> Result<(GroupRecord, Sequence, MemberRecord), Failure> {
        let asked = (
            GroupRecord::key(group).at(&self.table),
            Sequence::key(group).at(&self.table),
            MemberRecord::key(group, user).at(&self.table),
        );
        let found: (Option<GroupRecord>, Option<Sequence>, Option<MemberRecord>) =
            self.store.read(asked).await?;
        match found {
            (Some(group), Some(sequence), Some(member)) => Ok((group, sequence, member)),
            _ => Err(no_such_group().into()),
        }
    }
}

/// The line that tells of an event. Its number makes its id.
pub(crate) fn line(
    group: &str,
    seq: i64,
    by: &str,
    now: Timestamp,
    kind: EventKind,
    users: Vec<String>,
) -> MessageRecord {
    MessageRecord {
        id: derive_id(MESSAGE_PREFIX, &["event", group, &seq.to_string()]),
        group: group.to_owned(),
        seq,
        kind: MessageKind::Event,
        from: by.to_owned(),
        at: now.as_millisecond(),
        text: None,
        event: Some(EventView { kind, users }),
        request: None,
    }
}

/// The refusal of a group that does not exist, or that the caller is not in.
pub fn no_such_group() -> Refusal {
    Refusal::new(Code::NotFound, "No group that you are in has this id.")
}

/// The group changed meanwhile; nothing is wrong.
pub(crate) fn changed() -> Failure {
    Failure::Changed("The group is changing. Send the same request again.")
}
