//! The chained events as lines, to be checked without this service.

use axum::response::{IntoResponse, Response};
use domain::audit::{Event, Verb};
use http::header;
use platform::{
    chain,
    http::{Failure, Query},
    store::chain::Segment,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    desk::{Desk, record},
    refusals::Refused,
};

/// Events after which a page takes no other segment. Lambda answers with at most 6 MB; these are one.
const EVENTS: usize = 1_000;
/// Segments of one page: those of a quiet practice hold a few events each.
const SEGMENTS: u32 = 50;

/// From where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// The index of the last line that is there already; 0 if left out.
    after: Option<u64>,
}

/// The events that are linked, in order, one on each line (docs/audit.md): ask again with `after` set to the last `index`
/// until the answer is empty.
#[utoipa::path(get, path = "/v1/audit/export", operation_id = "exportAudit", tag = "audit", params(From),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), Refused))]
pub(crate) async fn export_audit(desk: Desk, Query(from): Query<From>) -> Result<Response, Failure> {
    desk.must_be_fresh()?;
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let first = from.after.unwrap_or(0).saturating_add(1);
    // Lines begin where the segment begins in which the first one stands: what is before it is left out below.
    let begun = store.segment_of(practice, first).await?.filter(|segment| segment.last() >= first);
    let start = begun.map_or(first, |segment| segment.first);
    let mut text = String::new();
    let (mut lines, mut last) = (0, first - 1);
    for segment in store.segments_from(practice, start, SEGMENTS).await? {
        if lines > 0 && lines + segment.events.len() > EVENTS {
            break;
        }
        lines += add_lines(&desk, &segment, first, &mut text).await?;
        last = segment.last();
    }
    let object = (lines > 0).then(|| format!("{first}-{last}"));
    record(&desk.app, &Event { object, ..desk.event(Verb::AuditExported) }).await?;
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

/// Adds the lines of a segment from an index on, and answers how many. An event that is gone leaves a gap, and one that
/// was changed gives its line another link: whoever checks the lines sees both.
async fn add_lines(desk: &Desk, segment: &Segment, first: u64, text: &mut String) -> Result<usize, Failure> {
    let events = desk.app.store.audit_events(segment.practice, &segment.events).await?;
    let (mut lines, mut hash) = (0, segment.before);
    for (index, event) in (segment.first..).zip(events) {
        let Some(event) = event else { continue };
        let canonical = event.canonical();
        hash = chain::link(&hash, &canonical);
        if index >= first {
            text.push_str(&chain::line(index, &hash, &canonical));
            text.push('\n');
            lines += 1;
        }
    }
    Ok(lines)
}
