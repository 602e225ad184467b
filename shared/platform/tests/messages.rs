//! Mails and text messages as their readers get them.
#![allow(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

mod samples;

use std::collections::BTreeSet;

use domain::{
    browser::{Browser, Program, System},
    contact::ContactValue,
    time::Timestamp,
};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use platform::{
    i18n,
    mail::{self, MailId, Route},
    sms::{Alphabet, ORIGIN_LEN},
};
use samples::{ANNOUNCEMENTS, CODE, MAILS, TEXTS, TOKEN, WITHOUT_LINK, WITHOUT_TASK};

/// By language: of a mail with a link, and of one with a code alone.
const FIRST_LINES: [(&str, &str, &str); 2] = [
    ("en", "Do not answer this e-mail. Tap the button.", "Do not answer this e-mail. Type the code."),
    ("es", "No responda a este correo. Toque el botón.", "No responda a este correo. Escriba el código."),
];

#[test]
fn golden_files_are_up_to_date() {
    let directory = samples::golden_directory();
    let stored: BTreeSet<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let made = samples::golden();
    let mut report = String::new();
    for name in stored.union(&made.keys().cloned().collect()) {
        let old = std::fs::read(directory.join(name)).unwrap_or_default();
        let new = made.get(name).cloned().unwrap_or_default();
        if old != new {
            report += &format!(
                "--- {name}\n{}",
                difference(&String::from_utf8_lossy(&old), &String::from_utf8_lossy(&new))
            );
        }
    }
    assert!(report.is_empty(), "{report}\nIf this is meant: cargo run -p platform --example golden_messages");
}

/// What is left of both texts without their common beginning and end, line by line.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.split('\n').collect(), new.split('\n').collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let mark = |sign: char, lines: &[&str]| {
        lines[start..lines.len() - end]
            .iter()
            .map(|line| format!("{sign}{}: {line:?}\n", start + 1))
            .collect::<String>()
    };
    mark('-', &old) + &mark('+', &new)
}

#[test]
fn the_first_line_says_what_to_do() {
    for (tag, with_link, code_alone) in FIRST_LINES {
        for name in MAILS {
            let line = match name {
                _ if WITHOUT_LINK.contains(&name) => code_alone,
                _ if WITHOUT_TASK.contains(&name) => with_link.split_inclusive('.').next().unwrap(),
                _ => with_link,
            };
            let mail = samples::mail(name, &samples::bright_eyes(), tag, samples::safari_on_iphone());
            assert_eq!(mail.text().lines().next(), Some(line));
            assert_eq!(visible(mail.html()).first().map(String::as_str), Some(line));
        }
    }
    assert_eq!(FIRST_LINES.map(|(tag, ..)| tag).to_vec(), i18n::tags().collect::<Vec<_>>());
}

#[test]
fn a_notice_says_nothing_but_that_there_is_a_message() {
    let letterhead = samples::bright_eyes();
    let subjects: BTreeSet<_> = i18n::tags()
        .map(|tag| samples::mail("notice", &letterhead, tag, Browser::default()).subject().to_owned())
        .collect();
    let others = samples::letterhead("Óptica Ríos", "https://x.test");
    for tag in i18n::tags() {
        let mail = samples::mail("notice", &others, tag, Browser::default());
        assert!(subjects.contains(mail.subject()), "the subject depends on the practice");
        assert!(!mail.text().contains("Clinic"), "the full name may tell a specialty");
        assert!(!mail.html().contains("Clinic"));
    }
}

#[test]
fn links_have_the_shape_of_the_contract() {
    let letterhead = samples::bright_eyes();
    for (tag, link_tag) in [("en", "en"), ("es", "es"), ("es-MX", "es-MX"), ("ar", "ar")] {
        let notice = format!("https://chat.bright-eyes.test/n?l={link_tag}#t={TOKEN}");
        let sign_in = format!("https://chat.bright-eyes.test/l#t={TOKEN}");
        let staff = "https://chat.bright-eyes.test/staff".to_owned();
        for name in MAILS {
            let (link, tokens) = match name {
                "notice" => (&notice, 1),
                "factors-reset" | "evidence-asked" | "staff-invite" | "staff-passkey" | "staff-generator" => {
                    (&staff, 0)
                }
                _ => (&sign_in, 1),
            };
            let mail = samples::mail(name, &letterhead, tag, samples::safari_on_iphone());
            let links = usize::from(!WITHOUT_LINK.contains(&name));
            assert_eq!(mail.text().lines().filter(|line| line == link).count(), links, "{name}");
            assert_eq!(mail.text().matches(TOKEN).count(), tokens.min(links));
            assert_eq!(mail.text().matches("https://").count(), links);
            assert_eq!(hrefs(mail.html()).iter().filter(|href| *href == link).count(), links);
            let has_code = mail.text().lines().any(|line| line == CODE);
            assert_eq!(has_code, name.ends_with("sign-in") || name == "code", "{name}");
            assert_eq!(visible(mail.html()).iter().any(|line| line == CODE), has_code);
        }
    }
}

#[test]
fn announcements_ask_for_nothing_of_whoever_has_nothing_to_object() {
    for tag in i18n::tags() {
        for name in ANNOUNCEMENTS {
            let mail = samples::mail(name, &samples::bright_eyes(), tag, samples::safari_on_iphone());
            let revoke = format!("https://chat.bright-eyes.test/r#t={TOKEN}");
            assert_eq!(
                mail.text().lines().filter(|line| *line == revoke).count(),
                usize::from(!matches!(name, "contacts" | "access"))
            );
            assert!(!mail.text().contains("/n?") && !mail.text().contains("/l#"), "{}", mail.text());
            assert!(!mail.text().contains(CODE) && !mail.subject().contains("Safari"));
            if !matches!(name, "contacts" | "access") {
                assert!(mail.text().contains("2026-02-02 23:05 (EST)"), "{}", mail.text());
                assert!(mail.text().contains("Safari"));
            }
            let words = samples::sms(name, &samples::bright_eyes(), tag, System::IPhone);
            assert_eq!(words.expose().contains(&revoke), !matches!(name, "contacts" | "access"));
        }
    }
}

#[test]
fn an_inbox_preview_shows_no_secret() {
    for tag in i18n::tags() {
        for name in MAILS {
            let mail = samples::mail(name, &samples::bright_eyes(), tag, samples::safari_on_iphone());
            let text: String = mail.text().chars().take(140).collect();
            assert!(!text.contains(CODE) && !text.contains(TOKEN), "{name}: {text}");
            let document = document(mail.html());
            let document = parse(&document);
            let body = document.descendants().find(|node| node.has_tag_name("body")).unwrap();
            let text: String = body.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
            let preview: String = text.trim_start().chars().take(200).collect();
            assert!(
                !preview.contains(CODE) && !preview.contains(TOKEN) && !preview.contains("Bright"),
                "{preview}"
            );
            assert!(!mail.subject().contains(CODE));
        }
    }
}

#[test]
fn text_and_html_say_the_same() {
    for tag in i18n::tags() {
        for name in MAILS {
            let mail = samples::mail(name, &samples::bright_eyes(), tag, samples::safari_on_iphone());
            let html = visible(mail.html()).join(" ");
            for line in mail.text().lines().filter(|line| !line.is_empty() && !line.contains("/l#t=")) {
                assert!(html.contains(line), "{name} {tag}: {line}");
            }
        }
    }
}

#[test]
fn html_is_well_formed_and_fetches_nothing() {
    for tag in i18n::tags() {
        for name in MAILS {
            let mail = samples::mail(name, &samples::bright_eyes(), tag, samples::safari_on_iphone());
            let html = mail.html();
            let source = document(html);
            let document = parse(&source);
            let root = document.root_element();
            assert_eq!((root.attribute("lang"), root.attribute("dir")), (Some(tag), Some("ltr")));
            let titles: Vec<_> = document.descendants().filter(|n| n.has_tag_name("title")).collect();
            assert_eq!(titles.iter().map(|n| n.text()).collect::<Vec<_>>(), [Some(mail.subject())]);
            assert_eq!(document.descendants().filter(|n| n.has_tag_name("h1")).count(), 1);
            for table in document.descendants().filter(|n| n.has_tag_name("table")) {
                assert_eq!(table.attribute("role"), Some("presentation"), "layout tables are silent");
            }
            for element in document.descendants().filter(|n| n.is_element()) {
                let tag = element.tag_name().name();
                assert!(
                    [
                        "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "h1",
                        "p", "a", "span", "br"
                    ]
                    .contains(&tag),
                    "{tag}"
                );
                for attribute in element.attributes() {
                    assert!(
                        !matches!(attribute.name(), "src" | "background" | "srcset" | "onclick"),
                        "{}",
                        attribute.name()
                    );
                    assert!(!attribute.value().contains("url("));
                }
            }
            assert!(!html.contains("url(") && !html.contains("@import") && !html.contains("@font-face"));
            let hrefs = hrefs(html);
            let links = 1 + usize::from(!WITHOUT_LINK.contains(&name));
            assert_eq!(hrefs.len(), links, "a phone, and a button where there is a link: {hrefs:?}");
            let (phone, buttons) = hrefs.split_last().unwrap();
            assert!(buttons.iter().all(|href| href.starts_with("https://chat.bright-eyes.test/")));
            assert_eq!(phone, "tel:+15555550100");
            assert_eq!(html.matches("<a ").count(), html.matches(" ses:no-track ").count());
            assert!(html.lines().all(|line| line.len() <= 998), "lines end in time even without an encoding");
        }
    }
}

#[test]
fn names_with_markup_letters_stay_text() {
    let letterhead = samples::letterhead("O'Neill & Sons", "https://x.test");
    let mail = samples::mail("notice", &letterhead, "en", Browser::default());
    assert!(mail.html().contains("O&#39;Neill &amp; Sons has sent you"));
    assert!(mail.text().contains("O'Neill & Sons has sent you"));
    assert!(visible(mail.html()).iter().any(|line| line.starts_with("O'Neill & Sons has sent you")));
}

#[test]
fn every_browser_has_words() {
    let letterhead = samples::bright_eyes();
    for (browser, en, es) in [
        (samples::safari_on_iphone(), "on Safari on iPhone.", "con Safari en iPhone."),
        (Browser { program: Some(Program::Firefox), system: None }, "on Firefox.", "con Firefox."),
        (
            Browser { program: None, system: Some(System::Windows) },
            "on a browser on Windows.",
            "con un navegador en Windows.",
        ),
        (Browser::default(), "on an unknown browser.", "con un navegador desconocido."),
    ] {
        for (tag, words) in [("en", en), ("es", es)] {
            let mail = samples::mail("sign-in", &letterhead, tag, browser);
            assert!(mail.text().contains(words), "{}", mail.text());
        }
    }
}

#[test]
fn mime_is_what_mail_servers_and_readers_expect() {
    for tag in i18n::tags() {
        for name in MAILS {
            let mail = samples::mail(
                name,
                &samples::letterhead("Óptica Ríos", "https://x.test"),
                tag,
                samples::safari_on_iphone(),
            );
            let bytes = samples::eml(&mail);
            assert!(bytes.is_ascii(), "nothing needs 8BITMIME");
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(
                text.split("\r\n").all(|line| line.len() <= 76 && !line.contains(['\r', '\n'])),
                "{text}"
            );

            let message = MessageParser::default().parse(&bytes).expect("a message");
            let from = message.from().and_then(|from| from.first()).unwrap();
            assert_eq!(
                (from.name(), from.address()),
                (Some("Óptica Ríos"), Some("notices@mail.bright-eyes.test"))
            );
            let reply_to = message.reply_to().and_then(|from| from.first()).unwrap();
            assert_eq!(reply_to.address(), Some("front-desk@bright-eyes.test"));
            let to: Vec<_> = message.to().unwrap().iter().map(|to| (to.name(), to.address())).collect();
            assert_eq!(to, [(None, Some("maria@patients.test"))]);
            assert_eq!(message.subject(), Some(mail.subject()));
            assert_eq!(message.date().unwrap().to_rfc3339(), "2026-02-03T04:05:06Z");
            assert_eq!(message.message_id(), Some("out_01kg000000aaaaaaaaaaaaaaaa@mail.bright-eyes.test"));
            assert_eq!(message.body_text(0).as_deref(), Some(mail.text().replace('\n', "\r\n").as_str()));
            assert_eq!(message.body_html(0).as_deref(), Some(mail.html().replace('\n', "\r\n").as_str()));
            assert_eq!(message.parts.len(), 3);
            assert_eq!(message.content_type().unwrap().subtype(), Some("alternative"));
            let kinds: Vec<_> = message.parts[1..]
                .iter()
                .map(|part| part.content_type().unwrap().subtype().unwrap())
                .collect();
            assert_eq!(kinds, ["plain", "html"], "the richer alternative comes last");

            let header = |name: &str| match message.header(name) {
                Some(HeaderValue::Text(text)) => text.to_string(),
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(header("Auto-Submitted"), "auto-generated");
            assert_eq!(header("X-Auto-Response-Suppress"), "All");
            assert!(message.header("Content-Language").is_some());
            let mut names: Vec<_> =
                message.parts[0].headers.iter().map(|header| header.name().to_owned()).collect();
            names.sort();
            assert_eq!(
                names,
                [
                    "Auto-Submitted",
                    "Content-Language",
                    "Content-Type",
                    "Date",
                    "From",
                    "MIME-Version",
                    "Message-ID",
                    "References",
                    "Reply-To",
                    "Subject",
                    "To",
                    "X-Auto-Response-Suppress"
                ]
            );
        }
    }
}

#[test]
fn a_retried_send_is_the_same_bytes() {
    let make = || {
        samples::eml(&samples::mail("sign-in", &samples::bright_eyes(), "es", samples::safari_on_iphone()))
    };
    // Milliseconds and a counter apart: a hidden clock or boundary generator would show.
    assert_eq!(make(), make());
}

#[test]
fn nothing_from_outside_can_add_a_header() {
    for bad in ["", "a b", "a\r\nBcc: x@y.test", "a@b", "<a>", "ñ", "x".repeat(61).as_str()] {
        assert!(MailId::parse(bad).is_err(), "{bad:?}");
    }
    for bad in
        ["a@b.test\r\nBcc: x@y.test", "a@b.test, x@y.test", "a@b.test\nSubject: x", "\"a\r\nBcc: b\"@y.test"]
    {
        assert!(ContactValue::email(bad).is_err(), "{bad:?}");
    }
    let mail = samples::mail("notice", &samples::bright_eyes(), "en", Browser::default());
    let (mailbox, phone) =
        (ContactValue::email("a@b.test").unwrap(), ContactValue::phone("+15555550101").unwrap());
    let route = Route { from: &mailbox, reply_to: &mailbox, to: &phone };
    assert!(mail::compose(&mail, route, MailId::parse("x").unwrap(), Timestamp::from_millis(0)).is_err());
}

#[test]
fn text_messages_have_the_shape_of_the_contract() {
    let letterhead = samples::bright_eyes();
    for tag in ["en", "es", "es-MX", "vi"] {
        let notice = samples::sms("notice", &letterhead, tag, System::IPhone);
        let link = format!(" https://chat.bright-eyes.test/n?l={tag}#t={TOKEN}");
        assert!(notice.expose().ends_with(&link) && notice.expose().starts_with("Bright Eyes: "));
        for name in ["code", "code-system-unknown"] {
            let code = samples::sms(name, &letterhead, tag, System::IPhone);
            assert_eq!(code.expose().lines().last(), Some("@chat.bright-eyes.test #04711815"));
            assert!(!code.expose().contains("http") && !code.expose().contains(TOKEN));
            assert_eq!(code.expose().lines().count(), 2);
        }
    }
    let local = samples::letterhead("Bright Eyes", "http://localhost:8080");
    let code = samples::sms("code", &local, "en", System::Windows);
    assert_eq!(code.expose().lines().last(), Some("@localhost #04711815"));
}

#[test]
fn text_messages_are_one_part_or_two_at_worst() {
    let origin = format!("https://{}.example.com", "x".repeat(ORIGIN_LEN - "https://.example.com".len()));
    let systems = [
        System::Android,
        System::Chromebook,
        System::IPad,
        System::IPhone,
        System::Linux,
        System::MacOrIPad,
        System::Windows,
    ];
    // The longest names: one in the GSM alphabet, one outside it, one of two-unit letters.
    for (sender, alphabet, most) in [
        ("Bright Eyes Center of NY", Alphabet::Gsm7, 1),
        ("Centro de Óptica Ríos SL", Alphabet::Ucs2, 2),
        ("𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋", Alphabet::Ucs2, 2),
    ] {
        assert_eq!(sender.encode_utf16().count(), platform::letterhead::SenderName::MAX_UNITS);
        let letterhead = samples::letterhead(sender, &origin);
        for tag in i18n::tags().chain(["vi", "zh-Hant-TW", "xxx-Xxxx-000"]) {
            for name in TEXTS {
                for system in systems {
                    let body = samples::sms(name, &letterhead, tag, system);
                    let length = body.length();
                    assert_eq!(length.alphabet, alphabet, "{}", body.expose());
                    assert!(length.parts <= most, "{length:?} {tag} {name}: {}", body.expose());
                }
            }
        }
    }
}

/// The document without its document type and without the one attribute that XML has no namespace for.
fn document(html: &str) -> String {
    html.strip_prefix("<!DOCTYPE html>").expect("standards mode").replace(" ses:no-track ", " ")
}

fn parse(source: &str) -> roxmltree::Document<'_> {
    roxmltree::Document::parse(source).expect("well-formed")
}

/// What a reader sees, one string per paragraph, without the hidden preview.
fn visible(html: &str) -> Vec<String> {
    let source = document(html);
    let document = parse(&source);
    document
        .descendants()
        .filter(|node| node.has_tag_name("p") || node.has_tag_name("h1") || node.has_tag_name("a"))
        .map(|node| {
            node.descendants()
                .filter(|n| n.is_text())
                .filter_map(|n| n.text())
                .collect::<String>()
                .trim()
                .to_owned()
        })
        .collect()
}

fn hrefs(html: &str) -> Vec<String> {
    let source = document(html);
    parse(&source).descendants().filter_map(|node| node.attribute("href").map(str::to_owned)).collect()
}
