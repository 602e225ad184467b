//! Every mail and text message, with fixed values. Shared by the golden files' test and the example that writes them.
#![allow(dead_code, reason = "each user of this module needs a part of it")]

use std::{collections::BTreeMap, path::PathBuf};

use domain::{
    browser::{Browser, Program, System},
    channel::{Factor, WayIn},
    contact::ContactValue,
    language::Language,
    practice::PublicProfile,
    sign_in::{Code, LinkToken},
    time::Timestamp,
};
use platform::{
    config::Origin,
    i18n,
    letterhead::Letterhead,
    mail::{self, Mail, MailId, Rendered, Route},
    sms::{self, SmsBody, SmsTemplate},
};

pub(crate) const TOKEN: &str = "Wm9-xQ_7TtR2vK0cLb4sYA";
pub(crate) const CODE: &str = "04711815";
pub(crate) const MAILS: [&str; 9] = [
    "notice",
    "sign-in",
    "staff-sign-in",
    "code",
    "staff-invite",
    "factors-reset",
    "evidence-asked",
    "staff-passkey",
    "staff-generator",
];
/// Mails that ask for nothing of whoever has nothing to object.
pub(crate) const WITHOUT_TASK: [&str; 2] = ["staff-passkey", "staff-generator"];
/// Mails without a link.
pub(crate) const WITHOUT_LINK: [&str; 1] = ["code"];
/// What nobody asked for: there is nothing to tap for whoever has nothing to object.
pub(crate) const ANNOUNCEMENTS: [&str; 5] =
    ["signed-in", "passkey-added", "device-added", "contacts", "access"];
pub(crate) const TEXTS: [&str; 8] = [
    "notice",
    "code",
    "code-system-unknown",
    "signed-in",
    "passkey-added",
    "device-added",
    "contacts",
    "access",
];

pub(crate) fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a language")
}

pub(crate) fn letterhead(sender: &str, origin: &str) -> Letterhead {
    let profile = PublicProfile {
        name: "Bright Eyes Clinic".to_owned(),
        sender_name: sender.to_owned(),
        phone: "+15555550100".to_owned(),
        emergency_number: "911".to_owned(),
        hours: "Mon-Fri 9-17".to_owned(),
        time_zone: "America/New_York".to_owned(),
        languages: vec!["en".to_owned(), "es".to_owned()],
    };
    Letterhead::new(Origin::parse(origin).expect("an origin"), &profile).expect("a letterhead")
}

pub(crate) fn bright_eyes() -> Letterhead {
    letterhead("Bright Eyes", "https://chat.bright-eyes.test")
}

pub(crate) fn mail(name: &str, letterhead: &Letterhead, tag: &str, browser: Browser) -> Rendered {
    let token = LinkToken::parse(TOKEN).expect("a token");
    let code = Code::parse(CODE).expect("a code");
    let mail = match name {
        "notice" => Mail::Notice { token: &token },
        "sign-in" => Mail::SignIn { token: &token, code: &code, browser },
        "staff-sign-in" => Mail::StaffSignIn { token: &token, code: &code, browser },
        "code" => Mail::Code { code: &code, browser },
        "staff-invite" => {
            Mail::StaffInvite { until: Timestamp::parse("2026-02-06T04:05:06Z").expect("a time") }
        }
        "factors-reset" => Mail::FactorsReset,
        "evidence-asked" => Mail::EvidenceAsked,
        "staff-passkey" | "staff-generator" => {
            let at = Timestamp::parse("2026-02-03T04:05:06Z").expect("a time");
            let factor = Factor::from_stored(name.trim_start_matches("staff-")).expect("a factor");
            Mail::FactorAdded { at, browser, factor }
        }
        "signed-in" => {
            let at = Timestamp::parse("2026-02-03T04:05:06Z").expect("a time");
            Mail::SignedInElsewhere { token: &token, at, browser }
        }
        "passkey-added" | "device-added" => {
            let at = Timestamp::parse("2026-02-03T04:05:06Z").expect("a time");
            let way = WayIn::from_stored(name.trim_end_matches("-added")).expect("a way in");
            Mail::WayInAdded { token: &token, at, browser, way }
        }
        "contacts" => Mail::ContactsChanged,
        "access" => Mail::AccessGiven,
        other => panic!("no mail {other}"),
    };
    mail::render(&mail, letterhead, &language(tag)).expect("every text is there")
}

pub(crate) fn sms(name: &str, letterhead: &Letterhead, tag: &str, system: System) -> SmsBody {
    let token = LinkToken::parse(TOKEN).expect("a token");
    let code = Code::parse(CODE).expect("a code");
    let template = match name {
        "notice" => SmsTemplate::Notice { token: &token },
        "code" => SmsTemplate::Code { code: &code, browser: Browser { program: None, system: Some(system) } },
        "code-system-unknown" => SmsTemplate::Code { code: &code, browser: Browser::default() },
        "signed-in" => SmsTemplate::SignedInElsewhere { token: &token },
        "passkey-added" => SmsTemplate::WayInAdded { token: &token, way: WayIn::Passkey },
        "device-added" => SmsTemplate::WayInAdded { token: &token, way: WayIn::Device },
        "contacts" => SmsTemplate::ContactsChanged,
        "access" => SmsTemplate::AccessGiven,
        other => panic!("no text message {other}"),
    };
    sms::render(&template, letterhead, &language(tag)).expect("every text is there")
}

pub(crate) fn safari_on_iphone() -> Browser {
    Browser { program: Some(Program::Safari), system: Some(System::IPhone) }
}

pub(crate) fn eml(mail: &Rendered) -> Vec<u8> {
    let address = |text| ContactValue::email(text).expect("an address");
    let (from, reply_to, to) = (
        address("notices@mail.bright-eyes.test"),
        address("front-desk@bright-eyes.test"),
        address("maria@patients.test"),
    );
    let route = Route { from: &from, reply_to: &reply_to, to: &to };
    let at = Timestamp::parse("2026-02-03T04:05:06Z").expect("a time");
    mail::compose(mail, route, MailId::parse("out_01kg000000aaaaaaaaaaaaaaaa").expect("an id"), at)
        .expect("mailboxes")
}

pub(crate) fn golden_directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// File name -> bytes of all golden files.
pub(crate) fn golden() -> BTreeMap<String, Vec<u8>> {
    let letterhead = bright_eyes();
    let mut files = BTreeMap::new();
    for tag in i18n::tags() {
        for name in MAILS.into_iter().chain(ANNOUNCEMENTS) {
            let mail = mail(name, &letterhead, tag, safari_on_iphone());
            files.insert(
                format!("mail.{name}.{tag}.txt"),
                format!("Subject: {}\n\n{}", mail.subject(), mail.text()).into_bytes(),
            );
            files.insert(format!("mail.{name}.{tag}.html"), mail.html().as_bytes().to_vec());
            if name == "notice" {
                files.insert(format!("mail.{name}.{tag}.eml"), eml(&mail));
            }
        }
        for name in TEXTS {
            let body = sms(name, &letterhead, tag, System::IPhone);
            files.insert(format!("sms.{name}.{tag}.txt"), body.expose().as_bytes().to_vec());
        }
    }
    files
}
