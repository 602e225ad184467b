//! A ciphertext opens under one key only, although AES-256-GCM alone would let one be made for two.

use crate::crafted::{Way, gcm_open, opens_both_ways};
use crate::samples::{Derived, Field, Message, bytes};
use platform::seal::OpenError;

const EACH: u64 = 300;

/// Two messages that one crafted ciphertext is aimed at.
fn message_pairs() -> impl Iterator<Item = (Message, Message)> {
    (0..EACH).flat_map(|n| {
        let item = Message::sample(n);
        let other = Message::sample(n + 21);
        let other_key = Message { content_key: other.content_key, ..item.clone() };
        let other_secret = Message { secret: other.secret, ..item.clone() };
        let other_place = Message { content_key: item.content_key, secret: item.secret, ..other };
        [other_key, other_secret, other_place].map(|second| (item.clone(), second))
    })
}

#[test]
fn no_message_opens_under_two_keys() {
    let mut crafted = 0;
    for (n, (one, two)) in message_pairs().enumerate() {
        let derived = [one.derived(), two.derived()];
        let ways = [way(&derived[0], one.aad()), way(&derived[1], two.aad())];
        let (nonce, body) = craft(&ways, n);
        for commitment in [derived[0].commitment, derived[1].commitment] {
            let sealed = [&[1, 1], commitment.as_slice(), &nonce, &body].concat();
            assert_eq!(one.open(&sealed).err(), Some(OpenError::Unreadable));
            assert_eq!(two.open(&sealed).err(), Some(OpenError::Unreadable));
        }
        crafted += 1;
    }
    assert_eq!(crafted, 3 * EACH);
}

#[test]
fn no_field_opens_under_two_keys() {
    for n in 0..EACH {
        let one = Field::sample(n);
        let two = Field { key: Field::sample(n + 21).key, ..one.clone() };
        let derived = [one.derived(), two.derived()];
        let ways = [way(&derived[0], one.aad()), way(&derived[1], two.aad())];
        let (nonce, body) = craft(&ways, usize::try_from(n).expect("small"));
        for commitment in [derived[0].commitment, derived[1].commitment] {
            let sealed = [&[1, 2], one.salt.as_slice(), &commitment, &nonce, &body].concat();
            assert_eq!(one.open(&sealed).err(), Some(OpenError::Unreadable));
            assert_eq!(two.open(&sealed).err(), Some(OpenError::Unreadable));
        }
    }
}

/// The body that plain GCM opens both ways, which is asserted.
fn craft(ways: &[Way; 2], n: usize) -> ([u8; 12], Vec<u8>) {
    let nonce = bytes(&format!("nonce {n}"), 12).try_into().expect("12 bytes");
    let blocks = 1 + n % 8;
    let filler = bytes(&format!("filler {n}"), 16 * blocks);
    let body = opens_both_ways([&ways[0], &ways[1]], &nonce, &filler, n % blocks);
    for way in ways {
        assert!(gcm_open(way, &nonce, &body).is_some(), "plain GCM opens it: pair {n}");
    }
    (nonce, body)
}

fn way(derived: &Derived, aad: Vec<u8>) -> Way {
    Way { key: derived.key, aad }
}

/// With the second protection stripped off, the nonce rule, each of these would still open under at most one key:
/// commitments of two keys differ, and the one that is there is compared.
#[test]
fn the_commitments_of_two_keys_differ() {
    for (one, two) in message_pairs() {
        assert_ne!(one.derived().commitment, two.derived().commitment);
        assert_eq!(one.seal()[2..34], one.derived().commitment);
    }
}

#[test]
fn a_nonce_of_the_writers_choice_is_refused() {
    let item = Message::sample(1);
    let derived = item.derived();
    let free_way = way(&derived, item.aad());
    for nonce in [[0; 12], [0xff; 12]] {
        let body = crate::crafted::gcm_seal(&free_way, &nonce, &item.plaintext);
        let sealed = [&[1, 1], derived.commitment.as_slice(), &nonce, &body].concat();
        assert_eq!(item.open(&sealed).err(), Some(OpenError::Unreadable));
    }
}
