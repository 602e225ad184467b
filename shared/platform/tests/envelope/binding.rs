//! A ciphertext opens where it was sealed and nowhere else.

use crate::samples::{Field, Message};
use platform::seal::OpenError;

const ITEMS: u64 = 60;

#[test]
fn a_message_moved_to_another_place_is_unreadable() {
    let items: Vec<Message> = (0..ITEMS).map(Message::sample).collect();
    let sealed: Vec<Vec<u8>> = items.iter().map(Message::seal).collect();
    let mut pairs = 0;
    for (i, from) in items.iter().enumerate() {
        assert_eq!(opened(from.open(&sealed[i])), Ok(from.plaintext.clone()));
        for to in items.iter().enumerate().filter(|(j, _)| i != *j).map(|(_, to)| to) {
            // With the keys of the place it was moved to, and with its own keys brought along.
            let own_keys = Message { content_key: from.content_key, secret: from.secret, ..to.clone() };
            assert_eq!(opened(to.open(&sealed[i])), Err(OpenError::Unreadable));
            assert_eq!(opened(own_keys.open(&sealed[i])), Err(OpenError::Unreadable));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 3_540);
}

#[test]
fn a_message_with_any_one_thing_swapped_is_unreadable() {
    let swaps: [fn(&mut Message, &Message); 9] = [
        |item, other| item.content_key = other.content_key,
        |item, other| item.secret = other.secret,
        |item, other| item.practice.clone_from(&other.practice),
        |item, other| item.conversation.clone_from(&other.conversation),
        |item, other| item.seq = other.seq,
        |item, other| item.message.clone_from(&other.message),
        |item, other| item.sender.clone_from(&other.sender),
        |item, other| item.kind.clone_from(&other.kind),
        |item, other| item.created_at_ms = other.created_at_ms,
    ];
    for n in 0..ITEMS {
        let item = Message::sample(n);
        let mut other = Message::sample(n + 21);
        other.kind = "recall".to_owned();
        let sealed = item.seal();
        for swap in swaps {
            let mut swapped = item.clone();
            swap(&mut swapped, &other);
            assert_eq!(opened(swapped.open(&sealed)), Err(OpenError::Unreadable));
        }
    }
}

#[test]
fn a_field_moved_to_another_place_is_unreadable() {
    let items: Vec<Field> = (0..ITEMS).map(Field::sample).collect();
    let sealed: Vec<Vec<u8>> = items.iter().map(Field::seal).collect();
    for (i, from) in items.iter().enumerate() {
        assert_eq!(opened(from.open(&sealed[i])), Ok(from.plaintext.clone()));
        for to in items.iter().enumerate().filter(|(j, _)| i != *j).map(|(_, to)| to) {
            let own_key = Field { key: from.key, ..to.clone() };
            assert_eq!(opened(to.open(&sealed[i])), Err(OpenError::Unreadable));
            assert_eq!(opened(own_key.open(&sealed[i])), Err(OpenError::Unreadable));
        }
    }
}

#[test]
fn a_field_with_any_one_thing_swapped_is_unreadable() {
    let swaps: [fn(&mut Field, &Field); 5] = [
        |item, other| item.key = other.key,
        |item, other| item.practice.clone_from(&other.practice),
        |item, other| item.pk.clone_from(&other.pk),
        |item, other| item.sk.clone_from(&other.sk),
        |item, other| item.field.clone_from(&other.field),
    ];
    for n in 0..ITEMS {
        let item = Field::sample(n);
        let mut other = Field::sample(n + 21);
        other.sk = "POINT".to_owned();
        let sealed = item.seal();
        for swap in swaps {
            let mut swapped = item.clone();
            swap(&mut swapped, &other);
            assert_eq!(opened(swapped.open(&sealed)), Err(OpenError::Unreadable));
        }
    }
}

#[test]
fn text_moved_across_the_border_of_two_names_is_unreadable() {
    let item = Message { message: "ab".into(), sender: "c".into(), ..Message::sample(1) };
    let shifted = Message { message: "a".into(), sender: "bc".into(), ..item.clone() };
    assert_eq!(opened(shifted.open(&item.seal())), Err(OpenError::Unreadable));
}

#[test]
fn a_message_is_no_field_and_a_field_no_message() {
    // The same 64 secret bytes on both sides: only what the ciphertexts say of themselves keeps them apart.
    let message = Message::sample(1);
    let field = Field { key: message.content_key, salt: message.secret, ..Field::sample(1) };
    assert_eq!(opened(field.open(&message.seal())), Err(OpenError::Unreadable));
    assert_eq!(opened(message.open(&field.seal())), Err(OpenError::Unreadable));
    let mut relabelled = message.seal();
    relabelled.splice(1..2, [2].into_iter().chain(message.secret));
    assert_eq!(opened(field.open(&relabelled)), Err(OpenError::Unreadable));
}

fn opened(result: Result<platform::seal::Plaintext, OpenError>) -> Result<Vec<u8>, OpenError> {
    result.map(|plaintext| plaintext.as_bytes().to_vec())
}
