//! Where "sent" mail and SMS land: what `/outbox` shows.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::Notify;

use super::datadir::{OpenError, open_sqlite};

/// How a message left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By SES.
    Email,
    /// By SNS to a phone number.
    Sms,
}

/// One sent message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Position in the outbox, as text.
    pub id: String,
    /// Mail or SMS.
    pub channel: Channel,
    /// Address, or the sender id of an SMS.
    pub from: String,
    /// Address or phone number.
    pub to: String,
    /// Mail only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The plain text.
    pub text: String,
    /// Mail only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// When, RFC 3339 UTC with milliseconds.
    pub at: String,
}

/// Something that came back: a phone's answer, a provider's report.
#[derive(Debug, Clone)]
pub struct Received {
    /// `sms-reply` or `provider-event`.
    pub kind: String,
    /// As it was published.
    pub message: serde_json::Value,
    /// When, RFC 3339 UTC with milliseconds.
    pub at: String,
}

/// A message on its way into the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) channel: Channel,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    /// Unix milliseconds.
    pub(crate) at: i64,
}

/// The id that the play provider gives a message: what it reports later names it by this.
pub fn provider_id(id: &str) -> String {
    format!("local-{id}")
}

/// All sent messages, oldest first.
#[derive(Debug)]
pub struct Outbox {
    connection: Mutex<Connection>,
    arrived: Notify,
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS sent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT,
    plain TEXT NOT NULL,
    html TEXT,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    at INTEGER NOT NULL
)";

impl Outbox {
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, OpenError> {
        Ok(Self { connection: Mutex::new(open_sqlite(file, SCHEMA)?), arrived: Notify::new() })
    }

    /// Stores a message and answers its id.
    pub(crate) fn push(&self, message: &Outgoing) -> rusqlite::Result<String> {
        let channel = match message.channel {
            Channel::Email => "email",
            Channel::Sms => "sms",
        };
        let id = {
            let connection = super::lock(&self.connection);
            connection
                .prepare_cached(
                    "INSERT INTO sent (channel, sender, recipient, subject, plain, html, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    channel,
                    message.from,
                    message.to,
                    message.subject,
                    message.text,
                    message.html,
                    message.at
                ])?;
            connection.last_insert_rowid()
        };
        self.arrived.notify_waiters();
        Ok(id.to_string())
    }

    /// Messages after the one with this id, oldest first, `limit` at most.
    pub fn after(&self, id: i64, limit: usize) -> Vec<Sent> {
        self.read("SELECT * FROM sent WHERE id > ?1 ORDER BY id LIMIT ?2", id, limit)
    }

    /// The newest messages, oldest first, `limit` at most.
    pub fn newest(&self, limit: usize) -> Vec<Sent> {
        self.read(
            "SELECT * FROM (SELECT * FROM sent WHERE id > ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id",
            0,
            limit,
        )
    }

    /// Every message, oldest first.
    pub fn all(&self) -> Vec<Sent> {
        self.after(0, usize::MAX)
    }

    /// One message.
    pub fn get(&self, id: &str) -> Option<Sent> {
        let id: i64 = id.parse().ok()?;
        self.after(id - 1, 1).into_iter().find(|sent| sent.id == id.to_string())
    }

    /// Stores something that came back.
    pub(crate) fn receive(&self, kind: &str, message: &serde_json::Value, at: i64) -> rusqlite::Result<()> {
        super::lock(&self.connection)
            .prepare_cached("INSERT INTO received (kind, message, at) VALUES (?1, ?2, ?3)")?
            .execute(params![kind, message.to_string(), at])?;
        Ok(())
    }

    /// Everything that came back, oldest first.
    pub fn received(&self) -> Vec<Received> {
        let connection = super::lock(&self.connection);
        let read = || -> rusqlite::Result<Vec<Received>> {
            let mut statement =
                connection.prepare_cached("SELECT kind, message, at FROM received ORDER BY id")?;
            let rows = statement.query_map([], |row| {
                let message: String = row.get(1)?;
                Ok(Received {
                    kind: row.get(0)?,
                    message: serde_json::from_str(&message).unwrap_or_default(),
                    at: super::rfc3339(row.get(2)?),
                })
            })?;
            rows.collect()
        };
        read().unwrap_or_default()
    }

    /// Resolves at the next message, counted from this call on.
    pub fn arrived(&self) -> tokio::sync::futures::Notified<'_> {
        self.arrived.notified()
    }

    fn read(&self, sql: &str, id: i64, limit: usize) -> Vec<Sent> {
        let connection = super::lock(&self.connection);
        let read = || -> rusqlite::Result<Vec<Sent>> {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![id, limit], |row| {
                Ok(Sent {
                    id: row.get::<_, i64>("id")?.to_string(),
                    channel: if row.get::<_, String>("channel")? == "sms" {
                        Channel::Sms
                    } else {
                        Channel::Email
                    },
                    from: row.get("sender")?,
                    to: row.get("recipient")?,
                    subject: row.get("subject")?,
                    text: row.get("plain")?,
                    html: row.get("html")?,
                    at: super::rfc3339(row.get("at")?),
                })
            })?;
            rows.collect()
        };
        read().unwrap_or_default()
    }
}
