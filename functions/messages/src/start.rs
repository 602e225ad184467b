//! Starting a conversation, with or without its first message.

use axum::{Json, extract::State};
use domain::{
    audit::Verb,
    conversation::{ConversationState, Topic},
    id::{ConversationId, PatientId},
    idempotency::IdempotencyKey,
    message::MessageText,
    role::Act,
};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Fields, Json as Body, Problem, extract::RequiredKey, layers::MESSAGE_MAX_BYTES},
    keys::{KeyScope, Purpose},
    sealing::FieldSealer,
    store::{
        Cancelled, Store, StoreError, Write, audit,
        conversation::{Head, ReadMark},
        idempotency::{Attempt, Earlier},
        item::Item,
        message::Send,
        session::{Holder, Session},
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{access::Access, post::parse_text, show::conversation_view, view::ConversationView};

/// A conversation to be started.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConversation {
    /// `pat_…`. Staff always name the patient; an account may leave it out where it acts for one patient only.
    patient_id: Option<String>,
    /// What it is about.
    #[schema(value_type = String, example = "medical_question")]
    topic: Topic,
    /// The first message.
    text: Option<String>,
}

/// Starts a conversation.
#[utoipa::path(post, path = "/v1/conversations", operation_id = "startConversation", tag = "conversations",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewConversation,
    responses(
        (status = 201, body = ConversationView),
        (status = 200, body = ConversationView, description = "The same request was answered before"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn start_conversation(
    State(app): State<App>,
    session: Session,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewConversation, MESSAGE_MAX_BYTES>,
) -> Result<(StatusCode, Json<ConversationView>), Failure> {
    let patient = patient(&app, &session, &body)?;
    let text = body.text.as_deref().map(|text| parse_text("/text", text)).transpose()?;
    let practice = app.known_practice(session.practice).await?;
    let (sealer, hash_key) =
        tokio::try_join!(app.sealer(&practice), app.practice_key(&practice, Purpose::Contact))?;
    let request =
        format!("start\u{1f}{patient}\u{1f}{}\u{1f}{}", body.topic.as_str(), body.text.unwrap_or_default());
    let attempt = Attempt::new(session.practice, session.holder, &key, &hash_key, &request);
    if let Some(earlier) = app.store.earlier(&attempt).await? {
        return answer_earlier(&app, session, earlier).await;
    }
    let new = New { patient, topic: body.topic, text, key };
    match write(&app, &session, &sealer, &attempt, &new).await? {
        Written::Started(head) => {
            let view = conversation_view(&app, &Access { session, head: *head }).await?;
            Ok((StatusCode::CREATED, Json(view)))
        }
        Written::Before(earlier) => answer_earlier(&app, session, earlier).await,
    }
}

/// For whom: staff name anybody of their practice, an account somebody they act for.
fn patient(app: &App, session: &Session, body: &NewConversation) -> Result<PatientId, Failure> {
    let mut fields = Fields::new();
    let named = match &body.patient_id {
        Some(text) => fields.check("/patient_id", PatientId::parse(text)),
        None => None,
    };
    fields.done()?;
    match session.holder {
        Holder::Staff(_) if !session.may(Act::WriteConversations) => Err(Failure::Forbidden),
        Holder::Staff(_) => named.ok_or_else(|| Failure::field("/patient_id", "missing_member")),
        Holder::Account(_) => {
            session.must_be_full()?;
            let mut grants = session.live_grants(app.clock.now());
            match named {
                Some(patient) => {
                    grants.find(|g| g.patient == patient).map(|g| g.patient).ok_or(Failure::NotFound)
                }
                None => match (grants.next(), grants.next()) {
                    (Some(only), None) => Ok(only.patient),
                    _ => Err(Failure::field("/patient_id", "missing_member")),
                },
            }
        }
    }
}

struct New {
    patient: PatientId,
    topic: Topic,
    text: Option<MessageText>,
    key: IdempotencyKey,
}

enum Written {
    Started(Box<Head>),
    Before(Earlier),
}

/// Place of the idempotency item among the writes: its condition decides before all others.
const IDEMPOTENCY_PLACE: usize = 0;

async fn write(
    app: &App,
    session: &Session,
    sealer: &FieldSealer,
    attempt: &Attempt,
    new: &New,
) -> Result<Written, Failure> {
    let now = app.clock.now();
    let id = ConversationId::new(now, app.entropy.id());
    let scope = KeyScope::of_conversation(session.practice, new.patient, id);
    let content_key = app.keys.generate(scope).await?;
    let mut head = Head {
        practice: session.practice,
        id,
        patient: new.patient,
        topic: new.topic,
        state: ConversationState::Open,
        assignee: None,
        last_seq: 0,
        epoch: 1,
        said_patient: 0,
        said_practice: 0,
        read_patient: ReadMark::default(),
        read_practice: ReadMark::default(),
        opened_through: 0,
        recalled: Vec::new(),
        wrapped_key: content_key.wrapped,
        created_at: now,
        last_message_at: now,
        attention_since: None,
    };
    let event = |verb| {
        let mut event = session.event(&app.entropy, now, verb);
        event.patient = Some(new.patient);
        event.conversation = Some(id);
        event
    };
    let mut writes = vec![
        Write::Create(Table::Chat, attempt.to_item(id, now)),
        audit::write(&event(Verb::ConversationStarted)),
    ];
    if let Some(text) = &new.text {
        let sender_name = sealer.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?;
        let send = Send {
            sender: session.holder,
            side: session.side(),
            relation: session.acts_as(new.patient, now),
            sender_name: &sender_name,
            text,
            corrects: None,
            key: &new.key,
            content_key: &content_key.key,
            event: event(Verb::MessageSent),
        };
        let (_, message) = app.store.next_message_writes(&mut head, &send, now)?;
        writes.extend(message);
    }
    writes.extend(Store::start_writes(&head));
    match app.store.transact_patiently(|| writes.clone()).await? {
        Ok(()) => Ok(Written::Started(Box::new(head))),
        Err(Cancelled::Condition(IDEMPOTENCY_PLACE, Some(item))) => {
            Ok(Written::Before(attempt.compare(&Item::from(*item))?))
        }
        Err(Cancelled::Condition(..)) => Err(Failure::NotFound),
        Err(Cancelled::Conflict) => Err(StoreError::Contended.into()),
    }
}

async fn answer_earlier(
    app: &App,
    session: Session,
    earlier: Earlier,
) -> Result<(StatusCode, Json<ConversationView>), Failure> {
    let Earlier::Same(created) = earlier else { return Err(Failure::IdempotencyKeyReused) };
    let id = ConversationId::parse(&created).map_err(|_| StoreError::Malformed("created"))?;
    let head = app.store.head(session.practice, id).await?.ok_or(Failure::NotFound)?;
    let mut event = session.event(&app.entropy, app.clock.now(), Verb::ConversationsListed);
    event.patient = Some(head.patient);
    event.conversation = Some(id);
    app.store.record(&event).await?;
    let view = conversation_view(app, &Access { session, head }).await?;
    Ok((StatusCode::OK, Json(view)))
}
