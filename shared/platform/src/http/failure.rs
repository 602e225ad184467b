//! What a request can come to, and how each of these looks as a problem document (RFC 9457).

use axum::response::{IntoResponse, Response};
use domain::Invalid;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{keys::KeyError, store::StoreError};

/// One wrong member of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer to it (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// Stable code, such as `invalid_date`. The input is never repeated.
    pub code: String,
}

/// A contact that others use too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharedContact {
    /// JSON pointer to it in the request.
    pub pointer: String,
    /// How many others are reached there. Nobody is named.
    pub others: usize,
    /// How many patients it would lead to.
    pub patients: usize,
    /// Whether a birth date after its codes would still open something: with more than four patients none does.
    pub opens_by_date: bool,
}

/// A problem document.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is wrong with which member of the input.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<FieldError>,
    /// With `contact-shared`: which contacts others use too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contacts: Vec<SharedContact>,
}

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The body or query does not say what it has to.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// A required `Idempotency-Key` is missing or malformed.
    #[error("no idempotency key")]
    IdempotencyKeyMissing,
    /// The key was used for another request.
    #[error("idempotency key reused")]
    IdempotencyKeyReused,
    /// No live session.
    #[error("no session")]
    Unauthenticated,
    /// The session is there, and locked: nobody touched it for too long. A passkey or code opens it again.
    #[error("session locked")]
    SessionLocked,
    /// This needs a proof of who somebody is that is fresh, or stronger than the one they signed in with.
    #[error("step-up required")]
    StepUpRequired,
    /// A proof of who somebody is did not fit. One shape for every cause.
    #[error("sign-in failed")]
    SignInFailed,
    /// The time to set up the first factor is over.
    #[error("invitation over")]
    InvitationOver,
    /// The browser does not give back the cookie that it was given a step before.
    #[error("no cookies")]
    CookiesNeeded,
    /// The role does not allow this.
    #[error("forbidden")]
    Forbidden,
    /// A write that a browser sent from another origin.
    #[error("foreign origin")]
    ForeignOrigin,
    /// The request did not come through the edge.
    #[error("not through the edge")]
    NotThroughEdge,
    /// It does not exist, or is not theirs.
    #[error("not found")]
    NotFound,
    /// The route exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// It is not in the state that this needs.
    #[error("conflict")]
    Conflict,
    /// Others use a contact that somebody is to be reached at, and nobody has said that this is right.
    #[error("shared contact")]
    ContactShared(Vec<SharedContact>),
    /// This kind of content does not travel over the channel that was asked for, whatever anybody agreed to.
    #[error("channel not allowed")]
    ChannelNotAllowed,
    /// Only an admin may recall this message.
    #[error("recall needs an admin")]
    RecallNeedsAdmin,
    /// The seconds of an undo are over, or the message was opened.
    #[error("too late to undo")]
    TooLateToUndo,
    /// The text is kept sealed, whatever was asked for.
    #[error("not shredded")]
    NotShredded,
    /// A second person has to allow this first.
    #[error("approval required")]
    ApprovalRequired,
    /// Nobody would be left to run the practice.
    #[error("last admin")]
    LastAdmin,
    /// The body is larger than the route takes.
    #[error("too large")]
    TooLarge,
    /// The body is not `application/json`.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Too often. Carries the seconds to wait.
    #[error("too many requests")]
    TooMany(u32),
    /// Something outside does not answer now; the same request may succeed later.
    #[error("unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    /// One wrong member.
    pub fn field(pointer: &str, code: &str) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.to_owned(), code: code.to_owned() }])
    }

    fn describe(&self) -> (StatusCode, &'static str, &'static str, Option<&'static str>) {
        use StatusCode as S;
        match self {
            Self::Invalid(_) => (S::UNPROCESSABLE_ENTITY, "invalid-input", "The input is not valid.", None),
            Self::IdempotencyKeyMissing => (
                S::BAD_REQUEST,
                "idempotency-key-missing",
                "An Idempotency-Key header is needed.",
                Some("Send 1 to 64 visible ASCII characters, the same again when you repeat the request."),
            ),
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "This Idempotency-Key belongs to another request.",
                Some("Use a new key for a new request."),
            ),
            Self::Unauthenticated => {
                (S::UNAUTHORIZED, "unauthenticated", "You are not signed in.", Some("Sign in and try again."))
            }
            Self::SessionLocked => (
                S::UNAUTHORIZED,
                "session-locked",
                "The screen is locked.",
                Some("Unlock it to go on where you were."),
            ),
            Self::StepUpRequired => (
                S::FORBIDDEN,
                "step-up-required",
                "One more proof is needed.",
                Some("Show once more that it is you, then repeat this."),
            ),
            Self::CookiesNeeded => (
                S::BAD_REQUEST,
                "cookies-needed",
                "This browser keeps no cookies.",
                Some("Open the link in another browser, or allow cookies for this site."),
            ),
            Self::SignInFailed => (
                S::UNAUTHORIZED,
                "sign-in-failed",
                "That did not work.",
                Some("Check what you typed, or ask for a new message."),
            ),
            Self::InvitationOver => (
                S::FORBIDDEN,
                "invitation-over",
                "Your invitation is over.",
                Some("Ask your admin for a new invitation."),
            ),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Your role does not allow this.", None),
            Self::ForeignOrigin => {
                (S::FORBIDDEN, "foreign-origin", "The request came from another site.", None)
            }
            Self::NotThroughEdge => (S::FORBIDDEN, "forbidden", "Not allowed.", None),
            Self::NotFound => (S::NOT_FOUND, "not-found", "Not found.", None),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not available here.", None)
            }
            Self::Conflict => {
                (S::CONFLICT, "conflict", "It was changed meanwhile.", Some("Load it again and repeat."))
            }
            Self::ContactShared(_) => (
                S::CONFLICT,
                "contact-shared",
                "Somebody else uses this contact too.",
                Some("Check it. If they share it, repeat this with shared_contact_confirmed."),
            ),
            Self::ChannelNotAllowed => (
                S::UNPROCESSABLE_ENTITY,
                "channel-not-allowed",
                "This does not travel as a text message.",
                Some("Write it in the secure chat."),
            ),
            Self::RecallNeedsAdmin => (
                S::FORBIDDEN,
                "recall-needs-admin",
                "An admin has to recall this message.",
                Some(
                    "It was opened, is a colleague's, or is older than a day. Ask an admin of the practice now.",
                ),
            ),
            Self::TooLateToUndo => (
                S::CONFLICT,
                "too-late-to-undo",
                "It is too late to undo.",
                Some("Recall the message instead."),
            ),
            Self::NotShredded => (
                S::CONFLICT,
                "not-shredded",
                "This message cannot be destroyed.",
                Some("Recall it and keep it sealed for the auditor."),
            ),
            Self::ApprovalRequired => (
                S::FORBIDDEN,
                "approval-required",
                "A second person has to allow this.",
                Some("Ask for it with your reason, and open it once it was allowed."),
            ),
            Self::LastAdmin => (
                S::CONFLICT,
                "last-admin",
                "This is the practice's last active admin.",
                Some("Make somebody else an admin first."),
            ),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "The request is too large.", None),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Send application/json.", None)
            }
            Self::TooMany(_) => (
                S::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many attempts.",
                Some("Wait a little, then try again."),
            ),
            Self::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "This does not work right now.",
                Some("Nothing was lost. Try again in a moment."),
            ),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong.", None),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, slug, title, detail) = self.describe();
        if let Self::Unavailable(source) | Self::Internal(source) = &self {
            tracing::error!(error.kind = slug, error.chain = %Chain(source.as_ref()), "a request failed");
        }
        let retry_after = match &self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable(_) => Some(1),
            _ => None,
        };
        let (errors, contacts) = match self {
            Self::Invalid(errors) => (errors, Vec::new()),
            Self::ContactShared(contacts) => (Vec::new(), contacts),
            _ => Default::default(),
        };
        let problem = Problem {
            kind: format!("/problems/{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.map(str::to_owned),
            errors,
            contacts,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The causes of an error in one line. SDK errors print their kind and request id, never a request body.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + Send + Sync));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Contended => Self::Unavailable(error.into()),
            StoreError::Refused(_) | StoreError::Malformed(_) => Self::Internal(error.into()),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unavailable(_) => Self::Unavailable(error.into()),
            KeyError::Refused(_) | KeyError::Malformed => Self::Internal(error.into()),
        }
    }
}

impl From<crate::seal::OpenError> for Failure {
    fn from(error: crate::seal::OpenError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<Invalid> for Failure {
    fn from(error: Invalid) -> Self {
        Self::field("", error.code)
    }
}
