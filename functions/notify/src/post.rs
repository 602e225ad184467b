//! Handing one message to a provider.

use std::time::Duration;

use domain::{
    channel::Pool,
    contact::{ContactKind, ContactValue},
    language::Language,
    limits::Rate,
    time::Timestamp,
};
use platform::{
    delivery::{Advice, Cause, ProviderId, SendError},
    http::failure::Chain,
    i18n::TextError,
    letterhead::Letterhead,
    mail::{self, Mail, MailId, Rendered},
    secrets,
    sms::{self, SmsBody, SmsTemplate},
    store::{practice::Practice, rate::Counter},
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

/// What a text message is for: codes have a part of the day's budget for themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spend {
    /// The code of a sign-in.
    Code,
    /// Anything else.
    Notice,
}

impl State {
    /// Why nothing is sent to an address, whatever it is: text messages are off, or do not go there.
    pub(crate) fn blocks(&self, practice: &Practice, to: &ContactValue) -> Option<&'static str> {
        match to.kind() {
            ContactKind::Email => None,
            ContactKind::Phone if !self.sms.is_on() => Some("sms_off"),
            ContactKind::Phone => (!practice.policies.sms_regions.contain(to)).then_some("region"),
        }
    }

    /// Hands a message to its provider. `dated` is the time that a mail shows: the same in every try.
    pub(crate) async fn post(
        &self,
        practice: &Practice,
        to: &ContactValue,
        envelope: &Envelope,
        dated: Timestamp,
        spend: Spend,
    ) -> Result<ProviderId, SendError> {
        if to.kind() == ContactKind::Phone {
            self.pay(practice, spend).await?;
        }
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

    /// Takes one text message off the practice's budget of the day. While the
    /// budget cannot be read nothing is sent.
    async fn pay(&self, practice: &Practice, spend: Spend) -> Result<(), SendError> {
        let limits = practice.policies.limits();
        let day = limits.sms_per_day;
        let most = match spend {
            Spend::Code => day.count,
            Spend::Notice => day.count.saturating_sub(limits.sms_for_codes),
        };
        let rate = Rate { count: most, ..day };
        let counter = Counter { practice: practice.id, scope: "sms", subject: "all", rate };
        let used = match self.app.store.count_up(&counter, self.app.clock.now()).await {
            Ok(used) => used,
            Err(error) => {
                tracing::error!(practice.id = %practice.id, error.chain = %Chain(&error), "the budget of text messages cannot be read");
                return Err(SendError::local(Cause::Unavailable));
            }
        };
        let percent = used.map_or(100, |used| u64::from(used) * 100 / u64::from(day.count.max(1)));
        tracing::info!(practice.id = %practice.id, sms_budget_used = percent, "a text message was counted");
        if used.is_some() { Ok(()) } else { Err(SendError::local(Cause::BudgetUsedUp)) }
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
            Envelope::Text(body) => self.sms.send(Pool::Access, to, body).await,
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
