//! Derive, seal, parse, open. `docs/envelope.md` is the specification and gives the reason for each step.

use super::OpenError;
use super::aad::{FieldContext, MessageContext};
use super::key::{Key, MessageSecret, Plaintext, SECRET_LEN};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use zeroize::Zeroizing;

/// The first byte of every `PC1` ciphertext.
pub(super) const VERSION: u8 = 1;

const LABEL: &[u8] = b"PC1";
const HKDF_SALT: &[u8] = b"PC1/hkdf-salt";
const HEADER_LEN: usize = 2;
const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;

/// Bytes that sealing adds to a message; its secret takes another 32 in `MessageKeys`.
pub const MESSAGE_OVERHEAD: usize = HEADER_LEN + COMMITMENT_LEN + NONCE_LEN + TAG_LEN;

/// Bytes that sealing adds to a field.
pub const FIELD_OVERHEAD: usize = MESSAGE_OVERHEAD + SALT_LEN;

/// The second byte: what is sealed, which fixes algorithms and layout.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Suite {
    Message = 1,
    Field = 2,
}

/// Seals the body of a message.
///
/// `secret` is fresh for every message. Should it repeat, two different plaintexts or places still never share a
/// key and a nonce; sealing the very same message again gives the very same bytes.
#[must_use]
pub fn seal_message(
    content_key: &Key,
    secret: &MessageSecret,
    ctx: &MessageContext<'_>,
    plaintext: &[u8],
) -> Vec<u8> {
    let aad = ctx.aad();
    let keys = DerivedKeys::derive(content_key, secret.expose(), &aad);
    seal(&[VERSION, Suite::Message as u8], &keys, &aad, plaintext)
}

/// Opens the body of a message.
///
/// # Errors
/// [`OpenError`]: nothing of the plaintext is given out.
pub fn open_message(
    content_key: &Key,
    secret: &MessageSecret,
    ctx: &MessageContext<'_>,
    sealed: &[u8],
) -> Result<Plaintext, OpenError> {
    let body = Body::parse(without_header(sealed, Suite::Message)?)?;
    let aad = ctx.aad();
    let keys = DerivedKeys::derive(content_key, secret.expose(), &aad);
    open(&keys, &aad, &body)
}

/// Seals one attribute of an item. `salt` is 32 fresh random bytes; it is stored inside the ciphertext.
///
/// Should the salt repeat, two different plaintexts still never share a key and a nonce.
#[must_use]
pub fn seal_field(key: &Key, salt: [u8; 32], ctx: &FieldContext<'_>, plaintext: &[u8]) -> Vec<u8> {
    let aad = ctx.aad();
    let keys = DerivedKeys::derive(key, &salt, &aad);
    let mut head = [0; HEADER_LEN + SALT_LEN];
    head[..HEADER_LEN].copy_from_slice(&[VERSION, Suite::Field as u8]);
    head[HEADER_LEN..].copy_from_slice(&salt);
    seal(&head, &keys, &aad, plaintext)
}

/// Opens one attribute of an item.
///
/// # Errors
/// [`OpenError`]: nothing of the plaintext is given out.
pub fn open_field(key: &Key, ctx: &FieldContext<'_>, sealed: &[u8]) -> Result<Plaintext, OpenError> {
    let rest = without_header(sealed, Suite::Field)?;
    let (salt, rest) = rest.split_first_chunk::<SALT_LEN>().ok_or(OpenError::Unreadable)?;
    let body = Body::parse(rest)?;
    let aad = ctx.aad();
    let keys = DerivedKeys::derive(key, salt, &aad);
    open(&keys, &aad, &body)
}

/// What follows header and salt.
struct Body<'a> {
    commitment: &'a [u8; COMMITMENT_LEN],
    nonce: &'a [u8; NONCE_LEN],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG_LEN],
}

impl<'a> Body<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let split = || {
            let (commitment, rest) = bytes.split_first_chunk()?;
            let (nonce, rest) = rest.split_first_chunk()?;
            let (ciphertext, tag) = rest.split_last_chunk()?;
            Some(Self { commitment, nonce, ciphertext, tag })
        };
        split().ok_or(OpenError::Unreadable)
    }
}

fn without_header(sealed: &[u8], suite: Suite) -> Result<&[u8], OpenError> {
    match sealed {
        [VERSION, found, rest @ ..] if *found == suite as u8 => Ok(rest),
        [VERSION, ..] | [] => Err(OpenError::Unreadable),
        [version, ..] => Err(OpenError::UnknownVersion(*version)),
    }
}

/// What one message or field is sealed with: `key || commitment || nonce key`.
struct DerivedKeys(Zeroizing<[u8; OKM_LEN]>);

const OKM_LEN: usize = 3 * 32;

impl DerivedKeys {
    fn derive(key: &Key, second: &[u8; SECRET_LEN], aad: &[u8]) -> Self {
        let mut ikm = Zeroizing::new([0; 2 * SECRET_LEN]);
        ikm[..SECRET_LEN].copy_from_slice(key.expose());
        ikm[SECRET_LEN..].copy_from_slice(second);
        let aad_hash = digest::digest(&digest::SHA256, aad);
        let mut okm = Zeroizing::new([0; OKM_LEN]);
        hkdf::Salt::new(hkdf::HKDF_SHA512, HKDF_SALT)
            .extract(&ikm[..])
            .expand(&[LABEL, aad_hash.as_ref()], OkmLen)
            .and_then(|expanded| expanded.fill(&mut okm[..]))
            .expect("96 bytes are within what HKDF-SHA512 gives");
        Self(okm)
    }

    fn commitment(&self) -> &[u8] {
        &self.0[32..64]
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, &self.0[..32]).expect("the key has 32 bytes");
        LessSafeKey::new(key)
    }

    /// The nonce follows from the plaintext, so a repeated secret or salt cannot repeat a nonce for another plaintext.
    fn nonce(&self, plaintext: &[u8]) -> [u8; NONCE_LEN] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0[64..]);
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&hmac::sign(&key, plaintext).as_ref()[..NONCE_LEN]);
        nonce
    }
}

struct OkmLen;

impl hkdf::KeyType for OkmLen {
    fn len(&self) -> usize {
        OKM_LEN
    }
}

fn seal(head: &[u8], keys: &DerivedKeys, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let nonce = keys.nonce(plaintext);
    // Room for all of it at once: growing would leave a copy of the plaintext behind.
    let len = head.len() + COMMITMENT_LEN + NONCE_LEN + plaintext.len() + TAG_LEN;
    let mut sealed = Vec::with_capacity(len);
    sealed.extend_from_slice(head);
    sealed.extend_from_slice(keys.commitment());
    sealed.extend_from_slice(&nonce);
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);
    let tag = keys
        .cipher()
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed[start..])
        .expect("a plaintext in memory is shorter than the 64 GiB that GCM takes");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

fn open(keys: &DerivedKeys, aad: &[u8], body: &Body<'_>) -> Result<Plaintext, OpenError> {
    // Before decrypting: GCM alone would open one ciphertext under several keys.
    constant_time::verify_slices_are_equal(keys.commitment(), body.commitment)
        .map_err(|_| OpenError::Unreadable)?;
    let mut plaintext = Plaintext(Zeroizing::new(vec![0; body.ciphertext.len()]));
    keys.cipher()
        .open_separate_gather(
            Nonce::assume_unique_for_key(*body.nonce),
            Aad::from(aad),
            body.ciphertext,
            body.tag,
            &mut plaintext.0,
        )
        .map_err(|_| OpenError::Unreadable)?;
    // Only the nonce that sealing would have chosen: one plaintext has one ciphertext.
    constant_time::verify_slices_are_equal(&keys.nonce(plaintext.as_bytes()), body.nonce)
        .map_err(|_| OpenError::Unreadable)?;
    Ok(plaintext)
}
