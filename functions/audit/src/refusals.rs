//! The refusals of each route for the description of the API, by what the route takes.
#![allow(dead_code, reason = "read by the description, never made: a failure answers by itself")]

use platform::http::Problem;
use utoipa::IntoResponses;

/// What every route here may answer.
#[derive(IntoResponses)]
pub(crate) enum Refused {
    /// No live session.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The role does not allow it, or one more proof is needed.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// A parameter is unknown or not valid.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
    /// It does not work right now, or the reading could not be written down.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What a route about one patient may answer.
#[derive(IntoResponses)]
pub(crate) enum Unknown {
    /// Nobody whom this session acts for.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route about evidence may answer.
#[derive(IntoResponses)]
pub(crate) enum NoEvidence {
    /// Nothing was kept under this id.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route that takes a body may answer.
#[derive(IntoResponses)]
pub(crate) enum BadBody {
    /// It is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// It is no JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
}

/// What a route may answer where somebody was faster.
#[derive(IntoResponses)]
pub(crate) enum TooLate {
    /// Somebody else has asked, or the request does not wait any more.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}
