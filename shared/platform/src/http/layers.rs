//! What every HTTP function has around its routes.

use axum::{Router, extract::DefaultBodyLimit, middleware};

use super::{edge, failure::Failure};
use crate::App;

/// Most bytes of a request body where a route does not say otherwise.
pub const BODY_MAX_BYTES: usize = 64 * 1024;
/// Most bytes of a request that carries a message: 40 kB of text can be four times as long in JSON.
pub const MESSAGE_MAX_BYTES: usize = 160 * 1024;

/// Adds what all functions share: the origin guard, the body limit, and problem documents for unknown routes and
/// methods.
pub fn with_layers(routes: Router<App>, app: App) -> Router {
    routes
        .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed })
        .fallback(|| async { Failure::NotFound })
        .layer(DefaultBodyLimit::max(MESSAGE_MAX_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), edge::guard))
        .with_state(app)
}
