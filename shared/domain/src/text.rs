//! Scheduled texts: what may stand in them, and in which state they are.

use serde::{Deserialize, Serialize};

use crate::{Invalid, channel::TextKind, time::Timestamp};

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
    fn variables_name_their_kind() {
        let json = r#"{"kind":"appointment_reminder","starts_at":"2026-11-25T15:00:00.000Z","place":"Main"}"#;
        let read: Variables = serde_json::from_str(json).expect("variables");
        assert_eq!(read.kind(), TextKind::AppointmentReminder);
        assert_eq!(serde_json::to_string(&read).expect("text"), json);
        assert!(serde_json::from_str::<Variables>(&json.replace("Main", "http://x.test")).is_err());
    }
}
