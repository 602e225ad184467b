//! Which content may travel over which channel.
//!
//! The first rule is in the types: what leaves over e-mail or SMS is one of the closed kinds below, each with a
//! fixed template. There is no kind that carries free text, so no code path can put a message into a mail.

use serde::{Deserialize, Serialize};

use crate::quiet::Traffic;

/// Something that leaves the product over an open channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// "You have a message": no name, no content.
    Message,
    /// A link and code that somebody asked for.
    SignIn,
    /// "You have a message" once more, because somebody asked for it.
    MessageAgain,
    /// "You have a message" once more, because it was not read.
    Reminder,
    /// What somebody of the staff signs in with was taken away.
    FactorsReset,
    /// That a member of staff got another factor.
    FactorAdded,
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
    /// That what a parent or guardian may see ends soon. It becomes a note for staff and travels over no channel.
    AccessEnds,
    /// That somebody of the staff wants to open what was kept of a recalled message.
    EvidenceAsked,
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

/// What a member of staff signs in with, and got in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A passkey.
    Passkey,
    /// A code generator with its recovery codes.
    Generator,
}

impl Factor {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Generator => "generator",
        }
    }

    /// The factor of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Passkey, Self::Generator].into_iter().find(|factor| factor.as_str() == text)
    }
}

impl NoticeKind {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::SignIn => "sign_in",
            Self::MessageAgain => "message_again",
            Self::Reminder => "reminder",
            Self::FactorsReset => "factors_reset",
            Self::FactorAdded => "factor_added",
            Self::StaffInvited => "staff_invited",
            Self::SignedInElsewhere => "signed_in_elsewhere",
            Self::WayInAdded => "way_in_added",
            Self::ContactsChanged => "contacts_changed",
            Self::AccessGiven => "access_given",
            Self::AccessEnds => "access_ends",
            Self::EvidenceAsked => "evidence_asked",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        let all = [
            Self::Message,
            Self::SignIn,
            Self::MessageAgain,
            Self::Reminder,
            Self::FactorsReset,
            Self::FactorAdded,
            Self::StaffInvited,
            Self::SignedInElsewhere,
            Self::WayInAdded,
            Self::ContactsChanged,
            Self::AccessGiven,
            Self::AccessEnds,
            Self::EvidenceAsked,
        ];
        all.into_iter().find(|k| k.as_str() == text)
    }

    /// Whether a later notice of the same conversation makes this one superfluous.
    pub const fn collapses(self) -> bool {
        matches!(self, Self::Message)
    }
}

/// The two open channels. What travels over them anybody on the way can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// To a mailbox.
    Email,
    /// To a phone.
    Sms,
}

/// What somebody says yes or no to, for each of their contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// "You have a message", and what concerns the account.
    Notices,
    /// Visits, re-orders, pick-ups: what serves one's own care, without prices or offers.
    Reminders,
    /// What advertises.
    Marketing,
}

/// Every category.
pub const CATEGORIES: [Category; 3] = [Category::Notices, Category::Reminders, Category::Marketing];

impl Category {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notices => "notices",
            Self::Reminders => "reminders",
            Self::Marketing => "marketing",
        }
    }

    /// The category of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        CATEGORIES.into_iter().find(|category| category.as_str() == text)
    }
}

/// From which numbers a text leaves. Each pool has an opt-out list of its own at the provider, so that a STOP to one of
/// them leaves the others alone: who no longer wants reminders can still sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// Codes and notices.
    Access,
    /// Reminders.
    Reminders,
    /// Marketing.
    Marketing,
}

/// Every pool.
pub const POOLS: [Pool; 3] = [Pool::Access, Pool::Reminders, Pool::Marketing];

impl Pool {
    /// The name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Reminders => "reminders",
            Self::Marketing => "marketing",
        }
    }

    /// The pool of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        POOLS.into_iter().find(|pool| pool.as_str() == text)
    }

    /// What a STOP to one of its numbers ends.
    pub const fn category(self) -> Category {
        match self {
            Self::Access => Category::Notices,
            Self::Reminders => Category::Reminders,
            Self::Marketing => Category::Marketing,
        }
    }
}

/// A text that a practice may schedule. There is no kind that carries what somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// A visit is near; C confirms it, X asks to cancel it.
    AppointmentReminder,
    /// A visit was booked or moved.
    AppointmentConfirmation,
    /// It is time to order again.
    ReorderReminder,
    /// Something is ready to be picked up.
    PickupNotice,
    /// The practice advertises.
    Marketing,
}

/// Every kind of text.
pub const TEXT_KINDS: [TextKind; 5] = [
    TextKind::AppointmentReminder,
    TextKind::AppointmentConfirmation,
    TextKind::ReorderReminder,
    TextKind::PickupNotice,
    TextKind::Marketing,
];

impl TextKind {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AppointmentReminder => "appointment_reminder",
            Self::AppointmentConfirmation => "appointment_confirmation",
            Self::ReorderReminder => "reorder_reminder",
            Self::PickupNotice => "pickup_notice",
            Self::Marketing => "marketing",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        TEXT_KINDS.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whatever a practice has to say to a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// One of the scheduled texts.
    Text(TextKind),
    /// The answer that nobody writes, to a text that came in.
    AutoReply,
    /// "You have a message".
    Notice,
    /// A code or link that somebody asked for.
    Code,
    /// A question about somebody's health, or the answer to one.
    MedicalQuestion,
    /// A form to fill in.
    Form,
    /// Something to read about an illness or a treatment.
    Education,
}

/// Every content.
pub const CONTENTS: [Content; 11] = [
    Content::Text(TextKind::AppointmentReminder),
    Content::Text(TextKind::AppointmentConfirmation),
    Content::Text(TextKind::ReorderReminder),
    Content::Text(TextKind::PickupNotice),
    Content::Text(TextKind::Marketing),
    Content::AutoReply,
    Content::Notice,
    Content::Code,
    Content::MedicalQuestion,
    Content::Form,
    Content::Education,
];

impl Content {
    /// The content of this name, as somebody outside asks for it.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "medical_question" => Some(Self::MedicalQuestion),
            "form" => Some(Self::Form),
            "education" => Some(Self::Education),
            other => TextKind::from_stored(other).map(Self::Text),
        }
    }
}

/// That a content does not travel over a channel, whatever anybody agreed to: it belongs into the secure chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this does not travel over this channel")]
pub struct ChannelNotAllowed;

/// What holds for a content on a channel that it may travel over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What must not have been withdrawn.
    pub category: Category,
    /// Whether it must have been agreed to before. What somebody asked for, or answers them, needs no other word.
    pub needs_consent: bool,
    /// Which hours it keeps.
    pub traffic: Traffic,
    /// From which numbers it leaves.
    pub pool: Pool,
}

/// The table: what may travel over which channel, and under which rule.
///
/// # Errors
/// [`ChannelNotAllowed`].
pub fn rule(content: Content, channel: Channel) -> Result<Rule, ChannelNotAllowed> {
    let rule = |category, needs_consent, traffic, pool| Ok(Rule { category, needs_consent, traffic, pool });
    match (content, channel) {
        (Content::Code, _) => rule(Category::Notices, false, Traffic::Code, Pool::Access),
        (Content::Notice, _) => rule(Category::Notices, false, Traffic::Care, Pool::Access),
        (Content::AutoReply, Channel::Sms) => {
            rule(Category::Reminders, false, Traffic::Reply, Pool::Reminders)
        }
        (Content::Text(TextKind::Marketing), Channel::Sms) => {
            rule(Category::Marketing, true, Traffic::Marketing, Pool::Marketing)
        }
        (Content::Text(_), Channel::Sms) => rule(Category::Reminders, true, Traffic::Care, Pool::Reminders),
        (Content::MedicalQuestion | Content::Form | Content::Education, _)
        | (Content::Text(_) | Content::AutoReply, Channel::Email) => Err(ChannelNotAllowed),
    }
}

/// What the holder of a contact has said about a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Nothing.
    #[default]
    None,
    /// Yes.
    Given,
    /// No, or no longer.
    Withdrawn,
}

/// Whether something leaves now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It does.
    Send,
    /// Not at this hour.
    Wait,
    /// Nobody has agreed to it.
    NoConsent,
    /// It was agreed to no longer.
    Withdrawn,
}

/// Whether a content leaves over a channel, given what was agreed to and whether its hours are open.
///
/// # Errors
/// [`ChannelNotAllowed`]: no consent and no hour makes it travel.
pub fn decide(
    content: Content,
    channel: Channel,
    consent: Consent,
    open: bool,
) -> Result<Decision, ChannelNotAllowed> {
    let rule = rule(content, channel)?;
    // A code goes to whoever has just asked for one at that very contact, and an answer to whoever has just written.
    let asked_for = rule.traffic.is_awaited();
    Ok(match consent {
        Consent::Withdrawn if !asked_for => Decision::Withdrawn,
        Consent::None if rule.needs_consent => Decision::NoConsent,
        _ if !open && !asked_for => Decision::Wait,
        _ => Decision::Send,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        quiet::{self, Clock, DayHours},
        time::{Timestamp, ZoneName},
    };

    const CONSENTS: [Consent; 3] = [Consent::None, Consent::Given, Consent::Withdrawn];

    /// What the table says, written once more in words: for each content and channel, and for nothing said, yes and no,
    /// what happens by day and by night. `s` sends, `w` waits, `n` lacks consent, `x` was withdrawn, `-` never travels.
    const CELLS: [(Content, Channel, &str); 22] = [
        (Content::Text(TextKind::AppointmentReminder), Channel::Sms, "nn sw xx"),
        (Content::Text(TextKind::AppointmentReminder), Channel::Email, "-- -- --"),
        (Content::Text(TextKind::AppointmentConfirmation), Channel::Sms, "nn sw xx"),
        (Content::Text(TextKind::AppointmentConfirmation), Channel::Email, "-- -- --"),
        (Content::Text(TextKind::ReorderReminder), Channel::Sms, "nn sw xx"),
        (Content::Text(TextKind::ReorderReminder), Channel::Email, "-- -- --"),
        (Content::Text(TextKind::PickupNotice), Channel::Sms, "nn sw xx"),
        (Content::Text(TextKind::PickupNotice), Channel::Email, "-- -- --"),
        (Content::Text(TextKind::Marketing), Channel::Sms, "nn sw xx"),
        (Content::Text(TextKind::Marketing), Channel::Email, "-- -- --"),
        (Content::AutoReply, Channel::Sms, "ss ss ss"),
        (Content::AutoReply, Channel::Email, "-- -- --"),
        (Content::Notice, Channel::Sms, "sw sw xx"),
        (Content::Notice, Channel::Email, "sw sw xx"),
        (Content::Code, Channel::Sms, "ss ss ss"),
        (Content::Code, Channel::Email, "ss ss ss"),
        (Content::MedicalQuestion, Channel::Sms, "-- -- --"),
        (Content::MedicalQuestion, Channel::Email, "-- -- --"),
        (Content::Form, Channel::Sms, "-- -- --"),
        (Content::Form, Channel::Email, "-- -- --"),
        (Content::Education, Channel::Sms, "-- -- --"),
        (Content::Education, Channel::Email, "-- -- --"),
    ];

    #[test]
    fn every_cell_of_the_table_is_as_it_was_decided() {
        let mut looked_at = 0;
        for content in CONTENTS {
            for channel in [Channel::Email, Channel::Sms] {
                let cell = CELLS.iter().find(|(c, ch, _)| (*c, *ch) == (content, channel)).expect("a cell").2;
                for (consent, by_hour) in CONSENTS.into_iter().zip(cell.split(' ')) {
                    for (open, expected) in [true, false].into_iter().zip(by_hour.chars()) {
                        let said = match decide(content, channel, consent, open) {
                            Ok(Decision::Send) => 's',
                            Ok(Decision::Wait) => 'w',
                            Ok(Decision::NoConsent) => 'n',
                            Ok(Decision::Withdrawn) => 'x',
                            Err(ChannelNotAllowed) => '-',
                        };
                        assert_eq!(said, expected, "{content:?} {channel:?} {consent:?} open: {open}");
                        looked_at += 1;
                    }
                }
            }
        }
        assert_eq!(looked_at, 132);
    }

    #[test]
    fn a_stop_ends_what_its_pool_sends() {
        for content in CONTENTS {
            if let Ok(rule) = rule(content, Channel::Sms) {
                assert_eq!(rule.pool.category(), rule.category, "{content:?}");
            }
        }
        for kind in TEXT_KINDS {
            assert_eq!(TextKind::from_stored(kind.as_str()), Some(kind));
            assert_eq!(Content::from_name(kind.as_str()), Some(Content::Text(kind)));
        }
        for category in CATEGORIES {
            assert_eq!(Category::from_stored(category.as_str()), Some(category));
        }
        for pool in POOLS {
            assert_eq!(Pool::from_stored(pool.as_str()), Some(pool));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        /// Whatever is asked, whenever and wherever: no text outside the templates, none at night, none without a live yes.
        #[test]
        fn nothing_leaves_that_may_not(
            content in 0_usize..CONTENTS.len(), consent in 0_usize..3, hour in 0_i64..24 * 400,
            minute in 0_i64..60, zones in prop::collection::vec(0_usize..5, 1..3),
        ) {
            const ZONES: [&str; 5] =
                ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Pacific/Guam", "America/Phoenix"];
            let (content, consent) = (CONTENTS[content], CONSENTS[consent]);
            let zones: Vec<ZoneName> = zones.iter().map(|n| ZoneName::parse(ZONES[*n]).expect("a zone")).collect();
            let clocks: Vec<Clock<'_>> =
                zones.iter().map(|zone| Clock { zone, hours: DayHours::WIDEST }).collect();
            let at = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time").plus_seconds(hour * 3600 + minute * 60);
            let Ok(rule) = rule(content, Channel::Sms) else {
                let never = matches!(content, Content::MedicalQuestion | Content::Form | Content::Education);
                prop_assert!(never);
                return Ok(());
            };
            let open = quiet::is_open(rule.traffic, at, &clocks);
            if decide(content, Channel::Sms, consent, open) == Ok(Decision::Send) {
                if let Content::Text(_) = content {
                    prop_assert_eq!(consent, Consent::Given);
                }
                if !matches!(content, Content::Code | Content::AutoReply) {
                    prop_assert!(consent != Consent::Withdrawn);
                    for zone in &zones {
                        let hour: u8 = at.in_zone(zone)[11..13].parse().expect("an hour");
                        prop_assert!((8..21).contains(&hour), "{hour} in {zone}");
                    }
                }
            }
        }
    }
}
