//! The session of a request: showing it, ending it.

use axum::{Json, extract::State, response::IntoResponse};
use domain::audit::Verb;
use http::{HeaderMap, StatusCode, header};
use platform::{
    App,
    http::{Failure, LockableSession, Problem, cookie},
    store::session::{Holder, Session},
};

use crate::view::{SessionView, session_view};

/// Who is signed in.
#[utoipa::path(get, path = "/v1/session", operation_id = "getSession", tag = "sign-in",
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_session(
    State(app): State<App>,
    session: Session,
) -> Result<Json<SessionView>, Failure> {
    // Names of patients are about to leave: who looked at whose is stored first. A member of staff sees their own name.
    if let Holder::Account(_) = session.holder {
        let now = app.clock.now();
        let patients: Vec<_> = session.live_grants(now).map(|grant| grant.patient).collect();
        let mut event = session.event(&app.entropy, now, Verb::SessionShown);
        if let [only] = patients[..] {
            event.patient = Some(only);
        }
        event.object = Some(patients.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        app.store.record(&event).await?;
    }
    session_view(&app, &session, Vec::new()).await.map(Json)
}

/// Signs out, from a locked screen too.
#[utoipa::path(delete, path = "/v1/session", operation_id = "signOut", tag = "sign-in",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    LockableSession { session, .. }: LockableSession,
) -> Result<impl IntoResponse, Failure> {
    let event = session.event(&app.entropy, app.clock.now(), Verb::SignedOut);
    app.store.end_session(&session, &event).await?;
    let gone = HeaderMap::from_iter([(header::SET_COOKIE, cookie::clear(cookie::SESSION))]);
    Ok((StatusCode::NO_CONTENT, gone))
}
