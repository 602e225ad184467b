//! Secrets and rules of signing in without a password.
//!
//! Secrets that travel in a message (notice token, link token, code) are derived, never stored: a retried
//! send carries the same secret, and no table or queue ever holds one. This module knows their shapes; the
//! derivation is `platform::secrets`.

use std::fmt;

use zeroize::Zeroize;

pub use crate::limits::{
    BROWSER_LIFE_SECONDS, DEVICE_LIFE_SECONDS, DEVICE_LINK_LIFE_SECONDS, FLOW_LIFE_SECONDS,
    INVITATION_LIFE_SECONDS, NOTICE_READ_LIFE_SECONDS, NOTICE_UNREAD_LIFE_SECONDS, PATIENTS_PER_CONTACT_MAX,
    REVOKE_LIFE_SECONDS, SECRET_LIFE_SECONDS,
};
use crate::{Invalid, digits, id::FlowId, id::PracticeId};

/// Digits of a sign-in code.
pub const CODE_DIGITS: usize = 8;
/// Whether a birth date opens something after a link or code that went to a contact with so many patients.
pub const fn opens_by_date(patients: usize) -> bool {
    patients <= PATIENTS_PER_CONTACT_MAX
}

macro_rules! secret_text {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Zeroize)]
        #[zeroize(drop)]
        pub struct $name(String);

        impl $name {
            /// The text, for the one message or cookie that carries it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

secret_text! {
    /// The token in a link: 22 characters of base64url, 128 bits. It stands in the fragment, so no server log,
    /// proxy or Referer ever sees it.
    LinkToken;
    /// The code of a message, eight digits.
    Code;
    /// The secret part of a session token or flow cookie: 43 characters of base64url, 256 bits.
    BrowserSecret;
}

impl LinkToken {
    /// Parses 22 characters of base64url.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() == 22 && text.bytes().all(is_base64url) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("invalid_token"))
        }
    }
}

impl Code {
    /// Parses eight digits of any keyboard; spaces and dashes that people put between groups are dropped.
    ///
    /// # Errors
    /// `invalid_code`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits: String =
            text.chars().filter(|c| !digits::is_space(*c)).map(digits::plain).filter(|c| *c != '-').collect();
        if digits.len() == CODE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(Invalid::new("invalid_code"))
        }
    }

    /// The code that a derived number stands for: its remainder by 10^8, with leading zeros.
    pub fn from_derived(number: u64) -> Self {
        Self(format!("{:08}", number % 100_000_000))
    }
}

impl BrowserSecret {
    /// Parses 43 characters of base64url.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() == 43 && text.bytes().all(is_base64url) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("invalid_token"))
        }
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The value of `__Host-flow`: which sign-in attempt this browser began, and the proof that it did.
#[derive(Clone, Debug)]
pub struct FlowCookie {
    /// The practice, part of the item's key.
    pub practice: PracticeId,
    /// The attempt.
    pub flow: FlowId,
    /// What only this browser holds; its hash is stored.
    pub secret: BrowserSecret,
}

impl FlowCookie {
    /// Parses `<practice>.<flow>.<secret>`.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_token");
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(WRONG);
        Ok(Self {
            practice: PracticeId::parse(next()?).map_err(|_| WRONG)?,
            flow: FlowId::parse(next()?).map_err(|_| WRONG)?,
            secret: BrowserSecret::parse(next()?)?,
        })
    }

    /// The cookie's value.
    pub fn expose(&self) -> String {
        format!("{}.{}.{}", self.practice, self.flow, self.secret.expose())
    }
}

/// Who an asked-for sign-in is for. The two never mix: a patient flow cannot yield a staff session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The patient portal.
    #[default]
    Patient,
    /// The staff console.
    Staff,
}

impl Audience {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Staff => "staff",
        }
    }

    /// The audience of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Patient, Self::Staff].into_iter().find(|a| a.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn codes_read_as_people_type_them() {
        assert_eq!(Code::parse("1234 5678").map(|c| c.expose().to_owned()), Ok("12345678".to_owned()));
        assert!(Code::parse("1234567").is_err());
        assert!(Code::parse("1234567x").is_err());
        assert_eq!(Code::parse("١٢٣٤٥٦٧٨").map(|c| c.expose().to_owned()), Ok("12345678".to_owned()));
        assert!(Code::parse("१२３４५६７").is_err());
        assert_eq!(Code::from_derived(42).expose(), "00000042");
        assert_eq!(format!("{:?}", Code::from_derived(42)), "Code(..)");
    }

    #[test]
    fn a_flow_cookie_survives_its_spelling() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let secret = BrowserSecret::parse(&"a".repeat(43)).expect("a secret");
        let cookie =
            FlowCookie { practice: PracticeId::new(at, [1; 10]), flow: FlowId::new(at, [2; 10]), secret };
        let again = FlowCookie::parse(&cookie.expose()).expect("a cookie");
        assert_eq!((again.practice, again.flow), (cookie.practice, cookie.flow));
        for bad in ["", ".", "..", "a.b.c", &cookie.expose()[1..], &format!("{}x", cookie.expose())] {
            assert!(FlowCookie::parse(bad).is_err());
        }
    }
    proptest! {
        #[test]
        fn a_code_reads_in_the_digits_of_any_keyboard(
            number in 0_u64..100_000_000, script in 0_usize..digits::ZEROS.len(), at in 0_usize..8,
            dash in 0_usize..digits::DASHES.len(),
        ) {
            let code = Code::from_derived(number);
            let (left, right) = code.expose().split_at(at);
            let typed = digits::typed(&format!(" {left}- {right} "), script, digits::DASHES[dash]);
            let read = Code::parse(&typed).map(|c| c.expose().to_owned());
            prop_assert_eq!(read, Ok(code.expose().to_owned()));
        }

        #[test]
        fn whatever_is_typed_is_eight_digits_or_nothing(typed in ".{0,20}") {
            if let Ok(code) = Code::parse(&typed) {
                prop_assert!(code.expose().len() == 8 && code.expose().bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
