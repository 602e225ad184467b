//! Stream records, made from the writes that pass through.
//!
//! The engine's own streams stay off (each of its records walks all earlier ones). A record that an event source
//! mapping waits for is written down *before* the write is tried and confirmed after it, so that no acknowledged
//! write loses its record by the end of the process; what a stopped process leaves behind is checked against the
//! table at the next start.

use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::types::Item;
use dynoxide::{Database, DynoxideError};
use serde_json::{Map, Value, json};

use super::operation::{Kind, Operation, Touch, key_of};
use crate::aws::pattern;
use crate::aws::store::Store;
use crate::aws::template::{Event, StreamSource, Table, Template};

/// Every mapping from a table's stream.
pub(crate) struct Streams {
    mappings: Vec<Mapping>,
}

struct Mapping {
    /// `<function>/<event>`.
    id: String,
    /// Physical name of the table.
    table: String,
    source: StreamSource,
}

/// Records written down for a write that is about to be tried.
pub(super) struct Intent {
    entries: Vec<Entry>,
    ids: Vec<i64>,
}

struct Entry {
    mapping: usize,
    table: usize,
    key: Item,
    old: Option<Item>,
    record: Value,
}

/// The id of a function's event in the store.
pub(crate) fn mapping_id(function: &str, event: &str) -> String {
    format!("{function}/{event}")
}

impl Streams {
    pub(crate) fn new(template: &Template) -> Self {
        let mut mappings = Vec::new();
        for function in &template.functions {
            for event in &function.events {
                let Event::Stream(source) = event else { continue };
                if let Some(table) = template.tables.iter().find(|table| table.stream_arn() == source.arn) {
                    let id = mapping_id(&function.logical, &source.name);
                    mappings.push(Mapping { id, table: table.name.clone(), source: source.clone() });
                }
            }
        }
        Self { mappings }
    }

    /// Looks at what is about to be written and writes down the records that somebody waits for.
    pub(super) fn intend(
        &self,
        template: &Template,
        db: &Database,
        store: &Store,
        operation: &Operation,
        now: i64,
    ) -> Result<Option<Intent>, DynoxideError> {
        if self.mappings.is_empty() {
            return Ok(None);
        }
        let mut entries = Vec::new();
        for touch in operation.touches().iter().filter(|touch| touch.kind.writes()) {
            self.entries_of(template, db, touch, now, &mut entries)?;
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let rows: Vec<(String, String)> = entries
            .iter()
            .map(|entry| (self.mappings[entry.mapping].id.clone(), entry.record.to_string()))
            .collect();
        let ids = store.intend(&rows, now).map_err(DynoxideError::SqliteError)?;
        Ok(Some(Intent { entries, ids }))
    }

    fn entries_of(
        &self,
        template: &Template,
        db: &Database,
        touch: &Touch<'_>,
        now: i64,
        entries: &mut Vec<Entry>,
    ) -> Result<(), DynoxideError> {
        let Some(item) = touch.key else { return Ok(()) };
        let mut looked_up: Option<Option<Item>> = None;
        for (index, mapping) in
            self.mappings.iter().enumerate().filter(|(_, mapping)| mapping.table == touch.table)
        {
            let Some(position) = template.tables.iter().position(|table| table.name == touch.table) else {
                continue;
            };
            let table = &template.tables[position];
            let key = key_of(item, &table.keys);
            if !may_match(&mapping.source, &key) {
                continue;
            }
            let old = match &looked_up {
                Some(old) => old.clone(),
                None => {
                    let old = read(db, table, &key)?;
                    looked_up = Some(old.clone());
                    old
                }
            };
            let name = match (touch.kind, &old) {
                (Kind::Delete, None) => continue,
                (Kind::Delete, Some(_)) => "REMOVE",
                (_, None) => "INSERT",
                (_, Some(_)) => "MODIFY",
            };
            let new = (touch.kind == Kind::Put).then_some(item);
            let record = record(table, name, &key, old.as_ref(), new, now);
            if !passes(&mapping.source, &record, new.is_some() || touch.kind == Kind::Delete) {
                continue;
            }
            entries.push(Entry { mapping: index, table: position, key, old, record });
        }
        Ok(())
    }

    /// The write is committed: completes images, drops what changed nothing, lets the rest be delivered.
    pub(super) fn commit(
        &self,
        template: &Template,
        db: &Database,
        store: &Store,
        intent: Intent,
    ) -> Result<(), DynoxideError> {
        let mut unchanged = Vec::new();
        for (entry, id) in intent.entries.iter().zip(&intent.ids) {
            let table = &template.tables[entry.table];
            let name = entry.record["eventName"].as_str().unwrap_or_default();
            if name == "REMOVE" || (name == "INSERT" && !has_new_image(table)) {
                continue;
            }
            let new = read(db, table, &entry.key)?;
            if new == entry.old {
                unchanged.push(*id);
            } else if has_new_image(table) {
                let at = entry.record["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
                let record =
                    record(table, name, &entry.key, entry.old.as_ref(), new.as_ref(), (at * 1000.0) as i64);
                if passes(&self.mappings[entry.mapping].source, &record, true) {
                    store.rewrite(*id, &record.to_string()).map_err(DynoxideError::SqliteError)?;
                } else {
                    unchanged.push(*id);
                }
            }
        }
        store.discard(&unchanged).map_err(DynoxideError::SqliteError)?;
        store.confirm(&intent.ids);
        Ok(())
    }

    /// The write failed: its records never happened.
    pub(super) fn abandon(&self, store: &Store, intent: &Intent) -> Result<(), DynoxideError> {
        store.discard(&intent.ids).map_err(DynoxideError::SqliteError)
    }

    /// Drops records of writes that a stopped process did not get to commit.
    pub(super) fn recover(template: &Template, db: &Database, store: &Store) -> Result<(), DynoxideError> {
        let mut phantoms = Vec::new();
        for (id, text) in store.all_records().map_err(DynoxideError::SqliteError)? {
            let Ok(record) = serde_json::from_str::<Value>(&text) else { continue };
            let Some(table) = template
                .tables
                .iter()
                .find(|table| record["eventSourceARN"].as_str() == Some(&table.stream_arn()))
            else {
                continue;
            };
            let Ok(key) = serde_json::from_value::<Item>(record["dynamodb"]["Keys"].clone()) else {
                continue;
            };
            let exists = read(db, table, &key)?.is_some();
            if exists == (record["eventName"] == "REMOVE") {
                phantoms.push(id);
            }
        }
        store.discard(&phantoms).map_err(DynoxideError::SqliteError)
    }
}

fn read(db: &Database, table: &Table, key: &Item) -> Result<Option<Item>, DynoxideError> {
    let request = GetItemRequest {
        table_name: table.name.clone(),
        key: key.clone(),
        consistent_read: Some(true),
        ..GetItemRequest::default()
    };
    Ok(db.get_item(request)?.item)
}

fn has_new_image(table: &Table) -> bool {
    matches!(table.stream.as_deref(), Some("NEW_IMAGE" | "NEW_AND_OLD_IMAGES"))
}

/// A record as Lambda gets it, without the parts that delivery adds (event id and sequence number).
fn record(table: &Table, name: &str, key: &Item, old: Option<&Item>, new: Option<&Item>, now: i64) -> Value {
    let view = table.stream.as_deref().unwrap_or("KEYS_ONLY");
    let mut dynamodb = Map::new();
    dynamodb.insert("ApproximateCreationDateTime".to_owned(), json!(now as f64 / 1000.0));
    dynamodb.insert("Keys".to_owned(), json!(key));
    if let Some(new) = new.filter(|_| has_new_image(table)) {
        dynamodb.insert("NewImage".to_owned(), json!(new));
    }
    if let Some(old) = old.filter(|_| matches!(view, "OLD_IMAGE" | "NEW_AND_OLD_IMAGES")) {
        dynamodb.insert("OldImage".to_owned(), json!(old));
    }
    dynamodb.insert("SizeBytes".to_owned(), json!(dynoxide::types::item_size(key)));
    dynamodb.insert("StreamViewType".to_owned(), json!(view));
    json!({
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": crate::aws::template::REGION,
        "eventSourceARN": table.stream_arn(),
        "dynamodb": dynamodb,
    })
}

fn passes(source: &StreamSource, record: &Value, complete: bool) -> bool {
    source.filters.is_empty()
        || source.filters.iter().any(|filter| {
            // An update's new image is not known before it happened.
            (!complete && filter["dynamodb"].get("NewImage").is_some()) || pattern::matches(filter, record)
        })
}

/// Whether the keys alone rule the record out.
fn may_match(source: &StreamSource, key: &Item) -> bool {
    if source.filters.is_empty() {
        return true;
    }
    let keys = json!(key);
    source.filters.iter().any(|filter| match filter["dynamodb"].get("Keys") {
        Some(wanted) => pattern::matches(wanted, &keys),
        None => true,
    })
}
