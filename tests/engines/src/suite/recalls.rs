//! Recalls: all of it or nothing, once, and never beside a reading without saying so.

use std::sync::Arc;

use domain::{
    audit::Verb,
    conversation::Side,
    recall::{Asking, Keeping, RecallReason},
};
use platform::{
    keys::NewKey,
    seal::Key,
    store::{
        conversation::Head,
        keys,
        recall::{Outcome, Recall, Recalled, Seen},
        session::Holder,
        table::Table,
    },
};

use super::cases;
use crate::bench::{Bench, Says, Talk};

cases![
    a_recall_leaves_a_tombstone_an_event_and_what_is_kept,
    a_recall_from_an_old_head_says_what_was_opened_meanwhile,
    ten_recalls_at_once_are_one,
];

async fn said(bench: &Bench) -> (Talk, Holder) {
    let (talk, who) = (bench.talk().await, Holder::Staff(bench.staff()));
    for n in 1..=2 {
        let says = Says { who, side: Side::Practice, key: &format!("k{n}"), text: &format!("m{n}") };
        bench.say(&talk, says, bench.now).await;
    }
    (talk, who)
}

async fn open(bench: &Bench, talk: &Talk, through: u64) {
    let head = bench.head(talk).await;
    let mut event = bench.event(Verb::MessagesRead);
    event.actor = bench.account().actor();
    event.session = Some("0123456789abcdef".to_owned());
    bench.store.record_read(&head, &event, Some(through)).await.unwrap();
}

async fn recall(bench: &Bench, talk: &Talk, by: Holder, head: Head, seen: Option<Seen>) -> Recalled {
    let evidence = NewKey { key: Arc::new(Key::from_bytes([7; 32])), wrapped: vec![7; 32] };
    let recall = Recall {
        asking: Asking {
            reason: RecallReason::WrongPatient,
            keeping: Keeping::KeepSealed,
            may_write: true,
            may_recall_any: true,
            practice_shreds: false,
        },
        by,
        by_name: "Vera",
        note: None,
        seq: 1,
        content_key: &talk.key,
        evidence: &evidence,
        event: bench.event(Verb::MessageRecalled),
    };
    match bench.store.recall(head, seen, &recall, bench.at(5)).await.unwrap() {
        Outcome::Recalled(done) => done,
        _ => panic!("nothing speaks against it"),
    }
}

async fn look(bench: &Bench, talk: &Talk) -> (Head, Option<Seen>) {
    let head = bench.head(talk).await;
    let seen = bench.store.seen(&head, 1).await.unwrap();
    (head, seen)
}

async fn a_recall_leaves_a_tombstone_an_event_and_what_is_kept(bench: Bench) {
    let (talk, who) = said(&bench).await;
    let (head, seen) = look(&bench, &talk).await;
    let done = recall(&bench, &talk, who, head, seen).await;
    assert_eq!(done.opened, None);
    let expected = [(1, None), (2, Some("m2".to_owned())), (3, Some(String::new()))];
    assert_eq!(bench.read_all(&talk).await, expected);
    let after = bench.head(&talk).await;
    assert_eq!((after.last_seq, after.said_practice, after.unread(Side::Patient)), (3, 2, 1));
    assert_eq!(after.recalled, [1]);
    assert_eq!(bench.events(Verb::MessageRecalled).await, 1);
    let kept = keys::evidence(bench.practice, done.evidence.unwrap());
    assert!(bench.raw(Table::Audit, &kept).await.is_some());
    let secret = keys::message(bench.practice, talk.head.id, 1);
    assert!(bench.raw(Table::MessageKeys, &secret).await.is_none());
    let (head, seen) = look(&bench, &talk).await;
    assert_eq!(recall(&bench, &talk, who, head, seen).await, done);
}

async fn a_recall_from_an_old_head_says_what_was_opened_meanwhile(bench: Bench) {
    let (talk, who) = said(&bench).await;
    let (old, seen) = look(&bench, &talk).await;
    open(&bench, &talk, 2).await;
    let done = recall(&bench, &talk, who, old, seen).await;
    let opened = done.opened.unwrap();
    assert_eq!((opened.at, opened.session.as_str()), (bench.now, "0123456789abcdef"));
    assert_eq!(bench.events(Verb::MessageRecalled).await, 1);
}

async fn ten_recalls_at_once_are_one(bench: Bench) {
    let (talk, who) = said(&bench).await;
    let tries = (0..10).map(async |_| {
        let (head, seen) = look(&bench, &talk).await;
        recall(&bench, &talk, who, head, seen).await
    });
    let all = bench.race(tries).await;
    assert!(all.iter().all(|done| *done == all[0]));
    assert_eq!(bench.head(&talk).await.last_seq, 3);
    assert_eq!(bench.events(Verb::MessageRecalled).await, 1);
}
