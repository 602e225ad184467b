//! Requests of the DynamoDB API, typed, with what they touch.

use dynoxide::Database;
use dynoxide::actions::{
    batch_get_item::BatchGetItemRequest, batch_write_item::BatchWriteItemRequest,
    delete_item::DeleteItemRequest, get_item::GetItemRequest, put_item::PutItemRequest, query::QueryRequest,
    scan::ScanRequest, transact_get_items::TransactGetItemsRequest,
    transact_write_items::TransactWriteItemsRequest, update_item::UpdateItemRequest,
};
use dynoxide::types::{ConsumedCapacity, Item};
use dynoxide::{AttributeValue, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tokens::fingerprint;
use crate::aws::recorder::Units;

/// A typed request.
pub(super) enum Operation {
    Get(GetItemRequest),
    Put(PutItemRequest),
    Update(UpdateItemRequest),
    Delete(DeleteItemRequest),
    Query(QueryRequest),
    Scan(ScanRequest),
    BatchGet(BatchGetItemRequest),
    BatchWrite(BatchWriteItemRequest),
    Transact(TransactWriteItemsRequest),
    TransactGet(TransactGetItemsRequest),
    /// Operations on tables: for administrators.
    Control(Control),
}

/// Operations on tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    CreateTable,
    DeleteTable,
    DescribeTable,
    ListTables,
    UpdateTable,
    UpdateTimeToLive,
    DescribeTimeToLive,
}

/// What one part of a request does to what.
pub(super) struct Touch<'a> {
    /// The IAM action without its prefix.
    pub(super) action: &'static str,
    pub(super) table: &'a str,
    pub(super) index: Option<&'a str>,
    /// The item, or any map that holds its key attributes.
    pub(super) key: Option<&'a Item>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Put,
    Update,
    Delete,
    Check,
}

impl Kind {
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Put | Self::Update | Self::Delete)
    }
}

/// What a request came to.
pub(super) struct Outcome {
    pub(super) body: Vec<u8>,
    pub(super) units: Units,
}

type Failure = DynoxideError;

impl Operation {
    /// `None` for operations that local AWS does not forward.
    pub(super) fn read(name: &str, body: &[u8]) -> Option<Result<Self, Failure>> {
        Some(match name {
            "GetItem" => parse(body).map(Self::Get),
            "PutItem" => parse(body).map(Self::Put),
            "UpdateItem" => parse(body).map(Self::Update),
            "DeleteItem" => parse(body).map(Self::Delete),
            "Query" => parse(body).map(Self::Query),
            "Scan" => parse(body).map(Self::Scan),
            "BatchGetItem" => parse(body).map(Self::BatchGet),
            "BatchWriteItem" => parse(body).map(Self::BatchWrite),
            "TransactWriteItems" => parse(body).map(Self::Transact),
            "TransactGetItems" => parse(body).map(Self::TransactGet),
            "CreateTable" => Ok(Self::Control(Control::CreateTable)),
            "DeleteTable" => Ok(Self::Control(Control::DeleteTable)),
            "DescribeTable" => Ok(Self::Control(Control::DescribeTable)),
            "ListTables" => Ok(Self::Control(Control::ListTables)),
            "UpdateTable" => Ok(Self::Control(Control::UpdateTable)),
            "UpdateTimeToLive" => Ok(Self::Control(Control::UpdateTimeToLive)),
            "DescribeTimeToLive" => Ok(Self::Control(Control::DescribeTimeToLive)),
            _ => return None,
        })
    }

    /// Each part with the permission it needs.
    pub(super) fn touches(&self) -> Vec<Touch<'_>> {
        let one = |action, table, index, key, kind| Touch { action, table, index, key, kind };
        match self {
            Self::Get(get) => vec![one("GetItem", &get.table_name, None, Some(&get.key), Kind::Read)],
            Self::Put(put) => vec![one("PutItem", &put.table_name, None, Some(&put.item), Kind::Put)],
            Self::Update(update) => {
                vec![one("UpdateItem", &update.table_name, None, Some(&update.key), Kind::Update)]
            }
            Self::Delete(delete) => {
                vec![one("DeleteItem", &delete.table_name, None, Some(&delete.key), Kind::Delete)]
            }
            Self::Query(query) => {
                vec![one("Query", &query.table_name, query.index_name.as_deref(), None, Kind::Read)]
            }
            Self::Scan(scan) => {
                vec![one("Scan", &scan.table_name, scan.index_name.as_deref(), None, Kind::Read)]
            }
            Self::BatchGet(batch) => {
                let tables = batch.request_items.iter();
                let keys = tables.flat_map(|(table, wanted)| wanted.keys.iter().map(move |key| (table, key)));
                keys.map(|(table, key)| one("BatchGetItem", table, None, Some(key), Kind::Read)).collect()
            }
            Self::BatchWrite(batch) => {
                let tables = batch.request_items.iter();
                let writes =
                    tables.flat_map(|(table, writes)| writes.iter().map(move |write| (table, write)));
                writes
                    .map(|(table, write)| {
                        let put = write.put_request.as_ref().map(|put| (&put.item, Kind::Put));
                        let delete = write.delete_request.as_ref().map(|delete| (&delete.key, Kind::Delete));
                        let (key, kind) =
                            put.or(delete).map_or((None, Kind::Put), |(key, kind)| (Some(key), kind));
                        one("BatchWriteItem", table, None, key, kind)
                    })
                    .collect()
            }
            Self::Transact(transact) => transact
                .transact_items
                .iter()
                .filter_map(|item| {
                    if let Some(put) = &item.put {
                        return Some(one("PutItem", &put.table_name, None, Some(&put.item), Kind::Put));
                    }
                    if let Some(update) = &item.update {
                        return Some(one(
                            "UpdateItem",
                            &update.table_name,
                            None,
                            Some(&update.key),
                            Kind::Update,
                        ));
                    }
                    if let Some(delete) = &item.delete {
                        return Some(one(
                            "DeleteItem",
                            &delete.table_name,
                            None,
                            Some(&delete.key),
                            Kind::Delete,
                        ));
                    }
                    let check = item.condition_check.as_ref()?;
                    Some(one("ConditionCheckItem", &check.table_name, None, Some(&check.key), Kind::Check))
                })
                .collect(),
            Self::TransactGet(transact) => transact
                .transact_items
                .iter()
                .map(|item| one("GetItem", &item.get.table_name, None, Some(&item.get.key), Kind::Read))
                .collect(),
            Self::Control(_) => Vec::new(),
        }
    }

    /// The idempotency token, taken out (the engine's own cache of tokens is walked at every call), and the
    /// fingerprint of what it stands for.
    pub(super) fn take_token(&mut self) -> Option<(String, u64)> {
        let Self::Transact(transact) = self else { return None };
        let token = transact.client_request_token.take()?;
        Some((token, fingerprint(&transact.transact_items)))
    }

    /// Runs it. With `count`, asks the engine for the capacity and answers it only where the caller asked too.
    pub(super) fn run(self, db: &Database, name: &str, body: &[u8], count: bool) -> Result<Outcome, Failure> {
        /// Runs a request whose answer has one `ConsumedCapacity` or a list of them.
        macro_rules! counted {
            ($request:ident, $run:ident, $units:ident) => {{
                let mut request = $request;
                let asked = request.return_consumed_capacity.is_some();
                if count && !asked {
                    request.return_consumed_capacity = Some("TOTAL".to_owned());
                }
                let mut answer = db.$run(request)?;
                let units = Units::$units(answer.consumed_capacity.iter().flat_map(capacities));
                if !asked {
                    answer.consumed_capacity = None;
                }
                done(&answer, units)
            }};
        }
        match self {
            Self::Get(request) => counted!(request, get_item, reads),
            Self::Put(request) => counted!(request, put_item, writes),
            Self::Update(request) => counted!(request, update_item, writes),
            Self::Delete(request) => counted!(request, delete_item, writes),
            Self::Query(request) => counted!(request, query, reads),
            Self::Scan(request) => counted!(request, scan, reads),
            Self::BatchGet(request) => counted!(request, batch_get_item, reads),
            Self::BatchWrite(request) => counted!(request, batch_write_item, writes),
            Self::Transact(request) => counted!(request, transact_write_items, writes),
            Self::TransactGet(request) => counted!(request, transact_get_items, reads),
            Self::Control(control) => control.run(db, name, body),
        }
    }
}

impl Control {
    fn run(self, db: &Database, _: &str, body: &[u8]) -> Result<Outcome, Failure> {
        match self {
            Self::CreateTable => done(&db.create_table(parse(body)?)?, Units::default()),
            Self::DeleteTable => done(&db.delete_table(parse(body)?)?, Units::default()),
            Self::DescribeTable => done(&db.describe_table(parse(body)?)?, Units::default()),
            Self::ListTables => done(&db.list_tables(parse(body)?)?, Units::default()),
            Self::UpdateTable => done(&db.update_table(parse(body)?)?, Units::default()),
            Self::UpdateTimeToLive => done(&db.update_time_to_live(parse(body)?)?, Units::default()),
            Self::DescribeTimeToLive => done(&db.describe_time_to_live(parse(body)?)?, Units::default()),
        }
    }
}

/// One or many.
trait Capacities {
    fn list(&self) -> &[ConsumedCapacity];
}

impl Capacities for ConsumedCapacity {
    fn list(&self) -> &[ConsumedCapacity] {
        std::slice::from_ref(self)
    }
}

impl Capacities for Vec<ConsumedCapacity> {
    fn list(&self) -> &[ConsumedCapacity] {
        self
    }
}

fn capacities(capacity: &impl Capacities) -> impl Iterator<Item = f64> {
    capacity.list().iter().map(|capacity| capacity.capacity_units)
}

fn done(answer: &impl Serialize, units: Units) -> Result<Outcome, Failure> {
    let body = serde_json::to_vec(answer).map_err(|error| Failure::InternalServerError(error.to_string()))?;
    Ok(Outcome { body, units })
}

/// The engine marks which error a refused value is with a prefix of the message.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        for (marker, serialization) in [
            ("SERIALIZATION_AS_READ:", true),
            ("VALIDATION_AS_READ:", false),
            ("SERIALIZATION:", true),
            ("VALIDATION_REQUEST:", false),
            ("VALIDATION:", false),
        ] {
            if let Some(rest) = message.strip_prefix(marker) {
                let rest = rest.to_owned();
                return if serialization {
                    Failure::SerializationException(rest)
                } else {
                    Failure::ValidationException(rest)
                };
            }
        }
        let malformed = error.is_syntax() || error.is_eof() || message.contains("invalid type");
        if malformed && !message.contains("null") {
            Failure::SerializationException(message.to_owned())
        } else {
            Failure::ValidationException(message.to_owned())
        }
    })
}

/// The key attributes of an item, in the order of the schema.
pub(super) fn key_of(item: &Item, keys: &[String]) -> Item {
    keys.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
}

/// A key as one text, for comparing.
pub(super) fn key_text(item: &Item, keys: &[String]) -> String {
    let mut text = String::new();
    for name in keys {
        text.push('\u{1f}');
        text.push_str(&item.get(name).and_then(AttributeValue::to_key_string).unwrap_or_default());
    }
    text
}

/// The text of a string attribute.
pub(super) fn text_of(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}
