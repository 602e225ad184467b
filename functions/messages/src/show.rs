//! One conversation.

use axum::{Json, extract::State};
use domain::audit::Verb;
use platform::{
    App,
    http::{Failure, Problem},
    store::StoreError,
};

use crate::{access::Access, view::ConversationView};

/// A conversation with its patient's name.
#[utoipa::path(get, path = "/v1/conversations/{id}", operation_id = "getConversation", tag = "conversations",
    params(("id" = String, Path, description = "cnv_…")),
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_conversation(
    State(app): State<App>,
    access: Access,
) -> Result<Json<ConversationView>, Failure> {
    let mut event = access.session.event(&app.entropy, app.clock.now(), Verb::ConversationsListed);
    event.patient = Some(access.head.patient);
    event.conversation = Some(access.head.id);
    let (view, ()) = tokio::try_join!(conversation_view(&app, &access), async {
        app.store.record(&event).await.map_err(Failure::from)
    })?;
    Ok(Json(view))
}

/// The view of a conversation for whoever asks. The caller has stored the event of the read, or does so before
/// the answer leaves.
pub(crate) async fn conversation_view(app: &App, access: &Access) -> Result<ConversationView, Failure> {
    let head = &access.head;
    let practice = app.known_practice(head.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let patient = app.store.patient(head.practice, head.patient, &sealer).await?;
    let patient = patient.ok_or(StoreError::Malformed("patient"))?;
    Ok(ConversationView::new(head, &patient, access.session.side()))
}
