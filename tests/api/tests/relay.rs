//! From the outbox to the topic: by the stream, and by the sweeper where the stream was silent.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failing unwrap is a failing test")]

use api_tests::{Practice, World, people::text};
use domain::id::PracticeId;
use local::aws::{Fault, FaultPlan, Rule, Service, When};
use platform::store::{
    item::{NewItem, string},
    keys,
    table::Table,
};
use serde_json::{Value, json};

const RELAY: &str = "RelayFunction";
/// Of messages.
const NOTICES: &str = "NoticeQueue";
/// Of everything else, and of what the sweeper brings.
const QUEUE: &str = "NotifyQueue";

/// Sends messages from staff, one conversation each, and leaves their stream records where they are.
async fn messages(world: &World, count: usize) {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for n in 0..count {
        let conversation = world.conversation(&world.demo, "ana", "maria").await;
        let path = format!("/v1/conversations/{conversation}/messages");
        let _ = ana.post_once(&path, &format!("key-{n}"), text("Hello")).await.expect(201);
    }
}

/// The stream's records reach nobody, as if the stream were switched off.
async fn lose_the_stream(world: &World) {
    while let Some(batch) = world.aws.take_for(RELAY).unwrap() {
        world.aws.settle(batch, Ok(json!({"batchItemFailures": []})));
    }
}

/// Items written straight into the table, due at once, all in one shard of the index.
async fn due_items(world: &World, practice: &Practice, count: usize) {
    for n in 0..count {
        let key = keys::outbox(practice.id, &format!("item-{n}"));
        due_item(world, &key).await;
    }
}

async fn due_item(world: &World, key: &keys::ItemKey) {
    let item = NewItem::new(key)
        .with("out_state", string("NEW"))
        .with("due_pk", string(keys::due_partition(0)))
        .with("due_at", string(world.clock.now()))
        .build();
    assert!(world.operator.store.create(Table::Chat, item).await.unwrap());
}

fn sweep_event() -> Value {
    json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
}

fn places(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|r| r["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()).collect()
}

fn faults(rules: Vec<(When, Fault)>) -> FaultPlan {
    let rule = |(when, fault)| Rule::new(when, fault).on(Service::Sns, "Publish").by(RELAY);
    FaultPlan::new(1, rules.into_iter().map(rule).collect())
}

#[tokio::test]
async fn a_new_item_becomes_an_event_of_ids() {
    let world = World::start(1).await;
    messages(&world, 1).await;
    let batch = world.aws.take_for(RELAY).unwrap().unwrap();
    let answer = world.invoke(RELAY, batch.event.clone()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let bodies = world.aws.queue_bodies(NOTICES);
    assert_eq!(bodies.len(), 1);
    assert!(world.aws.queue_bodies(QUEUE).is_empty(), "in one queue alone");
    let event: Value = serde_json::from_str(&bodies[0]).unwrap();
    let members: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "kind", "practice", "v"]);
    assert_eq!(
        (&event["kind"], &event["v"], &event["practice"]),
        (&json!("outbox"), &json!(1), &json!(world.demo.id))
    );
    let id = event["id"].as_str().unwrap().strip_prefix("msg-").unwrap();
    assert!(id.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[tokio::test]
async fn the_first_record_that_failed_is_where_lambda_begins_again() {
    let world = World::start(2).await;
    messages(&world, 5).await;
    let batch = world.aws.take_for(RELAY).unwrap().unwrap();
    let places = places(&batch.event);
    assert_eq!(places.len(), 5);
    // The third and fourth record, and every repeat by the SDK.
    let mut rules = vec![(When::Nth(3), Fault::InternalError), (When::Nth(4), Fault::RequestLost)];
    rules.extend((6..=9).map(|n| (When::Nth(n), Fault::Throttle)));
    world.aws.set_faults(Some(faults(rules)));
    let answer = world.invoke(RELAY, batch.event.clone()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": places[2]}]}));
    assert_eq!(world.aws.queue_depth(NOTICES).unwrap().visible, 3, "one failure stops no other record");
    world.aws.set_faults(None);
    let settled = world.aws.settle(batch, Ok(answer));
    assert_eq!((settled.done, settled.again), (2, 3));
    world.clock.advance_seconds(60);
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), 5, "each conversation has its notice, none has two");
}

#[tokio::test]
async fn with_the_topic_down_every_record_comes_again() {
    let world = World::start(3).await;
    messages(&world, 3).await;
    world.aws.set_faults(Some(faults(vec![(When::Always, Fault::InternalError)])));
    let batch = world.aws.take_for(RELAY).unwrap().unwrap();
    let first = places(&batch.event)[0].clone();
    let answer = world.invoke(RELAY, batch.event.clone()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": first}]}));
    world.aws.settle(batch, Ok(answer));
    world.aws.set_faults(None);
    world.clock.advance_seconds(60);
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), 3);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_holds_up_nobody() {
    let world = World::start(4).await;
    lose_the_stream(&world).await;
    due_item(&world, &keys::ItemKey { pk: "OUTBOX#nobody#1".to_owned(), sk: "OUT".to_owned() }).await;
    messages(&world, 1).await;
    let batch = world.aws.take_for(RELAY).unwrap().unwrap();
    assert_eq!(places(&batch.event).len(), 2);
    let answer = world.invoke(RELAY, batch.event.clone()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(world.aws.queue_depth(NOTICES).unwrap().visible, 1);
}

#[tokio::test]
async fn what_no_event_moved_is_swept_within_three_minutes() {
    let world = World::start(5).await;
    messages(&world, 4).await;
    lose_the_stream(&world).await;
    world.clock.advance_seconds(119);
    world.tick().await;
    assert!(world.aws.outbox().all().is_empty(), "its event may still be on its way");
    world.clock.advance_seconds(60);
    world.tick().await;
    assert_eq!(world.aws.outbox().all().len(), 4);
    for _ in 0..5 {
        world.clock.advance_seconds(60);
        world.tick().await;
    }
    assert_eq!(world.aws.outbox().all().len(), 4, "what is done is not due");
}

#[tokio::test]
async fn a_sweep_goes_on_past_a_full_page_and_past_entries_it_cannot_read() {
    let world = World::start(6).await;
    for n in 0..120 {
        due_item(&world, &keys::ItemKey { pk: format!("OUTBOX#nobody#{n}"), sk: "OUT".to_owned() }).await;
    }
    world.clock.advance_seconds(1);
    due_items(&world, &world.demo, 230).await;
    lose_the_stream(&world).await;
    let answer = world.invoke(RELAY, sweep_event()).await.unwrap();
    assert_eq!(answer, json!({"published": 230, "unreadable": 120, "cut_short": 0}));
    assert_eq!(world.aws.queue_depth(QUEUE).unwrap().visible, 230);
}

#[tokio::test]
async fn a_sweep_that_fails_says_so_and_loses_nothing() {
    let world = World::start(7).await;
    due_items(&world, &world.demo, 3).await;
    lose_the_stream(&world).await;
    world.aws.set_faults(Some(faults(vec![(When::Always, Fault::Throttle)])));
    assert!(world.invoke(RELAY, sweep_event()).await.is_err());
    // One shard cannot be read; the others are swept all the same.
    let rule = Rule::new(When::Nth(2), Fault::InternalError).on(Service::DynamoDb, "Query").by(RELAY);
    world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
    let swept = world.invoke(RELAY, sweep_event()).await;
    assert_eq!(world.aws.queue_depth(QUEUE).unwrap().visible, 3, "{swept:?}");
    world.aws.set_faults(None);
    assert_eq!(world.invoke(RELAY, sweep_event()).await.unwrap()["published"], 3);
}

#[tokio::test]
async fn it_asks_one_index_and_tells_one_topic() {
    let world = World::start(8).await;
    messages(&world, 2).await;
    let batch = world.aws.take_for(RELAY).unwrap().unwrap();
    let (_, calls) = world.aws.recorder().scope("stream", world.invoke(RELAY, batch.event.clone())).await;
    assert_eq!(calls.names(), ["sns:Publish", "sns:Publish"]);
    world.clock.advance_seconds(180);
    let (_, calls) = world.aws.recorder().scope("sweep", world.invoke(RELAY, sweep_event())).await;
    let queries: Vec<_> = calls.0.iter().filter(|call| call.operation == "Query").collect();
    assert_eq!(queries.len(), 16, "one for each shard");
    assert!(queries.iter().all(|call| call.parts.iter().all(|part| part.index.as_deref() == Some("due"))));
    assert!(calls.0.iter().all(|call| matches!(call.operation.as_str(), "Query" | "Publish")));
}

#[tokio::test]
async fn what_it_does_not_know_it_refuses() {
    let world = World::start(9).await;
    for event in [json!({}), json!(null), json!({"source": "aws.s3"}), json!({"Records": 1})] {
        assert!(world.invoke(RELAY, event.clone()).await.is_err(), "{event}");
    }
    let foreign = json!({"Records": [
        {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1", "Keys": {"PK": {"S": format!("OUTBOX#{}#x", some_practice())}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2", "Keys": {"PK": {"S": "CONV#x"}}}},
        {},
    ]});
    assert_eq!(world.invoke(RELAY, foreign).await.unwrap(), json!({"batchItemFailures": []}));
    assert!(world.aws.queue_bodies(QUEUE).is_empty());
}

fn some_practice() -> PracticeId {
    PracticeId::parse("prc_01k8zzzzzz0000000000000000").unwrap()
}
