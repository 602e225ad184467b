//! What each mail says, as a list of blocks that plain text and HTML are both made from.

use domain::{
    browser::Browser,
    channel::{Factor, WayIn},
    language::Language,
    sign_in::{LinkToken, SECRET_LIFE_SECONDS},
    time::Timestamp,
};

use super::Mail;
use crate::{
    i18n::{TextError, Texts},
    letterhead::Letterhead,
};

/// One piece of a mail.
pub(super) enum Block {
    /// What to do with this mail; always first.
    Lead(String),
    /// What the mail is.
    Heading(String),
    /// A sentence or two.
    Paragraph(String),
    /// The one thing to tap.
    Button { label: String, link: String },
    /// The code, alone on its line.
    Code { label: String, code: String },
    /// Whom to call.
    Phone { label: String, e164: String, for_people: String },
    /// Something that few readers need.
    Aside(String),
    /// The link in letters, for readers whose button fails. The plain text has it already.
    LinkInLetters { label: String, link: String },
}

/// A mail's words.
pub(super) struct Content {
    /// The subject line.
    pub(super) subject: String,
    /// What an inbox shows beside the subject.
    pub(super) preview: String,
    /// The mail, top to bottom.
    pub(super) blocks: Vec<Block>,
}

/// Makes the content of a mail.
pub(super) fn of(
    mail: &Mail<'_>,
    letterhead: &Letterhead,
    reader: &Language,
    texts: &Texts,
) -> Result<Content, TextError> {
    let sender = letterhead.sender().as_str();
    match mail {
        Mail::Notice { token } => {
            let say = |key| texts.get(key, &[("sender", sender)]);
            // The reader's own language, even where this mail had to fall back: the portal may speak it.
            let link = letterhead.notice_link(reader, token);
            let subject = say("notice-subject")?;
            Ok(Content {
                preview: say("notice-preview")?,
                blocks: vec![
                    Block::Lead(say("first-line")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("notice-body")?),
                    Block::Button { label: say("notice-button")?, link: link.clone() },
                    Block::Paragraph(say("notice-proof")?),
                    phone(letterhead, texts)?,
                    Block::Aside(say("notice-not-you")?),
                    Block::LinkInLetters { label: say("link-instead")?, link },
                ],
                subject,
            })
        }
        Mail::SignIn { token, code, browser } => {
            let words = SignInWords {
                subject: "sign-in-subject",
                preview: "sign-in-preview",
                body: "sign-in-body",
                button: "sign-in-button",
                code: "sign-in-code",
                warning: "sign-in-warning",
                life: "sign-in-life",
                not_you: "sign-in-not-you",
            };
            sign_in(&words, letterhead.sign_in_link(token), code.expose(), *browser, letterhead, texts)
        }
        Mail::StaffSignIn { token, code, browser } => {
            let words = SignInWords {
                subject: "staff-sign-in-subject",
                preview: "staff-sign-in-preview",
                body: "staff-sign-in-body",
                button: "staff-sign-in-button",
                code: "staff-sign-in-code",
                warning: "staff-sign-in-warning",
                life: "staff-sign-in-life",
                not_you: "staff-sign-in-not-you",
            };
            sign_in(&words, letterhead.sign_in_link(token), code.expose(), *browser, letterhead, texts)
        }
        Mail::FactorsReset => {
            let say = |key| texts.get(key, &[("sender", sender)]);
            let link = letterhead.staff_link();
            let subject = say("factors-reset-subject")?;
            Ok(Content {
                preview: say("factors-reset-preview")?,
                blocks: vec![
                    Block::Lead(say("first-line")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("factors-reset-body")?),
                    Block::Button { label: say("factors-reset-button")?, link: link.clone() },
                    Block::Paragraph(say("factors-reset-not-you")?),
                    phone(letterhead, texts)?,
                    Block::LinkInLetters { label: say("link-instead")?, link },
                ],
                subject,
            })
        }
        Mail::EvidenceAsked => {
            let say = |key| texts.get(key, &[("sender", sender)]);
            let link = letterhead.staff_link();
            let subject = say("evidence-asked-subject")?;
            Ok(Content {
                preview: say("evidence-asked-preview")?,
                blocks: vec![
                    Block::Lead(say("first-line")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("evidence-asked-body")?),
                    Block::Button { label: say("evidence-asked-button")?, link: link.clone() },
                    Block::Paragraph(say("evidence-asked-not-you")?),
                    phone(letterhead, texts)?,
                    Block::LinkInLetters { label: say("link-instead")?, link },
                ],
                subject,
            })
        }
        Mail::FactorAdded { at, browser, factor } => {
            let moment = letterhead.moment(*at);
            let browser = browser_in_words(*browser, texts)?;
            let say = |key| texts.get(key, &[("sender", sender), ("moment", &moment), ("browser", &browser)]);
            let link = letterhead.staff_link();
            let (subject, preview, body) = match factor {
                Factor::Passkey => ("staff-passkey-subject", "staff-passkey-preview", "staff-passkey-body"),
                Factor::Generator => {
                    ("staff-generator-subject", "staff-generator-preview", "staff-generator-body")
                }
            };
            let subject = say(subject)?;
            Ok(Content {
                preview: say(preview)?,
                blocks: vec![
                    Block::Lead(say("announcement-lead")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say(body)?),
                    Block::Paragraph(say("news-you")?),
                    Block::Paragraph(say("staff-factor-not-you")?),
                    Block::Button { label: say("staff-factor-button")?, link: link.clone() },
                    phone(letterhead, texts)?,
                    Block::LinkInLetters { label: say("link-instead")?, link },
                ],
                subject,
            })
        }
        Mail::Code { code, browser } => code_alone(code.expose(), *browser, letterhead, texts),
        Mail::StaffInvite { until } => {
            let moment = letterhead.moment(*until);
            let say = |key| texts.get(key, &[("sender", sender), ("moment", &moment)]);
            let link = letterhead.staff_link();
            let subject = say("staff-invite-subject")?;
            Ok(Content {
                preview: say("staff-invite-preview")?,
                blocks: vec![
                    Block::Lead(say("first-line")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("staff-invite-body")?),
                    Block::Button { label: say("staff-invite-button")?, link: link.clone() },
                    Block::Paragraph(say("staff-invite-life")?),
                    phone(letterhead, texts)?,
                    Block::Aside(say("staff-invite-not-you")?),
                    Block::LinkInLetters { label: say("link-instead")?, link },
                ],
                subject,
            })
        }
        Mail::SignedInElsewhere { token, at, browser } => {
            let words = NewsWords {
                subject: "signed-in-subject",
                preview: "signed-in-preview",
                body: "signed-in-body",
                button: "signed-in-button",
            };
            news(&words, (token, *at, *browser), letterhead, texts)
        }
        Mail::WayInAdded { token, at, browser, way } => {
            let (subject, preview, body) = match way {
                WayIn::Device => ("device-subject", "device-preview", "device-body"),
                WayIn::Passkey => ("passkey-subject", "passkey-preview", "passkey-body"),
            };
            let words = NewsWords { subject, preview, body, button: "added-button" };
            news(&words, (token, *at, *browser), letterhead, texts)
        }
        Mail::ContactsChanged => {
            let say = |key| texts.get(key, &[("sender", sender)]);
            let subject = say("contacts-subject")?;
            Ok(Content {
                preview: say("contacts-preview")?,
                blocks: vec![
                    Block::Lead(say("announcement-lead")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("contacts-body")?),
                    Block::Paragraph(say("contacts-not-you")?),
                    phone(letterhead, texts)?,
                ],
                subject,
            })
        }
        Mail::AccessGiven => {
            let say = |key| texts.get(key, &[("sender", sender)]);
            let subject = say("access-subject")?;
            Ok(Content {
                preview: say("access-preview")?,
                blocks: vec![
                    Block::Lead(say("announcement-lead")?),
                    Block::Heading(subject.clone()),
                    Block::Paragraph(say("access-body")?),
                    Block::Paragraph(say("access-not-you")?),
                    phone(letterhead, texts)?,
                ],
                subject,
            })
        }
    }
}

/// The keys of what differs between announcements that hold a link.
struct NewsWords {
    subject: &'static str,
    preview: &'static str,
    body: &'static str,
    button: &'static str,
}

/// What somebody did, when and on what, and the link for whoever it was not.
fn news(
    words: &NewsWords,
    (token, at, browser): (&LinkToken, Timestamp, Browser),
    letterhead: &Letterhead,
    texts: &Texts,
) -> Result<Content, TextError> {
    let browser = browser_in_words(browser, texts)?;
    let (sender, moment) = (letterhead.sender().as_str(), letterhead.moment(at));
    let say = |key| texts.get(key, &[("sender", sender), ("browser", &browser), ("moment", &moment)]);
    let link = letterhead.revoke_link(token);
    let subject = say(words.subject)?;
    Ok(Content {
        preview: say(words.preview)?,
        blocks: vec![
            Block::Lead(say("announcement-lead")?),
            Block::Heading(subject.clone()),
            Block::Paragraph(say(words.body)?),
            Block::Paragraph(say("news-you")?),
            Block::Paragraph(say("news-not-you")?),
            Block::Button { label: say(words.button)?, link: link.clone() },
            phone(letterhead, texts)?,
            Block::LinkInLetters { label: say("link-instead")?, link },
        ],
        subject,
    })
}

/// The keys of the two mails that hold a link and a code.
struct SignInWords {
    subject: &'static str,
    preview: &'static str,
    body: &'static str,
    button: &'static str,
    code: &'static str,
    warning: &'static str,
    life: &'static str,
    not_you: &'static str,
}

fn sign_in(
    words: &SignInWords,
    link: String,
    code: &str,
    browser: Browser,
    letterhead: &Letterhead,
    texts: &Texts,
) -> Result<Content, TextError> {
    let browser = browser_in_words(browser, texts)?;
    let minutes = (SECRET_LIFE_SECONDS / 60).to_string();
    let values = [("sender", letterhead.sender().as_str()), ("browser", &browser), ("minutes", &minutes)];
    let say = |key| texts.get(key, &values);
    let subject = say(words.subject)?;
    Ok(Content {
        preview: say(words.preview)?,
        blocks: vec![
            Block::Lead(say("first-line")?),
            Block::Heading(subject.clone()),
            Block::Paragraph(say(words.body)?),
            Block::Button { label: say(words.button)?, link: link.clone() },
            Block::Code { label: say(words.code)?, code: code.to_owned() },
            Block::Paragraph(say(words.warning)?),
            Block::Paragraph(say(words.life)?),
            phone(letterhead, texts)?,
            Block::Aside(say(words.not_you)?),
            Block::LinkInLetters { label: say("link-instead")?, link },
        ],
        subject,
    })
}

fn code_alone(
    code: &str,
    browser: Browser,
    letterhead: &Letterhead,
    texts: &Texts,
) -> Result<Content, TextError> {
    let browser = browser_in_words(browser, texts)?;
    let minutes = (SECRET_LIFE_SECONDS / 60).to_string();
    let values = [("sender", letterhead.sender().as_str()), ("browser", &browser), ("minutes", &minutes)];
    let say = |key| texts.get(key, &values);
    let subject = say("code-subject")?;
    Ok(Content {
        preview: say("code-preview")?,
        blocks: vec![
            Block::Lead(say("code-first-line")?),
            Block::Heading(subject.clone()),
            Block::Paragraph(say("code-body")?),
            Block::Code { label: say("code-label")?, code: code.to_owned() },
            Block::Paragraph(say("code-warning")?),
            phone(letterhead, texts)?,
            Block::Aside(say("code-not-you")?),
        ],
        subject,
    })
}

fn browser_in_words(browser: Browser, texts: &Texts) -> Result<String, TextError> {
    match (browser.program.map(|program| program.as_str()), browser.system.map(|system| system.as_str())) {
        (Some(program), Some(system)) => texts.get("browser", &[("program", program), ("system", system)]),
        (Some(program), None) => texts.get("browser-program", &[("program", program)]),
        (None, Some(system)) => texts.get("browser-system", &[("system", system)]),
        (None, None) => texts.get("browser-unknown", &[]),
    }
}

fn phone(letterhead: &Letterhead, texts: &Texts) -> Result<Block, TextError> {
    Ok(Block::Phone {
        label: texts.get("questions", &[("sender", letterhead.sender().as_str())])?,
        e164: letterhead.phone().to_owned(),
        for_people: letterhead.phone_for_people(),
    })
}

impl Content {
    /// The mail as plain text. Links, codes and phones stand alone on their lines: mail programs find their ends, and
    /// a number keeps its order in right-to-left text.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            let (first, second) = match block {
                Block::Lead(line) | Block::Heading(line) | Block::Paragraph(line) | Block::Aside(line) => {
                    (line, None)
                }
                Block::Button { label, link } => (label, Some(link)),
                Block::Code { label, code } => (label, Some(code)),
                Block::Phone { label, for_people, .. } => (label, Some(for_people)),
                Block::LinkInLetters { .. } => continue,
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(first);
            text.push('\n');
            if let Some(second) = second {
                text.push_str(second);
                text.push('\n');
            }
        }
        text
    }
}
