//! What leaves: conversations and messages in the shapes of the API.

use domain::{
    conversation::{ConversationState, Side, Topic},
    id::ConversationId,
    message::MessageKind,
    time::Timestamp,
};
use platform::store::{
    conversation::Head,
    message::{OpenedMessage, Sent, StoredMessage},
    patient::Patient,
    session::Relation,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The patient of a conversation.
#[derive(Serialize, ToSchema)]
pub struct ConversationPatient {
    /// `pat_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// BCP 47 language of the patient.
    pub language: String,
}

/// How far each side has read.
#[derive(Serialize, ToSchema)]
pub struct ReadUpTo {
    /// The patient's side.
    pub patient: u64,
    /// The practice.
    pub practice: u64,
}

/// A conversation.
#[derive(Serialize, ToSchema)]
pub struct ConversationView {
    /// `cnv_…`
    pub id: String,
    /// Whom it is with.
    pub patient: ConversationPatient,
    /// What it is about.
    #[schema(value_type = String, example = "medical_question")]
    pub topic: Topic,
    /// `open` or `closed`.
    #[schema(value_type = String, example = "open")]
    pub state: ConversationState,
    /// `stf_…` of who answers it; patients see `null`.
    pub assigned_to: Option<String>,
    /// The last sequence number.
    pub last_seq: u64,
    /// How far each side has read.
    pub read_up_to: ReadUpTo,
    /// How far the patient's side has opened messages in a signed-in session, read or not; patients see `null`.
    pub opened_up_to: Option<u64>,
    /// Messages of the other side that the reader's side has not read.
    pub unread: u64,
    /// When the last message came.
    #[schema(value_type = String, format = DateTime)]
    pub last_message_at: Timestamp,
    /// Whether the product has noticed something that staff have to take care of: it stands in the notes. Patients see
    /// `false`.
    pub attention: bool,
}

impl ConversationView {
    /// A conversation as this side sees it.
    pub fn new(head: &Head, patient: &Patient, side: Side) -> Self {
        Self {
            id: head.id.to_string(),
            patient: ConversationPatient {
                id: patient.id.to_string(),
                name: patient.name.expose().to_owned(),
                language: patient.language.to_string(),
            },
            topic: head.topic,
            state: head.state,
            assigned_to: head.assignee.filter(|_| side == Side::Practice).map(|id| id.to_string()),
            last_seq: head.last_seq,
            read_up_to: ReadUpTo { patient: head.read_patient.seq, practice: head.read_practice.seq },
            opened_up_to: (side == Side::Practice).then_some(head.opened_through),
            unread: head.unread(side),
            last_message_at: head.last_message_at,
            attention: side == Side::Practice && head.attention_since.is_some(),
        }
    }
}

/// Who sent a message.
#[derive(Serialize, ToSchema)]
pub struct SenderView {
    /// `patient` or `staff`.
    pub kind: &'static str,
    /// `acc_…` or `stf_…`
    pub id: String,
    /// The name; `null` where the message does not open any more.
    pub name: Option<String>,
    /// How somebody who wrote for the patient stood to them: `parent`, `guardian` or `carer`. Left out for patients
    /// themselves and staff.
    #[schema(value_type = Option<String>, example = "parent")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
}

/// The content of a message.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BodyView {
    /// Free text.
    Text {
        /// The text.
        text: String,
    },
    /// Free text that stands for an earlier message.
    Correction {
        /// The sequence number of that message.
        of: u64,
        /// The text.
        text: String,
    },
    /// That an earlier message was taken back: a screen that shows it erases it.
    Recall {
        /// The sequence number of that message.
        of: u64,
    },
}

/// A message.
#[derive(Serialize, ToSchema)]
pub struct MessageView {
    /// `msg_…`
    pub id: String,
    /// `cnv_…`
    pub conversation_id: String,
    /// Its place in the conversation, from 1.
    pub seq: u64,
    /// Who sent it.
    pub sender: SenderView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// `sent` or `recalled`.
    pub state: &'static str,
    /// When it was recalled.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled_at: Option<Timestamp>,
    /// The content; `null` if it was recalled or cannot be read.
    pub body: Option<BodyView>,
}

const fn sender_kind(side: Side) -> &'static str {
    match side {
        Side::Patient => "patient",
        Side::Practice => "staff",
    }
}

/// A message that was just sent, from its request.
pub fn sent_message(
    conversation: ConversationId,
    sent: Sent,
    (side, relation): (Side, Option<Relation>),
    sender: String,
    sender_name: String,
    body: BodyView,
) -> MessageView {
    MessageView {
        id: sent.id.to_string(),
        conversation_id: conversation.to_string(),
        seq: sent.seq,
        sender: SenderView { kind: sender_kind(side), id: sender, name: Some(sender_name), relation },
        sent_at: sent.at,
        state: "sent",
        recalled_at: None,
        body: Some(body),
    }
}

/// A stored message; without a secret it was recalled, without content it did not open.
pub fn stored_message(
    conversation: ConversationId,
    stored: &StoredMessage,
    has_secret: bool,
    opened: Option<OpenedMessage>,
) -> MessageView {
    let recalled = stored.recalled_at.is_some() || !has_secret;
    let (name, body) = match opened.filter(|_| !recalled) {
        Some(opened) => (Some(opened.sender_name), body_of(stored.kind, opened.text, opened.of)),
        None => (None, None),
    };
    MessageView {
        id: stored.id.to_string(),
        conversation_id: conversation.to_string(),
        seq: stored.seq,
        sender: SenderView {
            kind: sender_kind(stored.side),
            id: stored.sender.clone(),
            name,
            relation: stored.relation,
        },
        sent_at: stored.sent_at,
        state: if recalled { "recalled" } else { "sent" },
        recalled_at: stored.recalled_at,
        body,
    }
}

/// The content of a kind; none where what was sealed does not fit the kind.
pub fn body_of(kind: MessageKind, text: String, of: Option<u64>) -> Option<BodyView> {
    match kind {
        MessageKind::Text => Some(BodyView::Text { text }),
        MessageKind::Correction => of.map(|of| BodyView::Correction { of, text }),
        MessageKind::Recall => of.map(|of| BodyView::Recall { of }),
    }
}
