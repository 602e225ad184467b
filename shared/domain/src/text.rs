//! Scheduled texts: what may stand in them, and in which state they are.

use serde::{Deserialize, Serialize};

use jiff::{ToSpan as _, tz::TimeZone};

use crate::{
    Invalid,
    channel::TextKind,
    quiet::DayHours,
    time::{Timestamp, ZoneName},
};

/// Longest short name of a place in UTF-16 units, the measure of a text message outside the GSM alphabet.
const PLACE_MAX_UNITS: usize = 24;

/// The short name of a place of the practice: `Main Street 5`. It stands in text messages, so it is one plain line that
/// can neither end a sentence with a link nor carry a control character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(String);

impl Place {
    /// 1 to 24 units: letters, digits, single spaces and `& ' ’ . , - + ( )`, nothing that phones make a link of.
    ///
    /// # Errors
    /// `invalid_place`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_alphanumeric() || " &'’.,-+()".contains(c);
        let chars: Vec<char> = text.chars().collect();
        let link = chars.windows(3).any(|w| w[0].is_alphanumeric() && w[1] == '.' && w[2].is_alphanumeric());
        // So many digits in a row are a phone number.
        let digits = chars.iter().filter(|c| c.is_numeric()).count();
        let fits = (1..=PLACE_MAX_UNITS).contains(&text.encode_utf16().count())
            && chars.iter().all(|c| allowed(*c))
            && chars.iter().any(|c| c.is_alphabetic())
            && text.trim() == text
            && !text.contains("  ")
            && !link
            && digits < 7;
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::new("invalid_place")) }
    }

    /// The place of this name among those that the practice keeps. What anybody else types is no place: a text never
    /// names it.
    ///
    /// # Errors
    /// `unknown_place`.
    pub fn listed(text: &str, known: &[Self]) -> Result<Self, Invalid> {
        known.iter().find(|place| place.0 == text).cloned().ok_or(Invalid::new("unknown_place"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Place {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

/// What a practice advertises. Each has a text of its own; there are no prices, and nothing to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Campaign {
    /// New times are open for visits.
    Openings,
    /// The opening hours have changed.
    Hours,
}

impl Campaign {
    /// The campaign of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "openings" => Some(Self::Openings),
            "hours" => Some(Self::Hours),
            _ => None,
        }
    }
}

/// What varies in a scheduled text. Every member is a type of its own: none of them is a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Variables {
    /// A visit is near.
    AppointmentReminder {
        /// When it begins.
        starts_at: Timestamp,
        /// Where.
        place: Option<Place>,
    },
    /// A visit was booked or moved.
    AppointmentConfirmation {
        /// When it begins.
        starts_at: Timestamp,
        /// Where.
        place: Option<Place>,
    },
    /// It is time to order again.
    ReorderReminder,
    /// Something is ready to be picked up.
    PickupNotice {
        /// Where.
        place: Option<Place>,
    },
    /// The practice advertises.
    Marketing {
        /// What.
        campaign: Campaign,
    },
}

impl Variables {
    /// The kind of text that they are of.
    pub const fn kind(&self) -> TextKind {
        match self {
            Self::AppointmentReminder { .. } => TextKind::AppointmentReminder,
            Self::AppointmentConfirmation { .. } => TextKind::AppointmentConfirmation,
            Self::ReorderReminder => TextKind::ReorderReminder,
            Self::PickupNotice { .. } => TextKind::PickupNotice,
            Self::Marketing { .. } => TextKind::Marketing,
        }
    }
}

/// How far a scheduled text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextState {
    /// It waits for its time.
    Scheduled,
    /// It was due and waits for an hour at which it may leave, or for a provider.
    Deferred,
    /// A provider took it.
    Sent,
    /// It must not leave.
    Blocked,
    /// It cannot leave.
    Failed,
    /// Somebody took it back.
    Cancelled,
}

/// Every state.
pub const TEXT_STATES: [TextState; 6] = [
    TextState::Scheduled,
    TextState::Deferred,
    TextState::Sent,
    TextState::Blocked,
    TextState::Failed,
    TextState::Cancelled,
];

impl TextState {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Deferred => "deferred",
            Self::Sent => "sent",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        TEXT_STATES.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it may still leave.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Deferred)
    }
}

/// When a visit is reminded of: so many days before it, at a time of day by the practice's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// 0 to 14.
    pub days_before: u8,
    /// 8 to 20.
    pub hour: u8,
}

/// What a practice has decided about its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSettings {
    /// The part of the day in which texts leave.
    #[serde(default)]
    pub hours: DayHours,
    /// The places that a text may name.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Whether a visit that was booked or moved is confirmed by a text.
    #[serde(default)]
    pub confirm: bool,
    /// When a visit is reminded of.
    #[serde(default)]
    pub reminders: Vec<Reminder>,
    /// Which column of the practice's own list is what: the member of a visit, and the heading of the column.
    #[serde(default)]
    pub columns: std::collections::BTreeMap<String, String>,
}

impl Default for TextSettings {
    fn default() -> Self {
        Self {
            hours: DayHours::WIDEST,
            places: Vec::new(),
            confirm: false,
            reminders: vec![Reminder { days_before: 1, hour: 10 }],
            columns: std::collections::BTreeMap::new(),
        }
    }
}

/// Most places of a practice.
const PLACES_MAX: usize = 50;
/// Most reminders of one visit.
const REMINDERS_MAX: usize = 3;
/// Members of a visit that a column of a list can be.
pub const COLUMNS: [&str; 6] = ["external_id", "patient", "date", "time", "place", "state"];
/// Longest heading of a column, in bytes.
const HEADING_MAX_BYTES: usize = 100;
/// A reminder whose time is over when its visit is booked leaves at once, if the visit is so many seconds away at least.
const LATE_SECONDS: i64 = 2 * 3600;

impl TextSettings {
    /// Checks what types do not.
    ///
    /// # Errors
    /// The member and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        let distinct = |n: usize, list: &[Place]| !list[..n].contains(&list[n]);
        if self.places.len() > PLACES_MAX || !(0..self.places.len()).all(|n| distinct(n, &self.places)) {
            return Err(("/places", Invalid::new("out_of_range")));
        }
        let fits = |reminder: &Reminder| reminder.days_before <= 14 && (8..=20).contains(&reminder.hour);
        if self.reminders.len() > REMINDERS_MAX || !self.reminders.iter().all(fits) {
            return Err(("/reminders", Invalid::new("out_of_range")));
        }
        let known = |(name, heading): (&String, &String)| {
            COLUMNS.contains(&name.as_str()) && (1..=HEADING_MAX_BYTES).contains(&heading.len())
        };
        if self.columns.iter().all(known) {
            Ok(())
        } else {
            Err(("/columns", Invalid::new("unknown_column")))
        }
    }

    /// When a visit is reminded of, seen from `now`. A time that is over is made good once, at once, while the visit is not
    /// too near; a reminder after the visit is none.
    pub fn reminders_of(&self, starts_at: Timestamp, zone: &ZoneName, now: Timestamp) -> Vec<Timestamp> {
        let zone = jiff::tz::db().get(zone.as_str()).unwrap_or(TimeZone::UTC);
        let Ok(start) = jiff::Timestamp::from_millisecond(starts_at.as_millis()) else { return Vec::new() };
        let day = zone.to_datetime(start).date();
        let times = self.reminders.iter().filter_map(|reminder| {
            let date = day.saturating_sub(i64::from(reminder.days_before).days());
            let at = date.at(i8::try_from(reminder.hour).ok()?, 0, 0, 0).to_zoned(zone.clone()).ok()?;
            Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
        });
        let mut times: Vec<Timestamp> = times.filter(|at| *at < starts_at).collect();
        let late = times.iter().any(|at| *at <= now) && starts_at >= now.plus_seconds(LATE_SECONDS);
        times.retain(|at| *at > now);
        if late {
            times.push(now);
        }
        times.sort_unstable();
        times.dedup();
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_one_plain_short_line() {
        for good in ["Main Street 5", "St. Mary’s, 2nd floor", "Óptica Ríos", "中央路", "A"] {
            assert!(Place::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            " Main",
            "Main  Street",
            "a\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "bit.ly",
            "see www.x.test",
            "a/b",
            "x@y",
            "Call 5555550100",
            "<b>Main</b>",
            "Twenty five letters in all",
            "{ $phone }",
            "12",
            "a\u{200b}b",
        ] {
            assert_eq!(Place::parse(bad), Err(Invalid::new("invalid_place")), "{bad:?}");
        }
    }

    #[test]
    fn only_the_practice_names_places() {
        let known = [Place::parse("Main Street 5").expect("a place")];
        assert_eq!(Place::listed("Main Street 5", &known).as_ref(), Ok(&known[0]));
        for typed in ["Maria glaucoma", "main street 5", "", "http://x.test"] {
            assert_eq!(Place::listed(typed, &known), Err(Invalid::new("unknown_place")));
        }
    }

    #[test]
    fn reminders_stand_by_the_clock_of_the_practice() {
        let zone = ZoneName::parse("America/New_York").expect("a zone");
        let time = |text: &str| Timestamp::parse(text).expect("a time");
        let settings = TextSettings {
            reminders: vec![Reminder { days_before: 1, hour: 10 }, Reminder { days_before: 3, hour: 9 }],
            ..TextSettings::default()
        };
        let of = |starts: &str, now: &str| settings.reminders_of(time(starts), &zone, time(now));
        // A visit on the Monday after the clocks went back.
        let far = of("2026-11-02T15:00:00Z", "2026-10-20T12:00:00Z");
        assert_eq!(far, [time("2026-10-30T13:00:00Z"), time("2026-11-01T15:00:00Z")]);
        // One is over, and made good at once; both are over, and one text is enough.
        let near = of("2026-11-02T15:00:00Z", "2026-10-31T12:00:00Z");
        assert_eq!(near, [time("2026-10-31T12:00:00Z"), time("2026-11-01T15:00:00Z")]);
        assert_eq!(of("2026-11-02T15:00:00Z", "2026-11-02T12:00:00Z"), [time("2026-11-02T12:00:00Z")]);
        assert_eq!(of("2026-11-02T15:00:00Z", "2026-11-02T13:30:00Z"), [], "too near to be of use");
        assert_eq!(of("2026-11-02T15:00:00Z", "2026-11-03T00:00:00Z"), []);
    }

    #[test]
    fn settings_are_within_bounds() {
        assert_eq!(TextSettings::default().check(), Ok(()));
        let wrong =
            TextSettings { reminders: vec![Reminder { days_before: 1, hour: 7 }], ..Default::default() };
        assert!(wrong.check().is_err());
        let columns = [("name".to_owned(), "Name".to_owned())].into();
        assert!(TextSettings { columns, ..Default::default() }.check().is_err());
        let place = Place::parse("Main").expect("a place");
        assert!(TextSettings { places: vec![place.clone(), place], ..Default::default() }.check().is_err());
    }

    #[test]
    fn variables_name_their_kind() {
        let json = r#"{"kind":"appointment_reminder","starts_at":"2026-11-25T15:00:00.000Z","place":"Main"}"#;
        let read: Variables = serde_json::from_str(json).expect("variables");
        assert_eq!(read.kind(), TextKind::AppointmentReminder);
        assert_eq!(serde_json::to_string(&read).expect("text"), json);
        assert!(serde_json::from_str::<Variables>(&json.replace("Main", "http://x.test")).is_err());
    }
}
