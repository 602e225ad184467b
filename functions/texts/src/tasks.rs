//! What staff have to look at because of texts that came in. It may be a patient's own words, so it is for those who read
//! messages.

use std::collections::HashMap;

use axum::Json;
use domain::{
    audit::{Event, Verb},
    id::PatientId,
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    http::Failure,
    store::text_task::{Task, TaskKind},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, ReadConversations, TaskPath, WriteConversations},
    refusals::{Refused, Unknown},
};

/// A patient who may have written.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskPatient {
    /// `pat_…`
    patient_id: String,
    /// Name.
    name: String,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskView {
    /// `tsk_…`
    id: String,
    /// `cancel_requested`, `stop_or_cancel`, `asks_to_stop`, `wrong_number`, `question`, `unknown_sender`, `photo` or
    /// `phone_only`.
    #[schema(value_type = String, example = "question")]
    kind: TaskKind,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Everybody who is reached at that phone.
    patients: Vec<TaskPatient>,
    /// `vis_…` of the visit that it is about.
    #[schema(required = true)]
    visit_id: Option<String>,
    /// The phone, E.164.
    phone: String,
    /// What was written.
    text: String,
}

/// What nobody has looked at yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tasks {
    /// Oldest first.
    items: Vec<TaskView>,
}

/// What nobody has looked at yet, oldest first.
#[utoipa::path(get, path = "/v1/texts/tasks", operation_id = "listTextTasks", tag = "texts",
    responses((status = 200, body = Tasks), Refused))]
pub(crate) async fn list_text_tasks(desk: Desk<ReadConversations>) -> Result<Json<Tasks>, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let tasks = desk.app.store.text_tasks(desk.practice.id, &sealer).await?;
    let mut ids: Vec<PatientId> = tasks.iter().flat_map(|task| task.patients.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let patients = desk.app.store.patients(desk.practice.id, &ids, &sealer).await?;
    let names: HashMap<PatientId, String> =
        patients.into_iter().map(|patient| (patient.id, patient.name.expose().to_owned())).collect();
    let shown: Vec<String> = tasks.iter().map(|task| task.id.to_string()).collect();
    desk.record(&Event { object: Some(shown.join(",")), ..desk.event(Verb::TextTasksRead) }).await?;
    Ok(Json(Tasks { items: tasks.iter().map(|task| view(task, &names)).collect() }))
}

fn view(task: &Task, names: &HashMap<PatientId, String>) -> TaskView {
    let patient = |id: &PatientId| {
        names.get(id).map(|name| TaskPatient { patient_id: id.to_string(), name: name.clone() })
    };
    TaskView {
        id: task.id.to_string(),
        kind: task.kind,
        at: task.id.at(),
        patients: task.patients.iter().filter_map(patient).collect(),
        visit_id: task.visit.map(|id| id.to_string()),
        phone: task.phone.clone(),
        text: task.words.clone(),
    }
}

/// Somebody has looked at it.
#[utoipa::path(delete, path = "/v1/texts/tasks/{id}", operation_id = "endTextTask", tag = "texts",
    params(("id" = String, Path, description = "tsk_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn end_text_task(
    desk: Desk<WriteConversations>,
    TaskPath(id): TaskPath,
) -> Result<StatusCode, Failure> {
    let event = Event { object: Some(id.to_string()), ..desk.event(Verb::TextTaskDone) };
    if desk.app.store.end_text_task(desk.practice.id, id, &event).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound)
    }
}
