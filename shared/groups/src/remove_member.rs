//! A member leaves, or is removed by the owner.

use crate::group::GroupRecord;
use crate::groups::{Groups, changed, line, no_such_group};
use crate::member::{LeftRecord, MemberRecord};
use crate::message::EventKind;
use crate::sequence::Sequence;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write, encode};

/// What is read of a group, of who asks, and of who is to go.
type Found =
    (Option<GroupRecord>, Option<Sequence>, Option<MemberRecord>, Option<MemberRecord>, Option<LeftRecord>);

impl Groups {
    /// Takes a member out. Where the owner leaves, who has been in the group for the longest time is its owner from then on.
    /// Taking out again changes nothing.
    pub async fn remove_member(&self, user: &str, group: &str, member: &str) -> Result<(), Failure> {
        self.store.until_in_turn(|| self.try_remove_member(user, group, member)).await
    }

    async fn try_remove_member(&self, user: &str, group: &str, member: &str) -> Result<(), Failure> {
        let asked = (
            GroupRecord::key(group).at(&self.table),
            Sequence::key(group).at(&self.table),
            MemberRecord::key(group, user).at(&self.table),
            MemberRecord::key(group, member).at(&self.table),
            LeftRecord::key(group, member).at(&self.table),
        );
        let (record, sequence, asking, leaving, left): Found = self.store.read(asked).await?;
        let (Some(record), Some(sequence)) = (record, sequence) else { return Err(no_such_group().into()) };
        // Who has left is told that it is done, and nothing else. What is read together is not read at one moment: who seems
        // never to have been a member may have left in between.
        let has_left = LeftRecord::key(group, member).at(&self.table);
        if asking.is_none() && !(user == member && left.is_some()) {
            let unknown = no_such_group();
            if user != member {
                return Err(unknown.into());
            }
            return Err(self.store.unless_made(has_left, unknown).await);
        }
        if user != member && record.owner != user {
            return Err(Refusal::new(Code::WrongRole, "Only the group's owner may remove others.").into());
        }
        if leaving.is_none() {
            let missing = Refusal::new(Code::NotFound, "No member of this group has this id.");
            if left.is_some() {
                return Ok(());
            }
            return Err(self.store.unless_made(has_left, missing).await);
        }
        let owner =
            if record.owner == member { self.heir(group, member).await? } else { record.owner.clone() };
        let now = self.now();
        let kind = if user == member { EventKind::Left } else { EventKind::Removed };
        let told = line(group, sequence.next(), user, now, kind, vec![member.to_owned()]);
        let set = "SET member_count = :next, #owner = :owner";
        let count = Write::update(&self.table, GroupRecord::key(group), set)
            .when("member_count = :count AND #owner = :before")
            .name("#owner", "owner")
            .value(":next", record.member_count - 1)
            .value(":owner", owner)
            .value(":count", record.member_count)
            .value(":before", record.owner.as_str());
        let mut transaction = Transaction::new();
        transaction.require(count, |_| changed());
        let gone = Write::delete(&self.table, MemberRecord::key(group, member)).when("attribute_exists(pk)");
        transaction.require(gone, |_| changed());
        let left = encode(&LeftRecord::key(group, member), &LeftRecord::new(group, now))?;
        transaction.require(Write::put(&self.table, left), |_| changed());
        self.append(&mut transaction, &sequence, &told)?;
        self.store.commit(transaction).await?;
        Ok(())
    }

    /// Who owns a group once its owner has left: whoever has been in it for the longest time, or nobody any more.
    async fn heir(&self, group: &str, owner: &str) -> Result<String, Failure> {
        let members = self.members(group).await?;
        let heir = members.into_iter().map(|member| member.member).find(|member| member != owner);
        Ok(heir.unwrap_or_else(|| owner.to_owned()))
    }
}
