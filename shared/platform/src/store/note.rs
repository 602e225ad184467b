//! Internal notes beside a conversation, for staff alone. What staff write is sealed with the content key of the
//! conversation, bound to being a note and to its place; what the product writes is one word of a closed set.

use domain::{
    audit::Event,
    id::{ConversationId, NoteId, PracticeId, StaffId},
    message::MessageText,
    note::NoteKind,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, Store, StoreError, Write,
    conversation::Head,
    idempotency::{Attempt, Earlier},
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::{Change, Query, Sort, Table},
};
use crate::{entropy::Entropy, sealing::FieldSealer};

/// Name of the sealed attribute. It is part of what the ciphertext is bound to, beside the key of the item.
const FIELD: &str = "sealed_note";

/// What is sealed, as JSON.
#[derive(Serialize, Deserialize)]
struct Sealed {
    author: StaffId,
    author_name: String,
    text: String,
}

/// A note.
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// What it is.
    pub kind: NoteKind,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote what, where staff did. `None` also where it does not open.
    pub written: Option<Written>,
}

/// What staff wrote.
pub struct Written {
    /// Who.
    pub author: StaffId,
    /// Their name then.
    pub author_name: String,
    /// The text.
    pub text: MessageText,
}

impl Note {
    fn from_item(item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        let key = item.key()?;
        let id = key.sk.strip_prefix(keys::NOTE_PREFIX).and_then(|text| NoteId::parse(text).ok());
        let kind = item.one_of("note_kind", NoteKind::from_stored)?;
        Ok(Self {
            id: id.ok_or(StoreError::Malformed("SK"))?,
            kind,
            at: item.time("at")?,
            written: if kind == NoteKind::Text { open(item, sealer) } else { None },
        })
    }

    fn to_item(&self, head: &Head, sealer: &FieldSealer) -> Attributes {
        let key = keys::note(head.practice, head.id, self.id);
        let sealed = self.written.as_ref().map(|written| {
            let sealed = Sealed {
                author: written.author,
                author_name: written.author_name.clone(),
                text: written.text.expose().to_owned(),
            };
            sealer.seal(&key, FIELD, &serde_json::to_string(&sealed).unwrap_or_default())
        });
        NewItem::new(&key)
            .with("note_kind", string(self.kind.as_str()))
            .with("at", number(self.at.as_millis()))
            .with_some(FIELD, sealed)
            .build()
    }
}

/// What was written, if it opens as the note that it says it is.
fn open(item: &Item, sealer: &FieldSealer) -> Option<Written> {
    let sealed: Sealed = serde_json::from_str(&sealer.open(item, FIELD).ok()?).ok()?;
    let text = MessageText::parse(&sealed.text).ok()?;
    Some(Written { author: sealed.author, author_name: sealed.author_name, text })
}

/// What became of writing a note.
pub enum NoteWritten {
    /// It is there now.
    Done,
    /// The key was used before.
    Before(Earlier),
}

/// One page of notes, newest first.
pub struct NotePage {
    /// The notes.
    pub notes: Vec<Note>,
    /// Where the next page begins.
    pub next: Option<Attributes>,
}

/// Something that happened once and that staff have to know, beside the conversation that it is about.
#[derive(Clone, Copy)]
pub struct Occurrence {
    /// The practice.
    pub practice: PracticeId,
    /// The conversation.
    pub conversation: ConversationId,
    /// What happened.
    pub kind: NoteKind,
}

impl Occurrence {
    /// The writes of its note, for a transaction that happens once.
    pub fn writes(&self, entropy: &Entropy, at: Timestamp) -> Vec<Write> {
        // The mark in the list of conversations, until staff take it away.
        let head = keys::conversation(self.practice, self.conversation);
        let mark = Change::new(head, "SET attention_since = if_not_exists(attention_since, :now)")
            .when("attribute_exists(PK)")
            .value(":now", number(at.as_millis()));
        vec![self.note(entropy, at), Write::Update(mark)]
    }

    /// The note alone, for a transaction that marks the head itself.
    pub(super) fn note(&self, entropy: &Entropy, at: Timestamp) -> Write {
        let id = NoteId::new(at, entropy.id());
        let note = NewItem::new(&keys::note(self.practice, self.conversation, id))
            .with("note_kind", string(self.kind.as_str()))
            .with("at", number(at.as_millis()));
        Write::Create(Table::Chat, note.build())
    }
}

impl Store {
    /// One page of the notes of a conversation, newest first. `sealer` has its content key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notes(
        &self,
        head: &Head,
        sealer: &FieldSealer,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<NotePage, StoreError> {
        let partition = keys::conversation_partition(head.practice, head.id);
        let query = Query {
            ascending: false,
            limit: Some(limit),
            start,
            ..Query::new(&partition, Sort::Prefix(keys::NOTE_PREFIX))
        };
        let page = self.query(query).await?;
        let notes = page.items.iter().map(|item| Note::from_item(item, sealer)).collect::<Result<_, _>>()?;
        Ok(NotePage { notes, next: page.next })
    }

    /// One note.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(
        &self,
        head: &Head,
        id: NoteId,
        sealer: &FieldSealer,
    ) -> Result<Option<Note>, StoreError> {
        let item = self.get(&keys::note(head.practice, head.id, id)).await?;
        item.map(|item| Note::from_item(&item, sealer)).transpose()
    }

    /// Writes a note of staff with its audit event, once for its idempotency key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write_note(
        &self,
        head: &Head,
        note: &Note,
        sealer: &FieldSealer,
        attempt: &Attempt,
        event: &Event,
    ) -> Result<NoteWritten, StoreError> {
        let item = note.to_item(head, sealer);
        let writes = || {
            vec![
                Write::Create(Table::Chat, attempt.to_item(note.id, note.at)),
                Write::Create(Table::Chat, item.clone()),
                super::audit::write(event),
            ]
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(NoteWritten::Done),
            Err(Cancelled::Condition(0, Some(item))) => {
                Ok(NoteWritten::Before(attempt.compare(&Item::from(*item))?))
            }
            Err(_) => Err(StoreError::Contended),
        }
    }

    /// Notes something that happened once, with its audit event: `told` is what holds one time. Done before, it changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_once(
        &self,
        occurrence: Occurrence,
        told: &Change,
        event: &Event,
    ) -> Result<(), StoreError> {
        let mut writes = vec![Write::Update(told.clone())];
        writes.extend(occurrence.writes(&self.entropy, event.at));
        writes.push(super::audit::write(event));
        match self.transact_patiently(|| writes.clone()).await? {
            Ok(()) | Err(Cancelled::Condition(..)) => Ok(()),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }
}
