//! Contacts: each user names others; a contact is mutual once both have.

use crate::{Directory, Recipient};
use schemars::JsonSchema;
use scrip_fields::user_in_key;
use scrip_refusal::{Failure, SEND_AGAIN};
use scrip_store::{Commit, Key, Page, PageRequest, Query, Transaction, Write, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One user's side of a contact. Both sides are written together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRecord {
    /// Whose side this is.
    pub user: String,
    /// The other user.
    pub contact: String,
    /// Whether this user has named the other.
    #[serde(default)]
    pub mine: bool,
    /// Whether the other has named this user.
    #[serde(default)]
    pub theirs: bool,
    /// Counts changes, on both sides alike.
    pub version: i64,
}

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactStatus {
    /// The other user has not named this one.
    Pending,
    /// Both have named each other.
    Mutual,
}

/// A contact, as the user who named it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Contact", example = json!({ "user": "carol", "status": "mutual" }))]
pub struct ContactView {
    /// The id of the user who was named.
    pub user: String,
    /// Where it stands.
    pub status: ContactStatus,
}

impl ContactRecord {
    fn view(self) -> ContactView {
        let status = if self.mine && self.theirs { ContactStatus::Mutual } else { ContactStatus::Pending };
        ContactView { user: self.contact, status }
    }

    fn other_side(&self) -> Self {
        let Self { user, contact, mine, theirs, version } = self.clone();
        Self { user: contact, contact: user, mine: theirs, theirs: mine, version }
    }

    /// Puts this in the place of a version, or deletes what neither has named.
    fn write(&self, table: &str, before: i64) -> Result<Write, Failure> {
        let key = contact_key(&self.user, &self.contact);
        let write = if self.mine || self.theirs {
            Write::put(table, encode(&key, self)?)
        } else {
            Write::delete(table, key)
        };
        Ok(match before {
            0 => write.when("attribute_not_exists(pk)"),
            before => write.when("#version = :before").name("#version", "version").value(":before", before),
        })
    }
}

fn contacts_partition(user: &str) -> String {
    format!("CONTACTS#{}", user_in_key(user))
}

/// The key of `user`'s side.
pub fn contact_key(user: &str, contact: &str) -> Key {
    Key::new(contacts_partition(user), format!("CONTACT#{}", user_in_key(contact)))
}

impl Directory {
    /// Holds in a transaction only while the two are contacts of each other.
    pub fn contact_check(&self, user: &str, contact: &str) -> Write {
        Write::check(&self.table, contact_key(user, contact))
            .when("mine = :yes AND theirs = :yes")
            .value(":yes", true)
    }

    /// Whether the two are contacts of each other.
    pub async fn are_contacts(&self, user: &str, contact: &str) -> Result<bool, Failure> {
        let side: Option<ContactRecord> = self.read(&contact_key(user, contact)).await?;
        Ok(side.is_some_and(|side| side.mine && side.theirs))
    }

    /// A user names another one as a contact. Naming again changes nothing. The other is told.
    pub async fn put_contact(&self, user: &str, contact: &str) -> Result<ContactView, Failure> {
        Ok(self.change_contact(user, contact, true).await?.view())
    }

    /// A user gives a contact up.
    pub async fn remove_contact(&self, user: &str, contact: &str) -> Result<(), Failure> {
        self.change_contact(user, contact, false).await.map(drop)
    }

    /// Whom a user has named.
    pub async fn contacts(&self, user: &str, page: &PageRequest) -> Result<Page<ContactView>, Failure> {
        let query = Query::of(&self.table, &contacts_partition(user));
        let mut wanted = page.clone();
        // What only the other has named stands in the same partition, so a page of these alone is passed over.
        loop {
            let Page { items, next } = self.store.page(&query, &wanted).await?;
            let sides: Vec<ContactRecord> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
            let items: Vec<_> = sides.into_iter().filter(|side| side.mine).map(ContactRecord::view).collect();
            if !items.is_empty() || next.is_none() {
                return Ok(Page { items, next });
            }
            wanted.after = next;
        }
    }

    async fn change_contact(&self, user: &str, contact: &str, named: bool) -> Result<ContactRecord, Failure> {
        self.store.until_unchanged(|| self.try_change_contact(user, contact, named)).await
    }

    async fn try_change_contact(
        &self,
        user: &str,
        contact: &str,
        named: bool,
    ) -> Result<ContactRecord, Failure> {
        let before: Option<ContactRecord> = self.read(&contact_key(user, contact)).await?;
        let version = before.as_ref().map_or(0, |side| side.version);
        let before = before.unwrap_or_else(|| ContactRecord {
            user: user.to_owned(),
            contact: contact.to_owned(),
            mine: false,
            theirs: false,
            version,
        });
        if before.mine == named {
            return Ok(before);
        }
        let side = ContactRecord { mine: named, version: version.saturating_add(1), ..before };
        let changed = |_| Failure::Changed(SEND_AGAIN);
        let mut transaction = Transaction::new();
        transaction.require(side.write(&self.table, version)?, changed);
        transaction.require(side.other_side().write(&self.table, version)?, changed);
        if named {
            let kind = if side.theirs { "contact-accepted" } else { "contact-requested" };
            let facts = Map::from_iter([("user".to_owned(), Value::from(user))]);
            let recipient = Recipient::User(contact.to_owned());
            let unique = format!("{user}#{}", side.version);
            let note = self.notification(&recipient, kind, facts, self.clock.now(), &unique)?;
            transaction.require(note, changed);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(side),
            Commit::Exists(_) => Err(Failure::broken("a contact is not created")),
        }
    }
}
