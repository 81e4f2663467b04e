//! Making a group.

use crate::GROUP_PREFIX;
use crate::group::GroupRecord;
use crate::groups::Groups;
use crate::limits::MAX_MEMBERS_AT_CREATION;
use crate::member::MemberRecord;
use crate::sequence::Sequence;
use schemars::JsonSchema;
use scrip_directory::{ContactRecord, contact_key};
use scrip_fields::schema::{Text, User};
use scrip_fields::{MAX_NAME_CHARACTERS, check_text, check_user, invalid};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Origin, Raw, Transaction, Write, check_replay, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// A new group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "name": "Thursday lunch", "members": ["bo", "chen"] }))]
pub struct CreateGroup {
    /// What its members call it, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
    pub name: String,
    /// The ids of users who are mutual contacts of the caller, 1 to 97; the caller is its owner and is not named.
    #[schemars(with = "Vec<User>", length(min = 1, max = MAX_MEMBERS_AT_CREATION))]
    pub members: Vec<String>,
}

/// A group that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "grp_0123456789abcdefghjkmnpqrs",
    "name": "Thursday lunch",
    "owner": "alice",
    "version": 1,
    "members": ["alice", "bo", "chen"],
}))]
pub struct CreatedGroup {
    /// The id, `grp_…`.
    pub id: String,
    /// What its members call it.
    pub name: String,
    /// The id of the user who made it.
    pub owner: String,
    /// 1; told when it is renamed.
    pub version: i64,
    /// The ids of its users, the owner first.
    pub members: Vec<String>,
}

impl CreateGroup {
    fn check(&self, owner: &str) -> Result<(), Refusal> {
        check_text(&self.name, "/name", MAX_NAME_CHARACTERS)?;
        if self.members.is_empty() {
            return Err(Refusal::field("/members", Code::OutOfRange, "name somebody"));
        }
        if self.members.len() > MAX_MEMBERS_AT_CREATION {
            let detail = format!("at most {MAX_MEMBERS_AT_CREATION} members; more can be added later");
            return Err(Refusal::field("/members", Code::TooMany, detail));
        }
        let mut seen = BTreeSet::from([owner]);
        for (place, member) in self.members.iter().enumerate() {
            let pointer = format!("/members/{place}");
            check_user(member, &pointer)?;
            if !seen.insert(member) {
                return Err(invalid(pointer, "each user once, and not the caller"));
            }
        }
        Ok(())
    }
}

impl Groups {
    /// Makes a group of a user and contacts of theirs.
    pub async fn create(
        &self,
        owner: &str,
        request: CreateGroup,
        origin: &Origin,
    ) -> Result<Created<CreatedGroup>, Failure> {
        request.check(owner)?;
        let id = origin.id(GROUP_PREFIX);
        let contacts = request.members.iter().map(|member| contact_key(owner, member));
        let contacts: Vec<_> = contacts.map(|key| key.at(self.directory.table())).collect();
        let asked = (GroupRecord::key(&id).at(&self.table), contacts);
        let (made, contacts): (Option<Raw>, Vec<Option<ContactRecord>>) = self.store.read(asked).await?;
        let replayed = if let Some(Raw(item)) = made {
            check_replay(&item, &origin.fingerprint)?;
            true
        } else {
            for (member, contact) in request.members.iter().zip(&contacts) {
                if !contact.as_ref().is_some_and(|side| side.mine && side.theirs) {
                    let made = GroupRecord::key(&id).at(&self.table);
                    return Err(self.store.unless_made(made, not_a_contact(member)).await);
                }
            }
            self.write_new(&id, owner, &request, origin).await?
        };
        // Made of the request, not of the group as it is now: a repeated request gets the first answer.
        let members = [owner.to_owned()].into_iter().chain(request.members).collect();
        let value = CreatedGroup { id, name: request.name, owner: owner.to_owned(), version: 1, members };
        Ok(Created { value, replayed })
    }

    /// Whether an earlier request has written it.
    async fn write_new(
        &self,
        id: &str,
        owner: &str,
        request: &CreateGroup,
        origin: &Origin,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let members = [owner].into_iter().chain(request.members.iter().map(String::as_str));
        let record = GroupRecord {
            id: id.to_owned(),
            name: request.name.clone(),
            owner: owner.to_owned(),
            member_count: i64::try_from(request.members.len() + 1).map_err(Failure::broken)?,
            version: 1,
            created_at: now.as_millisecond(),
            renamings: Vec::new(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let sequence = Sequence { n: 0, last_at: now.as_millisecond() };
        let taken = |_| Failure::broken("a part of a new group exists");
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&GroupRecord::key(id), &record)?);
        let numbers = encode(&Sequence::key(id), &sequence)?;
        transaction.require(Write::put_new(&self.table, numbers), taken);
        for member in members {
            let item = encode(&MemberRecord::key(id, member), &MemberRecord::new(id, member, now, 0))?;
            transaction.require(Write::put_new(&self.table, item), taken);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(false),
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                Ok(true)
            }
        }
    }
}

pub(crate) fn not_a_contact(user: &str) -> Refusal {
    let detail = "Only mutual contacts can be added: both have to name each other first.";
    Refusal::new(Code::NotAContact, detail).with("user", user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(members: &[&str]) -> Result<(), (String, Code)> {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        let request = CreateGroup { name: "Lunch".to_owned(), members };
        request.check("alice").map_err(|refusal| (refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn each_member_is_named_once_and_the_owner_is_not() {
        assert_eq!(check(&["bo", "chen"]), Ok(()));
        assert_eq!(check(&["bo", "bo"]), Err(("/members/1".to_owned(), Code::InvalidField)));
        assert_eq!(check(&["bo", "alice"]), Err(("/members/1".to_owned(), Code::InvalidField)));
        assert_eq!(check(&[]), Err(("/members".to_owned(), Code::OutOfRange)));
    }

    #[test]
    fn a_group_is_made_of_what_one_transaction_holds() {
        let names: Vec<String> = (0..=MAX_MEMBERS_AT_CREATION).map(|n| format!("user-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(check(&names[1..]), Ok(()));
        assert_eq!(check(&names), Err(("/members".to_owned(), Code::TooMany)));
    }
}
