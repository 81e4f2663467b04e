//! What is done to messages.

use super::{Store, milliseconds};
use crate::attributes::{self, Attributes};
use crate::receipt::Receipt;
use crate::spec::QueueSpec;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::collections::BTreeMap;

/// The longest time from a receive for which a message stays hidden.
const HIDDEN_MAX_SECONDS: u32 = 43_200;

pub(crate) struct NewMessage {
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    pub(crate) system_attributes: BTreeMap<String, String>,
    pub(crate) delay_seconds: Option<u32>,
}

impl NewMessage {
    /// Bytes as SQS counts them: the body and the attributes' names, types and values.
    pub(crate) fn size(&self) -> usize {
        self.body.len() + attributes::size(&self.attributes)
    }
}

/// A message that was received.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) receipt: Receipt,
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    pub(crate) system_attributes: BTreeMap<String, String>,
    pub(crate) sent: i64,
    pub(crate) first_received: i64,
    pub(crate) receives: u32,
    size: usize,
}

#[derive(Clone, Copy)]
pub(crate) struct Receive {
    pub(crate) messages_max: usize,
    /// What the messages may amount to, each with `overhead_bytes`; the first is always taken.
    pub(crate) bytes_max: usize,
    pub(crate) overhead_bytes: usize,
    pub(crate) visibility_timeout_seconds: u32,
}

#[derive(Default)]
pub(crate) struct Received {
    pub(crate) messages: Vec<Message>,
    /// How many messages went to the dead-letter queue instead.
    pub(crate) dead_letters: usize,
}

/// What a change of visibility came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hiding {
    Changed,
    UnknownMessage,
    NotInFlight,
    TooLong,
}

impl Store {
    /// Adds messages, all or none, and tells their ids.
    pub(crate) fn send(
        &mut self,
        queue: &QueueSpec,
        messages: &[NewMessage],
        now: i64,
    ) -> rusqlite::Result<Vec<String>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut ids = Vec::with_capacity(messages.len());
        for message in messages {
            let id = message_id();
            let delay = milliseconds(message.delay_seconds.unwrap_or(queue.delay_seconds));
            transaction
                .prepare_cached(
                    "INSERT INTO messages
                     (queue, id, body, attributes, system_attributes, size, sent, visible_from)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    queue.name,
                    id,
                    message.body,
                    to_json(&message.attributes)?,
                    to_json(&message.system_attributes)?,
                    i64::try_from(message.size()).unwrap_or(i64::MAX),
                    now,
                    now + delay,
                ])?;
            ids.push(id);
        }
        transaction.commit()?;
        Ok(ids)
    }

    /// Takes visible messages, oldest first, and hides them. What was received often enough goes to the
    /// dead-letter queue instead, with its id and attributes.
    pub(crate) fn receive(
        &mut self,
        queue: &QueueSpec,
        receive: Receive,
        now: i64,
    ) -> rusqlite::Result<Received> {
        if self.earliest(queue, now)?.is_none_or(|visible_from| visible_from > now) {
            return Ok(Received::default());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        expire(&transaction, queue, now)?;
        let dead_letters = bury(&transaction, queue, now)?;
        let mut messages = visible(&transaction, queue, receive, now)?;
        for message in &mut messages {
            transaction
                .prepare_cached(
                    "UPDATE messages SET receipt = ?2, received = ?3, first_received = ?4, visible_from = ?5,
                     receives = receives + 1, receives_here = receives_here + 1 WHERE sequence = ?1",
                )?
                .execute(params![
                    message.receipt.sequence,
                    message.receipt.nonce,
                    now,
                    message.first_received,
                    now + milliseconds(receive.visibility_timeout_seconds),
                ])?;
        }
        transaction.commit()?;
        Ok(Received { messages, dead_letters })
    }

    /// Deletes what is still held under these receipts; others are left alone, as they were received since.
    pub(crate) fn delete(&mut self, queue: &QueueSpec, receipts: &[Receipt]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for receipt in receipts {
            transaction
                .prepare_cached("DELETE FROM messages WHERE sequence = ?1 AND receipt = ?2 AND queue = ?3")?
                .execute(params![receipt.sequence, receipt.nonce, queue.name])?;
        }
        transaction.commit()
    }

    /// Hides a message in flight for so long from now; 0 s makes it visible.
    pub(crate) fn hide(
        &mut self,
        queue: &QueueSpec,
        receipt: &Receipt,
        seconds: u32,
        now: i64,
    ) -> rusqlite::Result<Hiding> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let held: Option<(i64, i64)> = transaction
            .query_row(
                "SELECT visible_from, received FROM messages WHERE sequence = ?1 AND receipt = ?2 AND queue = ?3",
                params![receipt.sequence, receipt.nonce, queue.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let visible_from = now + milliseconds(seconds);
        match held {
            None => return Ok(Hiding::UnknownMessage),
            Some((hidden_until, _)) if hidden_until <= now => return Ok(Hiding::NotInFlight),
            Some((_, received)) if visible_from - received > milliseconds(HIDDEN_MAX_SECONDS) => {
                return Ok(Hiding::TooLong);
            }
            Some(_) => {}
        }
        transaction.execute(
            "UPDATE messages SET visible_from = ?2 WHERE sequence = ?1",
            params![receipt.sequence, visible_from],
        )?;
        transaction.commit()?;
        Ok(Hiding::Changed)
    }

    /// Deletes every message of the queue.
    pub(crate) fn purge(&mut self, queue: &QueueSpec) -> rusqlite::Result<()> {
        self.connection.execute("DELETE FROM messages WHERE queue = ?1", [&queue.name]).map(drop)
    }

    /// Moves what is visible in a dead-letter queue to `destination`, or to the queue that it came from, where that
    /// is one of `sources`. Moved messages count as new: they have new ids and were sent now.
    pub(crate) fn redrive(
        &mut self,
        dead: &QueueSpec,
        destination: Option<&str>,
        sources: &[(String, String)],
        now: i64,
    ) -> rusqlite::Result<usize> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let letters: Vec<(i64, Option<String>)> = transaction
            .prepare(
                "SELECT sequence, json_extract(system_attributes, '$.DeadLetterQueueSourceArn') FROM messages
                 WHERE queue = ?1 AND visible_from <= ?2 ORDER BY visible_from, sequence",
            )?
            .query_map(params![dead.name, now], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut moved = 0;
        for (sequence, source) in letters {
            let origin = || {
                sources.iter().find(|(arn, _)| Some(arn) == source.as_ref()).map(|(_, name)| name.as_str())
            };
            let Some(queue) = destination.or_else(origin) else { continue };
            moved += transaction.execute(
                "UPDATE messages SET queue = ?2, id = ?3, sent = ?4, visible_from = ?4, received = NULL,
                 first_received = NULL, receives = 0, receives_here = 0, receipt = NULL,
                 system_attributes = json_remove(system_attributes, '$.DeadLetterQueueSourceArn')
                 WHERE sequence = ?1",
                params![sequence, queue, message_id(), now],
            )?;
        }
        transaction.commit()?;
        Ok(moved)
    }
}

/// Drops what the queue has kept for its retention.
pub(super) fn expire(connection: &Connection, queue: &QueueSpec, now: i64) -> rusqlite::Result<()> {
    let sent_before = now - milliseconds(queue.message_retention_seconds);
    connection
        .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND sent <= ?2")?
        .execute(params![queue.name, sent_before])
        .map(drop)
}

/// Moves what was received as often as it may be to the dead-letter queue. It keeps the time when it was sent, as
/// in SQS, so it is dropped when that queue's retention is over.
fn bury(connection: &Connection, queue: &QueueSpec, now: i64) -> rusqlite::Result<usize> {
    let Some(redrive) = &queue.redrive else { return Ok(0) };
    connection
        .prepare_cached(
            "UPDATE messages SET queue = ?3, visible_from = ?2, received = NULL, receives_here = 0, receipt = NULL,
             system_attributes = json_set(system_attributes, '$.DeadLetterQueueSourceArn', ?4)
             WHERE queue = ?1 AND visible_from <= ?2 AND receives_here > 0 AND receives_here >= ?5",
        )?
        .execute(params![queue.name, now, redrive.dead_letter_queue, queue.arn(), redrive.max_receive_count])
}

fn visible(
    connection: &Connection,
    queue: &QueueSpec,
    receive: Receive,
    now: i64,
) -> rusqlite::Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, id, body, attributes, system_attributes, sent, first_received, receives, size FROM messages
         WHERE queue = ?1 AND visible_from <= ?2 ORDER BY visible_from, sequence LIMIT ?3",
    )?;
    let limit = i64::try_from(receive.messages_max).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![queue.name, now, limit])?;
    let mut messages = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let message = read(row, now)?;
        bytes += message.size + receive.overhead_bytes;
        if bytes > receive.bytes_max && !messages.is_empty() {
            break;
        }
        messages.push(message);
    }
    Ok(messages)
}

/// The message as it is once it is received now.
fn read(row: &Row<'_>, now: i64) -> rusqlite::Result<Message> {
    Ok(Message {
        receipt: Receipt::new(row.get(0)?),
        id: row.get(1)?,
        body: row.get(2)?,
        attributes: from_json(row, 3)?,
        system_attributes: from_json(row, 4)?,
        sent: row.get(5)?,
        first_received: row.get::<_, Option<i64>>(6)?.unwrap_or(now),
        receives: row.get::<_, u32>(7)?.saturating_add(1),
        size: row.get(8)?,
    })
}

fn to_json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn from_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// A random UUID (RFC 9562, version 4), as SQS gives its messages.
pub(crate) fn message_id() -> String {
    let bits = rand::random::<u128>() & !(0xf << 76) | (0x4 << 76);
    let bits = bits & !(0b11 << 62) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_random_uuids() {
        let id = message_id();
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4", "{id}");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(message_id(), id);
    }
}
