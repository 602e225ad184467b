//! Handing one message to a provider.

use std::time::Duration;

use domain::{contact::ContactValue, language::Language, time::Timestamp};
use platform::{
    delivery::{Advice, Cause, ProviderId, SendError},
    i18n::TextError,
    letterhead::Letterhead,
    mail::{self, Mail, MailId, Rendered},
    secrets,
    sms::{self, SmsBody, SmsTemplate},
};

use crate::State;

/// Waits before a message is offered again within one try, in milliseconds. They span the second by which providers
/// count their pace; longer trouble goes through the outbox.
const PAUSES: [u64; 3] = [250, 500, 1_000];

/// A message, ready to leave. It holds a secret: there is no Debug.
pub(crate) enum Envelope {
    Mail(Rendered, String),
    Text(SmsBody),
}

impl Envelope {
    /// A mail. The same `thread` makes the same `Message-ID`, by which mail programs know a repeated mail; the ids in
    /// it are hashed, because a mail travels far.
    pub(crate) fn mail(
        mail: &Mail<'_>,
        letterhead: &Letterhead,
        language: &Language,
        thread: &str,
    ) -> Result<Self, TextError> {
        let id = secrets::hash(&format!("mail\u{1f}{thread}"))[..32].to_owned();
        Ok(Self::Mail(mail::render(mail, letterhead, language)?, id))
    }

    /// A text message.
    pub(crate) fn text(
        template: &SmsTemplate<'_>,
        letterhead: &Letterhead,
        language: &Language,
    ) -> Result<Self, TextError> {
        sms::render(template, letterhead, language).map(Self::Text)
    }
}

impl State {
    /// Hands a message to its provider. `dated` is the time that a mail shows: the same in every try.
    pub(crate) async fn post(
        &self,
        to: &ContactValue,
        envelope: &Envelope,
        dated: Timestamp,
    ) -> Result<ProviderId, SendError> {
        for pause in PAUSES {
            match self.offer(to, envelope, dated).await {
                // The provider has not taken it. With no answer at all it may have: that waits for the outbox.
                Err(error) if matches!(error.cause, Cause::Throttled | Cause::Unavailable) => {
                    let jitter = self.app.entropy.below(pause);
                    tokio::time::sleep(Duration::from_millis(pause / 2 + jitter)).await;
                }
                done => return done.inspect_err(log),
            }
        }
        self.offer(to, envelope, dated).await.inspect_err(log)
    }

    async fn offer(
        &self,
        to: &ContactValue,
        envelope: &Envelope,
        dated: Timestamp,
    ) -> Result<ProviderId, SendError> {
        match envelope {
            Envelope::Mail(mail, id) => {
                let id = MailId::parse(id).map_err(|_| SendError::local(Cause::Misconfigured))?;
                self.mailer.send(to, mail, id, dated).await
            }
            Envelope::Text(body) => self.sms.send(to, body).await,
        }
    }
}

fn log(error: &SendError) {
    let (cause, code) = (error.cause.as_str(), error.code());
    match error.advice() {
        Advice::Retry => tracing::warn!(send.cause = cause, error.code = code, "a provider took no message"),
        Advice::RetryAndAlarm => {
            tracing::error!(send.cause = cause, error.code = code, "no message leaves until somebody acts");
        }
        Advice::Fail => {
            tracing::warn!(send.cause = cause, error.code = code, "a message cannot be delivered")
        }
    }
}
