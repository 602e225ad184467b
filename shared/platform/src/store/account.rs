//! Accounts: who signs in to the patient portal, and for whom they may act.

use domain::{
    channels::Channels,
    id::{AccountId, ContactPointId, PatientId, PracticeId},
    language::Language,
    person::PersonName,
    time::Timestamp,
};

use super::{
    Store, StoreError, Write, contact,
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    patient::RosterTools,
    session::{Grant, Relation},
    table::Table,
};
use crate::sealing::FieldSealer;

/// An account.
#[derive(Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The holder's name.
    pub name: PersonName,
    /// The language of mails to it.
    pub language: Language,
    /// Raised whenever every session must end; a session is created under the epoch that was read.
    pub epoch: u64,
    /// Where it can be reached.
    pub contacts: Vec<ContactPointId>,
    /// Over which channels its holder wants to be told of messages.
    pub channels: Channels,
}

impl Account {
    /// An account that is about to be made.
    pub fn new(
        tools: &RosterTools<'_>,
        name: PersonName,
        language: Language,
        contacts: Vec<ContactPointId>,
    ) -> Self {
        Self {
            id: AccountId::new(tools.now, tools.entropy.id()),
            name,
            language,
            epoch: 1,
            contacts,
            channels: Channels::default(),
        }
    }

    /// The writes of a new account with its first grant and the ways that lead to it, which open only what is sent after
    /// `restricted_since`.
    pub fn create_writes(
        &self,
        tools: &RosterTools<'_>,
        grant: Grant,
        restricted_since: Option<Timestamp>,
    ) -> Vec<Write> {
        let mut items = vec![self.to_item(tools.practice, tools.sealer, tools.now)];
        items.extend(grant_items(tools.practice, self.id, grant, tools.now));
        let link = |point| contact::link_item(tools.practice, point, self.id, restricted_since);
        items.extend(self.contacts.iter().map(|point| link(*point)));
        items.into_iter().map(|item| Write::Create(Table::Chat, item)).collect()
    }

    /// The item of a new account.
    pub fn to_item(&self, practice: PracticeId, sealer: &FieldSealer, at: Timestamp) -> Attributes {
        let key = keys::account(practice, self.id);
        NewItem::new(&key)
            .with("sealed_name", sealer.seal(&key, "sealed_name", self.name.expose()))
            .with("lang", string(&self.language))
            .with("epoch", number(self.epoch))
            .with("contacts", names(&self.contacts))
            .with("created_at", number(at.as_millis()))
            .build()
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(id: AccountId, item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            name: PersonName::parse(&sealer.open(item, "sealed_name")?)
                .map_err(|_| StoreError::Malformed("sealed_name"))?,
            language: item.parsed("lang", Language::parse)?,
            epoch: item.number("epoch")?,
            contacts: item
                .names("contacts")
                .into_iter()
                .filter_map(|c| ContactPointId::parse(c).ok())
                .collect(),
            channels: match &item.names("channels")[..] {
                [] => Channels::default(),
                names => Channels::parse(names).map_err(|_| StoreError::Malformed("channels"))?,
            },
        })
    }
}

/// Both items of a grant: as the account sees it, as the patient's record sees it.
pub fn grant_items(practice: PracticeId, account: AccountId, grant: Grant, at: Timestamp) -> [Attributes; 2] {
    let item = |key| {
        NewItem::new(&key)
            .with("relation", string(grant.relation.as_str()))
            .with("granted_at", number(at.as_millis()))
            .with_some("from", grant.from.map(|t| number(t.as_millis())))
            .with_some("until", grant.until.map(|t| number(t.as_millis())))
            .build()
    };
    [
        item(keys::account_grant(practice, account, grant.patient)),
        item(keys::patient_grant(practice, grant.patient, account)),
    ]
}

/// A grant from the item in the account's partition.
///
/// # Errors
/// [`StoreError::Malformed`].
pub fn grant_from_item(item: &Item) -> Result<Grant, StoreError> {
    let key = item.key()?;
    let patient = key.sk.strip_prefix(keys::GRANT_PREFIX).and_then(|t| PatientId::parse(t).ok());
    Ok(Grant {
        patient: patient.ok_or(StoreError::Malformed("SK"))?,
        relation: item.one_of("relation", Relation::from_stored)?,
        from: item.optional_time("from"),
        until: item.optional_time("until"),
    })
}

/// An account of a patient, from the item in the patient's partition.
///
/// # Errors
/// [`StoreError::Malformed`].
pub fn granted_account(patient: PatientId, item: &Item) -> Result<(AccountId, Grant), StoreError> {
    let key = item.key()?;
    let account = key.sk.strip_prefix(keys::GRANT_PREFIX).and_then(|t| AccountId::parse(t).ok());
    let grant = Grant {
        patient,
        relation: item.one_of("relation", Relation::from_stored)?,
        from: item.optional_time("from"),
        until: item.optional_time("until"),
    };
    Ok((account.ok_or(StoreError::Malformed("SK"))?, grant))
}

impl Store {
    /// An account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account(
        &self,
        practice: PracticeId,
        id: AccountId,
        sealer: &FieldSealer,
    ) -> Result<Option<Account>, StoreError> {
        let item = self.get(&keys::account(practice, id)).await?;
        item.map(|item| Account::from_item(id, &item, sealer)).transpose()
    }

    /// Accounts by id; one that is gone is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(
        &self,
        practice: PracticeId,
        ids: &[AccountId],
        sealer: &FieldSealer,
    ) -> Result<Vec<Account>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::account(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        ids.iter()
            .zip(items)
            .filter_map(|(id, item)| item.map(|item| Account::from_item(*id, &item, sealer)))
            .collect()
    }

    /// For whom an account may act, ended grants included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grants(&self, practice: PracticeId, account: AccountId) -> Result<Vec<Grant>, StoreError> {
        let partition = keys::holder_partition(practice, account);
        let items = self.query_all(&partition, keys::GRANT_PREFIX).await?;
        items.iter().map(grant_from_item).collect()
    }

    /// Which accounts may act for a patient, grants that have ended or not begun included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts_of(
        &self,
        practice: PracticeId,
        patient: PatientId,
    ) -> Result<Vec<(AccountId, Grant)>, StoreError> {
        let partition = keys::patient_partition(practice, patient);
        let items = self.query_all(&partition, keys::GRANT_PREFIX).await?;
        items.iter().map(|item| granted_account(patient, item)).collect()
    }
}
