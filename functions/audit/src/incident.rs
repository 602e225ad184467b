//! Who had got a recalled message: what a record of the incident is made from (45 CFR 164.402). No text of the message is
//! in it.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    time::Timestamp,
};
use platform::{
    App,
    http::Failure,
    store::{chain::StoredEvent, evidence::Evidence},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, EvidencePath, ReadEvidence, record},
    evidence::RecalledView,
    find::{Wanted, find},
    names::{Names, PersonView},
    refusals::{NoEvidence, Refused},
};

/// Events of one look.
const LOOK: usize = 500;
/// Looks at the log of the patient, newest first, before the record says that it is not whole.
const LOOKS: usize = 8;

/// Something that reached the message before it was recalled.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReachedView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    by: PersonView,
    /// The session, as the log names it.
    #[schema(required = true)]
    session: Option<String>,
    /// The event, `evt_…`
    event_id: String,
}

/// A record of an incident, prefilled.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentView {
    /// The message: who sent, recalled and first opened it.
    message: RecalledView,
    /// Notices that left for the patient's contacts between sending and recall. They hold no content.
    notices: Vec<ReachedView>,
    /// Readings of the message before the recall, on both sides, oldest first.
    readings: Vec<ReachedView>,
    /// Texts of the conversation that left for a chart before the recall, and hold the message.
    exports: Vec<ReachedView>,
    /// Openings of what was kept, after the recall.
    evidence_readings: Vec<ReachedView>,
    /// Whether the whole log of that time was looked through.
    complete: bool,
    /// When it was put together. What happened within the minute before may be missing.
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
}

/// Who had got a recalled message: notices, readings and exports that reached it, from the log, with names.
#[utoipa::path(get, path = "/v1/evidence/{id}/incident", operation_id = "readIncident", tag = "audit",
    params(("id" = String, Path, description = "evd_…")),
    responses((status = 200, body = IncidentView), Refused, NoEvidence))]
pub(crate) async fn read_incident(
    desk: Desk<ReadEvidence>,
    EvidencePath(id): EvidencePath,
) -> Result<Json<IncidentView>, Failure> {
    let app = &desk.app;
    let evidence = app.store.evidence(desk.practice.id, id).await?.ok_or(Failure::NotFound)?;
    let sealer = app.sealer(&desk.practice).await?;
    let (events, complete) = since_sent(app, &evidence).await?;
    let event = Event {
        patient: Some(evidence.patient),
        conversation: Some(evidence.conversation),
        seqs: Some((evidence.seq, evidence.seq)),
        object: Some(id.to_string()),
        ..desk.event(Verb::IncidentRead)
    };
    record(app, &event).await?;
    let mut names = Names::new(app, &desk.practice, &sealer);
    let before = |event: &&StoredEvent| event.id.at() <= evidence.recalled_at;
    let notices: Vec<_> = events.iter().filter(before).filter(|e| says(e, Verb::NoticeSent)).collect();
    let readings: Vec<_> = events
        .iter()
        .filter(before)
        .filter(|event| says(event, Verb::MessagesRead) && reaches(event, &evidence))
        .collect();
    let exports: Vec<_> = events
        .iter()
        .filter(before)
        .filter(|event| says(event, Verb::ConversationExported) && reaches(event, &evidence))
        .collect();
    let opened = id.to_string();
    let opened: Vec<_> = events
        .iter()
        .filter(|event| says(event, Verb::EvidenceRead) && event.members["object"] == opened.as_str())
        .collect();
    Ok(Json(IncidentView {
        message: RecalledView::new(&evidence, &mut names).await?,
        notices: reached(&notices, &mut names).await?,
        readings: reached(&readings, &mut names).await?,
        exports: reached(&exports, &mut names).await?,
        evidence_readings: reached(&opened, &mut names).await?,
        complete,
        made_at: app.clock.now(),
    }))
}

/// The events about the patient since the message was sent, oldest first, and whether these are all.
async fn since_sent(app: &App, evidence: &Evidence) -> Result<(Vec<StoredEvent>, bool), Failure> {
    let wanted = Wanted {
        practice: evidence.practice,
        patient: Some(evidence.patient),
        actor: None,
        from: evidence.sent_at,
        to: app.clock.now().plus_seconds(1),
        limit: LOOK,
        hidden: &[],
    };
    let (mut events, mut place) = (Vec::new(), None);
    for _ in 0..LOOKS {
        let found = find(app, &wanted, place).await?;
        events.extend(found.events);
        place = found.next;
        if place.is_none() {
            break;
        }
    }
    let conversation = evidence.conversation.to_string();
    events.retain(|event| event.members["conversation"] == conversation.as_str());
    events.sort_by_key(|event| event.id);
    Ok((events, place.is_none()))
}

fn says(event: &StoredEvent, verb: Verb) -> bool {
    event.members["verb"] == verb.as_str()
}

/// Whether an event is about messages among which this one is.
fn reaches(event: &StoredEvent, evidence: &Evidence) -> bool {
    let seq = |name: &str| event.members[name].as_u64();
    matches!((seq("first_seq"), seq("last_seq")), (Some(first), Some(last)) if (first..=last).contains(&evidence.seq))
}

async fn reached(events: &[&StoredEvent], names: &mut Names<'_>) -> Result<Vec<ReachedView>, Failure> {
    let mut views = Vec::with_capacity(events.len());
    for event in events {
        views.push(ReachedView {
            at: event.id.at(),
            by: names.of(event.members["actor"].as_str().unwrap_or_default()).await?,
            session: event.members["session"].as_str().map(str::to_owned),
            event_id: event.id.to_string(),
        });
    }
    Ok(views)
}
