//! A fresh notice for somebody whose link is dead, or bound to another browser.

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
    store::{
        Write, audit,
        outbox::{Again, Subject, passing_item},
        rate::Counter,
        table::Table,
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which notice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resend {
    /// The token of its link, dead or not.
    notice: String,
}

/// Sends a fresh notice to the contact that got the first. Never to whoever asks, never a code; the answer never says
/// whether anything is sent.
#[utoipa::path(post, path = "/v1/notices/resend", operation_id = "resendNotice", tag = "sign-in",
    request_body = Resend,
    responses(
        (status = 202),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn resend_notice(
    State(app): State<App>,
    _: OwnOrigin,
    Body(body): Body<Resend>,
) -> Result<StatusCode, Failure> {
    let Ok(token) = LinkToken::parse(&body.notice) else { return Ok(StatusCode::ACCEPTED) };
    let now = app.clock.now();
    let hash = secrets::hash(token.expose());
    let Some(link) = app.store.notice_link(&hash).await? else { return Ok(StatusCode::ACCEPTED) };
    let practice = app.known_practice(link.practice).await?;
    let limits = practice.policies.limits();
    let contact = link.contact.to_string();
    let counter = |scope, rate| Counter { practice: practice.id, scope, subject: &contact, rate };
    let counters = [
        counter("resend-day", limits.resends_per_contact_and_day),
        counter("resend", limits.resends_per_contact),
    ];
    let mut event = audit::event(&app.entropy, now, practice.id, ActorId::System, Verb::NoticeResent);
    event.patient = Some(link.patient);
    event.conversation = Some(link.conversation);
    event.object = Some(contact.clone());
    let id = event.id.to_string();
    let item = passing_item(practice.id, &id, &Subject::NoticeAgain(Again::Link(hash)), now);
    // Over a limit nothing is sent, and the answer is the same.
    app.store.count_all(&counters, &[Write::Create(Table::Chat, item), audit::write(&event)], now).await?;
    Ok(StatusCode::ACCEPTED)
}
