//! Which content may travel over which channel.
//!
//! The first rule is in the types: what leaves over e-mail or SMS is one of the closed kinds below, each with a
//! fixed template. There is no kind that carries free text, so no code path can put a message into a mail.

use crate::contact::ContactKind;

/// Something that leaves the product over an open channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// "You have a message": no name, no content.
    Message,
    /// A link and code that somebody asked for.
    SignIn,
    /// "You have a message" once more, because somebody asked for it.
    MessageAgain,
    /// What somebody of the staff signs in with was taken away.
    FactorsReset,
    /// That somebody may set up their sign-in as staff.
    StaffInvited,
    /// That somebody signed in with a browser that was not seen before.
    SignedInElsewhere,
    /// That an account got another way in: a passkey, or a device that is remembered.
    WayInAdded,
    /// That the contacts of an account were changed.
    ContactsChanged,
    /// That somebody was added to those who read a patient's messages.
    AccessGiven,
}

/// What an account may be signed in to with, and got in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// A remembered device.
    Device,
    /// A passkey.
    Passkey,
}

impl WayIn {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Passkey => "passkey",
        }
    }

    /// The way of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Device, Self::Passkey].into_iter().find(|way| way.as_str() == text)
    }
}

impl NoticeKind {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::SignIn => "sign_in",
            Self::MessageAgain => "message_again",
            Self::FactorsReset => "factors_reset",
            Self::StaffInvited => "staff_invited",
            Self::SignedInElsewhere => "signed_in_elsewhere",
            Self::WayInAdded => "way_in_added",
            Self::ContactsChanged => "contacts_changed",
            Self::AccessGiven => "access_given",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        let all = [
            Self::Message,
            Self::SignIn,
            Self::MessageAgain,
            Self::FactorsReset,
            Self::StaffInvited,
            Self::SignedInElsewhere,
            Self::WayInAdded,
            Self::ContactsChanged,
            Self::AccessGiven,
        ];
        all.into_iter().find(|k| k.as_str() == text)
    }

    /// Whether a later notice of the same conversation makes this one superfluous.
    pub const fn collapses(self) -> bool {
        matches!(self, Self::Message)
    }
}

/// The order in which a patient's contacts are tried for a notice: e-mail first, a phone where there is no mailbox.
pub fn preferred(kinds: &[ContactKind]) -> Option<ContactKind> {
    if kinds.contains(&ContactKind::Email) { Some(ContactKind::Email) } else { kinds.first().copied() }
}
