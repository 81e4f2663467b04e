//! How far a member has read: forward alone.

use crate::groups::{Groups, no_such_group};
use crate::member::MemberRecord;
use crate::sequence::Sequence;
use schemars::JsonSchema;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write};
use serde::Deserialize;
use serde_json::json;

/// Up to which message a member has read.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "seq": 12 }))]
pub struct MarkRead {
    /// The number of the message, from 0 to the group's last one. Where it lies before what was read, nothing changes.
    #[schemars(range(min = 0))]
    pub seq: i64,
}

impl Groups {
    /// Moves a member's mark.
    pub async fn mark_read(&self, user: &str, group: &str, request: MarkRead) -> Result<(), Failure> {
        let asked = (Sequence::key(group).at(&self.table), MemberRecord::key(group, user).at(&self.table));
        let found: (Option<Sequence>, Option<MemberRecord>) = self.store.read(asked).await?;
        let (Some(sequence), Some(member)) = found else { return Err(no_such_group().into()) };
        if !(0..=sequence.n).contains(&request.seq) {
            let detail = format!("the number of a message, {} at most", sequence.n);
            return Err(Refusal::field("/seq", Code::OutOfRange, detail).into());
        }
        if request.seq <= member.read_seq {
            return Ok(());
        }
        let write = Write::update(&self.table, MemberRecord::key(group, user), "SET read_seq = :seq")
            .when("attribute_exists(pk) AND read_seq < :seq")
            .value(":seq", request.seq);
        let mut transaction = Transaction::new();
        transaction.require(write, |item| match item {
            Some(_) => Failure::Changed("It was read further meanwhile."),
            None => no_such_group().into(),
        });
        match self.store.commit(transaction).await {
            Ok(_) | Err(Failure::Changed(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
