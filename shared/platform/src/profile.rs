//! The public profile of a practice, checked in one place for everybody who sets it up or changes it.

use domain::{
    Invalid,
    contact::ContactValue,
    language::Language,
    practice::{PublicProfile, emergency_number, hours, public_name},
    time::ZoneName,
};

use crate::{http::FieldError, letterhead::SenderName};

/// Most languages that a practice says it answers in.
const LANGUAGES_MAX: usize = 20;

/// A profile in the normal form of each member.
///
/// # Errors
/// Every member that is not valid, by its JSON pointer.
pub fn checked(profile: PublicProfile) -> Result<PublicProfile, Vec<FieldError>> {
    let mut errors = Vec::new();
    let checked = PublicProfile {
        name: note(&mut errors, "/name", public_name(&profile.name)),
        sender_name: note(
            &mut errors,
            "/sender_name",
            SenderName::parse(&profile.sender_name).map(|name| name.as_str().to_owned()),
        ),
        phone: note(
            &mut errors,
            "/phone",
            ContactValue::phone(&profile.phone).map(|phone| phone.expose().to_owned()),
        ),
        emergency_number: note(&mut errors, "/emergency_number", emergency_number(&profile.emergency_number)),
        hours: note(&mut errors, "/hours", hours(&profile.hours)),
        time_zone: note(
            &mut errors,
            "/time_zone",
            ZoneName::parse(&profile.time_zone).map(|zone| zone.to_string()),
        ),
        languages: languages(&mut errors, &profile.languages),
    };
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

fn languages(errors: &mut Vec<FieldError>, tags: &[String]) -> Vec<String> {
    if tags.is_empty() || tags.len() > LANGUAGES_MAX {
        note(errors, "/languages", Err::<(), _>(Invalid::new("out_of_range")));
        return Vec::new();
    }
    let mut known: Vec<String> = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        let tag = Language::parse(tag).map(|language| language.to_string());
        let tag =
            tag.and_then(|tag| if known.contains(&tag) { Err(Invalid::new("duplicate")) } else { Ok(tag) });
        known.push(note(errors, &format!("/languages/{place}"), tag));
    }
    known
}

fn note<T: Default>(errors: &mut Vec<FieldError>, pointer: &str, parsed: Result<T, Invalid>) -> T {
    parsed.unwrap_or_else(|invalid| {
        errors.push(FieldError { pointer: pointer.to_owned(), code: invalid.code.to_owned() });
        T::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> PublicProfile {
        PublicProfile {
            name: "Bright Eyes Clinic".to_owned(),
            sender_name: "Bright Eyes".to_owned(),
            phone: "+15555550100".to_owned(),
            emergency_number: "911".to_owned(),
            hours: "Mon-Fri  9-17".to_owned(),
            time_zone: "america/new_york".to_owned(),
            languages: vec!["en".to_owned(), "ES".to_owned()],
        }
    }

    #[test]
    fn each_member_gets_its_normal_form() {
        let checked = checked(profile()).expect("valid");
        assert_eq!(checked.time_zone, "America/New_York");
        assert_eq!(checked.languages, ["en", "es"]);
        assert_eq!(checked.hours, "Mon-Fri 9-17");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let wrong = PublicProfile {
            sender_name: "Eyes\r\nBcc: x@y.test".to_owned(),
            phone: "555".to_owned(),
            time_zone: "Mars/Olympus".to_owned(),
            languages: vec!["en".to_owned(), "EN".to_owned(), "klingon!".to_owned()],
            ..profile()
        };
        let errors = checked(wrong).expect_err("four members are wrong");
        let said: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.code.as_str())).collect();
        assert_eq!(
            said,
            [
                ("/sender_name", "invalid_sender_name"),
                ("/phone", "invalid_phone"),
                ("/time_zone", "invalid_time_zone"),
                ("/languages/1", "duplicate"),
                ("/languages/2", "invalid_language"),
            ]
        );
        let none = checked(PublicProfile { languages: Vec::new(), ..profile() }).expect_err("no language");
        assert_eq!(none[0].code, "out_of_range");
    }
}
