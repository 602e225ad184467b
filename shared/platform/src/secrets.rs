//! Hashes and derived secrets: what a link, code, cookie or lookup is made of.
//!
//! The secrets of sign-in messages are derived from the practice's link key, so a retried send carries the same
//! secret and nothing at rest or in a queue can be redeemed.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::sign_in::{BrowserSecret, Code, LinkToken};

use crate::{entropy::Entropy, seal::Key};

/// What a derived secret is for. One derivation never yields the secret of another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPurpose {
    /// The link of an asked-for sign-in.
    FlowLink,
    /// The code of an asked-for sign-in.
    FlowCode,
    /// The link of a notice.
    NoticeLink,
    /// The link that ends every session of an account.
    RevokeLink,
}

impl SecretPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::FlowLink => "flow-link",
            Self::FlowCode => "flow-code",
            Self::NoticeLink => "notice-link",
            Self::RevokeLink => "revoke-link",
        }
    }
}

fn derive(key: &Key, purpose: SecretPurpose, id: &str, issue: u32) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose());
    hmac::sign(&key, format!("{}\u{1f}{id}\u{1f}{issue}", purpose.as_str()).as_bytes())
}

/// The link token of the `issue`-th message of a flow or notice: 128 bits of the derivation.
///
/// # Panics
/// Never: sixteen bytes are 22 characters of base64url.
#[allow(clippy::expect_used, reason = "sixteen bytes are 22 characters of base64url")]
pub fn link_token(key: &Key, purpose: SecretPurpose, id: &str, issue: u32) -> LinkToken {
    let tag = derive(key, purpose, id, issue);
    LinkToken::parse(&URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])).expect("22 characters")
}

/// A link token that is shown once and never sent again: 128 random bits.
///
/// # Panics
/// Never: sixteen bytes are 22 characters of base64url.
#[allow(clippy::expect_used, reason = "sixteen bytes are 22 characters of base64url")]
pub fn random_link_token(entropy: &Entropy) -> LinkToken {
    LinkToken::parse(&URL_SAFE_NO_PAD.encode(entropy.bytes::<16>())).expect("22 characters")
}

/// The code of the `issue`-th message of a flow. The bias of the remainder is below 10^-11.
pub fn code(key: &Key, id: &str, issue: u32) -> Code {
    let tag = derive(key, SecretPurpose::FlowCode, id, issue);
    let mut number = [0; 8];
    number.copy_from_slice(&tag.as_ref()[..8]);
    Code::from_derived(u64::from_be_bytes(number))
}

/// A fresh secret of 256 bits for a browser.
///
/// # Panics
/// Never: 32 bytes are 43 characters of base64url.
#[allow(clippy::expect_used, reason = "32 bytes are 43 characters of base64url")]
pub fn browser_secret(entropy: &Entropy) -> BrowserSecret {
    BrowserSecret::parse(&URL_SAFE_NO_PAD.encode(entropy.bytes::<32>())).expect("43 characters")
}

/// SHA-256 in hex, as secrets of full strength are stored (ASVS 5.0, 6.5.2).
pub fn hash(secret: &str) -> String {
    hash_bytes(secret.as_bytes())
}

/// SHA-256 in hex of bytes.
pub fn hash_bytes(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Keyed hash in hex for looking up an address or name without storing it: the blind index of a practice.
pub fn blind_index(key: &Key, value: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose());
    hex(&hmac::sign(&key, value.as_bytes()).as_ref()[..16])
}

/// Compares two secrets in a time that does not depend on where they differ.
pub fn equal(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_repeatable_and_differ_by_purpose_id_and_issue() {
        let key = Key::from_bytes([7; 32]);
        let token = |p, id, n| link_token(&key, p, id, n).expose().to_owned();
        let first = token(SecretPurpose::FlowLink, "flw_1", 1);
        assert_eq!(first, token(SecretPurpose::FlowLink, "flw_1", 1));
        assert_ne!(first, token(SecretPurpose::NoticeLink, "flw_1", 1));
        assert_ne!(first, token(SecretPurpose::FlowLink, "flw_1", 2));
        assert_ne!(first, token(SecretPurpose::FlowLink, "flw_2", 1));
        assert_eq!(code(&key, "flw_1", 1).expose().len(), 8);
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(browser_secret(&Entropy::seeded(1)).expose().len(), 43);
    }
}
