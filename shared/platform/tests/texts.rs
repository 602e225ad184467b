//! Every scheduled text and every answer, in every language, with the longest and oddest values.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeMap;

use domain::{
    channel::{self, CATEGORIES, CONTENTS, Channel, Consent, Content, Decision, TextKind},
    language::Language,
    practice::PublicProfile,
    quiet::{self, Clock, DayHours},
    text::{Campaign, Place, Variables},
    time::{Timestamp, ZoneName},
};
use platform::{
    config::Origin,
    i18n,
    letterhead::Letterhead,
    sms::{self, Alphabet, ORIGIN_LEN, Reply, SmsBody},
};
use proptest::prelude::*;

fn letterhead(sender: &str, phone: &str, emergency: &str, zone: &str) -> Letterhead {
    let origin = format!("https://{}", "a".repeat(ORIGIN_LEN - 8));
    let profile = PublicProfile {
        name: "Bright Eyes Clinic".to_owned(),
        sender_name: sender.to_owned(),
        phone: phone.to_owned(),
        emergency_number: emergency.to_owned(),
        hours: "Mon-Fri 9-17".to_owned(),
        time_zone: zone.to_owned(),
        languages: vec!["en".to_owned()],
    };
    Letterhead::new(Origin::parse(&origin).unwrap(), &profile).unwrap()
}

fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

/// Wednesday, the longest day and the longest time there are.
fn longest() -> Timestamp {
    Timestamp::parse("2026-11-25T15:30:00Z").unwrap()
}

fn scheduled(at: Timestamp, place: Option<&Place>) -> Vec<Variables> {
    let place = place.cloned();
    vec![
        Variables::AppointmentReminder { starts_at: at, place: place.clone() },
        Variables::AppointmentConfirmation { starts_at: at, place: place.clone() },
        Variables::ReorderReminder,
        Variables::PickupNotice { place },
        Variables::Marketing { campaign: Campaign::Openings },
        Variables::Marketing { campaign: Campaign::Hours },
    ]
}

fn replies(at: Timestamp) -> Vec<Reply> {
    let mut all = vec![
        Reply::Confirmed(at),
        Reply::CancelAsked(at),
        Reply::Which(at, at),
        Reply::NoVisit,
        Reply::Stopped(None),
        Reply::Started,
        Reply::NothingToStart,
        Reply::Help,
        Reply::Auto,
    ];
    all.extend(CATEGORIES.map(|category| Reply::Stopped(Some(category))));
    all
}

fn checked(body: &SmsBody, sender: &str, unasked: bool, about: &str) {
    let (text, length) = (body.expose(), body.length());
    let most = if length.alphabet == Alphabet::Gsm7 { 1 } else { 2 };
    assert!(length.parts <= most, "{about}: {} parts of {:?}: {text}", length.parts, length.alphabet);
    assert!(text.starts_with(&format!("{sender}: ")), "{about} does not say who writes: {text}");
    assert!(!text.contains("{ $") && !text.chars().any(char::is_control), "{about}: {text}");
    if unasked {
        assert!(text.contains("STOP"), "{about} does not say how to end it: {text}");
    }
}

#[test]
fn every_text_is_short_signed_and_says_how_to_end_it() {
    let mut looked_at = 0;
    let plain = "W".repeat(24);
    for (sender, places, gsm) in [
        (plain.as_str(), ["M".repeat(24), "A".to_owned()], true),
        ("Óptica Ríos y Compañíaáá", ["Avenida Simón Bolívar óó".to_owned(), "Í".to_owned()], false),
        ("眼科中心眼科中心眼科中心眼科中心眼科中心眼科中心", ["中".repeat(24), "路".to_owned()], false),
    ] {
        let letterhead = letterhead(sender, "+155555501001234", "+155555501991234", "America/New_York");
        for tag in i18n::tags() {
            let language = language(tag);
            for place in places.iter().map(|place| Place::parse(place).unwrap()).map(Some).chain([None]) {
                for variables in scheduled(longest(), place.as_ref()) {
                    let body = sms::render_text(&variables, &letterhead, &language).unwrap();
                    checked(&body, sender, true, &format!("{tag} {:?}", variables.kind()));
                    assert_eq!(body.length().alphabet == Alphabet::Gsm7, gsm, "{}", body.expose());
                    looked_at += 1;
                }
            }
            for count in 2..=sms::VISITS_MAX {
                let visits = vec![longest(); count];
                let body = sms::render_family(&visits, &letterhead, &language).unwrap();
                checked(&body, sender, true, &format!("{tag} family of {count}"));
                looked_at += 1;
            }
            for reply in replies(longest()) {
                let body = sms::render_reply(reply, &letterhead, &language).unwrap();
                checked(&body, sender, false, &format!("{tag} {reply:?}"));
                looked_at += 1;
            }
        }
    }
    println!("{looked_at} texts looked at, 0 findings");
    assert_eq!(looked_at, 3 * 2 * (3 * 6 + 2 + 12));
}

#[test]
fn no_text_has_a_slot_for_a_person() {
    for tag in i18n::tags() {
        let path = format!("{}/../locales/{tag}/text.ftl", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#')) {
            for slot in line.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()) {
                let closed = [
                    "sender",
                    "weekday",
                    "month",
                    "number",
                    "day",
                    "time",
                    "moment",
                    "times",
                    "count",
                    "place",
                    "phone",
                    "first",
                    "second",
                    "link",
                    "emergency",
                ];
                assert!(closed.contains(&slot), "{tag}: {slot}");
            }
        }
    }
}

#[test]
fn readers_without_a_translation_get_english_and_that_is_known() {
    assert_eq!(sms::fallback(&language("es-MX")).unwrap(), None);
    assert_eq!(sms::fallback(&language("en-GB")).unwrap(), None);
    assert_eq!(sms::fallback(&language("vi")).unwrap(), Some(Language::english()));
}

#[test]
fn times_are_those_of_the_practice_on_both_sides_of_a_change_of_the_clocks() {
    let east = letterhead("Bright Eyes", "+15555550100", "911", "America/New_York");
    let say = |at: &str, tag: &str| {
        let starts_at = Timestamp::parse(at).unwrap();
        let place = Some(Place::parse("Main Street").unwrap());
        let reminder = Variables::AppointmentReminder { starts_at, place };
        sms::render_text(&reminder, &east, &language(tag)).unwrap().expose().to_owned()
    };
    assert_eq!(
        say("2026-10-31T14:30:00Z", "en"),
        "Bright Eyes: visit Sat, Oct 31, 10:30 AM, Main Street. Reply C to confirm, X to cancel, STOP to end"
    );
    assert_eq!(
        say("2026-11-02T14:30:00Z", "es"),
        "Bright Eyes: visita lun 2 nov, 9:30 AM, Main Street. Responda C: confirmar, X: cancelar, STOP: no mas"
    );
}

/// The patterns of one language as its file has them, filled in by plain replacement.
fn patterns(tag: &str) -> BTreeMap<String, String> {
    let path = format!("{}/../locales/{tag}/text.ftl", env!("CARGO_MANIFEST_DIR"));
    let lines = std::fs::read_to_string(path).unwrap();
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

const ZONES: [&str; 5] =
    ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Pacific/Guam", "America/Phoenix"];
const CANARY: &str = "Maria glaucoma HIV";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    /// What leaves for a phone is one of the templates with its own values, and leaves only when it may.
    #[test]
    fn no_text_outside_the_templates_none_at_night_and_none_unasked(
        content in 0_usize..CONTENTS.len(), consent in 0_usize..3, minute in 0_i64..60 * 24 * 400,
        zone in 0_usize..5, other in 0_usize..5, tag in prop::sample::select(vec!["en", "es", "vi", "es-MX"]),
        typed in prop_oneof![
            Just(CANARY.to_owned()), Just("Harbor".to_owned()), ".{0,30}", "[A-Za-z .,]{1,24}",
        ],
    ) {
        let content = CONTENTS[content];
        let consent = [Consent::None, Consent::Given, Consent::Withdrawn][consent];
        let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().plus_seconds(minute * 60);
        let zones = [zone, other].map(|n| ZoneName::parse(ZONES[n]).unwrap());
        let clocks = zones.each_ref().map(|zone| Clock { zone, hours: DayHours::WIDEST });
        let Ok(rule) = channel::rule(content, Channel::Sms) else { return Ok(()) };
        let open = quiet::is_open(rule.traffic, at, &clocks);
        let decision = channel::decide(content, Channel::Sms, consent, open).unwrap();
        let Content::Text(kind) = content else { return Ok(()) };
        if decision != Decision::Send {
            return Ok(());
        }
        prop_assert_eq!(consent, Consent::Given);
        prop_assert!(open);
        // What was typed either is one of the practice's places or gets no further.
        let known = ["Main Street 5", "Harbor"].map(|name| Place::parse(name).unwrap());
        let place = Place::listed(&typed, &known).ok();
        let variables = match kind {
            TextKind::AppointmentReminder => Variables::AppointmentReminder { starts_at: at, place: place.clone() },
            TextKind::AppointmentConfirmation => {
                Variables::AppointmentConfirmation { starts_at: at, place: place.clone() }
            }
            TextKind::ReorderReminder => Variables::ReorderReminder,
            TextKind::PickupNotice => Variables::PickupNotice { place: place.clone() },
            TextKind::Marketing => Variables::Marketing { campaign: Campaign::Openings },
        };
        let letterhead = letterhead("Bright Eyes", "+15555550100", "911", ZONES[zone]);
        let language = language(tag);
        let body = sms::render_text(&variables, &letterhead, &language).unwrap();
        let words = patterns(if tag.starts_with("es") { "es" } else { "en" });
        let (weekday, month, number) = letterhead.day(at);
        let day = words["day"]
            .replace("{ $weekday }", &words[&format!("weekday-{}", weekday + 1)])
            .replace("{ $month }", &words[&format!("month-{}", month + 1)])
            .replace("{ $number }", &number.to_string());
        let moment =
            words["moment"].replace("{ $day }", &day).replace("{ $time }", &letterhead.time_of_day(at));
        let matches = words.values().any(|pattern| {
            let filled = pattern
                .replace("{ $sender }", "Bright Eyes")
                .replace("{ $moment }", &moment)
                .replace("{ $phone }", "+1 555-555-0100")
                .replace("{ $place }", place.as_ref().map_or("", Place::as_str));
            filled == body.expose()
        });
        prop_assert!(matches, "{}", body.expose());
        prop_assert!(!body.expose().contains(CANARY));
    }
}
