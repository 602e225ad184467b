//! Sign-in without a password: links, codes, sessions.
//!
//! A patient's session always needs two proofs: a link or code from a known contact, and the birth date. The
//! request that asks for a link makes the same calls for every address; whether it belongs to anybody is found
//! out later, by `notify`.

mod bake;
mod login_links;
mod person;
mod public;
mod redeem;
mod session;
pub mod view;

use axum::Router;
use platform::{App, http::with_layers};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes with their description.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login_links::ask_for_link))
        .routes(routes!(redeem::redeem))
        .routes(routes!(person::prove_person))
        .routes(routes!(session::get_session, session::sign_out))
        .routes(routes!(public::get_practice))
        .routes(routes!(public::health))
        .routes(routes!(public::openapi))
}

/// The service.
pub fn router(app: App) -> Router {
    let (routes, _) = api().split_for_parts();
    with_layers(routes, app)
}
