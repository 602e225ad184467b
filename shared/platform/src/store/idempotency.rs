//! Creates that carry an idempotency key: the first result, kept so that a repeat finds it.

use domain::{id::PracticeId, idempotency::IdempotencyKey, time::Timestamp};

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, number, string},
    keys::{self, ItemKey},
};
use crate::{seal::Key, secrets};

/// What an idempotency key stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The same request: the id it created.
    Same(String),
    /// Another request.
    Other,
}

/// A create with an idempotency key.
pub struct Attempt {
    key: ItemKey,
    fingerprint: String,
}

impl Attempt {
    /// A create by `sender` with this key; `request` is the route and the body. Of both only a hash under the
    /// practice's own `hash_key` is kept: a plain hash of a name and birth date could be guessed.
    pub fn new(
        practice: PracticeId,
        sender: impl std::fmt::Display,
        key: &IdempotencyKey,
        hash_key: &Key,
        request: &str,
    ) -> Self {
        Self {
            key: keys::idempotency(practice, sender, &secrets::blind_index(hash_key, key.as_str())),
            fingerprint: secrets::blind_index(hash_key, request),
        }
    }

    /// The item that remembers what was created. It is written in the same transaction.
    pub fn to_item(&self, created: impl std::fmt::Display, at: Timestamp) -> Attributes {
        NewItem::new(&self.key)
            .with("created", string(created))
            .with("fingerprint", string(&self.fingerprint))
            .with("created_at", number(at.as_millis()))
            .build()
    }

    /// What an existing item says about this attempt.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn compare(&self, item: &Item) -> Result<Earlier, StoreError> {
        Ok(if item.text("fingerprint")? == self.fingerprint {
            Earlier::Same(item.text("created")?.to_owned())
        } else {
            Earlier::Other
        })
    }
}

impl Store {
    /// What was created with this key before, if anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn earlier(&self, attempt: &Attempt) -> Result<Option<Earlier>, StoreError> {
        let item = self.get(&attempt.key).await?;
        item.map(|item| attempt.compare(&item)).transpose()
    }
}
