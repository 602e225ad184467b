//! Every key of every table. No other file writes a key string.

use domain::{
    contact::ContactKind,
    id::{
        AccountId, ContactPointId, ConversationId, EventId, EvidenceId, FlowId, NoteId, PatientId,
        PracticeId, StaffId, TaskId, TextId, VisitId,
    },
    practice::Slug,
    text::TextState,
    time::Timestamp,
};

/// Name of the partition key attribute of each table.
pub const PK: &str = "PK";
/// Name of the sort key attribute of each table.
pub const SK: &str = "SK";
/// Sort key of an item that describes the thing itself.
pub const PROFILE: &str = "PROFILE";

/// Index: conversations of a practice by state.
pub const INBOX_INDEX: &str = "inbox";
/// Index: open conversations by assignee.
pub const QUEUE_INDEX: &str = "queue";
/// Index: conversations with something the practice has not read.
pub const UNREAD_INDEX: &str = "unread";
/// Index: outbox items by when they are due.
pub const DUE_INDEX: &str = "due";
/// Over how many partitions due items are spread.
pub const DUE_SHARDS: u64 = 16;

/// The key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ItemKey {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl ItemKey {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// A practice.
pub fn practice(practice: PracticeId) -> ItemKey {
    ItemKey::new(format!("PRACTICE#{practice}"), PROFILE)
}

/// The practice behind a short name.
pub fn slug(slug: &Slug) -> ItemKey {
    ItemKey::new(format!("SLUG#{slug}"), PROFILE)
}

/// Sort key prefix of staff in a practice's partition.
pub const STAFF_PREFIX: &str = "STAFF#";

/// A member of staff.
pub fn staff(practice: PracticeId, staff: StaffId) -> ItemKey {
    ItemKey::new(format!("PRACTICE#{practice}"), format!("{STAFF_PREFIX}{staff}"))
}

/// The partition of whoever signs in: an account or a member of staff. Sessions live in it.
pub fn holder_partition(practice: PracticeId, holder: impl std::fmt::Display) -> String {
    format!("ACCOUNT#{practice}#{holder}")
}

/// An account.
pub fn account(practice: PracticeId, account: AccountId) -> ItemKey {
    ItemKey::new(holder_partition(practice, account), PROFILE)
}

/// Sort key prefix of grants and sessions.
pub const GRANT_PREFIX: &str = "GRANT#";
/// Sort key prefix of sessions.
pub const SESSION_PREFIX: &str = "SESSION#";

/// A grant as the account sees it.
pub fn account_grant(practice: PracticeId, account: AccountId, patient: PatientId) -> ItemKey {
    ItemKey::new(holder_partition(practice, account), format!("{GRANT_PREFIX}{patient}"))
}

/// Sort key prefix of remembered devices.
pub const DEVICE_PREFIX: &str = "DEVICE#";
/// Sort key prefix of browsers that an account has signed in with.
pub const KNOWN_PREFIX: &str = "KNOWN#";

/// A browser that an account has signed in with, by the hash of what it keeps.
pub fn known_browser(practice: PracticeId, account: AccountId, hash: &str) -> ItemKey {
    ItemKey::new(holder_partition(practice, account), format!("{KNOWN_PREFIX}{hash}"))
}

/// Sort key prefix of passkeys.
pub const PASSKEY_PREFIX: &str = "PASSKEY#";

/// A remembered device, by the hash of its secret.
pub fn device(practice: PracticeId, account: AccountId, hash: &str) -> ItemKey {
    ItemKey::new(holder_partition(practice, account), format!("{DEVICE_PREFIX}{hash}"))
}

/// A passkey, by the hash of its credential id.
pub fn passkey(practice: PracticeId, holder: impl std::fmt::Display, hash: &str) -> ItemKey {
    ItemKey::new(holder_partition(practice, holder), format!("{PASSKEY_PREFIX}{hash}"))
}

/// The code generator of a member of staff, with its recovery codes.
pub fn totp(practice: PracticeId, staff: StaffId) -> ItemKey {
    ItemKey::new(holder_partition(practice, staff), "TOTP")
}

/// A link made at the desk that connects a phone, by the hash of its token.
pub fn device_link(token_hash: &str) -> ItemKey {
    ItemKey::new(format!("LINK#{token_hash}"), "DEVICE")
}

/// What happened at a way in to a patient, as staff see it.
pub fn reach(practice: PracticeId, patient: PatientId, at: Timestamp, event: EventId) -> ItemKey {
    ItemKey::new(patient_partition(practice, patient), format!("{REACH_PREFIX}{at}#{event}"))
}

/// How often wrong birth dates were tried for a patient.
pub fn tries(practice: PracticeId, patient: PatientId) -> ItemKey {
    ItemKey::new(patient_partition(practice, patient), "TRIES")
}

/// Sort key prefix of what [`reach`] keeps.
pub const REACH_PREFIX: &str = "REACH#";

/// Time and id of a sort key that [`reach`] made.
pub fn parse_reach(sk: &str) -> Option<(Timestamp, EventId)> {
    let (at, id) = sk.strip_prefix(REACH_PREFIX)?.split_once('#')?;
    Some((Timestamp::parse(at).ok()?, EventId::parse(id).ok()?))
}

/// The link by which the holder of an account ends every session of it, by the hash of its token.
pub fn revoke_link(token_hash: &str) -> ItemKey {
    ItemKey::new(format!("LINK#{token_hash}"), "REVOKE")
}

/// Unsent text of whoever signs in: for a conversation, or for a new one.
pub fn draft(practice: PracticeId, holder: impl std::fmt::Display, place: impl std::fmt::Display) -> ItemKey {
    ItemKey::new(holder_partition(practice, holder), format!("DRAFT#{place}"))
}

/// A session, by the hash of its secret.
pub fn session(practice: PracticeId, holder: impl std::fmt::Display, hash: &str) -> ItemKey {
    ItemKey::new(holder_partition(practice, holder), format!("{SESSION_PREFIX}{hash}"))
}

/// The partition of a patient.
pub fn patient_partition(practice: PracticeId, patient: PatientId) -> String {
    format!("PATIENT#{practice}#{patient}")
}

/// A patient.
pub fn patient(practice: PracticeId, patient: PatientId) -> ItemKey {
    ItemKey::new(patient_partition(practice, patient), PROFILE)
}

/// A grant as the patient's record sees it.
pub fn patient_grant(practice: PracticeId, patient: PatientId, account: AccountId) -> ItemKey {
    ItemKey::new(patient_partition(practice, patient), format!("{GRANT_PREFIX}{account}"))
}

/// Sort key prefix of a patient's conversations.
pub const PATIENT_CONVERSATION_PREFIX: &str = "CONV#";

/// That a patient has this conversation.
pub fn patient_conversation(
    practice: PracticeId,
    patient: PatientId,
    conversation: ConversationId,
) -> ItemKey {
    ItemKey::new(patient_partition(practice, patient), format!("{PATIENT_CONVERSATION_PREFIX}{conversation}"))
}

/// The partition of a contact point.
pub fn contact_point_partition(practice: PracticeId, point: ContactPointId) -> String {
    format!("CP#{practice}#{point}")
}

/// A contact point.
pub fn contact_point(practice: PracticeId, point: ContactPointId) -> ItemKey {
    ItemKey::new(contact_point_partition(practice, point), "POINT")
}

/// Sort key prefix of the accounts that a contact point leads to.
pub const CONTACT_ACCOUNT_PREFIX: &str = "ACCOUNT#";

/// That a contact point leads to this account.
pub fn contact_account(practice: PracticeId, point: ContactPointId, account: AccountId) -> ItemKey {
    ItemKey::new(contact_point_partition(practice, point), format!("{CONTACT_ACCOUNT_PREFIX}{account}"))
}

/// Sort key prefix of what was agreed to at a contact point.
pub const CONSENT_PREFIX: &str = "CONSENT#";

/// A line of the ledger of consents: in the order of time, and named by its event.
pub fn consent(practice: PracticeId, point: ContactPointId, at: Timestamp, event: EventId) -> ItemKey {
    ItemKey::new(contact_point_partition(practice, point), format!("{CONSENT_PREFIX}{at}#{event}"))
}

/// Version of the index key that lookups are hashed with. Another version is another partition, so that the
/// key can be replaced while both are read.
const INDEX_VERSION: u32 = 1;

/// The contact point of a patient's address, by its blind index.
pub fn contact_lookup(practice: PracticeId, blind: &str) -> ItemKey {
    ItemKey::new(format!("CONTACT#{practice}#{INDEX_VERSION}#{blind}"), "CP")
}

/// The member of staff with this address, by its blind index. Beside the patients' and never mixed with them.
pub fn staff_lookup(practice: PracticeId, blind: &str) -> ItemKey {
    ItemKey::new(format!("CONTACT#{practice}#{INDEX_VERSION}#{blind}"), "STAFF")
}

/// What the blind index of an address is made over: the kind keeps a phone from meeting a mailbox.
pub fn contact_blind_input(kind: ContactKind, value: &str) -> String {
    format!("{}:{value}", kind.as_str())
}

/// The partition of one term of the name index.
pub fn name_index_partition(practice: PracticeId, blind: &str) -> String {
    format!("NAMEIX#{practice}#{INDEX_VERSION}#{blind}")
}

/// That a patient is found under a term.
pub fn name_index(practice: PracticeId, blind: &str, patient: PatientId) -> ItemKey {
    ItemKey::new(name_index_partition(practice, blind), patient.to_string())
}

/// A sign-in attempt.
pub fn flow(practice: PracticeId, flow: FlowId) -> ItemKey {
    ItemKey::new(format!("FLOW#{practice}#{flow}"), "FLOW")
}

/// A notice link, by the hash of its token. The one partition besides the slug that does not begin with a
/// practice: the token alone has to lead to it.
pub fn notice_link(token_hash: &str) -> ItemKey {
    ItemKey::new(format!("LINK#{token_hash}"), "LINK")
}

/// The partition of a conversation.
pub fn conversation_partition(practice: PracticeId, conversation: ConversationId) -> String {
    format!("CONV#{practice}#{conversation}")
}

/// The head of a conversation.
pub fn conversation(practice: PracticeId, conversation: ConversationId) -> ItemKey {
    ItemKey::new(conversation_partition(practice, conversation), "HEAD")
}

/// Sort key prefix of messages.
pub const MESSAGE_PREFIX: &str = "MSG#";

/// Sort key of a message, and of its secret in the table of message keys.
pub fn message_sort_key(seq: u64) -> String {
    format!("{MESSAGE_PREFIX}{seq:012}")
}

/// Sort key prefix of internal notes.
pub const NOTE_PREFIX: &str = "NOTE#";

/// An internal note of staff beside a conversation. Its id begins with its time.
pub fn note(practice: PracticeId, conversation: ConversationId, note: NoteId) -> ItemKey {
    ItemKey::new(conversation_partition(practice, conversation), format!("{NOTE_PREFIX}{note}"))
}

/// A message, or its secret in the table of message keys.
pub fn message(practice: PracticeId, conversation: ConversationId, seq: u64) -> ItemKey {
    ItemKey::new(conversation_partition(practice, conversation), message_sort_key(seq))
}

/// Sort key of the opening that reached a sequence number.
pub fn opening_sort_key(through: u64) -> String {
    format!("OPENED#{through:012}")
}

/// That the patient's side opened a conversation up to a sequence number: who, when, in which session.
pub fn opening(practice: PracticeId, conversation: ConversationId, through: u64) -> ItemKey {
    ItemKey::new(conversation_partition(practice, conversation), opening_sort_key(through))
}

/// What was kept of a recalled message, in the audit table.
pub fn evidence(practice: PracticeId, evidence: EvidenceId) -> ItemKey {
    ItemKey::new(format!("EVIDENCE#{practice}#{evidence}"), "EVIDENCE")
}

/// The partition of a practice's requests to open evidence, in the chat table.
pub fn evidence_request_partition(practice: PracticeId) -> String {
    format!("ASKED#{practice}")
}

/// The last request to open what was kept of one message.
pub fn evidence_request(practice: PracticeId, evidence: EvidenceId) -> ItemKey {
    ItemKey::new(evidence_request_partition(practice), evidence.to_string())
}

/// Prefix of every outbox partition; the stream filter of template.yaml looks for it.
pub const OUTBOX_PREFIX: &str = "OUTBOX#";

/// What the id of an outbox item begins with that tells of a message: the id alone says that it waits.
pub const MESSAGE_OUTBOX_PREFIX: &str = "msg-";

/// An item of the outbox.
pub fn outbox(practice: PracticeId, id: &str) -> ItemKey {
    ItemKey::new(format!("{OUTBOX_PREFIX}{practice}#{id}"), "OUT")
}

/// Practice and id of an outbox partition.
pub fn parse_outbox(pk: &str) -> Option<(PracticeId, &str)> {
    let (practice, id) = pk.strip_prefix(OUTBOX_PREFIX)?.split_once('#')?;
    Some((PracticeId::parse(practice).ok()?, id))
}

/// What the id of an outbox item begins with that reminds of a message: it waits for days, and wakes nobody before.
pub const REMINDER_OUTBOX_PREFIX: &str = "remind-";

/// What the id of an outbox item begins with that another contact is told by, because a notice came back.
pub const INSTEAD_OUTBOX_PREFIX: &str = "instead-";

/// A message that a provider took, by the hash of the provider's id of it. The provider's report names nothing else, so
/// the partition does not begin with a practice.
pub fn posted(provider_id_hash: &str) -> ItemKey {
    ItemKey::new(format!("POSTED#{provider_id_hash}"), "POSTED")
}

/// A partition of the due index. Its sort key is the due time, so one query finds all that is due, however long
/// nobody looked.
pub fn due_partition(shard: u64) -> String {
    format!("DUE#{shard}")
}

/// What a practice has decided about its texts.
pub fn text_settings(practice: PracticeId) -> ItemKey {
    ItemKey::new(format!("PRACTICE#{practice}"), "TEXTS")
}

/// Prefix of the partition of a scheduled text.
const TEXT_PREFIX: &str = "TEXT#";

/// A scheduled text.
pub fn text(practice: PracticeId, text: TextId) -> ItemKey {
    ItemKey::new(format!("{TEXT_PREFIX}{practice}#{text}"), "TEXT")
}

/// Practice and id of a text's partition.
pub fn parse_text(pk: &str) -> Option<(PracticeId, TextId)> {
    let (practice, id) = pk.strip_prefix(TEXT_PREFIX)?.split_once('#')?;
    Some((PracticeId::parse(practice).ok()?, TextId::parse(id).ok()?))
}

/// A partition of the due index that holds texts alone.
pub fn text_due_partition(shard: u64) -> String {
    format!("TEXTDUE#{shard}")
}

/// The shard of the due index that a text stands in.
pub fn text_shard(text: TextId) -> u64 {
    u64::from(text.to_bytes()[15]) % DUE_SHARDS
}

/// Partition of the lists of texts: of one state in the inbox index, of all in the queue index.
pub fn texts_partition(practice: PracticeId, state: Option<TextState>) -> String {
    match state {
        Some(state) => format!("{practice}#text#{}", state.as_str()),
        None => format!("{practice}#text"),
    }
}

/// A text that came in, by the keyed hash of its provider's id or of its words.
pub fn inbound(practice: PracticeId, blind: &str) -> ItemKey {
    ItemKey::new(format!("INBOUND#{practice}#{INDEX_VERSION}#{blind}"), "INBOUND")
}

/// Sort key prefix of what nobody has looked at.
pub const OPEN_PREFIX: &str = "OPEN#";

/// The partition of what staff of a practice have to look at because of texts.
pub fn text_tasks_partition(practice: PracticeId) -> String {
    format!("TEXTTASK#{practice}")
}

/// Something that staff have to look at. Its id begins with its time.
pub fn text_task(practice: PracticeId, task: TaskId) -> ItemKey {
    ItemKey::new(text_tasks_partition(practice), format!("{OPEN_PREFIX}{task}"))
}

/// The id of a sort key that [`text_task`] made.
pub fn parse_text_task(sk: &str) -> Option<TaskId> {
    TaskId::parse(sk.strip_prefix(OPEN_PREFIX)?).ok()
}

/// The visits that a contact point was asked about last.
pub fn offered(practice: PracticeId, point: ContactPointId) -> ItemKey {
    ItemKey::new(contact_point_partition(practice, point), "OFFERED")
}

/// A visit.
pub fn visit(practice: PracticeId, visit: VisitId) -> ItemKey {
    ItemKey::new(format!("VISIT#{practice}#{visit}"), "VISIT")
}

/// The visit behind a number of the practice's own system, by its blind index.
pub fn visit_lookup(practice: PracticeId, blind: &str) -> ItemKey {
    ItemKey::new(format!("VISITX#{practice}#{INDEX_VERSION}#{blind}"), "VISIT")
}

/// The partition of the visits that begin on one day in UTC.
pub fn visit_day_partition(practice: PracticeId, day: Timestamp) -> String {
    format!("VISITDAY#{practice}#{}", day.utc_day())
}

/// That a visit begins at this time.
pub fn visit_day(practice: PracticeId, starts_at: Timestamp, visit: VisitId) -> ItemKey {
    ItemKey::new(visit_day_partition(practice, starts_at), format!("{starts_at}#{visit}"))
}

/// Time and id of a sort key that [`visit_day`] made.
pub fn parse_visit_day(sk: &str) -> Option<(Timestamp, VisitId)> {
    let (at, id) = sk.split_once('#')?;
    Some((Timestamp::parse(at).ok()?, VisitId::parse(id).ok()?))
}

/// Sort key prefix of the visits that a contact point was reminded of.
pub const ASKED_PREFIX: &str = "ASKED#";

/// That a contact point was reminded of a visit and may answer.
pub fn asked(practice: PracticeId, point: ContactPointId, visit: VisitId) -> ItemKey {
    ItemKey::new(contact_point_partition(practice, point), format!("{ASKED_PREFIX}{visit}"))
}

/// The visit of a sort key that [`asked`] made.
pub fn parse_asked(sk: &str) -> Option<VisitId> {
    VisitId::parse(sk.strip_prefix(ASKED_PREFIX)?).ok()
}

/// The result of a create that carried an idempotency key.
pub fn idempotency(practice: PracticeId, sender: impl std::fmt::Display, key_hash: &str) -> ItemKey {
    ItemKey::new(format!("IDEM#{practice}#{sender}#{key_hash}"), "IDEM")
}

/// A counter of a limit, for one window of time.
pub fn rate(practice: PracticeId, scope: &str, subject: &str, window: i64) -> ItemKey {
    ItemKey::new(format!("RATE#{practice}#{scope}#{subject}"), format!("BUCKET#{window}"))
}

/// Prefix of every partition of audit events; the stream filter of template.yaml looks for it.
pub const EVENT_PREFIX: &str = "EVENT#";

/// The partition of a practice's audit events of one day.
pub fn audit_partition(practice: PracticeId, day: Timestamp) -> String {
    format!("{EVENT_PREFIX}{practice}#{}", day.utc_day())
}

/// An audit event: a partition for each practice and day.
pub fn audit(practice: PracticeId, at: Timestamp, event: EventId) -> ItemKey {
    ItemKey::new(audit_partition(practice, at), event.to_string())
}

/// Practice and id of an audit event, if the partition is that of the day in the id.
pub fn parse_audit(pk: &str, sk: &str) -> Option<(PracticeId, EventId)> {
    let (practice, _) = pk.strip_prefix(EVENT_PREFIX)?.split_once('#')?;
    let (practice, event) = (PracticeId::parse(practice).ok()?, EventId::parse(sk).ok()?);
    (audit(practice, event.at(), event).pk == pk).then_some((practice, event))
}

/// The partition of a practice's audit chain.
pub fn chain_partition(practice: PracticeId) -> String {
    format!("CHAIN#{practice}")
}

/// Sort key of what begins with, or stands at, an index of the audit chain.
pub fn chain_sort_key(index: u64) -> String {
    format!("{index:012}")
}

/// A segment of a practice's audit chain, by the index of its first event.
pub fn chain(practice: PracticeId, first: u64) -> ItemKey {
    ItemKey::new(chain_partition(practice), chain_sort_key(first))
}

/// The partition of a practice's signed checkpoints.
pub fn checkpoint_partition(practice: PracticeId) -> String {
    format!("CHECKPOINT#{practice}")
}

/// The signed checkpoint of an index.
pub fn checkpoint(practice: PracticeId, index: u64) -> ItemKey {
    ItemKey::new(checkpoint_partition(practice), chain_sort_key(index))
}

/// The partition of where the audit log speaks of a patient: one for each value of the last byte of their id, which is
/// random, so that the notes of many share a write.
pub fn subject_partition(practice: PracticeId, patient: PatientId) -> String {
    let [.., shelf] = patient.to_bytes();
    format!("SUBJECT#{practice}#{shelf:02x}")
}

/// Which events from this index on speak of patients of that partition.
pub fn subject(practice: PracticeId, patient: PatientId, first: u64) -> ItemKey {
    ItemKey::new(subject_partition(practice, patient), chain_sort_key(first))
}

/// The partition of all practices that have audit events. The schedule has to find them without a scan.
pub const AUDITED: &str = "AUDITED";

/// How far the audit log of a practice was looked through, kept and signed.
pub fn audited(practice: PracticeId) -> ItemKey {
    ItemKey::new(AUDITED, practice.to_string())
}

/// Partition of the inbox index.
pub fn inbox_partition(practice: PracticeId, state: &str) -> String {
    format!("{practice}#{state}")
}

/// Partition of the queue index: open conversations of an assignee, or of nobody.
pub fn queue_partition(practice: PracticeId, assignee: Option<StaffId>) -> String {
    match assignee {
        Some(staff) => format!("{practice}#open#{staff}"),
        None => format!("{practice}#open#none"),
    }
}

/// Partition of the unread index.
pub fn unread_partition(practice: PracticeId) -> String {
    format!("{practice}#unread")
}

/// Sort key of the activity indexes: time first, then what makes it unique.
pub fn activity(at: Timestamp, conversation: ConversationId) -> String {
    format!("{at}#{conversation}")
}
