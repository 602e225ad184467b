//! What a ciphertext is bound to, as canonical bytes: `docs/envelope.md`, "Associated data".

use super::envelope::{Suite, VERSION};

/// Where a message ciphertext lives, and what it says of itself.
///
/// A reader fills `practice`, `conversation` and `seq` from what was *asked for*, never from the stored item.
#[derive(Clone, Copy)]
pub struct MessageContext<'a> {
    /// Practice id.
    pub practice: &'a str,
    /// Conversation id.
    pub conversation: &'a str,
    /// Place in the conversation.
    pub seq: u64,
    /// Message id.
    pub message: &'a str,
    /// Id of the account, staff member or service that wrote it.
    pub sender: &'a str,
    /// Kind of the message, such as `text`.
    pub kind: &'a str,
    /// When it was accepted, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
}

impl MessageContext<'_> {
    pub(super) fn aad(&self) -> Vec<u8> {
        canonical(&[
            b"PC1/message",
            &[VERSION, Suite::Message as u8],
            self.practice.as_bytes(),
            self.conversation.as_bytes(),
            &self.seq.to_be_bytes(),
            self.message.as_bytes(),
            self.sender.as_bytes(),
            self.kind.as_bytes(),
            &self.created_at_ms.to_be_bytes(),
        ])
    }
}

/// Where a sealed field lives: the key of its item, and the attribute.
///
/// A reader fills it from the key that it asked for, never from the stored item.
#[derive(Clone, Copy)]
pub struct FieldContext<'a> {
    /// Practice id.
    pub practice: &'a str,
    /// Partition key of the item.
    pub pk: &'a str,
    /// Sort key of the item.
    pub sk: &'a str,
    /// Name of the attribute.
    pub field: &'a str,
}

impl FieldContext<'_> {
    pub(super) fn aad(&self) -> Vec<u8> {
        canonical(&[
            b"PC1/field",
            &[VERSION, Suite::Field as u8],
            self.practice.as_bytes(),
            self.pk.as_bytes(),
            self.sk.as_bytes(),
            self.field.as_bytes(),
        ])
    }
}

/// Every part behind its length, so that no two lists of parts give the same bytes.
fn canonical(parts: &[&[u8]]) -> Vec<u8> {
    const LENGTH_LEN: usize = size_of::<u64>();
    let len = parts.iter().map(|part| LENGTH_LEN + part.len()).sum();
    let mut bytes = Vec::with_capacity(len);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(canonical(&[b"ab", b"c"]), canonical(&[b"a", b"bc"]));
        assert_ne!(canonical(&[b"ab"]), canonical(&[b"ab", b""]));
        assert_eq!(canonical(&[b"ab"]), b"\0\0\0\0\0\0\0\x02ab");
    }
}
