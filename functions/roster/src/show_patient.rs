//! One patient.

use axum::Json;
use domain::audit::Verb;
use platform::http::Failure;

use crate::{
    desk::{Desk, PatientPath, ReadPatients},
    refusals::{Refused, Unknown},
    view::PatientView,
};

/// A patient's record with their contacts.
#[utoipa::path(get, path = "/v1/patients/{id}", operation_id = "getPatient", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 200, body = PatientView), Refused, Unknown))]
pub(crate) async fn get_patient(
    desk: Desk<ReadPatients>,
    PatientPath(id): PatientPath,
) -> Result<Json<PatientView>, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let patient = desk.app.store.patient(desk.practice.id, id, &sealer).await?.ok_or(Failure::NotFound)?;
    let event = desk.event_about(Verb::PatientRead, id);
    let view = PatientView::load(&desk.app, &desk.practice, &sealer, &patient);
    let (view, ()) = tokio::try_join!(view, desk.record(&event))?;
    Ok(Json(view))
}
