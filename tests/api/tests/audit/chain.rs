//! Events are linked, kept and signed: once, whatever comes twice, late, at once or not at all.

use api_tests::World;
use domain::time::Timestamp;
use futures_util::future::join_all;
use local::aws::{Fault, FaultPlan, PriceFile, Rule, Service, When};
use serde_json::{Value, json};

use crate::support::{
    CHAIN, assert_whole, conversation, kept_checkpoints, kept_lines, lose_the_stream, public_key, record,
    record_many, stored_ids, tick, verify,
};

#[tokio::test]
async fn what_happens_is_linked_at_once_and_kept_and_signed_within_a_minute() {
    let world = World::start(9_000).await;
    conversation(&world).await;
    world.pump().await;
    let chained = world.operator.store.chain_head(world.demo.id).await.unwrap().expect("a segment");
    assert_eq!(chained.last(), stored_ids(&world, world.demo.id).await.len() as u64);
    assert!(kept_lines(&world, world.demo.id).is_empty(), "kept by the schedule");
    tick(&world).await.unwrap();
    assert!(assert_whole(&world, world.demo.id).await >= 4);
    assert!(assert_whole(&world, world.other.id).await >= 1);

    // A tick with nothing new signs nothing; an event more, and the next one does.
    tick(&world).await.unwrap();
    assert_eq!(kept_checkpoints(&world, world.demo.id).len(), 1);
    world.clock.advance_seconds(60);
    conversation(&world).await;
    world.pump().await;
    tick(&world).await.unwrap();
    assert_eq!(kept_checkpoints(&world, world.demo.id).len(), 2);
    assert_eq!(kept_checkpoints(&world, world.other.id).len(), 1);
    assert_whole(&world, world.demo.id).await;
}

#[tokio::test]
async fn an_event_holds_ids_and_verbs_and_every_attribute_is_linked() {
    let world = World::start(9_001).await;
    conversation(&world).await;
    world.pump().await;
    tick(&world).await.unwrap();
    let lines = kept_lines(&world, world.demo.id);
    let read = lines.iter().find(|line| line.contains("messages_read")).expect("the reading");
    let event: Value = serde_json::from_str(read).unwrap();
    let event = event["event"].as_object().unwrap();
    let names: Vec<_> = event.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "actor",
            "at",
            "conversation",
            "first_seq",
            "id",
            "last_seq",
            "patient",
            "practice",
            "session",
            "verb"
        ]
    );
    assert_eq!(event["at"].as_str().map(Timestamp::parse).unwrap().unwrap(), world.clock.now());
    for name in ["Maria", "Lopez", "Please", "maria@"] {
        assert!(lines.iter().all(|line| !line.contains(name)), "{name}");
    }
}

#[tokio::test]
async fn what_comes_twice_or_at_once_is_linked_once() {
    let world = World::start(9_002).await;
    record_many(&world, world.demo.id, 12).await;
    let batch = world.aws.take_for(CHAIN).unwrap().expect("a batch");
    let records = batch.event["Records"].as_array().unwrap().clone();
    // The whole batch four times, and each of its records alone, all at the same time.
    let mut events = vec![batch.event.clone(); 4];
    events.extend(records.iter().map(|record| json!({"Records": [record]})));
    let answers = join_all(events.into_iter().map(|event| world.invoke(CHAIN, event))).await;
    // Whoever was in the way too often asks to be called again.
    let again = answers.iter().filter(|answer| answer.as_ref().unwrap()["batchItemFailures"] != json!([]));
    println!("{} of {} calls come again", again.count(), answers.len());
    world.aws.settle(batch, Err("once more".to_owned()));
    world.clock.advance_seconds(10);
    world.pump().await;
    let ticks = join_all((0..4).map(|_| tick(&world))).await;
    assert!(ticks.iter().all(Result::is_ok), "{ticks:?}");
    assert_whole(&world, world.demo.id).await;
    assert_whole(&world, world.other.id).await;
}

#[tokio::test]
async fn what_the_stream_did_not_bring_is_found() {
    let world = World::start(9_003).await;
    // The first events of a practice come by the stream; from then on the schedule knows it.
    world.pump().await;
    record_many(&world, world.demo.id, 5).await;
    lose_the_stream(&world).await;
    world.clock.advance_seconds(60);
    assert_eq!(tick(&world).await.unwrap()["linked"], 5);
    assert_whole(&world, world.demo.id).await;

    // Nobody looks for a week; meanwhile events are written and their records expire.
    for _ in 0..7 {
        record_many(&world, world.demo.id, 3).await;
        world.clock.advance_seconds(86_400);
    }
    lose_the_stream(&world).await;
    record_many(&world, world.demo.id, 2).await;
    world.pump().await;
    assert_eq!(tick(&world).await.unwrap()["linked"], 21, "newer ones in the chain hide no older ones");
    assert_whole(&world, world.demo.id).await;
}

#[tokio::test]
async fn late_events_and_clocks_that_are_wrong_do_no_harm() {
    let world = World::start(9_004).await;
    world.pump().await;
    tick(&world).await.unwrap();
    let now = world.clock.now();
    // The operator's own computer is three hours behind, another one an hour ahead.
    record(&world, world.demo.id, now.plus_seconds(-3 * 3600), 1).await;
    record(&world, world.demo.id, now.plus_seconds(3600), 2).await;
    world.pump().await;
    world.clock.advance_seconds(60);
    tick(&world).await.unwrap();
    let linked = kept_lines(&world, world.demo.id).len();
    assert_eq!(linked + 1, stored_ids(&world, world.demo.id).await.len(), "the one from the future waits");
    world.clock.advance_seconds(3600);
    tick(&world).await.unwrap();
    assert_whole(&world, world.demo.id).await;

    // One that is far behind and that the stream lost: the long look, once an hour.
    record(&world, world.demo.id, world.clock.now().plus_seconds(-3 * 3600), 3).await;
    lose_the_stream(&world).await;
    for _ in 0..60 {
        world.clock.advance_seconds(60);
        tick(&world).await.unwrap();
    }
    assert_whole(&world, world.demo.id).await;
}

#[tokio::test]
async fn long_logs_are_many_segments() {
    let world = World::start(9_005).await;
    world.pump().await;
    record_many(&world, world.demo.id, 1_203).await;
    lose_the_stream(&world).await;
    assert_eq!(tick(&world).await.unwrap()["linked"], 1_203);
    assert_eq!(world.aws.objects("AuditBucket", &format!("events/{}/", world.demo.id)).len(), 4);
    assert_whole(&world, world.demo.id).await;
}

#[tokio::test]
async fn a_practice_in_trouble_stops_no_other() {
    let world = World::start(9_006).await;
    world.pump().await;
    tick(&world).await.unwrap();
    record_many(&world, world.demo.id, 3).await;
    record_many(&world, world.other.id, 3).await;
    lose_the_stream(&world).await;
    // Both are kept at the same time, and each tries twice: one of them succeeds with the fourth call.
    let rule = |n| Rule::new(When::Nth(n), Fault::InternalError).on(Service::S3, "PutObject").by(CHAIN);
    world.aws.set_faults(Some(FaultPlan::new(1, vec![rule(1), rule(2), rule(3)])));
    assert!(tick(&world).await.is_err(), "it says that one failed");
    world.aws.set_faults(None);
    let kept = [&world.demo, &world.other].map(|practice| kept_checkpoints(&world, practice.id).len());
    assert_eq!(kept.iter().sum::<usize>(), 3, "and the other one was kept: {kept:?}");
    tick(&world).await.unwrap();
    assert_whole(&world, world.demo.id).await;
    assert_whole(&world, world.other.id).await;
}

#[tokio::test]
async fn kept_objects_are_locked_and_every_change_of_the_table_shows() {
    let world = World::start(9_007).await;
    conversation(&world).await;
    world.pump().await;
    // Changed after it was linked, before it was kept.
    let items = world.aws.items("AuditTable").await;
    let read = items.iter().find(|item| item["verb"]["S"] == "messages_read").unwrap();
    let (pk, sk) = (read["PK"]["S"].as_str().unwrap(), read["SK"]["S"].as_str().unwrap());
    let admin = aws_sdk_dynamodb::Client::new(&world.aws.sdk_config("admin"));
    let s = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let table = world.aws.environment(CHAIN)["AUDIT_TABLE"].clone();
    let change = admin.update_item().table_name(&table).key("PK", s(pk)).key("SK", s(sk));
    change
        .update_expression("SET actor = :a")
        .expression_attribute_values(":a", s("system"))
        .send()
        .await
        .unwrap();
    let batch = world.aws.take_for(CHAIN).unwrap().expect("the stream tells of it");
    assert_eq!(batch.event["Records"][0]["eventName"], "MODIFY");
    world.aws.settle(batch, Ok(json!({"batchItemFailures": []})));
    tick(&world).await.unwrap();
    let lines = kept_lines(&world, world.demo.id);
    let broken = verify(&lines, kept_checkpoints(&world, world.demo.id), &public_key(&world).await);
    assert!(broken.is_err(), "what was kept is what is there, and checking it says so");
    // Locked for six years.
    for object in world.aws.objects("AuditBucket", "") {
        assert_eq!(object.retained_until, world.clock.now().as_millis() + 2192 * 86_400_000);
    }
}

#[tokio::test]
async fn linking_keeping_and_signing_cost_a_fraction_of_what_is_written_down() {
    let world = World::start(9_009).await;
    world.pump().await;
    tick(&world).await.unwrap();
    let before = stored_ids(&world, world.demo.id).await.len();
    // A busy minute: a batch of ten events each three seconds, a tick at its end.
    let minute = async {
        for _ in 0..20 {
            record_many(&world, world.demo.id, 10).await;
            world.pump().await;
        }
        tick(&world).await.unwrap();
    };
    let (_, calls) = world.aws.recorder().scope("minute", minute).await;
    let events = stored_ids(&world, world.demo.id).await.len() - before;
    let chain: Vec<_> = calls.0.into_iter().filter(|call| call.caller == CHAIN).collect();
    let usd = PriceFile::shipped().unwrap().calls_usd_per_million(&chain) / events as f64;
    println!("{events} events in a minute: ${usd:.2} a million events, {} calls", chain.len());
    assert!(usd < 1.5, "${usd} a million events");
}

#[tokio::test]
async fn what_it_does_not_know_it_refuses() {
    let world = World::start(9_008).await;
    for event in [json!({}), json!(null), json!({"source": "aws.s3"}), json!({"Records": 1})] {
        assert!(world.invoke(CHAIN, event.clone()).await.is_err(), "{event}");
    }
}
