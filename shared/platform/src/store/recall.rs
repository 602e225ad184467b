//! Recall: a message taken back, in one transaction with the proof of what became of it.
//!
//! The transaction is conditioned on the head as it was read, and a read advances the head before it asks for secrets.
//! So whoever reads beside a recall gets either the text, and the recall says that it was opened, or no text.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    audit::Event,
    conversation::Side,
    id::{AccountId, EvidenceId, MessageId},
    message::{MessageKind, MessageText},
    recall::{Asking, Keeping, RecallReason, Refused, Standing},
    time::Timestamp,
};
use zeroize::Zeroizing;

use super::{
    Cancelled, Store, StoreError, Write, audit,
    conversation::Head,
    item::{Attributes, Item, NewItem, binary, names, number, string},
    keys,
    message::{
        SEND_MILLIS, SEND_TRIES, SETTLED_PAUSE_MS, Sealed, Sealing, Sent, StoredMessage, busy_pause_ms,
    },
    session::Holder,
    table::{Change, Query, Sort, Table},
};
use crate::{
    keys::NewKey,
    seal::{Key, MessageSecret},
    sealing::FieldSealer,
};

/// How many recalled messages a head names: what is older was read, or nobody will read it.
const NAMED_IN_HEAD: usize = 100;

/// That the patient's side has opened a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// When first.
    pub at: Timestamp,
    /// By which account.
    pub by: AccountId,
    /// In which session, as the audit log names it.
    pub session: String,
}

/// A recalled message: what is answered, every time the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RecallReason,
    /// Who had opened it, if anybody had.
    pub opened: Option<Opening>,
    /// What was kept, unless it was destroyed.
    pub evidence: Option<EvidenceId>,
}

/// A message and all that a recall has to know of it, read at one time.
pub struct Seen {
    message: StoredMessage,
    recalled: Option<Recalled>,
    outbox: Option<String>,
    secret: Option<MessageSecret>,
    opened: Option<Opening>,
}

/// A recall to be made.
pub struct Recall<'a> {
    /// Who asks, as the rules see them.
    pub asking: Asking,
    /// Who asks.
    pub by: Holder,
    /// Their name, for colleagues.
    pub by_name: &'a str,
    /// What they want the auditor to know.
    pub note: Option<&'a MessageText>,
    /// The message.
    pub seq: u64,
    /// The content key of the conversation.
    pub content_key: &'a Key,
    /// What the evidence is sealed with; not used where the text is destroyed.
    pub evidence: &'a NewKey,
    /// The event; its sequence numbers and its object are filled in.
    pub event: Event,
}

/// What became of a recall.
pub enum Outcome {
    /// It is taken back, now or before.
    Recalled(Recalled),
    /// There is no such message.
    Missing,
    /// It is nothing that the practice has said.
    NotRecallable,
    /// A rule speaks against it.
    Refused(Refused),
}

/// Place of the head in the transaction: its condition decides before all others.
const HEAD_PLACE: usize = 0;

impl Store {
    /// What a recall has to know of a message, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seen(&self, head: &Head, seq: u64) -> Result<Option<Seen>, StoreError> {
        if !(1..=head.last_seq).contains(&seq) {
            return Ok(None);
        }
        let key = keys::message(head.practice, head.id, seq);
        let (item, secrets, opened) = tokio::try_join!(
            self.get(&key),
            self.message_secrets(head.practice, head.id, seq, seq),
            self.first_opening(head, seq),
        )?;
        let Some(item) = item else { return Ok(None) };
        Ok(Some(Seen {
            message: StoredMessage::from_item(&item)?,
            recalled: recalled_from(&item)?,
            outbox: item.optional_text("outbox").map(str::to_owned),
            secret: secrets.into_iter().next().map(|(_, secret)| secret),
            opened,
        }))
    }

    /// A message that is there to be corrected: something that the practice has said.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_correctable(&self, head: &Head, seq: u64) -> Result<bool, StoreError> {
        if !(1..=head.last_seq).contains(&seq) {
            return Ok(false);
        }
        let item = self.get(&keys::message(head.practice, head.id, seq)).await?;
        let message = item.map(|item| StoredMessage::from_item(&item)).transpose()?;
        Ok(message.is_some_and(|message| is_said_by_practice(&message)))
    }

    /// The first opening that reached a message. Nothing is asked where the head says that there is none.
    async fn first_opening(&self, head: &Head, seq: u64) -> Result<Option<Opening>, StoreError> {
        if head.opened_through < seq {
            return Ok(None);
        }
        let partition = keys::conversation_partition(head.practice, head.id);
        let (from, to) = (keys::opening_sort_key(seq), keys::opening_sort_key(head.opened_through));
        let query = Query { limit: Some(1), ..Query::new(&partition, Sort::Between(from, to)) };
        let page = self.query(query).await?;
        let item = page.items.first().ok_or(StoreError::Malformed("opened_through"))?;
        opening_from(item)?.map(Some).ok_or(StoreError::Malformed("opened_at"))
    }

    /// Takes a message back: tombstone, event, evidence, secret, what was remembered of the text, and the audit event in
    /// one transaction. Readers and writers beside it make it look again and decide again.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Contended`] after eight tries or two seconds.
    pub async fn recall(
        &self,
        mut head: Head,
        mut seen: Option<Seen>,
        recall: &Recall<'_>,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let sent = Sent { id: MessageId::new(now, self.entropy.id()), seq: 0, at: now };
        let evidence = EvidenceId::new(now, self.entropy.id());
        let mut waited = 0;
        for attempt in 1..=SEND_TRIES {
            let Some(there) = &seen else { return Ok(Outcome::Missing) };
            if let Some(done) = &there.recalled {
                return Ok(Outcome::Recalled(done.clone()));
            }
            if !is_said_by_practice(&there.message) {
                return Ok(Outcome::NotRecallable);
            }
            let standing = Standing {
                own: there.message.sender == recall.by.to_string(),
                opened: there.opened.is_some(),
                sent_at: there.message.sent_at,
            };
            if let Err(refused) = recall.asking.decide(&standing, now) {
                return Ok(Outcome::Refused(refused));
            }
            let done = Recalled {
                at: now,
                reason: recall.asking.reason,
                opened: there.opened.clone(),
                evidence: (recall.asking.keeping == Keeping::KeepSealed).then_some(evidence),
            };
            let sent = Sent { seq: head.last_seq + 1, ..sent };
            let writes = self.recall_writes(&head, there, recall, &done, sent)?;
            let pause_ms = match self.transact(writes).await? {
                Ok(()) => return Ok(Outcome::Recalled(done)),
                Err(Cancelled::Condition(HEAD_PLACE, None)) => return Ok(Outcome::Missing),
                // Somebody has written or read meanwhile, or recalled it.
                Err(Cancelled::Condition(..)) if attempt == 1 => SETTLED_PAUSE_MS,
                Err(Cancelled::Condition(..) | Cancelled::Conflict) => busy_pause_ms(attempt),
            };
            waited += self.pause(pause_ms).await;
            if waited > SEND_MILLIS {
                break;
            }
            let Some(newer) = self.head(head.practice, head.id).await? else { return Ok(Outcome::Missing) };
            head = newer;
            seen = self.seen(&head, recall.seq).await?;
        }
        Err(StoreError::Contended)
    }

    fn recall_writes(
        &self,
        head: &Head,
        seen: &Seen,
        recall: &Recall<'_>,
        done: &Recalled,
        sent: Sent,
    ) -> Result<Vec<Write>, StoreError> {
        let by = recall.by.to_string();
        let body =
            Sealed { sender_name: recall.by_name.to_owned(), text: String::new(), of: Some(recall.seq) };
        // The event takes a number, so that every open screen learns of it; as something to be read it does not count.
        let [event, secret] = self.sealed_writes(
            head,
            &Sealing {
                sender: &by,
                relation: None,
                kind: MessageKind::Recall,
                sent,
                said: (head.said_patient, head.said_practice),
                body: &body,
                content_key: recall.content_key,
                outbox: None,
            },
        )?;
        let mut writes = vec![
            Write::Update(head_change(head, recall.seq, sent.seq)),
            Write::Update(tombstone(head, recall, done, &by)),
            event,
            secret,
            Write::Delete(Table::MessageKeys, keys::message(head.practice, head.id, recall.seq)),
            audit::write(&told(recall, done, sent.seq)),
        ];
        if let Some(id) = done.evidence {
            writes.push(Write::Create(Table::Audit, self.evidence_item(head, seen, recall, done, id)));
        }
        // The keyed hash of the text, by which a repeated send is known, would still prove a guess.
        if let Some(outbox) = &seen.outbox {
            let key = keys::outbox(head.practice, outbox);
            writes.push(Write::Update(Change::new(key, "REMOVE fingerprint").when("attribute_exists(PK)")));
        }
        Ok(writes)
    }

    /// What is kept: the text as it was sealed, and the note, under a key that only an auditor unwraps. A message that
    /// does not open any more is kept as it lies there.
    fn evidence_item(
        &self,
        head: &Head,
        seen: &Seen,
        recall: &Recall<'_>,
        done: &Recalled,
        id: EvidenceId,
    ) -> Attributes {
        let key = keys::evidence(head.practice, id);
        let sealer = FieldSealer::new(head.practice, recall.evidence.key.clone(), self.entropy.clone());
        let message = &seen.message;
        let plaintext = seen
            .secret
            .as_ref()
            .and_then(|secret| message.plaintext(head.practice, head.id, recall.content_key, secret));
        let text = plaintext.as_ref().and_then(|plaintext| plaintext.as_str().ok());
        let (name, kept) = match text {
            Some(text) => ("sealed", Zeroizing::new(text.to_owned())),
            None => {
                let stored = message.sealed.as_deref().unwrap_or_default();
                ("sealed_unreadable", Zeroizing::new(STANDARD.encode(stored)))
            }
        };
        let opened = done.opened.as_ref();
        NewItem::new(&key)
            .with("conversation", string(head.id))
            .with("patient", string(head.patient))
            .with("seq", number(message.seq))
            .with("msg_id", string(message.id))
            .with("sender", string(&message.sender))
            .with("msg_kind", string(message.kind.as_str()))
            .with("sent_at", number(message.sent_at.as_millis()))
            .with("recalled_at", number(done.at.as_millis()))
            .with("recalled_by", string(recall.by))
            .with("reason", string(done.reason.as_str()))
            .with_some("opened_at", opened.map(|opened| number(opened.at.as_millis())))
            .with_some("opened_by", opened.map(|opened| string(opened.by)))
            .with_some("opened_session", opened.map(|opened| string(&opened.session)))
            .with("wrapped_key", binary(recall.evidence.wrapped.clone()))
            .with(name, sealer.seal(&key, name, &kept))
            .with_some("sealed_note", recall.note.map(|note| sealer.seal(&key, "sealed_note", note.expose())))
            .build()
    }
}

fn is_said_by_practice(message: &StoredMessage) -> bool {
    message.side == Side::Practice && message.kind != MessageKind::Recall
}

/// The head: the next number, and the recalled one. It must stand as it was read, above all in what was opened.
fn head_change(head: &Head, seq: u64, event_seq: u64) -> Change {
    let mut recalled = head.recalled.clone();
    recalled.push(seq);
    recalled.sort_unstable();
    let oldest = recalled.len().saturating_sub(NAMED_IN_HEAD);
    let condition = if head.opened_through == 0 {
        "last_seq = :old AND attribute_not_exists(opened_through)"
    } else {
        "last_seq = :old AND opened_through = :opened"
    };
    let change = Change::new(head.key(), "SET last_seq = :seq, recalled = :recalled")
        .when(condition)
        .value(":old", number(head.last_seq))
        .value(":seq", number(event_seq))
        .value(":recalled", names(&recalled[oldest..]));
    if head.opened_through == 0 { change } else { change.value(":opened", number(head.opened_through)) }
}

/// What is left of the message: its place, and the answer to whoever recalls it again.
fn tombstone(head: &Head, recall: &Recall<'_>, done: &Recalled, by: &str) -> Change {
    let update = match (&done.opened, &done.evidence) {
        (None, None) => "SET recalled_at = :at, recalled_by = :by, recall_reason = :reason REMOVE sealed",
        (None, Some(_)) => {
            "SET recalled_at = :at, recalled_by = :by, recall_reason = :reason, evidence = :evidence REMOVE sealed"
        }
        (Some(_), None) => {
            "SET recalled_at = :at, recalled_by = :by, recall_reason = :reason, opened_at = :opened_at, \
             opened_by = :opened_by, opened_session = :opened_session REMOVE sealed"
        }
        (Some(_), Some(_)) => {
            "SET recalled_at = :at, recalled_by = :by, recall_reason = :reason, evidence = :evidence, \
             opened_at = :opened_at, opened_by = :opened_by, opened_session = :opened_session REMOVE sealed"
        }
    };
    let mut change = Change::new(keys::message(head.practice, head.id, recall.seq), update)
        .when("attribute_exists(PK) AND attribute_not_exists(recalled_at)")
        .value(":at", number(done.at.as_millis()))
        .value(":by", string(by))
        .value(":reason", string(done.reason.as_str()));
    if let Some(evidence) = done.evidence {
        change = change.value(":evidence", string(evidence));
    }
    if let Some(opened) = &done.opened {
        change = change
            .value(":opened_at", number(opened.at.as_millis()))
            .value(":opened_by", string(opened.by))
            .value(":opened_session", string(&opened.session));
    }
    change
}

/// What the audit log says of it: the reason, what was kept, and who had opened it in which session when.
fn told(recall: &Recall<'_>, done: &Recalled, event_seq: u64) -> Event {
    let evidence = done.evidence.map_or_else(|| "shredded".to_owned(), |id| id.to_string());
    let opened = match &done.opened {
        Some(Opening { at, by, session }) => format!("{by},{session},{at}"),
        None => "unopened".to_owned(),
    };
    let object = Some(format!("{},{evidence},{opened}", done.reason.as_str()));
    Event { seqs: Some((recall.seq, event_seq)), object, ..recall.event.clone() }
}

fn opening_from(item: &Item) -> Result<Option<Opening>, StoreError> {
    let Some(at) = item.optional_time("opened_at") else { return Ok(None) };
    let session = item.text("opened_session")?.to_owned();
    Ok(Some(Opening { at, by: item.parsed("opened_by", AccountId::parse)?, session }))
}

fn recalled_from(item: &Item) -> Result<Option<Recalled>, StoreError> {
    let Some(at) = item.optional_time("recalled_at") else { return Ok(None) };
    let evidence = item.optional_text("evidence").map(EvidenceId::parse).transpose();
    Ok(Some(Recalled {
        at,
        reason: item.one_of("recall_reason", RecallReason::from_stored)?,
        opened: opening_from(item)?,
        evidence: evidence.map_err(|_| StoreError::Malformed("evidence"))?,
    }))
}
