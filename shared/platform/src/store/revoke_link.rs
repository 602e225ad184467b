//! The link in "somebody signed in" and "a passkey was added": once, it ends that sign-in with every way in that came after,
//! and does nothing else.

use domain::{
    id::{AccountId, PracticeId, SessionId},
    sign_in::REVOKE_LIFE_SECONDS,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    device::Device,
    item::{Item, NewItem, names, number, string},
    keys::{self, ItemKey},
    passkey::Passkey,
    session::{Holder, Session},
    table::{Change, Table},
};

/// What such a link ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeLink {
    /// The practice.
    pub practice: PracticeId,
    /// The account.
    pub account: AccountId,
    /// The sign-in that was announced, or that what was announced came of.
    pub sign_in: SessionId,
    /// Since when whoever it was may have added ways in.
    pub since: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether somebody has pressed it: the sign-in has ended. What came of that may be there still.
    pub is_used: bool,
    /// Whether nothing is left of the sign-in.
    pub is_done: bool,
    /// The ids of the devices and passkeys that it rested on when it ended.
    pub rested_on: Vec<String>,
}

impl RevokeLink {
    /// One that is about to be sent.
    pub fn new(practice: PracticeId, account: AccountId, sign_in: SessionId, now: Timestamp) -> Self {
        let expires_at = now.plus_seconds(REVOKE_LIFE_SECONDS);
        Self {
            practice,
            account,
            sign_in,
            since: now,
            expires_at,
            is_used: false,
            is_done: false,
            rested_on: Vec::new(),
        }
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            practice: item.parsed("practice", PracticeId::parse)?,
            account: item.parsed("account", AccountId::parse)?,
            sign_in: item.parsed("sign_in", SessionId::parse)?,
            since: item.time("since")?,
            expires_at: item.time("expires_at")?,
            is_used: item.optional_time("used_at").is_some(),
            is_done: item.optional_time("done_at").is_some(),
            rested_on: item.names("rested_on").into_iter().map(str::to_owned).collect(),
        })
    }

    /// Whether it still ends something. The TTL only cleans up.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.is_done && now < self.expires_at
    }
}

/// The use of a link, as part of the transaction that ends the sessions of its sign-in; what these rest on is looked for after
/// that. There is one.
pub fn mark_used(token_hash: &str, sessions: &[Session], now: Timestamp) -> Change {
    let devices = sessions.iter().filter_map(|session| session.device).map(|id| id.to_string());
    let passkeys = sessions.iter().filter_map(|session| session.passkey).map(|id| id.to_string());
    let rested_on: Vec<_> = devices.chain(passkeys).collect();
    Change::new(keys::revoke_link(token_hash), "SET used_at = :now, rested_on = :rested_on")
        .when("attribute_exists(PK) AND attribute_not_exists(used_at)")
        .value(":now", number(now.as_millis()))
        .value(":rested_on", names(&rested_on))
}

/// That nothing is left of what a link ends: from then on it ends nothing.
pub fn mark_done(token_hash: &str, now: Timestamp) -> Change {
    Change::new(keys::revoke_link(token_hash), "SET done_at = :now")
        .when("attribute_exists(PK)")
        .value(":now", number(now.as_millis()))
}

/// What there is of a sign-in: its session, the device and passkey that it rests on, every device and passkey that it or
/// anybody has added since, and the sessions by those.
pub struct Remains {
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Devices, each with its key.
    pub devices: Vec<(ItemKey, Device)>,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
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
            .with("sign_in", string(link.sign_in))
            .with("since", number(link.since.as_millis()))
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

    /// What there is now of the sign-in that a link names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remains(&self, link: &RevokeLink, now: Timestamp) -> Result<Remains, StoreError> {
        let holder = Holder::Account(link.account);
        let (mut sessions, mut devices, mut passkeys) = tokio::try_join!(
            self.sessions(link.practice, holder, now),
            self.devices(link.practice, link.account, now),
            self.passkeys(link.practice, holder),
        )?;
        let own = |session: &Session| session.sign_in == link.sign_in;
        devices.retain(|(_, device)| {
            device.sign_in == Some(link.sign_in)
                || device.created_at >= link.since
                || link.rested_on.contains(&device.id.to_string())
                || sessions.iter().any(|session| own(session) && session.device == Some(device.id))
        });
        passkeys.retain(|passkey| {
            passkey.sign_in == Some(link.sign_in)
                || passkey.created_at >= link.since
                || link.rested_on.contains(&passkey.id.to_string())
                || sessions.iter().any(|session| own(session) && session.passkey == Some(passkey.id))
        });
        sessions.retain(|session| {
            own(session)
                || devices.iter().any(|(_, device)| session.device == Some(device.id))
                || passkeys.iter().any(|passkey| session.passkey == Some(passkey.id))
        });
        Ok(Remains { sessions, devices, passkeys })
    }
}
