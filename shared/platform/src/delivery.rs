//! What a provider said to a mail or text message.

use std::fmt;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The provider's own id of an accepted message; bounces and complaints name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderId(String);

impl ProviderId {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Too many messages in this second.
    Throttled,
    /// The day's quota is used up.
    QuotaUsedUp,
    /// The provider has a problem of its own.
    Unavailable,
    /// No answer in time, none that can be read, or no connection. The message may have been accepted.
    NoAnswer,
    /// The operator or the provider has stopped all sending.
    Paused,
    /// The sender's address or domain is not verified, or the account is still in the provider's sandbox.
    Unverified,
    /// The function may not call the provider.
    Denied,
    /// A setting of this deployment is wrong.
    Misconfigured,
    /// The provider refuses this message.
    Rejected,
    /// There can be no such recipient.
    BadRecipient,
    /// The recipient is on the suppression list.
    Suppressed,
    /// The recipient has sent STOP.
    OptedOut,
    /// This channel is switched off.
    SwitchedOff,
    /// The practice has sent as many text messages today as it wants to pay.
    BudgetUsedUp,
}

/// What to do with a message that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Send it again later.
    Retry,
    /// Send it again later, and call the operator: nothing will go out until somebody acts.
    RetryAndAlarm,
    /// Never again to this contact by itself; staff see it.
    Fail,
}

/// A message that the provider did not accept. It holds the provider's code and never its words, which quote
/// addresses and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError {
    /// Why.
    pub cause: Cause,
    code: String,
}

impl Cause {
    /// What to do.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Throttled | Self::Unavailable | Self::NoAnswer | Self::BudgetUsedUp => Advice::Retry,
            Self::QuotaUsedUp | Self::Paused | Self::Unverified | Self::Denied | Self::Misconfigured => {
                Advice::RetryAndAlarm
            }
            Self::Rejected | Self::BadRecipient | Self::Suppressed | Self::OptedOut | Self::SwitchedOff => {
                Advice::Fail
            }
        }
    }

    /// The name in items, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Unavailable => "unavailable",
            Self::NoAnswer => "no_answer",
            Self::Paused => "paused",
            Self::Unverified => "unverified",
            Self::Denied => "denied",
            Self::Misconfigured => "misconfigured",
            Self::Rejected => "rejected",
            Self::BadRecipient => "bad_recipient",
            Self::Suppressed => "suppressed",
            Self::OptedOut => "opted_out",
            Self::SwitchedOff => "switched_off",
            Self::BudgetUsedUp => "budget_used_up",
        }
    }
}

impl SendError {
    /// An error that no provider was asked about.
    pub fn local(cause: Cause) -> Self {
        Self { cause, code: String::new() }
    }

    /// What to do.
    pub const fn advice(&self) -> Advice {
        self.cause.advice()
    }

    /// The provider's error code, empty if it sent none. Safe to log: letters, digits and dots.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Reads an SDK error. `known` names the cause of the service's own errors; what it leaves open is decided by
    /// the codes that all AWS services share and by the HTTP status.
    pub(crate) fn from_sdk<E: ProvideErrorMetadata>(
        error: &SdkError<E, HttpResponse>,
        known: impl FnOnce(&E) -> Option<Cause>,
    ) -> Self {
        match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                let status = answer.raw().status().as_u16();
                let cause =
                    known(answer.err()).unwrap_or_else(|| common(code, answer.err().message(), status));
                let code = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(64).collect();
                Self { cause, code }
            }
            SdkError::ConstructionFailure(_) => Self::local(Cause::Misconfigured),
            // Timeouts, broken connections and unreadable answers; new kinds of the SDK are of that sort too.
            _ => Self::local(Cause::NoAnswer),
        }
    }
}

/// The cause behind a code that every AWS query service may send
/// (<https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html>).
fn common(code: &str, message: Option<&str>, status: u16) -> Cause {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "Throttled"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => {
            // SES tells the two quotas apart only in words:
            // https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
            if message.is_some_and(|text| text.starts_with("Daily message quota")) {
                Cause::QuotaUsedUp
            } else {
                Cause::Throttled
            }
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidSecurity"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "OptInRequired"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Cause::Denied,
        "InvalidParameterValue" | "ValidationError" | "ValidationException" => Cause::Rejected,
        _ if status == 429 => Cause::Throttled,
        _ if status == 403 => Cause::Denied,
        _ if status >= 500 => Cause::Unavailable,
        // Not words of the service: an unreadable acceptance, or something between us and it.
        "" => Cause::NoAnswer,
        // An unknown refusal: trying it for ever would hide it, and it may be this deployment that is wrong.
        _ => Cause::Rejected,
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() {
            write!(f, "message not accepted: {}", self.cause.as_str())
        } else {
            write!(f, "message not accepted: {} ({})", self.cause.as_str(), self.code)
        }
    }
}

impl std::error::Error for SendError {}
