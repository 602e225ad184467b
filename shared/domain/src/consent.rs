//! What people agreed to, contact by contact and category by category: a ledger that only grows.
//!
//! A contact is a number or a mailbox, not a person. Whoever holds a shared phone and stops something stops it for all
//! who share it, and nothing but a word of the same kind takes that back.

use serde::{Deserialize, Serialize};

use crate::{
    Invalid,
    channel::{Category, Consent},
    language::Language,
    time::Timestamp,
};

/// Where the rules were read that the ledger keeps, and what is to be looked at again.
///
/// Revocation by any reasonable means, within ten business days: 47 CFR 64.1200(a)(10). That a STOP to one sort of text
/// ends every sort is waived until 31 January 2027; until then it ends the category of the number that it was sent to,
/// and STOPALL ends all.
pub const RULES_READ: &str = "2026-11";
/// The day after which a STOP may have to end every category.
pub const ONE_FOR_ALL_WAIVED_UNTIL: &str = "2027-01-31";
/// Where that stands.
pub const RULES_SOURCE: &str =
    "https://www.bubecklaw.com/privacyspeak/fcc-hits-pause-again-on-global-consent-revocation";

/// Who said it, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// On a signed paper that the practice keeps.
    Paper,
    /// To staff, in person.
    InPerson,
    /// To staff, on the phone.
    ByPhone,
    /// The patient themselves, signed in.
    SignedIn,
    /// By a text from that phone.
    Sms,
    /// Whoever holds the phone says that it is not the patient's.
    WrongNumber,
}

/// Every source.
pub const SOURCES: [Source; 6] =
    [Source::Paper, Source::InPerson, Source::ByPhone, Source::SignedIn, Source::Sms, Source::WrongNumber];

impl Source {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::InPerson => "in_person",
            Self::ByPhone => "by_phone",
            Self::SignedIn => "signed_in",
            Self::Sms => "sms",
            Self::WrongNumber => "wrong_number",
        }
    }

    /// The source of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        SOURCES.into_iter().find(|source| source.as_str() == text)
    }

    /// Whether staff may name it.
    pub const fn is_of_staff(self) -> bool {
        matches!(self, Self::Paper | Self::InPerson | Self::ByPhone)
    }
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// Yes.
    Given,
    /// No, or no longer.
    Withdrawn,
    /// What had been stopped is as if it had not been.
    Lifted,
}

impl Said {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
            Self::Lifted => "lifted",
        }
    }

    /// What has this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Given, Self::Withdrawn, Self::Lifted].into_iter().find(|said| said.as_str() == text)
    }

    const fn consent(self) -> Consent {
        match self {
            Self::Given => Consent::Given,
            Self::Withdrawn => Consent::Withdrawn,
            Self::Lifted => Consent::None,
        }
    }
}

/// Which words were agreed to: category and version. The words themselves stand in the locales under this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording(String);

impl Wording {
    /// The words that are shown today.
    pub fn current(category: Category) -> Self {
        Self(format!("{}-1", category.as_str()))
    }

    /// Words of this category that are or were shown.
    ///
    /// # Errors
    /// `unknown_wording`.
    pub fn parse(text: &str, category: Category) -> Result<Self, Invalid> {
        let known = Self::current(category);
        if known.0 == text { Ok(known) } else { Err(Invalid::new("unknown_wording")) }
    }

    /// As it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// About what.
    pub category: Category,
    /// What was said.
    pub said: Said,
    /// By whom, and how.
    pub source: Source,
    /// Which words a yes was given to.
    pub wording: Option<Wording>,
    /// In which language.
    pub language: Language,
}

/// Everything that was said about one contact, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger(Vec<Entry>);

impl Ledger {
    /// A ledger of these lines, in the order in which they were written.
    pub const fn new(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    /// Every line.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    fn of(&self, category: Category) -> impl DoubleEndedIterator<Item = &Entry> {
        self.0.iter().filter(move |entry| entry.category == category)
    }

    /// The last line about a category. Of two lines of one moment a no is the later one.
    pub fn last(&self, category: Category) -> Option<&Entry> {
        self.of(category).max_by_key(|entry| (entry.at, entry.said == Said::Withdrawn))
    }

    /// What holds now.
    pub fn consent(&self, category: Category) -> Consent {
        self.last(category).map_or(Consent::None, |entry| entry.said.consent())
    }

    /// What a START brings back: the line that stood before this phone's own STOP. Nothing else comes back by a text,
    /// and nothing that was never there.
    pub fn restored(&self, category: Category, at: Timestamp) -> Option<Entry> {
        let stop = self.last(category)?;
        if (stop.said, stop.source) != (Said::Withdrawn, Source::Sms) {
            return None;
        }
        let by_this_phone = |entry: &&Entry| (entry.said, entry.source) == (Said::Withdrawn, Source::Sms);
        let before = self.of(category).rev().find(|entry| !by_this_phone(entry));
        let (said, wording) = match before {
            Some(Entry { said: Said::Given, wording, .. }) => (Said::Given, wording.clone()),
            Some(Entry { said: Said::Withdrawn, .. }) => return None,
            Some(Entry { said: Said::Lifted, .. }) | None => (Said::Lifted, None),
        };
        Some(Entry { at, category, said, source: Source::Sms, wording, language: stop.language.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::CATEGORIES;
    use proptest::prelude::*;

    fn entry(category: Category, said: Said, source: Source) -> Entry {
        let wording = (said == Said::Given).then(|| Wording::current(category));
        Entry {
            at: Timestamp::from_millis(0),
            category,
            said,
            source,
            wording,
            language: Language::english(),
        }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    use Category::{Marketing, Notices, Reminders};

    #[test]
    fn the_last_word_holds_for_its_category_alone() {
        let ledger = Ledger::new(vec![
            entry(Reminders, Said::Given, Source::Paper),
            entry(Notices, Said::Withdrawn, Source::InPerson),
            entry(Reminders, Said::Withdrawn, Source::Sms),
        ]);
        let now = CATEGORIES.map(|category| ledger.consent(category));
        assert_eq!(now, [Consent::Withdrawn, Consent::Withdrawn, Consent::None]);
    }

    #[test]
    fn of_one_moment_the_no_holds() {
        let lines = [
            entry(Reminders, Said::Withdrawn, Source::SignedIn),
            entry(Reminders, Said::Given, Source::Paper),
        ];
        assert_eq!(Ledger::new(lines.to_vec()).consent(Reminders), Consent::Withdrawn);
    }

    #[test]
    fn a_start_restores_what_a_stop_from_that_phone_removed_and_nothing_else() {
        let restored = |entries: Vec<Entry>, category| {
            Ledger::new(entries).restored(category, NOW).map(|entry| (entry.said, entry.wording))
        };
        let given = || entry(Reminders, Said::Given, Source::Paper);
        let stop = || entry(Reminders, Said::Withdrawn, Source::Sms);
        let yes = Some((Said::Given, Some(Wording::current(Reminders))));
        assert_eq!(restored(vec![given(), stop()], Reminders), yes);
        assert_eq!(restored(vec![given(), stop(), stop()], Reminders), yes, "STOP twice is STOP");
        assert_eq!(restored(vec![stop()], Reminders), Some((Said::Lifted, None)), "a yes that never was");
        assert_eq!(restored(vec![given()], Reminders), None);
        assert_eq!(restored(vec![], Reminders), None);
        for other in [Source::InPerson, Source::SignedIn, Source::WrongNumber] {
            let no = entry(Reminders, Said::Withdrawn, other);
            assert_eq!(restored(vec![given(), no.clone()], Reminders), None, "{other:?}");
            assert_eq!(restored(vec![given(), no, stop()], Reminders), None, "{other:?}, then STOP");
        }
        assert_eq!(restored(vec![given(), stop()], Marketing), None);
    }

    proptest! {
        /// A text never makes a yes that somebody did not give in another way before.
        #[test]
        fn texts_only_ever_reduce(steps in prop::collection::vec((0_usize..3, 0_usize..6), 0..12)) {
            let mut ledger = Ledger::default();
            let mut said_yes = false;
            for (what, source) in steps {
                let source = SOURCES[source];
                let next = match (what, source) {
                    (0, Source::Sms | Source::WrongNumber) => ledger.restored(Marketing, NOW),
                    (0, _) => { said_yes = true; Some(entry(Marketing, Said::Given, source)) }
                    (1, _) => Some(entry(Marketing, Said::Withdrawn, source)),
                    _ => ledger.restored(Marketing, NOW),
                };
                ledger.0.extend(next);
                prop_assert!(said_yes || ledger.consent(Marketing) != Consent::Given);
            }
        }
    }

    #[test]
    fn names_survive_being_stored() {
        for source in SOURCES {
            assert_eq!(Source::from_stored(source.as_str()), Some(source));
        }
        for category in CATEGORIES {
            let wording = Wording::current(category);
            assert_eq!(Wording::parse(wording.as_str(), category), Ok(wording.clone()));
            let other = if category == Notices { Marketing } else { Notices };
            assert!(Wording::parse(wording.as_str(), other).is_err());
        }
    }
}
