//! The hash chain over a practice's audit events, and how anybody checks it. No clock, no network: `docs/audit.md`
//! describes the formats so that a stranger can write the same.

use std::collections::HashSet;

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    id::{EventId, PracticeId},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

/// A link of the chain: SHA-256.
pub type Hash = [u8; 32];

/// Version of event lines and checkpoints.
const VERSION: u64 = 1;
/// Begins what the first link is made of, so that no event can stand for it.
const GENESIS: &[u8] = b"\x00patient-chat audit chain 1\x00";
/// Begins what every other link is made of.
const LINK: &[u8] = b"\x01";

/// What the first event of a practice is linked to.
pub fn genesis(practice: PracticeId) -> Hash {
    hash(&[GENESIS, practice.to_string().as_bytes()])
}

/// The link of an event: everything before it, and its canonical bytes with their length.
pub fn link(before: &Hash, event: &str) -> Hash {
    hash(&[LINK, before, &(event.len() as u64).to_be_bytes(), event.as_bytes()])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A hash as lower-case hex.
pub fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || text.bytes().any(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// JSON in its one spelling: members in the order of their names, no white space (RFC 8785, for the texts and whole
/// numbers that events are made of).
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort_unstable();
            text.push('{');
            for (place, name) in names.into_iter().enumerate() {
                text.push_str(if place > 0 { "," } else { "" });
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(&members[name], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                text.push_str(if place > 0 { "," } else { "" });
                write_canonical(item, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// One line of an export: an event, its index from 1, and its link.
pub fn line(index: u64, link: &Hash, event: &str) -> String {
    format!("{{\"event\":{event},\"hash\":\"{}\",\"index\":{index}}}", hex(link))
}

/// That the chain of a practice had this link at this index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The practice.
    pub practice: PracticeId,
    /// The index of the last event, which is also how many there were.
    pub index: u64,
    /// The link of that event.
    pub hash: Hash,
    /// When it was signed.
    pub at: Timestamp,
}

impl Checkpoint {
    fn members(&self) -> Value {
        json!({
            "at": self.at,
            "hash": hex(&self.hash),
            "index": self.index,
            "practice": self.practice,
            "v": VERSION,
        })
    }

    /// What is signed.
    pub fn canonical(&self) -> String {
        canonical(&self.members())
    }
}

/// A checkpoint with its signature: ECDSA on P-256 with SHA-256, DER, over [`Checkpoint::canonical`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signature.
    pub signature: Vec<u8>,
}

impl SignedCheckpoint {
    /// The line that is kept and handed out.
    pub fn line(&self) -> String {
        let mut members = self.checkpoint.members();
        members["signature"] = STANDARD.encode(&self.signature).into();
        canonical(&members)
    }

    /// Reads such a line.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| value[name].as_str();
        let checkpoint = Checkpoint {
            practice: PracticeId::parse(text("practice")?).ok()?,
            index: value["index"].as_u64()?,
            hash: unhex(text("hash")?)?,
            at: Timestamp::parse(text("at")?).ok()?,
        };
        let signature = STANDARD.decode(text("signature")?).ok()?;
        (value["v"].as_u64() == Some(VERSION)).then_some(Self { checkpoint, signature })
    }

    fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key);
        key.verify(self.checkpoint.canonical().as_bytes(), &self.signature).is_ok()
    }
}

/// What is wrong where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index {position}: {wrong}")]
pub struct Broken {
    /// The index of the first event that is not as it was, or the index of the checkpoint.
    pub position: u64,
    /// In which way.
    pub wrong: Wrong,
}

/// In which way a log is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// No line of this format.
    #[error("the line is not an event in canonical form")]
    Line,
    /// An event is missing, stands twice or stands in another place.
    #[error("another event stands here")]
    Index,
    /// The event is not the one that was linked.
    #[error("the event is not the one that was linked here")]
    Link,
    /// The event belongs to another practice.
    #[error("the event is of another practice")]
    Practice,
    /// The same event was linked before.
    #[error("the same event stands here a second time")]
    Twice,
    /// The log begins in the middle and no checkpoint vouches for what lies before.
    #[error("the log begins here, and no signed checkpoint vouches for what lies before")]
    Beginning,
    /// A checkpoint that the key did not sign.
    #[error("the checkpoint was not signed by this key")]
    Signature,
    /// The whole chain was written anew: it is whole in itself, and not the one that was signed.
    #[error(
        "the chain is not the one that was signed; something between the checkpoint before and this one was changed"
    )]
    Rewritten,
    /// The log ends before a signed checkpoint.
    #[error("the log ends here, before a signed checkpoint")]
    CutShort,
}

/// What a log that is whole comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The practice, if there was anything.
    pub practice: Option<PracticeId>,
    /// How many events were checked.
    pub events: u64,
    /// The index of the last event.
    pub last: u64,
    /// The link of the last event.
    pub hash: Hash,
    /// Checkpoints that were checked.
    pub checkpoints: usize,
    /// The index up to which a signature vouches for the log. What follows is linked, and not signed yet.
    pub signed: u64,
}

/// Checks an export line by line against signed checkpoints.
#[derive(Clone)]
pub struct Verifier {
    checkpoints: Vec<SignedCheckpoint>,
    practice: Option<PracticeId>,
    last: u64,
    hash: Hash,
    events: u64,
    seen: HashSet<[u8; 16]>,
    /// The first checkpoint that the log has not come to.
    next: usize,
}

impl Verifier {
    /// A verifier with the checkpoints that there are and the public key: DER (SubjectPublicKeyInfo).
    ///
    /// # Errors
    /// [`Broken`] names the first checkpoint that the key did not sign.
    pub fn new(mut checkpoints: Vec<SignedCheckpoint>, public_key: &[u8]) -> Result<Self, Broken> {
        checkpoints.sort_by_key(|signed| signed.checkpoint.index);
        if let Some(forged) = checkpoints.iter().find(|signed| !signed.is_signed_by(public_key)) {
            return Err(Broken { position: forged.checkpoint.index, wrong: Wrong::Signature });
        }
        Ok(Self {
            checkpoints,
            practice: None,
            last: 0,
            hash: [0; 32],
            events: 0,
            seen: HashSet::new(),
            next: 0,
        })
    }

    /// Checks the next line.
    ///
    /// # Errors
    /// [`Broken`]: nothing after it means anything.
    pub fn take(&mut self, text: &str) -> Result<(), Broken> {
        let at = self.last + 1;
        let broken = |wrong| Err(Broken { position: at, wrong });
        let Some(line) = Line::parse(text) else { return broken(Wrong::Line) };
        if self.practice.is_none() {
            self.begin(&line)?;
        }
        let at = self.last + 1;
        let broken = |wrong| Err(Broken { position: at, wrong });
        if line.index != at {
            return broken(Wrong::Index);
        }
        let link = link(&self.hash, &line.event);
        if link != line.hash {
            return broken(Wrong::Link);
        }
        if Some(line.practice) != self.practice {
            return broken(Wrong::Practice);
        }
        if !self.seen.insert(line.id.to_bytes()) {
            return broken(Wrong::Twice);
        }
        (self.last, self.hash, self.events) = (at, link, self.events + 1);
        while let Some(SignedCheckpoint { checkpoint, .. }) = self.checkpoints.get(self.next) {
            if checkpoint.index > at {
                break;
            }
            if checkpoint.index == at && (checkpoint.hash, checkpoint.practice) != (link, line.practice) {
                return broken(Wrong::Rewritten);
            }
            self.next += 1;
        }
        Ok(())
    }

    /// A log begins with the first event, or after a checkpoint.
    fn begin(&mut self, line: &Line) -> Result<(), Broken> {
        self.practice = Some(line.practice);
        self.hash = genesis(line.practice);
        if line.index > 1 {
            let before = line.index - 1;
            let vouched = self.checkpoints.iter().map(|signed| &signed.checkpoint);
            let found = vouched.into_iter().find(|c| c.index == before && c.practice == line.practice);
            // Without a checkpoint the log has to begin at 1, so that is what is missing.
            let checkpoint = found.ok_or(Broken { position: 1, wrong: Wrong::Beginning })?;
            (self.last, self.hash) = (before, checkpoint.hash);
        }
        Ok(())
    }

    /// What the log came to.
    ///
    /// # Errors
    /// [`Broken`] if a checkpoint says that there is more.
    pub fn finish(self) -> Result<Whole, Broken> {
        if self.next < self.checkpoints.len() {
            return Err(Broken { position: self.last + 1, wrong: Wrong::CutShort });
        }
        Ok(Whole {
            practice: self.practice,
            events: self.events,
            last: self.last,
            hash: self.hash,
            checkpoints: self.checkpoints.len(),
            signed: self.checkpoints.last().map_or(0, |signed| signed.checkpoint.index),
        })
    }
}

struct Line {
    index: u64,
    hash: Hash,
    event: String,
    practice: PracticeId,
    id: EventId,
}

impl Line {
    /// Only the one spelling is read: two texts of one event would be two events to whoever compares texts.
    fn parse(text: &str) -> Option<Self> {
        let value: Map<String, Value> = serde_json::from_str(text).ok()?;
        let event = value.get("event")?;
        let (index, hash) = (value.get("index")?.as_u64()?, unhex(value.get("hash")?.as_str()?)?);
        let practice = PracticeId::parse(event.get("practice")?.as_str()?).ok()?;
        let id = EventId::parse(event.get("id")?.as_str()?).ok()?;
        let event = canonical(event);
        (line(index, &hash, &event) == text).then_some(Self { index, hash, event, practice, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_has_one_spelling() {
        let value: Value =
            serde_json::from_str(r#"{ "b": [1, {"z": null, "a": "é\n"}], "a": true }"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"a":"é\n","z":null}]}"#);
    }

    #[test]
    fn the_formats_do_not_move() {
        let practice = PracticeId::parse("prc_01k8zzzzzz0000000000000000").unwrap();
        let event = r#"{"actor":"system","at":"2026-01-01T00:00:00.000Z","id":"evt_01k8zzzzzz0000000000000000","practice":"prc_01k8zzzzzz0000000000000000","verb":"practice_created"}"#;
        let link = link(&genesis(practice), event);
        assert_eq!(
            hex(&genesis(practice)),
            "3640159669d9b497322582b6c03e7ef2e67536866cfc02fca3942aeb42b30d9a"
        );
        assert_eq!(hex(&link), "250c0fc22cc66e3d532cdadc1bc57b636b063e65fb3a70f40319f232f0aa6cf9");
        assert_eq!(
            line(1, &link, event),
            format!(r#"{{"event":{event},"hash":"{}","index":1}}"#, hex(&link))
        );
        let at = Timestamp::from_millis(0);
        let checkpoint = Checkpoint { practice, index: 1, hash: link, at };
        assert_eq!(
            checkpoint.canonical(),
            format!(
                r#"{{"at":"1970-01-01T00:00:00.000Z","hash":"{}","index":1,"practice":"{practice}","v":1}}"#,
                hex(&link)
            )
        );
        let signed = SignedCheckpoint { checkpoint, signature: vec![1, 2, 3] };
        assert_eq!(SignedCheckpoint::parse(&signed.line()), Some(signed));
    }
}
