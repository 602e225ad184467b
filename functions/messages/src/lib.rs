//! Conversations and messages over HTTP.
//!
//! A handler parses, authorizes, acts, answers. Authorization is an argument: [`access::Access`] exists only for a
//! live session that may see the conversation of the path.

pub mod access;
mod change;
mod list;
mod post;
mod read;
mod read_mark;
mod show;
mod start;
pub mod view;

use axum::Router;
use platform::{App, http::with_layers};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes with their description.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_conversations, start::start_conversation))
        .routes(routes!(show::get_conversation, change::change_conversation))
        .routes(routes!(read::list_messages, post::post_message))
        .routes(routes!(read_mark::mark_read))
}

/// The service.
pub fn router(app: App) -> Router {
    let (routes, _) = api().split_for_parts();
    with_layers(routes, app)
}
