//! The numbers of a group's messages: each message is written together with the step to its number, so that numbers have
//! no gap, and who has seen a number has seen all below it.

use crate::group::partition;
use crate::groups::{Groups, changed};
use crate::message::MessageRecord;
use scrip_refusal::Failure;
use scrip_store::{Key, Transaction, Write, encode};
use serde::{Deserialize, Serialize};

/// How far a group's numbers have come. It is the one item that all who write into a group meet at, and holds nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The number of the last message; 0 before the first one.
    pub n: i64,
    /// When that was, in milliseconds since the epoch.
    pub last_at: i64,
}

impl Sequence {
    /// The key of a group's numbers.
    pub fn key(group: &str) -> Key {
        Key::new(partition(group), "SEQ")
    }

    /// The number of the next message.
    pub fn next(&self) -> i64 {
        self.n.saturating_add(1)
    }
}

impl Groups {
    /// Adds a message, which has the number after the one that was read: if another one has it by now, nothing takes place.
    pub fn append(
        &self,
        transaction: &mut Transaction<'_>,
        sequence: &Sequence,
        message: &MessageRecord,
    ) -> Result<(), Failure> {
        let step = Write::update(&self.table, Sequence::key(&message.group), "SET n = :next, last_at = :now")
            .when("n = :n")
            .value(":next", message.seq)
            .value(":now", message.at)
            .value(":n", sequence.n);
        transaction.require(step, |_| changed());
        let key = MessageRecord::key(&message.group, message.seq);
        transaction.require(Write::put_new(&self.table, encode(&key, message)?), |_| changed());
        Ok(())
    }
}
