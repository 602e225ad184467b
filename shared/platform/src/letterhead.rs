//! What a practice signs its messages with, and where their links lead.

use domain::{
    Invalid,
    contact::ContactValue,
    language::Language,
    practice::{PublicProfile, emergency_number},
    sign_in::LinkToken,
    time::{Timestamp, ZoneName},
};

use crate::config::Origin;

/// The short public name of a practice that mails and texts are signed with: one line that can neither end a header,
/// open a tag, reorder the text around it nor look like an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderName(String);

impl SenderName {
    /// Longest name in UTF-16 units, the measure of a text message outside the GSM alphabet.
    pub const MAX_UNITS: usize = 24;

    /// A name of 1 to 24 units: letters, marks, digits, single spaces and `& ' ’ . , - + ( )`.
    ///
    /// # Errors
    /// `invalid_sender_name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_alphanumeric() || " &'’.,-+()".contains(c) || is_mark(c);
        let fits = (1..=Self::MAX_UNITS).contains(&text.encode_utf16().count())
            && text.chars().all(allowed)
            && text.chars().any(char::is_alphabetic)
            && text.trim() == text
            && !text.contains("  ")
            && !text.to_ascii_lowercase().contains("www.");
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::new("invalid_sender_name")) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks that follow a letter and are not alphabetic themselves: accents, Hebrew, Arabic, Devanagari and Thai signs.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}'
        | '\u{e47}'..='\u{e4e}')
}

/// What every message of a practice is signed with.
#[derive(Clone, Debug)]
pub struct Letterhead {
    origin: Origin,
    /// What links name the practice by, where the origin is not its own.
    reference: Option<String>,
    sender: SenderName,
    phone: String,
    emergency_number: String,
    zone: ZoneName,
}

impl Letterhead {
    /// Takes what messages need out of the practice's public profile.
    ///
    /// # Errors
    /// `invalid_sender_name`, `invalid_phone`, `invalid_emergency_number` or `invalid_time_zone`: the profile was stored by something that does not check.
    pub fn new(origin: Origin, profile: &PublicProfile) -> Result<Self, Invalid> {
        let sender = SenderName::parse(&profile.sender_name)?;
        let phone = ContactValue::phone(&profile.phone)?;
        let zone = ZoneName::parse(&profile.time_zone)?;
        let emergency_number = emergency_number(&profile.emergency_number)?;
        Ok(Self { origin, reference: None, sender, phone: phone.expose().to_owned(), emergency_number, zone })
    }

    /// The same for a practice that shares its origin: its links say which one it is, so that their pages show its name and
    /// phone. They say it in a word without meaning, and the same whether what they lead to is there.
    #[must_use]
    pub fn with_reference(mut self, reference: Option<String>) -> Self {
        self.reference = reference;
        self
    }

    /// `<origin>/<page>?p=<reference>#t=<token>`, with what else the query says before.
    fn page(&self, page: &str, query: &str, token: Option<&LinkToken>) -> String {
        let reference = self.reference.as_ref().map(|reference| format!("p={reference}"));
        let parts = [Some(query.to_owned()).filter(|query| !query.is_empty()), reference];
        let query = parts.into_iter().flatten().collect::<Vec<_>>().join("&");
        let query = if query.is_empty() { query } else { format!("?{query}") };
        let token = token.map(|token| format!("#t={}", token.expose())).unwrap_or_default();
        format!("{}/{page}{query}{token}", self.origin)
    }

    /// Who writes.
    pub fn sender(&self) -> &SenderName {
        &self.sender
    }

    /// The host that links lead to, as a code message names it.
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    /// The link of a notice: `<origin>/n?l=<language>#t=<token>`. The token stands in the fragment, which no server,
    /// log or `Referer` header sees.
    pub fn notice_link(&self, language: &Language, token: &LinkToken) -> String {
        self.page("n", &format!("l={language}"), Some(token))
    }

    /// The link of a sign-in that somebody asked for: `<origin>/l#t=<token>`.
    pub fn sign_in_link(&self, token: &LinkToken) -> String {
        self.page("l", "", Some(token))
    }

    /// The console of staff: `<origin>/staff`.
    pub fn staff_link(&self) -> String {
        self.page("staff", "", None)
    }

    /// The link by which the holder of an account ends all its sessions: `<origin>/r#t=<token>`.
    pub fn revoke_link(&self, token: &LinkToken) -> String {
        self.page("r", "", Some(token))
    }

    /// The link of the desk, by which a phone is connected: `<origin>/d#t=<token>`.
    pub fn device_link(&self, token: &LinkToken) -> String {
        self.page("d", "", Some(token))
    }

    /// A moment as people read it, by the clocks of the practice.
    pub fn moment(&self, at: Timestamp) -> String {
        at.in_zone(&self.zone)
    }

    /// A day by the clocks of the practice: weekday and month counted from 0, and the day of the month.
    pub fn day(&self, at: Timestamp) -> (usize, usize, u8) {
        at.civil_day(&self.zone)
    }

    /// A time of day by the clocks of the practice: `10:30 AM`.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        at.time_of_day(&self.zone)
    }

    /// Where the service is: `<origin>`, or `<origin>/p/<reference>`.
    pub fn address(&self) -> String {
        match &self.reference {
            None => self.origin.as_str().to_owned(),
            Some(reference) => format!("{}/p/{reference}", self.origin),
        }
    }

    /// Whom to call when it cannot wait.
    pub fn emergency_number(&self) -> &str {
        &self.emergency_number
    }

    /// The practice's public phone in E.164.
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The phone as people read it: grouped where the grouping is certain (North America), else E.164.
    pub fn phone_for_people(&self) -> String {
        match self.phone.strip_prefix("+1").filter(|national| national.len() == 10) {
            Some(national) => format!("+1 {}-{}-{}", &national[..3], &national[3..6], &national[6..]),
            None => self.phone.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letterhead_is_checked_once() {
        let origin = Origin::parse("https://chat.example.com").unwrap();
        let profile = PublicProfile {
            name: "Bright Eyes Clinic".to_owned(),
            sender_name: "Bright Eyes".to_owned(),
            phone: "+15555550100".to_owned(),
            emergency_number: "911".to_owned(),
            hours: "Mon-Fri 9-17".to_owned(),
            time_zone: "America/New_York".to_owned(),
            languages: vec!["en".to_owned()],
        };
        let letterhead = Letterhead::new(origin.clone(), &profile).unwrap();
        assert_eq!(letterhead.phone_for_people(), "+1 555-555-0100");
        let token = LinkToken::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let es = Language::parse("es").unwrap();
        assert_eq!(
            letterhead.notice_link(&es, &token),
            "https://chat.example.com/n?l=es#t=AAAAAAAAAAAAAAAAAAAAAA"
        );
        assert_eq!(letterhead.sign_in_link(&token), "https://chat.example.com/l#t=AAAAAAAAAAAAAAAAAAAAAA");

        let shared = letterhead.with_reference(Some("01abc".to_owned()));
        assert_eq!(
            shared.notice_link(&es, &token),
            "https://chat.example.com/n?l=es&p=01abc#t=AAAAAAAAAAAAAAAAAAAAAA"
        );
        assert_eq!(
            shared.sign_in_link(&token),
            "https://chat.example.com/l?p=01abc#t=AAAAAAAAAAAAAAAAAAAAAA"
        );
        assert_eq!(shared.staff_link(), "https://chat.example.com/staff?p=01abc");
        assert_eq!(shared.address(), "https://chat.example.com/p/01abc");

        let other = PublicProfile { phone: "+442079460000".to_owned(), ..profile.clone() };
        assert_eq!(Letterhead::new(origin.clone(), &other).unwrap().phone_for_people(), "+442079460000");
        let no_phone = PublicProfile { phone: "555-0100".to_owned(), ..profile.clone() };
        assert_eq!(Letterhead::new(origin.clone(), &no_phone).unwrap_err(), Invalid::new("invalid_phone"));
        let bad_name = PublicProfile { sender_name: "Eyes\r\nBcc: x@y.test".to_owned(), ..profile };
        assert_eq!(Letterhead::new(origin, &bad_name).unwrap_err(), Invalid::new("invalid_sender_name"));
    }

    #[test]
    fn sender_names_are_one_plain_line() {
        for good in
            ["Bright Eyes", "Óptica Ríos", "O'Neill & Sons, L.L.C.", "眼科中心", "مركز النور", "สถานีตา"]
        {
            assert!(SenderName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "Bright Eyes ",
            "Bright  Eyes",
            "Bright\r\nBcc: x",
            "Bright\nEyes",
            "<b>Eyes</b>",
            "a@b.test",
            "Eyes\u{202e}",
            "Eyes\u{200b}",
            "http://x",
            "www.eyes",
            "\"Eyes\"",
            "Bright\tEyes",
            "12345678",
            "Bright Eyes Clinic of New York",
        ] {
            assert!(SenderName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
