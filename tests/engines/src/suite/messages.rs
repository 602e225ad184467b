//! Sending: nothing lost, nothing twice, no gap, whoever writes beside it.

use std::collections::BTreeSet;

use domain::{audit::Verb, conversation::Side, id::PatientId};
use platform::store::{
    StoreError,
    keys::{self, ItemKey},
    message::{Outcome, Range},
    table::Table,
};

use super::cases;
use crate::bench::{Bench, Says, holds, somebody};

cases![
    thirty_messages_come_back_in_order,
    a_send_writes_everything_that_belongs_to_it,
    the_same_key_again_is_the_same_message,
    one_key_many_times_at_once_is_one_message,
    keys_of_two_senders_and_two_conversations_do_not_meet,
    sixteen_writers_lose_nothing_and_leave_no_gap,
    a_send_from_an_old_head_finds_its_place,
    a_send_into_nothing_makes_nothing,
    pages_begin_where_they_are_asked_to,
    a_page_of_long_texts_is_shorter_and_the_next_goes_on,
    the_longest_text_comes_back,
];

async fn thirty_messages_come_back_in_order(bench: Bench) {
    let talk = bench.talk().await;
    let (patient, staff) = (bench.account(), platform::store::session::Holder::Staff(bench.staff()));
    for n in 1..=30_i64 {
        let (who, side) = if n % 3 == 0 { (patient, Side::Patient) } else { (staff, Side::Practice) };
        let says = Says { who, side, key: &format!("k{n}"), text: &format!("message {n}") };
        let sent = bench.say(&talk, says, bench.at(n)).await;
        assert_eq!((sent.seq, sent.at), (u64::try_from(n).unwrap(), bench.at(n)));
    }
    let expected: Vec<_> = (1..=30).map(|n| (n, Some(format!("message {n}")))).collect();
    assert_eq!(bench.read_all(&talk).await, expected);
    let head = bench.head(&talk).await;
    assert_eq!((head.last_seq, head.said_patient, head.said_practice), (30, 10, 20));
    assert_eq!((head.last_message_at, head.created_at), (bench.at(30), bench.now));
    let stored = bench.store.messages(bench.practice, talk.head.id, Range::Newest, 100).await.unwrap();
    assert_eq!((stored[2].side, stored[2].sender.as_str()), (Side::Patient, patient.to_string().as_str()));
    assert_eq!((stored[3].side, stored[3].sent_at), (Side::Practice, bench.at(4)));
}

async fn a_send_writes_everything_that_belongs_to_it(bench: Bench) {
    let talk = bench.talk().await;
    let text = "the plain words of a message";
    bench
        .say(&talk, Says { who: bench.account(), side: Side::Practice, key: "secret-key", text }, bench.now)
        .await;
    let partition = keys::conversation_partition(bench.practice, talk.head.id);
    for table in [Table::Chat, Table::MessageKeys] {
        for item in bench.raw_partition(table, &partition).await {
            assert!(!holds(&item, text) && !holds(&item, "Vera") && !holds(&item, "secret-key"));
        }
    }
    assert!(bench.raw(Table::MessageKeys, &keys::message(bench.practice, talk.head.id, 1)).await.is_some());
    assert_eq!(bench.events(Verb::MessageSent).await, 1);
}

async fn the_same_key_again_is_the_same_message(bench: Bench) {
    let talk = bench.talk().await;
    let says = Says { who: bench.account(), side: Side::Patient, key: "k", text: "Is it normal?" };
    let sent = bench.say(&talk, says, bench.now).await;
    bench.say(&talk, Says { key: "other", ..says }, bench.at(1)).await;
    for n in 2..5 {
        let Outcome::Repeated(again) = bench.try_say(&talk, says, bench.at(n)).await.unwrap() else {
            panic!("it was answered before");
        };
        assert_eq!(again, sent, "with the answer of then");
        let other_text = Says { text: "Is that normal?", ..says };
        assert!(matches!(bench.try_say(&talk, other_text, bench.at(n)).await.unwrap(), Outcome::KeyReused));
    }
    // From a head of before, whose own condition does not hold either: the key decides.
    let Outcome::Repeated(again) =
        bench.say_after(talk.head.clone(), &talk, says, bench.at(9)).await.unwrap()
    else {
        panic!("it was answered before");
    };
    assert_eq!(again, sent);
    assert_eq!(bench.read_all(&talk).await.len(), 2);
    assert_eq!(bench.events(Verb::MessageSent).await, 2);
}

async fn one_key_many_times_at_once_is_one_message(bench: Bench) {
    let talk = bench.talk().await;
    let says = Says { who: bench.account(), side: Side::Practice, key: "k", text: "Your results are in" };
    let outcomes = bench.race((0..20).map(|_| bench.try_say(&talk, says, bench.now))).await;
    let mut new = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            Outcome::New(sent) => {
                new += 1;
                assert_eq!(sent.seq, 1);
            }
            Outcome::Repeated(sent) => assert_eq!(sent.seq, 1),
            Outcome::KeyReused | Outcome::Missing => panic!("it is the same request"),
        }
    }
    assert_eq!(new, 1);
    assert_eq!(bench.read_all(&talk).await.len(), 1);
}

async fn keys_of_two_senders_and_two_conversations_do_not_meet(bench: Bench) {
    let (talk, other) = (bench.talk().await, bench.talk().await);
    let says = Says { who: bench.account(), side: Side::Patient, key: "1", text: "Hello" };
    bench.say(&talk, says, bench.now).await;
    bench.say(&talk, Says { who: bench.account(), ..says }, bench.now).await;
    bench.say(&other, says, bench.now).await;
    assert_eq!(bench.read_all(&talk).await.len(), 2);
}

async fn sixteen_writers_lose_nothing_and_leave_no_gap(bench: Bench) {
    let each = 20;
    let talk = bench.talk().await;
    let writer = async |n: usize| {
        let (who, side) = (bench.account(), if n.is_multiple_of(2) { Side::Patient } else { Side::Practice });
        let (mut seqs, mut again) = (Vec::new(), 0);
        for m in 0..each {
            let says = Says { who, side, key: &format!("k{m}"), text: &format!("{n}.{m}") };
            let sent = loop {
                match bench.try_say(&talk, says, bench.now).await {
                    Ok(Outcome::New(sent) | Outcome::Repeated(sent)) => break sent,
                    // A client that is told to come again does so with the same key.
                    Err(StoreError::Contended) => again += 1,
                    Err(error) => panic!("{error:?}"),
                    Ok(Outcome::KeyReused | Outcome::Missing) => panic!("neither is true"),
                }
            };
            seqs.push(sent.seq);
        }
        assert!(seqs.is_sorted(), "one writer's messages are in order");
        (seqs, again)
    };
    let written = bench.race((0..16).map(writer)).await;
    let total = 16 * each;
    let again: usize = written.iter().map(|(_, again)| again).sum();
    // How many depends on the machine; that it is not the rule does not.
    assert!(again * 10 <= total, "{again} of {total} sends were asked to come again");
    let seqs: BTreeSet<u64> = written.iter().flat_map(|(seqs, _)| seqs.clone()).collect();
    assert!(seqs.iter().copied().eq(1..=u64::try_from(total).unwrap()), "each number once, no gap");
    let read = bench.read_all(&talk).await;
    assert!(read.iter().map(|(seq, _)| *seq).eq(1..=u64::try_from(total).unwrap()));
    let texts: BTreeSet<String> = read.into_iter().map(|(_, text)| text.expect("it opens")).collect();
    let expected: BTreeSet<String> =
        (0..16).flat_map(|n| (0..each).map(move |m| format!("{n}.{m}"))).collect();
    assert_eq!(texts, expected, "each message once");
    let head = bench.head(&talk).await;
    let half = u64::try_from(total / 2).unwrap();
    assert_eq!((head.last_seq, head.said_patient, head.said_practice), (half * 2, half, half));
    assert_eq!(bench.events(Verb::MessageSent).await, total);
}

async fn a_send_from_an_old_head_finds_its_place(bench: Bench) {
    let talk = bench.talk().await;
    let old = bench.head(&talk).await;
    let says = Says { who: bench.account(), side: Side::Practice, key: "a", text: "first" };
    bench.say(&talk, says, bench.now).await;
    bench.say(&talk, Says { key: "b", side: Side::Patient, ..says }, bench.at(1)).await;
    let Outcome::New(sent) =
        bench.say_after(old, &talk, Says { key: "c", ..says }, bench.at(2)).await.unwrap()
    else {
        panic!("it is new");
    };
    assert_eq!(sent.seq, 3);
    let head = bench.head(&talk).await;
    assert_eq!((head.said_patient, head.said_practice), (1, 2), "counted from the head as it stood");
}

async fn a_send_into_nothing_makes_nothing(bench: Bench) {
    let talk = bench.unsaved_talk(PatientId::new(bench.now, bench.entropy.id()), bench.now);
    let says = Says { who: bench.account(), side: Side::Practice, key: "a", text: "anybody there?" };
    let outcome = bench.say_after(talk.head.clone(), &talk, says, bench.now).await.unwrap();
    assert!(matches!(outcome, Outcome::Missing));
    let partition = keys::conversation_partition(bench.practice, talk.head.id);
    for table in [Table::Chat, Table::MessageKeys] {
        assert!(bench.raw_partition(table, &partition).await.is_empty());
    }
    assert_eq!(bench.events(Verb::MessageSent).await, 0);
}

async fn pages_begin_where_they_are_asked_to(bench: Bench) {
    let talk = bench.talk().await;
    let who = bench.account();
    for n in 1..=12 {
        let says = Says { who, side: Side::Patient, key: &format!("k{n}"), text: &format!("{n}") };
        bench.say(&talk, says, bench.now).await;
    }
    let page = async |range, limit| {
        let page = bench.read(&talk, range, limit).await;
        assert!(page.iter().all(|(seq, text)| text.as_deref() == Some(seq.to_string().as_str())));
        page.into_iter().map(|(seq, _)| seq).collect::<Vec<_>>()
    };
    for (range, limit, expected) in [
        (Range::Newest, 5, 8..=12),
        (Range::Newest, 100, 1..=12),
        (Range::Newest, 1, 12..=12),
        (Range::After(0), 5, 1..=5),
        (Range::After(5), 5, 6..=10),
        (Range::After(10), 5, 11..=12),
        (Range::Before(8), 5, 3..=7),
        (Range::Before(3), 5, 1..=2),
        (Range::Before(u64::MAX), 3, 10..=12),
    ] {
        assert_eq!(page(range, limit).await, expected.collect::<Vec<u64>>(), "{range:?}");
    }
    for range in [Range::After(12), Range::After(u64::MAX), Range::Before(1), Range::Before(0)] {
        assert!(page(range, 5).await.is_empty(), "{range:?}");
    }
    let empty = bench.talk().await;
    assert!(bench.read(&empty, Range::Newest, 50).await.is_empty(), "the head is no message");
}

async fn a_page_of_long_texts_is_shorter_and_the_next_goes_on(bench: Bench) {
    let talk = bench.talk().await;
    let who = bench.account();
    // Forty messages of 40 kB are more than the megabyte that one answer of DynamoDB holds.
    let text = "語".repeat(10_000);
    for n in 1..=40 {
        bench
            .say(&talk, Says { who, side: Side::Patient, key: &format!("k{n}"), text: &text }, bench.now)
            .await;
    }
    let newest = bench.read(&talk, Range::Newest, 50).await;
    assert!(newest.len() < 40, "one answer holds {}", newest.len());
    assert_eq!(newest.last().unwrap().0, 40, "it ends with the newest");
    let before = bench.read(&talk, Range::Before(newest[0].0), 50).await;
    assert_eq!(before.last().unwrap().0, newest[0].0 - 1, "the one before joins it");
    let all = bench.read_all(&talk).await;
    assert!(all.iter().map(|(seq, _)| *seq).eq(1..=40));
    assert!(all.iter().all(|(_, read)| read.as_deref() == Some(text.as_str())));
}

async fn the_longest_text_comes_back(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &[])).await;
    let talk = bench.talk_with(patient.id, bench.now).await;
    // In the sealed JSON a quotation mark takes two bytes and this letter four.
    let longest = format!("{}\"\n{}", "\u{1F600}".repeat(9_900), "\"".repeat(98));
    bench
        .say(&talk, Says { who: bench.account(), side: Side::Patient, key: "k", text: &longest }, bench.now)
        .await;
    assert_eq!(bench.read_all(&talk).await, [(1, Some(longest))]);
    let key: ItemKey = keys::message(bench.practice, talk.head.id, 1);
    assert!(bench.raw(Table::Chat, &key).await.is_some());
}
