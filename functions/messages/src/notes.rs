//! Internal notes beside a conversation: for staff alone. No patient gets to see one.

use axum::{Json, extract::State};
use domain::{audit::Verb, id::NoteId, message::MessageText, note::NoteKind, time::Timestamp};
use http::StatusCode;
use platform::{
    App,
    http::{
        Failure, Json as Body, Problem, Query, cursor,
        extract::RequiredKey,
        layers::MESSAGE_MAX_BYTES,
        page::{self, Page},
    },
    keys::{KeyScope, Purpose},
    sealing::FieldSealer,
    store::{
        StoreError,
        idempotency::{Attempt, Earlier},
        note::{Note, NoteWritten, Written},
        session::{Holder, Session},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{access::Access, post::parse_text};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// A note to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// 1 to 10,000 characters, at most 40 kB.
    text: String,
}

/// Who wrote a note.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteAuthor {
    /// `stf_…`
    id: String,
    /// Their name when they wrote it.
    name: String,
}

/// A note. Only staff see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteView {
    /// `nte_…`
    id: String,
    /// `text`: by staff. By the product itself, about the ways in of the patient: `dates_locked_today`, `dates_locked`,
    /// `contact_in_doubt`, `notice_undelivered`, `notice_came_back`, `notice_unread`, `access_ends` of a parent or guardian, and
    /// `may_be_urgent` of what the patient wrote.
    #[schema(value_type = String, example = "text")]
    kind: NoteKind,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `null` where the product wrote it.
    #[schema(required = true)]
    author: Option<NoteAuthor>,
    /// `null` where the product wrote it, and where it cannot be opened.
    #[schema(required = true)]
    text: Option<String>,
}

impl From<&Note> for NoteView {
    fn from(note: &Note) -> Self {
        let written = note.written.as_ref();
        Self {
            id: note.id.to_string(),
            kind: note.kind,
            at: note.at,
            author: written.map(|written| NoteAuthor {
                id: written.author.to_string(),
                name: written.author_name.clone(),
            }),
            text: written.map(|written| written.text.expose().to_owned()),
        }
    }
}

/// The sealer of the notes of a conversation: they have its own key, as its messages have.
async fn sealer_of(app: &App, access: &Access) -> Result<FieldSealer, Failure> {
    let head = &access.head;
    let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let key = app.keys.unwrap(scope, &head.wrapped_key).await?;
    Ok(FieldSealer::new(head.practice, key, app.entropy.clone()))
}

fn event_of(app: &App, access: &Access, verb: Verb, object: String) -> domain::audit::Event {
    let mut event = access.session.event(&app.entropy, app.clock.now(), verb);
    event.patient = Some(access.head.patient);
    event.conversation = Some(access.head.id);
    event.object = Some(object);
    event
}

/// The internal notes of a conversation, newest first.
#[utoipa::path(get, path = "/v1/conversations/{id}/notes", operation_id = "listNotes", tag = "notes",
    params(("id" = String, Path, description = "cnv_…"), Which),
    responses(
        (status = 200, body = Page<NoteView>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_notes(
    State(app): State<App>,
    access: Access,
    Query(which): Query<Which>,
) -> Result<Json<Page<NoteView>>, Failure> {
    access.staff_may_read()?;
    let limit = page::limit(which.limit)?;
    let sealer = sealer_of(&app, &access).await?;
    let (viewer, list) = (access.session.holder.to_string(), format!("notes {}", access.head.id));
    let start = which.cursor.map(|text| cursor::open(&sealer, &viewer, &list, &text)).transpose()?;
    let found = app.store.notes(&access.head, &sealer, limit, start).await?;
    if let (Some(newest), Some(oldest)) = (found.notes.first(), found.notes.last()) {
        // What was shown lies between these two.
        let shown = format!("{},{}", oldest.id, newest.id);
        app.store.record(&event_of(&app, &access, Verb::NotesRead, shown)).await?;
    }
    for note in found.notes.iter().filter(|note| note.kind == NoteKind::Text && note.written.is_none()) {
        tracing::error!(conversation.id = %access.head.id, note.id = %note.id, "a stored note does not open");
    }
    let next_cursor = found.next.map(|next| cursor::seal(&sealer, &viewer, &list, &next));
    Ok(Json(Page { items: found.notes.iter().map(NoteView::from).collect(), next_cursor }))
}

/// Writes an internal note.
#[utoipa::path(post, path = "/v1/conversations/{id}/notes", operation_id = "writeNote", tag = "notes",
    params(("id" = String, Path, description = "cnv_…"),
        ("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewNote,
    responses(
        (status = 201, body = NoteView),
        (status = 200, body = NoteView, description = "The same request was answered before"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn write_note(
    State(app): State<App>,
    access: Access,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewNote, MESSAGE_MAX_BYTES>,
) -> Result<(StatusCode, Json<NoteView>), Failure> {
    access.staff_may_write()?;
    let text = parse_text("/text", &body.text)?;
    let practice = app.known_practice(access.head.practice).await?;
    let (names, hash_key, sealer) = tokio::try_join!(
        async { app.sealer(&practice).await.map_err(Failure::from) },
        async { app.practice_key(&practice, Purpose::Contact).await.map_err(Failure::from) },
        sealer_of(&app, &access),
    )?;
    let note = new_note(&app, &access.session, &names, text)?;
    let request = format!("note\u{1f}{}\u{1f}{}", access.head.id, body.text);
    let attempt = Attempt::new(practice.id, access.session.holder, &key, &hash_key, &request);
    let event = event_of(&app, &access, Verb::NoteWritten, note.id.to_string());
    match app.store.write_note(&access.head, &note, &sealer, &attempt, &event).await? {
        NoteWritten::Done => Ok((StatusCode::CREATED, Json(NoteView::from(&note)))),
        NoteWritten::Before(Earlier::Other) => Err(Failure::IdempotencyKeyReused),
        NoteWritten::Before(Earlier::Same(id)) => {
            let id = NoteId::parse(&id).map_err(|_| StoreError::Malformed("created"))?;
            let note = app.store.note(&access.head, id, &sealer).await?.ok_or(Failure::NotFound)?;
            app.store.record(&event_of(&app, &access, Verb::NotesRead, id.to_string())).await?;
            Ok((StatusCode::OK, Json(NoteView::from(&note))))
        }
    }
}

fn new_note(app: &App, session: &Session, names: &FieldSealer, text: MessageText) -> Result<Note, Failure> {
    let Holder::Staff(author) = session.holder else { return Err(Failure::Forbidden) };
    let author_name = names.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?;
    let at = app.clock.now();
    let id = NoteId::new(at, app.entropy.id());
    Ok(Note { id, kind: NoteKind::Text, at, written: Some(Written { author, author_name, text }) })
}
