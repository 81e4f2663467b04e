//! What the tables' streams have to tell, and how far each consumer has come.
//!
//! The engine keeps records for good and looks for the largest number among all of a table with each write. An index
//! makes that one step, and records that every consumer has seen are removed. The last of them stays: the next number
//! is counted from it, so numbers grow even if the system's clock is set back.

use super::Durability;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;

/// Within this time any other connection, such as a person's at the command line, has ended its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Public sequence numbers have 21 digits, as the engine tells them too.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

const SCHEMA: &str = "
    CREATE INDEX IF NOT EXISTS _scrip_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE TABLE IF NOT EXISTS _scrip_stream_positions (
        table_name TEXT NOT NULL, consumer TEXT NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (table_name, consumer)
    ) WITHOUT ROWID;";

pub(crate) struct Records {
    connection: Connection,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// Its place in the table's stream.
    pub(crate) sequence: i64,
    /// What `GetRecords` and the events of Lambda say of it, without where it comes from.
    pub(crate) body: Value,
}

impl Records {
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        if durability == Durability::Fleeting {
            connection.pragma_update(None, "synchronous", "OFF")?;
        }
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    /// Names the consumers of a table's stream, in place of any that there were.
    pub(crate) fn set_consumers(&self, table: &str, consumers: &[&str]) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let names = json!(consumers).to_string();
        transaction.execute(
            "DELETE FROM _scrip_stream_positions
             WHERE table_name = ?1 AND consumer NOT IN (SELECT value FROM json_each(?2))",
            params![table, names],
        )?;
        transaction.execute(
            "INSERT OR IGNORE INTO _scrip_stream_positions SELECT ?1, value, 0 FROM json_each(?2)",
            params![table, names],
        )?;
        transaction.commit()
    }

    /// The number of the last record that the consumer is done with; 0 if there is none.
    pub(crate) fn position(&self, table: &str, consumer: &str) -> Result<i64> {
        let sql = "SELECT position FROM _scrip_stream_positions WHERE table_name = ?1 AND consumer = ?2";
        let position =
            self.connection.prepare_cached(sql)?.query_row([table, consumer], |row| row.get(0)).optional()?;
        Ok(position.unwrap_or(0))
    }

    /// The records after `position`, oldest first.
    pub(crate) fn after(&self, table: &str, position: i64, limit: u32) -> Result<Vec<Record>> {
        let sql =
            "SELECT CAST(sequence_number AS INTEGER), event_id, event_name, keys_json, new_image, old_image,
                          created_at, user_identity
                   FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
                   ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3";
        self.connection.prepare_cached(sql)?.query_map(params![table, position, limit], record)?.collect()
    }

    /// The consumer is done with everything up to `position`; what all consumers are done with is removed.
    pub(crate) fn advance(&self, table: &str, consumer: &str, position: i64) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let moved = "UPDATE _scrip_stream_positions SET position = MAX(position, ?3)
                     WHERE table_name = ?1 AND consumer = ?2";
        transaction.prepare_cached(moved)?.execute(params![table, consumer, position])?;
        let trimmed =
            "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <
                       (SELECT MIN(position) FROM _scrip_stream_positions WHERE table_name = ?1)";
        transaction.prepare_cached(trimmed)?.execute([table])?;
        transaction.commit()
    }

    /// How many records of a table are kept.
    pub(crate) fn count(&self, table: &str) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM _stream_records WHERE table_name = ?1";
        self.connection.query_row(sql, [table], |row| row.get(0))
    }
}

/// A number as it is told outside.
pub(crate) fn public_sequence(sequence: i64) -> String {
    (SEQUENCE_OFFSET + u128::try_from(sequence).unwrap_or_default()).to_string()
}

fn record(row: &Row<'_>) -> Result<Record> {
    let sequence: i64 = row.get(0)?;
    let new_image = image(row, 4)?;
    let old_image = image(row, 5)?;
    let view = match (&new_image, &old_image) {
        (Some(_), Some(_)) => "NEW_AND_OLD_IMAGES",
        (Some(_), None) => "NEW_IMAGE",
        (None, Some(_)) => "OLD_IMAGE",
        (None, None) => "KEYS_ONLY",
    };
    let keys = image(row, 3)?.unwrap_or_default();
    let size = [Some(&keys), new_image.as_ref(), old_image.as_ref()]
        .into_iter()
        .flatten()
        .map(|value| value.to_string().len())
        .sum::<usize>();
    let mut change = Map::new();
    change.insert("ApproximateCreationDateTime".into(), json!(row.get::<_, i64>(6)?));
    change.insert("Keys".into(), keys);
    change.insert("SequenceNumber".into(), json!(public_sequence(sequence)));
    change.insert("SizeBytes".into(), json!(size));
    change.insert("StreamViewType".into(), json!(view));
    change.extend(new_image.map(|image| ("NewImage".to_owned(), image)));
    change.extend(old_image.map(|image| ("OldImage".to_owned(), image)));
    let mut body = json!({
        "eventID": row.get::<_, Option<String>>(1)?,
        "eventName": row.get::<_, String>(2)?,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": crate::REGION,
        "dynamodb": change,
    });
    if let Some(identity) = image(row, 7)? {
        body["userIdentity"] = identity;
    }
    Ok(Record { sequence, body })
}

fn image(row: &Row<'_>, column: usize) -> Result<Option<Value>> {
    let text: Option<String> = row.get(column)?;
    let broken = |error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    };
    text.map(|text| serde_json::from_str(&text).map_err(broken)).transpose()
}
