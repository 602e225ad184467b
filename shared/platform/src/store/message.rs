//! Messages: sent in one transaction with everything that belongs to them, read in three steps.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    audit::{ActorId, Event, Verb},
    conversation::{ConversationState, Side},
    id::{AccountId, ConversationId, MessageId, PracticeId},
    idempotency::IdempotencyKey,
    message::{MessageKind, MessageText},
    note::NoteKind,
    safety::may_be_urgent,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, Store, StoreError, Write, audit,
    conversation::{Head, ReadMark},
    item::{Item, NewItem, binary, number, string},
    keys,
    note::Occurrence,
    outbox,
    session::{Holder, Relation},
    table::{Change, Query, Sort, Table},
};
use crate::{
    seal::{Key, MessageContext, MessageSecret, Plaintext, open_message, seal_message},
    secrets,
};

/// Tries of a send before it gives up with "unavailable".
pub(super) const SEND_TRIES: u32 = 8;
/// Milliseconds after which a send gives up with "unavailable".
pub(super) const SEND_MILLIS: i64 = 2_000;

/// Ceiling of the first pause after a transaction that came too late: the other one is done already.
pub(super) const SETTLED_PAUSE_MS: u64 = 10;
/// Half the ceiling of the first pause after a transaction that met another, doubled with each try. Found by
/// simulation: five writers without a pause of their own, at 4 ms a read and 12 ms a transaction, are refused in less
/// than 1 % of sends; shorter pauses only collide again, since whoever has just won is back first.
const BUSY_PAUSE_MS: u64 = 75;
/// No ceiling is higher.
const LONGEST_PAUSE_MS: u64 = 700;

/// What is sealed, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) sender_name: String,
    /// Empty in what has no text of its own.
    pub(super) text: String,
    /// The message that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<u64>,
}

/// A message to be sent.
pub struct Send<'a> {
    /// Who sends.
    pub sender: Holder,
    /// On which side.
    pub side: Side,
    /// How the account that sends stands to the patient for whom it does; `None` for patients themselves and staff.
    pub relation: Option<Relation>,
    /// The name that readers see.
    pub sender_name: &'a str,
    /// The text.
    pub text: &'a MessageText,
    /// The earlier message that it stands for, if it is a correction.
    pub corrects: Option<u64>,
    /// The client's key.
    pub key: &'a IdempotencyKey,
    /// The content key of the conversation.
    pub content_key: &'a Key,
    /// The event; its sequence numbers are filled in.
    pub event: Event,
}

impl Send<'_> {
    const fn kind(&self) -> MessageKind {
        if self.corrects.is_some() { MessageKind::Correction } else { MessageKind::Text }
    }

    /// What a repeat of the request is told from another request by.
    fn fingerprint(&self) -> String {
        match self.corrects {
            None => secrets::blind_index(self.content_key, self.text.expose()),
            Some(of) => secrets::blind_index(self.content_key, &format!("{of}\u{1f}{}", self.text.expose())),
        }
    }
}

/// A message that was sent: what is not in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id, made when it was sent.
    pub id: MessageId,
    /// Its place.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
}

/// What became of a send.
pub enum Outcome {
    /// It is there now.
    New(Sent),
    /// The same request was answered before.
    Repeated(Sent),
    /// The key was used for another request.
    KeyReused,
    /// The conversation is gone.
    Missing,
}

/// A message as stored, still sealed.
pub struct StoredMessage {
    /// Its id.
    pub id: MessageId,
    /// Its place.
    pub seq: u64,
    /// Who sent it, by side.
    pub side: Side,
    /// Who sent it.
    pub sender: String,
    /// How that account stood to the patient for whom it wrote; `None` for patients themselves and staff.
    pub relation: Option<Relation>,
    /// What kind it is.
    pub kind: MessageKind,
    /// When.
    pub sent_at: Timestamp,
    /// When it was recalled, if it was.
    pub recalled_at: Option<Timestamp>,
    /// Nothing once it was recalled.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What a reader gets.
pub struct OpenedMessage {
    /// The sender's name.
    pub sender_name: String,
    /// The text.
    pub text: String,
    /// The message that this one is about, if it is.
    pub of: Option<u64>,
}

fn seq_of(item: &Item) -> Result<u64, StoreError> {
    let seq = item.text(keys::SK)?.strip_prefix(keys::MESSAGE_PREFIX).and_then(|n| n.parse().ok());
    seq.ok_or(StoreError::Malformed("SK"))
}

impl StoredMessage {
    /// What a reader needs of an item.
    const ATTRIBUTES: &str = "SK, msg_id, sender, relation, msg_kind, recalled_at, sealed";

    pub(super) fn from_item(item: &Item) -> Result<Self, StoreError> {
        let id = item.parsed("msg_id", MessageId::parse)?;
        let sender = item.text("sender")?;
        Ok(Self {
            id,
            seq: seq_of(item)?,
            // An account is always on the patient's side.
            side: if sender.starts_with(AccountId::PREFIX) { Side::Patient } else { Side::Practice },
            sender: sender.to_owned(),
            relation: item.optional_text("relation").and_then(Relation::from_stored),
            kind: item.one_of("msg_kind", MessageKind::from_stored)?,
            sent_at: id.at(),
            recalled_at: item.optional_time("recalled_at"),
            sealed: item.optional_bytes("sealed").map(<[u8]>::to_vec),
        })
    }

    /// Opens it. `None` if it does not open here: the reader sees a placeholder, never a failed page.
    pub fn open(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        content_key: &Key,
        secret: &MessageSecret,
    ) -> Option<OpenedMessage> {
        let plaintext = self.plaintext(practice, conversation, content_key, secret)?;
        let sealed: Sealed = serde_json::from_slice(plaintext.as_bytes()).ok()?;
        Some(OpenedMessage { sender_name: sealed.sender_name, text: sealed.text, of: sealed.of })
    }

    /// Bytes of what is sealed.
    pub fn sealed_bytes(&self) -> usize {
        self.sealed.as_ref().map_or(0, Vec::len)
    }

    /// What was sealed, as it was sealed.
    pub(super) fn plaintext(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        content_key: &Key,
        secret: &MessageSecret,
    ) -> Option<Plaintext> {
        let place = Place::new(practice, conversation, self.id, &self.sender, self.kind);
        let sealed = self.sealed.as_ref()?;
        open_message(content_key, secret, &place.context(self.seq, self.sent_at), sealed).ok()
    }
}

/// A message to be sealed at its place.
pub(super) struct Sealing<'a> {
    pub(super) sender: &'a str,
    pub(super) relation: Option<Relation>,
    pub(super) kind: MessageKind,
    pub(super) sent: Sent,
    /// Messages of the patient's side and of the practice's so far, this one included where it counts.
    pub(super) said: (u64, u64),
    pub(super) body: &'a Sealed,
    pub(super) content_key: &'a Key,
    /// The outbox item that tells of it.
    pub(super) outbox: Option<&'a str>,
}

/// What a ciphertext is bound to, as text.
struct Place<'a> {
    practice: String,
    conversation: String,
    message: String,
    sender: &'a str,
    kind: MessageKind,
}

impl<'a> Place<'a> {
    fn new(
        practice: PracticeId,
        conversation: ConversationId,
        message: MessageId,
        sender: &'a str,
        kind: MessageKind,
    ) -> Self {
        let (practice, conversation) = (practice.to_string(), conversation.to_string());
        Self { practice, conversation, message: message.to_string(), sender, kind }
    }

    fn context(&self, seq: u64, at: Timestamp) -> MessageContext<'_> {
        MessageContext {
            practice: &self.practice,
            conversation: &self.conversation,
            seq,
            message: &self.message,
            sender: self.sender,
            kind: self.kind.as_str(),
            created_at_ms: at.as_millis(),
        }
    }
}

/// Place of the outbox item in the transaction of a send: its condition decides before all others.
const OUTBOX_PLACE: usize = 0;
/// Place of the head: its condition decides before that of the message, which a faster writer has put there.
const HEAD_PLACE: usize = 1;

impl Store {
    /// Sends a message: head, ciphertext, secret, outbox item and audit event in one transaction. Writers beside
    /// it make it try again with the next sequence number.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Contended`] after eight tries or two seconds.
    pub async fn send(&self, mut head: Head, send: &Send<'_>, now: Timestamp) -> Result<Outcome, StoreError> {
        let id = MessageId::new(now, self.entropy.id());
        let outbox_id = outbox_id(&head, send);
        let fingerprint = send.fingerprint();
        let mut waited = 0;
        for attempt in 1..=SEND_TRIES {
            let sent = Sent { id, seq: head.last_seq + 1, at: now };
            let writes = self.send_writes(&head, send, sent, &outbox_id, &fingerprint)?;
            let pause_ms = match self.transact(writes).await? {
                Ok(()) => return Ok(Outcome::New(sent)),
                Err(Cancelled::Condition(OUTBOX_PLACE, Some(item))) => {
                    return repeated(&Item::from(*item), &fingerprint);
                }
                // Somebody was faster and is done: the refused condition brought the head as it stands now, and
                // the best moment is at once.
                Err(Cancelled::Condition(HEAD_PLACE, Some(item))) => {
                    head = Head::from_item(head.practice, head.id, &Item::from(*item))?;
                    if attempt == 1 { SETTLED_PAUSE_MS } else { busy_pause_ms(attempt) }
                }
                Err(Cancelled::Condition(HEAD_PLACE, None)) => return Ok(Outcome::Missing),
                // Somebody is in the middle of it.
                Err(Cancelled::Conflict | Cancelled::Condition(..)) => busy_pause_ms(attempt),
            };
            waited += self.pause(pause_ms).await;
            if pause_ms > SETTLED_PAUSE_MS {
                self.reload(&mut head).await?;
            }
            if waited > SEND_MILLIS {
                break;
            }
        }
        Err(StoreError::Contended)
    }

    /// Waits a random time below so many milliseconds (full jitter), and says how long.
    pub(super) async fn pause(&self, below_ms: u64) -> i64 {
        let micros = self.entropy.below(below_ms * 1000);
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        i64::try_from(micros / 1000).unwrap_or(0)
    }

    async fn reload(&self, head: &mut Head) -> Result<(), StoreError> {
        if let Some(newer) = self.head(head.practice, head.id).await? {
            *head = newer;
        }
        Ok(())
    }

    /// The next message of a conversation whose head is not written yet: the caller writes both in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the message cannot be written, which no type here allows.
    pub fn next_message_writes(
        &self,
        head: &mut Head,
        send: &Send<'_>,
        now: Timestamp,
    ) -> Result<(Sent, Vec<Write>), StoreError> {
        let sent = Sent { id: MessageId::new(now, self.entropy.id()), seq: head.last_seq + 1, at: now };
        let outbox_id = outbox_id(head, send);
        let fingerprint = send.fingerprint();
        let (said_patient, said_practice) = said_after(head, send.side);
        let writes = self.message_writes(head, send, sent, &outbox_id, &fingerprint)?;
        (head.last_seq, head.said_patient, head.said_practice) = (sent.seq, said_patient, said_practice);
        head.last_message_at = now;
        if is_urgent(send) {
            head.attention_since = Some(now);
        }
        Ok((sent, writes))
    }

    fn send_writes(
        &self,
        head: &Head,
        send: &Send<'_>,
        sent: Sent,
        outbox_id: &str,
        fingerprint: &str,
    ) -> Result<Vec<Write>, StoreError> {
        let mut writes = self.message_writes(head, send, sent, outbox_id, fingerprint)?;
        writes.insert(HEAD_PLACE, Write::Update(head_change(head, send, sent)));
        Ok(writes)
    }

    /// Outbox item, message, secret and event.
    fn message_writes(
        &self,
        head: &Head,
        send: &Send<'_>,
        sent: Sent,
        outbox_id: &str,
        fingerprint: &str,
    ) -> Result<Vec<Write>, StoreError> {
        let body = Sealed {
            sender_name: send.sender_name.to_owned(),
            text: send.text.expose().to_owned(),
            of: send.corrects,
        };
        let [message, secret] = self.sealed_writes(
            head,
            &Sealing {
                sender: &send.sender.to_string(),
                relation: send.relation,
                kind: send.kind(),
                sent,
                said: said_after(head, send.side),
                body: &body,
                content_key: send.content_key,
                outbox: Some(outbox_id),
            },
        )?;
        let subject =
            outbox::Subject::Message { conversation: head.id, patient: head.patient, seq: sent.seq };
        let outbox = match send.side {
            Side::Practice => outbox::new_item(head.practice, outbox_id, &subject, sent.at),
            Side::Patient => outbox::silent_item(head.practice, outbox_id, &subject, sent.at),
        }
        .with("fingerprint", string(fingerprint))
        .with("msg_id", string(sent.id))
        .build();
        let event = Event { seqs: Some((sent.seq, sent.seq)), ..send.event.clone() };
        let mut writes = vec![Write::Create(Table::Chat, outbox), message, secret, audit::write(&event)];
        if is_urgent(send) {
            let kind = NoteKind::MayBeUrgent;
            let urgent = Occurrence { practice: head.practice, conversation: head.id, kind };
            let told =
                audit::event(&self.entropy, sent.at, head.practice, ActorId::System, Verb::NoteWritten);
            let told = Event { patient: Some(head.patient), conversation: Some(head.id), ..told };
            writes.extend([urgent.note(&self.entropy, sent.at), audit::write(&told)]);
        }
        Ok(writes)
    }

    /// A message and its secret.
    pub(super) fn sealed_writes(&self, head: &Head, of: &Sealing<'_>) -> Result<[Write; 2], StoreError> {
        let Sealing { sender, relation, kind, sent, said, body, content_key, outbox } = *of;
        let place = Place::new(head.practice, head.id, sent.id, sender, kind);
        let body = serde_json::to_vec(body)
            .map(zeroize::Zeroizing::new)
            .map_err(|_| StoreError::Malformed("body"))?;
        let secret = self.entropy.bytes::<32>();
        let context = place.context(sent.seq, sent.at);
        let sealed = seal_message(content_key, &MessageSecret::from_bytes(secret), &context, &body);
        let key = keys::message(head.practice, head.id, sent.seq);
        let message = NewItem::new(&key)
            .with("msg_id", string(sent.id))
            .with("sender", string(sender))
            .with_some("relation", relation.map(|relation| string(relation.as_str())))
            .with("msg_kind", string(kind.as_str()))
            .with("said_patient", number(said.0))
            .with("said_practice", number(said.1))
            .with_some("outbox", outbox.map(string))
            .with("sealed", binary(sealed))
            .build();
        let secret = NewItem::new(&key).with("secret", binary(secret.to_vec())).build();
        Ok([Write::Create(Table::Chat, message), Write::Create(Table::MessageKeys, secret)])
    }

    /// One page of messages, sealed, in ascending order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn messages(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        range: Range,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let partition = keys::conversation_partition(practice, conversation);
        let (from, to, ascending) = match range {
            Range::Newest => (1, MAX_SEQ, false),
            Range::After(seq) => (seq.saturating_add(1).min(MAX_SEQ), MAX_SEQ, true),
            Range::Before(seq) => (1, seq.saturating_sub(1).min(MAX_SEQ), false),
        };
        if from > to {
            return Ok(Vec::new());
        }
        let sort = Sort::Between(keys::message_sort_key(from), keys::message_sort_key(to));
        let only = Some(StoredMessage::ATTRIBUTES);
        let query = Query { ascending, limit: Some(limit), only, ..Query::new(&partition, sort) };
        let mut messages = self
            .query(query)
            .await?
            .items
            .iter()
            .map(StoredMessage::from_item)
            .collect::<Result<Vec<_>, _>>()?;
        if !ascending {
            messages.reverse();
        }
        Ok(messages)
    }

    /// The secrets of a range of messages, by sequence number. The last step of reading: a message without a
    /// secret has been recalled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn message_secrets(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        first: u64,
        last: u64,
    ) -> Result<Vec<(u64, MessageSecret)>, StoreError> {
        let partition = keys::conversation_partition(practice, conversation);
        let sort = Sort::Between(keys::message_sort_key(first), keys::message_sort_key(last));
        let query =
            Query { table: Table::MessageKeys, only: Some("SK, secret"), ..Query::new(&partition, sort) };
        let secret = |item: &Item| {
            let bytes =
                <[u8; 32]>::try_from(item.bytes("secret")?).map_err(|_| StoreError::Malformed("secret"))?;
            Ok((seq_of(item)?, MessageSecret::from_bytes(bytes)))
        };
        self.query(query).await?.items.iter().map(secret).collect()
    }

    /// Stores the event of a read and, where the patient's side reads further than before, how far it has opened:
    /// both or neither, before any text leaves.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing may leave.
    pub async fn record_read(
        &self,
        head: &Head,
        event: &Event,
        opened_through: Option<u64>,
    ) -> Result<(), StoreError> {
        let Some(through) = opened_through.filter(|seq| *seq > head.opened_through) else {
            return self.record(event).await;
        };
        let session = event.session.clone().unwrap_or_default();
        let writes = || {
            let opened = Change::new(head.key(), "SET opened_through = :seq")
                .when("attribute_not_exists(opened_through) OR opened_through < :seq")
                .value(":seq", number(through));
            vec![audit::write(event), Write::Update(opened), opening_write(head, event, &session, through)]
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(()),
            // Another screen of the same side was further: only the event remains to be stored.
            Err(_) => self.record(event).await,
        }
    }

    /// The read mark at a sequence number: how many messages the other side had sent up to there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read_mark(&self, head: &Head, side: Side, seq: u64) -> Result<Option<ReadMark>, StoreError> {
        if seq == head.last_seq {
            let said = if side == Side::Patient { head.said_practice } else { head.said_patient };
            return Ok(Some(ReadMark { seq, said }));
        }
        let item = self.get(&keys::message(head.practice, head.id, seq)).await?;
        let name = if side == Side::Patient { "said_practice" } else { "said_patient" };
        item.map(|item| Ok(ReadMark { seq, said: item.number(name)? })).transpose()
    }
}

/// What is remembered of each opening that reached further than the ones before: a recall asks for the first one that
/// reached its message.
fn opening_write(head: &Head, event: &Event, session: &str, through: u64) -> Write {
    let item = NewItem::new(&keys::opening(head.practice, head.id, through))
        .with("opened_at", number(event.at.as_millis()))
        .with("opened_by", string(event.actor))
        .with("opened_session", string(session))
        .build();
    Write::Replace(Table::Chat, item)
}

pub(super) fn busy_pause_ms(attempt: u32) -> u64 {
    (BUSY_PAUSE_MS << attempt).min(LONGEST_PAUSE_MS)
}

/// Which messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The newest.
    Newest,
    /// Those after a sequence number, oldest first.
    After(u64),
    /// Those before a sequence number, the nearest.
    Before(u64),
}

/// The largest sequence number that a sort key holds.
const MAX_SEQ: u64 = 999_999_999_999;

/// The id of the outbox item of a send. It is made from the conversation, the sender and the client's key, so the
/// item itself refuses the second send of one key (see docs/decisions).
fn outbox_id(head: &Head, send: &Send<'_>) -> String {
    let request = format!("{}\u{1f}{}\u{1f}{}", head.id, send.sender, send.key.as_str());
    format!("{}{}", keys::MESSAGE_OUTBOX_PREFIX, secrets::blind_index(send.content_key, &request))
}

const fn said_after(head: &Head, side: Side) -> (u64, u64) {
    match side {
        Side::Patient => (head.said_patient + 1, head.said_practice),
        Side::Practice => (head.said_patient, head.said_practice + 1),
    }
}

fn repeated(item: &Item, fingerprint: &str) -> Result<Outcome, StoreError> {
    // A recalled message has left no fingerprint behind: its key still makes no second one.
    if item.optional_text("fingerprint").is_some_and(|stored| stored != fingerprint) {
        return Ok(Outcome::KeyReused);
    }
    let sent = Sent {
        id: item.parsed("msg_id", MessageId::parse)?,
        seq: item.number("seq")?,
        at: item.time("created_at")?,
    };
    Ok(Outcome::Repeated(sent))
}

/// Whether staff have to look at once.
fn is_urgent(send: &Send<'_>) -> bool {
    send.side == Side::Patient && may_be_urgent(send.text)
}

/// The change of the head: the next number, the activity, and for a patient's message open and unread.
fn head_change(head: &Head, send: &Send<'_>, sent: Sent) -> Change {
    let side = send.side;
    let (said_patient, said_practice) = said_after(head, side);
    let update = match side {
        Side::Practice => {
            "SET last_seq = :seq, last_message_at = :at, activity = :activity, said_patient = :sp, said_practice = :sd"
        }
        Side::Patient if is_urgent(send) => {
            "SET last_seq = :seq, last_message_at = :at, activity = :activity, said_patient = :sp, \
             said_practice = :sd, conv_state = :open, inbox_pk = :inbox, queue_pk = :queue, unread_pk = :unread, \
             unread_since = if_not_exists(unread_since, :activity), \
             attention_since = if_not_exists(attention_since, :at)"
        }
        Side::Patient => {
            "SET last_seq = :seq, last_message_at = :at, activity = :activity, said_patient = :sp, \
             said_practice = :sd, conv_state = :open, inbox_pk = :inbox, queue_pk = :queue, unread_pk = :unread, \
             unread_since = if_not_exists(unread_since, :activity)"
        }
    };
    // The queue is that of the assignee who was read, so it must still be the one.
    let condition = match (side, head.assignee) {
        (Side::Practice, _) => "last_seq = :old",
        (Side::Patient, Some(_)) => "last_seq = :old AND assignee = :assignee",
        (Side::Patient, None) => "last_seq = :old AND attribute_not_exists(assignee)",
    };
    let change = Change::new(head.key(), update)
        .when(condition)
        .value(":old", number(head.last_seq))
        .value(":seq", number(sent.seq))
        .value(":at", number(sent.at.as_millis()))
        .value(":activity", string(keys::activity(sent.at, head.id)))
        .value(":sp", number(said_patient))
        .value(":sd", number(said_practice));
    match side {
        Side::Practice => change,
        Side::Patient => {
            let text = |value: String| AttributeValue::S(value);
            let change = match head.assignee {
                Some(assignee) => change.value(":assignee", string(assignee)),
                None => change,
            };
            change
                .value(":open", string(ConversationState::Open.as_str()))
                .value(":inbox", text(keys::inbox_partition(head.practice, ConversationState::Open.as_str())))
                .value(":queue", text(keys::queue_partition(head.practice, head.assignee)))
                .value(":unread", text(keys::unread_partition(head.practice)))
        }
    }
}
