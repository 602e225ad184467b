//! Scheduled texts and the answers to those that come in, each from one of the fixed templates of `text.ftl`.

use domain::{
    channel::{Category, TextKind},
    language::Language,
    text::{Campaign, Place, Variables},
    time::Timestamp,
};

use serde::{Deserialize, Serialize};

use super::SmsBody;
use crate::{
    i18n::{Area, TextError, Texts},
    letterhead::Letterhead,
};

/// Most visits that one text names. More than these are several texts.
pub const VISITS_MAX: usize = 3;

/// What is said to a phone that has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The visit is confirmed.
    Confirmed(Timestamp),
    /// The wish to cancel it was noted.
    CancelAsked(Timestamp),
    /// Two visits are open: which one?
    Which(Timestamp, Timestamp),
    /// No visit is open.
    NoVisit,
    /// One category was stopped, or all of them.
    Stopped(Option<Category>),
    /// What had been stopped is on again.
    Started,
    /// Nothing had been stopped.
    NothingToStart,
    /// Where help is, and how to stop.
    Help,
    /// Whatever else came in.
    Auto,
}

/// Writes a scheduled text for a reader of `language`.
///
/// # Errors
/// [`TextError`] if a text is missing, which the tests of [`crate::i18n`] exclude.
pub fn render_text(
    variables: &Variables,
    letterhead: &Letterhead,
    language: &Language,
) -> Result<SmsBody, TextError> {
    let words = Words::new(letterhead, language)?;
    match variables {
        Variables::AppointmentReminder { starts_at, place } => {
            words.visit(["reminder", "reminder-place"], *starts_at, place.as_ref())
        }
        Variables::AppointmentConfirmation { starts_at, place } => {
            words.visit(["booked", "booked-place"], *starts_at, place.as_ref())
        }
        Variables::ReorderReminder => words.say("reorder", &[("phone", &words.phone)]),
        Variables::PickupNotice { place: Some(place) } => {
            words.say("pickup-place", &[("phone", &words.phone), ("place", place.as_str())])
        }
        Variables::PickupNotice { place: None } => words.say("pickup", &[("phone", &words.phone)]),
        Variables::Marketing { campaign } => {
            let key = match campaign {
                Campaign::Openings => "marketing-openings",
                Campaign::Hours => "marketing-hours",
            };
            words.say(key, &[("phone", &words.phone)])
        }
    }
}

/// Writes one reminder of several visits of one day, at most [`VISITS_MAX`] of them: whose they are the text does not say.
///
/// # Errors
/// [`TextError`].
pub fn render_family(
    visits: &[Timestamp],
    letterhead: &Letterhead,
    language: &Language,
) -> Result<SmsBody, TextError> {
    let words = Words::new(letterhead, language)?;
    let visits = &visits[..visits.len().min(VISITS_MAX)];
    let first = visits.first().copied().unwrap_or(Timestamp::from_millis(0));
    let times: Vec<String> = visits.iter().map(|at| letterhead.time_of_day(*at)).collect();
    let (count, day) = (visits.len().to_string(), words.day(first)?);
    words.say("reminder-several", &[("count", &count), ("day", &day), ("times", &times.join(", "))])
}

/// Writes the answer to a text that came in.
///
/// # Errors
/// [`TextError`].
pub fn render_reply(
    reply: Reply,
    letterhead: &Letterhead,
    language: &Language,
) -> Result<SmsBody, TextError> {
    let words = Words::new(letterhead, language)?;
    match reply {
        Reply::Confirmed(at) => words.say("reply-confirmed", &[("moment", &words.moment(at)?)]),
        Reply::CancelAsked(at) => {
            words.say("reply-cancel", &[("moment", &words.moment(at)?), ("phone", &words.phone)])
        }
        Reply::Which(first, second) => {
            let (first, second) = (words.moment(first)?, words.moment(second)?);
            words.say("reply-which", &[("first", &first), ("second", &second)])
        }
        Reply::NoVisit => words.say("reply-none", &[("phone", &words.phone)]),
        Reply::Stopped(category) => {
            let key = match category {
                Some(Category::Notices) => "reply-stopped-notices",
                Some(Category::Reminders) => "reply-stopped-reminders",
                Some(Category::Marketing) => "reply-stopped-marketing",
                None => "reply-stopped-all",
            };
            words.say(key, &[])
        }
        Reply::Started => words.say("reply-started", &[]),
        Reply::NothingToStart => words.say("reply-started-none", &[("phone", &words.phone)]),
        Reply::Help => words.say("reply-help", &[("phone", &words.phone), ("link", &letterhead.address())]),
        Reply::Auto => words.say(
            "reply-auto",
            &[
                ("phone", &words.phone),
                ("link", &letterhead.address()),
                ("emergency", letterhead.emergency_number()),
            ],
        ),
    }
}

/// The language that a text for a reader of `language` is written in, where it is another one.
///
/// # Errors
/// [`TextError`].
pub fn fallback(language: &Language) -> Result<Option<Language>, TextError> {
    let texts = Texts::for_reader(Area::Text, language)?;
    Ok((texts.language().primary() != language.primary()).then(|| texts.language().clone()))
}

/// Whether a kind of text asks for an answer about a visit.
pub const fn asks(kind: TextKind) -> bool {
    matches!(kind, TextKind::AppointmentReminder)
}

struct Words<'a> {
    texts: &'static Texts,
    letterhead: &'a Letterhead,
    phone: String,
}

impl<'a> Words<'a> {
    fn new(letterhead: &'a Letterhead, language: &Language) -> Result<Self, TextError> {
        let texts = Texts::for_reader(Area::Text, language)?;
        Ok(Self { texts, letterhead, phone: letterhead.phone_for_people() })
    }

    fn say(&self, key: &'static str, values: &[(&'static str, &str)]) -> Result<SmsBody, TextError> {
        let sender = [("sender", self.letterhead.sender().as_str())];
        self.texts.get(key, &[&sender, values].concat()).map(SmsBody)
    }

    fn visit(
        &self,
        [alone, at_place]: [&'static str; 2],
        at: Timestamp,
        place: Option<&Place>,
    ) -> Result<SmsBody, TextError> {
        let moment = self.moment(at)?;
        let values = [("moment", moment.as_str()), ("phone", &self.phone)];
        match place {
            Some(place) => self.say(at_place, &[&values[..], &[("place", place.as_str())]].concat()),
            None => self.say(alone, &values),
        }
    }

    fn day(&self, at: Timestamp) -> Result<String, TextError> {
        let (weekday, month, number) = self.letterhead.day(at);
        let (weekday, month) = (self.texts.get(WEEKDAYS[weekday], &[])?, self.texts.get(MONTHS[month], &[])?);
        self.texts.get("day", &[("weekday", &weekday), ("month", &month), ("number", &number.to_string())])
    }

    fn moment(&self, at: Timestamp) -> Result<String, TextError> {
        self.texts.get("moment", &[("day", &self.day(at)?), ("time", &self.letterhead.time_of_day(at))])
    }
}

const WEEKDAYS: [&str; 7] =
    ["weekday-1", "weekday-2", "weekday-3", "weekday-4", "weekday-5", "weekday-6", "weekday-7"];
const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9",
    "month-10", "month-11", "month-12",
];
