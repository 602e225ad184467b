//! The key by which a client says "this is the same request again".

use std::fmt;

use crate::Invalid;

/// The `Idempotency-Key` header: 1 to 64 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses the header value.
    ///
    /// # Errors
    /// `invalid_idempotency_key`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::new("invalid_idempotency_key")) }
    }

    /// The text, for hashing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A client may put anything in it.
        f.write_str("IdempotencyKey(..)")
    }
}
