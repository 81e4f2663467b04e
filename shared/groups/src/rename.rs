//! The owner gives a group another name.

use crate::group::{GroupRecord, Renaming};
use crate::groups::{Groups, changed, line};
use crate::limits::RENAMINGS_REMEMBERED;
use crate::message::EventKind;
use schemars::JsonSchema;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_NAME_CHARACTERS, check_text};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Another name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "version": 1, "name": "Friday lunch" }))]
pub struct RenameGroup {
    /// The version that the owner saw.
    #[schemars(range(min = 1))]
    pub version: i64,
    /// What its members are to call it, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
    pub name: String,
}

/// A group under its new name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "grp_0123456789abcdefghjkmnpqrs",
    "name": "Friday lunch",
    "owner": "alice",
    "version": 2,
}))]
pub struct RenamedGroup {
    /// The id, `grp_…`.
    pub id: String,
    /// What its members call it.
    pub name: String,
    /// The id of the user who renamed it.
    pub owner: String,
    /// Told when it is renamed again.
    pub version: i64,
}

impl Groups {
    /// Renames a group, and tells its members.
    pub async fn rename(
        &self,
        user: &str,
        group: &str,
        request: RenameGroup,
        origin: &Origin,
    ) -> Result<Created<RenamedGroup>, Failure> {
        check_text(&request.name, "/name", MAX_NAME_CHARACTERS)?;
        let this = origin.id_within(origin.fingerprint.as_str(), "grnm_");
        let replayed = self.store.until_in_turn(|| self.try_rename(user, group, &request, &this)).await?;
        let value = RenamedGroup {
            id: group.to_owned(),
            name: request.name,
            owner: user.to_owned(),
            version: request.version.saturating_add(1),
        };
        Ok(Created { value, replayed })
    }

    async fn try_rename(
        &self,
        user: &str,
        group: &str,
        request: &RenameGroup,
        this: &str,
    ) -> Result<bool, Failure> {
        let (record, sequence, _) = self.group_of(user, group).await?;
        if record.renamings.iter().any(|renaming| renaming.request == this) {
            return Ok(true);
        }
        if record.owner != user {
            return Err(Refusal::new(Code::WrongRole, "Only the group's owner may rename it.").into());
        }
        if record.version != request.version {
            let detail = "The group was renamed meanwhile. Read it and decide again.";
            return Err(Refusal::new(Code::VersionStale, detail).with("current", record.version).into());
        }
        let now = self.now();
        let next = record.version.saturating_add(1);
        let renaming = Renaming { request: this.to_owned(), version: next };
        let forgotten = (record.renamings.len() + 1).saturating_sub(RENAMINGS_REMEMBERED);
        let remembered: Vec<_> = record.renamings.iter().skip(forgotten).chain([&renaming]).collect();
        let remembered: AttributeValue =
            serde_dynamo::to_attribute_value(remembered).map_err(Failure::broken)?;
        let set = "SET #name = :name, version = :next, renamings = :renamings";
        let write = Write::update(&self.table, GroupRecord::key(group), set)
            .when("version = :version AND #owner = :owner")
            .name("#name", "name")
            .name("#owner", "owner")
            .value(":name", request.name.as_str())
            .value(":next", next)
            .value(":renamings", remembered)
            .value(":version", record.version)
            .value(":owner", user);
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        let told = line(group, sequence.next(), user, now, EventKind::Renamed, Vec::new());
        self.append(&mut transaction, &sequence, &told)?;
        self.store.commit(transaction).await?;
        Ok(false)
    }
}
