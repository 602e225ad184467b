//! Finding events, newest first: of a practice by time, or about a patient by the notes that the chain keeps.

use domain::{
    audit::Verb,
    id::{EventId, PatientId, PracticeId},
    time::Timestamp,
};
use platform::{
    App,
    http::Failure,
    store::chain::{Span, StoredEvent, first_id, last_id},
};
use serde::{Deserialize, Serialize};

/// Events that one page looks at before it ends early, with a cursor.
const EXAMINED_MAX: usize = 2_000;
/// Calls that one page makes before it ends early: most days of a small practice are one call.
const CALLS_MAX: usize = 40;
/// Events of one call.
const PAGE: u32 = 250;
/// Notes of one call.
const NOTES: u32 = 20;
/// Segments of one call, where nothing is noted yet.
const SEGMENTS: u32 = 10;
/// Events of one call by their ids.
const NOTED_MAX: usize = 200;
/// The last index that a chain can have.
const INDEX_MAX: u64 = 999_999_999_999;
/// The chain and its notes are in the order of linking. What is linked later than this after its time was lost on its way.
const LATE_SECONDS: i64 = 26 * 3600;

/// Which events.
pub(crate) struct Wanted {
    pub(crate) practice: PracticeId,
    pub(crate) patient: Option<PatientId>,
    pub(crate) actor: Option<String>,
    /// Not before this time.
    pub(crate) from: Timestamp,
    /// Before this time.
    pub(crate) to: Timestamp,
    pub(crate) limit: usize,
    /// Verbs that are left out.
    pub(crate) hidden: &'static [Verb],
}

impl Wanted {
    fn fits(&self, event: &StoredEvent) -> bool {
        let at = event.id.at();
        let actor = event.members["actor"].as_str().unwrap_or_default();
        let verb = event.members["verb"].as_str().unwrap_or_default();
        let shown = !self.hidden.iter().any(|hidden| hidden.as_str() == verb);
        shown && self.from <= at && at < self.to && self.actor.as_ref().is_none_or(|wanted| wanted == actor)
    }
}

/// Where a page begins. What a cursor holds.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Place {
    /// At this event, or the next older one.
    Event(EventId),
    /// Before this index of the chain.
    Index(u64),
}

/// A page of events.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) next: Option<Place>,
}

/// The events that are wanted, from a place on.
///
/// # Errors
/// A failure of the store; a place of another list.
pub(crate) async fn find(app: &App, wanted: &Wanted, place: Option<Place>) -> Result<Found, Failure> {
    match (wanted.patient, place) {
        (Some(patient), None) => by_patient(app, wanted, patient, INDEX_MAX).await,
        (Some(patient), Some(Place::Index(before))) => by_patient(app, wanted, patient, before).await,
        (None, None) => by_time(app, wanted, older(first_id(wanted.to))).await,
        (None, Some(Place::Event(id))) => by_time(app, wanted, id).await,
        _ => Err(Failure::field("/cursor", "invalid_cursor")),
    }
}

/// The id before this one.
fn older(id: EventId) -> EventId {
    EventId::from_bytes(u128::from_be_bytes(id.to_bytes()).saturating_sub(1).to_be_bytes())
}

const fn midnight(at: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000;
    Timestamp::from_millis(at.as_millis().div_euclid(DAY) * DAY)
}

async fn by_time(app: &App, wanted: &Wanted, mut upper: EventId) -> Result<Found, Failure> {
    let lowest = first_id(wanted.from);
    let (mut found, mut examined) = (Found::default(), 0);
    for _ in 0..CALLS_MAX {
        if upper < lowest || examined >= EXAMINED_MAX {
            break;
        }
        let day = midnight(upper.at());
        let span = Span { from: lowest.max(first_id(day)), to: upper, ascending: false };
        let (events, more) = app.store.audit_day(wanted.practice, span, PAGE, None).await?;
        examined += events.len();
        // A page of nothing but items that are no events ends the day: there is no place to go on from.
        upper = match events.last() {
            Some(last) if more.is_some() => older(last.id),
            _ => last_id(Timestamp::from_millis(day.as_millis() - 1)),
        };
        for event in events {
            if !wanted.fits(&event) {
                continue;
            }
            let id = event.id;
            found.events.push(event);
            if found.events.len() == wanted.limit {
                found.next = Some(older(id)).filter(|id| *id >= lowest).map(Place::Event);
                return Ok(found);
            }
        }
    }
    found.next = (upper >= lowest).then_some(Place::Event(upper));
    Ok(found)
}

/// What was done about a patient, in the order of the chain: the newest events themselves, and behind them what is noted.
async fn by_patient(
    app: &App,
    wanted: &Wanted,
    patient: PatientId,
    mut before: u64,
) -> Result<Found, Failure> {
    let noted = app.store.audit_progress(wanted.practice).await?.map_or(0, |progress| progress.noted);
    let oldest = wanted.from.plus_seconds(-LATE_SECONDS);
    let (mut found, mut examined) = (Found::default(), 0);
    for _ in 0..CALLS_MAX {
        let look = if before > noted + 1 {
            unnoted(app, wanted, patient, noted, before).await?
        } else {
            by_notes(app, wanted, patient, before).await?
        };
        for (index, event) in look.events {
            if !wanted.fits(&event) {
                continue;
            }
            found.events.push(event);
            if found.events.len() == wanted.limit {
                found.next = Some(Place::Index(index));
                return Ok(found);
            }
        }
        before = look.from;
        examined += look.examined;
        if before <= 1 || look.newest.is_some_and(|newest| newest < oldest) {
            return Ok(found);
        }
        if examined >= EXAMINED_MAX {
            break;
        }
    }
    found.next = Some(Place::Index(before));
    Ok(found)
}

/// What one look at the chain or its notes has found.
struct Look {
    /// Events about the patient with their indexes, newest first.
    events: Vec<(u64, StoredEvent)>,
    /// The index from which on everything was looked at; 1 where nothing lies before.
    from: u64,
    examined: usize,
    /// The time of the newest event, if there was any.
    newest: Option<Timestamp>,
}

async fn unnoted(
    app: &App,
    wanted: &Wanted,
    patient: PatientId,
    noted: u64,
    before: u64,
) -> Result<Look, Failure> {
    let segments = app.store.segments_before(wanted.practice, before, SEGMENTS).await?;
    let mut look = Look { events: Vec::new(), from: noted + 1, examined: 0, newest: None };
    if let Some(last) = segments.last().filter(|_| segments.len() == SEGMENTS as usize) {
        look.from = look.from.max(last.first);
    }
    for segment in segments {
        let wanted_ones = (segment.first..).zip(&segment.events);
        let (indexes, ids): (Vec<u64>, Vec<EventId>) =
            wanted_ones.filter(|(index, _)| (noted + 1..before).contains(index)).unzip();
        look.newest = look.newest.max(ids.iter().map(|id| id.at()).max());
        look.examined += ids.len();
        let events = app.store.audit_run(wanted.practice, &ids).await?;
        let about = indexes.into_iter().zip(events).rev().filter_map(|(index, event)| Some((index, event?)));
        look.events.extend(about.filter(|(_, event)| event.patient == Some(patient)));
    }
    Ok(look)
}

async fn by_notes(app: &App, wanted: &Wanted, patient: PatientId, before: u64) -> Result<Look, Failure> {
    let notes = app.store.subject_notes(wanted.practice, patient, before, NOTES).await?;
    let more = notes.len() == NOTES as usize;
    let from = notes.last().filter(|_| more).map_or(1, |(first, _)| *first);
    let mut places: Vec<(u64, EventId)> = notes.into_iter().flat_map(|(_, events)| events).collect();
    let from = match places.get(NOTED_MAX) {
        Some(_) => places[NOTED_MAX - 1].0,
        None => from,
    };
    places.truncate(NOTED_MAX);
    let ids: Vec<EventId> = places.iter().map(|(_, id)| *id).collect();
    let events = app.store.audit_events(wanted.practice, &ids).await?;
    let events = places.iter().zip(events).filter_map(|((index, _), event)| Some((*index, event?))).collect();
    Ok(Look { events, from, examined: ids.len(), newest: ids.iter().map(|id| id.at()).max() })
}
