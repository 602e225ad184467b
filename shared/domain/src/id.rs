//! Typed identifiers: a prefix that names the kind, then a ULID in lower case, in exactly one spelling.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::{Invalid, time::Timestamp};

/// Random bits of one identifier: 80 bits beside the 48 bits of time.
pub type IdEntropy = [u8; 10];

fn ulid_from(at: Timestamp, entropy: IdEntropy) -> Ulid {
    let random = entropy.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    Ulid::from_parts(at.as_millis().max(0).unsigned_abs(), random)
}

fn parse_ulid(text: &str) -> Result<Ulid, Invalid> {
    const WRONG: Invalid = Invalid::new("invalid_id");
    let canonical = text.len() == 26 && !text.bytes().any(|b| b.is_ascii_uppercase());
    let ulid = Ulid::from_string(text).map_err(|_| WRONG)?;
    // Crockford's alphabet reads `i`, `l` and `o` as digits; only the spelling that we write is accepted.
    if canonical && ulid.to_string().to_ascii_lowercase() == text { Ok(ulid) } else { Err(WRONG) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Ulid);

        impl $name {
            /// The prefix of every identifier of this kind, with its underscore.
            pub const PREFIX: &'static str = concat!($prefix, "_");

            /// A new identifier from the time and 80 random bits.
            pub fn new(at: Timestamp, entropy: IdEntropy) -> Self {
                Self(ulid_from(at, entropy))
            }

            /// Parses the one canonical spelling.
            ///
            /// # Errors
            /// `invalid_id` for another prefix, upper case, a wrong length or a look-alike letter.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let ulid = text.strip_prefix(Self::PREFIX).ok_or(Invalid::new("invalid_id"))?;
                parse_ulid(ulid).map(Self)
            }

            /// The time that it was made from.
            pub fn at(self) -> Timestamp {
                Timestamp::from_millis(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
            }

            /// Its sixteen bytes, without the prefix.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// The identifier of sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0; 26];
                let text = self.0.array_to_str(&mut buffer);
                text.make_ascii_lowercase();
                f.write_str(Self::PREFIX)?;
                f.write_str(text)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A practice: the tenant that every key begins with.
    PracticeId "prc";
    /// A member of a practice's staff, who signs in to the console.
    StaffId "stf";
    /// An account: who signs in to the patient portal. It reaches patients through grants.
    AccountId "acc";
    /// A patient: a record, not a login.
    PatientId "pat";
    /// A contact point: one e-mail address or phone number of a practice's patients or staff.
    ContactPointId "cpt";
    /// A conversation between a practice and one patient.
    ConversationId "cnv";
    /// A message. Its place in the conversation is its sequence number, not its id.
    MessageId "msg";
    /// An internal note of staff beside a conversation.
    NoteId "nte";
    /// One sign-in attempt, from the typed address to the session.
    FlowId "flw";
    /// A session, as its holder sees it in a list. Its secret and the hash of that are something else.
    SessionId "ses";
    /// A remembered device.
    DeviceId "dev";
    /// A passkey, as its holder sees it in a list.
    PasskeyId "pky";
    /// An audit event.
    EventId "evt";
    /// What was kept of a recalled message.
    EvidenceId "evd";
    /// A service account.
    ServiceId "svc";
    /// A visit of a patient.
    VisitId "vis";
    /// A scheduled text.
    TextId "txt";
    /// Something that staff have to look at because of a text that came in.
    TaskId "tsk";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_canonical_spelling_is_accepted() {
        let id = PatientId::new(Timestamp::from_millis(1_700_000_000_000), [7; 10]);
        let text = id.to_string();
        assert_eq!(PatientId::parse(&text), Ok(id));
        for wrong in [
            text.to_uppercase(),
            text.replacen("pat", "PAT", 1),
            text.replacen("pat", "acc", 1),
            format!("{text} "),
            text[..text.len() - 1].to_owned(),
            text.replacen('0', "o", 1),
            String::new(),
            "pat_".to_owned(),
        ] {
            assert_eq!(PatientId::parse(&wrong), Err(Invalid::new("invalid_id")), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_id_survives_its_spelling(ms in 0_i64..(1 << 47), entropy in any::<[u8; 10]>()) {
            let id = MessageId::new(Timestamp::from_millis(ms), entropy);
            prop_assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(id.at(), Timestamp::from_millis(ms));
        }

        #[test]
        fn any_text_is_an_answer_not_a_panic(text in ".{0,40}") {
            let _ = MessageId::parse(&text);
            let _ = MessageId::parse(&format!("msg_{text}"));
        }
    }
}
