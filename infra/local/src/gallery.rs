//! `/outbox/gallery`: every mail and every text message that can leave, in every language, with sample values and the
//! practice's own letterhead. What a practice sees here is all that its patients can ever get.

use domain::{
    browser::{Browser, Program, System},
    channel::{CATEGORIES, Factor, WayIn},
    language::Language,
    sign_in::{Code, LinkToken},
    text::{Campaign, Place, Variables},
    time::Timestamp,
};
use platform::{
    i18n::{self, TextError},
    letterhead::Letterhead,
    mail::{self, Mail},
    sms::{self, Reply, SmsBody, SmsTemplate},
};

const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const CODE: &str = "04711815";

/// One message of the gallery.
struct Piece {
    name: String,
    subject: Option<String>,
    text: String,
    parts: Option<String>,
}

impl Piece {
    fn text(name: &str, body: &SmsBody) -> Self {
        let length = body.length();
        let parts = format!("{} of {} units, {:?}", length.parts, length.units, length.alphabet);
        Self { name: name.to_owned(), subject: None, text: body.expose().to_owned(), parts: Some(parts) }
    }
}

/// The page.
///
/// # Errors
/// [`TextError`] if a text is missing; nothing is shown then.
pub(crate) fn page(letterhead: &Letterhead, now: Timestamp) -> Result<String, TextError> {
    let mut page = String::from(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Every message</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/outbox/outbox.css\"></head><body class=\"gallery\"><main>\
         <h1>Every message that can leave</h1><p><a href=\"/outbox\">Outbox</a></p>",
    );
    for tag in i18n::tags() {
        let Ok(language) = Language::parse(tag) else { continue };
        page.push_str(&format!("<section lang=\"{tag}\"><h2>{tag}</h2>"));
        for piece in mails(letterhead, &language, now)?.into_iter().chain(texts(letterhead, &language, now)?)
        {
            page.push_str(&format!("<article><h3>{}</h3>", escape(&piece.name)));
            if let Some(subject) = &piece.subject {
                page.push_str(&format!("<p><strong>{}</strong></p>", escape(subject)));
            }
            page.push_str(&format!("<pre>{}</pre>", escape(&piece.text)));
            if let Some(parts) = &piece.parts {
                page.push_str(&format!("<p><small>{}</small></p>", escape(parts)));
            }
            page.push_str("</article>");
        }
        page.push_str("</section>");
    }
    page.push_str("</main></body></html>");
    Ok(page)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn mails(letterhead: &Letterhead, language: &Language, now: Timestamp) -> Result<Vec<Piece>, TextError> {
    let (Ok(token), Ok(code)) = (LinkToken::parse(TOKEN), Code::parse(CODE)) else { return Ok(Vec::new()) };
    let browser = Browser { program: Some(Program::Safari), system: Some(System::IPhone) };
    let mails = [
        ("Notice", Mail::Notice { token: &token }),
        ("Sign-in", Mail::SignIn { token: &token, code: &code, browser }),
        ("Sign-in of staff", Mail::StaffSignIn { token: &token, code: &code, browser }),
        ("Code", Mail::Code { code: &code, browser }),
        ("Invitation of staff", Mail::StaffInvite { until: now }),
        ("Factors reset", Mail::FactorsReset),
        ("Factor added", Mail::FactorAdded { at: now, browser, factor: Factor::Passkey }),
        ("Signed in elsewhere", Mail::SignedInElsewhere { token: &token, at: now, browser }),
        ("Passkey added", Mail::WayInAdded { token: &token, at: now, browser, way: WayIn::Passkey }),
        ("Device added", Mail::WayInAdded { token: &token, at: now, browser, way: WayIn::Device }),
        ("Contacts changed", Mail::ContactsChanged),
        ("Access given", Mail::AccessGiven),
        ("Evidence asked for", Mail::EvidenceAsked),
    ];
    let render = |(name, mail): (&str, Mail<'_>)| {
        let mail = mail::render(&mail, letterhead, language)?;
        let subject = Some(mail.subject().to_owned());
        Ok(Piece { name: format!("Mail: {name}"), subject, text: mail.text().to_owned(), parts: None })
    };
    mails.into_iter().map(render).collect()
}

fn texts(letterhead: &Letterhead, language: &Language, now: Timestamp) -> Result<Vec<Piece>, TextError> {
    let (Ok(token), Ok(code)) = (LinkToken::parse(TOKEN), Code::parse(CODE)) else { return Ok(Vec::new()) };
    let browser = Browser { program: Some(Program::Safari), system: Some(System::IPhone) };
    let place = Place::parse("Main Street 5").ok();
    let mut pieces = Vec::new();
    for (name, template) in [
        ("Notice", SmsTemplate::Notice { token: &token }),
        ("Code", SmsTemplate::Code { code: &code, browser }),
        ("Code, unknown browser", SmsTemplate::Code { code: &code, browser: Browser::default() }),
        ("Signed in elsewhere", SmsTemplate::SignedInElsewhere { token: &token }),
        ("Passkey added", SmsTemplate::WayInAdded { token: &token, way: WayIn::Passkey }),
        ("Device added", SmsTemplate::WayInAdded { token: &token, way: WayIn::Device }),
        ("Contacts changed", SmsTemplate::ContactsChanged),
        ("Access given", SmsTemplate::AccessGiven),
    ] {
        let body = sms::render(&template, letterhead, language)?;
        pieces.push(Piece::text(&format!("Text: {name}"), &body));
    }
    for (name, place) in [("", None), (" with place", place)] {
        for (kind, variables) in [
            ("Reminder", Variables::AppointmentReminder { starts_at: now, place: place.clone() }),
            ("Booked", Variables::AppointmentConfirmation { starts_at: now, place: place.clone() }),
            ("Pick-up", Variables::PickupNotice { place: place.clone() }),
        ] {
            let body = sms::render_text(&variables, letterhead, language)?;
            pieces.push(Piece::text(&format!("Text: {kind}{name}"), &body));
        }
    }
    for (name, variables) in [
        ("Re-order", Variables::ReorderReminder),
        ("Marketing: openings", Variables::Marketing { campaign: Campaign::Openings }),
        ("Marketing: hours", Variables::Marketing { campaign: Campaign::Hours }),
    ] {
        let body = sms::render_text(&variables, letterhead, language)?;
        pieces.push(Piece::text(&format!("Text: {name}"), &body));
    }
    let later = now.plus_seconds(1_800);
    pieces.push(Piece::text("Text: Family", &sms::render_family(&[now, later], letterhead, language)?));
    let mut replies = vec![
        Reply::Confirmed(now),
        Reply::CancelAsked(now),
        Reply::Which(now, later),
        Reply::NoVisit,
        Reply::Stopped(None),
        Reply::Started,
        Reply::NothingToStart,
        Reply::Help,
        Reply::Auto,
    ];
    replies.extend(CATEGORIES.map(|category| Reply::Stopped(Some(category))));
    for reply in replies {
        let name = format!("{reply:?}");
        let name = name.split('(').next().unwrap_or_default();
        let body = sms::render_reply(reply, letterhead, language)?;
        pieces.push(Piece::text(&format!("Answer: {name}"), &body));
    }
    Ok(pieces)
}
