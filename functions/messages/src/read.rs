//! Reading messages, in three steps: session, head and ciphertexts together; then the audit event; only then the
//! secrets that open them. So no text leaves unaudited, and "opened" is never wrong.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{audit::Verb, conversation::Side, id::ConversationId};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use platform::{
    App,
    http::{Credentials, Failure, Problem, Query, page},
    keys::KeyScope,
    store::{
        conversation::Head,
        message::{Range, StoredMessage},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::{Access, path_id},
    view::{MessageView, stored_message},
};

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Those after this sequence number, oldest first.
    after: Option<u64>,
    /// Those before this sequence number, the nearest.
    before: Option<u64>,
    /// 1 to 100, 50 if left out.
    limit: Option<u32>,
}

/// Messages in ascending order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Messages {
    items: Vec<MessageView>,
    /// The last sequence number of the conversation.
    last_seq: u64,
    /// Changes when the store was restored: then start again.
    epoch: u64,
}

/// Messages of a conversation: the newest, those after or those before a sequence number.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages", operation_id = "listMessages", tag = "messages",
    params(("id" = String, Path, description = "cnv_…"), Which,
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the answer before")),
    responses(
        (status = 200, body = Messages, headers(("ETag" = String))),
        (status = 304, description = "Nothing has changed"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_messages(State(app): State<App>, mut parts: Parts) -> Result<Response, Failure> {
    let id = path_id(&mut parts).await;
    let credentials = Credentials::of(&parts, &app)?;
    let asked = which(&parts).await;
    let known = parts.headers.get(header::IF_NONE_MATCH).cloned();
    let (access, messages) = match (id, &asked) {
        // A poll asks first whether there is anything: one call when there is not.
        (Some(id), Ok((range, limit))) if known.is_some() => {
            let access = Access::authorize(&app, credentials, Some(id)).await?;
            if known.as_ref() == Some(&etag(&access.head)) {
                return Ok((StatusCode::NOT_MODIFIED, etag_header(&access.head)).into_response());
            }
            let messages = app.store.messages(access.head.practice, id, *range, *limit).await?;
            (access, messages)
        }
        // Ciphertexts are read beside the session. They are dropped unread where it is not theirs.
        (Some(id), Ok((range, limit))) => {
            let practice = credentials.token.practice;
            let (access, messages) = tokio::join!(
                Access::authorize(&app, credentials, Some(id)),
                app.store.messages(practice, id, *range, *limit),
            );
            (access?, messages?)
        }
        _ => (Access::authorize(&app, credentials, id).await?, Vec::new()),
    };
    let (range, limit) = asked?;
    let end = end_of(range, limit, &messages);
    // For a session on a contact that was changed, the thread begins after the change.
    let mut messages = messages;
    messages.retain(|message| access.session.reaches(message.sent_at));
    answer(&app, &access, &messages, end).await
}

async fn which(parts: &Parts) -> Result<(Range, u32), Failure> {
    use axum::extract::FromRequestParts;
    let mut parts = parts.clone();
    let Query(which) = Query::<Which>::from_request_parts(&mut parts, &()).await?;
    let range = match (which.after, which.before) {
        (None, None) => Range::Newest,
        (Some(seq), None) => Range::After(seq),
        (None, Some(seq)) => Range::Before(seq),
        (Some(_), Some(_)) => return Err(Failure::field("/before", "not_with_after")),
    };
    Ok((range, page::limit(which.limit)?))
}

/// Where a page that reaches the end of the conversation says that it ends: at what it holds. The head was read
/// beside it and may know of a message that came in between; named here, nobody would ask for it again.
fn end_of(range: Range, limit: u32, stored: &[StoredMessage]) -> Option<u64> {
    let full = u32::try_from(stored.len()).is_ok_and(|count| count >= limit);
    match range {
        Range::Newest => stored.last().map(|m| m.seq),
        Range::After(seq) if !full => Some(stored.last().map_or(seq, |m| m.seq)),
        Range::After(_) | Range::Before(_) => None,
    }
}

async fn answer(
    app: &App,
    access: &Access,
    stored: &[StoredMessage],
    end: Option<u64>,
) -> Result<Response, Failure> {
    let head = &access.head;
    let items = match (stored.first(), stored.last()) {
        (Some(first), Some(last)) => open(app, access, stored, (first.seq, last.seq)).await?,
        _ => Vec::new(),
    };
    // The head may be older than the messages, or newer.
    let newest = head.last_seq.max(items.last().map_or(0, |m| m.seq));
    let last_seq = end.map_or(newest, |end| end.min(newest));
    let headers = etag_header(&Head { last_seq, ..head.clone() });
    Ok((headers, Json(Messages { items, last_seq, epoch: head.epoch })).into_response())
}

/// The second and third step.
async fn open(
    app: &App,
    access: &Access,
    stored: &[StoredMessage],
    (first, last): (u64, u64),
) -> Result<Vec<MessageView>, Failure> {
    let Access { session, head } = access;
    let mut event = session.event(&app.entropy, app.clock.now(), Verb::MessagesRead);
    event.patient = Some(head.patient);
    event.conversation = Some(head.id);
    event.seqs = Some((first, last));
    let opened_through = (session.side() == Side::Patient).then_some(last);
    let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let (content_key, ()) = tokio::try_join!(
        async { app.keys.unwrap(scope, &head.wrapped_key).await.map_err(Failure::from) },
        async { app.store.record_read(head, &event, opened_through).await.map_err(Failure::from) },
    )?;
    let secrets = app.store.message_secrets(head.practice, head.id, first, last).await?;
    let mut views = Vec::with_capacity(stored.len());
    for message in stored {
        let secret = secrets.iter().find(|(seq, _)| *seq == message.seq).map(|(_, secret)| secret);
        let opened = secret.and_then(|secret| message.open(head.practice, head.id, &content_key, secret));
        if secret.is_some() && opened.is_none() && message.recalled_at.is_none() {
            unreadable(app, access, message.seq).await?;
        }
        views.push(stored_message(head.id, message, secret.is_some(), opened));
    }
    Ok(views)
}

/// One item that does not open is a placeholder and an event, never a failed page.
pub(crate) async fn unreadable(app: &App, access: &Access, seq: u64) -> Result<(), Failure> {
    let id: ConversationId = access.head.id;
    tracing::error!(conversation.id = %id, message.seq = seq, "a stored message does not open");
    let mut event = access.session.event(&app.entropy, app.clock.now(), Verb::MessageUnreadable);
    event.patient = Some(access.head.patient);
    event.conversation = Some(id);
    event.seqs = Some((seq, seq));
    app.store.record(&event).await.map_err(Failure::from)
}

fn etag(head: &Head) -> HeaderValue {
    let text = format!("\"{}.{}\"", head.epoch, head.last_seq);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

fn etag_header(head: &Head) -> HeaderMap {
    HeaderMap::from_iter([(header::ETAG, etag(head))])
}
