//! Remembered devices: a secret in a browser's cookie that stands in for the birth date.

use std::fmt;

use domain::{
    Invalid,
    browser::Browser,
    id::{AccountId, DeviceId, PracticeId, SessionId},
    sign_in::{BrowserSecret, DEVICE_LIFE_SECONDS},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, number, string},
    keys::{self, ItemKey},
    table::Change,
};
use crate::secrets;

/// The value of `__Host-device`: whose device it is, and the secret whose hash names it.
#[derive(Clone)]
pub struct DeviceToken {
    /// The practice.
    pub practice: PracticeId,
    /// The account.
    pub account: AccountId,
    /// The secret.
    pub secret: BrowserSecret,
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}

impl DeviceToken {
    /// Parses `<practice>.<account>.<secret>`. The first two are proven by the hash of the third.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_token");
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(WRONG);
        Ok(Self {
            practice: PracticeId::parse(next()?).map_err(|_| WRONG)?,
            account: AccountId::parse(next()?).map_err(|_| WRONG)?,
            secret: BrowserSecret::parse(next()?)?,
        })
    }

    /// The cookie's value.
    pub fn expose(&self) -> String {
        format!("{}.{}.{}", self.practice, self.account, self.secret.expose())
    }

    /// The hash under which the device is stored.
    pub fn hash(&self) -> String {
        secrets::hash(self.secret.expose())
    }

    /// The key of the device.
    pub fn key(&self) -> ItemKey {
        keys::device(self.practice, self.account, &self.hash())
    }

    /// That the device is remembered, as part of a transaction.
    pub fn must_be_live(&self, now: Timestamp) -> Change {
        Change::new(self.key(), "").when("expires_at > :now").value(":now", number(now.as_millis()))
    }
}

/// A remembered device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called in a list.
    pub id: DeviceId,
    /// The browser that holds the secret.
    pub browser: Browser,
    /// The sign-in that had it remembered.
    pub sign_in: Option<SessionId>,
    /// Since when it is remembered.
    pub created_at: Timestamp,
    /// When it last stood in for a birth date.
    pub last_used_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl Device {
    /// A device that is about to be remembered.
    pub fn new(id: DeviceId, browser: Browser, sign_in: SessionId, now: Timestamp) -> Self {
        let expires_at = now.plus_seconds(DEVICE_LIFE_SECONDS);
        Self { id, browser, sign_in: Some(sign_in), created_at: now, last_used_at: now, expires_at }
    }

    /// The item, under the key of its token.
    pub fn to_item(&self, key: &ItemKey) -> Attributes {
        NewItem::new(key)
            .with("device", string(self.id))
            .with("browser", string(self.browser))
            .with_some("sign_in", self.sign_in.map(string))
            .with("created_at", number(self.created_at.as_millis()))
            .with("last_used_at", number(self.last_used_at.as_millis()))
            .with("expires_at", number(self.expires_at.as_millis()))
            .with("ttl", number(self.expires_at.as_seconds() + 3600))
            .build()
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: item.parsed("device", DeviceId::parse)?,
            browser: Browser::from_stored(item.text("browser")?),
            sign_in: item.optional_text("sign_in").and_then(|t| SessionId::parse(t).ok()),
            created_at: item.time("created_at")?,
            last_used_at: item.time("last_used_at")?,
            expires_at: item.time("expires_at")?,
        })
    }

    /// Whether it still stands in for a birth date.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// That a device stood in for a birth date, as part of the transaction that makes the session.
pub fn mark_used(key: ItemKey, now: Timestamp) -> Change {
    Change::new(key, "SET last_used_at = :now")
        .when("expires_at > :now")
        .value(":now", number(now.as_millis()))
}

impl Store {
    /// The remembered devices of an account, each with its key; those that are over are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn devices(
        &self,
        practice: PracticeId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<(ItemKey, Device)>, StoreError> {
        let partition = keys::holder_partition(practice, account);
        let items = self.query_all(&partition, keys::DEVICE_PREFIX).await?;
        let devices = items.iter().map(|item| Ok((item.key()?, Device::from_item(item)?)));
        let devices: Result<Vec<_>, StoreError> = devices.collect();
        Ok(devices?.into_iter().filter(|(_, device)| device.is_live(now)).collect())
    }
}
