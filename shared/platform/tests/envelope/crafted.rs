//! Ciphertexts that AES-256-GCM alone opens under two keys.
//!
//! A GCM tag is `E_k(J0) ^ GHASH_k(aad, ciphertext)`, and GHASH is linear in every ciphertext block. With two keys known,
//! one block left free can be solved so that both keys give the same tag (NIST SP 800-38D, sections 6.4 and 7.1).
#![allow(dead_code, reason = "shared by the tests and by an example, each of which uses a part")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, UnboundCipherKey};

/// One of the two ways to open a crafted ciphertext.
pub(crate) struct Way {
    pub(crate) key: [u8; 32],
    pub(crate) aad: Vec<u8>,
}

/// `ciphertext || tag` that GCM opens both ways: `filler` (whole blocks) with the block `free` replaced.
pub(crate) fn opens_both_ways(ways: [&Way; 2], nonce: &[u8; 12], filler: &[u8], free: usize) -> Vec<u8> {
    assert!(filler.len().is_multiple_of(16) && free < filler.len() / 16, "whole blocks, one of them free");
    let mut ciphertext = filler.to_vec();
    let block = 16 * free..16 * (free + 1);
    ciphertext[block.clone()].fill(0);
    // The last block of GHASH holds the lengths, so the last ciphertext block meets the second power of H.
    let power = filler.len() / 16 - free + 1;
    let [(tag_1, weight_1), (tag_2, weight_2)] =
        ways.map(|way| (gcm_tag(way, nonce, &ciphertext), power_of(hash_key(way), power)));
    let solved = multiply(tag_1 ^ tag_2, inverse(weight_1 ^ weight_2));
    ciphertext[block].copy_from_slice(&solved.to_be_bytes());
    let tag = gcm_tag(ways[0], nonce, &ciphertext);
    [ciphertext, tag.to_be_bytes().to_vec()].concat()
}

/// What plain AES-256-GCM says.
pub(crate) fn gcm_open(way: &Way, nonce: &[u8; 12], ciphertext_and_tag: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &way.key).expect("32 bytes"));
    let mut buffer = ciphertext_and_tag.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plaintext = key.open_in_place(nonce, Aad::from(&way.aad), &mut buffer).ok()?;
    Some(plaintext.to_vec())
}

/// What plain AES-256-GCM makes: `ciphertext || tag`.
pub(crate) fn gcm_seal(way: &Way, nonce: &[u8; 12], plaintext: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &way.key).expect("32 bytes"));
    let mut buffer = plaintext.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(&way.aad), &mut buffer).expect("short");
    buffer
}

fn gcm_tag(way: &Way, nonce: &[u8; 12], ciphertext: &[u8]) -> u128 {
    let mut first_counter = [0; 16];
    first_counter[..12].copy_from_slice(nonce);
    first_counter[15] = 1;
    aes_block(&way.key, first_counter) ^ ghash(hash_key(way), &way.aad, ciphertext)
}

fn hash_key(way: &Way) -> u128 {
    aes_block(&way.key, [0; 16])
}

fn aes_block(key: &[u8; 32], mut block: [u8; 16]) -> u128 {
    let key = UnboundCipherKey::new(&AES_256, key).expect("32 bytes");
    EncryptingKey::ecb(key).and_then(|key| key.encrypt(&mut block)).expect("one block");
    u128::from_be_bytes(block)
}

fn ghash(hash_key: u128, aad: &[u8], ciphertext: &[u8]) -> u128 {
    let bits = |bytes: &[u8]| 8 * bytes.len() as u128;
    let lengths = (bits(aad) << 64 | bits(ciphertext)).to_be_bytes();
    let blocks = aad.chunks(16).chain(ciphertext.chunks(16)).chain([lengths.as_slice()]);
    blocks.fold(0, |sum, block| {
        let mut padded = [0; 16];
        padded[..block.len()].copy_from_slice(block);
        multiply(sum ^ u128::from_be_bytes(padded), hash_key)
    })
}

/// The product in GCM's field, where the highest bit stands for 1 and the lowest for x^127.
fn multiply(x: u128, y: u128) -> u128 {
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = shifted >> 1 ^ if shifted & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

fn power_of(x: u128, exponent: usize) -> u128 {
    (1..exponent).fold(x, |power, _| multiply(power, x))
}

/// `x^(2^128 - 2)`, the product of all `x^(2^n)` with n from 1 to 127.
fn inverse(x: u128) -> u128 {
    assert_ne!(x, 0, "zero has no inverse");
    let (mut product, mut square) = (1 << 127, x);
    for _ in 1..128 {
        square = multiply(square, square);
        product = multiply(product, square);
    }
    product
}
