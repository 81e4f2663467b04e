//! What is known of a queue without changing it.

use super::{Store, milliseconds};
use crate::spec::QueueSpec;
use rusqlite::{OptionalExtension, params};

/// How many messages are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
}

impl Store {
    pub(crate) fn counts(&self, queue: &QueueSpec, now: i64) -> rusqlite::Result<Counts> {
        self.connection
            .prepare_cached(
                "SELECT COUNT(*) FILTER (WHERE visible_from <= ?2),
                        COUNT(*) FILTER (WHERE visible_from > ?2 AND receipt IS NOT NULL),
                        COUNT(*) FILTER (WHERE visible_from > ?2 AND receipt IS NULL)
                 FROM messages WHERE queue = ?1 AND sent > ?3",
            )?
            .query_row(params![queue.name, now, kept_since(queue, now)], |row| {
                Ok(Counts { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
            })
    }

    /// When the first message is or becomes visible.
    pub(crate) fn earliest(&self, queue: &QueueSpec, now: i64) -> rusqlite::Result<Option<i64>> {
        self.nth_visible(queue, 0, now)
    }

    /// When the next batch is or becomes due: its first message has waited for the window, or it is full.
    pub(crate) fn batch_due(
        &self,
        queue: &QueueSpec,
        batch_size: u32,
        window_seconds: u32,
        now: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(first) = self.earliest(queue, now)? else { return Ok(None) };
        if window_seconds == 0 {
            return Ok(Some(first));
        }
        let waited = first + milliseconds(window_seconds);
        let full = self.nth_visible(queue, batch_size.saturating_sub(1), now)?;
        Ok(Some(full.map_or(waited, |full| full.min(waited))))
    }

    fn nth_visible(&self, queue: &QueueSpec, n: u32, now: i64) -> rusqlite::Result<Option<i64>> {
        self.connection
            .prepare_cached(
                "SELECT visible_from FROM messages WHERE queue = ?1 AND sent > ?2
                 ORDER BY visible_from, sequence LIMIT 1 OFFSET ?3",
            )?
            .query_row(params![queue.name, kept_since(queue, now), n], |row| row.get(0))
            .optional()
    }

    /// When the queue was first declared and when its declaration last changed.
    pub(crate) fn declared(&self, queue: &QueueSpec) -> rusqlite::Result<(i64, i64)> {
        self.connection.query_row(
            "SELECT created, modified FROM queues WHERE name = ?1",
            [&queue.name],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

fn kept_since(queue: &QueueSpec, now: i64) -> i64 {
    now - milliseconds(queue.message_retention_seconds)
}
