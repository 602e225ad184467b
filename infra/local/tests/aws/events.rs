//! Stream records, batches and schedules.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde_json::json;

use crate::support::{Bench, CHAT, code, s};

fn sequence(batch: &local::aws::Batch, index: usize) -> String {
    batch.event["Records"][index]["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn only_new_outbox_items_wake_the_relay() {
    let bench = Bench::new();
    bench.put("MessagesFunction", CHAT, "CONV#p#c", "HEAD").await;
    assert!(bench.aws.take().unwrap().is_none());
    bench.put("MessagesFunction", CHAT, "OUTBOX#p#1", "OUT").await;
    bench.put("MessagesFunction", CHAT, "OUTBOX#p#1", "OUT").await;
    let batch = bench.aws.take().unwrap().unwrap();
    assert_eq!(batch.function, "RelayFunction");
    let records = batch.event["Records"].as_array().unwrap();
    assert_eq!(records.len(), 1, "the second put modified");
    let record = &records[0];
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["dynamodb"]["Keys"], json!({"PK": {"S": "OUTBOX#p#1"}, "SK": {"S": "OUT"}}));
    assert_eq!(record["dynamodb"]["StreamViewType"], "KEYS_ONLY");
    assert!(record["dynamodb"].get("NewImage").is_none());
    assert!(bench.aws.take().unwrap().is_none(), "a stream gives one batch at a time");
    let settled = bench.aws.settle(batch, Ok(json!({"batchItemFailures": []})));
    assert_eq!((settled.done, settled.again), (1, 0));
    assert!(bench.aws.take().unwrap().is_none());
    assert_eq!(bench.aws.stream_backlog(), 0);
}

#[tokio::test]
async fn failed_and_cancelled_writes_leave_no_record() {
    let bench = Bench::new();
    let client = bench.dynamodb("MessagesFunction");
    let put = |pk: &str| {
        Put::builder()
            .table_name(CHAT)
            .item("PK", s(pk))
            .item("SK", s("OUT"))
            .condition_expression("attribute_not_exists(PK)")
    };
    bench.put("admin", CHAT, "CONV#p#c", "OUT").await;
    let cancelled = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put("OUTBOX#p#1").build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(put("CONV#p#c").build().unwrap()).build());
    assert_eq!(code(cancelled.send().await), "TransactionCanceledException");
    assert_eq!(bench.aws.stream_backlog(), 0);
    let token = |token: &str| {
        client
            .transact_write_items()
            .client_request_token(token)
            .transact_items(TransactWriteItem::builder().put(put("OUTBOX#p#2").build().unwrap()).build())
            .send()
    };
    token("t").await.unwrap();
    token("t").await.unwrap();
    assert_eq!(bench.aws.stream_backlog(), 1, "a repeated token writes nothing");
}

#[tokio::test]
async fn partial_failures_are_tried_again_from_the_first() {
    let bench = Bench::new();
    for n in 1..=4 {
        bench.put("MessagesFunction", CHAT, &format!("OUTBOX#p#{n}"), "OUT").await;
    }
    let batch = bench.aws.take().unwrap().unwrap();
    let third = sequence(&batch, 2);
    let settled = bench.aws.settle(batch, Ok(json!({"batchItemFailures": [{"itemIdentifier": third}]})));
    assert_eq!((settled.done, settled.again), (2, 2));
    assert!(bench.aws.take().unwrap().is_none(), "Lambda waits before it tries again");
    bench.advance_seconds(1);
    let batch = bench.aws.take().unwrap().unwrap();
    assert_eq!(batch.event["Records"].as_array().unwrap().len(), 2);
    assert_eq!(sequence(&batch, 0), third);
    bench.aws.settle(batch, Ok(json!({"batchItemFailures": []})));
    assert_eq!(bench.aws.stream_backlog(), 0);
}

#[tokio::test]
async fn a_batch_that_fails_is_halved_and_then_given_up() {
    let bench = Bench::new();
    for n in 1..=4 {
        bench.put("MessagesFunction", CHAT, &format!("OUTBOX#p#{n}"), "OUT").await;
    }
    let mut sizes = Vec::new();
    let mut given_up = 0;
    for _ in 0..40 {
        bench.advance_seconds(11);
        let Some(batch) = bench.aws.take_for("RelayFunction").unwrap() else { break };
        let records = batch.event["Records"].as_array().unwrap().clone();
        sizes.push(records.len());
        // The second record is poison: whatever batch holds it fails.
        let poison = records.iter().any(|record| record["dynamodb"]["Keys"]["PK"]["S"] == "OUTBOX#p#2");
        let answer = if poison { Err("failed".to_owned()) } else { Ok(json!({"batchItemFailures": []})) };
        given_up += bench.aws.settle(batch, answer).given_up;
    }
    assert_eq!(sizes[..3], [4, 2, 1]);
    assert_eq!(given_up, 1);
    assert_eq!(bench.aws.stream_backlog(), 0);
    let notes = bench.aws.queue_bodies("RelayDeadLetters");
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("DDBStreamBatchInfo") && !notes[0].contains("OUTBOX"));
}

#[tokio::test]
async fn queue_batches_and_their_failures() {
    let bench = Bench::new();
    for n in 0..12 {
        bench.aws.publish("EventsTopic", &format!("{{\"n\":{n}}}"));
    }
    let batch = bench.aws.take_for("NotifyFunction").unwrap().unwrap();
    let records = batch.event["Records"].as_array().unwrap();
    assert_eq!(records.len(), 10);
    assert_eq!(records[0]["eventSource"], "aws:sqs");
    assert_eq!(records[0]["body"], "{\"n\":0}");
    let failed = records[3]["messageId"].clone();
    let second = bench.aws.take_for("NotifyFunction").unwrap().unwrap();
    assert_eq!(second.event["Records"].as_array().unwrap().len(), 2, "batches run side by side");
    let settled = bench.aws.settle(batch, Ok(json!({"batchItemFailures": [{"itemIdentifier": failed}]})));
    assert_eq!((settled.done, settled.again), (9, 1));
    assert_eq!(bench.aws.settle(second, Err("crashed".to_owned())).again, 2);
    assert!(bench.aws.take_for("NotifyFunction").unwrap().is_none());
    bench.advance_seconds(181);
    let again = bench.aws.take_for("NotifyFunction").unwrap().unwrap();
    assert_eq!(again.event["Records"].as_array().unwrap().len(), 3);
    assert_eq!(again.event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
}

#[tokio::test]
async fn schedules() {
    let bench = Bench::new();
    assert!(bench.aws.due_ticks().is_empty(), "the first look starts the time");
    bench.advance_seconds(59);
    assert!(bench.aws.due_ticks().is_empty());
    bench.advance_seconds(1);
    let ticks = bench.aws.due_ticks();
    let functions: Vec<_> = ticks.iter().map(|tick| tick.function.as_str()).collect();
    assert_eq!(functions, ["ChainFunction", "RelayFunction", "TexterFunction"]);
    assert_eq!(ticks[0].event["source"], "aws.events");
    assert!(bench.aws.due_ticks().is_empty());
    assert_eq!(bench.aws.all_ticks().len(), 3);
}
