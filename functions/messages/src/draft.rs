//! Unsent text on the server, so that a session that ends takes nothing with it. It is its writer's alone: colleagues do
//! not see it, and reading it again shows its writer nothing that they have not written.

use axum::{Json, extract::State};
use domain::{conversation::Topic, id::PatientId, message::MessageText, role::Act, time::Timestamp};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Fields, Json as Body, Problem, layers::MESSAGE_MAX_BYTES},
    keys::KeyScope,
    sealing::FieldSealer,
    store::{
        conversation::Head,
        draft::{Draft, DraftOf, DraftPlace},
        session::{Holder, Session},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Access;

/// Text that was not sent yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftBody {
    /// 1 to 10,000 characters, at most 40 kB.
    text: String,
}

/// Text of a conversation that was not started yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDraftBody {
    /// 1 to 10,000 characters, at most 40 kB.
    text: String,
    /// What it is about, once that is chosen.
    #[schema(value_type = Option<String>, example = "prescription")]
    topic: Option<Topic>,
    /// `pat_…`, once that is chosen.
    patient_id: Option<String>,
}

/// A draft; every member is `null` where there is none.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftView {
    text: Option<String>,
    #[schema(value_type = Option<String>)]
    topic: Option<Topic>,
    /// `pat_…`
    patient_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    saved_at: Option<Timestamp>,
}

impl From<Option<Draft>> for DraftView {
    fn from(draft: Option<Draft>) -> Self {
        let of = draft.as_ref();
        Self {
            text: of.map(|draft| draft.text.expose().to_owned()),
            topic: of.and_then(|draft| draft.topic),
            patient_id: of.and_then(|draft| draft.patient).map(|id| id.to_string()),
            saved_at: of.map(|draft| draft.saved_at),
        }
    }
}

const fn of(session: &Session, place: DraftPlace) -> DraftOf {
    DraftOf { practice: session.practice, writer: session.holder, place }
}

/// The sealer of unsent text of this conversation: with its own key, like its messages.
async fn sealer_of(app: &App, head: &Head) -> Result<FieldSealer, Failure> {
    let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let key = app.keys.unwrap(scope, &head.wrapped_key).await?;
    Ok(FieldSealer::new(head.practice, key, app.entropy.clone()))
}

/// The sealer of a new conversation's unsent text: it has no key of its own yet.
async fn sealer_of_new(app: &App, session: &Session) -> Result<FieldSealer, Failure> {
    let practice = app.known_practice(session.practice).await?;
    Ok(app.sealer(&practice).await?)
}

async fn show(
    app: &App,
    session: &Session,
    place: DraftPlace,
    sealer: &FieldSealer,
) -> Result<Json<DraftView>, Failure> {
    let draft = app.store.draft(of(session, place), sealer, app.clock.now()).await?;
    // What was written before a contact was changed, nobody at the new one has written.
    Ok(Json(draft.filter(|draft| session.reaches(draft.saved_at)).into()))
}

/// The caller's own unsent text of this conversation.
#[utoipa::path(get, path = "/v1/conversations/{id}/draft", operation_id = "getDraft", tag = "drafts",
    params(("id" = String, Path, description = "cnv_…")),
    responses(
        (status = 200, body = DraftView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_draft(State(app): State<App>, access: Access) -> Result<Json<DraftView>, Failure> {
    let sealer = sealer_of(&app, &access.head).await?;
    show(&app, &access.session, DraftPlace::In(access.head.id), &sealer).await
}

/// Keeps the caller's unsent text, in place of what was kept before.
#[utoipa::path(put, path = "/v1/conversations/{id}/draft", operation_id = "saveDraft", tag = "drafts",
    params(("id" = String, Path, description = "cnv_…")),
    request_body = DraftBody,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn save_draft(
    State(app): State<App>,
    access: Access,
    Body(body): Body<DraftBody, MESSAGE_MAX_BYTES>,
) -> Result<StatusCode, Failure> {
    access.may_write()?;
    let text = MessageText::parse(&body.text).map_err(|error| Failure::field("/text", error.code))?;
    let draft = Draft { text, topic: None, patient: None, saved_at: app.clock.now() };
    let sealer = sealer_of(&app, &access.head).await?;
    app.store.save_draft(of(&access.session, DraftPlace::In(access.head.id)), &draft, &sealer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Throws the caller's unsent text away.
#[utoipa::path(delete, path = "/v1/conversations/{id}/draft", operation_id = "dropDraft", tag = "drafts",
    params(("id" = String, Path, description = "cnv_…")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn drop_draft(State(app): State<App>, access: Access) -> Result<StatusCode, Failure> {
    app.store.drop_draft(of(&access.session, DraftPlace::In(access.head.id))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session that may start conversations.
fn may_start(session: &Session) -> Result<(), Failure> {
    match session.holder {
        Holder::Account(_) => session.must_be_full(),
        Holder::Staff(_) if session.may(Act::WriteConversations) => Ok(()),
        Holder::Staff(_) => Err(Failure::Forbidden),
    }
}

/// The caller's own unsent first message of a new conversation.
#[utoipa::path(get, path = "/v1/drafts/new", operation_id = "getNewDraft", tag = "drafts",
    responses(
        (status = 200, body = DraftView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_new_draft(
    State(app): State<App>,
    session: Session,
) -> Result<Json<DraftView>, Failure> {
    may_start(&session)?;
    let sealer = sealer_of_new(&app, &session).await?;
    show(&app, &session, DraftPlace::New, &sealer).await
}

/// Keeps the unsent first message of a new conversation, in place of what was kept before.
#[utoipa::path(put, path = "/v1/drafts/new", operation_id = "saveNewDraft", tag = "drafts",
    request_body = NewDraftBody,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn save_new_draft(
    State(app): State<App>,
    session: Session,
    Body(body): Body<NewDraftBody, MESSAGE_MAX_BYTES>,
) -> Result<StatusCode, Failure> {
    may_start(&session)?;
    let mut fields = Fields::new();
    let text = fields.check("/text", MessageText::parse(&body.text));
    let patient = body.patient_id.as_deref().map(PatientId::parse).transpose();
    let patient = fields.check("/patient_id", patient).flatten();
    fields.done()?;
    let text = text.ok_or_else(|| Failure::field("/text", "empty"))?;
    let draft = Draft { text, topic: body.topic, patient, saved_at: app.clock.now() };
    let sealer = sealer_of_new(&app, &session).await?;
    app.store.save_draft(of(&session, DraftPlace::New), &draft, &sealer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Throws the unsent first message of a new conversation away.
#[utoipa::path(delete, path = "/v1/drafts/new", operation_id = "dropNewDraft", tag = "drafts",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn drop_new_draft(State(app): State<App>, session: Session) -> Result<StatusCode, Failure> {
    may_start(&session)?;
    app.store.drop_draft(of(&session, DraftPlace::New)).await?;
    Ok(StatusCode::NO_CONTENT)
}
