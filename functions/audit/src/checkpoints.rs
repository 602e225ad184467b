//! Signed checkpoints, to check an export against.

use axum::Json;
use domain::audit::Verb;
use platform::http::{
    Failure, Query, cursor,
    page::{self, Page},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    desk::{Desk, record},
    refusals::Refused,
    view::CheckpointView,
};

/// What a cursor of this list is bound to.
const LIST: &str = "checkpoints";
/// The last index that a chain can have.
const INDEX_MAX: u64 = 999_999_999_999;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// The signed checkpoints of the practice's log, newest first. Whoever wants to be sure takes them from the locked bucket.
#[utoipa::path(get, path = "/v1/audit/checkpoints", operation_id = "listCheckpoints", tag = "audit",
    params(Which), responses((status = 200, body = Page<CheckpointView>), Refused))]
pub(crate) async fn list_checkpoints(
    desk: Desk,
    Query(which): Query<Which>,
) -> Result<Json<Page<CheckpointView>>, Failure> {
    let limit = page::limit(which.limit)?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let viewer = desk.session.holder.to_string();
    let up_to = which.cursor.map(|sealed| {
        let text = cursor::open_text(&sealer, &viewer, LIST, &sealed)?;
        text.parse().map_err(|_| Failure::field("/cursor", "invalid_cursor"))
    });
    let up_to: u64 = up_to.transpose()?.unwrap_or(INDEX_MAX);
    let checkpoints = desk.app.store.checkpoints(desk.practice.id, up_to, limit).await?;
    record(&desk.app, &desk.event(Verb::CheckpointsRead)).await?;
    let next_cursor = checkpoints
        .last()
        .filter(|last| checkpoints.len() == limit as usize && last.checkpoint.index > 1)
        .map(|last| cursor::seal_text(&sealer, &viewer, LIST, &(last.checkpoint.index - 1).to_string()));
    Ok(Json(Page { items: checkpoints.iter().map(CheckpointView::from).collect(), next_cursor }))
}
