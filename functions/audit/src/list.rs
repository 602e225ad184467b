//! The log as auditors and admins read it. Reading it is an event too.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    id::{AccountId, PatientId, StaffId},
    time::Timestamp,
};
use platform::http::{
    Failure, Query, cursor,
    page::{self, Page},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    desk::{Desk, record},
    find::{Wanted, find},
    refusals::Refused,
    view::EventView,
};

/// How far back a list goes where nothing is said.
const DEFAULT_SECONDS: i64 = 7 * 86_400;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// About this patient, `pat_…`. Such a list is up to a minute behind.
    patient: Option<String>,
    /// By this member of staff `stf_…`, account `acc_…`, or `system`.
    actor: Option<String>,
    /// Not before: a time (RFC 3339) or a day in UTC, `YYYY-MM-DD`. A week ago if left out.
    from: Option<String>,
    /// Before: a time, or a day that is included. Now if left out.
    to: Option<String>,
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before. A page may end before its limit, also with nothing in it, and say where to go on.
    cursor: Option<String>,
}

/// Events of the practice, newest first: who did what to whom, by their ids.
#[utoipa::path(get, path = "/v1/audit", operation_id = "readAudit", tag = "audit",
    params(Filter), responses((status = 200, body = Page<EventView>), Refused))]
pub(crate) async fn read_audit(
    desk: Desk,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<EventView>>, Failure> {
    let limit = page::limit(filter.limit)? as usize;
    let now = desk.app.clock.now();
    let to =
        filter.to.as_deref().map(|text| bound("/to", text, 1)).transpose()?.unwrap_or(now.plus_seconds(1));
    let from = filter.from.as_deref().map(|text| bound("/from", text, 0)).transpose()?;
    let wanted = Wanted {
        practice: desk.practice.id,
        patient: filter.patient.as_deref().map(patient).transpose()?,
        actor: filter.actor.as_deref().map(actor).transpose()?,
        from: from.unwrap_or(to.plus_seconds(-DEFAULT_SECONDS)),
        to,
        limit,
        hidden: &[],
    };
    let sealer = desk.app.sealer(&desk.practice).await?;
    let viewer = desk.session.holder.to_string();
    let named =
        [filter.patient.as_deref(), filter.actor.as_deref(), filter.from.as_deref(), filter.to.as_deref()];
    let list = format!("audit{}", named.map(|part| format!("\u{1f}{}", part.unwrap_or_default())).concat());
    let place = filter.cursor.map(|sealed| {
        let text = cursor::open_text(&sealer, &viewer, &list, &sealed)?;
        serde_json::from_str(&text).map_err(|_| Failure::field("/cursor", "invalid_cursor"))
    });
    let found = find(&desk.app, &wanted, place.transpose()?).await?;
    let event = Event { patient: wanted.patient, object: wanted.actor, ..desk.event(Verb::AuditRead) };
    record(&desk.app, &event).await?;
    let next_cursor = found.next.map(|next| {
        let text = serde_json::to_string(&next).unwrap_or_default();
        cursor::seal_text(&sealer, &viewer, &list, &text)
    });
    let items = found.events.iter().map(|event| EventView::new(event, desk.practice.id, &sealer)).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// A time, or midnight of a day and so many days more.
fn bound(pointer: &str, text: &str, days: i64) -> Result<Timestamp, Failure> {
    let wrong = |_| Failure::field(pointer, "invalid_time");
    if text.len() == 10 {
        let midnight = Timestamp::parse(&format!("{text}T00:00:00Z")).map_err(wrong)?;
        return Ok(midnight.plus_seconds(days * 86_400));
    }
    Timestamp::parse(text).map_err(wrong)
}

fn patient(text: &str) -> Result<PatientId, Failure> {
    PatientId::parse(text).map_err(|error| Failure::field("/patient", error.code))
}

fn actor(text: &str) -> Result<String, Failure> {
    let known = text == "system" || StaffId::parse(text).is_ok() || AccountId::parse(text).is_ok();
    if known { Ok(text.to_owned()) } else { Err(Failure::field("/actor", "invalid_id")) }
}
