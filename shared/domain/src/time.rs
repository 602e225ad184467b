//! Points in time, in the one resolution and spelling that the product uses.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Invalid;

/// A point in time in milliseconds since the Unix epoch, written as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as DynamoDB's TTL wants them.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time plus a number of seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1000)
    }

    /// Milliseconds from `earlier` to this time; negative if it lies before.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Parses RFC 3339.
    ///
    /// # Errors
    /// `invalid_time` for anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let time: jiff::Timestamp = text.parse().map_err(|_| Invalid::new("invalid_time"))?;
        Ok(Self(time.as_millisecond()))
    }

    /// Day and minute by the clocks of a zone, as every language reads them: `2026-11-23 10:15 (EST)`.
    pub fn in_zone(self, zone: &ZoneName) -> String {
        self.zoned(zone).strftime("%Y-%m-%d %H:%M (%Z)").to_string()
    }

    fn zoned(self, zone: &ZoneName) -> jiff::Zoned {
        let zone = jiff::tz::db().get(zone.as_str()).unwrap_or(jiff::tz::TimeZone::UTC);
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default().to_zoned(zone)
    }

    /// The day by the clocks of a zone: weekday (Monday is 0) and month (January is 0), and the day of the month.
    pub fn civil_day(self, zone: &ZoneName) -> (usize, usize, u8) {
        let time = self.zoned(zone);
        let place = |n: i8| usize::from(n.unsigned_abs()).saturating_sub(1);
        (place(time.weekday().to_monday_one_offset()), place(time.month()), time.day().unsigned_abs())
    }

    /// The time of day by the clocks of a zone, as the United States write it: `10:30 AM`.
    pub fn time_of_day(self, zone: &ZoneName) -> String {
        self.zoned(zone).strftime("%-I:%M %p").to_string()
    }

    /// The day by the clocks of a zone, `YYYY-MM-DD`.
    pub fn local_day(self, zone: &ZoneName) -> String {
        self.zoned(zone).date().to_string()
    }

    /// The day in UTC, `YYYY-MM-DD`.
    pub fn utc_day(self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Out of jiff's range only for years beyond 9999; the epoch is a spelling that everybody recognises as wrong.
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{time:.3}")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The name of an IANA time zone, in the database's own spelling. The database is compiled in: a function's machine
/// need not have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(String);

impl ZoneName {
    /// A zone such as `America/New_York`, in any case.
    ///
    /// # Errors
    /// `invalid_time_zone` for a name that the database does not have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_time_zone");
        let zone = jiff::tz::db().get(text).map_err(|_| WRONG)?;
        // `Etc/Unknown` is the database's word for "no zone".
        let name = zone.iana_name().filter(|_| !zone.is_unknown()).ok_or(WRONG)?;
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_those_of_the_database_in_its_spelling() {
        for (given, kept) in [
            ("America/New_York", "America/New_York"),
            ("america/new_york", "America/New_York"),
            ("Asia/Kolkata", "Asia/Kolkata"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(ZoneName::parse(given).map(|z| z.to_string()), Ok(kept.to_owned()));
        }
        for bad in [
            "",
            "New York",
            "America/Atlantis",
            "Etc/Unknown",
            "../../etc/passwd",
            "+05:00",
            "EST5EDT4,M3.2.0",
            "/UTC",
        ] {
            assert_eq!(ZoneName::parse(bad), Err(Invalid::new("invalid_time_zone")), "{bad:?}");
        }
    }

    #[test]
    fn times_are_written_with_milliseconds_in_utc() {
        let time = Timestamp::from_millis(1_763_824_500_120);
        assert_eq!(time.to_string(), "2025-11-22T15:15:00.120Z");
        assert_eq!(Timestamp::parse("2025-11-22T10:15:00.120-05:00"), Ok(time));
        assert_eq!(time.utc_day(), "2025-11-22");
        let zone = ZoneName::parse("America/New_York").expect("a zone");
        assert_eq!(time.in_zone(&zone), "2025-11-22 10:15 (EST)");
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert!(Timestamp::parse("22.11.2025").is_err());
    }
}
