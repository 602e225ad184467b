//! The refusals of each route for the description of the API, by what the route takes.
#![allow(dead_code, reason = "read by the description, never made: a failure answers by itself")]

use platform::http::Problem;
use utoipa::IntoResponses;

/// What every route may answer.
#[derive(IntoResponses)]
pub(crate) enum Refused {
    /// No live session.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The role does not allow it, or a browser sent it from another site.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// It does not work right now; nothing was changed.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What a route with an id in its path may answer.
#[derive(IntoResponses)]
pub(crate) enum Unknown {
    /// It does not exist, or belongs to another practice.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route with a query may answer.
#[derive(IntoResponses)]
pub(crate) enum BadQuery {
    /// A parameter is unknown or not valid.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route with a body may answer.
#[derive(IntoResponses)]
pub(crate) enum BadBody {
    /// More than 64 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Not `application/json`.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Members are missing, unknown or not valid; `errors` names them all.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route that gives somebody a contact may answer.
#[derive(IntoResponses)]
pub(crate) enum Shares {
    /// `/problems/contact-shared`: others use a contact too; `contacts` says which and how many. Nothing was changed.
    #[response(status = 409, content_type = "application/problem+json")]
    Shared(Problem),
}

/// What a route that needs an `Idempotency-Key` may answer.
#[derive(IntoResponses)]
pub(crate) enum NoKey {
    /// The `Idempotency-Key` is missing or malformed.
    #[response(status = 400, content_type = "application/problem+json")]
    Missing(Problem),
}

/// What a route may answer that takes something back.
#[derive(IntoResponses)]
pub(crate) enum Conflicting {
    /// It has left already, or is on its way at this moment.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}
