//! Things to seal, and a second writing of how `PC1` derives its keys, from `docs/envelope.md` and not from the module.
#![allow(dead_code, reason = "shared by the tests and by the examples, each of which uses a part")]

use aws_lc_rs::{digest, hmac};
use platform::seal::{self, FieldContext, Key, MessageContext, MessageSecret, OpenError, Plaintext};

/// 32 bytes that look random and are the same in every run.
pub(crate) fn bytes32(label: &str, n: u64) -> [u8; 32] {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(label.as_bytes());
    hash.update(&n.to_be_bytes());
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// As many bytes as asked for that look random and are the same in every run.
pub(crate) fn bytes(label: &str, len: usize) -> Vec<u8> {
    let blocks = (0..).flat_map(|n| bytes32(label, n));
    blocks.take(len).collect()
}

/// What `PC1` derives: key, commitment, nonce key.
pub(crate) struct Derived {
    pub(crate) key: [u8; 32],
    pub(crate) commitment: [u8; 32],
    pub(crate) nonce_key: [u8; 32],
}

/// HKDF-SHA512 spelled out over HMAC (RFC 5869), so that it shares nothing with the module under test.
pub(crate) fn derive(key: &[u8; 32], second: &[u8; 32], aad: &[u8]) -> Derived {
    let hmac =
        |key: &[u8], parts: &[&[u8]]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key), &parts.concat());
    let prk = hmac(b"PC1/hkdf-salt", &[key, second]);
    let info = [b"PC1".as_slice(), digest::digest(&digest::SHA256, aad).as_ref()].concat();
    let first = hmac(prk.as_ref(), &[&info, &[1]]);
    let second = hmac(prk.as_ref(), &[first.as_ref(), &info, &[2]]);
    let okm = [first.as_ref(), second.as_ref()].concat();
    let part = |n: usize| okm[32 * n..32 * (n + 1)].try_into().expect("32 bytes");
    Derived { key: part(0), commitment: part(1), nonce_key: part(2) }
}

/// Associated data, spelled out.
pub(crate) fn aad(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
}

/// A message with everything that sealing it takes.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) content_key: [u8; 32],
    pub(crate) secret: [u8; 32],
    pub(crate) practice: String,
    pub(crate) conversation: String,
    pub(crate) seq: u64,
    pub(crate) message: String,
    pub(crate) sender: String,
    pub(crate) kind: String,
    pub(crate) created_at_ms: i64,
    pub(crate) plaintext: Vec<u8>,
}

impl Message {
    /// The `n`th message: 10 to a conversation, 20 to a practice.
    pub(crate) fn sample(n: u64) -> Self {
        Self {
            content_key: bytes32("content key", n / 10),
            secret: bytes32("secret", n),
            practice: format!("prc_{:03}", n / 20),
            conversation: format!("cnv_{:03}", n / 10),
            seq: n % 10 + 1,
            message: format!("msg_{n:03}"),
            sender: format!("{}_{:03}", if n.is_multiple_of(2) { "stf" } else { "acc" }, n / 10),
            kind: if n % 5 == 4 { "note" } else { "text" }.to_owned(),
            created_at_ms: 1_790_000_000_000 + 1_000 * i64::try_from(n).expect("small"),
            plaintext: format!("Message {n}: your results are in. Sus resultados están listos.").into_bytes(),
        }
    }

    pub(crate) fn ctx(&self) -> MessageContext<'_> {
        MessageContext {
            practice: &self.practice,
            conversation: &self.conversation,
            seq: self.seq,
            message: &self.message,
            sender: &self.sender,
            kind: &self.kind,
            created_at_ms: self.created_at_ms,
        }
    }

    pub(crate) fn aad(&self) -> Vec<u8> {
        aad(&[
            b"PC1/message",
            &[1, 1],
            self.practice.as_bytes(),
            self.conversation.as_bytes(),
            &self.seq.to_be_bytes(),
            self.message.as_bytes(),
            self.sender.as_bytes(),
            self.kind.as_bytes(),
            &self.created_at_ms.to_be_bytes(),
        ])
    }

    pub(crate) fn derived(&self) -> Derived {
        derive(&self.content_key, &self.secret, &self.aad())
    }

    pub(crate) fn seal(&self) -> Vec<u8> {
        let (key, secret) = self.keys();
        seal::seal_message(&key, &secret, &self.ctx(), &self.plaintext)
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Plaintext, OpenError> {
        let (key, secret) = self.keys();
        seal::open_message(&key, &secret, &self.ctx(), sealed)
    }

    fn keys(&self) -> (Key, MessageSecret) {
        (Key::from_bytes(self.content_key), MessageSecret::from_bytes(self.secret))
    }
}

/// A field with everything that sealing it takes.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) key: [u8; 32],
    pub(crate) salt: [u8; 32],
    pub(crate) practice: String,
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) field: String,
    pub(crate) plaintext: Vec<u8>,
}

impl Field {
    /// The `n`th field: 4 to an item, 20 to a practice.
    pub(crate) fn sample(n: u64) -> Self {
        let practice = format!("prc_{:03}", n / 20);
        Self {
            key: bytes32("contact key", n / 20),
            salt: bytes32("salt", n),
            pk: format!("PATIENT#{practice}#pat_{:03}", n / 4),
            practice,
            sk: "PROFILE".to_owned(),
            field: ["name", "birth_date", "language", "phone"][usize::try_from(n % 4).expect("small")]
                .to_owned(),
            plaintext: format!("Zoë Nuñez {n}").into_bytes(),
        }
    }

    pub(crate) fn ctx(&self) -> FieldContext<'_> {
        FieldContext { practice: &self.practice, pk: &self.pk, sk: &self.sk, field: &self.field }
    }

    pub(crate) fn aad(&self) -> Vec<u8> {
        aad(&[
            b"PC1/field",
            &[1, 2],
            self.practice.as_bytes(),
            self.pk.as_bytes(),
            self.sk.as_bytes(),
            self.field.as_bytes(),
        ])
    }

    pub(crate) fn derived(&self) -> Derived {
        derive(&self.key, &self.salt, &self.aad())
    }

    pub(crate) fn seal(&self) -> Vec<u8> {
        seal::seal_field(&Key::from_bytes(self.key), self.salt, &self.ctx(), &self.plaintext)
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Plaintext, OpenError> {
        seal::open_field(&Key::from_bytes(self.key), &self.ctx(), sealed)
    }
}
