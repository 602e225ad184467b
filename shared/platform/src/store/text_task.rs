//! What staff have to look at because of a text that came in, and the memory of what came in.

use domain::{
    audit::Event,
    contact::ContactValue,
    id::{ContactPointId, PatientId, PracticeId, TaskId, VisitId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, Store, StoreError, Write, audit,
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    table::{Change, Table},
};
use crate::{seal::Key, sealing::FieldSealer, secrets};

/// Name of the sealed attribute.
const SEALED: &str = "sealed_task";
/// Seconds within which the same words from the same phone are one text, whatever id they came under.
const SAME_SECONDS: i64 = 120;
/// How long it is remembered what came in.
const REMEMBERED_SECONDS: i64 = 30 * 24 * 3600;

/// Why staff have to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Somebody asks to cancel a visit. It stands until staff press.
    CancelRequested,
    /// Somebody wrote CANCEL: their texts are stopped, and they may have meant a visit.
    StopOrCancel,
    /// Somebody asks in their own words to get no more.
    AsksToStop,
    /// Whoever holds the phone says that it is not the patient's: nothing more is sent there.
    WrongNumber,
    /// Somebody has written words that mean nothing to a machine.
    Question,
    /// The same, and nobody here is reached at that phone.
    UnknownSender,
    /// A text without words: a picture.
    Photo,
    /// A patient who can be reached by no message any more.
    PhoneOnly,
}

impl TaskKind {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CancelRequested => "cancel_requested",
            Self::StopOrCancel => "stop_or_cancel",
            Self::AsksToStop => "asks_to_stop",
            Self::WrongNumber => "wrong_number",
            Self::Question => "question",
            Self::UnknownSender => "unknown_sender",
            Self::Photo => "photo",
            Self::PhoneOnly => "phone_only",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        let all = [
            Self::CancelRequested,
            Self::StopOrCancel,
            Self::AsksToStop,
            Self::WrongNumber,
            Self::Question,
            Self::UnknownSender,
            Self::Photo,
            Self::PhoneOnly,
        ];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that staff have to look at.
pub struct Task {
    /// Its id, which begins with its time.
    pub id: TaskId,
    /// Why.
    pub kind: TaskKind,
    /// Who may have written, or whom it is about.
    pub patients: Vec<PatientId>,
    /// The visit that it is about.
    pub visit: Option<VisitId>,
    /// From which phone, E.164.
    pub phone: String,
    /// What was written.
    pub words: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    phone: String,
    words: String,
}

impl Task {
    /// The item of a task that nobody has looked at.
    pub fn to_item(&self, practice: PracticeId, sealer: &FieldSealer) -> Attributes {
        let key = keys::text_task(practice, self.id);
        let sealed = Sealed { phone: self.phone.clone(), words: self.words.clone() };
        NewItem::new(&key)
            .with("task_kind", string(self.kind.as_str()))
            .with("patients", names(&self.patients))
            .with_some("visit", self.visit.map(string))
            .with(SEALED, sealer.seal(&key, SEALED, &serde_json::to_string(&sealed).unwrap_or_default()))
            .build()
    }

    fn from_item(item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        let id = keys::parse_text_task(&item.key()?.sk).ok_or(StoreError::Malformed("SK"))?;
        let sealed: Sealed =
            serde_json::from_str(&sealer.open(item, SEALED)?).map_err(|_| StoreError::Malformed(SEALED))?;
        Ok(Self {
            id,
            kind: item.one_of("task_kind", TaskKind::from_stored)?,
            patients: item.names("patients").into_iter().filter_map(|id| PatientId::parse(id).ok()).collect(),
            visit: item.optional_text("visit").and_then(|id| VisitId::parse(id).ok()),
            phone: sealed.phone,
            words: sealed.words,
        })
    }
}

/// A text that came in, as far as it is remembered.
pub struct Arrival<'a> {
    /// The practice.
    pub practice: PracticeId,
    /// The provider's id of it.
    pub provider_id: &'a str,
    /// Who wrote.
    pub phone: &'a ContactValue,
    /// What they wrote.
    pub words: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Remembers a text that came in together with everything that follows from it. Returns `false` for one that was here
    /// before: under the same id, or with the same words from the same phone a moment ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_in(
        &self,
        arrival: &Arrival<'_>,
        index_key: &Key,
        follows: &[Write],
    ) -> Result<bool, StoreError> {
        let Arrival { practice, provider_id, phone, words, at } = *arrival;
        let id = secrets::blind_index(index_key, &format!("inbound:{provider_id}"));
        let said = secrets::blind_index(index_key, &format!("said:{}:{words}", phone.expose()));
        let ttl = number(at.as_seconds() + REMEMBERED_SECONDS);
        let came = NewItem::new(&keys::inbound(practice, &id)).with("ttl", ttl.clone()).build();
        let same = Change::new(keys::inbound(practice, &said), "SET said_at = :now, #ttl = :ttl")
            .when("attribute_not_exists(said_at) OR said_at < :before")
            .value(":now", number(at.as_millis()))
            .value(":before", number(at.plus_seconds(-SAME_SECONDS).as_millis()))
            .value(":ttl", ttl);
        let writes = || {
            let mut writes = vec![Write::Create(Table::Chat, came.clone()), Write::Update(same.clone())];
            writes.extend_from_slice(follows);
            writes
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(0 | 1, _)) => Ok(false),
            Err(_) => Err(StoreError::Contended),
        }
    }

    /// What nobody has looked at yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn text_tasks(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
    ) -> Result<Vec<Task>, StoreError> {
        let items = self.query_all(&keys::text_tasks_partition(practice), keys::OPEN_PREFIX).await?;
        items.iter().map(|item| Task::from_item(item, sealer)).collect()
    }

    /// Somebody has looked at it. Returns `false` if there is no such task, or somebody has before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_text_task(
        &self,
        practice: PracticeId,
        id: TaskId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let key = keys::text_task(practice, id);
        let writes = || vec![Write::End(Table::Chat, key.clone()), audit::write(event)];
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..)) => Ok(false),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }

    /// Remembers which visits a phone was asked about, in this order: `C2` is the second of them.
    pub fn offered_write(
        practice: PracticeId,
        point: ContactPointId,
        visits: &[VisitId],
        at: Timestamp,
    ) -> Write {
        let item = NewItem::new(&keys::offered(practice, point))
            .with("visits", names(visits))
            .with("ttl", number(at.as_seconds() + REMEMBERED_SECONDS));
        Write::Replace(Table::Chat, item.build())
    }

    /// The visits that a phone was asked about last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offered(
        &self,
        practice: PracticeId,
        point: ContactPointId,
    ) -> Result<Vec<VisitId>, StoreError> {
        let item = self.get(&keys::offered(practice, point)).await?;
        let ids = item.as_ref().map(|item| item.names("visits")).unwrap_or_default();
        Ok(ids.into_iter().filter_map(|id| VisitId::parse(id).ok()).collect())
    }
}
