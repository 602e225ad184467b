//! Lists in pages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;

/// Items of a page when nothing else is asked for.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most items of a page.
pub const MAX_LIMIT: u32 = 100;

/// One page of a list.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Checks a `limit`.
///
/// # Errors
/// [`Failure::Invalid`] outside of 1 to 100.
pub fn limit(asked: Option<u32>) -> Result<u32, Failure> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Failure::field("/limit", "out_of_range")),
    }
}
