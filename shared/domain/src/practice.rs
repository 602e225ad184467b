//! A practice and what it has decided.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, contact::SmsRegions, minors::State, person::is_direction_control};

/// The short name of a practice in addresses: `bright-eyes`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// Two to forty lower-case letters, digits and inner hyphens.
    ///
    /// # Errors
    /// `invalid_slug`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (2..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::new("invalid_slug")) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a practice shows to everybody before sign-in. Nothing here is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicProfile {
    /// Full public name.
    pub name: String,
    /// The short neutral name that mails and texts are signed with; it must not name a specialty.
    pub sender_name: String,
    /// Public phone, E.164.
    pub phone: String,
    /// Whom to call when it cannot wait.
    pub emergency_number: String,
    /// Opening hours in plain words, as the practice prints them.
    pub hours: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Languages that the practice answers in.
    pub languages: Vec<String>,
}

/// Longest public name, in Unicode scalar values.
const NAME_MAX_SCALARS: usize = 120;
/// Longest opening hours, in Unicode scalar values.
const HOURS_MAX_SCALARS: usize = 400;

/// One line of plain text with folded white space, that neither breaks nor reorders what stands around it.
fn line(text: &str, max_scalars: usize, wrong: Invalid) -> Result<String, Invalid> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=max_scalars).contains(&line.chars().count())
        && !line.chars().any(|c| c.is_control() || is_direction_control(c));
    if fits { Ok(line) } else { Err(wrong) }
}

/// The full public name of a practice: one line of at most 120 scalar values.
///
/// # Errors
/// `invalid_name`.
pub fn public_name(text: &str) -> Result<String, Invalid> {
    line(text, NAME_MAX_SCALARS, Invalid::new("invalid_name"))
}

/// Opening hours as the practice prints them: one line of at most 400 scalar values.
///
/// # Errors
/// `invalid_hours`.
pub fn hours(text: &str) -> Result<String, Invalid> {
    line(text, HOURS_MAX_SCALARS, Invalid::new("invalid_hours"))
}

/// The number to call when it cannot wait: a short number such as `911`, or one in E.164.
///
/// # Errors
/// `invalid_emergency_number`.
pub fn emergency_number(text: &str) -> Result<String, Invalid> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err(Invalid::new("invalid_emergency_number")) }
}

/// What a practice has decided about access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// Factor on the limits; 1 for every deployed practice.
    pub limits_factor: u32,
    /// Whether staff sign in by an e-mail link alone. Only the local demonstration has it; neither the API nor
    /// the template can set it.
    pub staff_link_sign_in: bool,
    /// Whether the acts that need a fresh proof ask for one. Switched off in the local demonstration only.
    #[serde(default = "yes")]
    pub step_up: bool,
    /// Whether staff other than admins and auditors may use a code generator instead of a passkey.
    #[serde(default = "yes")]
    pub totp: bool,
    /// Whether patients may have a device remembered, and whether one that is stands in for the birth date. It does so
    /// always for patients who want their own devices alone.
    #[serde(default = "yes")]
    pub remember_devices: bool,
    /// The age at which a minor's parents and guardians no longer act for them: 12 to 18.
    #[serde(default = "of_age")]
    pub proxy_ends_at_age: u8,
    /// The state whose law gives minors confidential access of their own from some age, which ends what parents and
    /// guardians may see. None is the default.
    #[serde(default)]
    pub own_access_state: Option<State>,
    /// Whether an admin may destroy a colleague's unopened message for good. Off, every recalled text stays sealed for
    /// the auditor; off is right while any of them might be needed in court.
    #[serde(default)]
    pub shred_unopened: bool,
    /// Where text messages go.
    #[serde(default)]
    pub sms_regions: SmsRegions,
    /// Whether notices and reminders by text leave at night too. The local run has it, since whoever tries it out waits for no
    /// morning; neither the API nor the template can set it.
    #[serde(default)]
    pub texts_at_night: bool,
}

/// The age of majority.
pub const OF_AGE_MAX: u8 = 18;
/// The youngest age at which a state lets minors decide for themselves.
pub const OF_AGE_MIN: u8 = 12;

const fn of_age() -> u8 {
    OF_AGE_MAX
}

const fn yes() -> bool {
    true
}

impl Policies {
    /// What a deployed practice starts with.
    pub const STRICT: Self = Self {
        limits_factor: 1,
        staff_link_sign_in: false,
        step_up: true,
        totp: true,
        remember_devices: true,
        proxy_ends_at_age: OF_AGE_MAX,
        own_access_state: None,
        shred_unopened: false,
        sms_regions: SmsRegions::NorthAmerica,
        texts_at_night: false,
    };

    /// What the local demonstration has: staff sign in by link alone, nothing asks for a fresh proof, and the limits
    /// are wide. Neither the API nor the template can set it.
    #[must_use]
    pub const fn demonstration(limits_factor: u32) -> Self {
        Self { limits_factor, staff_link_sign_in: true, step_up: false, ..Self::STRICT }
    }

    /// The age at which minors have confidential access of their own, where the practice has named its state.
    pub fn own_access_age(&self) -> Option<u8> {
        self.own_access_state.and_then(State::law).map(|law| law.own_access_age)
    }

    /// The age at which the grants of parents and guardians end whatever the state says, within what the law of any says.
    pub fn of_age(&self) -> u8 {
        self.proxy_ends_at_age.clamp(OF_AGE_MIN, OF_AGE_MAX)
    }

    /// The practice's limits.
    pub const fn limits(&self) -> crate::limits::Limits {
        crate::limits::Limits::STRICT.scaled(self.limits_factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_reads_is_one_plain_line() {
        assert_eq!(public_name("  Bright  Eyes Clinic ").as_deref(), Ok("Bright Eyes Clinic"));
        assert_eq!(hours("Mon-Fri 9-17\nSat 9-12").as_deref(), Ok("Mon-Fri 9-17 Sat 9-12"));
        for bad in ["", " ", "a\u{0}", "a\u{202e}b", "x".repeat(121).as_str()] {
            assert_eq!(public_name(bad), Err(Invalid::new("invalid_name")), "{bad:?}");
        }
        for good in ["911", "112", "+15555550199"] {
            assert_eq!(emergency_number(good).as_deref(), Ok(good));
        }
        for bad in ["", "9", "+", "call us", "911 ", "1234567890123456", "٩١١"] {
            assert!(emergency_number(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn slugs_are_safe_in_a_host_name() {
        assert!(Slug::parse("bright-eyes").is_ok());
        for bad in ["", "a", "-ab", "ab-", "A1", "a b", "a_b", "x".repeat(41).as_str()] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }
}
