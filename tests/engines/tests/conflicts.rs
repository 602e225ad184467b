//! Transactions that overlap, which no engine shows by itself: local AWS with DynamoDB's latencies and conflicts.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use domain::{audit::Verb, conversation::Side};
use engines_tests::{
    bench::{Bench, Says},
    engine::Engine,
};
use futures_util::future::join_all;
use platform::store::{StoreError, message::Outcome};

async fn bench() -> Bench {
    let engine = Engine::with_conflicts(4, 12).await.unwrap();
    Bench::new(Arc::new(engine), "conflicts").await.unwrap()
}

/// Marks, claims and leases are single writes; a transaction that holds their item refuses them for a moment.
#[tokio::test]
async fn single_writes_wait_for_the_transaction_that_is_in_their_way() {
    let bench = bench().await;
    let talk = bench.talk().await;
    let who = bench.account();
    bench.say(&talk, Says { who, side: Side::Patient, key: "first", text: "Hello" }, bench.now).await;
    let writer = async |n: usize| {
        for m in 0..5 {
            let says = Says { who, side: Side::Practice, key: &format!("{n}.{m}"), text: "Hello" };
            loop {
                match bench.try_say(&talk, says, bench.now).await {
                    Ok(Outcome::New(_) | Outcome::Repeated(_)) => break,
                    Ok(Outcome::KeyReused | Outcome::Missing) => panic!("neither is true"),
                    Err(StoreError::Contended) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    };
    let reader = async |n: u64| {
        for m in 1..=10 {
            let head = bench.head(&talk).await;
            let mark = bench.store.read_mark(&head, Side::Practice, head.last_seq).await.unwrap().unwrap();
            bench.store.mark_read(&head, Side::Practice, mark).await.unwrap();
            let outbox = format!("item {n}");
            bench.store.claim_notice(bench.practice, head.id, &outbox, m, bench.now).await.unwrap();
            bench.store.release_notice(bench.practice, head.id, &outbox).await.unwrap();
            let event = bench.event(Verb::MessagesRead);
            bench.store.record_read(&head, &event, Some(head.last_seq)).await.unwrap();
        }
    };
    tokio::join!(join_all((0..3).map(writer)), join_all((0..3).map(reader)));
    assert_eq!(bench.read_all(&talk).await.len(), 16);
    assert_eq!(bench.events(Verb::MessagesRead).await, 30);
}
