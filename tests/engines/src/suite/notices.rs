//! Who may tell the patient of a message: one notice at a time.

use domain::{audit::Verb, conversation::Side};
use platform::store::{conversation::ReadMark, outbox::NOTICE_STANDS_SECONDS};

use super::cases;
use crate::bench::{Bench, Says, Talk};

cases![
    the_first_message_claims_and_later_ones_stay_silent,
    a_claim_can_be_repeated_by_the_same_item,
    reading_lets_the_next_message_claim,
    opening_lets_the_next_message_claim,
    what_was_read_needs_no_notice,
    four_days_later_the_next_message_claims,
    a_claim_that_is_given_back_is_free,
    one_of_many_claims,
    nothing_is_claimed_where_nothing_is,
];

async fn claim(bench: &Bench, talk: &Talk, outbox: &str, seq: u64, seconds: i64) -> bool {
    let id = talk.head.id;
    bench.store.claim_notice(bench.practice, id, outbox, seq, bench.at(seconds)).await.unwrap().is_some()
}

async fn read(bench: &Bench, talk: &Talk, seq: u64) {
    let head = bench.head(talk).await;
    bench.store.mark_read(&head, Side::Patient, ReadMark { seq, said: seq }).await.unwrap();
}

async fn said(bench: &Bench, count: u32) -> Talk {
    let talk = bench.talk().await;
    for n in 1..=count {
        let says = Says { who: bench.account(), side: Side::Practice, key: &format!("k{n}"), text: "Hello" };
        bench.say(&talk, says, bench.now).await;
    }
    talk
}

async fn the_first_message_claims_and_later_ones_stay_silent(bench: Bench) {
    let talk = said(&bench, 3).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    assert!(!claim(&bench, &talk, "two", 2, 1).await);
    assert!(!claim(&bench, &talk, "three", 3, 3600).await);
}

async fn a_claim_can_be_repeated_by_the_same_item(bench: Bench) {
    let talk = said(&bench, 2).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    assert!(claim(&bench, &talk, "one", 1, 60).await, "a retried send finds its own claim");
    assert!(!claim(&bench, &talk, "two", 2, 61).await);
}

async fn reading_lets_the_next_message_claim(bench: Bench) {
    let talk = said(&bench, 3).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    read(&bench, &talk, 1).await;
    assert!(claim(&bench, &talk, "two", 2, 10).await);
    assert!(!claim(&bench, &talk, "three", 3, 11).await);
}

async fn opening_lets_the_next_message_claim(bench: Bench) {
    let talk = said(&bench, 3).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    let head = bench.head(&talk).await;
    bench.store.record_read(&head, &bench.event(Verb::MessagesRead), Some(1)).await.unwrap();
    assert!(claim(&bench, &talk, "two", 2, 10).await, "they have seen the first, and may not see this one");
    assert!(!claim(&bench, &talk, "three", 3, 11).await);
}

async fn what_was_read_needs_no_notice(bench: Bench) {
    let talk = said(&bench, 3).await;
    read(&bench, &talk, 2).await;
    assert!(!claim(&bench, &talk, "one", 1, 0).await);
    assert!(!claim(&bench, &talk, "two", 2, 0).await);
    assert!(claim(&bench, &talk, "three", 3, 0).await);
}

async fn four_days_later_the_next_message_claims(bench: Bench) {
    let talk = said(&bench, 2).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    assert!(!claim(&bench, &talk, "two", 2, NOTICE_STANDS_SECONDS).await);
    assert!(claim(&bench, &talk, "two", 2, NOTICE_STANDS_SECONDS + 1).await);
    assert!(!claim(&bench, &talk, "one", 1, NOTICE_STANDS_SECONDS + 2).await, "the older claim is gone");
}

async fn a_claim_that_is_given_back_is_free(bench: Bench) {
    let talk = said(&bench, 2).await;
    assert!(claim(&bench, &talk, "one", 1, 0).await);
    let release =
        async |outbox| bench.store.release_notice(bench.practice, talk.head.id, outbox).await.unwrap();
    release("two").await;
    assert!(!claim(&bench, &talk, "two", 2, 1).await, "nobody gives back what another one holds");
    release("one").await;
    assert!(claim(&bench, &talk, "two", 2, 2).await);
}

async fn one_of_many_claims(bench: Bench) {
    let talk = said(&bench, 12).await;
    let names: Vec<String> = (1..=12).map(|n| format!("item{n}")).collect();
    let claims = names.iter().zip(1..).map(|(name, seq)| claim(&bench, &talk, name, seq, 0));
    let claimed = bench.race(claims).await;
    assert_eq!(claimed.into_iter().filter(|claimed| *claimed).count(), 1);
}

async fn nothing_is_claimed_where_nothing_is(bench: Bench) {
    let talk = bench.unsaved_talk(domain::id::PatientId::new(bench.now, bench.entropy.id()), bench.now);
    assert!(!claim(&bench, &talk, "one", 1, 0).await);
    bench.store.release_notice(bench.practice, talk.head.id, "one").await.unwrap();
    assert!(bench.store.head(bench.practice, talk.head.id).await.unwrap().is_none());
}
