//! A mail as the bytes that travel: RFC 5322 headers over a `multipart/alternative` body.

use domain::{
    Invalid,
    contact::{ContactKind, ContactValue},
    time::Timestamp,
};
use mail_builder::{
    MessageBuilder,
    headers::{address::Address, content_type::ContentType, date::Date, message_id::MessageId, raw::Raw},
    mime::MimePart,
};

use super::Rendered;

/// The identity of a mail, from which its `Message-ID` and boundary are made. A retried send keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailId<'a>(&'a str);

impl<'a> MailId<'a> {
    /// 1 to 60 letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn parse(text: &'a str) -> Result<Self, Invalid> {
        let fits = (1..=60).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits { Ok(Self(text)) } else { Err(Invalid::new("invalid_id")) }
    }
}

/// Where a mail comes from and goes to.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// The address of the service, verified at the provider.
    pub from: &'a ContactValue,
    /// A mailbox that somebody at the practice reads.
    pub reply_to: &'a ContactValue,
    /// The reader.
    pub to: &'a ContactValue,
}

/// Puts a mail into MIME. The same arguments make the same bytes.
///
/// # Errors
/// `invalid_email` if one of the addresses is a phone.
pub fn compose(mail: &Rendered, route: Route<'_>, id: MailId<'_>, at: Timestamp) -> Result<Vec<u8>, Invalid> {
    if [route.from, route.reply_to, route.to].iter().any(|address| address.kind() != ContactKind::Email) {
        return Err(Invalid::new("invalid_email"));
    }
    let MailId(id) = id;
    let domain = route.from.expose().rsplit('@').next().unwrap_or_default();
    let language = mail.language.as_str();
    let text = MimePart::new(utf8("text/plain"), crlf(&mail.text)).language(language);
    let html = MimePart::new(utf8("text/html"), crlf(&mail.html)).language(language);
    // No encoding of a body yields "=_", so the boundary cannot occur in one.
    let alternatives = ContentType::new("multipart/alternative").attribute("boundary", format!("=_{id}"));
    let message = MessageBuilder::new()
        .from(Address::new_address(Some(mail.sender.as_str()), route.from.expose()))
        .reply_to(Address::new_address(Some(mail.sender.as_str()), route.reply_to.expose()))
        .to(Address::new_address(None::<&str>, route.to.expose()))
        .subject(mail.subject.as_str())
        .date(Date::new(at.as_seconds()))
        .header("Message-ID", MessageId::new(format!("{id}@{domain}")))
        // One subject for all notices makes Gmail fold them into a thread and hide the repeated words, button and
        // all. A reference that no other mail has keeps each apart
        // (https://workspaceupdates.googleblog.com/2019/03/threading-changes-in-gmail-conversation-view.html).
        .header("References", MessageId::new(format!("{id}.apart@{domain}")))
        // RFC 3834 and its Microsoft counterpart: no out-of-office replies.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("Content-Language", Raw::new(language))
        .header("MIME-Version", Raw::new("1.0"))
        .body(MimePart::new(alternatives, vec![text, html]));
    let mut bytes = Vec::new();
    message.serialize(&mut bytes);
    Ok(bytes)
}

fn utf8(media_type: &'static str) -> ContentType<'static> {
    ContentType::new(media_type).attribute("charset", "utf-8")
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}
