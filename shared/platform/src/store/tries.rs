//! Wrong birth dates: counted before anything is compared, for the contact and for every patient whom the date might
//! be of, and kept for staff to see how somebody fails.

use domain::{
    contact::WRONG_DATES_MAX,
    id::{ContactPointId, EventId, PatientId, PracticeId},
    limits::Limits,
    note::NoteKind,
    person::Slip,
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    rate::Counter,
    table::Change,
};

/// How long staff see a wrong date.
const KEPT_SECONDS: i64 = 180 * 24 * 3600;

/// What is counted for one try of a birth date.
pub struct DateTry<'a> {
    /// The practice.
    pub practice: PracticeId,
    /// The contact that the first proof went to.
    pub contact: &'a str,
    /// Whom the date might be of, each as text.
    pub patients: &'a [(PatientId, String)],
    /// The practice's limits.
    pub limits: Limits,
}

/// How often wrong dates were tried for a patient since staff last cleared it.
fn in_all(practice: PracticeId, patient: PatientId) -> keys::ItemKey {
    keys::tries(practice, patient)
}

fn contact_counter(practice: PracticeId, contact: &str, limits: Limits) -> Counter<'_> {
    Counter { practice, scope: "birth-date", subject: contact, rate: limits.wrong_dates_per_contact }
}

fn patient_counter(practice: PracticeId, patient: &str, limits: Limits) -> Counter<'_> {
    Counter { practice, scope: "birth-date-patient", subject: patient, rate: limits.wrong_dates_per_patient }
}

impl<'a> DateTry<'a> {
    /// The counters of a day.
    pub fn counters(&self) -> Vec<Counter<'a>> {
        let patients =
            self.patients.iter().map(|(_, text)| patient_counter(self.practice, text, self.limits));
        std::iter::once(contact_counter(self.practice, self.contact, self.limits)).chain(patients).collect()
    }

    /// The counts that only staff end, beside the counters.
    pub fn counting(&self) -> Vec<Write> {
        let count = |patient| {
            Change::new(in_all(self.practice, patient), "ADD wrong :one")
                .when("attribute_not_exists(wrong) OR wrong < :most")
                .value(":one", number(1))
                .value(":most", number(self.limits.wrong_dates_in_all))
        };
        self.patients.iter().map(|(patient, _)| Write::Update(count(*patient))).collect()
    }

    /// Gives all of it back: the date was right. Staff may have cleared the counts meanwhile: see
    /// [`Store::transact_giving_back`].
    pub fn giving_back(&self, now: Timestamp) -> Vec<Change> {
        let counters = self.counters().into_iter().map(|counter| Store::uncount(&counter, now));
        let in_all = self.patients.iter().map(|(patient, _)| {
            Change::new(in_all(self.practice, *patient), "ADD wrong :less")
                .when("wrong > :none")
                .value(":less", number(-1))
                .value(":none", number(0))
        });
        counters.chain(in_all).collect()
    }
}

/// By which first proof somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The link of a notice.
    Notice,
    /// The link or code of an asked-for sign-in.
    Code,
}

impl Way {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Code => "code",
        }
    }

    /// The way of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Notice, Self::Code].into_iter().find(|way| way.as_str() == text)
    }
}

/// How a birth date opened nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It is nobody's, and so far off.
    Date(Slip),
    /// It was right, at a notice that another browser has opened first.
    OtherBrowser,
    /// It was right, after a message to a contact with too many patients for a date to choose among.
    SharedContact,
}

impl Miss {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Date(slip) => slip.as_str(),
            Self::OtherBrowser => "other_browser",
            Self::SharedContact => "shared_contact",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        let right = [Self::OtherBrowser, Self::SharedContact].into_iter().find(|miss| miss.as_str() == text);
        right.or_else(|| Slip::from_stored(text).map(Self::Date))
    }
}

/// What `reach` says in the item of a wrong date.
const WRONG_DATE: &str = "wrong_date";

/// A birth date that opened nothing, as staff see it: never the date itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongDate {
    /// When.
    pub at: Timestamp,
    /// How far off.
    pub miss: Miss,
    /// After which first proof.
    pub way: Way,
    /// The notice whose link it was, as the id of its outbox item.
    pub outbox: Option<String>,
}

impl WrongDate {
    /// The item in the patient's partition; `id` is that of the event that tells of the failure.
    pub fn to_item(&self, practice: PracticeId, patient: PatientId, id: EventId) -> Attributes {
        NewItem::new(&keys::reach(practice, patient, self.at, id))
            .with("reach", string(WRONG_DATE))
            .with("at", number(self.at.as_millis()))
            .with("miss", string(self.miss.as_str()))
            .with("way", string(self.way.as_str()))
            .with_some("outbox", self.outbox.as_ref().map(string))
            .with("ttl", number(self.at.as_seconds() + KEPT_SECONDS))
            .build()
    }

    /// From an item of the patient's partition; `None` if it tells of something else.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(item: &Item) -> Result<Option<Self>, StoreError> {
        if item.text("reach")? != WRONG_DATE {
            return Ok(None);
        }
        Ok(Some(Self {
            at: item.time("at")?,
            miss: item.one_of("miss", Miss::from_stored)?,
            way: item.one_of("way", Way::from_stored)?,
            outbox: item.optional_text("outbox").map(str::to_owned),
        }))
    }
}

/// What `reach` says in the item of a clearing.
pub(super) const CLEARED: &str = "cleared";

/// That staff cleared the count: what stood before it stays to be seen, and counts no more.
fn cleared_item(patient: PatientId, audit: &domain::audit::Event) -> Attributes {
    NewItem::new(&keys::reach(audit.practice, patient, audit.at, audit.id))
        .with("reach", string(CLEARED))
        .with("at", number(audit.at.as_millis()))
        .with("ttl", number(audit.at.as_seconds() + KEPT_SECONDS))
        .build()
}

/// The writes that let a patient try again at once: the count that only staff end, and what was counted today for the
/// patient and these contacts. The caller adds the audit event.
pub fn clearing(
    practice: PracticeId,
    patient: PatientId,
    contacts: &[ContactPointId],
    limits: Limits,
    now: Timestamp,
) -> Vec<Write> {
    let mut writes = vec![Write::Delete(super::table::Table::Chat, in_all(practice, patient))];
    writes.push(patient_counter(practice, &patient.to_string(), limits).forgetting(now));
    writes.extend(
        contacts
            .iter()
            .map(|contact| contact_counter(practice, &contact.to_string(), limits).forgetting(now)),
    );
    writes
}

/// A limit that wrong dates have reached, with the write that says that staff were told. The write holds once, until the
/// count that it is beside begins anew.
type ReachedLimit = (NoteKind, Change);

/// That staff are told of the count of an item, if it is this far and they were not told yet.
fn told_once(key: keys::ItemKey, reached: &'static str, most: u32) -> Change {
    Change::new(key, "SET noted = :most").when(reached).value(":most", number(most))
}

impl Store {
    /// The limits that wrong dates have reached, of which staff were not told yet. One read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn limits_reached(
        &self,
        tried: &DateTry<'_>,
        patient: PatientId,
        contact: ContactPointId,
        now: Timestamp,
    ) -> Result<Vec<ReachedLimit>, StoreError> {
        const USED: &str = "used >= :most AND attribute_not_exists(noted)";
        const WRONG: &str = "wrong >= :most AND attribute_not_exists(noted)";
        const WRONG_DATES: &str = "wrong_dates >= :most AND attribute_not_exists(noted)";
        let (practice, limits) = (tried.practice, tried.limits);
        let text = patient.to_string();
        let today =
            [contact_counter(practice, tried.contact, limits), patient_counter(practice, &text, limits)];
        let mut wanted: Vec<_> = today.iter().map(|counter| counter.key(now)).collect();
        wanted.extend([in_all(practice, patient), keys::contact_point(practice, contact)]);
        let items = self.get_many(&wanted).await?;
        let is_reached = |place: usize, count: &str, most: u32| {
            let item = items.get(place).and_then(Option::as_ref);
            item.is_some_and(|item| {
                item.optional_number(count).unwrap_or(0) >= most
                    && item.optional_number::<u32>("noted").is_none()
            })
        };
        let mut reached = Vec::new();
        if is_reached(2, "wrong", limits.wrong_dates_in_all) {
            let told = told_once(wanted[2].clone(), WRONG, limits.wrong_dates_in_all);
            reached.push((NoteKind::DatesLocked, told));
        }
        if is_reached(3, "wrong_dates", WRONG_DATES_MAX) {
            let told = told_once(wanted[3].clone(), WRONG_DATES, WRONG_DATES_MAX);
            reached.push((NoteKind::ContactInDoubt, told));
        }
        // Contact and patient run out together most often: one word is enough.
        let out = (0..today.len()).find(|place| is_reached(*place, "used", today[*place].rate.count));
        if let Some(place) = out {
            let told = told_once(wanted[place].clone(), USED, today[place].rate.count);
            reached.push((NoteKind::DatesLockedToday, told));
        }
        Ok(reached)
    }

    /// How often wrong dates were tried for a patient since staff last cleared it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wrong_dates(&self, practice: PracticeId, patient: PatientId) -> Result<u32, StoreError> {
        let item = self.get(&in_all(practice, patient)).await?;
        Ok(item.and_then(|item| item.optional_number("wrong")).unwrap_or(0))
    }

    /// Does what [`clearing`] lists, with the audit event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clear_tries(
        &self,
        patient: PatientId,
        contacts: &[ContactPointId],
        limits: Limits,
        audit: &domain::audit::Event,
    ) -> Result<(), StoreError> {
        let writes = || {
            let mut writes = clearing(audit.practice, patient, contacts, limits, audit.at);
            writes.push(Write::Create(super::table::Table::Chat, cleared_item(patient, audit)));
            writes.push(super::audit::write(audit));
            writes
        };
        self.transact_patiently(writes).await?.map_err(|_| StoreError::Contended)
    }
}
