//! New outbox items, as the table's stream brings them.

use futures_util::{StreamExt, stream};
use platform::{
    events::{Event, Pace},
    store::keys,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PUBLISHED_AT_ONCE, State};

/// A batch of stream records, of which the keys are all that is read
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
#[derive(Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// What a record tells of.
#[derive(Debug, PartialEq, Eq)]
enum Reading<'a> {
    /// A new outbox item, and the record's place in the stream.
    Item(&'a str, Event),
    /// Something that wakes nobody.
    Other,
    /// An outbox key that this version cannot read.
    Unreadable(&'a str),
}

fn read(record: &Value) -> Reading<'_> {
    let place = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default();
    let partition = record["dynamodb"]["Keys"]["PK"]["S"].as_str().unwrap_or_default();
    if record["eventName"] != "INSERT" || !partition.starts_with(keys::OUTBOX_PREFIX) {
        return Reading::Other;
    }
    match keys::parse_outbox(partition) {
        Some((_, id)) if id.starts_with(keys::REMINDER_OUTBOX_PREFIX) => Reading::Other,
        Some((practice, id)) if !place.is_empty() => {
            Reading::Item(place, Event::outbox(practice, id.to_owned()))
        }
        _ => Reading::Unreadable(place),
    }
}

/// A message waits for as long as it can be undone; somebody waits for everything else.
fn pace_of(Event::Outbox { id, .. }: &Event) -> Pace {
    if id.starts_with(keys::MESSAGE_OUTBOX_PREFIX) { Pace::AfterUndo } else { Pace::Now }
}

/// Publishes the items of a batch. Lambda comes again with the first record that failed and all after it, so only
/// that one is named (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>).
pub(crate) async fn relay(state: &State, batch: Batch) -> Result<Value, lambda_runtime::Error> {
    let mut items = Vec::with_capacity(batch.records.len());
    let mut unreadable = 0;
    for record in &batch.records {
        match read(record) {
            Reading::Item(place, event) => items.push((place, event)),
            Reading::Other => {}
            // It would be as unreadable the next time, and hold up its shard: the sweeper has its item, if it has one.
            Reading::Unreadable(place) => {
                unreadable += 1;
                tracing::error!(stream.sequence_number = place, "a stream record leads to no outbox item");
            }
        }
    }
    let total = items.len();
    let outcomes: Vec<Option<&str>> = stream::iter(items)
        .map(async |(place, event)| {
            let pace = pace_of(&event);
            state.publish(event, pace).await.err().map(|_| place)
        })
        .buffered(PUBLISHED_AT_ONCE)
        .collect()
        .await;
    let failed: Vec<&str> = outcomes.into_iter().flatten().collect();
    tracing::info!(
        relay.records = batch.records.len(),
        relay.published = total - failed.len(),
        relay.failed = failed.len(),
        relay.unreadable = unreadable,
        "a stream batch was relayed"
    );
    let failures: Vec<Value> =
        failed.first().map(|place| json!({ "itemIdentifier": place })).into_iter().collect();
    Ok(json!({ "batchItemFailures": failures }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRACTICE: &str = "prc_01k8zzzzzz0000000000000000";

    fn record(name: &str, partition: &str) -> Value {
        json!({
            "eventID": "1",
            "eventName": name,
            "dynamodb": {
                "Keys": { "PK": { "S": partition }, "SK": { "S": "OUT" } },
                "SequenceNumber": "000000000000000000042",
                "StreamViewType": "KEYS_ONLY"
            }
        })
    }

    #[test]
    fn only_new_outbox_items_wake_anybody() {
        let item = record("INSERT", &format!("OUTBOX#{PRACTICE}#a#b"));
        let Reading::Item(place, Event::Outbox { id, .. }) = read(&item) else { panic!("an item") };
        assert_eq!((place, id.as_str()), ("000000000000000000042", "a#b"));
        for other in [
            record("MODIFY", &format!("OUTBOX#{PRACTICE}#a")),
            record("REMOVE", &format!("OUTBOX#{PRACTICE}#a")),
            record("INSERT", &format!("CONV#{PRACTICE}#a")),
            record("INSERT", &format!("OUTBOX#{PRACTICE}#remind-msg-a-1")),
            json!({}),
            Value::Null,
        ] {
            assert_eq!(read(&other), Reading::Other, "{other}");
        }
    }

    #[test]
    fn a_key_of_another_shape_is_named_by_its_place_alone() {
        for partition in ["OUTBOX#", "OUTBOX#prc_x#a", "OUTBOX#nothing", &format!("OUTBOX#{PRACTICE}")] {
            assert_eq!(read(&record("INSERT", partition)), Reading::Unreadable("000000000000000000042"));
        }
    }
}
