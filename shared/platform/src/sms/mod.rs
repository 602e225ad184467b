//! Text messages to patients.
//!
//! An [`SmsBody`] is made by [`render`] from one of the closed templates and by nothing else, so no code path leads
//! from free text to a phone. A notice ends with its link; a code message has no link and ends with the line by which
//! phones fill in the code for the right site only
//! (<https://wicg.github.io/sms-one-time-codes/>).

mod length;
mod send;
mod texts;

use domain::{
    browser::Browser,
    channel::WayIn,
    language::Language,
    sign_in::{Code, LinkToken},
};

pub use self::{
    length::{Alphabet, Length},
    send::SmsSender,
    texts::{Reply, VISITS_MAX, asks, fallback, render_family, render_reply, render_text},
};
use crate::{
    i18n::{Area, TextError, Texts},
    letterhead::Letterhead,
};

/// The longest origin with which every template fits one part in the GSM alphabet and two outside it. A longer one
/// works and costs more.
pub const ORIGIN_LEN: usize = 46;

/// Every text message that this product sends.
#[derive(Clone, Copy)]
pub enum SmsTemplate<'a> {
    /// "You have a message" and the link, which opens nothing by itself.
    Notice {
        /// The notice token.
        token: &'a LinkToken,
    },
    /// The code that somebody asked for.
    Code {
        /// The code to type in the browser that asked.
        code: &'a Code,
        /// The browser that asked; the message names what it runs on.
        browser: Browser,
    },
    /// Somebody signed in with a browser that was not seen before; the link ends that sign-in.
    SignedInElsewhere {
        /// The token of that link.
        token: &'a LinkToken,
    },
    /// An account got another way in; the link takes it away again.
    WayInAdded {
        /// The token of that link.
        token: &'a LinkToken,
        /// What it got.
        way: WayIn,
    },
    /// Staff have changed where an account is reached.
    ContactsChanged,
    /// Somebody was added to those who read a patient's messages.
    AccessGiven,
}

/// The body of a text message. It holds a secret: there is no Debug.
pub struct SmsBody(String);

impl SmsBody {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How many parts it is sent and paid as.
    pub fn length(&self) -> Length {
        Length::of(&self.0)
    }
}

/// Writes a text message for a reader of `language`.
///
/// # Errors
/// [`TextError`] if a text is missing, which the tests of [`crate::i18n`] exclude.
pub fn render(
    template: &SmsTemplate<'_>,
    letterhead: &Letterhead,
    language: &Language,
) -> Result<SmsBody, TextError> {
    let texts = Texts::for_reader(Area::Sms, language)?;
    let sender = letterhead.sender().as_str();
    let body = match template {
        SmsTemplate::Notice { token } => {
            let words = texts.get("notice", &[("sender", sender)])?;
            format!("{words} {}", letterhead.notice_link(language, token))
        }
        SmsTemplate::Code { code, browser } => {
            let code = code.expose();
            let words = match browser.system {
                Some(system) => {
                    texts.get("code", &[("sender", sender), ("code", code), ("system", system.as_str())])?
                }
                None => texts.get("code-system-unknown", &[("sender", sender), ("code", code)])?,
            };
            format!("{words}\n@{} #{code}", letterhead.host())
        }
        SmsTemplate::SignedInElsewhere { token } => {
            let words = texts.get("signed-in", &[("sender", sender)])?;
            format!("{words} {}", letterhead.revoke_link(token))
        }
        SmsTemplate::WayInAdded { token, way } => {
            let key = match way {
                WayIn::Device => "device-added",
                WayIn::Passkey => "passkey-added",
            };
            format!("{} {}", texts.get(key, &[("sender", sender)])?, letterhead.revoke_link(token))
        }
        SmsTemplate::ContactsChanged => {
            texts.get("contacts", &[("sender", sender), ("phone", &letterhead.phone_for_people())])?
        }
        SmsTemplate::AccessGiven => {
            texts.get("access", &[("sender", sender), ("phone", &letterhead.phone_for_people())])?
        }
    };
    Ok(SmsBody(body))
}
