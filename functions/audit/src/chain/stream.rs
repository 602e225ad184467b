//! New events, as the audit table's stream brings them, and what must not be there: changes.

use std::collections::BTreeMap;

use domain::id::{EventId, PracticeId};
use platform::{http::failure::Chain, store::keys};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ChainError, State, cry, link};

/// A batch of stream records, of which the keys are all that is read
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
#[derive(Deserialize)]
pub(super) struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// What a record tells of.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// A new event.
    Event(PracticeId, EventId),
    /// An item that was changed or removed. Nothing does that here, and no role may.
    Change,
    /// Something that wakes nobody.
    Other,
    /// An event whose key nobody here writes.
    Unreadable,
}

fn read(record: &Value) -> Reading {
    let key = |name: &str| record["dynamodb"]["Keys"][name]["S"].as_str().unwrap_or_default();
    match record["eventName"].as_str() {
        Some("MODIFY" | "REMOVE") => Reading::Change,
        Some("INSERT") if key(keys::PK).starts_with(keys::EVENT_PREFIX) => {
            match keys::parse_audit(key(keys::PK), key(keys::SK)) {
                Some((practice, event)) => Reading::Event(practice, event),
                None => Reading::Unreadable,
            }
        }
        _ => Reading::Other,
    }
}

/// Links the events of a batch. Lambda comes again with the first record that is named and all after it; what was linked
/// already is not linked again.
pub(super) async fn take(state: &State, batch: Batch) -> Result<Value, lambda_runtime::Error> {
    let mut practices: BTreeMap<PracticeId, (usize, Vec<EventId>)> = BTreeMap::new();
    let (mut changed, mut unreadable) = (0, 0);
    for (place, record) in batch.records.iter().enumerate() {
        match read(record) {
            Reading::Event(practice, event) => {
                practices.entry(practice).or_insert((place, Vec::new())).1.push(event);
            }
            Reading::Change => changed += 1,
            Reading::Unreadable => unreadable += 1,
            Reading::Other => {}
        }
    }
    if changed > 0 {
        cry(changed, "items of the audit log were changed or removed");
    }
    if unreadable > 0 {
        cry(unreadable, "the audit log has events under keys that nobody here writes");
    }
    let (mut linked, mut failed) = (0, None);
    for (practice, (place, events)) in practices {
        match link_stored(state, practice, &events).await {
            Ok(count) => linked += count,
            Err(error) => {
                tracing::error!(practice.id = %practice, error.chain = %Chain(&error), "events were not linked");
                failed = Some(failed.unwrap_or(place).min(place));
            }
        }
    }
    tracing::info!(chain.records = batch.records.len(), chain.linked = linked, "a stream batch was linked");
    let place = failed.map(|place: usize| &batch.records[place]["dynamodb"]["SequenceNumber"]);
    let failures: Vec<Value> = place.map(|place| json!({ "itemIdentifier": place })).into_iter().collect();
    Ok(json!({ "batchItemFailures": failures }))
}

async fn link_stored(state: &State, practice: PracticeId, ids: &[EventId]) -> Result<usize, ChainError> {
    let events: Vec<_> = state.store.audit_run(practice, ids).await?.into_iter().flatten().collect();
    if events.len() < ids.len() {
        cry(ids.len() - events.len(), "events of the audit log are gone before they were linked");
    }
    Ok(link::link(state, practice, events).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRACTICE: &str = "prc_01k8zzzzzz0000000000000000";
    const EVENT: &str = "evt_01k8zzzzzz0000000000000000";

    fn record(name: &str, partition: &str, sort: &str) -> Value {
        json!({
            "eventName": name,
            "dynamodb": { "Keys": { "PK": { "S": partition }, "SK": { "S": sort } }, "SequenceNumber": "42" }
        })
    }

    #[test]
    fn a_record_is_an_event_a_change_or_nothing() {
        let (practice, event) = (PracticeId::parse(PRACTICE).unwrap(), EventId::parse(EVENT).unwrap());
        let key = keys::audit(practice, event.at(), event);
        assert_eq!(read(&record("INSERT", &key.pk, &key.sk)), Reading::Event(practice, event));
        for name in ["MODIFY", "REMOVE"] {
            assert_eq!(read(&record(name, &key.pk, &key.sk)), Reading::Change);
            assert_eq!(read(&record(name, "CHAIN#x", "000000000001")), Reading::Change);
        }
        for other in [record("INSERT", &format!("CHAIN#{PRACTICE}"), "000000000001"), json!({}), Value::Null]
        {
            assert_eq!(read(&other), Reading::Other, "{other}");
        }
        // A day that is not the id's day: nobody would find the event again.
        for (pk, sk) in [
            (format!("EVENT#{PRACTICE}#2001-01-01"), EVENT),
            (key.pk.clone(), "evt_x"),
            ("EVENT#".to_owned(), EVENT),
        ] {
            assert_eq!(read(&record("INSERT", &pk, sk)), Reading::Unreadable, "{pk} {sk}");
        }
    }
}
