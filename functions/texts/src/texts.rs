//! Scheduled texts: making one, seeing what became of it, taking it back.

use std::collections::HashMap;

use axum::Json;
use domain::{
    Invalid,
    audit::{Event, Verb},
    channel::{self, Channel, TextKind},
    id::{PatientId, TextId},
    text::{Campaign, Place, TextSettings, TextState, Variables},
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    http::{
        Failure, Fields, Json as Body, Query, cursor,
        extract::RequiredKey,
        page::{self, Page},
    },
    keys::Purpose,
    sealing::FieldSealer,
    store::{
        StoreError,
        idempotency::{Attempt, Earlier},
        text::{Considered, Content, Scheduled, Text},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{
    desk::{Desk, ReadPatients, TextPath, WritePatients},
    refusals::{BadBody, BadQuery, Conflicting, NoKey, Refused, Unknown},
    texter::consider::{phones, speaks_against},
};

/// How far ahead a text may be scheduled.
const AHEAD_SECONDS: i64 = 400 * 24 * 3600;

/// A text to be scheduled.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewText {
    /// `pat_…`
    patient_id: String,
    /// `appointment_reminder`, `appointment_confirmation`, `reorder_reminder`, `pickup_notice` or `marketing`. Nothing else
    /// travels as a text.
    #[schema(example = "pickup_notice")]
    kind: String,
    /// When it is to leave; at once if left out. Its hours may make it later.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// What varies, by kind: `starts_at` and `place`; nothing; `place`; `campaign` (`openings`, `hours`).
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

/// One time that a text was considered.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `sent`, `deferred`, `blocked` or `failed`.
    outcome: String,
    /// Why, as one word.
    why: String,
    /// `cpt_…` of the phone.
    #[schema(required = true)]
    contact_id: Option<String>,
    /// The language that it was written in.
    #[schema(required = true)]
    language: Option<String>,
    /// Other texts that the same message stood for: visits of a family on one day.
    with: Vec<String>,
}

impl From<&Considered> for AttemptView {
    fn from(one: &Considered) -> Self {
        Self {
            at: one.at,
            outcome: one.outcome.clone(),
            why: one.why.clone(),
            contact_id: one.contact.map(|id| id.to_string()),
            language: one.language.as_ref().map(ToString::to_string),
            with: one.with.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A text with what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextView {
    /// `txt_…`
    id: String,
    /// `pat_…`
    #[schema(required = true)]
    patient_id: Option<String>,
    /// The patient's name.
    #[schema(required = true)]
    patient_name: Option<String>,
    /// `vis_…` of the visit that made it.
    #[schema(required = true)]
    visit_id: Option<String>,
    /// What kind of text.
    kind: &'static str,
    /// What varies in it.
    #[schema(value_type = Object)]
    variables: Value,
    /// `scheduled`, `deferred`, `sent`, `blocked`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "scheduled")]
    state: TextState,
    /// Why, where it is not simply so.
    why: Vec<String>,
    /// When it is to leave.
    #[schema(value_type = String, format = DateTime)]
    send_at: Timestamp,
    /// When it was scheduled.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Every time that it was considered.
    attempts: Vec<AttemptView>,
}

impl TextView {
    fn new(text: &Text, names: &HashMap<PatientId, String>) -> Self {
        let variables = match &text.content {
            Content::Scheduled(variables) => serde_json::to_value(variables).unwrap_or_default(),
            Content::Reply { .. } => Value::Null,
        };
        let variables = match variables {
            Value::Object(mut members) => {
                members.remove("kind");
                Value::Object(members)
            }
            _ => Value::Object(Map::new()),
        };
        Self {
            id: text.id.to_string(),
            patient_id: text.patient.map(|id| id.to_string()),
            patient_name: text.patient.and_then(|id| names.get(&id).cloned()),
            visit_id: text.visit.map(|id| id.to_string()),
            kind: text.kind().map_or("reply", TextKind::as_str),
            variables,
            state: text.state,
            why: text.why.clone(),
            send_at: text.send_at,
            created_at: text.created_at,
            attempts: text.considered.iter().map(AttemptView::from).collect(),
        }
    }
}

/// Schedules a text. What may leave is decided once more when it does; what speaks against it now is said now.
#[utoipa::path(post, path = "/v1/texts", operation_id = "scheduleText", tag = "texts",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewText,
    responses(
        (status = 201, body = TextView),
        (status = 200, body = TextView, description = "The same request was answered before"),
        Refused, NoKey, BadBody,
    ))]
pub(crate) async fn schedule_text(
    desk: Desk<WritePatients>,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewText>,
) -> Result<(StatusCode, Json<TextView>), Failure> {
    let Some(kind) = TextKind::from_stored(&body.kind) else { return Err(Failure::ChannelNotAllowed) };
    let (store, now) = (&desk.app.store, desk.app.clock.now());
    let settings = store.text_settings(desk.practice.id).await?;
    let mut fields = Fields::new();
    let patient = fields.check("/patient_id", PatientId::parse(&body.patient_id));
    let variables = variables(&mut fields, kind, &body.variables, &settings);
    let send_at = body.send_at.as_deref().map(|text| send_at(text, now)).transpose();
    let send_at = fields.check("/send_at", send_at).flatten().unwrap_or(now);
    fields.done()?;
    let (Some(id), Some(variables)) = (patient, variables) else {
        return Err(Failure::field("", "invalid_body"));
    };
    let (sealer, index_key) = tokio::try_join!(
        desk.app.sealer(&desk.practice),
        desk.app.practice_key(&desk.practice, Purpose::Index)
    )?;
    let Some(patient) = store.patient(desk.practice.id, id, &sealer).await? else {
        return Err(Failure::field("/patient_id", "unknown_patient"));
    };
    let request = format!("schedule-text\u{1f}{}", serde_json::to_string(&body).unwrap_or_default());
    let once = Attempt::new(desk.practice.id, desk.session.holder, &key, &index_key, &request);
    let text_id = TextId::new(now, desk.app.entropy.id());
    let content = Content::Scheduled(variables);
    let mut text = Text::new(text_id, desk.practice.id, content, (Some(id), None), (now, send_at));
    if let Some(why) = against(&desk, &sealer, id, kind).await? {
        text.state = TextState::Blocked;
        text.why = vec![why.to_owned()];
        text.considered = vec![Considered::not_sent(now, TextState::Blocked, why, None)];
    }
    let event = Event { object: Some(text_id.to_string()), ..desk.event_about(Verb::TextScheduled, id) };
    let names = HashMap::from([(id, patient.name.expose().to_owned())]);
    match store.schedule_text(&text, &sealer, &once, &event).await? {
        Scheduled::Done => Ok((StatusCode::CREATED, Json(TextView::new(&text, &names)))),
        Scheduled::Before(Earlier::Other) => Err(Failure::IdempotencyKeyReused),
        Scheduled::Before(Earlier::Same(created)) => {
            let created = TextId::parse(&created).map_err(|_| StoreError::Malformed("created"))?;
            let text = store.text(desk.practice.id, created, &sealer).await?.ok_or(Failure::NotFound)?;
            desk.record(&desk.event_about(Verb::TextsRead, id)).await?;
            Ok((StatusCode::OK, Json(TextView::new(&text, &names))))
        }
    }
}

/// What speaks against a text now.
async fn against(
    desk: &Desk<WritePatients>,
    sealer: &FieldSealer,
    patient: PatientId,
    kind: TextKind,
) -> Result<Option<&'static str>, Failure> {
    let Ok(rule) = channel::rule(channel::Content::Text(kind), Channel::Sms) else {
        return Err(Failure::ChannelNotAllowed);
    };
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let lines = store.lines_of(practice, patient, sealer, desk.app.clock.now()).await?;
    let mut consents = Vec::new();
    for (_, point) in phones(&lines) {
        consents.push((point.id, store.consents(practice, point.id).await?.consent(rule.category)));
    }
    Ok(speaks_against(&lines, &consents))
}

fn send_at(text: &str, now: Timestamp) -> Result<Timestamp, Invalid> {
    let at = Timestamp::parse(text)?;
    if at > now.plus_seconds(AHEAD_SECONDS) { Err(Invalid::new("too_far_ahead")) } else { Ok(at.max(now)) }
}

/// What varies in a text of a kind: every member of its own type, and no member besides.
fn variables(
    fields: &mut Fields,
    kind: TextKind,
    given: &Map<String, Value>,
    settings: &TextSettings,
) -> Option<Variables> {
    let known: &[&str] = match kind {
        TextKind::AppointmentReminder | TextKind::AppointmentConfirmation => &["starts_at", "place"],
        TextKind::ReorderReminder => &[],
        TextKind::PickupNotice => &["place"],
        TextKind::Marketing => &["campaign"],
    };
    if given.keys().any(|name| !known.contains(&name.as_str())) {
        fields.add("/variables", "unknown_member");
    }
    let text = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Invalid::new("wrong_type")),
    };
    let place = text("place").and_then(|place| match place {
        // A name that no text could hold is said to be that; one that the practice does not keep is another matter.
        Some(name) => Place::parse(name).and_then(|_| Place::listed(name, &settings.places)).map(Some),
        None => Ok(None),
    });
    let place = fields.check("/variables/place", place).flatten();
    let missing = Invalid::new("missing_member");
    let mut starts_at = || {
        let at = text("starts_at").and_then(|at| at.ok_or(missing)).and_then(Timestamp::parse);
        fields.check("/variables/starts_at", at)
    };
    Some(match kind {
        TextKind::AppointmentReminder => Variables::AppointmentReminder { starts_at: starts_at()?, place },
        TextKind::AppointmentConfirmation => {
            Variables::AppointmentConfirmation { starts_at: starts_at()?, place }
        }
        TextKind::ReorderReminder => Variables::ReorderReminder,
        TextKind::PickupNotice => Variables::PickupNotice { place },
        TextKind::Marketing => {
            let campaign = text("campaign").and_then(|name| name.ok_or(missing));
            let known = |name| Campaign::from_stored(name).ok_or(Invalid::new("unknown_value"));
            Variables::Marketing { campaign: fields.check("/variables/campaign", campaign.and_then(known))? }
        }
    })
}

/// Which texts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TextFilter {
    /// `scheduled`, `deferred`, `sent`, `blocked`, `failed` or `cancelled`; all if left out.
    state: Option<String>,
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// The practice's texts with what became of them, the last to leave first.
#[utoipa::path(get, path = "/v1/texts", operation_id = "listTexts", tag = "texts",
    params(TextFilter), responses((status = 200, body = Page<TextView>), Refused, BadQuery))]
pub(crate) async fn list_texts(
    desk: Desk<ReadPatients>,
    Query(filter): Query<TextFilter>,
) -> Result<Json<Page<TextView>>, Failure> {
    let limit = page::limit(filter.limit)?;
    let state = filter.state.as_deref().map(|name| TextState::from_stored(name).ok_or(()));
    let state = state.transpose().map_err(|()| Failure::field("/state", "unknown_value"))?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let viewer = desk.session.holder.to_string();
    let list = format!("texts\u{1f}{}", filter.state.as_deref().unwrap_or_default());
    let start = filter.cursor.map(|text| cursor::open(&sealer, &viewer, &list, &text)).transpose()?;
    let page = desk.app.store.list_texts(desk.practice.id, state, &sealer, limit, start).await?;
    let names = names(&desk, &sealer, &page.texts).await?;
    let ids: Vec<String> = page.texts.iter().map(|text| text.id.to_string()).collect();
    desk.record(&Event { object: Some(ids.join(",")), ..desk.event(Verb::TextsRead) }).await?;
    let next_cursor = page.next.map(|next| cursor::seal(&sealer, &viewer, &list, &next));
    Ok(Json(Page { items: page.texts.iter().map(|text| TextView::new(text, &names)).collect(), next_cursor }))
}

async fn names(
    desk: &Desk<ReadPatients>,
    sealer: &FieldSealer,
    texts: &[Text],
) -> Result<HashMap<PatientId, String>, Failure> {
    let ids: Vec<PatientId> = texts.iter().filter_map(|text| text.patient).collect();
    let patients = desk.app.store.patients(desk.practice.id, &ids, sealer).await?;
    Ok(patients.into_iter().map(|patient| (patient.id, patient.name.expose().to_owned())).collect())
}

/// One text: its state, every time that it was considered, and why it was or was not sent.
#[utoipa::path(get, path = "/v1/texts/{id}", operation_id = "getText", tag = "texts",
    params(("id" = String, Path, description = "txt_…")),
    responses((status = 200, body = TextView), Refused, Unknown))]
pub(crate) async fn get_text(
    desk: Desk<ReadPatients>,
    TextPath(id): TextPath,
) -> Result<Json<TextView>, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let text = desk.app.store.text(desk.practice.id, id, &sealer).await?;
    // The answer to a text that came in holds a phone, and is about nobody.
    let text = text.filter(|text| text.kind().is_some()).ok_or(Failure::NotFound)?;
    let names = names(&desk, &sealer, std::slice::from_ref(&text)).await?;
    let event = desk.event(Verb::TextsRead);
    desk.record(&Event { object: Some(id.to_string()), patient: text.patient, ..event }).await?;
    Ok(Json(TextView::new(&text, &names)))
}

/// Takes a text back that has not left.
#[utoipa::path(delete, path = "/v1/texts/{id}", operation_id = "cancelText", tag = "texts",
    params(("id" = String, Path, description = "txt_…")),
    responses((status = 204), Refused, Unknown, Conflicting))]
pub(crate) async fn cancel_text(
    desk: Desk<WritePatients>,
    TextPath(id): TextPath,
) -> Result<StatusCode, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let text = desk.app.store.text(desk.practice.id, id, &sealer).await?;
    let text = text.filter(|text| text.kind().is_some()).ok_or(Failure::NotFound)?;
    if text.state == TextState::Cancelled {
        return Ok(StatusCode::NO_CONTENT);
    }
    let event = desk.event(Verb::TextCancelled);
    let event = Event { object: Some(id.to_string()), patient: text.patient, ..event };
    if desk.app.store.cancel_text(desk.practice.id, id, &event).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::Conflict)
    }
}
