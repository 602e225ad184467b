//! Leaving the desk: the screen of staff is locked, by them or by time, and opens where it was.

use axum::extract::State;
use domain::audit::Verb;
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Problem},
    store::session::{Holder, Session},
};

/// Locks the session of a member of staff. A passkey or code opens it again, or another member of staff signs in.
#[utoipa::path(post, path = "/v1/session/lock", operation_id = "lockSession", tag = "sign-in",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn lock_session(State(app): State<App>, session: Session) -> Result<StatusCode, Failure> {
    let Holder::Staff(_) = session.holder else { return Err(Failure::Forbidden) };
    let event = session.event(&app.entropy, app.clock.now(), Verb::SessionLocked);
    app.store.lock_session(&session, &event).await?;
    Ok(StatusCode::NO_CONTENT)
}
