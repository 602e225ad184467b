//! Amazon SNS.

use aws_sdk_sns::{operation::publish::PublishError, types::MessageAttributeValue};
use domain::{
    channel::Pool,
    contact::{ContactKind, ContactValue},
};

use super::SmsBody;
use crate::{
    aws::{self, SdkConfig},
    config::{ConfigError, Environment},
    delivery::{Cause, ProviderId, SendError},
};

/// How text messages leave. Off until a number is registered: e-mail comes first.
#[derive(Clone)]
pub enum SmsSender {
    /// They do not.
    Off,
    /// Amazon SNS.
    Sns(aws_sdk_sns::Client),
}

impl SmsSender {
    /// A sender by `SMS_BACKEND`: `off` or `sns`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_environment(environment: &Environment, sdk: &SdkConfig) -> Result<Self, ConfigError> {
        environment.parsed("SMS_BACKEND", "is neither off nor sns", |text| match text {
            "off" => Some(Self::Off),
            "sns" => Some(Self::Sns(aws_sdk_sns::Client::new(&aws::for_delivery(sdk)))),
            _ => None,
        })
    }

    /// Whether text messages leave at all.
    pub const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Sends one text message and returns the provider's id of it.
    ///
    /// SNS often accepts a message to a number that has sent STOP and drops it; only its delivery log tells.
    ///
    /// # Errors
    /// [`SendError`], which says whether to try again. It names no number.
    pub async fn send(&self, pool: Pool, to: &ContactValue, body: &SmsBody) -> Result<ProviderId, SendError> {
        let Self::Sns(sns) = self else {
            return Err(SendError::local(Cause::SwitchedOff));
        };
        if to.kind() != ContactKind::Phone {
            return Err(SendError::local(Cause::BadRecipient));
        }
        // SNS has one list of those who have sent STOP, and no numbers of its own for a pool: it is told what matters to it.
        let kind = if pool == Pool::Marketing { "Promotional" } else { "Transactional" };
        let transactional = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(kind)
            .build()
            .map_err(|_| SendError::local(Cause::Misconfigured))?;
        let answer = sns
            .publish()
            .phone_number(to.expose())
            .message(body.expose())
            .message_attributes("AWS.SNS.SMS.SMSType", transactional)
            .send()
            .await
            .map_err(|error| SendError::from_sdk(&error, cause))?;
        Ok(ProviderId::new(answer.message_id().unwrap_or_default()))
    }
}

/// What SNS's own errors mean (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
fn cause(error: &PublishError) -> Option<Cause> {
    match error {
        PublishError::InvalidParameterException(invalid) => Some(about_number(invalid.message())),
        PublishError::InvalidParameterValueException(invalid) => Some(about_number(invalid.message())),
        PublishError::AuthorizationErrorException(_) | PublishError::InvalidSecurityException(_) => {
            Some(Cause::Denied)
        }
        PublishError::InternalErrorException(_) => Some(Cause::Unavailable),
        PublishError::ValidationException(_) => Some(Cause::Rejected),
        _ => None,
    }
}

/// SNS has one code for every bad parameter, and the number is the only one that varies here.
fn about_number(words: Option<&str>) -> Cause {
    if words.is_some_and(|words| words.contains("opted out")) { Cause::OptedOut } else { Cause::BadRecipient }
}
