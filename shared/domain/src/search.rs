//! How staff find a patient without readable names at rest: the terms that the name index holds, and the
//! terms of a query.

use crate::{
    contact::ContactValue,
    person::{BirthDate, PersonName, fold},
};

/// Longest prefix of a word that is indexed. Longer prefixes are cut; the rest is compared after unsealing.
const PREFIX_MAX: usize = 6;
/// Shortest prefix of a word that is indexed, unless the word itself is shorter or [`stands_alone`].
const PREFIX_MIN: usize = 2;
/// At most so many words of a name are indexed.
const WORDS_MAX: usize = 8;

/// One term of the index, with its kind inside so that a name cannot collide with a date. PHI until it is
/// hashed with the practice's index key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(String);

impl Term {
    /// The bytes that are hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn of_date(date: BirthDate) -> Self {
        Self(format!("b:{}", date.expose()))
    }

    fn of_phone_end(end: &str) -> Self {
        Self(format!("p:{end}"))
    }

    fn of_external_id(id: &str) -> Self {
        Self(format!("x:{}", fold(id)))
    }
}

fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(WORDS_MAX)
        .map(str::to_owned)
        .collect()
}

/// Whether one character is enough to search by: in Chinese or Korean it may be a whole family name.
fn stands_alone(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii())
}

fn is_selective(word: &str) -> bool {
    stands_alone(word) || word.chars().count() >= PREFIX_MIN
}

fn prefix(word: &str, length: usize) -> Term {
    Term(format!("n:{}", word.chars().take(length).collect::<String>()))
}

/// Every term under which a patient is found: prefixes of each word of the name, the birth date, the last
/// four digits of each phone and the practice's own number for the patient.
pub fn terms_of(
    name: &PersonName,
    birth_date: BirthDate,
    contacts: &[ContactValue],
    external_id: Option<&str>,
) -> Vec<Term> {
    let mut terms: Vec<Term> = words(name.expose())
        .iter()
        .flat_map(|word| {
            let length = word.chars().count();
            let shortest = if stands_alone(word) { 1 } else { PREFIX_MIN.min(length) };
            (shortest..=PREFIX_MAX.min(length)).map(|n| prefix(word, n)).collect::<Vec<_>>()
        })
        .collect();
    terms.push(Term::of_date(birth_date));
    terms.extend(contacts.iter().filter_map(ContactValue::phone_end).map(Term::of_phone_end));
    terms.extend(external_id.map(Term::of_external_id));
    terms.sort();
    terms.dedup();
    terms
}

/// What staff typed into the search box.
pub enum Query {
    /// Words of a name, a birth date, or both.
    Person {
        /// Each is the beginning of a word of the patient's name.
        words: Vec<String>,
        /// The birth date, if one was typed.
        birth_date: Option<BirthDate>,
        /// All that was typed: it may be the practice's own number for the patient.
        typed: String,
    },
    /// A number: the end of a phone, or the practice's own number for the patient.
    Number {
        /// Its digits, four or more.
        digits: String,
        /// All that was typed.
        typed: String,
    },
}

impl Query {
    /// Reads the box: four or more digits, or else words and a date `YYYY-MM-DD` in any order. `None` if there is
    /// nothing to search by: a single letter would list a good part of the practice.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (dates, rest): (Vec<&str>, Vec<&str>) =
            text.split_whitespace().partition(|part| BirthDate::parse(part).is_ok());
        let birth_date = dates.first().and_then(|date| BirthDate::parse(date).ok());
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if birth_date.is_none() && digits.len() >= 4 && !text.chars().any(char::is_alphabetic) {
            return Some(Self::Number { digits, typed: fold(text) });
        }
        let words = words(&rest.join(" "));
        let searchable = dates.len() <= 1 && (birth_date.is_some() || words.iter().any(|w| is_selective(w)));
        searchable.then(|| Self::Person { words, birth_date, typed: fold(text) })
    }

    /// What to look up. A patient that matches stands, for at least one of these sets, under each of its terms; the
    /// caller keeps those for which [`Query::matches`] holds.
    pub fn lookups(&self) -> Vec<Vec<Term>> {
        match self {
            Self::Number { digits, typed } => {
                vec![vec![Term::of_phone_end(&digits[digits.len() - 4..])], vec![Term::of_external_id(typed)]]
            }
            Self::Person { words, birth_date, typed } => {
                let selective = words.iter().filter(|w| is_selective(w));
                let mut terms: Vec<Term> = selective.map(|w| prefix(w, PREFIX_MAX)).collect();
                terms.extend(birth_date.map(Term::of_date));
                terms.sort();
                terms.dedup();
                vec![terms, vec![Term::of_external_id(typed)]]
            }
        }
    }

    /// Whether this patient is what was asked for.
    pub fn matches(
        &self,
        name: &PersonName,
        birth_date: BirthDate,
        contacts: &[ContactValue],
        external_id: Option<&str>,
    ) -> bool {
        let is_number = |typed: &str| external_id.is_some_and(|id| fold(id) == typed);
        match self {
            Self::Number { digits, typed } => {
                // A number as dialled inside the country begins with a zero that E.164 does not have.
                let national = digits.trim_start_matches('0');
                let ends = |c: &ContactValue| {
                    c.phone_end().is_some()
                        && (c.expose().ends_with(digits.as_str())
                            || (national.len() >= 4 && c.expose().ends_with(national)))
                };
                contacts.iter().any(ends) || is_number(typed)
            }
            Self::Person { words: asked, birth_date: born, typed } => {
                let own = words(name.expose());
                let named = asked.iter().all(|a| own.iter().any(|o| o.starts_with(a.as_str())));
                (named && born.is_none_or(|born| born == birth_date)) || is_number(typed)
            }
        }
    }

    /// Whether [`Query::matches`] looks at contacts.
    pub const fn needs_contacts(&self) -> bool {
        matches!(self, Self::Number { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> PersonName {
        PersonName::parse(text).expect("a name")
    }

    fn date(text: &str) -> BirthDate {
        BirthDate::parse(text).expect("a date")
    }

    #[test]
    fn a_patient_is_found_by_each_kind_of_term() {
        let (maria, born) = (name("María López-Ortiz"), date("1985-03-14"));
        let phone = [ContactValue::phone("+15555550101").expect("a phone")];
        let terms = terms_of(&maria, born, &phone, Some("A-77"));
        for asked in [
            "mar",
            "lopez",
            "Ortiz maria",
            "LÓPEZ ma",
            "m lopez",
            "1985-03-14",
            "maria 1985-03-14",
            "1985-03-14 LOP",
            "0101",
            "555-0101",
            "+1 555-555-0101",
            "a-77",
            "A-77 ",
        ] {
            let query = Query::parse(asked).unwrap_or_else(|| panic!("{asked} is a query"));
            assert!(query.lookups().iter().any(|set| set.iter().all(|t| terms.contains(t))), "{asked}");
            assert!(query.matches(&maria, born, &phone, Some("A-77")), "{asked}");
        }
        for other in ["maria gomez", "maria 1985-03-15", "1985-03-15", "0102", "A-78", "x lopez"] {
            let query = Query::parse(other).unwrap_or_else(|| panic!("{other} is a query"));
            assert!(!query.matches(&maria, born, &phone, Some("A-77")), "{other}");
        }
        let abroad = [ContactValue::phone("+442079460123").expect("a phone")];
        for (asked, fits) in [("020 7946 0123", true), ("0123", true), ("000123", false), ("12-345", true)] {
            let query = Query::parse(asked).unwrap_or_else(|| panic!("{asked} is a query"));
            assert_eq!(query.matches(&maria, born, &abroad, Some("12-345")), fits, "{asked}");
        }
        for nothing in ["m", "  ", "m l", "-", "1985-03-14 1985-03-15"] {
            assert!(Query::parse(nothing).is_none(), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn whoever_matches_is_among_the_looked_up(full in "[A-Za-zÀ-ž\u{4e00}-\u{4e2f}]{1,12}( [A-Za-zÀ-ž]{1,12}){0,3}", cut in 1_usize..12) {
            let person = name(&full);
            let asked: String = full.split(' ').next_back().unwrap_or_default().chars().take(cut).collect();
            let born = date("1985-03-14");
            if let Some(query) = Query::parse(&asked)
                && query.matches(&person, born, &[], None)
            {
                let terms = terms_of(&person, born, &[], None);
                prop_assert!(query.lookups().iter().any(|set| set.iter().all(|t| terms.contains(t))));
            }
        }
    }
}
