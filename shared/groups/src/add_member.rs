//! A member adds a contact of theirs.

use crate::create::not_a_contact;
use crate::group::GroupRecord;
use crate::groups::{Groups, changed, line, no_such_group};
use crate::limits::MAX_MEMBERS;
use crate::member::MemberRecord;
use crate::message::EventKind;
use crate::sequence::Sequence;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write, encode};

/// What is read of a group, of who asks, and of who is to be added.
type Found = (Option<GroupRecord>, Option<Sequence>, Option<MemberRecord>, Option<MemberRecord>);

impl Groups {
    /// Adds a mutual contact of a member. Adding again changes nothing.
    pub async fn add_member(&self, user: &str, group: &str, new: &str) -> Result<(), Failure> {
        self.store.until_in_turn(|| self.try_add_member(user, group, new)).await
    }

    async fn try_add_member(&self, user: &str, group: &str, new: &str) -> Result<(), Failure> {
        let asked = (
            GroupRecord::key(group).at(&self.table),
            Sequence::key(group).at(&self.table),
            MemberRecord::key(group, user).at(&self.table),
            MemberRecord::key(group, new).at(&self.table),
        );
        let found: Found = self.store.read(asked).await?;
        let (Some(record), Some(sequence), Some(_), member) = found else {
            return Err(no_such_group().into());
        };
        if member.is_some() {
            return Ok(());
        }
        if record.member_count >= MAX_MEMBERS {
            let detail = format!("A group has at most {MAX_MEMBERS} members.");
            let made = MemberRecord::key(group, new).at(&self.table);
            return Err(self.store.unless_made(made, Refusal::new(Code::LimitExceeded, detail)).await);
        }
        let now = self.now();
        let told = line(group, sequence.next(), user, now, EventKind::Joined, vec![new.to_owned()]);
        let joining = MemberRecord::new(group, new, now, sequence.n);
        let joining = MemberRecord { read_seq: told.seq, ..joining };
        let mut transaction = Transaction::new();
        let contact = self.directory.contact_check(user, new);
        transaction.require(contact, |_| not_a_contact(new));
        let count = Write::update(&self.table, GroupRecord::key(group), "SET member_count = :next")
            .when("member_count = :count")
            .value(":next", record.member_count + 1)
            .value(":count", record.member_count);
        transaction.require(count, |_| changed());
        let item = encode(&MemberRecord::key(group, new), &joining)?;
        transaction.require(Write::put_new(&self.table, item), |_| changed());
        self.append(&mut transaction, &sequence, &told)?;
        self.store.commit(transaction).await?;
        Ok(())
    }
}
