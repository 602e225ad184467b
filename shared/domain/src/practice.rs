//! A practice and what it has decided.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

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

/// What a practice has decided about access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// Factor on the limits; 1 for every deployed practice.
    pub limits_factor: u32,
    /// Whether staff sign in by an e-mail link alone. Only the local demonstration has it; neither the API nor
    /// the template can set it.
    pub staff_link_sign_in: bool,
}

impl Policies {
    /// What a deployed practice starts with.
    pub const STRICT: Self = Self { limits_factor: 1, staff_link_sign_in: false };

    /// The practice's limits.
    pub const fn limits(&self) -> crate::limits::Limits {
        crate::limits::Limits::STRICT.scaled(self.limits_factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_safe_in_a_host_name() {
        assert!(Slug::parse("bright-eyes").is_ok());
        for bad in ["", "a", "-ab", "ab-", "A1", "a b", "a_b", "x".repeat(41).as_str()] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }
}
