//! What identifies a person: a name and a birth date.

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::{Invalid, time::Timestamp};

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
    /// Parses `YYYY-MM-DD` from 1880 on.
    ///
    /// # Errors
    /// `invalid_date` for anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_date");
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

    /// The text `YYYY-MM-DD`, for sealing and comparing.
    pub fn expose(self) -> String {
        self.0.to_string()
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
        for bad in
            ["1985-02-30", "1985-3-14", "14.03.1985", "1879-12-31", "", "1985-03-14T00:00", "١٩٨٥-٠٣-١٤"]
        {
            assert!(BirthDate::parse(bad).is_err(), "{bad}");
        }
        let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("valid");
        assert!(BirthDate::parse("2026-11-24").is_ok_and(|d| d.is_after(now)));
        assert!(BirthDate::parse("2026-11-22").is_ok_and(|d| !d.is_after(now)));
    }
}
