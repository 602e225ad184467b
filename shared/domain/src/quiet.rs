//! When something may leave for a phone or a mailbox: quiet hours.
//!
//! Two clocks count, that of the practice and that of whoever receives, and the stricter one decides: a phone number does
//! not tell where its owner is. Nobody is woken by what could have waited; a code and the answer to somebody who has
//! just written are the only things that leave at any hour.

use std::fmt;

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{
    Invalid,
    time::{Timestamp, ZoneName},
};

/// What sort of message it is, as far as the hour matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Traffic {
    /// A code or link that somebody waits for.
    Code,
    /// The answer to what somebody has just written.
    Reply,
    /// Notices, reminders: what serves a patient's own care.
    Care,
    /// What advertises.
    Marketing,
}

/// Every sort of message.
pub const TRAFFIC: [Traffic; 4] = [Traffic::Code, Traffic::Reply, Traffic::Care, Traffic::Marketing];

impl Traffic {
    /// Whether it leaves at any hour.
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Code | Self::Reply)
    }
}

/// A part of each day, from a minute to before another one, by the clocks of a zone: `08:00-21:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayHours {
    from: u16,
    until: u16,
}

/// The shortest time of a day that a practice or a person can leave open. Less, and what falls into the night of two
/// zones would hardly ever leave.
const OPEN_MIN_MINUTES: u16 = 120;

impl DayHours {
    /// From eight in the morning to nine in the evening, the hours in which the United States allow calls that sell
    /// something (47 CFR 64.1200(c)(1)). Care does not have to keep them; here it does.
    pub const WIDEST: Self = Self::hours(8, 21);

    const fn hours(from: u16, until: u16) -> Self {
        Self { from: from * 60, until: until * 60 }
    }

    /// Hours within [`DayHours::WIDEST`], two at least, written `HH:MM-HH:MM`.
    ///
    /// # Errors
    /// `invalid_hours`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_hours");
        let (from, until) = text.split_once('-').ok_or(WRONG)?;
        let hours = Self { from: minute(from).ok_or(WRONG)?, until: minute(until).ok_or(WRONG)? };
        let within = hours.from >= Self::WIDEST.from && hours.until <= Self::WIDEST.until;
        let long = hours.until >= hours.from.saturating_add(OPEN_MIN_MINUTES);
        if within && long { Ok(hours) } else { Err(WRONG) }
    }

    const fn contain(self, minute: u16) -> bool {
        self.from <= minute && minute < self.until
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| {
        let fits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { digits.parse::<u16>().ok() } else { None }
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl Default for DayHours {
    fn default() -> Self {
        Self::WIDEST
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from, self.until);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl TryFrom<String> for DayHours {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<DayHours> for String {
    fn from(hours: DayHours) -> Self {
        hours.to_string()
    }
}

/// The hours in which a state lets advertising reach a phone, where they are narrower than the federal ones.
#[derive(Clone, Copy, Debug)]
pub struct StateRule {
    /// Postal code of the state.
    pub state: &'static str,
    /// Monday to Friday.
    pub weekdays: Option<DayHours>,
    /// Saturday.
    pub saturday: Option<DayHours>,
    /// Sunday.
    pub sunday: Option<DayHours>,
    /// Whether holidays are days like others.
    pub on_holidays: bool,
    /// Where that is written.
    pub source: &'static str,
}

/// When the rules were last compared with their sources.
pub const RULES_READ: &str = "2026-11";

const TABLE: &str = "https://www.dropcowboy.com/state-compliance";
const MINI_TCPA: &str = "https://support.referrizer.com/en/category/text-campaigns/article/tcpa-quiet-hours-and-state-specific-rules-for-text-campaigns";
const TEXAS: &str = "https://www.foster.com/newsroom-alerts-texas-expands-telemarketing-law-to-cover-text-messagesms-marketing-what-companies-need-to-know";

const fn daily(state: &'static str, from: u16, until: u16, source: &'static str) -> StateRule {
    let hours = Some(DayHours::hours(from, until));
    StateRule { state, weekdays: hours, saturday: hours, sunday: hours, on_holidays: true, source }
}

const fn no_sunday(state: &'static str, from: u16, until: u16, on_holidays: bool) -> StateRule {
    StateRule { sunday: None, on_holidays, ..daily(state, from, until, TABLE) }
}

/// The rules, as tables for the trade list them; a lawyer of the practice has the last word. Where two tables differ the
/// narrower hours stand here.
pub const STATE_RULES: [StateRule; 18] = [
    no_sunday("AL", 8, 20, false),
    daily("CT", 9, 20, MINI_TCPA),
    daily("FL", 8, 20, MINI_TCPA),
    daily("KY", 10, 21, TABLE),
    no_sunday("LA", 8, 20, false),
    daily("MA", 8, 20, TABLE),
    daily("MD", 8, 20, MINI_TCPA),
    daily("MI", 9, 21, TABLE),
    daily("MN", 9, 21, TABLE),
    no_sunday("MS", 8, 20, true),
    daily("NJ", 8, 20, MINI_TCPA),
    daily("NM", 9, 21, TABLE),
    daily("NV", 9, 20, TABLE),
    daily("OK", 8, 20, MINI_TCPA),
    StateRule { saturday: Some(DayHours::hours(8, 12)), on_holidays: false, ..daily("PA", 8, 21, TABLE) },
    StateRule {
        state: "RI",
        weekdays: Some(DayHours::hours(9, 18)),
        saturday: Some(DayHours::hours(10, 17)),
        sunday: None,
        on_holidays: false,
        source: MINI_TCPA,
    },
    StateRule { sunday: Some(DayHours::hours(12, 21)), ..daily("TX", 9, 21, TEXAS) },
    daily("WA", 8, 20, TABLE),
];

impl StateRule {
    fn allows(&self, date: Date, minute: u16) -> bool {
        let hours = match date.weekday() {
            Weekday::Saturday => self.saturday,
            Weekday::Sunday => self.sunday,
            _ => self.weekdays,
        };
        hours.is_some_and(|hours| hours.contain(minute)) && (self.on_holidays || !is_holiday(date))
    }
}

/// A federal holiday, or the weekday on which it is kept (5 U.S.C. 6103).
fn is_holiday(date: Date) -> bool {
    let fixed =
        |date: Date| matches!((date.month(), date.day()), (1, 1) | (6, 19) | (7, 4) | (11, 11) | (12, 25));
    let kept = match date.weekday() {
        Weekday::Monday => date.saturating_sub(1.day()),
        Weekday::Friday => date.saturating_add(1.day()),
        _ => date,
    };
    let nth = (date.day() - 1) / 7 + 1;
    let is_last = date.day() + 7 > date.days_in_month();
    let moving = match (date.weekday(), date.month()) {
        (Weekday::Monday, 1 | 2) => nth == 3,
        (Weekday::Monday, 5) => is_last,
        (Weekday::Monday, 9) => nth == 1,
        (Weekday::Monday, 10) => nth == 2,
        (Weekday::Thursday, 11) => nth == 4,
        _ => false,
    };
    fixed(date) || fixed(kept) || moving
}

/// A clock that counts, with the hours that are open by it: the practice with its own, a patient with theirs.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// Where it hangs.
    pub zone: &'a ZoneName,
    /// When it lets something through.
    pub hours: DayHours,
}

impl Clock<'_> {
    fn zone(&self) -> TimeZone {
        jiff::tz::db().get(self.zone.as_str()).unwrap_or(TimeZone::UTC)
    }
}

/// Whether something of this sort may leave now, by every one of these clocks.
pub fn is_open(traffic: Traffic, at: Timestamp, clocks: &[Clock<'_>]) -> bool {
    traffic.is_awaited() || clocks.iter().all(|clock| is_open_by(traffic, at, clock, &clock.zone()))
}

fn is_open_by(traffic: Traffic, at: Timestamp, clock: &Clock<'_>, zone: &TimeZone) -> bool {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.as_millis()) else { return false };
    let local = zone.to_datetime(at);
    let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    let in_state = || STATE_RULES.iter().all(|rule| rule.allows(local.date(), minute));
    clock.hours.contain(minute)
        && DayHours::WIDEST.contain(minute)
        && (traffic != Traffic::Marketing || in_state())
}

/// Days that are looked through. A weekend beside a holiday closes four.
const DAYS_AHEAD: i64 = 10;

/// The first moment from `at` on at which something of this sort may leave. `None` if the days of these clocks never
/// meet: a practice in New York and a patient in Guam have no hour for marketing in common.
pub fn next_open(traffic: Traffic, at: Timestamp, clocks: &[Clock<'_>]) -> Option<Timestamp> {
    if is_open(traffic, at, clocks) {
        return Some(at);
    }
    let now = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    let zones: Vec<TimeZone> = clocks.iter().map(Clock::zone).collect();
    // What is closed opens where one of the clocks, or one of the rules, opens.
    let mut starts = Vec::new();
    for (clock, zone) in clocks.iter().zip(&zones) {
        let today = zone.to_datetime(now).date();
        let rules = STATE_RULES.iter().flat_map(|rule| [rule.weekdays, rule.saturday, rule.sunday]);
        let mut minutes: Vec<u16> = vec![clock.hours.from, DayHours::WIDEST.from];
        if traffic == Traffic::Marketing {
            minutes.extend(rules.flatten().map(|hours| hours.from));
        }
        minutes.sort_unstable();
        minutes.dedup();
        for day in -1..=DAYS_AHEAD {
            let date = today.saturating_add(day.days());
            for minute in &minutes {
                let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                let start = date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
                starts.push(Timestamp::from_millis(start.timestamp().as_millisecond()));
            }
        }
    }
    starts.sort_unstable();
    let all_open = |start: Timestamp| {
        clocks.iter().zip(&zones).all(|(clock, zone)| is_open_by(traffic, start, clock, zone))
    };
    starts.into_iter().filter(|start| *start > at).find(|start| all_open(*start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every zone in which a part of the United States lies, those of their territories included.
    const US_ZONES: [&str; 33] = [
        "America/Adak",
        "America/Anchorage",
        "America/Boise",
        "America/Chicago",
        "America/Denver",
        "America/Detroit",
        "America/Indiana/Indianapolis",
        "America/Indiana/Knox",
        "America/Indiana/Marengo",
        "America/Indiana/Petersburg",
        "America/Indiana/Tell_City",
        "America/Indiana/Vevay",
        "America/Indiana/Vincennes",
        "America/Indiana/Winamac",
        "America/Juneau",
        "America/Kentucky/Louisville",
        "America/Kentucky/Monticello",
        "America/Los_Angeles",
        "America/Menominee",
        "America/Metlakatla",
        "America/New_York",
        "America/Nome",
        "America/North_Dakota/Beulah",
        "America/North_Dakota/Center",
        "America/North_Dakota/New_Salem",
        "America/Phoenix",
        "America/Puerto_Rico",
        "America/Sitka",
        "America/Yakutat",
        "Pacific/Guam",
        "Pacific/Honolulu",
        "Pacific/Pago_Pago",
        "Pacific/Saipan",
    ];

    fn zone(name: &str) -> ZoneName {
        ZoneName::parse(name).expect("a zone")
    }

    fn widest(zone: &ZoneName) -> Clock<'_> {
        Clock { zone, hours: DayHours::WIDEST }
    }

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn local(at: Timestamp, zone: &ZoneName) -> String {
        at.in_zone(zone)
    }

    #[test]
    fn hours_have_one_spelling() {
        for good in ["08:00-21:00", "09:30-17:15", "19:00-21:00"] {
            assert_eq!(DayHours::parse(good).map(|h| h.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "08:00",
            "8:00-21:00",
            "07:59-21:00",
            "08:00-21:01",
            "20:00-21:00",
            "21:00-08:00",
            "08:60-21:00",
            "08:00-24:00",
            "08:00-٢١:00",
            " 08:00-21:00",
            "+8:00-21:00",
        ] {
            assert_eq!(DayHours::parse(bad), Err(Invalid::new("invalid_hours")), "{bad}");
        }
        assert_eq!(serde_json::to_string(&DayHours::WIDEST).expect("text"), "\"08:00-21:00\"");
        assert!(serde_json::from_str::<DayHours>("\"00:00-23:00\"").is_err());
    }

    #[test]
    fn the_stricter_clock_decides() {
        let (east, west) = (zone("America/New_York"), zone("America/Los_Angeles"));
        let both = [widest(&east), widest(&west)];
        // Half past nine in New York is half past six in Los Angeles.
        let early = time("2026-11-24T14:30:00Z");
        assert!(is_open(Traffic::Care, early, &both[..1]) && !is_open(Traffic::Care, early, &both));
        assert_eq!(next_open(Traffic::Care, early, &both), Some(time("2026-11-24T16:00:00Z")));
        // Seven in Los Angeles is ten in New York: tomorrow, when both are awake.
        let late = time("2026-11-25T03:00:00Z");
        assert_eq!(next_open(Traffic::Care, late, &both), Some(time("2026-11-25T16:00:00Z")));
        let lunch = Clock { hours: DayHours::parse("12:00-14:00").expect("hours"), ..both[0] };
        assert_eq!(next_open(Traffic::Care, late, &[lunch]), Some(time("2026-11-25T17:00:00Z")));
        for awaited in [Traffic::Code, Traffic::Reply] {
            assert_eq!(next_open(awaited, late, &both), Some(late));
        }
    }

    #[test]
    fn days_that_never_meet_are_said() {
        let (east, guam) = (zone("America/New_York"), zone("Pacific/Guam"));
        let both = [widest(&east), widest(&guam)];
        let at = time("2026-11-24T14:30:00Z");
        assert!(next_open(Traffic::Care, at, &both).is_some(), "evening there is morning here");
        assert_eq!(next_open(Traffic::Marketing, at, &both), None);
    }

    #[test]
    fn advertising_waits_for_what_every_state_allows() {
        let east = zone("America/New_York");
        let clocks = [widest(&east)];
        let next = |text| next_open(Traffic::Marketing, time(text), &clocks).map(|at| local(at, &east));
        for (at, then) in [
            // Tuesday, 09:30 and 10:30.
            ("2026-11-24T14:30:00Z", "2026-11-24 10:00 (EST)"),
            ("2026-11-24T15:30:00Z", "2026-11-24 10:30 (EST)"),
            // Wednesday, 18:00: Thursday is Thanksgiving.
            ("2026-11-25T23:00:00Z", "2026-11-27 10:00 (EST)"),
            // Saturday, noon: Sunday is quiet.
            ("2026-11-28T17:00:00Z", "2026-11-30 10:00 (EST)"),
            // Christmas on a Friday, then a Saturday.
            ("2026-12-25T15:30:00Z", "2026-12-26 10:00 (EST)"),
            // Independence Day of 2026 is a Saturday and kept on the Friday before.
            ("2026-07-03T15:30:00Z", "2026-07-06 10:00 (EDT)"),
        ] {
            assert_eq!(next(at).as_deref(), Some(then), "{at}");
        }
        assert!(STATE_RULES.iter().all(|rule| rule.source.starts_with("https://")));
        assert!(STATE_RULES.is_sorted_by_key(|rule| rule.state));
    }

    /// Every quarter of an hour of ten days around both changes of the clocks, in every zone.
    #[test]
    fn every_zone_keeps_its_hours_across_both_changes() {
        let mut looked_at = 0;
        for name in US_ZONES {
            let zone = zone(name);
            let clocks = [widest(&zone)];
            for begin in ["2026-03-03T00:00:00Z", "2026-10-27T00:00:00Z"] {
                let begin = time(begin);
                for quarter in 0..(10 * 24 * 4) {
                    let at = begin.plus_seconds(quarter * 900);
                    let by_the_wall = &local(at, &zone)[11..13];
                    let awake = ("08".."21").contains(&by_the_wall);
                    assert_eq!(is_open(Traffic::Care, at, &clocks), awake, "{name} {at}");
                    let next = next_open(Traffic::Care, at, &clocks).expect("an hour");
                    if !awake {
                        assert_eq!(&local(next, &zone)[11..16], "08:00", "{name} {at}");
                        let wait = next.millis_since(at) / 3_600_000;
                        assert!((0..=12).contains(&wait), "{name} {at}: {wait} h");
                    }
                    looked_at += 1;
                }
            }
        }
        assert_eq!(looked_at, 33 * 2 * 960);
    }

    proptest! {
        #[test]
        fn the_next_open_moment_is_open_and_nothing_before_it_is(
            hours in 0_i64..24 * 800, minutes in 0_i64..60, one in 0_usize..US_ZONES.len(),
            other in 0_usize..US_ZONES.len(), traffic in 0_usize..4,
        ) {
            let (one, other, traffic) = (zone(US_ZONES[one]), zone(US_ZONES[other]), TRAFFIC[traffic]);
            let clocks = [widest(&one), widest(&other)];
            let at = time("2025-12-01T00:00:00Z").plus_seconds(hours * 3600 + minutes * 60);
            if let Some(next) = next_open(traffic, at, &clocks) {
                prop_assert!(next >= at && is_open(traffic, next, &clocks));
                let before = (1..48).map(|n| next.plus_seconds(-900 * n)).take_while(|t| *t >= at);
                for moment in before {
                    prop_assert!(!is_open(traffic, moment, &clocks), "{moment} before {next}");
                }
            }
        }
    }
}
