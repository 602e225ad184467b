//! Finding events, newest first: of a practice by time, or about a patient by the notes that the chain keeps.

use domain::{
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
/// Notes about a patient of one call.
const NOTES: u32 = 20;
/// Events of one call by their ids.
const NOTED_MAX: usize = 200;
/// The last index that a chain can have.
const INDEX_MAX: u64 = 999_999_999_999;
/// Notes are in the order of linking. What is linked later than this after its time was lost on its way.
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
}

impl Wanted {
    fn fits(&self, event: &StoredEvent) -> bool {
        let at = event.id.at();
        let actor = event.members["actor"].as_str().unwrap_or_default();
        self.from <= at && at < self.to && self.actor.as_ref().is_none_or(|wanted| wanted == actor)
    }
}

/// Where a page begins. What a cursor holds.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Place {
    /// At this event, or the next older one.
    Event(EventId),
    /// At an event of the notes that begin at this index: so many of them were looked at.
    Note(u64, usize),
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
        (Some(patient), None) => by_notes(app, wanted, patient, INDEX_MAX, 0).await,
        (Some(patient), Some(Place::Note(first, seen))) => by_notes(app, wanted, patient, first, seen).await,
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

async fn by_notes(
    app: &App,
    wanted: &Wanted,
    patient: PatientId,
    mut first: u64,
    mut seen: usize,
) -> Result<Found, Failure> {
    let (mut found, mut examined) = (Found::default(), 0);
    let oldest = wanted.from.plus_seconds(-LATE_SECONDS);
    for _ in 0..CALLS_MAX {
        let notes = app.store.subject_notes(wanted.practice, patient, first, NOTES).await?;
        // Newest first within each note too; what an earlier page has looked at is left out.
        let places: Vec<(Place, EventId)> = notes
            .iter()
            .flat_map(|(at, ids)| {
                let skipped = if *at == first { seen } else { 0 };
                let newest_first = ids.iter().rev().enumerate().skip(skipped);
                newest_first.map(move |(n, id)| (Place::Note(*at, n), *id))
            })
            .take(NOTED_MAX)
            .collect();
        let Some((Place::Note(at, n), _)) = places.last().copied() else { return Ok(found) };
        let ids: Vec<EventId> = places.iter().map(|(_, id)| *id).collect();
        for (event, (place, _)) in
            app.store.audit_events(wanted.practice, &ids).await?.into_iter().zip(&places)
        {
            let Some(event) = event.filter(|event| wanted.fits(event)) else { continue };
            found.events.push(event);
            if let (true, Place::Note(at, n)) = (found.events.len() == wanted.limit, *place) {
                found.next = Some(Place::Note(at, n + 1));
                return Ok(found);
            }
        }
        (first, seen) = (at, n + 1);
        examined += ids.len();
        if ids.iter().all(|id| id.at() < oldest) {
            return Ok(found);
        }
        if examined >= EXAMINED_MAX {
            break;
        }
    }
    found.next = Some(Place::Note(first, seen));
    Ok(found)
}
