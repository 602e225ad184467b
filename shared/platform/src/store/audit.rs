//! Audit events as items. An act writes its event in its own transaction; a read stores it before PHI leaves.

use domain::{
    audit::{ActorId, Event, Verb},
    evidence::Reason,
    id::{ConversationId, EventId, PatientId, PracticeId},
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    item::{Attributes, NewItem, binary, number, string},
    keys,
    table::Table,
};
use crate::{entropy::Entropy, sealing::FieldSealer};

/// A new event; what it was about is added by the methods.
pub fn event(entropy: &Entropy, at: Timestamp, practice: PracticeId, actor: ActorId, verb: Verb) -> Event {
    Event {
        id: EventId::new(at, entropy.id()),
        practice,
        at,
        actor,
        verb,
        patient: None::<PatientId>,
        conversation: None::<ConversationId>,
        seqs: None,
        session: None,
        object: None,
        sealed_reason: None,
    }
}

/// The item of an event.
pub fn to_item(event: &Event) -> Attributes {
    NewItem::new(&keys::audit(event.practice, event.at, event.id))
        .with("at", number(event.at.as_millis()))
        .with("actor", string(event.actor))
        .with("verb", string(event.verb.as_str()))
        .with_some("patient", event.patient.map(string))
        .with_some("conversation", event.conversation.map(string))
        .with_some("first_seq", event.seqs.map(|(first, _)| number(first)))
        .with_some("last_seq", event.seqs.map(|(_, last)| number(last)))
        .with_some("session", event.session.as_ref().map(string))
        .with_some("object", event.object.as_ref().map(string))
        .with_some(REASON, event.sealed_reason.clone().map(binary))
        .build()
}

/// Name of the sealed attribute, part of what its ciphertext is bound to.
pub(super) const REASON: &str = "sealed_reason";

/// The event with the words of whoever acted. They are sealed for the place of the event: the log itself holds ids and
/// verbs alone.
#[must_use]
pub fn with_reason(event: Event, reason: &Reason, sealer: &FieldSealer) -> Event {
    let key = keys::audit(event.practice, event.at, event.id);
    Event { sealed_reason: Some(sealer.seal_bytes(&key, REASON, reason.expose())), ..event }
}

/// Opens the words of an event: `None` where there are none, or where they do not open any more.
pub fn reason_of(practice: PracticeId, id: EventId, sealed: &[u8], sealer: &FieldSealer) -> Option<String> {
    sealer.open_bytes(&keys::audit(practice, id.at(), id), REASON, sealed).ok()
}

/// The event as a write of a transaction.
pub fn write(event: &Event) -> Write {
    Write::Create(Table::Audit, to_item(event))
}

impl Store {
    /// Stores an event by itself, before what it tells of is answered.
    ///
    /// # Errors
    /// [`StoreError`]: then the answer must not leave.
    pub async fn record(&self, event: &Event) -> Result<(), StoreError> {
        self.create(Table::Audit, to_item(event)).await.map(drop)
    }
}
