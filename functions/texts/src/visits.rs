//! Visits: written down, moved, confirmed and cancelled; each makes its texts.

use std::collections::HashMap;

use axum::Json;
use domain::{
    Invalid,
    audit::{Event, Verb},
    id::{PatientId, VisitId},
    person::ExternalId,
    text::TextSettings,
    time::{Timestamp, ZoneName},
    visit::{self, VisitState},
};
use http::StatusCode;
use platform::{
    http::{Failure, Fields, Json as Body, Query},
    keys::Purpose,
    seal::Key,
    sealing::FieldSealer,
    store::visit::{Calendar, Saved, Visit, Wanted},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    desk::{Desk, ReadPatients, Right, VisitPath, WritePatients},
    refusals::{BadBody, BadQuery, Refused, Unknown},
};

/// Most days of one list.
const DAYS_MAX: i64 = 31;

/// A visit to be written down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVisit {
    /// The number that the practice's own system has for it. The same number again brings that visit to what is said here.
    #[schema(max_length = 64)]
    external_id: Option<String>,
    /// `pat_…`
    patient_id: String,
    /// When it begins.
    #[schema(format = DateTime)]
    starts_at: String,
    /// Where, for staff. A text names it only if it is one of the practice's places.
    #[schema(max_length = 80)]
    place: Option<String>,
    /// `scheduled` if left out.
    #[schema(example = "scheduled")]
    state: Option<String>,
}

/// What to change about a visit. A member that is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeVisit {
    /// When it begins. What was confirmed was another time, so a visit that is moved is `scheduled` again.
    #[schema(format = DateTime)]
    starts_at: Option<String>,
    /// Where.
    #[schema(max_length = 80)]
    place: Option<String>,
    /// `scheduled`, `confirmed`, `cancel_requested` or `cancelled`.
    state: Option<String>,
}

/// A visit.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitView {
    /// `vis_…`
    id: String,
    /// The number of the practice's own system.
    #[schema(required = true)]
    external_id: Option<String>,
    /// `pat_…`
    patient_id: String,
    /// The patient's name.
    #[schema(required = true)]
    patient_name: Option<String>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// Where.
    #[schema(required = true)]
    place: Option<String>,
    /// `scheduled`, `confirmed`, `cancel_requested` or `cancelled`.
    #[schema(value_type = String)]
    state: VisitState,
    /// Since when a list of the whole day has not had it. It is flagged, and never cancelled for that.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    missing_since: Option<Timestamp>,
    /// `txt_…` of the texts that it has made.
    texts: Vec<String>,
}

impl VisitView {
    pub(crate) fn new(visit: &Visit, names: &HashMap<PatientId, String>) -> Self {
        Self {
            id: visit.id.to_string(),
            external_id: visit.external_id.as_ref().map(|id| id.expose().to_owned()),
            patient_id: visit.patient.to_string(),
            patient_name: names.get(&visit.patient).cloned(),
            starts_at: visit.starts_at,
            place: visit.place.clone(),
            state: visit.state,
            missing_since: visit.missing_since,
            texts: visit.texts.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What saving visits of a practice works with.
pub(crate) struct Book {
    pub(crate) sealer: FieldSealer,
    pub(crate) index_key: std::sync::Arc<Key>,
    pub(crate) settings: TextSettings,
    pub(crate) zone: ZoneName,
}

impl Book {
    pub(crate) async fn open<R: Right>(desk: &Desk<R>) -> Result<Self, Failure> {
        let (sealer, index_key) = tokio::try_join!(
            desk.app.sealer(&desk.practice),
            desk.app.practice_key(&desk.practice, Purpose::Index)
        )?;
        let settings = desk.app.store.text_settings(desk.practice.id).await?;
        let zone = ZoneName::parse(&desk.practice.profile.time_zone);
        let zone = zone.map_err(|_| platform::store::StoreError::Malformed("profile"))?;
        Ok(Self { sealer, index_key, settings, zone })
    }

    pub(crate) fn calendar<'a, R: Right>(&'a self, desk: &'a Desk<R>) -> Calendar<'a> {
        Calendar {
            practice: desk.practice.id,
            sealer: &self.sealer,
            index_key: &self.index_key,
            settings: &self.settings,
            zone: &self.zone,
            entropy: &desk.app.entropy,
            now: desk.app.clock.now(),
        }
    }
}

fn state(fields: &mut Fields, text: Option<&str>) -> Option<VisitState> {
    let known = |name: &str| VisitState::from_stored(name).ok_or(Invalid::new("unknown_value"));
    fields.check("/state", text.map(known).transpose()).flatten()
}

/// The event of a visit that was written down or changed.
pub(crate) fn event<R: Right>(desk: &Desk<R>, patient: PatientId) -> impl Fn(bool, VisitId) -> Event + '_ {
    move |is_new, visit| {
        let verb = if is_new { Verb::VisitCreated } else { Verb::VisitChanged };
        Event { object: Some(visit.to_string()), ..desk.event_about(verb, patient) }
    }
}

/// Writes down a visit, with the texts that it makes by the practice's schedule.
#[utoipa::path(post, path = "/v1/visits", operation_id = "createVisit", tag = "texts",
    request_body = NewVisit,
    responses(
        (status = 201, body = VisitView),
        (status = 200, body = VisitView, description = "It was there already, and is so now"),
        Refused, BadBody,
    ))]
pub(crate) async fn create_visit(
    desk: Desk<WritePatients>,
    Body(body): Body<NewVisit>,
) -> Result<(StatusCode, Json<VisitView>), Failure> {
    let mut fields = Fields::new();
    let patient = fields.check("/patient_id", PatientId::parse(&body.patient_id));
    let starts_at = fields.check("/starts_at", Timestamp::parse(&body.starts_at));
    let place = fields.check("/place", body.place.as_deref().map(visit::place).transpose());
    let number = body.external_id.as_deref().map(ExternalId::parse).transpose();
    let external_id = fields.check("/external_id", number).flatten();
    let state = state(&mut fields, body.state.as_deref());
    fields.done()?;
    let (Some(id), Some(starts_at)) = (patient, starts_at) else {
        return Err(Failure::field("", "invalid_body"));
    };
    let book = Book::open(&desk).await?;
    let Some(patient) = desk.app.store.patient(desk.practice.id, id, &book.sealer).await? else {
        return Err(Failure::field("/patient_id", "unknown_patient"));
    };
    let wanted = Wanted { patient: id, external_id, starts_at, place: place.flatten(), state };
    let names = HashMap::from([(id, patient.name.expose().to_owned())]);
    match desk.app.store.save_visit(&book.calendar(&desk), &wanted, event(&desk, id)).await? {
        Saved::Done(visit) => {
            let status = if visit.version == 1 { StatusCode::CREATED } else { StatusCode::OK };
            Ok((status, Json(VisitView::new(&visit, &names))))
        }
        Saved::Unchanged(visit) => Ok((StatusCode::OK, Json(VisitView::new(&visit, &names)))),
        Saved::OtherPatient => Err(Failure::field("/external_id", "other_patient")),
        Saved::Missing => Err(Failure::NotFound),
    }
}

/// Moves, confirms or cancels a visit. Its texts move and end with it.
#[utoipa::path(patch, path = "/v1/visits/{id}", operation_id = "changeVisit", tag = "texts",
    params(("id" = String, Path, description = "vis_…")),
    request_body = ChangeVisit,
    responses((status = 200, body = VisitView), Refused, Unknown, BadBody))]
pub(crate) async fn change_visit(
    desk: Desk<WritePatients>,
    VisitPath(id): VisitPath,
    Body(body): Body<ChangeVisit>,
) -> Result<Json<VisitView>, Failure> {
    let mut fields = Fields::new();
    let starts_at = body.starts_at.as_deref().map(Timestamp::parse).transpose();
    let starts_at = fields.check("/starts_at", starts_at).flatten();
    let place = fields.check("/place", body.place.as_deref().map(visit::place).transpose()).flatten();
    let state = state(&mut fields, body.state.as_deref());
    if body.starts_at.is_none() && body.place.is_none() && body.state.is_none() {
        fields.add("", "nothing_to_change");
    }
    fields.done()?;
    let book = Book::open(&desk).await?;
    let before = desk.app.store.visit(desk.practice.id, id, &book.sealer).await?.ok_or(Failure::NotFound)?;
    let change = |visit: &Visit| Visit {
        starts_at: starts_at.unwrap_or(visit.starts_at),
        place: place.clone().or_else(|| visit.place.clone()),
        state: state.unwrap_or(visit.state),
        ..visit.clone()
    };
    let saved =
        desk.app.store.change_visit(&book.calendar(&desk), id, change, event(&desk, before.patient)).await?;
    let (Saved::Done(visit) | Saved::Unchanged(visit)) = saved else { return Err(Failure::NotFound) };
    let names = names(&desk, &book.sealer, std::slice::from_ref(&visit)).await?;
    Ok(Json(VisitView::new(&visit, &names)))
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VisitFilter {
    /// Not before; now if left out.
    from: Option<String>,
    /// Before; seven days later if left out. At most 31 days.
    to: Option<String>,
}

/// The visits of some days, in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Visits {
    /// In order.
    items: Vec<VisitView>,
}

/// The visits of some days, in order.
#[utoipa::path(get, path = "/v1/visits", operation_id = "listVisits", tag = "texts",
    params(VisitFilter), responses((status = 200, body = Visits), Refused, BadQuery))]
pub(crate) async fn list_visits(
    desk: Desk<ReadPatients>,
    Query(filter): Query<VisitFilter>,
) -> Result<Json<Visits>, Failure> {
    let mut fields = Fields::new();
    let from = fields.check("/from", filter.from.as_deref().map(Timestamp::parse).transpose()).flatten();
    let to = fields.check("/to", filter.to.as_deref().map(Timestamp::parse).transpose()).flatten();
    let from = from.unwrap_or_else(|| desk.app.clock.now());
    let to = to.unwrap_or_else(|| from.plus_seconds(7 * 24 * 3600));
    if to > from.plus_seconds(DAYS_MAX * 24 * 3600) || to < from {
        fields.add("/to", "out_of_range");
    }
    fields.done()?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let visits = desk.app.store.visits_between(desk.practice.id, (from, to), &sealer).await?;
    let names = names(&desk, &sealer, &visits).await?;
    let ids: Vec<String> = visits.iter().map(|visit| visit.id.to_string()).collect();
    desk.record(&Event { object: Some(ids.join(",")), ..desk.event(Verb::VisitsRead) }).await?;
    Ok(Json(Visits { items: visits.iter().map(|visit| VisitView::new(visit, &names)).collect() }))
}

async fn names<R: Right, V: std::borrow::Borrow<Visit>>(
    desk: &Desk<R>,
    sealer: &FieldSealer,
    visits: &[V],
) -> Result<HashMap<PatientId, String>, Failure> {
    let mut ids: Vec<PatientId> = visits.iter().map(|visit| visit.borrow().patient).collect();
    ids.sort_unstable();
    ids.dedup();
    let patients = desk.app.store.patients(desk.practice.id, &ids, sealer).await?;
    Ok(patients.into_iter().map(|patient| (patient.id, patient.name.expose().to_owned())).collect())
}
