//! Contact points: addresses, found by a blind index, leading to accounts. An address is not a person.

use domain::{
    contact::{ContactKind, ContactValue, UNUSED_SECONDS, WRONG_DATES_MAX},
    delivery::Fate,
    id::{AccountId, ContactPointId, PracticeId},
    time::Timestamp,
};

use futures_util::future::try_join_all;

use super::{
    Store, StoreError,
    account::Account,
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
    /// When it last led to a session, or else when it was written down.
    pub used_at: Timestamp,
    /// Wrong birth dates after its links and codes since then.
    pub wrong_dates: u32,
    /// Since when no provider takes messages to it.
    pub failing_since: Option<Timestamp>,
    /// When the last message of each fate left for it.
    pub fates: Vec<(Fate, Timestamp)>,
}

/// Why messages do not get through to a contact point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// What became of the last message, or nothing where the provider did not even take one.
    pub fate: Option<Fate>,
    /// Since when.
    pub since: Timestamp,
}

impl Failing {
    /// One word of a closed set.
    pub fn why(&self) -> &'static str {
        self.fate.map_or("refused", Fate::as_str)
    }
}

/// Why nothing is sent to a contact point unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// As many wrong birth dates as two sign-ins allow: somebody else may read it.
    WrongDates,
    /// Nobody has used it for half a year: numbers are given to others, mailboxes are left.
    Unused,
}

impl Doubt {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongDates => "wrong_dates",
            Self::Unused => "unused",
        }
    }
}

/// The blind index of an address.
pub fn blind(index_key: &Key, value: &ContactValue) -> String {
    secrets::blind_index(index_key, &keys::contact_blind_input(value.kind(), value.expose()))
}

impl ContactPoint {
    /// One that was just written down.
    pub const fn new(id: ContactPointId, value: ContactValue, at: Timestamp) -> Self {
        Self {
            id,
            value,
            verified_at: None,
            used_at: at,
            wrong_dates: 0,
            failing_since: None,
            fates: Vec::new(),
        }
    }

    /// Why nothing is sent there unasked, if so. A sign-in through it or a word of the desk ends the doubt.
    pub fn doubt(&self, now: Timestamp) -> Option<Doubt> {
        if self.wrong_dates >= WRONG_DATES_MAX {
            Some(Doubt::WrongDates)
        } else if self.used_at.plus_seconds(UNUSED_SECONDS) <= now {
            Some(Doubt::Unused)
        } else {
            None
        }
    }

    /// Why messages do not get through, if so. What was delivered, or used, after the message that got lost proves the
    /// opposite; who complained has to use it or confirm it.
    pub fn failing(&self) -> Option<Failing> {
        let at = |wanted| self.fates.iter().find(|(fate, _)| *fate == wanted).map(|(_, at)| *at);
        let delivered = at(Fate::Delivered);
        let holds = |fate: Fate| {
            let since = at(fate).filter(|since| *since >= self.used_at)?;
            (fate.stops_contact() || delivered.is_none_or(|delivered| delivered < since)).then_some(since)
        };
        let lost = Fate::ALL.into_iter().rev().filter(|fate| fate.is_lost());
        let reported = lost.filter_map(|fate| Some(Failing { fate: Some(fate), since: holds(fate)? })).next();
        reported.or_else(|| self.failing_since.map(|since| Failing { fate: None, since }))
    }

    /// Why nothing is sent there unasked, because of what was reported.
    pub fn stopped(&self) -> Option<Fate> {
        self.failing().and_then(|failing| failing.fate).filter(|fate| fate.stops_contact())
    }

    /// The items of a new contact point: itself and its lookup.
    pub fn to_items(&self, practice: PracticeId, sealer: &FieldSealer, index_key: &Key) -> [Attributes; 2] {
        let key = keys::contact_point(practice, self.id);
        let point = NewItem::new(&key)
            .with("contact_kind", string(self.value.kind().as_str()))
            .with("sealed_value", sealer.seal(&key, "sealed_value", self.value.expose()))
            .with_some("verified_at", self.verified_at.map(|t| number(t.as_millis())))
            .with("created_at", number(self.used_at.as_millis()))
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
        Ok(Self {
            id,
            value,
            verified_at: item.optional_time("verified_at"),
            used_at: item.optional_time("used_at").map_or_else(|| item.time("created_at"), Ok)?,
            wrong_dates: item.optional_number("wrong_dates").unwrap_or(0),
            failing_since: item.optional_time("failing_since"),
            fates: Fate::ALL
                .into_iter()
                .filter_map(|fate| Some((fate, item.optional_time(fate_name(fate))?)))
                .collect(),
        })
    }
}

/// That a contact point led to a session, as part of the transaction that makes it: whoever signed in reads it.
pub fn verified(practice: PracticeId, point: ContactPointId, now: Timestamp) -> Change {
    Change::new(
        keys::contact_point(practice, point),
        "SET verified_at = if_not_exists(verified_at, :now), used_at = :now, wrong_dates = :none \
         REMOVE failing_since, noted",
    )
    .when("attribute_exists(PK)")
    .value(":now", number(now.as_millis()))
    .value(":none", number(0))
}

/// That a provider says of a contact point that nothing can reach it, or that it took a message again.
pub fn failing(practice: PracticeId, point: ContactPointId, since: Option<Timestamp>) -> Change {
    let key = keys::contact_point(practice, point);
    match since {
        Some(since) => Change::new(key, "SET failing_since = if_not_exists(failing_since, :since)")
            .when("attribute_exists(PK)")
            .value(":since", number(since.as_millis())),
        None => Change::new(key, "REMOVE failing_since").when("attribute_exists(PK)"),
    }
}

/// Name of the attribute that says when the last message of a fate left.
const fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "delivered_at",
        Fate::CameBack => "came_back_at",
        Fate::Blocked => "blocked_at",
        Fate::NoRecipient => "no_recipient_at",
        Fate::Complained => "complained_at",
    }
}

/// What became of a message that left for a contact point at a time. Reports of earlier messages change nothing.
pub fn reported(practice: PracticeId, point: ContactPointId, fate: Fate, at: Timestamp) -> Change {
    let (update, condition) = match fate {
        Fate::Delivered => (
            "SET delivered_at = :at",
            "attribute_exists(PK) AND (attribute_not_exists(delivered_at) OR delivered_at < :at)",
        ),
        Fate::CameBack => (
            "SET came_back_at = :at",
            "attribute_exists(PK) AND (attribute_not_exists(came_back_at) OR came_back_at < :at)",
        ),
        Fate::Blocked => (
            "SET blocked_at = :at",
            "attribute_exists(PK) AND (attribute_not_exists(blocked_at) OR blocked_at < :at)",
        ),
        Fate::NoRecipient => (
            "SET no_recipient_at = :at",
            "attribute_exists(PK) AND (attribute_not_exists(no_recipient_at) OR no_recipient_at < :at)",
        ),
        Fate::Complained => (
            "SET complained_at = :at",
            "attribute_exists(PK) AND (attribute_not_exists(complained_at) OR complained_at < :at)",
        ),
    };
    Change::new(keys::contact_point(practice, point), update)
        .when(condition)
        .value(":at", number(at.as_millis()))
}

/// One more wrong birth date after a link or code that went there.
pub fn doubted(practice: PracticeId, point: ContactPointId) -> Change {
    Change::new(keys::contact_point(practice, point), "ADD wrong_dates :one")
        .when("attribute_exists(PK)")
        .value(":one", number(1))
}

/// That a contact point leads to an account. After a change that nobody has confirmed yet it opens only what was sent
/// after `restricted_since`.
pub fn link_item(
    practice: PracticeId,
    point: ContactPointId,
    account: AccountId,
    restricted_since: Option<Timestamp>,
) -> Attributes {
    NewItem::new(&keys::contact_account(practice, point, account))
        .with_some("restricted_since", restricted_since.map(|at| number(at.as_millis())))
        .build()
}

/// An account that a contact point leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The account.
    pub account: AccountId,
    /// It opens only what was sent after this time, until somebody confirms the contact.
    pub restricted_since: Option<Timestamp>,
}

impl Reached {
    /// From the item that [`link_item`] made.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let key = item.key()?;
        let account =
            key.sk.strip_prefix(keys::CONTACT_ACCOUNT_PREFIX).and_then(|t| AccountId::parse(t).ok());
        Ok(Self {
            account: account.ok_or(StoreError::Malformed("SK"))?,
            restricted_since: item.optional_time("restricted_since"),
        })
    }
}

/// A contact point that there is none of: what is asked of it does not hold, and costs the same.
pub fn nobodys(now: Timestamp, drawn: [u8; 10]) -> ContactPointId {
    ContactPointId::new(now, drawn)
}

/// That a contact point leads to an account, as part of a transaction.
pub fn leads_to(practice: PracticeId, point: ContactPointId, account: AccountId) -> Change {
    Change::new(keys::contact_account(practice, point, account), "").when("attribute_exists(PK)")
}

/// That a contact point still leads to an account as it did when that was read, as part of a sign-in.
pub fn still_leads(key: keys::ItemKey, restricted_since: Option<Timestamp>) -> Change {
    match restricted_since {
        Some(since) => {
            Change::new(key, "").when("restricted_since = :since").value(":since", number(since.as_millis()))
        }
        None => Change::new(key, "").when("attribute_exists(PK) AND attribute_not_exists(restricted_since)"),
    }
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
        self.contact_at(practice, &blind(index_key, value)).await
    }

    /// The same, by the blind index of the address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_at(
        &self,
        practice: PracticeId,
        blind: &str,
    ) -> Result<Option<ContactPointId>, StoreError> {
        let item = self.get(&keys::contact_lookup(practice, blind)).await?;
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
        Ok(self.reached_at(practice, point).await?.into_iter().map(|reached| reached.account).collect())
    }

    /// The same, with what each may open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reached_at(
        &self,
        practice: PracticeId,
        point: ContactPointId,
    ) -> Result<Vec<Reached>, StoreError> {
        let partition = keys::contact_point_partition(practice, point);
        let items = self.query_all(&partition, keys::CONTACT_ACCOUNT_PREFIX).await?;
        items.iter().map(Reached::from_item).collect()
    }

    /// The contacts of an account but those that were changed and that nobody has confirmed yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirmed_contacts(
        &self,
        practice: PracticeId,
        account: &Account,
    ) -> Result<Vec<ContactPointId>, StoreError> {
        let ids = &account.contacts;
        let wanted: Vec<_> = ids.iter().map(|id| keys::contact_account(practice, *id, account.id)).collect();
        let links = self.get_many(&wanted).await?;
        let confirmed = |link: &Option<Item>| {
            link.as_ref().is_some_and(|link| link.optional_time("restricted_since").is_none())
        };
        Ok(ids.iter().zip(links).filter(|(_, link)| confirmed(link)).map(|(id, _)| *id).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn what_was_delivered_or_used_later_proves_that_a_contact_works() {
        let value = ContactValue::email("maria@patients.test").unwrap();
        let mut point = ContactPoint::new(ContactPointId::new(at(0), [1; 10]), value, at(10));
        assert_eq!(point.failing(), None);
        point.fates = vec![(Fate::CameBack, at(20))];
        assert_eq!(point.failing(), Some(Failing { fate: Some(Fate::CameBack), since: at(20) }));
        assert_eq!(point.stopped(), None);
        point.fates.push((Fate::Delivered, at(30)));
        assert_eq!(point.failing(), None);
        // Whoever complained got it, and wants no more of it.
        point.fates.push((Fate::Complained, at(25)));
        assert_eq!(point.stopped(), Some(Fate::Complained));
        point.used_at = at(40);
        assert_eq!((point.failing(), point.stopped()), (None, None));
        point.failing_since = Some(at(50));
        assert_eq!(point.failing().map(|failing| failing.why()), Some("refused"));
    }
}
