//! Where somebody is signed in: showing it, ending one session, ending all.

use axum::{Json, extract::State, response::IntoResponse};
use domain::{audit::Verb, id::SessionId, time::Timestamp};
use http::{HeaderMap, StatusCode, header, request::Parts};
use platform::{
    App,
    http::{BrowserView, Failure, Problem, Query, cookie, path_parameter},
    store::{
        Write, audit,
        session::{Holder, Scope, Session},
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One session of whoever asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionEntry {
    /// `ses_…`
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// `patient`, `patient_remembered` or `staff`.
    #[schema(example = "patient")]
    kind: &'static str,
    /// `full` or `conversation`.
    #[schema(value_type = String, example = "full")]
    scope: Scope,
    /// Where it was made.
    browser: BrowserView,
    /// Sign-in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last input.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Live sessions, the one used last first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<SessionEntry>,
    next_cursor: Option<String>,
}

/// Where whoever asks is signed in.
#[utoipa::path(get, path = "/v1/sessions", operation_id = "listSessions", tag = "sign-in",
    responses(
        (status = 200, body = SessionList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_sessions(
    State(app): State<App>,
    session: Session,
) -> Result<Json<SessionList>, Failure> {
    session.must_be_full()?;
    let sessions = app.store.sessions(session.practice, session.holder, app.clock.now()).await?;
    let items = sessions.iter().map(|one| SessionEntry {
        id: one.id.to_string(),
        current: one.hash == session.hash,
        kind: one.kind.as_str(),
        scope: one.scope,
        browser: one.browser.into(),
        created_at: one.times.created_at,
        last_used_at: one.times.active_at,
        expires_at: one.times.expires_at(one.kind),
    });
    Ok(Json(SessionList { items: items.collect(), next_cursor: None }))
}

/// Ends one session of whoever asks.
#[utoipa::path(delete, path = "/v1/sessions/{id}", operation_id = "revokeSession", tag = "sign-in",
    params(("id" = String, Path, description = "`ses_…`")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke_session(
    State(app): State<App>,
    session: Session,
    mut parts: Parts,
) -> Result<impl IntoResponse, Failure> {
    session.must_be_full()?;
    let id = path_parameter(&mut parts, "id", SessionId::parse).await?;
    let now = app.clock.now();
    let sessions = app.store.sessions(session.practice, session.holder, now).await?;
    let ended = sessions.into_iter().find(|one| one.id == id).ok_or(Failure::NotFound)?;
    if ended.hash != session.hash {
        session.must_rest_on_confirmed()?;
    }
    let mut event = session.event(&app.entropy, now, Verb::SessionRevoked);
    event.object = Some(ended.id.to_string());
    let writes = || vec![Write::End(Table::Chat, ended.key()), audit::write(&event)];
    app.store.transact_patiently(writes).await?.map_err(|_| Failure::NotFound)?;
    let gone = (ended.hash == session.hash).then(|| (header::SET_COOKIE, cookie::clear(cookie::SESSION)));
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter(gone)))
}

/// What goes with the sessions and devices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlsoEnd {
    /// Whether passkeys go too, which asks for a fresh proof; patients alone may say so.
    #[serde(default)]
    passkeys: bool,
}

/// Signs out everywhere: ends every session of whoever asks and forgets every remembered device.
#[utoipa::path(delete, path = "/v1/sessions", operation_id = "revokeAllSessions", tag = "sign-in",
    params(AlsoEnd),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke_sessions(
    State(app): State<App>,
    session: Session,
    Query(also): Query<AlsoEnd>,
) -> Result<impl IntoResponse, Failure> {
    session.must_be_full()?;
    session.must_rest_on_confirmed()?;
    let now = app.clock.now();
    let event = session.event(&app.entropy, now, Verb::SessionsRevoked);
    if also.passkeys {
        // Staff keep a way in: theirs go by a reset alone.
        let Holder::Account(account) = session.holder else { return Err(Failure::Forbidden) };
        let practice = app.known_practice(session.practice).await?;
        session.must_be_fresh(&practice.policies, now)?;
        app.store.end_every_way_in(session.practice, account, &event).await?;
    } else {
        app.store.sign_out_everywhere(session.practice, session.holder, &event).await?;
    }
    let gone = [cookie::SESSION, cookie::DEVICE, cookie::KNOWN]
        .map(|name| (header::SET_COOKIE, cookie::clear(name)));
    let mut headers = HeaderMap::new();
    for (name, value) in gone {
        headers.append(name, value);
    }
    Ok((StatusCode::NO_CONTENT, headers))
}
