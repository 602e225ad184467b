//! Secret bytes as types: no `Debug`, no `Display`, no serialization, no copies, zeroized when dropped.

use super::OpenError;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Length in bytes of every key and secret of `PC1`.
pub(super) const SECRET_LEN: usize = 32;

/// A 32-byte key that a KMS data key opened to: a content, contact, index or link key.
///
/// A key given to this module is used for nothing but `PC1`.
#[derive(ZeroizeOnDrop)]
pub struct Key([u8; SECRET_LEN]);

impl Key {
    /// Takes the key's bytes. Wiping the caller's own copy is the caller's job.
    #[must_use]
    pub fn from_bytes(bytes: [u8; SECRET_LEN]) -> Self {
        Self(bytes)
    }

    /// Copies a key out of a buffer, such as the plaintext of a KMS answer.
    ///
    /// # Errors
    /// [`OpenError::Unreadable`] unless there are exactly 32 bytes.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self, OpenError> {
        exactly_32(bytes).map(Self)
    }

    /// The bytes, for the crate's own derivations.
    pub(crate) fn expose(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }
}

/// The secret of one message, `s_m`: 32 fresh random bytes kept in the `MessageKeys` table.
///
/// Deleting it makes the message unreadable for good, whoever holds the content key.
#[derive(ZeroizeOnDrop)]
pub struct MessageSecret([u8; SECRET_LEN]);

impl MessageSecret {
    /// Takes 32 fresh random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; SECRET_LEN]) -> Self {
        Self(bytes)
    }

    /// Copies a secret out of a stored attribute.
    ///
    /// # Errors
    /// [`OpenError::Unreadable`] unless there are exactly 32 bytes.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self, OpenError> {
        exactly_32(bytes).map(Self)
    }

    /// The bytes, to be stored in `MessageKeys` and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }
}

/// An opened ciphertext. Zeroized when dropped.
pub struct Plaintext(pub(super) Zeroizing<Vec<u8>>);

impl Plaintext {
    /// The opened bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The opened bytes as text.
    ///
    /// # Errors
    /// [`OpenError::Unreadable`] when they are not UTF-8.
    pub fn as_str(&self) -> Result<&str, OpenError> {
        std::str::from_utf8(&self.0).map_err(|_| OpenError::Unreadable)
    }
}

fn exactly_32(bytes: &[u8]) -> Result<[u8; SECRET_LEN], OpenError> {
    bytes.try_into().map_err(|_| OpenError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does not compile where the type implements the trait: the method could then be either of two.
    macro_rules! assert_not_implemented {
        ($secret:ty: $($trait:path),+) => {$({
            trait EitherWay<Way> {
                fn which() {}
            }
            impl<T: ?Sized> EitherWay<()> for T {}
            impl<T: ?Sized + $trait> EitherWay<u8> for T {}
            <$secret as EitherWay<_>>::which();
        })+};
    }

    #[test]
    fn secrets_cannot_be_printed_copied_or_serialized() {
        assert_not_implemented!(Key: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
        assert_not_implemented!(MessageSecret: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
        assert_not_implemented!(Plaintext: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
    }

    #[test]
    fn secrets_are_wiped_when_dropped() {
        fn assert_wiped<T: ZeroizeOnDrop>(_: &T) {}
        assert_wiped(&Key::from_bytes([1; SECRET_LEN]));
        assert_wiped(&MessageSecret::from_bytes([1; SECRET_LEN]));
        assert_wiped(&Plaintext(Zeroizing::new(vec![1])).0);
    }
}
