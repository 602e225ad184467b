//! Creates the template's tables, or checks that those of an earlier start still fit.

use std::collections::BTreeSet;

use dynoxide::Database;
use dynoxide::actions::TableDescription;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::aws::datadir::OpenError;
use crate::aws::template::{Index, Projection, Table};

/// Makes every table exist as the template says.
pub(super) fn ensure(db: &Database, tables: &[Table]) -> Result<(), OpenError> {
    for table in tables {
        let existing = db.get_table_metadata(&table.name).map_err(engine)?;
        if existing.is_some() {
            check(db, table)?;
        } else {
            db.create_table(request(create(table))?).map_err(engine)?;
        }
        if let Some(attribute) = &table.ttl {
            enable_ttl(db, table, attribute)?;
        }
    }
    Ok(())
}

fn create(table: &Table) -> Value {
    let attributes: Vec<Value> = table
        .attributes
        .iter()
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let mut request = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(&table.keys),
    });
    if !table.indexes.is_empty() {
        request["GlobalSecondaryIndexes"] = table.indexes.iter().map(index).collect();
    }
    request
}

fn index(index: &Index) -> Value {
    let projection = match &index.projection {
        Projection::All => json!({ "ProjectionType": "ALL" }),
        Projection::Keys => json!({ "ProjectionType": "KEYS_ONLY" }),
        Projection::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
    };
    json!({ "IndexName": index.name, "KeySchema": key_schema(&index.keys), "Projection": projection })
}

fn key_schema(keys: &[String]) -> Value {
    let kinds = ["HASH", "RANGE"];
    keys.iter().zip(kinds).map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })).collect()
}

/// Tables keep their schema; indexes may only be the same, since building one is no small change.
fn check(db: &Database, table: &Table) -> Result<(), OpenError> {
    let describe = request(json!({ "TableName": table.name }))?;
    let stored: TableDescription = db.describe_table(describe).map_err(engine)?.table;
    let stored = serde_json::to_value(&stored).map_err(|error| OpenError::Engine(error.to_string()))?;
    let differs = |reason: String| OpenError::Schema { table: table.name.clone(), reason };
    if keys_of(&stored) != table.keys {
        return Err(differs(format!(
            "its keys are {:?}, the template has {:?}",
            keys_of(&stored),
            table.keys
        )));
    }
    let known: BTreeSet<String> = indexes_of(&stored).map(fingerprint).collect();
    let wanted: BTreeSet<String> =
        table.indexes.iter().map(|declared| fingerprint(&index(declared))).collect();
    if let Some(missing) = wanted.symmetric_difference(&known).next() {
        return Err(differs(format!("its indexes are others, first {missing}")));
    }
    Ok(())
}

fn keys_of(value: &Value) -> Vec<String> {
    let schema = value["KeySchema"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |kind: &str| {
        schema.iter().find(|key| key["KeyType"] == kind).and_then(|key| key["AttributeName"].as_str())
    };
    ["HASH", "RANGE"].into_iter().filter_map(named).map(str::to_owned).collect()
}

fn indexes_of(value: &Value) -> impl Iterator<Item = &Value> {
    value["GlobalSecondaryIndexes"].as_array().into_iter().flatten()
}

fn fingerprint(index: &Value) -> String {
    let mut included: Vec<&str> = index["Projection"]["NonKeyAttributes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    included.sort_unstable();
    let name = index["IndexName"].as_str().unwrap_or_default();
    let projection = index["Projection"]["ProjectionType"].as_str().unwrap_or_default();
    format!("{name} on {} with {projection} {}", keys_of(index).join(", "), included.join(", "))
}

fn enable_ttl(db: &Database, table: &Table, attribute: &str) -> Result<(), OpenError> {
    let describe = request(json!({ "TableName": table.name }))?;
    let state = serde_json::to_value(db.describe_time_to_live(describe).map_err(engine)?)
        .map_err(|error| OpenError::Engine(error.to_string()))?;
    let state = &state["TimeToLiveDescription"];
    match (state["TimeToLiveStatus"].as_str(), state["AttributeName"].as_str()) {
        (Some("ENABLED" | "ENABLING"), Some(enabled)) if enabled == attribute => Ok(()),
        (Some("ENABLED" | "ENABLING"), other) => {
            Err(OpenError::Schema { table: table.name.clone(), reason: format!("it expires by {other:?}") })
        }
        _ => {
            let specification = json!({ "AttributeName": attribute, "Enabled": true });
            let update = json!({ "TableName": table.name, "TimeToLiveSpecification": specification });
            db.update_time_to_live(request(update)?).map(|_| ()).map_err(engine)
        }
    }
}

fn request<T: DeserializeOwned>(value: Value) -> Result<T, OpenError> {
    serde_json::from_value(value).map_err(|error| OpenError::Engine(error.to_string()))
}

fn engine(error: dynoxide::DynoxideError) -> OpenError {
    OpenError::Engine(error.to_string())
}
