//! What is on its way, on disk: queue messages and stream records that no function has finished with.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::datadir::{OpenError, open_sqlite};
use super::template::{Queue, Template};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sent INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    first_receive INTEGER,
    receipt TEXT
);
CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (queue, visible);
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mapping TEXT NOT NULL,
    record TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    part INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS records_by_mapping ON records (mapping, id);
CREATE TABLE IF NOT EXISTS ticks (schedule TEXT PRIMARY KEY, last INTEGER NOT NULL);
";

/// A message in a queue.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) message_id: String,
    pub(crate) body: String,
    /// Message attributes as the JSON of the API.
    pub(crate) attributes: String,
    pub(crate) sent: i64,
    pub(crate) receives: i64,
    pub(crate) first_receive: i64,
    pub(crate) receipt: String,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be received.
    pub visible: i64,
    /// Received and not yet deleted.
    pub in_flight: i64,
    /// Not visible for the first time yet.
    pub delayed: i64,
}

/// A stream record waiting for one event source mapping.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    /// The record as in the stream event.
    pub(crate) record: String,
    pub(crate) at: i64,
    pub(crate) attempts: i64,
}

pub(crate) struct Store {
    connection: Mutex<Connection>,
    /// Records whose write is not committed yet.
    unconfirmed: Mutex<HashSet<i64>>,
}

type Result<T> = rusqlite::Result<T>;

impl Store {
    pub(crate) fn open(file: Option<&Path>) -> std::result::Result<Self, OpenError> {
        Ok(Self { connection: Mutex::new(open_sqlite(file, SCHEMA)?), unconfirmed: Mutex::default() })
    }

    fn connection(&self) -> std::sync::MutexGuard<'_, Connection> {
        super::lock(&self.connection)
    }

    // --- queues ---------------------------------------------------------------------------------------------------

    pub(crate) fn send(&self, queue: &Queue, new: &NewMessage<'_>, now: i64) -> Result<()> {
        let delay = new.delay_seconds.unwrap_or(queue.delay_seconds);
        self.connection()
            .prepare_cached(
                "INSERT INTO messages (queue, message_id, body, attributes, sent, visible) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![queue.name, new.message_id, new.body, new.attributes, now, now + delay * 1000])?;
        Ok(())
    }

    /// Receives up to `limit` messages and hides them; what was received too often goes to the dead-letter queue.
    pub(crate) fn receive(
        &self,
        template: &Template,
        queue: &Queue,
        limit: usize,
        visibility_seconds: i64,
        now: i64,
        receipt: &str,
    ) -> Result<Vec<Message>> {
        let mut connection = self.connection();
        let waiting: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM messages WHERE queue = ?1 AND visible <= ?2)")?
            .query_row(params![queue.name, now], |row| row.get(0))?;
        if !waiting {
            return Ok(Vec::new());
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND visible <= ?2 AND sent < ?3")?
            .execute(params![queue.name, now, now - queue.retention_seconds * 1000])?;
        if let Some(redrive) = &queue.redrive
            && let Some(dead) = template.queue(&redrive.queue)
        {
            transaction
                .prepare_cached(
                    "UPDATE messages SET queue = ?1, receives = 0, receipt = NULL, first_receive = NULL \
                     WHERE queue = ?2 AND visible <= ?3 AND receives >= ?4",
                )?
                .execute(params![dead.name, queue.name, now, redrive.max_receives])?;
        }
        let limit = i64::try_from(limit).unwrap_or(10);
        let mut messages = transaction
            .prepare_cached(
                "SELECT * FROM messages WHERE queue = ?1 AND visible <= ?2 ORDER BY visible, id LIMIT ?3",
            )?
            .query_map(params![queue.name, now, limit], message)?
            .collect::<Result<Vec<_>>>()?;
        for message in &mut messages {
            message.receives += 1;
            if message.first_receive == 0 {
                message.first_receive = now;
            }
            message.receipt = format!("{}.{receipt}.{}", message.id, message.receives);
            transaction
                .prepare_cached(
                    "UPDATE messages SET receives = ?2, first_receive = ?3, receipt = ?4, visible = ?5 WHERE id = ?1",
                )?
                .execute(params![
                    message.id,
                    message.receives,
                    message.first_receive,
                    message.receipt,
                    now + visibility_seconds * 1000
                ])?;
        }
        transaction.commit()?;
        Ok(messages)
    }

    /// Deletes by receipt handle; an outdated handle deletes nothing.
    pub(crate) fn delete(&self, queue: &Queue, receipts: &[&str]) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for receipt in receipts {
            transaction
                .prepare_cached("DELETE FROM messages WHERE id = ?1 AND queue = ?2 AND receipt = ?3")?
                .execute(params![receipt_id(receipt), queue.name, receipt])?;
        }
        transaction.commit()
    }

    /// Answers whether the handle is of a message in flight.
    pub(crate) fn change_visibility(
        &self,
        queue: &Queue,
        receipt: &str,
        seconds: i64,
        now: i64,
    ) -> Result<bool> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE messages SET visible = ?4 WHERE id = ?1 AND queue = ?2 AND receipt = ?3")?
            .execute(params![receipt_id(receipt), queue.name, receipt, now + seconds * 1000])?;
        Ok(changed > 0)
    }

    pub(crate) fn purge(&self, queue: &Queue) -> Result<()> {
        self.connection().prepare_cached("DELETE FROM messages WHERE queue = ?1")?.execute([&queue.name])?;
        Ok(())
    }

    pub(crate) fn depth(&self, queue: &Queue, now: i64) -> Result<Depth> {
        self.connection()
            .prepare_cached(
                "SELECT COALESCE(SUM(visible <= ?2), 0), COALESCE(SUM(visible > ?2 AND receives > 0), 0), \
                 COALESCE(SUM(visible > ?2 AND receives = 0), 0) FROM messages WHERE queue = ?1",
            )?
            .query_row(params![queue.name, now], |row| {
                Ok(Depth { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
            })
    }

    /// Bodies of a queue's messages, oldest first: for looking, nothing is received.
    pub(crate) fn bodies(&self, queue: &Queue) -> Result<Vec<String>> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT body FROM messages WHERE queue = ?1 ORDER BY id")?;
        let rows = statement.query_map([&queue.name], |row| row.get(0))?;
        rows.collect()
    }

    // --- stream records -------------------------------------------------------------------------------------------

    /// Writes records down before their write is tried; they wait for [`Store::confirm`].
    pub(crate) fn intend(&self, records: &[(String, String)], now: i64) -> Result<Vec<i64>> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut ids = Vec::with_capacity(records.len());
        for (mapping, record) in records {
            transaction
                .prepare_cached("INSERT INTO records (mapping, record, at) VALUES (?1, ?2, ?3)")?
                .execute(params![mapping, record, now])?;
            ids.push(transaction.last_insert_rowid());
        }
        super::lock(&self.unconfirmed).extend(&ids);
        transaction.commit()?;
        Ok(ids)
    }

    /// The write was committed: its records may be delivered.
    pub(crate) fn confirm(&self, ids: &[i64]) {
        let mut unconfirmed = super::lock(&self.unconfirmed);
        for id in ids {
            unconfirmed.remove(id);
        }
    }

    pub(crate) fn rewrite(&self, id: i64, record: &str) -> Result<()> {
        self.connection()
            .prepare_cached("UPDATE records SET record = ?2 WHERE id = ?1")?
            .execute(params![id, record])?;
        Ok(())
    }

    /// Removes records: delivered, given up, or of a write that failed.
    pub(crate) fn discard(&self, ids: &[i64]) -> Result<()> {
        {
            let mut connection = self.connection();
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for id in ids {
                transaction.prepare_cached("DELETE FROM records WHERE id = ?1")?.execute([id])?;
            }
            transaction.commit()?;
        }
        self.confirm(ids);
        Ok(())
    }

    /// The next records of a mapping in stream order. None while the first is not due yet; records of one bisected
    /// part stay together.
    pub(crate) fn next_records(&self, mapping: &str, limit: usize, now: i64) -> Result<Vec<Pending>> {
        let connection = self.connection();
        let unconfirmed = super::lock(&self.unconfirmed);
        let mut statement = connection.prepare_cached(
            "SELECT id, record, at, attempts, due, part FROM records WHERE mapping = ?1 ORDER BY id LIMIT ?2",
        )?;
        let mut rows = statement.query(params![mapping, i64::try_from(limit).unwrap_or(100)])?;
        let mut pending = Vec::new();
        let mut first_part = None;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let part: i64 = row.get(5)?;
            let due: i64 = row.get(4)?;
            if unconfirmed.contains(&id) || due > now || *first_part.get_or_insert(part) != part {
                break;
            }
            pending.push(Pending { id, record: row.get(1)?, at: row.get(2)?, attempts: row.get(3)? });
        }
        Ok(pending)
    }

    /// Every stored record, for the check after a restart.
    pub(crate) fn all_records(&self) -> Result<Vec<(i64, String)>> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT id, record FROM records ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    /// Marks records for another attempt, `part` by `part`.
    pub(crate) fn retry(&self, ids: &[i64], attempts: i64, due: i64, part: i64) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            transaction
                .prepare_cached("UPDATE records SET attempts = ?2, due = ?3, part = ?4 WHERE id = ?1")?
                .execute(params![id, attempts, due, part])?;
        }
        transaction.commit()
    }

    pub(crate) fn record_count(&self) -> Result<i64> {
        self.connection().query_row("SELECT COUNT(*) FROM records", [], |row| row.get(0))
    }

    // --- schedules ------------------------------------------------------------------------------------------------

    pub(crate) fn last_tick(&self, schedule: &str) -> Result<Option<i64>> {
        self.connection()
            .prepare_cached("SELECT last FROM ticks WHERE schedule = ?1")?
            .query_row([schedule], |row| row.get(0))
            .optional()
    }

    pub(crate) fn ticked(&self, schedule: &str, at: i64) -> Result<()> {
        self.connection()
            .prepare_cached("INSERT INTO ticks (schedule, last) VALUES (?1, ?2) ON CONFLICT (schedule) DO UPDATE SET last = ?2")?
            .execute(params![schedule, at])?;
        Ok(())
    }
}

/// A message to send.
#[derive(Debug)]
pub(crate) struct NewMessage<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) body: &'a str,
    pub(crate) attributes: &'a str,
    pub(crate) delay_seconds: Option<i64>,
}

fn message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.get("id")?,
        message_id: row.get("message_id")?,
        body: row.get("body")?,
        attributes: row.get("attributes")?,
        sent: row.get("sent")?,
        receives: row.get("receives")?,
        first_receive: row.get::<_, Option<i64>>("first_receive")?.unwrap_or(0),
        receipt: String::new(),
    })
}

fn receipt_id(receipt: &str) -> i64 {
    receipt.split('.').next().and_then(|id| id.parse().ok()).unwrap_or(-1)
}
