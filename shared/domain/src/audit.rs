//! What the audit log says: who did what to whom, when, with which outcome. Ids and verbs only, never content.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, ConversationId, EventId, PatientId, PracticeId, StaffId},
    time::Timestamp,
};

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorId {
    /// An account of the patient portal.
    Account(AccountId),
    /// A member of staff.
    Staff(StaffId),
    /// The operator at the command line, or the product itself.
    System,
}

impl std::fmt::Display for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => id.fmt(f),
            Self::Staff(id) => id.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// A session began.
    SignedIn,
    /// A session was ended by its holder.
    SignedOut,
    /// A sign-in failed at its second proof.
    SignInFailed,
    /// A conversation was started.
    ConversationStarted,
    /// A conversation was closed, opened or assigned.
    ConversationChanged,
    /// Conversations were listed with the patients' names.
    ConversationsListed,
    /// A message was sent.
    MessageSent,
    /// A message was taken back. The object tells the reason, the evidence, and who had opened it in which session when.
    MessageRecalled,
    /// Messages were read.
    MessagesRead,
    /// A stored message did not open: its reader saw a placeholder.
    MessageUnreadable,
    /// Patients were searched for.
    PatientsSearched,
    /// A patient's record was read.
    PatientRead,
    /// A patient was added.
    PatientCreated,
    /// A patient's record was changed.
    PatientChanged,
    /// Somebody was allowed to act for a patient.
    GrantCreated,
    /// Somebody may no longer act for a patient.
    GrantRemoved,
    /// A member of staff was invited.
    StaffInvited,
    /// A member of staff was changed.
    StaffChanged,
    /// The list of staff was read.
    StaffListed,
    /// The practice was set up.
    PracticeCreated,
    /// The practice's settings were changed.
    PracticeChanged,
    /// A notice left for a patient's contact.
    NoticeSent,
    /// A link was made at the desk that connects a phone.
    DeviceLinkMade,
    /// A device was remembered.
    DeviceRemembered,
    /// A remembered device was forgotten.
    DeviceForgotten,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A code generator was set up.
    TotpAdded,
    /// A code generator was removed.
    TotpRemoved,
    /// A recovery code was used up.
    RecoveryCodeUsed,
    /// All second factors of a member of staff were removed.
    FactorsReset,
    /// A session showed a fresh proof.
    SteppedUp,
    /// A session was locked by its holder.
    SessionLocked,
    /// A locked session was opened again.
    SessionUnlocked,
    /// A session was ended by its holder from elsewhere, or by staff.
    SessionRevoked,
    /// All sessions of somebody were ended.
    SessionsRevoked,
    /// A session was shown with the names in it.
    SessionShown,
    /// A patient's contacts were changed.
    ContactsChanged,
    /// A changed contact was confirmed.
    ContactConfirmed,
    /// Staff cleared the count of wrong birth dates.
    TriesCleared,
    /// It was read how a patient can be reached.
    ReachRead,
    /// Somebody asked for a notice again.
    NoticeResent,
    /// Events of the audit log were read.
    AuditRead,
    /// The chained events were handed out for checking.
    AuditExported,
    /// The signed checkpoints were read.
    CheckpointsRead,
    /// A patient, or who may act for them, read who opened their record.
    AccessLogRead,
    /// Internal notes of staff were read.
    NotesRead,
    /// An internal note was written, by staff or by the product.
    NoteWritten,
    /// It was read what was agreed to for a patient's contacts.
    ConsentsRead,
    /// Somebody agreed to a category of messages for a contact.
    ConsentGiven,
    /// Somebody agrees to it no longer.
    ConsentWithdrawn,
    /// What had been stopped from a phone was taken back from that phone.
    ConsentRestored,
    /// Requests to open what recalls have kept were listed, with their reasons.
    EvidenceListed,
    /// Somebody asked to open what was kept of a recalled message, and said why.
    EvidenceAsked,
    /// A second person allowed or declined that. The object tells which.
    EvidenceDecided,
    /// What was kept of a recalled message was opened.
    EvidenceRead,
    /// Who had got a recalled message was put together for a record of the incident.
    IncidentRead,
    /// A conversation left as a text for the patient's chart.
    ConversationExported,
    /// A provider said that a message did not reach its contact. The object tells which contact, and why.
    DeliveryFailed,
    /// Texts were read: which there are, and what became of them.
    TextsRead,
    /// A text was scheduled.
    TextScheduled,
    /// A text was taken back.
    TextCancelled,
    /// A text left for a phone.
    TextSent,
    /// What a practice has decided about its texts was changed.
    TextSettingsChanged,
    /// Visits were read.
    VisitsRead,
    /// A visit was written down.
    VisitCreated,
    /// A visit was moved, confirmed or cancelled.
    VisitChanged,
    /// A text came in.
    TextReceived,
    /// What staff have to look at because of texts was read.
    TextTasksRead,
    /// Somebody of the staff has looked at it.
    TextTaskDone,
}

impl Verb {
    /// The name in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SignInFailed => "sign_in_failed",
            Self::ConversationStarted => "conversation_started",
            Self::ConversationChanged => "conversation_changed",
            Self::ConversationsListed => "conversations_listed",
            Self::MessageSent => "message_sent",
            Self::MessageRecalled => "message_recalled",
            Self::MessagesRead => "messages_read",
            Self::MessageUnreadable => "message_unreadable",
            Self::PatientsSearched => "patients_searched",
            Self::PatientRead => "patient_read",
            Self::PatientCreated => "patient_created",
            Self::PatientChanged => "patient_changed",
            Self::GrantCreated => "grant_created",
            Self::GrantRemoved => "grant_removed",
            Self::StaffInvited => "staff_invited",
            Self::StaffChanged => "staff_changed",
            Self::StaffListed => "staff_listed",
            Self::PracticeCreated => "practice_created",
            Self::PracticeChanged => "practice_changed",
            Self::NoticeSent => "notice_sent",
            Self::DeviceLinkMade => "device_link_made",
            Self::DeviceRemembered => "device_remembered",
            Self::DeviceForgotten => "device_forgotten",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::TotpAdded => "totp_added",
            Self::TotpRemoved => "totp_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::FactorsReset => "factors_reset",
            Self::SteppedUp => "stepped_up",
            Self::SessionLocked => "session_locked",
            Self::SessionUnlocked => "session_unlocked",
            Self::SessionRevoked => "session_revoked",
            Self::SessionsRevoked => "sessions_revoked",
            Self::SessionShown => "session_shown",
            Self::ContactsChanged => "contacts_changed",
            Self::ContactConfirmed => "contact_confirmed",
            Self::TriesCleared => "tries_cleared",
            Self::ReachRead => "reach_read",
            Self::NoticeResent => "notice_resent",
            Self::AuditRead => "audit_read",
            Self::AuditExported => "audit_exported",
            Self::CheckpointsRead => "checkpoints_read",
            Self::AccessLogRead => "access_log_read",
            Self::NotesRead => "notes_read",
            Self::NoteWritten => "note_written",
            Self::ConsentsRead => "consents_read",
            Self::ConsentGiven => "consent_given",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::ConsentRestored => "consent_restored",
            Self::EvidenceListed => "evidence_listed",
            Self::EvidenceAsked => "evidence_asked",
            Self::EvidenceDecided => "evidence_decided",
            Self::EvidenceRead => "evidence_read",
            Self::IncidentRead => "incident_read",
            Self::ConversationExported => "conversation_exported",
            Self::DeliveryFailed => "delivery_failed",
            Self::TextsRead => "texts_read",
            Self::TextScheduled => "text_scheduled",
            Self::TextCancelled => "text_cancelled",
            Self::TextSent => "text_sent",
            Self::TextSettingsChanged => "text_settings_changed",
            Self::VisitsRead => "visits_read",
            Self::VisitCreated => "visit_created",
            Self::VisitChanged => "visit_changed",
            Self::TextReceived => "text_received",
            Self::TextTasksRead => "text_tasks_read",
            Self::TextTaskDone => "text_task_done",
        }
    }
}

/// One event of the audit log (45 CFR 164.312(b)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its own id.
    pub id: EventId,
    /// The practice whose log it is in.
    pub practice: PracticeId,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted.
    pub actor: ActorId,
    /// What was done.
    pub verb: Verb,
    /// The patient it was done to or for, if one.
    pub patient: Option<PatientId>,
    /// The conversation, if one.
    pub conversation: Option<ConversationId>,
    /// The first and last sequence number concerned, if messages were.
    pub seqs: Option<(u64, u64)>,
    /// First 16 hex digits of the hash of the session, if there was one.
    pub session: Option<String>,
    /// The id of anything else it was done to (a member of staff, an account); ids with commas where a list was shown.
    pub object: Option<String>,
    /// Why, in the words of whoever acted, where they were asked. Sealed, because words may name somebody.
    pub sealed_reason: Option<Vec<u8>>,
}
