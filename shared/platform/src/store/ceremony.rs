//! A question to a passkey that waits for its answer: what the server has to remember between the two. It stands on the
//! item of whoever was asked, a sign-in attempt or a session, is taken off by the first answer, and ages in five
//! minutes.

use domain::{limits::CEREMONY_SECONDS, time::Timestamp};

use super::{
    Store, StoreError,
    item::{Item, NewItem, binary, number, string},
    keys::ItemKey,
    table::Change,
};

/// What is asked of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// To be made.
    Register,
    /// To show that it is there.
    Assert,
}

impl Ceremony {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Assert => "assert",
        }
    }
}

/// Who was asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A sign-in attempt, by the hash of the secret in its cookie.
    Flow(ItemKey, String),
    /// A session.
    Session(ItemKey),
}

impl Asked {
    /// That it is still there, and who asks holds its secret. The name of a session's item is its secret's hash.
    const fn holds(&self, taking: bool) -> &'static str {
        match (self, taking) {
            (Self::Flow(..), false) => {
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now"
            }
            (Self::Flow(..), true) => {
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now \
                 AND ceremony_kind = :kind AND ceremony_until > :now"
            }
            (Self::Session(_), false) => "attribute_exists(PK)",
            (Self::Session(_), true) => "ceremony_kind = :kind AND ceremony_until > :now",
        }
    }

    fn change(&self, update: &'static str, taking: bool, kind: Ceremony) -> Change {
        let (Self::Flow(key, _) | Self::Session(key)) = self;
        let change = Change::new(key.clone(), update).when(self.holds(taking));
        let change = match self {
            Self::Flow(_, hash) => change.value(":hash", string(hash)),
            Self::Session(_) => change,
        };
        change.value(":kind", string(kind.as_str()))
    }
}

/// A new item with what the server has to remember.
pub fn with(item: NewItem, kind: Ceremony, state: &[u8], now: Timestamp) -> NewItem {
    item.with("ceremony", binary(state))
        .with("ceremony_kind", string(kind.as_str()))
        .with("ceremony_until", number(now.plus_seconds(CEREMONY_SECONDS).as_millis()))
}

impl Store {
    /// Keeps what the server has to remember; a question before this one is forgotten. `false` if whoever was asked is
    /// not there any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_ceremony(
        &self,
        asked: &Asked,
        kind: Ceremony,
        state: &[u8],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = "SET ceremony = :state, ceremony_kind = :kind, ceremony_until = :until";
        let until = now.plus_seconds(CEREMONY_SECONDS);
        let change = asked.change(update, false, kind);
        let change = match asked {
            Asked::Flow(..) => change.value(":now", number(now.as_millis())),
            Asked::Session(_) => change,
        };
        let change = change.value(":state", binary(state)).value(":until", number(until.as_millis()));
        Ok(self.change(change).await?.is_some())
    }

    /// Takes what was remembered, with the item that it stood on: the first answer gets it, and no other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_ceremony(
        &self,
        asked: &Asked,
        kind: Ceremony,
        now: Timestamp,
    ) -> Result<Option<(Vec<u8>, Item)>, StoreError> {
        let change = asked.change("REMOVE ceremony, ceremony_kind, ceremony_until", true, kind);
        let item = self.take(change.value(":now", number(now.as_millis()))).await?;
        item.map(|item| Ok((item.bytes("ceremony")?.to_vec(), item))).transpose()
    }
}
