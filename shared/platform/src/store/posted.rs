//! What a provider took: found by the provider's id of it, so that a report leads back to the notice, to the contact and to
//! the staff who have to know. Ids only; a report's address is read by nobody.
//!
//! Nothing here depends on the order of reports or on how often one comes: a contact keeps the time of the last message of
//! each fate, a message the highest fate, and what staff are told is written with the first report alone.

use domain::{
    audit::{ActorId, Verb},
    contact::ContactKind,
    conversation::Side,
    delivery::Fate,
    id::{ContactPointId, ConversationId, EventId, PatientId, PracticeId},
    note::NoteKind,
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write, audit, contact,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    note::Occurrence,
    outbox::{self, Again, Subject},
    reach::NoticeState,
    table::{Change, Table},
};
use crate::{delivery::ProviderId, secrets};

/// How long a report may come after its message.
const LIFE_SECONDS: i64 = 30 * 24 * 3600;

/// A message that a provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The practice.
    pub practice: PracticeId,
    /// What it left by, as the id of its outbox item.
    pub outbox: String,
    /// Where it went, if that is a contact of the practice: staff have none.
    pub contact: Option<ContactPointId>,
    /// By mail or as a text.
    pub kind: ContactKind,
    /// When the provider took it.
    pub at: Timestamp,
    /// The notice that it was, if it was one.
    pub notice: Option<PostedNotice>,
    /// The highest report so far.
    pub fate: Option<Fate>,
}

/// The notice that a message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostedNotice {
    /// The conversation.
    pub conversation: ConversationId,
    /// The patient.
    pub patient: PatientId,
    /// When it was first to leave: part of its key.
    pub at: Timestamp,
    /// Its id.
    pub id: EventId,
}

/// What a report changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It was news.
    Noted,
    /// It was reported before, or something that says more.
    Known,
}

impl Posted {
    /// The item, under the provider's id.
    pub fn to_item(&self, id: &ProviderId) -> Attributes {
        NewItem::new(&keys::posted(&secrets::hash(id.as_str())))
            .with("practice", string(self.practice))
            .with("outbox", string(&self.outbox))
            .with_some("contact_point", self.contact.map(string))
            .with("contact_kind", string(self.kind.as_str()))
            .with("at", number(self.at.as_millis()))
            .with_some("conversation", self.notice.map(|notice| string(notice.conversation)))
            .with_some("patient", self.notice.map(|notice| string(notice.patient)))
            .with_some("notice_at", self.notice.map(|notice| number(notice.at.as_millis())))
            .with_some("notice", self.notice.map(|notice| string(notice.id)))
            .with("ttl", number(self.at.as_seconds() + LIFE_SECONDS))
            .build()
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let notice = match item.optional_text("notice") {
            Some(_) => Some(PostedNotice {
                conversation: item.parsed("conversation", ConversationId::parse)?,
                patient: item.parsed("patient", PatientId::parse)?,
                at: item.time("notice_at")?,
                id: item.parsed("notice", EventId::parse)?,
            }),
            None => None,
        };
        Ok(Self {
            practice: item.parsed("practice", PracticeId::parse)?,
            outbox: item.text("outbox")?.to_owned(),
            contact: item
                .optional_text("contact_point")
                .map(|_| item.parsed("contact_point", ContactPointId::parse))
                .transpose()?,
            kind: item.parsed("contact_kind", ContactKind::parse)?,
            at: item.time("at")?,
            notice,
            fate: item.optional_text("fate").and_then(Fate::from_stored),
        })
    }
}

impl Store {
    /// The message that a provider knows by this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn posted(&self, provider_id: &str) -> Result<Option<Posted>, StoreError> {
        let item = self.get(&keys::posted(&secrets::hash(provider_id))).await?;
        item.as_ref().map(Posted::from_item).transpose()
    }

    /// Notes what became of a message: on its contact, on the notice that staff see, and where it got lost in the audit
    /// log. If it was a notice that nobody has read since, staff are told, and another contact is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report(
        &self,
        provider_id: &str,
        posted: &Posted,
        fate: Fate,
        now: Timestamp,
    ) -> Result<Reported, StoreError> {
        if let Some(point) = posted.contact {
            // Beside the rest and before it: what it writes is the same however often it is written.
            self.change(contact::reported(posted.practice, point, fate, posted.at)).await?;
        }
        let mut posted = posted.clone();
        for _ in 0..Fate::ALL.len() {
            if posted.fate.is_some_and(|known| known.rank() >= fate.rank()) {
                return Ok(Reported::Known);
            }
            if self.note_fate(provider_id, &posted, fate, now).await? {
                return Ok(Reported::Noted);
            }
            // Another report came in between: what follows from this one depends on it.
            let Some(changed) = self.posted(provider_id).await? else { return Ok(Reported::Known) };
            posted = changed;
        }
        Err(StoreError::Contended)
    }

    /// Notes a fate that outranks what was read of the message. `false` if that is no longer so.
    async fn note_fate(
        &self,
        provider_id: &str,
        posted: &Posted,
        fate: Fate,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let as_read = match posted.fate {
            Some(_) => "fate_rank = :read",
            None => "attribute_exists(PK) AND attribute_not_exists(fate_rank)",
        };
        let mut change = Change::new(
            keys::posted(&secrets::hash(provider_id)),
            "SET fate = :fate, fate_rank = :rank, reported_at = :now",
        )
        .when(as_read)
        .value(":fate", string(fate.as_str()))
        .value(":rank", number(fate.rank()))
        .value(":now", number(now.as_millis()));
        if let Some(known) = posted.fate {
            change = change.value(":read", number(known.rank()));
        }
        let mut least = vec![Write::Update(change)];
        if fate.is_lost() {
            least.push(self.lost(posted, fate, now));
        }
        let mut shown_too = least.clone();
        shown_too.extend(posted.notice.iter().map(|notice| shown(posted, notice, fate)));
        let mut whole = shown_too.clone();
        // Somebody complained of, or never got, what was lost before: those were told already.
        if let (true, None | Some(Fate::Delivered), Some(notice)) =
            (fate.is_lost(), posted.fate, posted.notice)
        {
            whole.extend(self.consequences(posted, notice, now).await?);
        }
        // The same notice may have been sent twice, and the other report have told everybody; or nobody remembers it.
        for writes in [whole, shown_too, least] {
            match self.transact_patiently(|| writes.clone()).await? {
                Ok(()) => return Ok(true),
                Err(Cancelled::Condition(0, _)) => return Ok(false),
                Err(Cancelled::Condition(..)) => {}
                Err(Cancelled::Conflict) => return Err(StoreError::Contended),
            }
        }
        Ok(false)
    }

    fn lost(&self, posted: &Posted, fate: Fate, now: Timestamp) -> Write {
        let mut event =
            audit::event(&self.entropy, now, posted.practice, ActorId::System, Verb::DeliveryFailed);
        event.patient = posted.notice.map(|notice| notice.patient);
        event.conversation = posted.notice.map(|notice| notice.conversation);
        let contact = posted.contact.map_or_else(|| "staff".to_owned(), |point| point.to_string());
        event.object = Some(format!("{contact} {}", fate.as_str()));
        audit::write(&event)
    }

    /// What follows where a notice did not get through: nothing, if everything was read meanwhile. What was sent in the
    /// place of another notice has no other in its own: staff have to call.
    async fn consequences(
        &self,
        posted: &Posted,
        notice: PostedNotice,
        now: Timestamp,
    ) -> Result<Vec<Write>, StoreError> {
        let head = self.head(posted.practice, notice.conversation).await?;
        let Some(contact) =
            posted.contact.filter(|_| head.is_some_and(|head| head.unread(Side::Patient) > 0))
        else {
            return Ok(Vec::new());
        };
        let is_second = posted.outbox.starts_with(keys::INSTEAD_OUTBOX_PREFIX);
        let kind = if is_second { NoteKind::NoticeUndelivered } else { NoteKind::NoticeCameBack };
        let occurrence = Occurrence { practice: posted.practice, conversation: notice.conversation, kind };
        let mut writes = occurrence.writes(&self.entropy, now);
        let mut event = audit::event(&self.entropy, now, posted.practice, ActorId::System, Verb::NoteWritten);
        event.patient = Some(notice.patient);
        event.conversation = Some(notice.conversation);
        event.object = Some(kind.as_str().to_owned());
        writes.push(audit::write(&event));
        if !is_second {
            let subject = Subject::NoticeAgain(Again::Instead {
                conversation: notice.conversation,
                contact,
                of: posted.outbox.clone(),
            });
            let id = format!("{}{}", keys::INSTEAD_OUTBOX_PREFIX, notice.id);
            let item = outbox::passing_item(posted.practice, &id, &subject, now);
            writes.push(Write::Create(Table::Chat, item));
        }
        Ok(writes)
    }
}

/// What staff see of the notice.
fn shown(posted: &Posted, notice: &PostedNotice, fate: Fate) -> Write {
    let state = if fate.is_lost() { NoticeState::Bounced } else { NoticeState::Delivered };
    let key = keys::reach(posted.practice, notice.patient, notice.at, notice.id);
    Write::Update(
        Change::new(key, "SET notice_state = :state, why = :why")
            .when("attribute_exists(PK)")
            .value(":state", string(state.as_str()))
            .value(":why", string(fate.as_str())),
    )
}
