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
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(WORDS_MAX).map(str::to_owned).collect()
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
    /// Words of a name: each must be the beginning of a word of the patient's name.
    Name(Vec<String>),
    /// A birth date.
    BirthDate(BirthDate),
    /// Digits: the end of a phone number, or the practice's own number for the patient.
    Digits(String),
}

impl Query {
    /// Reads the box: a date `YYYY-MM-DD`, four or more digits, or else words. `None` if there is nothing to
    /// search by: a single letter would list a good part of the practice.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(date) = BirthDate::parse(text) {
            return Some(Self::BirthDate(date));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 4 && !text.chars().any(char::is_alphabetic) {
            return Some(Self::Digits(digits));
        }
        let words = words(text);
        words.iter().any(|w| is_selective(w)).then_some(Self::Name(words))
    }

    /// The terms to look up. A patient that matches has at least one of them; the caller keeps those for which
    /// [`Query::matches`] holds.
    pub fn lookup_terms(&self) -> Vec<Term> {
        match self {
            Self::BirthDate(date) => vec![Term::of_date(*date)],
            Self::Digits(digits) => {
                vec![Term::of_phone_end(&digits[digits.len() - 4..]), Term::of_external_id(digits)]
            }
            // The longest word is the rarest: one look-up, the other words are compared after unsealing.
            Self::Name(words) => {
                let selective = words.iter().filter(|w| is_selective(w));
                selective.max_by_key(|w| w.chars().count()).map(|w| prefix(w, PREFIX_MAX)).into_iter().collect()
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
        match self {
            Self::BirthDate(date) => *date == birth_date,
            Self::Digits(digits) => {
                let ends = |c: &ContactValue| c.phone_end().is_some() && c.expose().ends_with(digits.as_str());
                contacts.iter().any(ends) || external_id.is_some_and(|id| fold(id) == *digits)
            }
            Self::Name(asked) => {
                let own = words(name.expose());
                asked.iter().all(|a| own.iter().any(|o| o.starts_with(a.as_str())))
            }
        }
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
        for asked in ["mar", "lopez", "Ortiz maria", "LÓPEZ ma", "1985-03-14", "0101", "555-0101"] {
            let query = Query::parse(asked).unwrap_or_else(|| panic!("{asked} is a query"));
            assert!(query.lookup_terms().iter().any(|t| terms.contains(t)), "{asked}");
            assert!(query.matches(&maria, born, &phone, Some("A-77")), "{asked}");
        }
        let other = Query::parse("maria gomez").expect("a query");
        assert!(!other.matches(&maria, born, &phone, None));
        assert!(Query::parse("m").is_none());
        assert!(Query::parse("  ").is_none());
    }

    proptest! {
        #[test]
        fn whoever_matches_is_among_the_looked_up(full in "[A-Za-zÀ-ž\u{4e00}-\u{4e2f}]{1,12}( [A-Za-zÀ-ž]{1,12}){0,3}", cut in 1_usize..12) {
            let person = name(&full);
            let asked: String = full.split(' ').next_back().unwrap_or_default().chars().take(cut).collect();
            let born = date("1985-03-14");
            if let Some(query) = Query::parse(&asked) {
                if query.matches(&person, born, &[], None) {
                    let terms = terms_of(&person, born, &[], None);
                    prop_assert!(query.lookup_terms().iter().any(|t| terms.contains(t)));
                }
            }
        }
    }
}
