//! Reading groups.

use crate::group::{GroupRecord, GroupSummary, GroupView};
use crate::groups::Groups;
use crate::limits::MAX_UNREAD_COUNTED;
use crate::member::MemberRecord;
use crate::sequence::Sequence;
use scrip_refusal::Failure;
use scrip_store::{Key, Page, PageRequest, Query, text};

/// What is read of several groups, and of one member in them.
type Found = (Vec<Option<GroupRecord>>, Vec<Option<Sequence>>, Vec<Option<MemberRecord>>);

impl Groups {
    /// A group with its members, as one of them sees it.
    pub async fn view(&self, user: &str, group: &str) -> Result<GroupView, Failure> {
        let (record, sequence, member) = self.group_of(user, group).await?;
        let members = self.members(group).await?.into_iter().map(|member| member.member).collect();
        Ok(GroupView { summary: self.summary(record, &sequence, &member).await?, members })
    }

    /// One page of a user's groups, in which they were first at first.
    pub async fn list(&self, user: &str, page: &PageRequest) -> Result<Page<GroupSummary>, Failure> {
        let query = Query::of_index(&self.table, "by-member", "member", user);
        let found = self.store.page(&query, page).await?;
        let groups = found.items.iter().map(|item| {
            let group = text(item, "pk").and_then(|pk| pk.strip_prefix("GRP#"));
            group.ok_or_else(|| Failure::broken("an index without keys"))
        });
        let groups: Vec<&str> = groups.collect::<Result<_, _>>()?;
        let at = |key: Key| key.at(&self.table);
        let asked = (
            groups.iter().map(|group| at(GroupRecord::key(group))).collect::<Vec<_>>(),
            groups.iter().map(|group| at(Sequence::key(group))).collect::<Vec<_>>(),
            groups.iter().map(|group| at(MemberRecord::key(group, user))).collect::<Vec<_>>(),
        );
        let (records, sequences, members): Found = self.store.read(asked).await?;
        let mut items = Vec::new();
        for ((record, sequence), member) in records.into_iter().zip(sequences).zip(members) {
            // Who has just left is still in the index.
            if let (Some(record), Some(sequence), Some(member)) = (record, sequence, member) {
                items.push(self.summary(record, &sequence, &member).await?);
            }
        }
        Ok(Page { items, next: found.next })
    }

    async fn summary(
        &self,
        record: GroupRecord,
        sequence: &Sequence,
        member: &MemberRecord,
    ) -> Result<GroupSummary, Failure> {
        let unread = self.unread(member, sequence, MAX_UNREAD_COUNTED).await?;
        Ok(GroupSummary {
            id: record.id,
            name: record.name,
            owner: record.owner,
            version: record.version,
            member_count: record.member_count,
            seq: sequence.n,
            read: member.read_seq,
            unread,
        })
    }
}
