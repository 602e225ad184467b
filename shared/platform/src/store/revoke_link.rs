//! The link in "somebody signed in": it ends every session of the account, and does nothing else.

use domain::{
    id::{AccountId, PracticeId},
    sign_in::REVOKE_LIFE_SECONDS,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{Item, NewItem, number, string},
    keys,
    table::Table,
};

/// What such a link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeLink {
    /// The practice.
    pub practice: PracticeId,
    /// The account.
    pub account: AccountId,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl RevokeLink {
    /// One that is about to be sent.
    pub const fn new(practice: PracticeId, account: AccountId, now: Timestamp) -> Self {
        Self { practice, account, expires_at: now.plus_seconds(REVOKE_LIFE_SECONDS) }
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            practice: item.parsed("practice", PracticeId::parse)?,
            account: item.parsed("account", AccountId::parse)?,
            expires_at: item.time("expires_at")?,
        })
    }

    /// Whether it still ends something. The TTL only cleans up.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

impl Store {
    /// Makes a link. A retried send carries the same token and leaves the link as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_revoke_link(&self, link: &RevokeLink, token_hash: &str) -> Result<(), StoreError> {
        let item = NewItem::new(&keys::revoke_link(token_hash))
            .with("practice", string(link.practice))
            .with("account", string(link.account))
            .with("expires_at", number(link.expires_at.as_millis()))
            .with("ttl", number(link.expires_at.as_seconds() + 3600));
        self.create(Table::Chat, item.build()).await.map(drop)
    }

    /// A link by the hash of its token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_link(&self, token_hash: &str) -> Result<Option<RevokeLink>, StoreError> {
        let item = self.get(&keys::revoke_link(token_hash)).await?;
        item.map(|item| RevokeLink::from_item(&item)).transpose()
    }
}
