//! The outbox: held by one sender at a time, never lost, done once.

use std::collections::BTreeSet;

use domain::{
    audit::Verb,
    conversation::Side,
    id::{ContactPointId, FlowId},
    time::Timestamp,
};
use platform::store::{
    Write, audit,
    item::{Item, string},
    keys,
    outbox::{self, End, Ending, LEASE_SECONDS, OutboxItem, SWEEP_AFTER_SECONDS, Subject},
    table::Table,
};

use super::cases;
use crate::bench::{Bench, Says};

cases![
    one_of_many_leases_an_item,
    a_lease_ends_by_time_and_the_next_one_holds_alone,
    an_item_that_is_given_back_waits_for_its_time,
    an_item_that_is_done_is_not_leased_again,
    whoever_lost_the_lease_changes_nothing,
    a_try_ends_with_its_events_or_not_at_all,
    due_items_are_listed_oldest_first_and_leave_when_done,
    an_item_of_another_shape_ends_as_failed,
    a_practices_message_is_due_and_a_patients_is_not,
];

async fn sign_in_item(bench: &Bench, at: Timestamp) -> String {
    let flow = FlowId::new(at, bench.entropy.id());
    let item = outbox::sign_in_item(bench.practice, flow, 1, at);
    bench.store.transact(vec![Write::Create(Table::Chat, item)]).await.unwrap().unwrap();
    outbox::sign_in_id(flow, 1)
}

async fn lease(bench: &Bench, id: &str, seconds: i64) -> Option<OutboxItem> {
    bench.store.lease_outbox(bench.practice, id, bench.at(seconds)).await.unwrap()
}

async fn end(bench: &Bench, item: &OutboxItem, seconds: i64) -> bool {
    let end = End { ending: Ending::Sent, why: "accepted", accepted: &[] };
    bench.store.end_outbox(item, &end, &[], bench.at(seconds)).await.unwrap()
}

async fn stored(bench: &Bench, id: &str) -> Item {
    bench.store.get(&keys::outbox(bench.practice, id)).await.unwrap().expect("the item is there")
}

/// This practice's due items, over all shards. Other cases have theirs in the same index.
async fn due(bench: &Bench, seconds: i64) -> Vec<String> {
    let mut mine = Vec::new();
    for shard in 0..keys::DUE_SHARDS {
        let mut start = None;
        loop {
            let page = bench.store.due_outbox(shard, bench.at(seconds), 7, start).await.unwrap();
            assert!(page.items.len() <= 7 && page.unreadable == 0);
            mine.extend(
                page.items.into_iter().filter(|(practice, _)| *practice == bench.practice).map(|(_, id)| id),
            );
            match page.next {
                Some(next) => start = Some(next),
                None => break,
            }
        }
    }
    mine
}

async fn is_due(bench: &Bench, seconds: i64, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|id| (*id).to_owned()).collect();
    let mut found = BTreeSet::new();
    for _ in 0..30 {
        found = due(bench, seconds).await.into_iter().collect();
        if found == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(found, expected, "after {seconds} s");
}

async fn one_of_many_leases_an_item(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let leases = bench.race((0..20).map(|_| lease(&bench, &id, 1))).await;
    let held: Vec<_> = leases.into_iter().flatten().collect();
    let [item] = held.as_slice() else { panic!("{} hold it", held.len()) };
    assert_eq!((item.attempts, item.created_at, item.told.len()), (1, bench.now, 0));
    assert!(matches!(item.subject, Subject::SignIn { issue: 1, .. }));
    assert!(lease(&bench, "unknown", 1).await.is_none());
    assert!(bench.store.get(&keys::outbox(bench.practice, "unknown")).await.unwrap().is_none());
}

async fn a_lease_ends_by_time_and_the_next_one_holds_alone(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let first = lease(&bench, &id, 0).await.expect("it is new");
    assert!(lease(&bench, &id, LEASE_SECONDS).await.is_none());
    let second = bench.race((0..8).map(|_| lease(&bench, &id, LEASE_SECONDS + 1))).await;
    let second: Vec<_> = second.into_iter().flatten().collect();
    assert_eq!(
        second.iter().map(|item| item.attempts).collect::<Vec<_>>(),
        [2],
        "held by one, the second time"
    );
    assert!(!end(&bench, &first, LEASE_SECONDS + 2).await, "the first has lost it");
    assert!(end(&bench, &second[0], LEASE_SECONDS + 2).await);
}

async fn an_item_that_is_given_back_waits_for_its_time(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let told = [
        ContactPointId::new(bench.now, bench.entropy.id()),
        ContactPointId::new(bench.at(1), bench.entropy.id()),
    ];
    let item = lease(&bench, &id, 0).await.unwrap();
    assert!(bench.store.return_outbox(&item, "throttled", &told[..1], &[], bench.at(2)).await.unwrap());
    assert!(!bench.store.return_outbox(&item, "throttled", &[], &[], bench.at(2)).await.unwrap(), "once");
    is_due(&bench, 31, &[]).await;
    is_due(&bench, 32, &[&id]).await;
    assert!(lease(&bench, &id, 31).await.is_none(), "thirty seconds after it was given back");
    let item = lease(&bench, &id, 32).await.expect("it is time");
    assert_eq!((item.attempts, item.told.as_slice()), (2, &told[..1]));
    assert!(bench.store.return_outbox(&item, "throttled", &told[1..], &[], bench.at(40)).await.unwrap());
    assert!(lease(&bench, &id, 99).await.is_none(), "and then sixty");
    let item = lease(&bench, &id, 100).await.unwrap();
    assert_eq!(item.told, told, "who was told stays told");
    // Nobody to tell is no text at all.
    assert!(bench.store.return_outbox(&item, "throttled", &[], &[], bench.at(101)).await.unwrap());
}

async fn an_item_that_is_done_is_not_leased_again(bench: Bench) {
    for ending in [Ending::Sent, Ending::Failed, Ending::Suppressed, Ending::Collapsed] {
        let id = sign_in_item(&bench, bench.now).await;
        let item = lease(&bench, &id, 0).await.unwrap();
        // No provider's id is a text as well: an empty one.
        let done = End { ending, why: "test", accepted: &[] };
        assert!(bench.store.end_outbox(&item, &done, &[], bench.at(5)).await.unwrap());
        let item = stored(&bench, &id).await;
        assert_eq!(item.text("out_state").unwrap(), ending.as_str());
        assert_eq!(item.text("provider_ids").unwrap(), "");
        assert!(item.optional_text("due_pk").is_none() && item.optional_text("due_at").is_none());
        assert!(lease(&bench, &id, 3600).await.is_none());
    }
    is_due(&bench, 24 * 3600, &[]).await;
}

async fn whoever_lost_the_lease_changes_nothing(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let first = lease(&bench, &id, 0).await.unwrap();
    let second = lease(&bench, &id, LEASE_SECONDS + 1).await.unwrap();
    assert!(!bench.store.return_outbox(&first, "slow", &[], &[], bench.at(99)).await.unwrap());
    assert!(!end(&bench, &first, 99).await);
    assert_eq!(stored(&bench, &id).await.text("out_state").unwrap(), "LEASED");
    assert!(end(&bench, &second, 99).await);
    assert!(!end(&bench, &second, 99).await, "it ends once");
}

async fn a_try_ends_with_its_events_or_not_at_all(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let item = lease(&bench, &id, 0).await.unwrap();
    let event = || bench.event(Verb::NoticeSent);
    let returned = bench
        .store
        .return_outbox(&item, "throttled", &[], &[audit::write(&event())], bench.at(1))
        .await
        .unwrap();
    assert!(returned);
    assert_eq!(bench.events(Verb::NoticeSent).await, 1);
    let done = End { ending: Ending::Sent, why: "accepted", accepted: &[] };
    assert!(
        !bench.store.end_outbox(&item, &done, &[audit::write(&event())], bench.at(2)).await.unwrap(),
        "it was given back"
    );
    assert_eq!(bench.events(Verb::NoticeSent).await, 1, "so nothing is told of it");
    let item = lease(&bench, &id, 60).await.unwrap();
    assert!(
        bench
            .store
            .end_outbox(&item, &done, &[audit::write(&event()), audit::write(&event())], bench.at(61))
            .await
            .unwrap()
    );
    assert_eq!(bench.events(Verb::NoticeSent).await, 3);
}

async fn due_items_are_listed_oldest_first_and_leave_when_done(bench: Bench) {
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(sign_in_item(&bench, bench.at(n)).await);
    }
    is_due(&bench, SWEEP_AFTER_SECONDS - 1, &[]).await;
    is_due(&bench, SWEEP_AFTER_SECONDS + 9, &ids[..10].iter().map(String::as_str).collect::<Vec<_>>()).await;
    is_due(&bench, 3600, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for shard in 0..keys::DUE_SHARDS {
        let page = bench.store.due_outbox(shard, bench.at(3600), 1000, None).await.unwrap();
        let mine = page.items.iter().filter(|(practice, _)| *practice == bench.practice);
        let places: Vec<_> = mine.map(|(_, id)| ids.iter().position(|known| known == id).unwrap()).collect();
        assert!(places.is_sorted(), "oldest first");
    }
    // A sender that holds an item has moved it on; one that ends it takes it out.
    let held = lease(&bench, &ids[0], 200).await.unwrap();
    let done = lease(&bench, &ids[1], 200).await.unwrap();
    assert!(end(&bench, &done, 201).await);
    let rest: Vec<&str> = ids[2..].iter().map(String::as_str).collect();
    is_due(&bench, 200 + SWEEP_AFTER_SECONDS - 1, &rest).await;
    assert!(end(&bench, &held, 202).await);
}

async fn an_item_of_another_shape_ends_as_failed(bench: Bench) {
    let id = sign_in_item(&bench, bench.now).await;
    let mut item = bench.raw(Table::Chat, &keys::outbox(bench.practice, &id)).await.unwrap();
    item.insert("flow".to_owned(), string("of another version"));
    bench.raw_put(Table::Chat, item).await;
    assert!(bench.store.lease_outbox(bench.practice, &id, bench.now).await.is_err());
    let item = stored(&bench, &id).await;
    assert_eq!((item.text("out_state").unwrap(), item.text("why").unwrap()), ("FAILED", "malformed"));
    assert!(lease(&bench, &id, 3600).await.is_none());
    is_due(&bench, 3600, &[]).await;
}

async fn a_practices_message_is_due_and_a_patients_is_not(bench: Bench) {
    let talk = bench.talk().await;
    let says = Says { who: bench.account(), side: Side::Practice, key: "k", text: "Hello" };
    bench.say(&talk, says, bench.now).await;
    bench.say(&talk, Says { side: Side::Patient, key: "p", ..says }, bench.now).await;
    let mut found = Vec::new();
    for _ in 0..30 {
        found = due(&bench, SWEEP_AFTER_SECONDS).await;
        if !found.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let [id] = found.as_slice() else { panic!("{found:?}") };
    let item = lease(&bench, id, 0).await.unwrap();
    let expected = Subject::Message { conversation: talk.head.id, patient: talk.head.patient, seq: 1 };
    assert_eq!(item.subject, expected);
    // The item is the memory of the client's key as well, and ending it leaves that alone.
    assert!(end(&bench, &item, 1).await);
    let again = bench.try_say(&talk, says, bench.at(2)).await.unwrap();
    assert!(matches!(again, platform::store::message::Outcome::Repeated(sent) if sent.seq == 1));
    assert_eq!(stored(&bench, id).await.number::<u32>("attempts").unwrap(), 1);
}
