//! Conversations: who talks, about what, and in which state.

use serde::{Deserialize, Serialize};

/// What a conversation is about. Chosen by whoever starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A question about health.
    MedicalQuestion,
    /// A prescription.
    Prescription,
    /// A form to fill in.
    Form,
    /// An appointment.
    Appointment,
    /// A bill.
    Billing,
    /// Anything else.
    Other,
}

impl Topic {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MedicalQuestion => "medical_question",
            Self::Prescription => "prescription",
            Self::Form => "form",
            Self::Appointment => "appointment",
            Self::Billing => "billing",
            Self::Other => "other",
        }
    }

    /// The topic of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::MedicalQuestion, Self::Prescription, Self::Form, Self::Appointment, Self::Billing, Self::Other]
            .into_iter()
            .find(|t| t.as_str() == text)
    }
}

/// Whether work remains. A patient's message opens a closed conversation again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Somebody waits for something.
    Open,
    /// Staff closed it.
    Closed,
}

impl ConversationState {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The state of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|s| s.as_str() == text)
    }
}

/// One of the two sides of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The patient, or who acts for them.
    Patient,
    /// The practice.
    Practice,
}

impl Side {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Practice => "practice",
        }
    }

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Patient => Self::Practice,
            Self::Practice => Self::Patient,
        }
    }
}
