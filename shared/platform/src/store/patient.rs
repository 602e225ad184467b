//! Patients: records, with everything personal sealed.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    contact::ContactValue,
    id::{ContactPointId, PatientId, PracticeId},
    language::Language,
    person::{BirthDate, ExternalId, PersonName},
    search,
    time::{Timestamp, ZoneName},
};
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, Store, StoreError, Write,
    account::Account,
    contact::{self, ContactPoint},
    item::{Attributes, Item, NewItem, names, number, string},
    keys, name_index,
    session::{Grant, Relation},
    sharing::{Joining, Shared},
    table::Table,
};
use crate::{entropy::Entropy, seal::Key, sealing::FieldSealer};

/// A patient.
#[derive(Clone, PartialEq, Eq)]
pub struct Patient {
    /// The id.
    pub id: PatientId,
    /// The name.
    pub name: PersonName,
    /// The birth date.
    pub birth_date: BirthDate,
    /// The language of messages and notices.
    pub language: Language,
    /// IANA time zone, where it is not the practice's.
    pub time_zone: Option<ZoneName>,
    /// The practice's own number for the patient.
    pub external_id: Option<ExternalId>,
    /// Where the patient's own account is reached.
    pub contacts: Vec<ContactPointId>,
    /// Whether only a remembered device or a passkey opens it: no birth date does.
    pub only_my_devices: bool,
    /// When the record was made.
    pub created_at: Timestamp,
}

/// The sealed part of the item, as JSON.
#[derive(Serialize, Deserialize)]
struct Sealed {
    name: String,
    birth_date: String,
    external_id: Option<String>,
}

/// The attribute that holds it.
pub(super) const SEALED: &str = "sealed_record";

impl Patient {
    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the record cannot be written, which no type here allows.
    pub fn to_item(&self, practice: PracticeId, sealer: &FieldSealer) -> Result<Attributes, StoreError> {
        let key = keys::patient(practice, self.id);
        Ok(NewItem::new(&key)
            .with(SEALED, self.seal(practice, sealer)?)
            .with("lang", string(&self.language))
            .with_some("time_zone", self.time_zone.as_ref().map(string))
            .with("contacts", names(&self.contacts))
            .with_some("only_my_devices", self.only_my_devices.then(|| number(1)))
            .with("created_at", number(self.created_at.as_millis()))
            .build())
    }

    /// The sealed part of the item. It differs each time, so it tells one state of the record from every other.
    pub(super) fn seal(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
    ) -> Result<AttributeValue, StoreError> {
        let record = Sealed {
            name: self.name.expose().to_owned(),
            birth_date: self.birth_date.expose(),
            external_id: self.external_id.as_ref().map(|id| id.expose().to_owned()),
        };
        let record = serde_json::to_string(&record).map_err(|_| StoreError::Malformed(SEALED))?;
        Ok(sealer.seal(&keys::patient(practice, self.id), SEALED, &record))
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(id: PatientId, item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        const WRONG: StoreError = StoreError::Malformed(SEALED);
        let record: Sealed = serde_json::from_str(&sealer.open(item, SEALED)?).map_err(|_| WRONG)?;
        Ok(Self {
            id,
            name: PersonName::parse(&record.name).map_err(|_| WRONG)?,
            birth_date: BirthDate::parse(&record.birth_date).map_err(|_| WRONG)?,
            language: item.parsed("lang", Language::parse)?,
            time_zone: item
                .optional_text("time_zone")
                .map(ZoneName::parse)
                .transpose()
                .map_err(|_| StoreError::Malformed("time_zone"))?,
            external_id: record
                .external_id
                .as_deref()
                .map(ExternalId::parse)
                .transpose()
                .map_err(|_| WRONG)?,
            contacts: item
                .names("contacts")
                .into_iter()
                .filter_map(|c| ContactPointId::parse(c).ok())
                .collect(),
            only_my_devices: item.optional_number::<u8>("only_my_devices") == Some(1),
            created_at: item.time("created_at")?,
        })
    }

    /// The terms under which the patient is found.
    pub fn terms(&self, contacts: &[ContactValue]) -> Vec<search::Term> {
        search::terms_of(
            &self.name,
            self.birth_date,
            contacts,
            self.external_id.as_ref().map(ExternalId::expose),
        )
    }
}

/// A patient to be added, with the addresses of their own account.
pub struct NewPatient {
    /// The name.
    pub name: PersonName,
    /// The birth date.
    pub birth_date: BirthDate,
    /// The language.
    pub language: Language,
    /// The time zone, where it is not the practice's.
    pub time_zone: Option<ZoneName>,
    /// The practice's own number.
    pub external_id: Option<ExternalId>,
    /// Addresses. Without one there is no account: somebody else acts for the patient, or nobody.
    pub contacts: Vec<ContactValue>,
    /// Whether staff have said that others may use these addresses too.
    pub may_share: bool,
}

/// The keys and means of a practice that adding people needs.
pub struct RosterTools<'a> {
    /// The practice.
    pub practice: PracticeId,
    /// For personal fields.
    pub sealer: &'a FieldSealer,
    /// For blind indexes.
    pub index_key: &'a Key,
    /// For ids and salts.
    pub entropy: &'a Entropy,
    /// The time.
    pub now: Timestamp,
}

/// The contact points of some addresses.
pub(super) struct Points {
    /// All of them, in order.
    pub(super) ids: Vec<ContactPointId>,
    /// Those that were there before, each with its place.
    pub(super) known: Vec<(usize, ContactPointId)>,
    /// The writes of those that are new.
    pub(super) writes: Vec<Write>,
}

/// What became of adding a patient.
pub enum Added {
    /// The patient is there.
    Created(Box<Patient>),
    /// Others use some of the addresses, and nobody has said that this is right. Nothing was written.
    Shared(Vec<Shared>),
    /// An item of the caller's own (idempotency) exists already.
    Repeated(Box<Item>),
}

impl Store {
    /// A patient.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patient(
        &self,
        practice: PracticeId,
        id: PatientId,
        sealer: &FieldSealer,
    ) -> Result<Option<Patient>, StoreError> {
        let item = self.get(&keys::patient(practice, id)).await?;
        item.map(|item| Patient::from_item(id, &item, sealer)).transpose()
    }

    /// Patients by id; one that is gone is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patients(
        &self,
        practice: PracticeId,
        ids: &[PatientId],
        sealer: &FieldSealer,
    ) -> Result<Vec<Patient>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::patient(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        ids.iter()
            .zip(items)
            .filter_map(|(id, item)| item.map(|item| Patient::from_item(*id, &item, sealer)))
            .collect()
    }

    /// Adds a patient with their own account, in one transaction. An address that others use already is shared where
    /// that was said: it leads to both accounts then. `extra` are writes of the caller (idempotency first, then audit),
    /// built once the id is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_patient(
        &self,
        tools: &RosterTools<'_>,
        new: NewPatient,
        extra: impl Fn(&Patient) -> Vec<Write>,
    ) -> Result<Added, StoreError> {
        let id = PatientId::new(tools.now, tools.entropy.id());
        for attempt in 1..=8_u32 {
            let Points { ids: points, known, writes: contact_writes } =
                self.contact_points_for(tools, &new.contacts).await?;
            if !new.may_share {
                let joining = Joining { account: None, patients: vec![id] };
                let shared = self.shared(tools.practice, &known, &joining, tools.now).await?;
                if !shared.is_empty() {
                    return Ok(Added::Shared(shared));
                }
            }
            let patient = Patient {
                id,
                name: new.name.clone(),
                birth_date: new.birth_date,
                language: new.language.clone(),
                time_zone: new.time_zone.clone(),
                external_id: new.external_id.clone(),
                contacts: points.clone(),
                only_my_devices: false,
                created_at: tools.now,
            };
            let mut writes = extra(&patient);
            let own = writes.len();
            writes.push(Write::Create(Table::Chat, patient.to_item(tools.practice, tools.sealer)?));
            writes.extend(name_index::writes(tools, patient.id, &patient.terms(&new.contacts)));
            writes.extend(contact_writes);
            if !points.is_empty() {
                let account = Account::new(tools, patient.name.clone(), patient.language.clone(), points);
                let grant =
                    Grant { patient: patient.id, relation: Relation::Oneself, from: None, until: None };
                writes.extend(account.create_writes(tools, grant, None));
            }
            match self.transact(writes).await? {
                Ok(()) => return Ok(Added::Created(Box::new(patient))),
                Err(Cancelled::Condition(place, Some(item))) if place < own => {
                    return Ok(Added::Repeated(Box::new(Item::from(*item))));
                }
                // Somebody added one of the addresses meanwhile, or wrote beside us: look again.
                Err(_) => self.back_off(attempt, std::time::Duration::from_millis(10)).await,
            }
        }
        Err(StoreError::Contended)
    }

    /// The contact points of these addresses, and the writes for those that are new.
    pub(super) async fn contact_points_for(
        &self,
        tools: &RosterTools<'_>,
        contacts: &[ContactValue],
    ) -> Result<Points, StoreError> {
        let lookups: Vec<_> = contacts
            .iter()
            .map(|value| keys::contact_lookup(tools.practice, &contact::blind(tools.index_key, value)))
            .collect();
        let found = self.get_many(&lookups).await?;
        let mut points =
            Points { ids: Vec::with_capacity(contacts.len()), known: Vec::new(), writes: Vec::new() };
        for (place, (value, found)) in contacts.iter().zip(found).enumerate() {
            if let Some(item) = found {
                let id = item.parsed("contact_point", ContactPointId::parse)?;
                points.known.push((place, id));
                points.ids.push(id);
            } else {
                let id = ContactPointId::new(tools.now, tools.entropy.id());
                let point = ContactPoint::new(id, value.clone(), tools.now);
                let items = point.to_items(tools.practice, tools.sealer, tools.index_key);
                points.writes.extend(items.map(|item| Write::Create(Table::Chat, item)));
                points.ids.push(id);
            }
        }
        Ok(points)
    }
}
