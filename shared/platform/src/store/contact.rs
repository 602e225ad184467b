//! Contact points: addresses, found by a blind index, leading to accounts. An address is not a person.

use domain::{
    contact::{ContactKind, ContactValue},
    id::{AccountId, ContactPointId, PracticeId},
    time::Timestamp,
};

use futures_util::future::try_join_all;

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::Change,
};
use crate::{seal::Key, sealing::FieldSealer, secrets};

/// A contact point.
pub struct ContactPoint {
    /// Its id.
    pub id: ContactPointId,
    /// The address.
    pub value: ContactValue,
    /// When somebody proved to read it, if ever.
    pub verified_at: Option<Timestamp>,
}

/// The blind index of an address.
pub fn blind(index_key: &Key, value: &ContactValue) -> String {
    secrets::blind_index(index_key, &keys::contact_blind_input(value.kind(), value.expose()))
}

impl ContactPoint {
    /// The items of a new contact point: itself and its lookup.
    pub fn to_items(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        index_key: &Key,
        at: Timestamp,
    ) -> [Attributes; 2] {
        let key = keys::contact_point(practice, self.id);
        let point = NewItem::new(&key)
            .with("contact_kind", string(self.value.kind().as_str()))
            .with("sealed_value", sealer.seal(&key, "sealed_value", self.value.expose()))
            .with_some("verified_at", self.verified_at.map(|t| number(t.as_millis())))
            .with("created_at", number(at.as_millis()))
            .build();
        let lookup = NewItem::new(&keys::contact_lookup(practice, &blind(index_key, &self.value)))
            .with("contact_point", string(self.id))
            .build();
        [point, lookup]
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(id: ContactPointId, item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        let kind = item.parsed("contact_kind", ContactKind::parse)?;
        let value = ContactValue::from_stored(kind, &sealer.open(item, "sealed_value")?)
            .map_err(|_| StoreError::Malformed("sealed_value"))?;
        Ok(Self { id, value, verified_at: item.optional_time("verified_at") })
    }
}

/// That a contact point leads to an account.
pub fn link_item(practice: PracticeId, point: ContactPointId, account: AccountId) -> Attributes {
    NewItem::new(&keys::contact_account(practice, point, account)).build()
}

/// That somebody proved to read what goes to a contact point, as part of their sign-in.
pub fn verified(practice: PracticeId, point: ContactPointId, now: Timestamp) -> Change {
    Change::new(keys::contact_point(practice, point), "SET verified_at = if_not_exists(verified_at, :now)")
        .when("attribute_exists(PK)")
        .value(":now", number(now.as_millis()))
}

impl Store {
    /// Contact points by id; one that is gone is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_points(
        &self,
        practice: PracticeId,
        ids: &[ContactPointId],
        sealer: &FieldSealer,
    ) -> Result<Vec<ContactPoint>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::contact_point(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        ids.iter()
            .zip(items)
            .filter_map(|(id, item)| item.map(|item| ContactPoint::from_item(*id, &item, sealer)))
            .collect()
    }

    /// The contact point of an address, if the practice knows it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_contact(
        &self,
        practice: PracticeId,
        index_key: &Key,
        value: &ContactValue,
    ) -> Result<Option<ContactPointId>, StoreError> {
        let item = self.get(&keys::contact_lookup(practice, &blind(index_key, value))).await?;
        item.map(|item| item.parsed("contact_point", ContactPointId::parse)).transpose()
    }

    /// The accounts that a contact point leads to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts_at(
        &self,
        practice: PracticeId,
        point: ContactPointId,
    ) -> Result<Vec<AccountId>, StoreError> {
        let partition = keys::contact_point_partition(practice, point);
        let items = self.query_all(&partition, keys::CONTACT_ACCOUNT_PREFIX).await?;
        let account = |item: &Item| {
            let key = item.key()?;
            let id = key.sk.strip_prefix(keys::CONTACT_ACCOUNT_PREFIX).and_then(|t| AccountId::parse(t).ok());
            id.ok_or(StoreError::Malformed("SK"))
        };
        items.iter().map(account).collect()
    }

    /// Whether any of these contact points leads to more than one account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_any_shared(
        &self,
        practice: PracticeId,
        points: &[ContactPointId],
    ) -> Result<bool, StoreError> {
        let accounts = try_join_all(points.iter().map(|point| self.accounts_at(practice, *point))).await?;
        Ok(accounts.iter().any(|accounts| accounts.len() > 1))
    }
}
