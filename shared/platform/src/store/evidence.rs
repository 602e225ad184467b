//! What recalls have kept, and the requests to open it. Evidence lies in the audit table, which nobody changes; a request
//! is one item of the chat table, and whatever becomes of it is one conditional write with its event.

use domain::{
    audit::Event,
    evidence::{Decision, Reason, Request, Standing, Word},
    id::{AccountId, ConversationId, EvidenceId, MessageId, PatientId, PracticeId, StaffId},
    message::MessageKind,
    recall::RecallReason,
    role::{Act, may},
    time::Timestamp,
};
use serde::Deserialize;

use super::{
    Cancelled, Store, StoreError, Write, audit,
    item::{Attributes, Item, number, string},
    keys,
    outbox::{self, Subject},
    recall::Opening,
    staff::Staff,
    table::{Change, Query, Sort, Table},
};
use crate::{keys::KeyScope, sealing::FieldSealer};

/// Most of the staff who are told of one request.
const TOLD_MAX: usize = 80;

/// What was kept of a recalled message, still sealed.
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// The practice.
    pub practice: PracticeId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The patient of the conversation.
    pub patient: PatientId,
    /// The place of the message.
    pub seq: u64,
    /// The message.
    pub message: MessageId,
    /// Who sent it.
    pub sender: StaffId,
    /// What kind it was.
    pub kind: MessageKind,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was recalled.
    pub recalled_at: Timestamp,
    /// By whom.
    pub recalled_by: StaffId,
    /// Why.
    pub reason: RecallReason,
    /// Who on the patient's side had opened it first, if anybody had.
    pub opened: Option<Opening>,
    /// Its own data key, as KMS wrapped it.
    pub wrapped_key: Vec<u8>,
    item: Item,
}

/// What was kept, opened.
pub struct OpenedEvidence {
    /// The text; `None` for a message that did not open any more when it was recalled.
    pub text: Option<String>,
    /// What whoever recalled it wanted the auditor to know.
    pub note: Option<String>,
}

/// The part of a sealed message that is read here.
#[derive(Deserialize)]
struct Kept {
    text: String,
}

impl Evidence {
    fn from_item(practice: PracticeId, id: EvidenceId, item: Item) -> Result<Self, StoreError> {
        let opened = match item.optional_time("opened_at") {
            Some(at) => Some(Opening {
                at,
                by: item.parsed("opened_by", AccountId::parse)?,
                session: item.text("opened_session")?.to_owned(),
            }),
            None => None,
        };
        Ok(Self {
            id,
            practice,
            conversation: item.parsed("conversation", ConversationId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            seq: item.number("seq")?,
            message: item.parsed("msg_id", MessageId::parse)?,
            sender: item.parsed("sender", StaffId::parse)?,
            kind: item.one_of("msg_kind", MessageKind::from_stored)?,
            sent_at: item.time("sent_at")?,
            recalled_at: item.time("recalled_at")?,
            recalled_by: item.parsed("recalled_by", StaffId::parse)?,
            reason: item.one_of("reason", RecallReason::from_stored)?,
            opened,
            wrapped_key: item.bytes("wrapped_key")?.to_vec(),
            item,
        })
    }

    /// What its key belongs to.
    pub const fn scope(&self) -> KeyScope {
        KeyScope::of_evidence(self.practice, self.patient, self.conversation)
    }

    /// Opens it with its own key.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it does not open.
    pub fn open(&self, sealer: &FieldSealer) -> Result<OpenedEvidence, StoreError> {
        open_evidence(&self.item, sealer)
    }
}

/// Opens what was kept of a message.
///
/// # Errors
/// [`StoreError::Malformed`] if it does not open.
pub fn open_evidence(item: &Item, sealer: &FieldSealer) -> Result<OpenedEvidence, StoreError> {
    let text = if item.optional_bytes("sealed").is_some() {
        let kept: Kept = serde_json::from_str(&sealer.open(item, "sealed")?)
            .map_err(|_| StoreError::Malformed("sealed"))?;
        Some(kept.text)
    } else {
        // It has to be there, sealed as it was found.
        sealer.open(item, "sealed_unreadable").map(drop)?;
        None
    };
    let note = item.optional_bytes("sealed_note").is_some().then(|| sealer.open(item, "sealed_note"));
    Ok(OpenedEvidence { text, note: note.transpose()? })
}

/// A request as it is stored.
pub struct StoredRequest {
    /// What it asks for.
    pub evidence: EvidenceId,
    /// The conversation of the message.
    pub conversation: ConversationId,
    /// Its patient.
    pub patient: PatientId,
    /// Who asked when, and what came of it.
    pub request: Request,
    /// Why they asked; `None` if that does not open any more.
    pub reason: Option<String>,
}

/// Name of the sealed reason of a request.
const REASON: &str = "sealed_reason";

impl StoredRequest {
    fn from_item(item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        let decision = match item.optional_time("decided_at") {
            Some(at) => Some(Decision {
                word: item.one_of("word", Word::from_stored)?,
                by: item.parsed("decided_by", StaffId::parse)?,
                at,
            }),
            None => None,
        };
        Ok(Self {
            evidence: EvidenceId::parse(item.text(keys::SK)?).map_err(|_| StoreError::Malformed("SK"))?,
            conversation: item.parsed("conversation", ConversationId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            request: Request {
                asked_by: item.parsed("asked_by", StaffId::parse)?,
                asked_at: item.time("asked_at")?,
                alone: item.number::<u8>("alone")? == 1,
                decision,
            },
            reason: sealer.open(item, REASON).ok(),
        })
    }
}

/// What became of asking.
pub enum Asked {
    /// It waits now.
    Done(StoredRequest),
    /// One was there that waits or is open.
    Before(StoredRequest),
}

/// What became of deciding.
pub enum Decided {
    /// It is decided.
    Done(StoredRequest),
    /// Nobody has asked.
    Missing,
    /// It is one's own request: it takes a second person.
    Own,
    /// It does not wait any more.
    NotWaiting,
}

/// Whether somebody of the staff could decide about a request of another.
fn decides(staff: &Staff, asked_by: StaffId) -> bool {
    staff.active && staff.id != asked_by && may(&staff.roles, Act::DecideEvidence)
}

impl Store {
    /// What was kept of a recalled message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn evidence(
        &self,
        practice: PracticeId,
        id: EvidenceId,
    ) -> Result<Option<Evidence>, StoreError> {
        let found = self.get_many_of(Table::Audit, &[keys::evidence(practice, id)]).await?.pop().flatten();
        found.map(|item| Evidence::from_item(practice, id, item)).transpose()
    }

    /// The last request to open it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn evidence_request(
        &self,
        practice: PracticeId,
        id: EvidenceId,
        sealer: &FieldSealer,
    ) -> Result<Option<StoredRequest>, StoreError> {
        let item = self.get(&keys::evidence_request(practice, id)).await?;
        item.map(|item| StoredRequest::from_item(&item, sealer)).transpose()
    }

    /// One page of requests, the message recalled last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn evidence_requests(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<(Vec<StoredRequest>, Option<Attributes>), StoreError> {
        let partition = keys::evidence_request_partition(practice);
        let query =
            Query { ascending: false, limit: Some(limit), start, ..Query::new(&partition, Sort::All) };
        let page = self.query(query).await?;
        let requests = page.items.iter().map(|item| StoredRequest::from_item(item, sealer));
        Ok((requests.collect::<Result<_, _>>()?, page.next))
    }

    /// Asks to open what was kept, and tells those who can decide: everybody of the staff where nobody else can. A
    /// request that is past makes room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_for_evidence(
        &self,
        evidence: &Evidence,
        asked_by: StaffId,
        reason: &Reason,
        sealer: &FieldSealer,
        event: &Event,
    ) -> Result<Asked, StoreError> {
        let (practice, now) = (evidence.practice, event.at);
        let key = keys::evidence_request(practice, evidence.id);
        let (mut before, staff) = tokio::try_join!(
            self.evidence_request(practice, evidence.id, sealer),
            self.all_staff(practice, sealer)
        )?;
        let alone = !staff.iter().any(|staff| decides(staff, asked_by));
        let told = staff.iter().filter(|staff| decides(staff, asked_by) || (alone && staff.active));
        let told: Vec<StaffId> = told.map(|staff| staff.id).take(TOLD_MAX).collect();
        for _ in 0..2 {
            if let Some(there) = before.take_if(|there| !there.request.standing(now).is_past()) {
                return Ok(Asked::Before(there));
            }
            let condition = match &before {
                None => "attribute_not_exists(PK)",
                Some(_) => "asked_at = :before",
            };
            let mut change = Change::new(
                key.clone(),
                "SET conversation = :conversation, patient = :patient, asked_by = :by, asked_at = :now, \
                 alone = :alone, sealed_reason = :reason REMOVE word, decided_by, decided_at",
            )
            .when(condition)
            .value(":conversation", string(evidence.conversation))
            .value(":patient", string(evidence.patient))
            .value(":by", string(asked_by))
            .value(":now", number(now.as_millis()))
            .value(":alone", number(i128::from(alone)))
            .value(":reason", sealer.seal(&key, REASON, reason.expose()));
            if let Some(before) = &before {
                change = change.value(":before", number(before.request.asked_at.as_millis()));
            }
            let mut writes = vec![Write::Update(change), audit::write(event)];
            writes.extend(told.iter().map(|staff| {
                let id = format!("{}-{staff}", event.id);
                let subject = Subject::EvidenceAsked { staff: *staff };
                Write::Create(Table::Chat, outbox::passing_item(practice, &id, &subject, now))
            }));
            match self.transact_patiently(|| writes.clone()).await? {
                Ok(()) => {
                    return Ok(Asked::Done(StoredRequest {
                        evidence: evidence.id,
                        conversation: evidence.conversation,
                        patient: evidence.patient,
                        request: Request { asked_by, asked_at: now, alone, decision: None },
                        reason: Some(reason.expose().to_owned()),
                    }));
                }
                Err(Cancelled::Conflict) => return Err(StoreError::Contended),
                // Somebody has asked meanwhile.
                Err(Cancelled::Condition(..)) => {
                    before = self.evidence_request(practice, evidence.id, sealer).await?;
                }
            }
        }
        Err(StoreError::Contended)
    }

    /// Says a second person's word about a request that waits. The event is filled in with what it is about.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decide_evidence(
        &self,
        practice: PracticeId,
        id: EvidenceId,
        decision: Decision,
        sealer: &FieldSealer,
        event: Event,
    ) -> Result<Decided, StoreError> {
        let Some(stored) = self.evidence_request(practice, id, sealer).await? else {
            return Ok(Decided::Missing);
        };
        if stored.request.asked_by == decision.by {
            return Ok(Decided::Own);
        }
        if stored.request.standing(decision.at) != Standing::Waiting {
            return Ok(Decided::NotWaiting);
        }
        let change = Change::new(
            keys::evidence_request(practice, id),
            "SET word = :word, decided_by = :by, decided_at = :now",
        )
        .when("asked_at = :asked AND attribute_not_exists(decided_at)")
        .value(":asked", number(stored.request.asked_at.as_millis()))
        .value(":word", string(decision.word.as_str()))
        .value(":by", string(decision.by))
        .value(":now", number(decision.at.as_millis()));
        let event = Event {
            patient: Some(stored.patient),
            conversation: Some(stored.conversation),
            object: Some(format!("{id},{},{}", decision.word.as_str(), stored.request.asked_by)),
            ..event
        };
        let writes = || vec![Write::Update(change.clone()), audit::write(&event)];
        match self.transact_patiently(writes).await? {
            Ok(()) => {
                let request = Request { decision: Some(decision), ..stored.request };
                Ok(Decided::Done(StoredRequest { request, ..stored }))
            }
            Err(Cancelled::Condition(..)) => Ok(Decided::NotWaiting),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }
}
