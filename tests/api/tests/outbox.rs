//! What the outbox promises, tried over and over, as one table: everything ends, nothing leaves twice but after a crash, and
//! nobody waits for what cannot be read. `DEEP=1` sends ten thousand messages.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failing unwrap is a failing test"
)]

use std::collections::{BTreeMap, BTreeSet};

use api_tests::World;
use local::aws::{Fault, FaultPlan, Rule, Sent, Service, When};
use platform::entropy::Entropy;
use serde_json::{Value, json};

const RELAY: &str = "RelayFunction";
const NOTIFY: &str = "NotifyFunction";

fn deep() -> bool {
    std::env::var("DEEP").is_ok_and(|value| value == "1")
}

/// Messages of staff, each in a conversation of its own, so that each has a notice of its own.
async fn write(world: &World, count: usize) {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for n in 0..count {
        let patient = ["maria", "john", "rosa", "luis"][n % 4];
        let start =
            json!({"patient_id": world.demo.patients[patient].id, "topic": "other", "text": "Zebra-7731"});
        let _ = ana.post_once("/v1/conversations", &world.fresh_key(), start).await.expect(201);
    }
}

/// The stream's records reach nobody, as if it were switched off.
fn lose_the_stream(world: &World) {
    while let Some(batch) = world.aws.take_for(RELAY).unwrap() {
        world.aws.settle(batch, Ok(json!({"batchItemFailures": []})));
    }
}

/// How many notices of messages are in which state.
async fn states(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for item in world.aws.items("ChatTable").await {
        let key = item["PK"]["S"].as_str().unwrap_or_default();
        let id = key.strip_prefix("OUTBOX#").and_then(|rest| rest.split_once('#')).map(|(_, id)| id);
        if id.is_some_and(|id| id.starts_with("msg-")) {
            *counts.entry(item["out_state"]["S"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

fn waiting(states: &BTreeMap<String, usize>) -> usize {
    ["NEW", "LEASED"].iter().filter_map(|state| states.get(*state)).sum()
}

/// One minute of the schedule. A tick that a fault ends is made good by the next one.
async fn minute(world: &World) {
    world.clock.advance_seconds(60);
    for tick in world.aws.all_ticks() {
        let _ = world.invoke(&tick.function.clone(), tick.event.clone()).await;
    }
    world.pump().await;
}

fn token(sent: &Sent) -> String {
    let rest = sent.text.split("#t=").nth(1).expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Providers that refuse, fail, and take a message without saying so; tables that do the same.
fn troubles(seed: u64) -> FaultPlan {
    let kinds = [Fault::Throttle, Fault::InternalError, Fault::RequestLost, Fault::ResponseLost];
    let of = |service, chance, role: &'static str| {
        let rule = |fault| Rule { service: Some(service), ..Rule::new(When::Chance(chance), fault).by(role) };
        kinds.clone().map(rule)
    };
    let rules = [
        of(Service::Ses, 0.05, NOTIFY),
        of(Service::DynamoDb, 0.01, NOTIFY),
        of(Service::Sns, 0.05, RELAY),
        of(Service::DynamoDb, 0.01, RELAY),
    ];
    FaultPlan::new(seed, rules.concat())
}

#[tokio::test(start_paused = true)]
async fn everything_ends_whatever_fails_and_whether_the_stream_speaks_or_not() {
    let count = if deep() { 10_000 } else { 300 };
    let world = World::start(1).await;
    let mut written = 0;
    for part in 0..10 {
        // The messages themselves are another test's: here they are all there.
        world.aws.set_faults(None);
        write(&world, count / 10).await;
        written += count / 10;
        world.aws.set_faults(Some(troubles(11 + part)));
        if part % 2 == 0 {
            lose_the_stream(&world);
        }
        world.pump().await;
    }
    for _ in 0..60 {
        minute(&world).await;
    }
    let failed = world.aws.recorder().calls().0.iter().filter(|call| call.error.is_some()).count();
    world.aws.set_faults(None);
    let mut minutes = 60;
    while waiting(&states(&world).await) > 0 && minutes < 6 * 60 {
        minute(&world).await;
        minutes += 1;
    }
    let ended = states(&world).await;
    assert!(failed > count / 10, "{failed} calls failed: that shows nothing");
    assert_eq!((waiting(&ended), ended.values().sum::<usize>()), (0, written), "{ended:?}");
    let told: BTreeSet<String> = world.aws.outbox().all().iter().map(token).collect();
    assert!(told.len() >= ended["SENT"], "{} links for {ended:?}", told.len());
    println!(
        "| O1 | {written} messages, {failed} failed calls, stream off for half | {} of {written} ended ({ended:?}) after {minutes} min |",
        ended.values().sum::<usize>()
    );
}

#[tokio::test(start_paused = true)]
async fn with_the_stream_off_everything_has_left_within_five_minutes() {
    let count = if deep() { 10_000 } else { 300 };
    let world = World::start(2).await;
    write(&world, count).await;
    lose_the_stream(&world);
    let mut minutes = 0;
    while waiting(&states(&world).await) > 0 {
        minute(&world).await;
        minutes += 1;
        assert!(minutes <= 5, "{:?}", states(&world).await);
    }
    let sent = world.aws.outbox().all();
    assert_eq!((sent.len(), states(&world).await["SENT"]), (count, count));
    println!("| O1 | {count} messages with the stream off | {count} of {count} sent within {minutes} min |");
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_twice_but_after_a_crash_and_then_it_is_the_same() {
    let count = if deep() { 5_000 } else { 300 };
    for crashes in [true, false] {
        let world = World::start(3).await;
        write(&world, count).await;
        let lost =
            Rule::new(When::Chance(0.1), Fault::ResponseLost).on(Service::Ses, "SendRawEmail").by(NOTIFY);
        let refused =
            Rule::new(When::Chance(0.1), Fault::Throttle).on(Service::Ses, "SendRawEmail").by(NOTIFY);
        let rules = if crashes { vec![lost, refused] } else { vec![refused] };
        world.aws.set_faults(Some(FaultPlan::new(5, rules)));
        world.aws.recorder().clear();
        world.pump().await;
        for _ in 0..60 {
            minute(&world).await;
        }
        let calls = world.aws.recorder().calls().0;
        let lost = calls.iter().filter(|call| call.error.as_deref() == Some("ResponseLost")).count();
        let sent = world.aws.outbox().all();
        let mut by_token: BTreeMap<String, Vec<&Sent>> = BTreeMap::new();
        for one in &sent {
            by_token.entry(token(one)).or_default().push(one);
        }
        let twice = sent.len() - by_token.len();
        assert_eq!((by_token.len(), waiting(&states(&world).await)), (count, 0));
        assert!(twice <= lost && (crashes == (lost > 0)), "{twice} twice, {lost} lost answers");
        for same in by_token.values() {
            let first = same[0];
            assert!(
                same.iter()
                    .all(|one| (&one.to, &one.text, &one.html) == (&first.to, &first.text, &first.html))
            );
        }
        println!(
            "| O2 | {count} notices, {lost} crashes after the provider took one | {twice} left twice, each the same mail with the same link |"
        );
    }
}

/// Shuffles, the same way for the same seed.
fn shuffle<T>(list: &mut [T], entropy: &Entropy) {
    for last in (1..list.len()).rev() {
        let other = usize::try_from(entropy.below(last as u64 + 1)).unwrap();
        list.swap(last, other);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_events_that_come_five_times_in_any_order_are_one_delivery() {
    let world = World::start(4).await;
    write(&world, 100).await;
    while let Some(batch) = world.aws.take_for(RELAY).unwrap() {
        let answer = world.invoke(RELAY, batch.event.clone()).await;
        world.aws.settle(batch, answer);
    }
    let bodies = world.aws.queue_bodies("NoticeQueue");
    assert_eq!(bodies.len(), 100);
    let mut deliveries: Vec<&String> = (0..5).flat_map(|_| bodies.iter()).collect();
    shuffle(&mut deliveries, &Entropy::seeded(42));
    let batch = |bodies: &[&String]| {
        let record = |(n, body): (usize, &&String)| json!({"messageId": format!("m-{n}"), "body": body});
        json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
    };
    let batches: Vec<Value> = deliveries.chunks(10).map(batch).collect();
    for group in batches.chunks(5) {
        let all = group.iter().map(|batch| world.invoke(NOTIFY, batch.clone()));
        for answer in futures_util::future::join_all(all).await {
            assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
        }
    }
    let sent = world.aws.outbox().all();
    let links: BTreeSet<String> = sent.iter().map(token).collect();
    assert_eq!((sent.len(), links.len()), (100, 100));
    println!(
        "| O3 | 100 events, each 5 times, shuffled, 5 batches at a time | {} sent, as by one delivery |",
        sent.len()
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_delays_nobody_and_ends_as_a_dead_letter() {
    let world = World::start(5).await;
    for junk in ["{", "null", "{\"kind\":\"outbox\",\"v\":9}"] {
        assert!(world.aws.publish("EventsTopic", junk));
    }
    write(&world, 20).await;
    let began = world.clock.now();
    world.pump().await;
    let mut waited = 0;
    while world.aws.outbox().all().len() < 20 {
        world.clock.advance_seconds(1);
        world.pump().await;
        waited = world.clock.now().as_seconds() - began.as_seconds();
        assert!(waited <= 60, "the others wait");
    }
    for _ in 0..30 {
        minute(&world).await;
    }
    let dead = world.aws.queue_depth("NotifyDeadLetters").unwrap().visible;
    assert_eq!((dead, waiting(&states(&world).await)), (3, 0));
    println!(
        "| O4 | 3 events that nobody can read before 20 others | the others waited {waited} s; {dead} dead letters |"
    );
}
