//! Unsent text, sealed: for whoever wrote it, and nobody else. In a conversation it is sealed with the content key of the
//! conversation, which the functions that tell and sign in cannot unwrap; that of a conversation that is not there yet has
//! the practice's contact key alone.

use domain::{
    conversation::Topic,
    id::{ConversationId, PatientId, PracticeId},
    message::MessageText,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{Item, number, string},
    keys::{self, ItemKey},
    session::Holder,
    table::Change,
};
use crate::sealing::FieldSealer;

/// How long unsent text is kept after the last key.
pub const DRAFT_LIFE_SECONDS: i64 = 30 * 24 * 3600;

/// What a draft is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftPlace {
    /// A message in this conversation.
    In(ConversationId),
    /// The first message of a new one. A writer has one of these.
    New,
}

/// Whose draft, and where.
#[derive(Clone, Copy)]
pub struct DraftOf {
    /// The practice.
    pub practice: PracticeId,
    /// Who writes.
    pub writer: Holder,
    /// For what.
    pub place: DraftPlace,
}

impl DraftOf {
    fn key(&self) -> ItemKey {
        match self.place {
            DraftPlace::In(conversation) => keys::draft(self.practice, self.writer, conversation),
            DraftPlace::New => keys::draft(self.practice, self.writer, "new"),
        }
    }

    /// The attribute of the text, which says with which key it is sealed, and what writes it.
    const fn field(&self) -> (&'static str, &'static str) {
        match self.place {
            DraftPlace::In(_) => (
                "sealed_text",
                "SET sealed_text = :text, topic = :topic, patient = :patient, saved_at = :now, #ttl = :ttl \
                 REMOVE sealed_draft",
            ),
            DraftPlace::New => (
                "sealed_draft",
                "SET sealed_draft = :text, topic = :topic, patient = :patient, saved_at = :now, #ttl = :ttl",
            ),
        }
    }
}

/// Unsent text.
pub struct Draft {
    /// The text.
    pub text: MessageText,
    /// The topic that was chosen for a new conversation, if one was.
    pub topic: Option<Topic>,
    /// The patient that a new conversation is for, if that was chosen.
    pub patient: Option<PatientId>,
    /// When it was last saved.
    pub saved_at: Timestamp,
}

impl Store {
    /// Keeps a draft in place of the one before. `sealer` has the key of its place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_draft(
        &self,
        of: DraftOf,
        draft: &Draft,
        sealer: &FieldSealer,
    ) -> Result<(), StoreError> {
        let key = of.key();
        let (field, update) = of.field();
        let sealed = sealer.seal(&key, field, draft.text.expose());
        let change = Change::new(key, update)
            .value(":text", sealed)
            .value(":topic", string(draft.topic.map_or("", Topic::as_str)))
            .value(":patient", string(draft.patient.map(|id| id.to_string()).unwrap_or_default()))
            .value(":now", number(draft.saved_at.as_millis()))
            .value(":ttl", number(draft.saved_at.as_seconds() + DRAFT_LIFE_SECONDS));
        self.change(change).await.map(drop)
    }

    /// A draft. One that is too old is none, whether it was cleaned up or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn draft(
        &self,
        of: DraftOf,
        sealer: &FieldSealer,
        now: Timestamp,
    ) -> Result<Option<Draft>, StoreError> {
        let Some(item) = self.get(&of.key()).await? else { return Ok(None) };
        let (field, _) = of.field();
        // One from before was sealed with another key: it is gone.
        if item.optional_bytes(field).is_none() {
            return Ok(None);
        }
        let draft = from_item(&item, field, sealer)?;
        Ok((now < draft.saved_at.plus_seconds(DRAFT_LIFE_SECONDS)).then_some(draft))
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_draft(&self, of: DraftOf) -> Result<(), StoreError> {
        self.delete(&of.key()).await
    }
}

fn from_item(item: &Item, field: &'static str, sealer: &FieldSealer) -> Result<Draft, StoreError> {
    let text = sealer.open(item, field)?;
    Ok(Draft {
        text: MessageText::parse(&text).map_err(|_| StoreError::Malformed(field))?,
        topic: item.optional_text("topic").and_then(Topic::from_stored),
        patient: item.optional_text("patient").and_then(|text| PatientId::parse(text).ok()),
        saved_at: item.time("saved_at")?,
    })
}
