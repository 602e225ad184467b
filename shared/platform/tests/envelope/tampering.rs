//! Every changed bit, every cut and every added byte makes a ciphertext unreadable.

use crate::samples::{Field, Message, bytes};
use platform::seal::{OpenError, Plaintext};

type Opener = Box<dyn Fn(&[u8]) -> Result<Plaintext, OpenError>>;

/// 10 messages and 10 fields of a little over 1 KiB, as pairs of ciphertext and opener.
fn envelopes() -> Vec<(Vec<u8>, Opener)> {
    let mut envelopes: Vec<(Vec<u8>, Opener)> = Vec::new();
    for n in 0..10 {
        let plaintext = bytes("tampering", 1_000 + usize::try_from(n).expect("small"));
        let message = Message { plaintext: plaintext.clone(), ..Message::sample(n) };
        envelopes.push((message.seal(), Box::new(move |sealed| message.open(sealed))));
        let field = Field { plaintext, ..Field::sample(n) };
        envelopes.push((field.seal(), Box::new(move |sealed| field.open(sealed))));
    }
    envelopes
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut flips = 0;
    for (mut sealed, open) in envelopes() {
        for at in 0..sealed.len() {
            for bit in 0..8 {
                sealed[at] ^= 1 << bit;
                let expected =
                    if at == 0 { OpenError::UnknownVersion(sealed[0]) } else { OpenError::Unreadable };
                assert_eq!(open(&sealed).err(), Some(expected), "byte {at}, bit {bit}");
                sealed[at] ^= 1 << bit;
                flips += 1;
            }
        }
        assert!(open(&sealed).is_ok());
    }
    assert!(flips >= 160_000, "{flips} flips");
}

#[test]
fn every_truncation_and_extension_is_refused() {
    for (sealed, open) in envelopes() {
        for len in 0..sealed.len() {
            assert_eq!(open(&sealed[..len]).err(), Some(OpenError::Unreadable), "cut to {len}");
        }
        for (filler, added) in [0x00, 0xff].into_iter().flat_map(|filler| (1..=256).map(move |n| (filler, n)))
        {
            let mut longer = sealed.clone();
            longer.resize(sealed.len() + added, filler);
            assert_eq!(open(&longer).err(), Some(OpenError::Unreadable), "{added} bytes more");
        }
        // Cut in front and from the middle.
        for at in 0..sealed.len() {
            let mut shorter = sealed.clone();
            shorter.remove(at);
            assert!(open(&shorter).is_err(), "without byte {at}");
        }
    }
}

#[test]
fn every_flipped_bit_of_a_key_is_refused() {
    let message = Message::sample(1);
    let sealed = message.seal();
    for bit in 0..256 {
        let (mut key, mut secret) = (message.clone(), message.clone());
        key.content_key[bit / 8] ^= 1 << (bit % 8);
        secret.secret[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.open(&sealed).err(), Some(OpenError::Unreadable));
        assert_eq!(secret.open(&sealed).err(), Some(OpenError::Unreadable));
    }
}
