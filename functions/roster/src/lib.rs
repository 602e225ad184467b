//! Patients, who may act for them, staff and the practice over HTTP.
//!
//! A handler parses, authorizes, acts, answers. Authorization is an argument: a [`desk::Desk`] exists only for a live
//! session of staff whose role allows the act that its type names.

mod add_patient;
mod change_patient;
mod change_staff;
pub mod desk;
mod grants;
mod invite_staff;
mod list_staff;
mod member;
mod practice;
mod refusals;
mod search;
mod show_patient;
pub mod view;

use axum::Router;
use platform::{App, http::with_layers};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes with their description.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search::search_patients, add_patient::add_patient))
        .routes(routes!(show_patient::get_patient, change_patient::change_patient))
        .routes(routes!(grants::list_grants, grants::create_grant))
        .routes(routes!(grants::end_grant))
        .routes(routes!(list_staff::list_staff, invite_staff::invite_staff))
        .routes(routes!(change_staff::change_staff))
        .routes(routes!(practice::get_practice, practice::change_practice))
}

/// The service.
pub fn router(app: App) -> Router {
    let (routes, _) = api().split_for_parts();
    with_layers(routes, app)
}
