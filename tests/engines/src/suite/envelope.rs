//! The envelope over the bytes that the engine keeps: what was moved or changed does not open.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use domain::conversation::Side;
use platform::store::{StoreError, item::string, keys, patient::Patient, table::Table};

use super::cases;
use crate::bench::{Bench, Says, Talk, somebody};

cases![
    two_ciphertexts_that_were_swapped_are_both_unreadable,
    two_secrets_that_were_swapped_are_both_unreadable,
    a_message_that_was_moved_to_another_conversation_is_unreadable,
    whatever_a_message_says_of_itself_is_bound_to_it,
    a_flipped_bit_is_unreadable_and_the_rest_is_not,
    a_record_that_was_moved_to_another_patient_is_unreadable,
];

async fn said(bench: &Bench, count: u64) -> Talk {
    let talk = bench.talk().await;
    for n in 1..=count {
        let says = Says {
            who: bench.account(),
            side: Side::Practice,
            key: &format!("k{n}"),
            text: &format!("m{n}"),
        };
        bench.say(&talk, says, bench.now).await;
    }
    talk
}

/// Which messages open.
async fn open(bench: &Bench, talk: &Talk) -> Vec<u64> {
    bench.read_all(talk).await.into_iter().filter_map(|(seq, text)| text.map(|_| seq)).collect()
}

async fn swap(bench: &Bench, table: Table, talk: &Talk, attribute: &str) {
    let key = |seq| keys::message(bench.practice, talk.head.id, seq);
    let mut second = bench.raw(table, &key(2)).await.unwrap();
    let mut third = bench.raw(table, &key(3)).await.unwrap();
    std::mem::swap(second.get_mut(attribute).unwrap(), third.get_mut(attribute).unwrap());
    bench.raw_put(table, second).await;
    bench.raw_put(table, third).await;
}

async fn two_ciphertexts_that_were_swapped_are_both_unreadable(bench: Bench) {
    let talk = said(&bench, 4).await;
    assert_eq!(open(&bench, &talk).await, [1, 2, 3, 4]);
    swap(&bench, Table::Chat, &talk, "sealed").await;
    assert_eq!(open(&bench, &talk).await, [1, 4]);
    // Not even with their secrets.
    swap(&bench, Table::MessageKeys, &talk, "secret").await;
    assert_eq!(open(&bench, &talk).await, [1, 4]);
    swap(&bench, Table::Chat, &talk, "sealed").await;
    swap(&bench, Table::MessageKeys, &talk, "secret").await;
    assert_eq!(open(&bench, &talk).await, [1, 2, 3, 4], "back where they were, they open");
}

async fn two_secrets_that_were_swapped_are_both_unreadable(bench: Bench) {
    let talk = said(&bench, 4).await;
    swap(&bench, Table::MessageKeys, &talk, "secret").await;
    assert_eq!(open(&bench, &talk).await, [1, 4]);
}

async fn a_message_that_was_moved_to_another_conversation_is_unreadable(bench: Bench) {
    let (from, to) = (said(&bench, 1).await, said(&bench, 1).await);
    for table in [Table::Chat, Table::MessageKeys] {
        let mut item = bench.raw(table, &keys::message(bench.practice, from.head.id, 1)).await.unwrap();
        item.insert("PK".to_owned(), string(keys::conversation_partition(bench.practice, to.head.id)));
        bench.raw_put(table, item).await;
    }
    // Even for a reader with the key of the conversation that it came from.
    let stranger = Talk { head: to.head.clone(), key: from.key.clone() };
    assert!(open(&bench, &to).await.is_empty() && open(&bench, &stranger).await.is_empty());
    assert_eq!(open(&bench, &from).await, [1]);
}

async fn whatever_a_message_says_of_itself_is_bound_to_it(bench: Bench) {
    let talk = said(&bench, 1).await;
    let key = keys::message(bench.practice, talk.head.id, 1);
    let item = bench.raw(Table::Chat, &key).await.unwrap();
    let other = domain::id::MessageId::new(bench.now, bench.entropy.id());
    let later = domain::id::MessageId::new(bench.at(1), bench.entropy.id());
    for (attribute, value) in
        [("msg_id", string(other)), ("msg_id", string(later)), ("sender", string(bench.account()))]
    {
        let mut changed = item.clone();
        changed.insert(attribute.to_owned(), value);
        bench.raw_put(Table::Chat, changed).await;
        assert!(open(&bench, &talk).await.is_empty(), "{attribute}");
    }
    bench.raw_put(Table::Chat, item).await;
    assert_eq!(open(&bench, &talk).await, [1]);
}

async fn a_flipped_bit_is_unreadable_and_the_rest_is_not(bench: Bench) {
    let talk = said(&bench, 3).await;
    let key = keys::message(bench.practice, talk.head.id, 2);
    let item = bench.raw(Table::Chat, &key).await.unwrap();
    let sealed = item["sealed"].as_b().unwrap().as_ref().to_vec();
    for place in [0, 1, 2, 40, sealed.len() - 20, sealed.len() - 1] {
        let mut bytes = sealed.clone();
        bytes[place] ^= 1;
        let mut changed = item.clone();
        changed.insert("sealed".to_owned(), AttributeValue::B(Blob::new(bytes)));
        bench.raw_put(Table::Chat, changed).await;
        assert_eq!(open(&bench, &talk).await, [1, 3], "bit of byte {place}");
    }
}

async fn a_record_that_was_moved_to_another_patient_is_unreadable(bench: Bench) {
    let ana = bench.patient(somebody("Ana Reyes", &[])).await;
    let ben = bench.patient(somebody("Ben Ito", &[])).await;
    let key = |patient: &Patient| keys::patient(bench.practice, patient.id);
    let from = bench.raw(Table::Chat, &key(&ana)).await.unwrap();
    let mut to = bench.raw(Table::Chat, &key(&ben)).await.unwrap();
    to.insert("sealed_record".to_owned(), from["sealed_record"].clone());
    bench.raw_put(Table::Chat, to).await;
    let read = bench.store.patient(bench.practice, ben.id, &bench.sealer).await;
    assert!(matches!(read, Err(StoreError::Malformed(_))));
    let read = bench.store.patient(bench.practice, ana.id, &bench.sealer).await.unwrap();
    assert!(read.is_some_and(|read| read == ana));
}
