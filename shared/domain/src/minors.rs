//! When minors decide for themselves, as data. Two days end what a parent or guardian may see: the one from which the law of
//! a state gives a minor confidential access of their own, and the 18th birthday.
//!
//! Laws differ in what they cover, and change. So a practice names its state or none, and none is what it starts with; a row
//! says where it comes from, for whoever has to check it. No row is legal advice.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Invalid,
    person::BirthDate,
    time::{Timestamp, ZoneName},
};

/// How long before its end staff are told that somebody's access ends.
pub const ENDING_TOLD_SECONDS: i64 = 30 * 24 * 3600;

/// What the law of a state says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateLaw {
    /// Two letters, as the post writes them.
    pub state: &'static str,
    /// The age from which a minor may have care that is theirs to tell of.
    pub own_access_age: u8,
    /// What it covers, in a few words.
    pub covers: &'static str,
    /// Where it stands.
    pub source: &'static str,
}

/// The states whose law is written down here.
pub const STATE_LAWS: [StateLaw; 4] = [
    StateLaw {
        state: "CA",
        own_access_age: 12,
        covers: "certain services, such as outpatient counseling",
        source: "Cal. Fam. Code § 6924; Cal. Health & Safety Code § 124260",
    },
    StateLaw {
        state: "OR",
        own_access_age: 15,
        covers: "medical, dental and optometric care",
        source: "Or. Rev. Stat. § 109.640",
    },
    StateLaw {
        state: "SC",
        own_access_age: 16,
        covers: "health services other than operations",
        source: "S.C. Code § 63-5-340",
    },
    StateLaw {
        state: "WA",
        own_access_age: 13,
        covers: "outpatient behavioral health treatment",
        source: "Wash. Rev. Code § 71.34.530",
    },
];

/// A state whose law is written down here when it is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct State([u8; 2]);

impl State {
    /// Two capital letters of a state that has a row in [`STATE_LAWS`].
    ///
    /// # Errors
    /// `unknown_state`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let state = Self::try_from(text.to_owned())?;
        state.law().map(|_| state).ok_or(Invalid::new("unknown_state"))
    }

    /// What its law says, as long as it is written down here.
    pub fn law(self) -> Option<&'static StateLaw> {
        STATE_LAWS.iter().find(|law| law.state.as_bytes() == self.0)
    }
}

impl TryFrom<String> for State {
    type Error = Invalid;

    /// What is stored stays readable when a row goes.
    fn try_from(text: String) -> Result<Self, Invalid> {
        let letters: [u8; 2] = text.as_bytes().try_into().map_err(|_| Invalid::new("unknown_state"))?;
        let fits = letters.iter().all(u8::is_ascii_uppercase);
        if fits { Ok(Self(letters)) } else { Err(Invalid::new("unknown_state")) }
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.to_string()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// When what parents and guardians may see of a minor ends, by the clocks of a zone: the first of both days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ages {
    /// From which the minor's own confidential access begins, where the practice has named a state that knows one.
    pub own_access: Option<u8>,
    /// From which no parent or guardian acts by being one.
    pub of_age: u8,
    /// The practice's zone; a patient's own counts before it.
    pub zone: ZoneName,
}

impl Ages {
    /// The beginning of the day on which it ends.
    pub fn end(&self, born: BirthDate, own_zone: Option<&ZoneName>) -> Timestamp {
        let age = self.own_access.map_or(self.of_age, |own| own.min(self.of_age));
        born.turns(age, own_zone.unwrap_or(&self.zone))
    }
}

/// When staff are told of an end.
pub const fn told_at(end: Timestamp) -> Timestamp {
    end.plus_seconds(-ENDING_TOLD_SECONDS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 7] = [
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Honolulu",
        "Pacific/Guam",
        "America/Santiago",
        "Pacific/Apia",
        "UTC",
    ];

    fn zone() -> impl Strategy<Value = ZoneName> {
        (0..ZONES.len()).prop_map(|n| ZoneName::parse(ZONES[n]).expect("a zone"))
    }

    /// Any day, those that only leap years have more often than the calendar does.
    fn born() -> impl Strategy<Value = (i16, i8, i8)> {
        let any = (1930_i16..2026, 1_i8..=12, 1_i8..=28);
        let leap = (483_i16..506).prop_map(|n| (n * 4, 2, 29));
        let last = (1930_i16..2026).prop_map(|year| (year, 12, 31));
        prop_oneof![4 => any, 2 => leap, 1 => last]
    }

    fn date((year, month, day): (i16, i8, i8)) -> BirthDate {
        BirthDate::parse(&format!("{year:04}-{month:02}-{day:02}")).expect("a date")
    }

    fn local(at: Timestamp, zone: &ZoneName) -> String {
        at.in_zone(zone)[..10].to_owned()
    }

    proptest! {
        #[test]
        fn a_day_begins_with_the_birthday_and_the_moment_before_is_the_day_before(
            born in born(), age in 12_u8..=18, zone in zone(),
        ) {
            let at = date(born).turns(age, &zone);
            let (year, month, day) = (born.0 + i16::from(age), born.1, born.2);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            // Nobody waits for a day that the year does not have: the day before it counts.
            let day = if (month, day) == (2, 29) && !leap { 28 } else { day };
            prop_assert_eq!(local(at, &zone), format!("{year:04}-{month:02}-{day:02}"));
            let before = local(Timestamp::from_millis(at.as_millis() - 1), &zone);
            prop_assert!(before < local(at, &zone), "{before}");
        }

        #[test]
        fn the_first_of_both_days_ends_it(born in born(), own in 12_u8..=18, of_age in 12_u8..=18, zone in zone()) {
            let ages = Ages { own_access: Some(own), of_age, zone: zone.clone() };
            let alone = Ages { own_access: None, ..ages.clone() };
            let (born, eighteen) = (date(born), date(born).turns(18, &zone));
            prop_assert_eq!(ages.end(born, None), born.turns(own, &zone).min(born.turns(of_age, &zone)));
            prop_assert_eq!(alone.end(born, None), born.turns(of_age, &zone));
            prop_assert!(ages.end(born, None) <= eighteen);
            prop_assert!(told_at(ages.end(born, None)) < ages.end(born, None));
        }

        #[test]
        fn who_is_older_comes_of_age_no_later(a in born(), b in born(), age in 12_u8..=18, zone in zone()) {
            let (older, younger) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(date(older).turns(age, &zone) <= date(younger).turns(age, &zone));
            prop_assert!(date(older).turns(age, &zone) < date(older).turns(age + 1, &zone));
        }

        #[test]
        fn the_patients_own_clocks_count_before_the_practices(born in born(), theirs in zone(), ours in zone()) {
            let ages = Ages { own_access: None, of_age: 18, zone: ours };
            prop_assert_eq!(ages.end(date(born), Some(&theirs)), date(born).turns(18, &theirs));
        }
    }

    #[test]
    fn every_row_says_where_it_comes_from() {
        for (place, law) in STATE_LAWS.iter().enumerate() {
            assert!((12..18).contains(&law.own_access_age), "{law:?}");
            assert!(law.source.contains('§') && !law.covers.is_empty(), "{law:?}");
            assert_eq!(State::parse(law.state).map(|state| state.law()), Ok(Some(law)));
            assert!(STATE_LAWS[..place].iter().all(|other| other.state < law.state), "in order, each once");
        }
        for bad in ["", "or", "ZZ", "ORE", "O1"] {
            assert_eq!(State::parse(bad), Err(Invalid::new("unknown_state")), "{bad}");
        }
        // What was stored is read, though its row has gone.
        assert_eq!(serde_json::from_str::<State>("\"ZZ\"").ok().and_then(State::law), None);
        assert!(serde_json::from_str::<State>("\"ZZ\"").is_ok());
    }
}
