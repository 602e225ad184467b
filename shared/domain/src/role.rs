//! Who may do what: one table.

use serde::{Deserialize, Serialize};

/// A role of a member of staff. One person may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the practice's settings and people. Does not read messages by that alone.
    Admin,
    /// Treats patients: reads and writes messages.
    Clinician,
    /// Answers patients and keeps their records.
    FrontDesk,
    /// Reads the audit log and, with a second person's word, what recalls have kept. Nothing else.
    Auditor,
}

/// Every role.
pub const ROLES: [Role; 4] = [Role::Admin, Role::Clinician, Role::FrontDesk, Role::Auditor];

impl Role {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Clinician => "clinician",
            Self::FrontDesk => "front_desk",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        ROLES.into_iter().find(|r| r.as_str() == text)
    }
}

/// What staff can do, as far as roles decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See the inbox and read messages.
    ReadConversations,
    /// Write messages, start, close and assign conversations.
    WriteConversations,
    /// Take back messages that the sender alone may not: opened ones, old ones, those of others.
    RecallAnyMessage,
    /// Search and see patients with their contacts.
    ReadPatients,
    /// Add and change patients and who may act for them.
    WritePatients,
    /// See the list of staff.
    ReadStaff,
    /// Invite staff and change their roles.
    WriteStaff,
    /// See the practice's settings.
    ReadPractice,
    /// Change the practice's settings.
    WritePractice,
    /// Read the audit log and hand it out for checking.
    ReadAudit,
    /// Ask to open what was kept of a recalled message, open it, and see who had got the message.
    ReadEvidence,
    /// Allow or decline that as a second person.
    DecideEvidence,
}

/// Every act.
pub const ACTS: [Act; 12] = [
    Act::ReadConversations,
    Act::WriteConversations,
    Act::RecallAnyMessage,
    Act::ReadPatients,
    Act::WritePatients,
    Act::ReadStaff,
    Act::WriteStaff,
    Act::ReadPractice,
    Act::WritePractice,
    Act::ReadAudit,
    Act::ReadEvidence,
    Act::DecideEvidence,
];

impl Role {
    /// The table.
    pub const fn may(self, act: Act) -> bool {
        match self {
            Self::Admin => matches!(
                act,
                Act::RecallAnyMessage
                    | Act::ReadPatients
                    | Act::WritePatients
                    | Act::ReadStaff
                    | Act::WriteStaff
                    | Act::ReadPractice
                    | Act::WritePractice
                    | Act::ReadAudit
                    | Act::DecideEvidence
            ),
            Self::Clinician | Self::FrontDesk => matches!(
                act,
                Act::ReadConversations
                    | Act::WriteConversations
                    | Act::ReadPatients
                    | Act::WritePatients
                    | Act::ReadStaff
                    | Act::ReadPractice
            ),
            Self::Auditor => {
                matches!(act, Act::ReadStaff | Act::ReadPractice | Act::ReadAudit | Act::ReadEvidence)
            }
        }
    }
}

/// Whether any of these roles allows the act.
pub fn may(roles: &[Role], act: Act) -> bool {
    roles.iter().any(|role| role.may(act))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_what_the_practice_was_promised() {
        assert!(!Role::Admin.may(Act::ReadConversations), "an admin alone reads no messages");
        assert!(may(&[Role::Admin, Role::Clinician], Act::ReadConversations));
        let auditor: Vec<_> = ACTS.into_iter().filter(|a| Role::Auditor.may(*a)).collect();
        assert_eq!(auditor, [Act::ReadStaff, Act::ReadPractice, Act::ReadAudit, Act::ReadEvidence]);
        assert!(!ROLES.into_iter().any(|role| role.may(Act::ReadEvidence) && role.may(Act::DecideEvidence)));
        assert!(!may(&[Role::Clinician, Role::FrontDesk], Act::ReadAudit), "who is watched does not watch");
        for role in ROLES {
            assert_eq!(Role::from_stored(role.as_str()), Some(role));
            assert_eq!(role.may(Act::WriteStaff), role == Role::Admin);
        }
        assert!(ACTS.into_iter().all(|act| !may(&[], act)));
    }
}
