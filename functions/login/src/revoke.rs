//! "It was not me": the link in an announcement ends that sign-in with the ways in that were added since. Programs that look
//! at mails press it too: then somebody signs in once more.

use axum::extract::State;
use domain::{
    audit::{Event, Verb},
    sign_in::LinkToken,
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Json as Body, Problem, edge::OwnOrigin},
    secrets,
    store::{
        StoreError, Write, audit,
        revoke_link::{self, Remains, RevokeLink},
        session::Holder,
        table::Table,
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Most ends inside the transaction, each with its event; it uses the link up and writes an event of its own too. What is more
/// ends right after it.
const MOST_ENDS: usize = 96;

/// The token of the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    /// From the announcement.
    token: String,
}

/// Ends the sign-in that the link was sent for, with the devices and passkeys that it rests on and that were added since,
/// once. The answer is the same for every token.
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
    let hash = secrets::hash(token.expose());
    let now = app.clock.now();
    if let Some(link) = app.store.revoke_link(&hash).await?.filter(|link| link.is_live(now)) {
        end(&app, &link, &hash, now).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn end(app: &App, link: &RevokeLink, hash: &str, now: Timestamp) -> Result<(), Failure> {
    let (practice, holder) = (link.practice, Holder::Account(link.account));
    let event = |verb, object: String| {
        let event = audit::event(&app.entropy, now, practice, holder.actor(), verb);
        audit::write(&Event { object: Some(object), ..event })
    };
    let ends = |remains: &Remains| {
        let mut writes = Vec::new();
        for (key, device) in &remains.devices {
            writes.push(Write::Delete(Table::Chat, key.clone()));
            writes.push(event(Verb::DeviceForgotten, device.id.to_string()));
        }
        for passkey in &remains.passkeys {
            writes.push(passkey.end(practice, holder));
            writes.push(event(Verb::PasskeyRemoved, passkey.id.to_string()));
        }
        writes.extend(remains.sessions.iter().map(|session| Write::Delete(Table::Chat, session.key())));
        writes
    };
    let remains = app.store.remains(link, now).await?;
    let mut writes = vec![
        Write::Update(revoke_link::mark_used(hash, now)),
        event(Verb::SessionRevoked, link.sign_in.to_string()),
    ];
    writes.extend(ends(&remains).into_iter().take(MOST_ENDS));
    if app.store.transact_patiently(|| writes.clone()).await?.is_err() {
        return Ok(());
    }
    // What came into being meanwhile did so under a session that has ended now.
    let late = ends(&app.store.remains(link, now).await?);
    for some in late.chunks(MOST_ENDS) {
        app.store.transact_patiently(|| some.to_vec()).await?.map_err(|_| StoreError::Contended)?;
    }
    Ok(())
}
