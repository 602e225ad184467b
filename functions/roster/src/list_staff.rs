//! The staff of a practice.

use axum::Json;
use domain::audit::Verb;
use platform::http::{
    Failure, Query, cursor,
    page::{self, Page},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    desk::{Desk, ReadStaff},
    refusals::{BadQuery, Refused},
    view::StaffView,
};

/// What a cursor of this list is bound to.
const LIST: &str = "staff";

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

/// The staff of the practice in the order they were invited, those who left included.
#[utoipa::path(get, path = "/v1/staff", operation_id = "listStaff", tag = "staff",
    params(Which), responses((status = 200, body = Page<StaffView>), Refused, BadQuery))]
pub(crate) async fn list_staff(
    desk: Desk<ReadStaff>,
    Query(which): Query<Which>,
) -> Result<Json<Page<StaffView>>, Failure> {
    let limit = page::limit(which.limit)?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let viewer = desk.session.holder.to_string();
    let start = which.cursor.map(|sealed| cursor::open(&sealer, &viewer, LIST, &sealed)).transpose()?;
    let (staff, next) = desk.app.store.staff_page(desk.practice.id, &sealer, limit, start).await?;
    desk.record(&desk.event(Verb::StaffListed)).await?;
    let next_cursor = next.map(|next| cursor::seal(&sealer, &viewer, LIST, &next));
    Ok(Json(Page { items: staff.iter().map(|staff| desk.staff_view(staff)).collect(), next_cursor }))
}
