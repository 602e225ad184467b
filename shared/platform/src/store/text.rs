//! Scheduled texts, and the answers to those that came in. What a text says is made when it leaves; an item holds only
//! what that is made of, sealed.
//!
//! A text goes SCHEDULED -> SENT, BLOCKED, FAILED or CANCELLED, or waits as DEFERRED, each by one conditional write. While
//! it is open it stands in the due index under partitions of its own.

use domain::{
    audit::Event,
    channel::TextKind,
    id::{ContactPointId, PatientId, PracticeId, TextId, VisitId},
    language::Language,
    text::{TextSettings, TextState, Variables},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, Store, StoreError, Write, audit,
    idempotency::{Attempt as Once, Earlier},
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    table::{Change, Index, Query, Sort, Table},
};
use crate::{delivery::ProviderId, sealing::FieldSealer, sms::Reply};

/// Seconds that a sender holds a text. Longer than any send takes.
const LEASE_SECONDS: i64 = 60;
/// Tries before a text has failed for good.
pub const TRIES_MAX: u32 = 8;
/// Attempts that are kept of one text. A text that waits for its hours makes one each time it was due.
const ATTEMPTS_KEPT: usize = 20;
/// Name of the sealed attribute.
const SEALED: &str = "sealed_text";

/// What a text is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// One of the kinds that a practice schedules.
    Scheduled(Variables),
    /// The answer to a text that came in.
    Reply {
        /// What it says.
        reply: Reply,
        /// The phone that has written, E.164.
        to: String,
        /// In which language.
        language: Language,
        /// From which numbers it leaves: those that were written to.
        pool: String,
    },
}

/// One time that a text was considered: what came of it, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// When.
    pub at: Timestamp,
    /// `sent`, `deferred`, `blocked`, `failed`.
    pub outcome: String,
    /// Why, as one word of a closed set.
    pub why: String,
    /// To which contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactPointId>,
    /// In which language it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The provider's id of what it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The other texts that the same message stood for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<TextId>,
}

/// A text.
#[derive(Clone)]
pub struct Text {
    /// Its id.
    pub id: TextId,
    /// The practice.
    pub practice: PracticeId,
    /// Whom it is about. An answer is to a phone and about nobody.
    pub patient: Option<PatientId>,
    /// The visit that made it.
    pub visit: Option<VisitId>,
    /// What it is.
    pub content: Content,
    /// How far it has come.
    pub state: TextState,
    /// Why, where it is not simply so.
    pub why: Vec<String>,
    /// When it is to leave.
    pub send_at: Timestamp,
    /// When it was scheduled.
    pub created_at: Timestamp,
    /// How often it was taken up.
    pub tries: u32,
    /// What came of each time.
    pub considered: Vec<Considered>,
}

/// How a text goes on after it was considered.
pub struct Outcome {
    /// Its state from now on.
    pub state: TextState,
    /// What is noted of this time.
    pub considered: Considered,
    /// When it is due again, where it is still open.
    pub due: Option<Timestamp>,
}

/// One page of texts.
pub struct TextPage {
    /// By time, the last first.
    pub texts: Vec<Text>,
    /// Where the next page begins.
    pub next: Option<Attributes>,
}

/// What became of scheduling a text.
pub enum Scheduled {
    /// It is there now.
    Done,
    /// The key was used before.
    Before(Earlier),
}

impl Text {
    /// A text that was just scheduled.
    pub fn new(
        id: TextId,
        practice: PracticeId,
        content: Content,
        about: (Option<PatientId>, Option<VisitId>),
        (now, send_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            id,
            practice,
            patient: about.0,
            visit: about.1,
            content,
            state: TextState::Scheduled,
            why: Vec::new(),
            send_at,
            created_at: now,
            tries: 0,
            considered: Vec::new(),
        }
    }

    /// The kind, where it is one that a practice schedules.
    pub const fn kind(&self) -> Option<TextKind> {
        match &self.content {
            Content::Scheduled(variables) => Some(variables.kind()),
            Content::Reply { .. } => None,
        }
    }

    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it cannot be written, which no type here allows.
    pub fn to_item(&self, sealer: &FieldSealer) -> Result<Attributes, StoreError> {
        let key = keys::text(self.practice, self.id);
        let content = serde_json::to_string(&self.content).map_err(|_| StoreError::Malformed(SEALED))?;
        let item = NewItem::new(&key)
            .with("text_state", string(self.state.as_str()))
            .with_some("patient", self.patient.map(string))
            .with_some("visit", self.visit.map(string))
            .with(SEALED, sealer.seal(&key, SEALED, &content))
            .with("send_at", number(self.send_at.as_millis()))
            .with("created_at", number(self.created_at.as_millis()))
            .with("tries", number(self.tries))
            .with("why", names(&self.why))
            .with("considered", string(json(&self.considered)?));
        let item = if self.state.is_open() {
            item.with("due_pk", string(keys::text_due_partition(keys::text_shard(self.id))))
                .with("due_at", string(self.send_at))
        } else {
            item
        };
        // An answer belongs into no list: what was answered is.
        let item = match self.content {
            Content::Scheduled(_) => item
                .with("inbox_pk", string(keys::texts_partition(self.practice, Some(self.state))))
                .with("queue_pk", string(keys::texts_partition(self.practice, None)))
                .with("activity", string(format!("{}#{}", self.send_at, self.id))),
            Content::Reply { .. } => item.with("ttl", number(self.created_at.as_seconds() + 30 * 24 * 3600)),
        };
        Ok(item.build())
    }

    fn from_item(item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        let (practice, id) = keys::parse_text(&item.key()?.pk).ok_or(StoreError::Malformed("PK"))?;
        let content = sealer.open(item, SEALED)?;
        Ok(Self {
            id,
            practice,
            patient: item.optional_text("patient").and_then(|id| PatientId::parse(id).ok()),
            visit: item.optional_text("visit").and_then(|id| VisitId::parse(id).ok()),
            content: serde_json::from_str(&content).map_err(|_| StoreError::Malformed(SEALED))?,
            state: item.one_of("text_state", TextState::from_stored)?,
            why: item.names("why").into_iter().map(str::to_owned).collect(),
            send_at: item.time("send_at")?,
            created_at: item.time("created_at")?,
            tries: item.number("tries")?,
            considered: serde_json::from_str(item.text("considered")?)
                .map_err(|_| StoreError::Malformed("considered"))?,
        })
    }
}

fn json(considered: &[Considered]) -> Result<String, StoreError> {
    serde_json::to_string(considered).map_err(|_| StoreError::Malformed("considered"))
}

/// The end of a text that nobody has taken up at this moment.
pub fn cancel_write(practice: PracticeId, id: TextId, now: Timestamp, why: &str) -> Change {
    Change::new(
        keys::text(practice, id),
        "SET text_state = :cancelled, why = :why, inbox_pk = :list REMOVE due_pk, due_at, lease_until",
    )
    .when(
        "(text_state = :scheduled OR text_state = :deferred) \
         AND (attribute_not_exists(lease_until) OR lease_until < :now)",
    )
    .value(":cancelled", string(TextState::Cancelled.as_str()))
    .value(":scheduled", string(TextState::Scheduled.as_str()))
    .value(":deferred", string(TextState::Deferred.as_str()))
    .value(":list", string(keys::texts_partition(practice, Some(TextState::Cancelled))))
    .value(":why", string(why))
    .value(":now", number(now.as_millis()))
}

impl Store {
    /// What a practice has decided about its texts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn text_settings(&self, practice: PracticeId) -> Result<TextSettings, StoreError> {
        let Some(item) = self.get(&keys::text_settings(practice)).await? else {
            return Ok(TextSettings::default());
        };
        serde_json::from_str(item.text("settings")?).map_err(|_| StoreError::Malformed("settings"))
    }

    /// Keeps what a practice has decided about its texts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_text_settings(
        &self,
        practice: PracticeId,
        settings: &TextSettings,
        event: &Event,
    ) -> Result<(), StoreError> {
        let settings = serde_json::to_string(settings).map_err(|_| StoreError::Malformed("settings"))?;
        let item = NewItem::new(&keys::text_settings(practice)).with("settings", string(settings)).build();
        let writes = || vec![Write::Replace(Table::Chat, item.clone()), audit::write(event)];
        self.transact_patiently(writes).await?.map_err(|_| StoreError::Contended)
    }

    /// A text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn text(
        &self,
        practice: PracticeId,
        id: TextId,
        sealer: &FieldSealer,
    ) -> Result<Option<Text>, StoreError> {
        let item = self.get(&keys::text(practice, id)).await?;
        item.map(|item| Text::from_item(&item, sealer)).transpose()
    }

    /// Texts by id; one that is gone is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn texts(
        &self,
        practice: PracticeId,
        ids: &[TextId],
        sealer: &FieldSealer,
    ) -> Result<Vec<Text>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::text(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        items.iter().flatten().map(|item| Text::from_item(item, sealer)).collect()
    }

    /// One page of a practice's texts, in one state or in all, the last to leave first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_texts(
        &self,
        practice: PracticeId,
        state: Option<TextState>,
        sealer: &FieldSealer,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<TextPage, StoreError> {
        let partition = keys::texts_partition(practice, state);
        let index = if state.is_some() { Index::Inbox } else { Index::Queue };
        let query = Query {
            index: Some(index),
            ascending: false,
            limit: Some(limit),
            start,
            ..Query::new(&partition, Sort::All)
        };
        let page = self.query(query).await?;
        let keys = page.items.iter().map(Item::key).collect::<Result<Vec<_>, _>>()?;
        let items = self.get_many(&keys).await?;
        let texts = items.iter().flatten().map(|item| Text::from_item(item, sealer));
        Ok(TextPage { texts: texts.collect::<Result<_, _>>()?, next: page.next })
    }

    /// Schedules a text, once for its idempotency key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schedule_text(
        &self,
        text: &Text,
        sealer: &FieldSealer,
        once: &Once,
        event: &Event,
    ) -> Result<Scheduled, StoreError> {
        let item = text.to_item(sealer)?;
        let writes = || {
            vec![
                Write::Create(Table::Chat, once.to_item(text.id, text.created_at)),
                Write::Create(Table::Chat, item.clone()),
                audit::write(event),
            ]
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(Scheduled::Done),
            Err(Cancelled::Condition(0, Some(item))) => {
                Ok(Scheduled::Before(once.compare(&Item::from(*item))?))
            }
            Err(_) => Err(StoreError::Contended),
        }
    }

    /// Takes a text back. Returns `false` if it is no longer open, or is on its way at this moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel_text(
        &self,
        practice: PracticeId,
        id: TextId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let change = cancel_write(practice, id, event.at, "by_staff");
        let writes = || vec![Write::Update(change.clone()), audit::write(event)];
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..)) => Ok(false),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }

    /// Texts of one shard that are due, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_texts(
        &self,
        shard: u64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(PracticeId, TextId)>, StoreError> {
        let partition = keys::text_due_partition(shard);
        let until = Sort::Between(Timestamp::from_millis(0).to_string(), now.to_string());
        let query = Query { index: Some(Index::Due), limit: Some(limit), ..Query::new(&partition, until) };
        let page = self.query(query).await?;
        Ok(page.items.iter().filter_map(|item| keys::parse_text(&item.key().ok()?.pk)).collect())
    }

    /// Takes up a text that is due. `None` if it is not open, not due, or in somebody else's hands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_text(
        &self,
        practice: PracticeId,
        id: TextId,
        sealer: &FieldSealer,
        now: Timestamp,
    ) -> Result<Option<Text>, StoreError> {
        let until = now.plus_seconds(LEASE_SECONDS);
        let lease =
            Change::new(keys::text(practice, id), "SET lease_until = :until, due_at = :due ADD tries :one")
                .when(
                    "(text_state = :scheduled OR text_state = :deferred) AND due_at <= :now_text \
             AND (attribute_not_exists(lease_until) OR lease_until < :now)",
                )
                .value(":scheduled", string(TextState::Scheduled.as_str()))
                .value(":deferred", string(TextState::Deferred.as_str()))
                .value(":until", number(until.as_millis()))
                .value(":due", string(until))
                .value(":now", number(now.as_millis()))
                .value(":now_text", string(now))
                .value(":one", number(1));
        let item = self.change(lease).await?;
        item.map(|item| Text::from_item(&item, sealer)).transpose()
    }

    /// Lets go of a text that was considered, with what is written beside it. Returns whether it was still in the caller's
    /// hands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_text(
        &self,
        text: &Text,
        outcome: &Outcome,
        beside: &[Write],
    ) -> Result<bool, StoreError> {
        let mut considered = text.considered.clone();
        considered.push(outcome.considered.clone());
        let from = considered.len().saturating_sub(ATTEMPTS_KEPT);
        let considered = json(&considered[from..])?;
        let update = match outcome.due {
            Some(_) => {
                "SET text_state = :state, why = :why, considered = :considered, inbox_pk = :list, due_at = :due \
                 REMOVE lease_until"
            }
            None => {
                "SET text_state = :state, why = :why, considered = :considered, inbox_pk = :list \
                 REMOVE due_pk, due_at, lease_until"
            }
        };
        let listed = matches!(text.content, Content::Scheduled(_));
        let list = keys::texts_partition(text.practice, Some(outcome.state));
        // An answer stands in no list, and in none of its own either.
        let list = if listed { list } else { format!("{list}#replies") };
        let change = Change::new(keys::text(text.practice, text.id), update)
            .when("tries = :tries AND attribute_exists(lease_until)")
            .value(":state", string(outcome.state.as_str()))
            .value(":why", string(&outcome.considered.why))
            .value(":considered", string(considered))
            .value(":list", string(list))
            .value(":tries", number(text.tries));
        let change = match outcome.due {
            Some(due) => change.value(":due", string(due)),
            None => change,
        };
        let writes = || {
            let mut writes = vec![Write::Update(change.clone())];
            writes.extend_from_slice(beside);
            writes
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..)) => Ok(false),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }
}

impl Considered {
    /// What came of a time at which nothing left.
    pub fn not_sent(at: Timestamp, state: TextState, why: &str, contact: Option<ContactPointId>) -> Self {
        Self {
            at,
            outcome: state.as_str().to_owned(),
            why: why.to_owned(),
            contact,
            language: None,
            provider: None,
            with: Vec::new(),
        }
    }

    /// That a provider took it.
    pub fn sent(
        at: Timestamp,
        contact: Option<ContactPointId>,
        language: Language,
        provider: &ProviderId,
        with: Vec<TextId>,
    ) -> Self {
        Self {
            at,
            outcome: TextState::Sent.as_str().to_owned(),
            why: "accepted".to_owned(),
            contact,
            language: Some(language),
            provider: Some(provider.as_str().to_owned()),
            with,
        }
    }
}
