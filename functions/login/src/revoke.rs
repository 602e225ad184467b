//! "It was not me": the link in an announcement ends that sign-in with the ways in that were added since. Programs that look
//! at mails press it too: then somebody signs in once more.

use axum::extract::State;
use domain::{
    audit::{Event, Verb},
    id::PracticeId,
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

/// Most ends of one transaction, each with its event.
const MOST_ENDS: usize = 48;

/// How often what is left is looked for. Only what lives can make more, and all that lives ends in the first round.
const MOST_ROUNDS: usize = 4;

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

/// First the session that was announced, so that nothing more comes of it; then, over and over, what it rests on and what came
/// of it, until nothing is left. Whoever presses again after a fault goes on there.
async fn end(app: &App, link: &RevokeLink, hash: &str, now: Timestamp) -> Result<(), Failure> {
    let (practice, holder) = (link.practice, Holder::Account(link.account));
    let event = |verb, object: String| {
        let event = audit::event(&app.entropy, now, practice, holder.actor(), verb);
        audit::write(&Event { object: Some(object), ..event })
    };
    if !link.is_used {
        let sessions = app.store.sessions(practice, holder, now).await?;
        let own = sessions.into_iter().filter(|session| session.sign_in == link.sign_in);
        let own: Vec<_> = own.take(MOST_ENDS).collect();
        let mut writes = vec![
            Write::Update(revoke_link::mark_used(hash, &own, now)),
            event(Verb::SessionRevoked, link.sign_in.to_string()),
        ];
        writes.extend(own.iter().map(|session| Write::Delete(Table::Chat, session.key())));
        // Somebody else has pressed at the same moment: what is left is looked for all the same.
        let _ = app.store.transact_patiently(|| writes.clone()).await?;
    }
    let Some(link) = app.store.revoke_link(hash).await?.filter(|link| !link.is_done) else { return Ok(()) };
    for _ in 0..MOST_ROUNDS {
        let remains = app.store.remains(&link, now).await?;
        let ends = ends(&remains, practice, holder, event);
        if ends.is_empty() {
            app.store.change(revoke_link::mark_done(hash, now)).await?;
            return Ok(());
        }
        for some in ends.chunks(MOST_ENDS) {
            let some: Vec<_> = some.concat();
            app.store.transact_patiently(|| some.clone()).await?.map_err(|_| StoreError::Contended)?;
        }
    }
    Err(StoreError::Contended.into())
}

/// Each way in and session with the event of its end. Sessions come last: while one is there, so is the word of what it rests
/// on.
fn ends(
    remains: &Remains,
    practice: PracticeId,
    holder: Holder,
    event: impl Fn(Verb, String) -> Write,
) -> Vec<Vec<Write>> {
    let sessions = remains.sessions.iter().map(|session| vec![Write::Delete(Table::Chat, session.key())]);
    let devices = remains.devices.iter().map(|(key, device)| {
        vec![Write::Delete(Table::Chat, key.clone()), event(Verb::DeviceForgotten, device.id.to_string())]
    });
    let passkeys = remains.passkeys.iter().map(|passkey| {
        vec![passkey.end(practice, holder), event(Verb::PasskeyRemoved, passkey.id.to_string())]
    });
    devices.chain(passkeys).chain(sessions).collect()
}
