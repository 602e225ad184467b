//! Reading: what is recorded before text leaves, and how far each side has read.

use domain::{audit::Verb, conversation::Side};
use platform::store::{
    conversation::{Filter, ReadMark},
    keys,
    message::Range,
    table::Table,
};

use super::cases;
use crate::bench::{Bench, Says, Talk};

cases![
    a_read_is_recorded_and_what_was_opened_never_goes_back,
    many_screens_at_once_each_leave_an_event,
    read_marks_never_go_back,
    unread_counts_the_other_sides_messages_only,
    a_mark_counts_although_a_message_came_meanwhile,
    a_message_without_its_secret_does_not_open,
    secrets_come_for_the_range_that_was_asked_for,
];

async fn said(bench: &Bench, sides: &str) -> Talk {
    let talk = bench.talk().await;
    more(bench, &talk, sides).await;
    talk
}

/// One message for each letter: `p` by the patient, `c` by the clinic.
async fn more(bench: &Bench, talk: &Talk, sides: &str) {
    let who = bench.account();
    let first = bench.head(talk).await.last_seq;
    for (n, side) in (first + 1..).zip(sides.chars()) {
        let side = if side == 'p' { Side::Patient } else { Side::Practice };
        bench.say(talk, Says { who, side, key: &format!("k{n}"), text: &format!("m{n}") }, bench.now).await;
    }
}

async fn mark(bench: &Bench, talk: &Talk, side: Side, seq: u64) {
    let head = bench.head(talk).await;
    let mark = bench.store.read_mark(&head, side, seq).await.unwrap().expect("there is such a message");
    bench.store.mark_read(&head, side, mark).await.unwrap();
}

async fn a_read_is_recorded_and_what_was_opened_never_goes_back(bench: Bench) {
    let talk = said(&bench, "ccccc").await;
    for (through, expected) in
        [(Some(2), 2), (Some(4), 4), (Some(3), 4), (None, 4), (Some(4), 4), (Some(5), 5)]
    {
        let head = bench.head(&talk).await;
        bench.store.record_read(&head, &bench.event(Verb::MessagesRead), through).await.unwrap();
        assert_eq!(bench.head(&talk).await.opened_through, expected);
    }
    assert_eq!(bench.events(Verb::MessagesRead).await, 6, "each read has its event");
    // A screen that was slow: its head is old, another one is further.
    bench.store.record_read(&talk.head, &bench.event(Verb::MessagesRead), Some(1)).await.unwrap();
    assert_eq!(bench.head(&talk).await.opened_through, 5);
    assert_eq!(bench.events(Verb::MessagesRead).await, 7);
}

async fn many_screens_at_once_each_leave_an_event(bench: Bench) {
    let talk = said(&bench, "cccccccc").await;
    let head = bench.head(&talk).await;
    let screens = (1..=8_u64).map(async |through| {
        let event = bench.event(Verb::MessagesRead);
        bench.store.record_read(&head, &event, Some(through)).await
    });
    for recorded in bench.race(screens).await {
        recorded.unwrap();
    }
    assert_eq!(bench.head(&talk).await.opened_through, 8);
    assert_eq!(bench.events(Verb::MessagesRead).await, 8);
}

async fn read_marks_never_go_back(bench: Bench) {
    let talk = said(&bench, "cpcpcpcp").await;
    for side in [Side::Patient, Side::Practice] {
        for (seq, expected) in [(3, 3), (6, 6), (2, 6), (6, 6), (8, 8), (1, 8)] {
            mark(&bench, &talk, side, seq).await;
            let head = bench.head(&talk).await;
            let read = if side == Side::Patient { head.read_patient } else { head.read_practice };
            assert_eq!(read.seq, expected, "{side:?} after {seq}");
        }
    }
    let head = bench.head(&talk).await;
    assert!(
        bench.store.read_mark(&head, Side::Patient, 9).await.unwrap().is_none(),
        "there is no such message"
    );
    let marks = (1..=8).rev().map(|seq| mark(&bench, &talk, Side::Patient, seq));
    bench.race(marks).await;
    assert_eq!(bench.head(&talk).await.read_patient, ReadMark { seq: 8, said: 4 });
}

async fn unread_counts_the_other_sides_messages_only(bench: Bench) {
    let talk = said(&bench, "ccpcpp").await;
    let unread = async || {
        let head = bench.head(&talk).await;
        (head.unread(Side::Patient), head.unread(Side::Practice))
    };
    assert_eq!(unread().await, (3, 3));
    mark(&bench, &talk, Side::Patient, 2).await;
    assert_eq!(unread().await, (1, 3));
    mark(&bench, &talk, Side::Patient, 3).await;
    assert_eq!(unread().await, (1, 3), "their own message changes nothing");
    mark(&bench, &talk, Side::Practice, 5).await;
    assert_eq!(unread().await, (1, 1));
    mark(&bench, &talk, Side::Patient, 6).await;
    mark(&bench, &talk, Side::Practice, 6).await;
    assert_eq!(unread().await, (0, 0));
    more(&bench, &talk, "pc").await;
    assert_eq!(unread().await, (1, 1));
}

async fn a_mark_counts_although_a_message_came_meanwhile(bench: Bench) {
    let talk = said(&bench, "ppp").await;
    // Staff have read all three; before their mark arrives, a fourth comes.
    let head = bench.head(&talk).await;
    let all = bench.store.read_mark(&head, Side::Practice, 3).await.unwrap().unwrap();
    more(&bench, &talk, "p").await;
    bench.store.mark_read(&head, Side::Practice, all).await.unwrap();
    let after = bench.head(&talk).await;
    assert_eq!((after.read_practice.seq, after.unread(Side::Practice)), (3, 1));
    bench.lists(Filter::Unread, &[&talk]).await;
    mark(&bench, &talk, Side::Practice, 4).await;
    assert_eq!(bench.head(&talk).await.unread(Side::Practice), 0);
    bench.lists(Filter::Unread, &[]).await;
}

async fn a_message_without_its_secret_does_not_open(bench: Bench) {
    let talk = said(&bench, "cpc").await;
    bench.raw_delete(Table::MessageKeys, &keys::message(bench.practice, talk.head.id, 2)).await;
    let read = bench.read_all(&talk).await;
    assert_eq!(read, [(1, Some("m1".to_owned())), (2, None), (3, Some("m3".to_owned()))]);
}

async fn secrets_come_for_the_range_that_was_asked_for(bench: Bench) {
    let talk = said(&bench, "cpcpcp").await;
    let secrets = bench.store.message_secrets(bench.practice, talk.head.id, 2, 4).await.unwrap();
    assert_eq!(secrets.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [2, 3, 4]);
    let other = bench.talk().await;
    assert!(bench.store.message_secrets(bench.practice, other.head.id, 1, 100).await.unwrap().is_empty());
    assert_eq!(bench.read(&talk, Range::Before(4), 2).await.len(), 2);
}
