//! Sending a message.

use axum::{Json, extract::State};
use domain::{audit::Verb, message::MessageText};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Fields, Json as Body, Problem, extract::RequiredKey, layers::MESSAGE_MAX_BYTES},
    keys::KeyScope,
    store::message::{Outcome, Send},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    access::Access,
    view::{BodyView, MessageView, sent_message},
};

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// `text`, or `correction`.
    #[schema(value_type = String, example = "text")]
    kind: NewKind,
    /// Up to 10,000 characters.
    text: String,
    /// The sequence number of the practice's message that a correction stands for.
    of: Option<u64>,
}

/// The kinds that can be sent.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewKind {
    /// Free text.
    Text,
    /// Free text that stands for an earlier message of the practice.
    Correction,
}

/// Sends a message. A patient's message opens the conversation again.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages", operation_id = "postMessage", tag = "messages",
    params(("id" = String, Path, description = "cnv_…"),
        ("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewMessage,
    responses(
        (status = 201, body = MessageView),
        (status = 200, body = MessageView, description = "The same request was answered before"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn post_message(
    State(app): State<App>,
    access: Access,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewMessage, MESSAGE_MAX_BYTES>,
) -> Result<(StatusCode, Json<MessageView>), Failure> {
    access.may_write()?;
    let corrects = corrects(&app, &access, &body).await?;
    let text = parse_text("/text", &body.text)?;
    let Access { session, head } = access;
    let practice = app.known_practice(head.practice).await?;
    let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let (sealer, content_key) =
        tokio::try_join!(app.sealer(&practice), app.keys.unwrap(scope, &head.wrapped_key))?;
    let sender_name = sealer.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?;
    let now = app.clock.now();
    let mut event = session.event(&app.entropy, now, Verb::MessageSent);
    event.patient = Some(head.patient);
    event.conversation = Some(head.id);
    let (conversation, side, sender) = (head.id, session.side(), session.holder);
    let relation = session.acts_as(head.patient, now);
    let send = Send {
        sender,
        side,
        relation,
        sender_name: &sender_name,
        text: &text,
        corrects,
        key: &key,
        content_key: &content_key,
        event,
    };
    let (status, sent) = match app.store.send(head, &send, now).await? {
        Outcome::New(sent) => (StatusCode::CREATED, sent),
        Outcome::Repeated(sent) => (StatusCode::OK, sent),
        Outcome::KeyReused => return Err(Failure::IdempotencyKeyReused),
        Outcome::Missing => return Err(Failure::NotFound),
    };
    let text = text.expose().to_owned();
    let shown = match corrects {
        Some(of) => BodyView::Correction { of, text },
        None => BodyView::Text { text },
    };
    let view =
        sent_message(conversation, sent, (side, relation), sender.to_string(), sender_name.clone(), shown);
    Ok((status, Json(view)))
}

/// Which message this one corrects, if it does: staff correct what the practice has said.
async fn corrects(app: &App, access: &Access, body: &NewMessage) -> Result<Option<u64>, Failure> {
    match (body.kind, body.of) {
        (NewKind::Text, None) => Ok(None),
        (NewKind::Text, Some(_)) => Err(Failure::field("/of", "not_with_text")),
        (NewKind::Correction, of) => {
            access.staff_may_write()?;
            let of = of.ok_or_else(|| Failure::field("/of", "missing_member"))?;
            let there = app.store.is_correctable(&access.head, of).await?;
            if there { Ok(Some(of)) } else { Err(Failure::field("/of", "no_such_message")) }
        }
    }
}

/// A text, or what is wrong with it.
pub(crate) fn parse_text(pointer: &str, text: &str) -> Result<MessageText, Failure> {
    let mut fields = Fields::new();
    let parsed = fields.check(pointer, MessageText::parse(text));
    fields.done()?;
    parsed.ok_or(Failure::field(pointer, "empty"))
}
