//! Links made at the desk that connect a phone: staff have seen who holds it, so the link alone signs in, once and
//! for ten minutes.

use domain::{
    id::{AccountId, PatientId, PracticeId, StaffId},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::Change,
};

/// What a link of the desk leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceLink {
    /// The practice.
    pub practice: PracticeId,
    /// The account that the phone is remembered for.
    pub account: AccountId,
    /// The patient who stood at the desk, or whom the account acts for.
    pub patient: PatientId,
    /// The account's epoch when it was made: being signed out everywhere ends it too.
    pub epoch: u64,
    /// Who has seen them.
    pub staff: StaffId,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl DeviceLink {
    /// The item of a new link, under the hash of its token.
    pub fn to_item(&self, token_hash: &str) -> Attributes {
        NewItem::new(&keys::device_link(token_hash))
            .with("practice", string(self.practice))
            .with("account", string(self.account))
            .with("patient", string(self.patient))
            .with("epoch", number(self.epoch))
            .with("staff", string(self.staff))
            .with("expires_at", number(self.expires_at.as_millis()))
            .with("ttl", number(self.expires_at.as_seconds() + 3600))
            .build()
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            practice: item.parsed("practice", PracticeId::parse)?,
            account: item.parsed("account", AccountId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            epoch: item.number("epoch")?,
            staff: item.parsed("staff", StaffId::parse)?,
            expires_at: item.time("expires_at")?,
            used_at: item.optional_time("used_at"),
        })
    }

    /// Whether it still opens something.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

impl Store {
    /// A link of the desk by the hash of its token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn device_link(&self, token_hash: &str) -> Result<Option<DeviceLink>, StoreError> {
        let item = self.get(&keys::device_link(token_hash)).await?;
        item.map(|item| DeviceLink::from_item(&item)).transpose()
    }
}

/// The use of a link, as part of the transaction that makes the session: it happens once.
pub fn mark_used(token_hash: &str, now: Timestamp) -> Change {
    Change::new(keys::device_link(token_hash), "SET used_at = :now")
        .when("attribute_exists(PK) AND attribute_not_exists(used_at) AND expires_at > :now")
        .value(":now", number(now.as_millis()))
}
