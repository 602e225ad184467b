//! No two plaintexts share a key and a nonce, with good randomness and with randomness that repeats.
//!
//! `examples/key_uniqueness.rs` does the same for ten million.

use crate::samples::{Field, Message, bytes32};
use std::collections::HashSet;

const EACH: u64 = 50_000;

#[test]
fn no_key_and_nonce_come_twice() {
    let mut seen = HashSet::new();
    for n in 0..EACH {
        for pair in key_and_nonce_pairs(n) {
            assert!(seen.insert(pair), "key and nonce of round {n} were there before");
        }
    }
    assert_eq!(seen.len() as u64, 4 * EACH);
}

/// Round `n`: a message with a fresh secret, then three things whose randomness is the same in every round.
fn key_and_nonce_pairs(n: u64) -> [[u8; 44]; 4] {
    let message = Message::sample(1);
    let text = format!("Version {n}").into_bytes();
    let fresh = Message { secret: bytes32("fresh", n), ..message.clone() };
    let other_place = Message { seq: 10 + n, ..message.clone() };
    let other_text = Message { plaintext: text.clone(), ..message };
    let other_field_text = Field { plaintext: text, ..Field::sample(1) };
    [
        pair(&fresh.derived().key, &fresh.seal(), 34),
        pair(&other_place.derived().key, &other_place.seal(), 34),
        pair(&other_text.derived().key, &other_text.seal(), 34),
        pair(&other_field_text.derived().key, &other_field_text.seal(), 66),
    ]
}

fn pair(key: &[u8; 32], sealed: &[u8], nonce_at: usize) -> [u8; 44] {
    let mut pair = [0; 44];
    pair[..32].copy_from_slice(key);
    pair[32..].copy_from_slice(&sealed[nonce_at..nonce_at + 12]);
    pair
}

#[test]
fn the_same_thing_sealed_again_gives_the_same_bytes() {
    assert_eq!(Message::sample(1).seal(), Message::sample(1).seal());
    assert_eq!(Field::sample(1).seal(), Field::sample(1).seal());
}
