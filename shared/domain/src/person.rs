//! What identifies a person: a name and a birth date.

use std::fmt;

use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{
    Invalid, digits,
    time::{Timestamp, ZoneName},
};

/// Longest name, in Unicode scalar values.
const NAME_MAX_SCALARS: usize = 200;

/// The name of a person in NFC. PHI: it can be neither printed nor serialized by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// A name of 1 to 200 scalar values without control characters, white space folded.
    ///
    /// # Errors
    /// `invalid_name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>();
        let fits = (1..=NAME_MAX_SCALARS).contains(&name.chars().count())
            && !name.chars().any(|c| c.is_control() || is_direction_control(c));
        if fits { Ok(Self(name)) } else { Err(Invalid::new("invalid_name")) }
    }

    /// The text, for sealing and for people who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first word, compared when a birth date fits two people behind one address.
    pub fn first_word(&self) -> &str {
        self.0.split(' ').next().unwrap_or(&self.0)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(..)")
    }
}

/// Characters that reorder the text around them (UAX #9): a name must not rewrite the line that shows it.
pub(crate) fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// A birth date. PHI and a sign-in proof: never printed, compared in constant time by its ten bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate(Date);

impl BirthDate {
    /// Parses `YYYY-MM-DD` from 1880 on, in the digits of any keyboard. Spaces are dropped, and its parts
    /// may be held apart by any dash.
    ///
    /// # Errors
    /// `invalid_date` for anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_date");
        let text: String = text.chars().filter(|c| !digits::is_space(*c)).map(digits::plain).collect();
        let shape = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
        let date: Date = if shape { text.parse().map_err(|_| WRONG)? } else { return Err(WRONG) };
        if date.year() < 1880 { Err(WRONG) } else { Ok(Self(date)) }
    }

    /// Whether the day lies after `now`, counted a day generously for zones ahead of UTC.
    pub fn is_after(self, now: Timestamp) -> bool {
        self.expose() > now.plus_seconds(24 * 3600).utc_day()
    }

    /// The beginning of the day on which the person turns so old, where the clocks of `zone` count. Whoever was born on
    /// 29 February turns on the 28th.
    pub fn turns(self, age: u8, zone: &ZoneName) -> Timestamp {
        let day = self.0.saturating_add(i64::from(age).years());
        let zone = jiff::tz::db().get(zone.as_str()).unwrap_or(jiff::tz::TimeZone::UTC);
        let start = day.to_zoned(zone).map_or(i64::MAX, |start| start.timestamp().as_millisecond());
        Timestamp::from_millis(start)
    }

    /// The text `YYYY-MM-DD`, for sealing and comparing.
    pub fn expose(self) -> String {
        self.0.to_string()
    }
}

/// How far a date that somebody typed is from the right one. It tells staff whether a patient mistypes, a date was
/// written down wrongly, or somebody guesses; it never tells the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// Day and month stand in each other's place.
    DayMonthSwapped,
    /// One of the eight digits differs.
    OneDigitOff,
    /// Anything else.
    Different,
}

impl Slip {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DayMonthSwapped => "day_month_swapped",
            Self::OneDigitOff => "one_digit_off",
            Self::Different => "different",
        }
    }

    /// The slip of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::DayMonthSwapped, Self::OneDigitOff, Self::Different].into_iter().find(|s| s.as_str() == text)
    }
}

impl BirthDate {
    /// How `tried` misses this date; `None` if it is this date.
    pub fn slip(self, tried: Self) -> Option<Slip> {
        let (a, b) = (self.expose(), tried.expose());
        match a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count() {
            0 => None,
            _ if (self.0.year(), self.0.month(), self.0.day())
                == (tried.0.year(), tried.0.day(), tried.0.month()) =>
            {
                Some(Slip::DayMonthSwapped)
            }
            1 => Some(Slip::OneDigitOff),
            _ => Some(Slip::Different),
        }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(..)")
    }
}

/// Longest number that a practice's own system gives a patient, in Unicode scalar values.
const EXTERNAL_ID_MAX_SCALARS: usize = 64;

/// The number under which a practice's other system knows a patient. It identifies a person, so it is handled as PHI.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// 1 to 64 scalar values without control characters, white space folded.
    ///
    /// # Errors
    /// `invalid_external_id`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let id = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = (1..=EXTERNAL_ID_MAX_SCALARS).contains(&id.chars().count())
            && !id.chars().any(|c| c.is_control() || is_direction_control(c));
        if fits { Ok(Self(id)) } else { Err(Invalid::new("invalid_external_id")) }
    }

    /// The text, for sealing and for people who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(..)")
    }
}

/// Folds a text for comparing: compatibility decomposition, marks dropped, lower case. `José` and `JOSE` meet.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_folded_and_never_printed() {
        let name = PersonName::parse("  Amal \t Haddad ").expect("valid");
        assert_eq!(name.expose(), "Amal Haddad");
        assert_eq!(name.first_word(), "Amal");
        assert_eq!(format!("{name:?}"), "PersonName(..)");
        for bad in ["", " \n ", "a\u{202e}b", "a\u{0}b", &"x".repeat(201)] {
            assert!(PersonName::parse(bad).is_err());
        }
        assert_eq!(fold("JOSÉ Ñandú"), "jose nandu");
    }

    #[test]
    fn external_ids_are_short_and_never_printed() {
        let id = ExternalId::parse(" A-77/b ").expect("valid");
        assert_eq!((id.expose(), format!("{id:?}").as_str()), ("A-77/b", "ExternalId(..)"));
        for bad in ["", "  ", "a\u{7}", "a\u{202e}b", &"x".repeat(65)] {
            assert_eq!(ExternalId::parse(bad), Err(Invalid::new("invalid_external_id")));
        }
    }

    #[test]
    fn birth_dates_are_real_days() {
        assert_eq!(BirthDate::parse("1985-03-14").map(BirthDate::expose), Ok("1985-03-14".to_owned()));
        for bad in [
            "1985-02-30",
            "1985-3-14",
            "14.03.1985",
            "1879-12-31",
            "",
            "1985-03-14T00:00",
            "19850314",
            "1985/03/14",
        ] {
            assert!(BirthDate::parse(bad).is_err(), "{bad}");
        }
        let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("valid");
        let zone = ZoneName::parse("America/New_York").expect("a zone");
        let turns = |born: &str| BirthDate::parse(born).expect("valid").turns(18, &zone).to_string();
        assert_eq!(turns("2012-09-17"), "2030-09-17T04:00:00.000Z");
        assert_eq!(turns("2012-02-29"), "2030-02-28T05:00:00.000Z");
        assert!(BirthDate::parse("2026-11-24").is_ok_and(|d| d.is_after(now)));
        assert!(BirthDate::parse("2026-11-22").is_ok_and(|d| !d.is_after(now)));
    }
    fn date() -> impl Strategy<Value = (i16, i8, i8)> {
        (1900_i16..2026, 1_i8..=12, 1_i8..=28)
    }

    fn birth_date(year: i16, month: i8, day: i8) -> BirthDate {
        BirthDate::parse(&format!("{year:04}-{month:02}-{day:02}")).expect("a date")
    }

    proptest! {
        #[test]
        fn a_date_reads_in_the_digits_of_any_keyboard(
            (year, month, day) in date(), script in 0_usize..digits::ZEROS.len(), dash in 0_usize..digits::DASHES.len(),
        ) {
            let plain = format!("{year:04}-{month:02}-{day:02}");
            let typed = format!(" {}\u{a0}", digits::typed(&plain, script, digits::DASHES[dash]));
            prop_assert_eq!(BirthDate::parse(&typed), BirthDate::parse(&plain));
        }

        #[test]
        fn swapped_day_and_month_are_seen((year, month, day) in date()) {
            prop_assume!(day <= 12 && day != month);
            let slip = birth_date(year, month, day).slip(birth_date(year, day, month));
            prop_assert_eq!(slip, Some(Slip::DayMonthSwapped));
        }

        #[test]
        fn a_slip_is_the_same_both_ways_and_none_only_for_the_date_itself(
            (y1, m1, d1) in date(), (y2, m2, d2) in date(),
        ) {
            let (a, b) = (birth_date(y1, m1, d1), birth_date(y2, m2, d2));
            prop_assert_eq!(a.slip(b), b.slip(a));
            prop_assert_eq!(a.slip(b).is_none(), a == b);
        }

        #[test]
        fn one_other_digit_is_seen((year, month, day) in date(), other in 1_i16..10) {
            let last = year % 10;
            let tried = birth_date(year - last + (last + other) % 10, month, day);
            prop_assert_eq!(birth_date(year, month, day).slip(tried), Some(Slip::OneDigitOff));
        }
    }

    #[test]
    fn two_digits_or_more_are_another_date() {
        assert_eq!(birth_date(1985, 3, 14).slip(birth_date(1985, 4, 15)), Some(Slip::Different));
        assert_eq!(birth_date(1985, 1, 2).slip(birth_date(1985, 2, 1)), Some(Slip::DayMonthSwapped));
    }
}
