//! A copy of the tables that follows with a delay: what an index query sees when index lag is modelled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::types::Item;
use tokio::time::Instant;

use super::operation::{Operation, key_of, key_text};
use super::schema;
use crate::aws::datadir::OpenError;
use crate::aws::model::Active;
use crate::aws::template::Template;

/// The delayed copy.
pub(crate) struct Replica {
    db: Database,
    max_lag: Duration,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    /// In the order of becoming visible.
    changes: BTreeMap<(Instant, u64), Change>,
    next: u64,
    /// Changes of one item never overtake each other.
    latest: HashMap<String, Instant>,
}

struct Change {
    table: String,
    key: Item,
    image: Option<Item>,
}

/// A key that a write touches: table, key, and both as text.
pub(super) type Written = (String, Item, String);

impl Replica {
    pub(super) fn copy(source: &Database, template: &Template, max_lag: Duration) -> Result<Self, OpenError> {
        let fail = |error: dynoxide::DynoxideError| OpenError::Engine(error.to_string());
        let db = Database::memory().map_err(fail)?;
        schema::ensure(&db, &template.tables)?;
        for table in template.tables.iter().filter(|table| !table.indexes.is_empty()) {
            let mut start = None;
            loop {
                let request = ScanRequest {
                    table_name: table.name.clone(),
                    exclusive_start_key: start,
                    ..ScanRequest::default()
                };
                let page = source.scan(request).map_err(fail)?;
                for item in page.items.unwrap_or_default() {
                    let put =
                        PutItemRequest { table_name: table.name.clone(), item, ..PutItemRequest::default() };
                    db.put_item(put).map_err(fail)?;
                }
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(Self { db, max_lag, pending: Mutex::default() })
    }

    /// The keys of indexed tables that an operation writes.
    pub(super) fn keys(&self, template: &Template, operation: &Operation) -> Vec<Written> {
        let touches = operation.touches();
        let writes = touches.iter().filter(|touch| touch.kind.writes());
        writes
            .filter_map(|touch| {
                let table = template.table_named(touch.table).filter(|table| !table.indexes.is_empty())?;
                let item = touch.key?;
                let text = format!("{}{}", table.name, key_text(item, &table.keys));
                Some((table.name.clone(), key_of(item, &table.keys), text))
            })
            .collect()
    }

    /// Notes what a write left behind, to become visible later.
    pub(super) fn written(&self, source: &Database, keys: Vec<Written>, model: Option<&Active>) {
        let now = Instant::now();
        for (table, key, text) in keys {
            let request = GetItemRequest {
                table_name: table.clone(),
                key: key.clone(),
                consistent_read: Some(true),
                ..GetItemRequest::default()
            };
            let Ok(answer) = source.get_item(request) else { continue };
            let lag = model.map_or(self.max_lag, |model| self.max_lag.mul_f64(model.unit()));
            let mut pending = crate::aws::lock(&self.pending);
            let earliest = pending.latest.get(&text).copied().unwrap_or(now);
            let at = (now + lag).max(earliest);
            pending.latest.insert(text, at);
            let sequence = pending.next;
            pending.next += 1;
            pending.changes.insert((at, sequence), Change { table, key, image: answer.item });
        }
    }

    /// Applies what is visible by now.
    pub(super) fn catch_up(&self) -> &Database {
        let now = Instant::now();
        let mut pending = crate::aws::lock(&self.pending);
        while let Some(entry) = pending.changes.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let change = entry.remove();
            let applied = match change.image {
                Some(item) => {
                    let put = PutItemRequest { table_name: change.table, item, ..PutItemRequest::default() };
                    self.db.put_item(put).map(|_| ())
                }
                None => {
                    let delete = DeleteItemRequest {
                        table_name: change.table,
                        key: change.key,
                        ..DeleteItemRequest::default()
                    };
                    self.db.delete_item(delete).map(|_| ())
                }
            };
            if let Err(error) = applied {
                tracing::warn!(%error, "the delayed index copy could not follow");
            }
        }
        pending.latest.retain(|_, at| *at > now);
        &self.db
    }
}
