//! Internal notes beside a conversation: what staff tell each other, and what the product tells them. No patient ever
//! sees one.

use serde::{Deserialize, Serialize};

/// What a note is. All but the first are written by the product itself: words of a closed set and nothing else, so that a
/// function without the key of the conversation can write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Free text of staff.
    Text,
    /// So many wrong birth dates at a notice that today none opens it any more.
    DatesLockedToday,
    /// So many wrong birth dates that none opens anything until staff clear the count.
    DatesLocked,
    /// As many wrong birth dates after messages to one contact as two sign-ins allow: no notices go there any more.
    ContactInDoubt,
    /// A notice got to nobody.
    NoticeUndelivered,
    /// What a parent or guardian may see ends soon, because the patient comes of the age for that.
    AccessEnds,
    /// A notice and its reminders left, and nobody has read the message.
    NoticeUnread,
    /// A notice left and came back, or its reader called it unwanted.
    NoticeCameBack,
    /// A message of the patient's side holds words that may mean an emergency.
    MayBeUrgent,
}

/// Every kind.
pub const NOTE_KINDS: [NoteKind; 9] = [
    NoteKind::Text,
    NoteKind::DatesLockedToday,
    NoteKind::DatesLocked,
    NoteKind::ContactInDoubt,
    NoteKind::NoticeUndelivered,
    NoteKind::AccessEnds,
    NoteKind::NoticeUnread,
    NoteKind::NoticeCameBack,
    NoteKind::MayBeUrgent,
];

impl NoteKind {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::DatesLockedToday => "dates_locked_today",
            Self::DatesLocked => "dates_locked",
            Self::ContactInDoubt => "contact_in_doubt",
            Self::NoticeUndelivered => "notice_undelivered",
            Self::AccessEnds => "access_ends",
            Self::NoticeUnread => "notice_unread",
            Self::NoticeCameBack => "notice_came_back",
            Self::MayBeUrgent => "may_be_urgent",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        NOTE_KINDS.into_iter().find(|kind| kind.as_str() == text)
    }
}
