//! E-mails to patients and staff.
//!
//! There is one mail per [`Mail`] variant, and a variant takes typed values only: no name of a patient, no text of
//! a message and no other free text can enter a mail, because there is nowhere to put it. [`render`] makes the plain
//! text and the HTML from the same list of [`content`] blocks, so that neither says more than the other;
//! [`compose`] puts both into a MIME message; [`Mailer`] hands it to Amazon SES.
//!
//! Nothing here reads a clock or draws a random number: a retried send is the same message, byte for byte.

mod content;
mod html;
mod mime;
mod send;

use domain::{
    browser::Browser,
    channel::{Factor, WayIn},
    language::Language,
    sign_in::{Code, LinkToken},
    time::Timestamp,
};

pub use self::{
    mime::{MailId, Route, compose},
    send::Mailer,
};
use crate::{
    i18n::{Area, TextError, Texts},
    letterhead::Letterhead,
};

/// Every mail that this product sends.
#[derive(Clone, Copy)]
pub enum Mail<'a> {
    /// "You have a message": the link locates a conversation and opens nothing by itself.
    Notice {
        /// The notice token.
        token: &'a LinkToken,
    },
    /// The link and the code that a patient asked for.
    SignIn {
        /// The link's token; it works only in the browser that asked.
        token: &'a LinkToken,
        /// The code to type in the browser that asked.
        code: &'a Code,
        /// The browser that asked.
        browser: Browser,
    },
    /// The link and the code that a member of staff asked for.
    StaffSignIn {
        /// The link's token; it works only in the browser that asked.
        token: &'a LinkToken,
        /// The code to type in the browser that asked.
        code: &'a Code,
        /// The browser that asked.
        browser: Browser,
    },
    /// The code by which somebody who is signed in shows once more who they are. It holds no link: nothing but the
    /// browser that asked has a use for it.
    Code {
        /// The code to type in the browser that asked.
        code: &'a Code,
        /// The browser that asked.
        browser: Browser,
    },
    /// That somebody may set up their sign-in as staff. It holds no secret.
    StaffInvite {
        /// When that ends.
        until: Timestamp,
    },
    /// What somebody of the staff signs in with was taken away; for the admins.
    FactorsReset,
    /// Somebody of the staff wants to open what was kept of a recalled message; for who decides, or everybody.
    EvidenceAsked,
    /// A member of staff got another factor; for them alone.
    FactorAdded {
        /// When it was.
        at: Timestamp,
        /// The browser.
        browser: Browser,
        /// What they got.
        factor: Factor,
    },
    /// Somebody signed in with a browser that the account has not signed in with before.
    SignedInElsewhere {
        /// The token of the link that ends that sign-in.
        token: &'a LinkToken,
        /// When it was.
        at: Timestamp,
        /// The browser.
        browser: Browser,
    },
    /// An account got another way in.
    WayInAdded {
        /// The token of the link that takes it away again, with the sign-in that it came of.
        token: &'a LinkToken,
        /// When it was.
        at: Timestamp,
        /// The browser.
        browser: Browser,
        /// What it got.
        way: WayIn,
    },
    /// Staff have changed where an account is reached.
    ContactsChanged,
    /// Somebody was added to those who read a patient's messages.
    AccessGiven,
}

/// A mail in words, not yet addressed. It holds a secret: there is no Debug.
pub struct Rendered {
    language: Language,
    sender: String,
    subject: String,
    text: String,
    html: String,
}

impl Rendered {
    /// The language that it is written in, which is English if the reader's has no texts.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// The subject. It is fixed per kind of mail and language.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The plain text, lines ended by `\n`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The HTML document.
    pub fn html(&self) -> &str {
        &self.html
    }
}

/// Writes a mail for a reader of `language`.
///
/// # Errors
/// [`TextError`] if a text is missing, which the tests of [`crate::i18n`] exclude.
pub fn render(mail: &Mail<'_>, letterhead: &Letterhead, language: &Language) -> Result<Rendered, TextError> {
    let texts = Texts::for_reader(Area::Mail, language)?;
    let content = content::of(mail, letterhead, language, texts)?;
    Ok(Rendered {
        language: texts.language().clone(),
        sender: letterhead.sender().as_str().to_owned(),
        text: content.to_text(),
        html: html::document(&content, texts.language()),
        subject: content.subject,
    })
}
