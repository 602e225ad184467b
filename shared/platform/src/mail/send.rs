//! Amazon SES.

use aws_sdk_ses::{operation::send_raw_email::SendRawEmailError, primitives::Blob, types::RawMessage};
use domain::{contact::ContactValue, time::Timestamp};

use super::{MailId, Rendered, Route, compose};
use crate::{
    aws::{self, SdkConfig},
    config::{ConfigError, Environment},
    delivery::{Cause, ProviderId, SendError},
};

/// Sends mails through SES. `SendRawEmail`, because the structured calls of API version 1 take no headers.
#[derive(Clone)]
pub struct Mailer {
    ses: aws_sdk_ses::Client,
    from: ContactValue,
    reply_to: ContactValue,
    configuration_set: Option<String>,
}

impl Mailer {
    /// A mailer that writes as `from`, an address verified at SES, and has answers sent to `reply_to`. The
    /// configuration set carries bounces and complaints back.
    pub fn new(
        ses: aws_sdk_ses::Client,
        from: ContactValue,
        reply_to: ContactValue,
        configuration_set: Option<String>,
    ) -> Self {
        Self { ses, from, reply_to, configuration_set }
    }

    /// A mailer from `MAIL_FROM`, `MAIL_REPLY_TO` and, where bounces are to come back, `MAIL_CONFIGURATION_SET`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_environment(environment: &Environment, sdk: &SdkConfig) -> Result<Self, ConfigError> {
        // The function's permission names the sender letter by letter, so another spelling would be refused later.
        let from =
            environment.parsed("MAIL_FROM", "is not a plain e-mail address in lower case", |text| {
                ContactValue::email(text).ok().filter(|address| address.expose() == text)
            })?;
        let reply_to = environment.parsed("MAIL_REPLY_TO", "is not a plain e-mail address", |text| {
            ContactValue::email(text).ok()
        })?;
        let configuration_set = environment.optional("MAIL_CONFIGURATION_SET").map(str::to_owned);
        let ses = aws_sdk_ses::Client::new(&aws::for_delivery(sdk));
        Ok(Self::new(ses, from, reply_to, configuration_set))
    }

    /// Sends one mail and returns SES's id of it. A send whose answer got lost may be repeated with the same
    /// arguments; it is the same message then.
    ///
    /// # Errors
    /// [`SendError`], which says whether to try again. It names no address.
    pub async fn send(
        &self,
        to: &ContactValue,
        mail: &Rendered,
        id: MailId<'_>,
        at: Timestamp,
    ) -> Result<ProviderId, SendError> {
        let route = Route { from: &self.from, reply_to: &self.reply_to, to };
        let bytes = compose(mail, route, id, at).map_err(|_| SendError::local(Cause::BadRecipient))?;
        let raw = RawMessage::builder()
            .data(Blob::new(bytes))
            .build()
            .map_err(|_| SendError::local(Cause::Misconfigured))?;
        let answer = self
            .ses
            .send_raw_email()
            .source(self.from.expose())
            .destinations(to.expose())
            .set_configuration_set_name(self.configuration_set.clone())
            .raw_message(raw)
            .send()
            .await
            .map_err(|error| SendError::from_sdk(&error, cause))?;
        Ok(ProviderId::new(answer.message_id()))
    }
}

/// What SES's own errors mean (<https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html>).
fn cause(error: &SendRawEmailError) -> Option<Cause> {
    match error {
        SendRawEmailError::AccountSendingPausedException(_)
        | SendRawEmailError::ConfigurationSetSendingPausedException(_) => Some(Cause::Paused),
        SendRawEmailError::ConfigurationSetDoesNotExistException(_) => Some(Cause::Misconfigured),
        SendRawEmailError::MailFromDomainNotVerifiedException(_) => Some(Cause::Unverified),
        SendRawEmailError::MessageRejected(rejected) => {
            // One code for very different refusals; only the words differ.
            let words = rejected.message().unwrap_or_default();
            Some(if words.starts_with("Email address is not verified") {
                Cause::Unverified
            } else if words.starts_with("Sending suspended") || words.starts_with("Sending paused") {
                Cause::Paused
            } else if words.contains("suppress") || words.contains("blacklisted") {
                Cause::Suppressed
            } else {
                Cause::Rejected
            })
        }
        _ => None,
    }
}
