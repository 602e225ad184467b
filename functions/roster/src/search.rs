//! Finding patients.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    contact::ContactValue,
    id::{ContactPointId, PatientId},
    person::{ExternalId, fold},
    search,
};
use platform::{
    http::{Failure, Query, cursor, page},
    store::{contact::ContactPoint, patient::Patient},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    desk::{Desk, Means, ReadPatients},
    refusals::{BadQuery, Refused},
    view::PatientItem,
};

/// Longest search, in Unicode scalar values.
const QUERY_MAX_SCALARS: usize = 200;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// Beginnings of names, a birth date `YYYY-MM-DD`, both together, the last four or more digits of a phone, or the
    /// practice's own number. The whole practice is never listed.
    #[param(required = true, example = "lop mar")]
    q: Option<String>,
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// One page of patients.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundPatients {
    /// By name.
    items: Vec<PatientItem>,
    /// What to send as `cursor` for the next page; `null` on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// `false` if more patients fit than are looked through: then type more of the name, or the birth date.
    complete: bool,
}

/// Patients whom a search fits, by name.
#[utoipa::path(get, path = "/v1/patients", operation_id = "searchPatients", tag = "patients",
    params(Search), responses((status = 200, body = FoundPatients), Refused, BadQuery))]
pub(crate) async fn search_patients(
    desk: Desk<ReadPatients>,
    Query(search): Query<Search>,
) -> Result<Json<FoundPatients>, Failure> {
    let limit = page::limit(search.limit)?;
    let text = search.q.ok_or_else(|| Failure::field("/q", "missing_member"))?;
    let query = parse(&text)?;
    let means = desk.means().await?;
    let viewer = desk.session.holder.to_string();
    let list = format!("patients\u{1f}{text}");
    let after = search.cursor.map(|sealed| Place::open(&means, &viewer, &list, &sealed)).transpose()?;
    let (found, complete) = find(&desk, &means, &query).await?;
    let mut rest = found.into_iter().filter(|(place, _)| after.as_ref().is_none_or(|after| place > after));
    let shown: Vec<_> = rest.by_ref().take(limit as usize).collect();
    let end = rest.next().and_then(|_| shown.last());
    let next_cursor = end.map(|(place, _)| place.seal(&means, &viewer, &list));
    let items: Vec<PatientItem> = shown.iter().map(|(_, patient)| patient.into()).collect();
    desk.record(&event(&desk, &items)).await?;
    Ok(Json(FoundPatients { items, next_cursor, complete }))
}

fn parse(text: &str) -> Result<search::Query, Failure> {
    if text.chars().count() > QUERY_MAX_SCALARS {
        return Err(Failure::field("/q", "too_long"));
    }
    search::Query::parse(text).ok_or_else(|| Failure::field("/q", "too_short"))
}

/// Everybody who fits, by name, and whether these are all.
async fn find(
    desk: &Desk<ReadPatients>,
    means: &Means,
    query: &search::Query,
) -> Result<(Vec<(Place, Patient)>, bool), Failure> {
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let candidates = store.candidates(practice, &means.index_key, &query.lookups()).await?;
    let patients = store.patients(practice, &candidates.patients, &means.sealer).await?;
    let points = if query.needs_contacts() {
        let ids: Vec<_> = patients.iter().flat_map(|patient| patient.contacts.iter().copied()).collect();
        store.contact_points(practice, &ids, &means.sealer).await?
    } else {
        Vec::new()
    };
    let fits = |patient: &Patient| {
        let external_id = patient.external_id.as_ref().map(ExternalId::expose);
        query.matches(&patient.name, patient.birth_date, &contacts(&patient.contacts, &points), external_id)
    };
    let mut found: Vec<_> = patients.into_iter().filter(fits).map(|p| (Place::of(&p), p)).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok((found, candidates.complete))
}

fn contacts(ids: &[ContactPointId], points: &[ContactPoint]) -> Vec<ContactValue> {
    points.iter().filter(|point| ids.contains(&point.id)).map(|point| point.value.clone()).collect()
}

/// Who was shown to whom: the ids of the page.
fn event(desk: &Desk<ReadPatients>, items: &[PatientItem]) -> Event {
    let mut event = desk.event(Verb::PatientsSearched);
    match items {
        [] => {}
        [only] => event.patient = PatientId::parse(&only.id).ok(),
        several => {
            event.object = Some(several.iter().map(|item| item.id.as_str()).collect::<Vec<_>>().join(","));
        }
    }
    event
}

/// Where a patient stands in the list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    name: String,
    id: String,
}

impl Place {
    fn of(patient: &Patient) -> Self {
        Self { name: fold(patient.name.expose()), id: patient.id.to_string() }
    }

    fn seal(&self, means: &Means, viewer: &str, list: &str) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        cursor::seal_text(&means.sealer, viewer, list, &text)
    }

    fn open(means: &Means, viewer: &str, list: &str, sealed: &str) -> Result<Self, Failure> {
        let text = cursor::open_text(&means.sealer, viewer, list, sealed)?;
        serde_json::from_str(&text).map_err(|_| Failure::field("/cursor", "invalid_cursor"))
    }
}
