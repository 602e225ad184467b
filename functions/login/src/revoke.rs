//! "It was not me": the link in the announcement of a sign-in ends every session of the account.

use axum::extract::State;
use domain::{
    audit::{ActorId, Verb},
    sign_in::LinkToken,
};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Json as Body, Problem, edge::OwnOrigin},
    secrets,
    store::audit,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The token of the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    /// From the announcement.
    token: String,
}

/// Signs out everywhere and forgets every remembered device of the account that the link was sent to. The answer is
/// the same for every token.
#[utoipa::path(post, path = "/v1/sessions/revoke", operation_id = "revokeSessions", tag = "sign-in",
    request_body = Revoke,
    responses(
        (status = 204),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke_sessions(
    State(app): State<App>,
    _: OwnOrigin,
    Body(body): Body<Revoke>,
) -> Result<StatusCode, Failure> {
    let Ok(token) = LinkToken::parse(&body.token) else { return Ok(StatusCode::NO_CONTENT) };
    let now = app.clock.now();
    let link = app.store.revoke_link(&secrets::hash(token.expose())).await?;
    if let Some(link) = link.filter(|link| link.is_live(now)) {
        let actor = ActorId::Account(link.account);
        let event = audit::event(&app.entropy, now, link.practice, actor, Verb::SessionsRevoked);
        app.store.end_access(link.practice, link.account, &event).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
