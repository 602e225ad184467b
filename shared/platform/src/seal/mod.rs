//! The envelope `PC1`: how message bodies and personal fields are sealed.
//!
//! Pure functions over bytes: no KMS, no clock, no randomness of its own. `docs/envelope.md` gives the format byte by byte;
//! `tests/envelope` holds frozen vectors and a second reader in Python written from that document alone.
//!
//! What it promises:
//! - a ciphertext opens only where it was sealed ([`MessageContext`], [`FieldContext`]);
//! - a ciphertext opens under one key only (a commitment, compared before anything is decrypted);
//! - a weak source of randomness never makes two plaintexts share a key and a nonce.

mod aad;
mod envelope;
mod key;

pub use aad::{FieldContext, MessageContext};
pub use envelope::{FIELD_OVERHEAD, MESSAGE_OVERHEAD, open_field, open_message, seal_field, seal_message};
pub use key::{Key, MessageSecret, Plaintext};

/// Why a ciphertext does not open.
///
/// A wrong key, a wrong place, a changed byte and a cut end are one kind on purpose: which of them it was
/// helps nobody but someone who is trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not a `PC1` ciphertext of this key and this place.
    #[error("the ciphertext cannot be read")]
    Unreadable,
    /// The first byte names a version that this build does not know, as after a rollback.
    #[error("the ciphertext has version {0}, which this build does not know")]
    UnknownVersion(u8),
}
