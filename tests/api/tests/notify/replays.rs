//! Events that come twice, out of order, at once, or that are none.

use api_tests::World;
use platform::{
    entropy::Entropy,
    store::{
        item::NewItem,
        item::{number, string},
        keys,
        table::Table,
    },
};
use serde_json::{Value, json};

use crate::support::{
    NOTIFY, Thread, ask, batch, bodies, faults, item, place_of, relay, sent, state, states,
};
use local::aws::{Fault, Service, When};

/// Shuffles, the same way for the same seed.
fn shuffle<T>(list: &mut [T], entropy: &Entropy) {
    for last in (1..list.len()).rev() {
        let other = usize::try_from(entropy.below(last as u64 + 1)).unwrap();
        list.swap(last, other);
    }
}

#[tokio::test]
async fn five_deliveries_in_any_order_send_what_one_sends() {
    let world = World::start(1).await;
    let mut threads = Vec::new();
    for patient in ["maria", "john", "linh", "rosa", "luis"] {
        threads.push(Thread::with(&world, patient).await);
    }
    for n in 0..8 {
        for thread in &mut threads {
            thread.write(&format!("Message {n}")).await;
        }
    }
    for address in ["maria@patients.test", "+15555550104", "nobody@patients.test"] {
        ask(&world, "patient", address).await;
    }
    let places = relay(&world).await;
    assert_eq!(places.len(), 43);
    let bodies = bodies(&world);
    let mut deliveries: Vec<String> = (0..5).flat_map(|_| bodies.clone()).collect();
    shuffle(&mut deliveries, &Entropy::seeded(42));
    let batches: Vec<Value> = deliveries.chunks(10).map(batch).collect();
    // Three senders at once, as Lambda runs them.
    for group in batches.chunks(3) {
        let answers =
            futures_util::future::join_all(group.iter().map(|b| world.invoke(NOTIFY, b.clone()))).await;
        for answer in answers {
            assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
        }
    }
    let mut to: Vec<_> = sent(&world).into_iter().map(|sent| sent.to).collect();
    to.sort_unstable();
    assert_eq!(
        to,
        [
            "+15555550104",
            "+15555550104",
            "john@patients.test",
            "maria@patients.test",
            "maria@patients.test",
            "vega.family@patients.test",
            "vega.family@patients.test"
        ]
    );
    let expected = [("COLLAPSED".to_owned(), 35), ("SENT".to_owned(), 7), ("SUPPRESSED".to_owned(), 1)];
    assert_eq!(states(&world, &places).await, expected.into());
    // And once more, after everything is over.
    world.pump().await;
    assert_eq!(sent(&world).len(), 7);
}

#[tokio::test]
async fn poison_delays_nobody_and_ends_as_a_dead_letter() {
    let world = World::start(2).await;
    let practice = world.demo.id;
    for poison in [
        "not json".to_owned(),
        "{}".to_owned(),
        json!({"kind": "outbox", "v": 2, "practice": practice, "id": "x"}).to_string(),
        json!({"kind": "outbox", "v": 1, "practice": "prc_nothing", "id": "x"}).to_string(),
    ] {
        assert!(world.aws.publish("EventsTopic", &poison));
    }
    // An event without an item is no poison: its transaction never happened.
    let nothing = json!({"kind": "outbox", "v": 1, "practice": practice, "id": "never-written"}).to_string();
    assert!(world.aws.publish("EventsTopic", &nothing));
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Hello").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1, "in the very first round");
    for _ in 0..6 {
        world.clock.advance_seconds(181);
        world.pump().await;
    }
    assert_eq!(world.aws.queue_depth("NotifyDeadLetters").unwrap().visible, 4);
    let queue = world.aws.queue_depth("NotifyQueue").unwrap();
    assert_eq!((queue.visible, queue.in_flight), (0, 0));
    assert_eq!(sent(&world).len(), 1);
}

#[tokio::test]
async fn an_item_of_another_shape_ends_as_failed_and_is_not_swept_for_ever() {
    let world = World::start(3).await;
    let place = (world.demo.id, "strange".to_owned());
    let strange = NewItem::new(&keys::outbox(place.0, &place.1))
        .with("out_state", string("NEW"))
        .with("attempts", number(0))
        .with("notice_kind", string("pigeon"))
        .with("due_pk", string(keys::due_partition(3)))
        .with("due_at", string(world.clock.now()))
        .build();
    assert!(world.operator.store.create(Table::Chat, strange).await.unwrap());
    world.tick().await;
    assert_eq!(state(&world, &place).await, ("FAILED".to_owned(), "malformed".to_owned()));
    assert_eq!(item(&world, &place).await.optional_text("due_pk"), None);
}

#[tokio::test]
async fn one_unreadable_batch_is_an_error_and_one_unreadable_record_a_failure() {
    let world = World::start(4).await;
    assert!(world.invoke(NOTIFY, json!({"Records": 7})).await.is_err());
    let event = json!({"Records": [
        {"messageId": "a", "body": "no"}, {"messageId": "b"}, {"messageId": "c", "body": null}
    ]});
    let answer = world.invoke(NOTIFY, event).await.unwrap();
    let mut ids: Vec<_> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_sender_that_died_with_an_item_in_its_hands_is_replaced() {
    let world = World::start(5).await;
    let browser = ask(&world, "patient", "maria@patients.test").await;
    let place = place_of(&world, &browser);
    relay(&world).await;
    // Somebody takes it and is never heard of again; the queue's message went with them.
    let taken = world.operator.store.lease_outbox(place.0, &place.1, world.clock.now()).await.unwrap();
    assert_eq!(taken.unwrap().attempts, 1);
    world.pump().await;
    assert!(sent(&world).is_empty());
    assert_eq!(
        world.aws.queue_depth("NotifyQueue").unwrap().in_flight,
        0,
        "the event may go: the item stays due"
    );
    for _ in 0..3 {
        world.clock.advance_seconds(60);
        world.tick().await;
    }
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(state(&world, &place).await.0, "SENT");
}

#[tokio::test]
async fn with_the_table_away_the_queue_keeps_the_event() {
    let world = World::start(6).await;
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Hello").await;
    relay(&world).await;
    world.aws.set_faults(Some(faults(
        Service::DynamoDb,
        "UpdateItem",
        vec![(When::Always, Fault::InternalError)],
    )));
    world.pump().await;
    assert_eq!(world.aws.queue_depth("NoticeQueue").unwrap().in_flight, 1);
    world.aws.set_faults(None);
    world.clock.advance_seconds(181);
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
}
