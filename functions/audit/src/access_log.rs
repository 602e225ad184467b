//! What patients see of the log: who opened or changed what of theirs.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use domain::{
    audit::{Event, Verb},
    id::{PatientId, StaffId},
    time::Timestamp,
};
use platform::{
    App,
    http::{
        Failure, Query, cursor,
        page::{self, Page},
    },
    store::{
        chain::StoredEvent,
        session::{Holder, Relation, Session},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    desk::record,
    find::{Wanted, find},
    refusals::{Refused, Unknown},
};

/// Events among which is looked for those who have written to the patient.
const KNOWN_AMONG: usize = 400;

/// What staff do among themselves: notes that patients never see, and the work on a recalled message but for its opening.
const BETWEEN_STAFF: [Verb; 5] =
    [Verb::NotesRead, Verb::NoteWritten, Verb::EvidenceAsked, Verb::EvidenceDecided, Verb::IncidentRead];

/// Whose log, which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// A patient whom this account acts for; the holder's own record if left out.
    patient: Option<String>,
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// Something that was done with a patient's record.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessView {
    /// `evt_…`
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What; docs/audit.md lists the verbs.
    #[schema(example = "messages_read")]
    verb: String,
    /// By whom.
    actor: AccessActor,
    /// `cnv_…`, if it was in a conversation.
    #[schema(required = true)]
    conversation_id: Option<String>,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessActor {
    /// What kind of actor.
    kind: ActorKind,
    /// The name of a member of staff who has written to the patient, and is known by it. Others of the staff are not named.
    #[schema(required = true)]
    name: Option<String>,
}

/// What kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    /// Whoever asks.
    You,
    /// Another account that acts for the patient.
    OtherAccount,
    /// Staff of the practice.
    Staff,
    /// The service by itself.
    System,
}

/// Who opened or changed what of a patient's, newest first; up to a minute behind. Lists of many patients are not in it.
#[utoipa::path(get, path = "/v1/me/access-log", operation_id = "readAccessLog", tag = "audit",
    params(Which), responses((status = 200, body = Page<AccessView>), Refused, Unknown))]
pub(crate) async fn read_access_log(
    State(app): State<App>,
    session: Session,
    Query(which): Query<Which>,
) -> Result<Json<Page<AccessView>>, Failure> {
    if !matches!(session.holder, Holder::Account(_)) {
        return Err(Failure::Forbidden);
    }
    session.must_be_full()?;
    let limit = page::limit(which.limit)? as usize;
    let now = app.clock.now();
    let patient = whose(&session, which.patient.as_deref(), now)?;
    let practice = app.known_practice(session.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let (viewer, list) = (session.holder.to_string(), format!("access-log\u{1f}{patient}"));
    let place = which.cursor.map(|sealed| {
        let text = cursor::open_text(&sealer, &viewer, &list, &sealed)?;
        serde_json::from_str(&text).map_err(|_| Failure::field("/cursor", "invalid_cursor"))
    });
    let wanted = |limit| Wanted {
        practice: practice.id,
        patient: Some(patient),
        actor: None,
        // Whoever came in by a contact that nobody has confirmed yet sees what happened since.
        from: session.since.map_or(Timestamp::from_millis(0), |since| since.plus_seconds(1)),
        to: now.plus_seconds(1),
        limit,
        hidden: &BETWEEN_STAFF,
    };
    let found = find(&app, &wanted(limit), place.transpose()?).await?;
    let known: BTreeSet<StaffId> =
        find(&app, &wanted(KNOWN_AMONG), None).await?.events.iter().filter_map(writer).collect();
    let mut names = BTreeMap::new();
    for id in found.events.iter().filter_map(staff).filter(|id| known.contains(id)).collect::<BTreeSet<_>>() {
        if let Some(staff) = app.store.staff(practice.id, id, &sealer).await? {
            names.insert(id, staff.name.expose().to_owned());
        }
    }
    let event = session.event(&app.entropy, now, Verb::AccessLogRead);
    record(&app, &Event { patient: Some(patient), ..event }).await?;
    let next_cursor = found.next.map(|next| {
        let text = serde_json::to_string(&next).unwrap_or_default();
        cursor::seal_text(&sealer, &viewer, &list, &text)
    });
    let items = found.events.iter().map(|event| view(event, &viewer, &names)).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// The patient that is named, or the holder's own record. Somebody else's and one that does not exist are the same.
fn whose(session: &Session, named: Option<&str>, now: Timestamp) -> Result<PatientId, Failure> {
    let mut grants: Vec<_> = session.live_grants(now).collect();
    grants.sort_by_key(|grant| grant.relation != Relation::Oneself);
    let found = match named {
        Some(text) => grants.into_iter().find(|grant| grant.patient.to_string() == text),
        None => grants.into_iter().next(),
    };
    found.map(|grant| grant.patient).ok_or(Failure::NotFound)
}

fn staff(event: &StoredEvent) -> Option<StaffId> {
    StaffId::parse(event.members["actor"].as_str()?).ok()
}

/// The member of staff who wrote to the patient, if that is what the event says.
fn writer(event: &StoredEvent) -> Option<StaffId> {
    (event.members["verb"] == Verb::MessageSent.as_str()).then(|| staff(event)).flatten()
}

fn view(event: &StoredEvent, viewer: &str, names: &BTreeMap<StaffId, String>) -> AccessView {
    let text = |name: &str| event.members[name].as_str().map(str::to_owned);
    let actor = text("actor").unwrap_or_default();
    let staff = staff(event);
    let kind = match (staff, actor.as_str()) {
        (Some(_), _) => ActorKind::Staff,
        (None, "system") => ActorKind::System,
        (None, actor) if actor == viewer => ActorKind::You,
        _ => ActorKind::OtherAccount,
    };
    AccessView {
        id: event.id.to_string(),
        at: text("at").unwrap_or_default(),
        verb: text("verb").unwrap_or_default(),
        actor: AccessActor { kind, name: staff.and_then(|id| names.get(&id).cloned()) },
        conversation_id: text("conversation"),
    }
}
