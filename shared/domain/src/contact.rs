//! Addresses of people: e-mail and phone, in one normal form each.

use std::{fmt, str::FromStr};

use email_address::EmailAddress as Rfc5321;
use serde::{Deserialize, Serialize};

pub use crate::limits::{UNUSED_SECONDS, WRONG_DATES_MAX};
use crate::{Invalid, digits};

/// Longest e-mail address that SMTP can carry (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets).
const EMAIL_MAX_BYTES: usize = 254;

/// Whether a contact point is a mailbox or a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactKind {
    /// An e-mail address.
    Email,
    /// A phone number that receives SMS.
    Phone,
}

impl ContactKind {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// How messages travel to it.
    pub const fn channel(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "sms",
        }
    }

    /// The kind of this name.
    ///
    /// # Errors
    /// `invalid_contact_kind` for another name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "email" => Ok(Self::Email),
            "phone" => Ok(Self::Phone),
            _ => Err(Invalid::new("invalid_contact_kind")),
        }
    }
}

/// An e-mail address or phone number in its normal form. It is PHI: it can be neither printed nor serialized,
/// and whoever needs the text says so with [`ContactValue::expose`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactValue {
    email: bool,
    text: String,
}

impl ContactValue {
    /// An e-mail address (RFC 5321), lower-cased: two spellings of one mailbox must not be two people.
    ///
    /// # Errors
    /// `invalid_email`.
    pub fn email(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_email");
        let text = text.trim().to_lowercase();
        if text.len() > EMAIL_MAX_BYTES || !text.is_ascii() || text.contains(['"', '<', '>', '(', ')', '[']) {
            return Err(WRONG);
        }
        let address = Rfc5321::from_str(&text).map_err(|_| WRONG)?;
        if !address.domain().contains('.') {
            return Err(WRONG);
        }
        Ok(Self { email: true, text })
    }

    /// A phone number in E.164: `+`, a country code that is not 0, at most 15 digits.
    ///
    /// # Errors
    /// `invalid_phone`.
    pub fn phone(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('+').ok_or(Invalid::new("invalid_phone"))?;
        let fits = (8..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Self { email: false, text: text.to_owned() })
        } else {
            Err(Invalid::new("invalid_phone"))
        }
    }

    /// Either, as the asked-for sign-in takes it from a person: with stray spaces and capitals, and a phone as people
    /// group it (`+1 (555) 555-0104`), in the digits of any keyboard.
    ///
    /// # Errors
    /// `invalid_address`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let typed: String = text
            .chars()
            .filter(|c| !digits::is_space(*c))
            .map(|c| if c == '\u{ff0b}' { '+' } else { c })
            .collect();
        let either = if typed.starts_with('+') {
            let grouping = |c: &char| !matches!(c, '-' | '(' | ')' | '.' | '/');
            Self::phone(&typed.chars().map(digits::plain).filter(grouping).collect::<String>())
        } else {
            Self::email(&typed)
        };
        either.map_err(|_| Invalid::new("invalid_address"))
    }

    /// From the normal form and kind, as they were stored.
    ///
    /// # Errors
    /// As [`Self::email`] and [`Self::phone`].
    pub fn from_stored(kind: ContactKind, text: &str) -> Result<Self, Invalid> {
        match kind {
            ContactKind::Email => Self::email(text),
            ContactKind::Phone => Self::phone(text),
        }
    }

    /// Which of the two it is.
    pub const fn kind(&self) -> ContactKind {
        if self.email { ContactKind::Email } else { ContactKind::Phone }
    }

    /// The text, for the provider that delivers to it, for sealing and for staff who may see it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Enough for its owner to recognise it, and for nobody else to write to it: `m***@p***.test`, `+1***04`.
    pub fn masked(&self) -> String {
        match self.text.split_once('@') {
            Some((local, domain)) => {
                let first = |text: &str| text.chars().take(1).collect::<String>();
                let end = domain.rsplit_once('.').map(|(_, end)| end).unwrap_or_default();
                format!("{}***@{}***.{end}", first(local), first(domain))
            }
            None => format!("{}***{}", &self.text[..2], &self.text[self.text.len() - 2..]),
        }
    }

    /// The last four digits of a phone, by which staff search.
    pub fn phone_end(&self) -> Option<&str> {
        if self.email { None } else { self.text.get(self.text.len() - 4..) }
    }
}

/// Where a practice sends text messages. A stranger who types numbers of dear places cannot spend its money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsRegions {
    /// The United States with their territories, and Canada.
    #[default]
    NorthAmerica,
    /// Every country.
    Everywhere,
}

/// Area codes behind `+1` of other countries than the United States and Canada, and of numbers at a premium
/// (North American Numbering Plan; <https://www.nanpa.com>).
const DEAR_AREA_CODES: [&str; 23] = [
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784",
    "809", "829", "849", "868", "869", "876", "900", "976",
];

impl SmsRegions {
    /// Whether a text message may go to this phone.
    pub fn contain(self, phone: &ContactValue) -> bool {
        match (self, phone.text.strip_prefix("+1")) {
            (Self::Everywhere, _) => true,
            (Self::NorthAmerica, Some(national)) => {
                national.len() == 10 && !DEAR_AREA_CODES.iter().any(|code| national.starts_with(code))
            }
            (Self::NorthAmerica, None) => false,
        }
    }
}

impl fmt::Debug for ContactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_mailbox_has_one_spelling() {
        let address = ContactValue::email(" Maria@Patients.TEST ").expect("valid");
        assert_eq!(address.expose(), "maria@patients.test");
        assert_eq!(format!("{address:?}"), "ContactValue(..)");
        for bad in [
            "",
            "maria",
            "maria@",
            "@x.test",
            "a b@x.test",
            "maria@localhost",
            "x@y.test\r\nBcc: z@y.test",
            "<a@b.test>",
        ] {
            assert_eq!(ContactValue::email(bad), Err(Invalid::new("invalid_email")), "{bad}");
        }
        assert!(ContactValue::email(&format!("{}@x.test", "a".repeat(300))).is_err());
    }

    #[test]
    fn phones_are_e164() {
        let phone = ContactValue::phone("+15555550104").expect("valid");
        assert_eq!(phone.phone_end(), Some("0104"));
        assert_eq!(phone.kind(), ContactKind::Phone);
        for bad in
            ["15555550104", "+0555555010", "+1555", "+1 555 555 0104", "+1555555010412345", "+١٥٥٥٥٥٥٠١٠٤"]
        {
            assert!(ContactValue::phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_read_as_people_type_them() {
        for (typed, plain) in [
            ("  Maria @Patients.TEST\u{a0}", "maria@patients.test"),
            ("+1 (555) 555-0104", "+15555550104"),
            (" ＋１ ５５５ ５５５ ０１０４", "+15555550104"),
            ("\u{200e}+١٥٥٥-٥٥٥-٠١٠٤", "+15555550104"),
        ] {
            assert_eq!(
                ContactValue::parse(typed).map(|v| v.expose().to_owned()),
                Ok(plain.to_owned()),
                "{typed}"
            );
        }
        assert!(ContactValue::parse("555 555 0104").is_err(), "no country is guessed");
    }

    #[test]
    fn a_masked_address_is_recognised_by_its_owner_alone() {
        let masked = |text: &str| ContactValue::parse(text).expect("valid").masked();
        assert_eq!(masked("maria@patients.test"), "m***@p***.test");
        assert_eq!(masked("+15555550104"), "+1***04");
    }

    #[test]
    fn text_messages_stay_where_the_practice_sends_them() {
        let phone = |text| ContactValue::phone(text).expect("valid");
        for (text, near) in [
            ("+15555550104", true),
            ("+16135550104", true),
            ("+17875550104", true),
            ("+18765550104", false),
            ("+19005550104", false),
            ("+155555501", false),
            ("+442079460000", false),
            ("+5215555550104", false),
        ] {
            assert_eq!(SmsRegions::NorthAmerica.contain(&phone(text)), near, "{text}");
            assert!(SmsRegions::Everywhere.contain(&phone(text)));
        }
    }

    proptest! {
        #[test]
        fn normal_form_is_stable(text in ".{0,60}") {
            if let Ok(once) = ContactValue::parse(&text) {
                prop_assert_eq!(ContactValue::parse(once.expose()), Ok(once));
            }
        }
    }
}
